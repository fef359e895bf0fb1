"""The instruments of an inspection as they stood: every certificate, and the checks made up to the time of it."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from enforcement.json_records import plain
from server.flows.refusals import Fault
from server.store import instruments
from server.store.scopes import Scope

CHECKS_BACK = timedelta(days=31)  # longer than any rule lets a check count
MOST = 20
CHECK = ("kind", "at", "passed", "expected", "measured")


def used_json(
    connection: Connection, scope: Scope, ids: Sequence[int], at: object
) -> tuple[list[dict[str, Any]], list[Fault]]:
    """Instruments as enforcement.inspections.records reads them; a fault if one is not in the register of the area."""
    if not ids:
        return [], []
    rows = {row["id"]: row for row in instruments.by_ids(connection, scope, ids[:MOST])}
    if len(ids) > MOST or any(number not in rows for number in ids):
        zh, en = "所选仪器不在本单位登记库中", "An instrument is not in the register of your area"
        return [], [Fault("instruments", zh, en)]
    until = _moment(at)
    verified = instruments.verifications(connection, ids)
    checks = instruments.checks_before(connection, ids, until, until - CHECKS_BACK)
    return [_used(rows[number], verified, checks) for number in dict.fromkeys(ids)], []


def _moment(at: object) -> datetime:
    try:
        found = datetime.fromisoformat(str(at))
    except ValueError:
        return datetime.now(UTC)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _used(
    row: Mapping[str, Any], verified: Sequence[Mapping[str, Any]], checks: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    own = [one for one in checks if one["instrument_id"] == row["id"]]
    return {
        "kind": row["kind"],
        "serial": row["serial"],
        "maker": row["maker"],
        "model": row["model"],
        "software_version": row["software_version"] or "",
        "verifications": [
            {name: plain(one[name]) for name in ("certificate", "valid_from", "valid_to")}
            for one in verified
            if one["instrument_id"] == row["id"]
        ],
        "checks": [
            {name: plain(one[name]) for name in ("kind", "at", "passed", "expected", "measured")} for one in own
        ],
    }
