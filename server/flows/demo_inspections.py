"""Instruments and inspections of the demonstration city, of every kind and outcome; loaded once, plainly invented.

They go through the flows that an officer's own go through, so what a newcomer sees is what the platform would write.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from enforcement.rules.book import RuleBook
from server.flows import demo_subjects, keep_instruments, record_inspection, rule_book
from server.flows.demo_subjects import BEIJING, read_data
from server.flows.inspection_subjects import SubjectGiven
from server.flows.judge_inspection import InspectionDraft
from server.flows.keep_instruments import Check, Draft, Verification
from server.store import instruments, users
from server.store.audit import Actor
from server.store.users import Account

DIVISION = "211302"
OFFICERS = ("officer", "inspector")
WEATHER = {"sky": "clear", "temperature_c": 5, "humidity_pct": 40, "pressure_kpa": 101.3, "wind_ms": 2.1}
CHECKS = (("zero", 0.0, 0.2), ("span", 50.0, 50.6), ("filter", 32.0, 32.5), ("leak", None, None))


def load_inspections(connection: Connection, now: dt.datetime) -> dict[str, int]:
    """Load them where the first instrument is not on file yet; how many of each kind were added."""
    data, found = read_data("inspections.yaml"), users.find_by_username(connection, OFFICERS[0])
    first = data["instruments"][0]
    if found is None or instruments.find_same(connection, first["kind"], first["maker"], first["serial"]) is not None:
        return {"instruments": 0, "inspections": 0}
    officer, rules = found[0], rule_book.current(connection)
    actor = Actor(officer.id, officer.username, officer.organisation_id)
    used = {row["key"]: _instrument(connection, actor, officer, row, now) for row in data["instruments"]}
    for row in sorted(data["inspections"], key=lambda one: -one["days"]):
        _inspection(connection, actor, officer, rules, row, used, now)
    return {"instruments": len(used), "inspections": len(data["inspections"])}


def key_of(case: str) -> str:
    """The key under which the inspection that a case of the demonstration rests on was recorded."""
    return f"demo-{case}"


def _instrument(
    connection: Connection, actor: Actor, officer: Account, row: Mapping[str, Any], now: dt.datetime
) -> int:
    named = {name: row[name] for name in ("kind", "maker", "model", "serial", "software_version")}
    draft = Draft(**named, note=row.get("note", demo_subjects.NOTE))
    number = keep_instruments.register(connection, actor, officer.division, draft)
    if "certificate" in row:
        today = now.astimezone(BEIJING).date()
        first, last = (today + dt.timedelta(days=row[name]) for name in ("from_days", "to_days"))
        given = Verification(row["certificate"], "演示计量院（虚构）", first, last)
        keep_instruments.verify(connection, actor, officer.scope, number, given)
    return number


def _inspection(
    connection: Connection,
    actor: Actor,
    officer: Account,
    rules: RuleBook,
    row: Mapping[str, Any],
    used: Mapping[str, int],
    now: dt.datetime,
) -> None:
    at = _moment(row, now)
    for key in row["with"]:
        if key in {"smoke", "expired"}:
            _check(connection, actor, officer, rules, used[key], at - dt.timedelta(hours=1), now)
    draft = InspectionDraft(
        _content(connection, row, at), _subject(row), row.get("lon"), row.get("lat"), row.get("place", ""), DIVISION,
        tuple(used[key] for key in row["with"]),
    )  # fmt: skip
    scope, case = officer.scope, row.get("case")
    kept = record_inspection.record(
        connection, actor, scope, rules, draft, now, "page", key_of(case) if case else None
    )  # fmt: skip
    if "correct" in row:
        better = replace(draft, place=row["correct"]["place"])
        reason = row["correct"]["reason"]
        record_inspection.correct(connection, actor, scope, rules, kept.id, 1, better, reason, now)
    if "withdraw" in row:
        record_inspection.withdraw(connection, actor, scope, kept.id, 1, row["withdraw"])


def _moment(row: Mapping[str, Any], now: dt.datetime) -> dt.datetime:
    day = now.astimezone(BEIJING).date() - dt.timedelta(days=row["days"])
    return min(dt.datetime.combine(day, dt.time.fromisoformat(row["at"]), BEIJING), now)


def _check(
    connection: Connection, actor: Actor, officer: Account, rules: RuleBook, number: int, at: dt.datetime,
    now: dt.datetime,
) -> None:  # fmt: skip
    for kind, expected, measured in CHECKS:
        given = Check(kind, at, expected, measured, True if expected is None else None)
        keep_instruments.check(connection, actor, officer.scope, rules, number, given, now)


def _content(connection: Connection, row: Mapping[str, Any], at: dt.datetime) -> dict[str, Any]:
    content: dict[str, Any] = {"kind": row["kind"], "at": at.isoformat(), "methods": row["methods"]}
    content["note"] = row.get("note", demo_subjects.NOTE)
    if row["kind"] in {"periodic", "remote_sensing"}:
        return content
    found = [users.find_by_username(connection, name) for name in row.get("by", OFFICERS)]
    content["officers"] = [
        {"name": one[0].name, "card_number": one[0].enforcement_card or ""} for one in found if one is not None
    ]
    return {**content, "weather": WEATHER, **({"party": row["party"]} if "party" in row else {})}


def _subject(row: Mapping[str, Any]) -> SubjectGiven:
    if "truck" in row:
        truck = list(demo_subjects.trucks([0]))[row["truck"] - 1]
        return SubjectGiven(truck["plate"], truck["plate_colour"], "truck")
    if "machine" in row:
        return SubjectGiven(demo_subjects.machine_code(row["machine"] - 1), kind="machine")
    return SubjectGiven(row["number"], kind=row["subject_kind"], stage="2", fuel="diesel", category="loader")
