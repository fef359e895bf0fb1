"""Machines at sites compared with the register of stays: who is there unregistered, who is registered and silent.

A periodic job. A lead is put once per machine, site and day (unregistered) or per stay (silent); one that no longer
holds, because the stay was registered after all or the terminal spoke again, falls away unless somebody decided it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine

from enforcement.rules.book import BEIJING, Rule, RuleBook, day_of, get_rule
from server.db import transaction
from server.flows import rule_book
from server.store import ledger_leads, machines_on_site
from server.store.ledger_leads import LedgerLead

UNREGISTERED, SILENT = "unregistered_on_site", "silent_on_site"
LOOK_BACK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class _Numbers:
    """The rule rows that the job goes by."""

    grace: Rule
    least: Rule
    silent: Rule


def watch_sites(engine: Engine, now: datetime) -> Mapping[str, int]:
    """Put and drop the leads of machines at sites; counts."""
    with transaction(engine) as connection:
        numbers = _numbers(rule_book.current(connection), now)
        found = _unregistered(connection, numbers, now), _silent(connection, numbers, now)
        counts = {"new": 0, "dropped": 0}
        for kind, leads in zip((UNREGISTERED, SILENT), found, strict=True):
            counts["new"] += sum(ledger_leads.put(connection, lead) for lead in leads)
            counts["dropped"] += _drop(connection, kind, {lead.key for lead in leads}, now - LOOK_BACK)
    return counts


def _numbers(rules: RuleBook, now: datetime) -> _Numbers:
    named = ("site.grace_h", "site.least_visit_min", "site.silent_h")
    return _Numbers(*(get_rule(rules, name, now) for name in named))


def _unregistered(connection: Connection, numbers: _Numbers, now: datetime) -> list[LedgerLead]:
    values = {"since": now - LOOK_BACK, "now": now, "grace_h": round(numbers.grace.number)}
    rows = machines_on_site.unregistered(connection, {**values, "least_min": round(numbers.least.number)})
    leads: dict[str, LedgerLead] = {}
    for row in rows:
        lead = _seen_only(row, numbers)
        known = leads.get(lead.key)  # several visits of one day are one lead: from the first to the last
        leads[lead.key] = lead if known is None else _longer(known, lead)
    return [leads[key] for key in sorted(leads)]


def _longer(known: LedgerLead, lead: LedgerLead) -> LedgerLead:
    return LedgerLead(**{name: getattr(known, name) for name in LedgerLead.__slots__} | {"last_at": lead.last_at})


def _seen_only(row: Mapping[str, Any], numbers: _Numbers) -> LedgerLead:
    name = row["number"] or row["device"]
    stay = f"{_local(row['first_at'])} – {_local(row['last_at'])}"
    known = row["machine_id"] is not None
    zh = f"遥测显示机械 {name} 于 {stay} 在“{row['site']}”内，进出场登记中没有该机械。"
    en = f"Telemetry has machine {name} on {row['site']} ({stay}); the register of stays does not."
    if not known:
        zh += "该终端未关联任何已登记机械。"
        en += " The terminal belongs to no machine of the register."
    who = f"m{row['machine_id']}" if known else f"t{row['terminal_id']}"
    return LedgerLead(
        UNREGISTERED, f"{row['site_id']}:{who}:{day_of(row['first_at'])}", row["division"], row["enterprise_id"],
        machine_id=row["machine_id"], zone_id=row["zone_id"], first_at=row["first_at"], last_at=row["last_at"],
        lon=row["lon"], lat=row["lat"], device=row["device"],
        detail={"zh": zh, "en": en, "site_id": row["site_id"], "rules": [numbers.grace.key, numbers.least.key]},
    )  # fmt: skip


def _silent(connection: Connection, numbers: _Numbers, now: datetime) -> list[LedgerLead]:
    before = now - timedelta(hours=numbers.silent.number)
    return [_registered_only(row, numbers) for row in machines_on_site.silent(connection, before)]


def _registered_only(row: Mapping[str, Any], numbers: _Numbers) -> LedgerLead:
    last = _local(row["reported_at"])
    zh = f"机械 {row['number']} 登记在“{row['site']}”内（{_local(row['entered_at'])} 进场），其终端最后上报：{last}。"
    en = f"Machine {row['number']} is registered as present at {row['site']}; its terminal last reported: {last}."
    return LedgerLead(
        SILENT, f"stay:{row['stay_id']}", row["division"], row["enterprise_id"], machine_id=row["machine_id"],
        zone_id=row["zone_id"], first_at=row["reported_at"] or row["entered_at"],
        last_at=row["reported_at"] or row["entered_at"], lon=row["lon"], lat=row["lat"], device=row["number"],
        detail={"zh": zh, "en": en, "stay_id": row["stay_id"], "rules": [numbers.silent.key]},
    )  # fmt: skip


def _drop(connection: Connection, kind: str, standing: set[str], since: datetime) -> int:
    gone = [key for key in machines_on_site.open_leads(connection, kind, since) if key not in standing]
    reason = "进出场登记与遥测现已一致 / The register of stays and telemetry agree now"
    return sum(ledger_leads.drop(connection, kind, key, reason) for key in gone)


def _local(at: datetime | None) -> str:
    return "–" if at is None else at.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M")
