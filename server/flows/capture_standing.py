"""The standing of captures, judged anew when a ground, an image or a verdict comes (APL 41)."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from enforcement.captures.records import Assessment, GroundRecord, assess
from enforcement.rules.book import RuleBook
from server.store import capture_devices, capture_rows


def judge(
    connection: Connection, rules: RuleBook, row: Mapping[str, Any], grounds: Sequence[GroundRecord] | None = None
) -> Assessment:
    """Judge a locked capture by what is on file now, and write it where it differs."""
    if grounds is None:
        grounds = capture_devices.grounds_of(connection, [row["device_id"]])[row["device_id"]]
    found = assess(rules, grounds, row["captured_at"], row["images"], row["clock_drift_s"], row["division"])
    before = (row["standing"], [reason["code"] for reason in row["standing_reasons"]])
    if before != (found.standing, [reason.code for reason in found.reasons]):
        capture_rows.set_standing(connection, row["id"], found)
    return found


def judge_waiting(connection: Connection, rules: RuleBook, device_id: int) -> list[str]:
    """Judge what waits of a device after its grounds changed; the numbers whose standing changed."""
    grounds = capture_devices.grounds_of(connection, [device_id])[device_id]
    rows = capture_rows.lock_waiting(connection, device_id)
    return [row["number"] for row in rows if judge(connection, rules, row, grounds).standing != row["standing"]]
