"""Visits to zones and sites during an alert by trucks and machines that a measure keeps out become leads."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine

from enforcement.alerts.answers import Answer, GateAnswer, Place, answer
from enforcement.alerts.levels import Alert
from enforcement.zones.whitelist import WhitelistEntry
from server.db import transaction
from server.flows import alert_standing, rule_book
from server.flows.alert_standing import Standing
from server.store import alert_leave, alert_visits, ledger_leads, subjects
from server.store.ledger_leads import LedgerLead
from server.store.subjects import Held

LATE = timedelta(days=2)  # fixes that come after an alert was lifted are still its own
Leave = Mapping[str, Mapping[int, Sequence[WhitelistEntry]]]


def watch_alert_zones(engine: Engine, now: datetime) -> dict[str, int]:
    """Look at the visits of every alert in force, or lifted lately; counts."""
    with transaction(engine) as connection:
        standing = alert_standing.current(connection)
        recent = [
            one for one in standing.alerts if one.from_at <= now and (one.to_at is None or one.to_at + LATE > now)
        ]
        counts = {"visits": 0, "leads": 0}
        for alert in recent:
            rows = alert_visits.during(connection, alert.area, alert.from_at, alert.to_at)
            counts["visits"] += len(rows)
            counts["leads"] += _judge(connection, standing, alert, rows)
    return counts


def _judge(connection: Connection, standing: Standing, alert: Alert, rows: Sequence[Mapping[str, Any]]) -> int:
    raw: Any = connection.connection.driver_connection
    trucks = sorted({row["truck_id"] for row in rows if row["truck_id"] is not None})
    machines = sorted({row["machine_id"] for row in rows if row["machine_id"] is not None})
    known: Mapping[str, Mapping[int, Held]] = {
        "truck": subjects.find_trucks(raw, trucks), "machine": subjects.find_machines(raw, machines),
    }  # fmt: skip
    leave: Leave = {
        "truck": alert_leave.of_trucks(connection, trucks), "machine": alert_leave.of_machines(connection, machines),
    }  # fmt: skip
    rules, places, leads = rule_book.current(connection), {}, 0
    for row in rows:
        kind = "truck" if row["truck_id"] is not None else "machine"
        number = row[f"{kind}_id"]
        if number not in known[kind]:
            continue
        at = max(row["first_at"], alert.from_at)
        if row["zone_id"] not in places:
            places[row["zone_id"]] = _place(connection, row, at)
        entries = _entries(leave[kind].get(number, ()), row)
        found = answer(
            rules, standing.measures, (alert,), places[row["zone_id"]], known[kind][number].subject, entries, at
        )
        if found.answer is Answer.DENY:
            leads += ledger_leads.put(connection, _lead(row, kind, known[kind][number], alert, found))
    return leads


def _entries(held: Sequence[WhitelistEntry], row: Mapping[str, Any]) -> list[WhitelistEntry]:
    """Leave that counts here: that of a plant's gates counts on the plant's own site."""
    on_site = row["site_enterprise"] is not None
    return [one for one in held if one.zone_id in (None, row["zone_id"]) and (on_site or not one.gates_only)]


def _place(connection: Connection, row: Mapping[str, Any], at: datetime) -> Place:
    if row["site_enterprise"] is None:
        return alert_standing.zone_place(connection, row["code"], row["division"], at)
    place = alert_standing.place_of(connection, row["site_enterprise"], at)
    return alert_standing.with_zone(place, row["site_kind"])


def _lead(row: Mapping[str, Any], kind: str, held: Held, alert: Alert, found: GateAnswer) -> LedgerLead:
    zone_zh, zone_en = row["name_zh"], row["name_en"] or row["name_zh"]
    detail = {
        "zh": f"{zone_zh}：{found.reason.zh}", "en": f"{zone_en}: {found.reason.en}",
        "rules": [rule.key for rule in found.rules], "measures": list(found.measures), "visit": row["id"],
    }  # fmt: skip
    return LedgerLead(
        "alert_machine" if kind == "machine" else "alert_zone_visit", f"{alert.id}:visit:{row['id']}",
        row["place_division"], enterprise_id=row["site_enterprise"] or held.enterprise_id,
        truck_id=row["truck_id"], machine_id=row["machine_id"], zone_id=row["zone_id"], alert_id=alert.id,
        first_at=max(row["first_at"], alert.from_at), last_at=row["last_at"], lon=row["lon"], lat=row["lat"],
        detail=detail, device=held.subject.name,
    )  # fmt: skip
