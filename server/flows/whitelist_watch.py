"""Job `whitelist_watch`: leave is suspended by what became known of its vehicle; a person ends the suspension.

It holds from when it was found: acts before it stay covered.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, time
from typing import Any

from sqlalchemy import Engine

from enforcement.registry.stages import Stage
from enforcement.rules.book import BEIJING, RuleBook
from enforcement.zones import suspensions
from enforcement.zones.suspensions import Cause, LeaveFacts, Record, StageChange, Suspension
from server.db import transaction
from server.flows import rule_book
from server.store import audit, whitelist_steps, whitelist_watch
from server.store.audit import PLATFORM


def watch(engine: Engine, now: datetime) -> Mapping[str, int]:
    """Suspend what is due; how many entries were looked at and suspended."""
    with transaction(engine) as connection:
        rules = rule_book.current(connection)
        rows = list(whitelist_watch.facts(connection))
    due = [(row["id"], one) for row in rows for one in _due(rules, row, now)]
    done = sum(_suspend(engine, entry, one, now) for entry, one in due)
    return {"entries": len(rows), "suspended": done}


def _due(rules: RuleBook, row: Mapping[str, Any], now: datetime) -> tuple[Suspension, ...]:
    return suspensions.due(rules, facts_of(row), now)


def _suspend(engine: Engine, entry_id: int, one: Suspension, now: datetime) -> bool:
    """A transaction an entry: a person who decides on it meanwhile waits for one row at most."""
    keys = [rule.key for rule in one.rules]
    values = {
        "entry_id": entry_id, "from_at": now, "cause": str(one.cause), "cause_id": one.cause_id,
        "reason_zh": one.reason.zh, "reason_en": one.reason.en, "rule_keys": keys, "set_by": None,
    }  # fmt: skip
    with transaction(engine) as connection:
        if not whitelist_watch.hold(connection, entry_id):
            return False
        found = whitelist_steps.suspend(connection, values)
        if found is None:
            return False
        whitelist_steps.add_step(connection, entry_id, "suspended", None, PLATFORM.username, one.reason.zh)
        detail = {"cause": str(one.cause), "cause_id": one.cause_id, "rules": keys, "suspension": found}
        audit.append(connection, PLATFORM, "whitelist.suspend", "whitelist", entry_id, detail)
    return True


def facts_of(row: Mapping[str, Any]) -> LeaveFacts:
    """A row of the store as the rules read it."""
    registered = row["first_registered_on"]
    return LeaveFacts(
        is_truck=row["is_truck"],
        division=row["division"],
        failed=_record(row, "failed"),
        smoke=_record(row, "smoke"),
        stage=_change(row),
        heard=_record(row, "heard"),
        inspected=_record(row, "inspected"),
        registered_at=datetime.combine(registered, time(), BEIJING).astimezone(UTC) if registered else None,
        suspended=frozenset(_cause(one) for one in row["causes"] or () if not one.startswith("by_hand ")),
        silent_since=frozenset(row["silent_since"] or ()),
    )


def _record(row: Mapping[str, Any], name: str) -> Record | None:
    number = row[f"{name}_id"]
    return None if number is None else Record(number, row[f"{name}_number"], row[f"{name}_at"])


def _change(row: Mapping[str, Any]) -> StageChange | None:
    known = set(Stage)
    before, after = row["stage_before"], row["stage_after"]
    if before not in known or after not in known:
        return None
    return StageChange(row["stage_id"], Stage(before), Stage(after), row["stage_at"])


def _cause(text: str) -> tuple[Cause, int]:
    cause, _, number = text.partition(" ")
    return Cause(cause), int(number)
