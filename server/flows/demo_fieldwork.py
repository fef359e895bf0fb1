"""Watch list and assignments of the demonstration city, through the flows that an officer's own go through.

The watch list is loaded once; assignments where today has none, so that whoever starts it tomorrow finds a day's work.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from enforcement.rules.book import day_of
from server.flows import assign_work, demo_subjects, keep_watch
from server.flows.assign_work import AssignmentDraft
from server.flows.assigned_subjects import NamedSubject, read_lines
from server.flows.demo_subjects import read_data
from server.flows.inspection_subjects import SubjectGiven
from server.flows.keep_watch import WatchDraft
from server.store import assignments, users, watch_entries
from server.store.audit import Actor
from server.store.users import Account

PLANNER = "officer"


def load_fieldwork(connection: Connection, now: dt.datetime) -> dict[str, int]:
    """Load what is missing; how many of each kind were added."""
    found, data = users.find_by_username(connection, PLANNER), read_data("fieldwork.yaml")
    if found is None:
        return {"watch_entries": 0, "assignments": 0}
    officer = found[0]
    actor = Actor(officer.id, officer.username, officer.organisation_id)
    watched = 0 if watch_entries.any_entry(connection) else _watch(connection, actor, officer, data["watch"], now)
    today = day_of(now)
    planned = 0
    if not assignments.between(connection, officer.scope, today, today):
        for row in data["assignments"]:
            draft = _draft(connection, row, today)
            assign_work.plan(connection, actor, officer.scope, officer.division, draft, now)
            planned += 1
    return {"watch_entries": watched, "assignments": planned}


def _watch(
    connection: Connection, actor: Actor, officer: Account, rows: Sequence[Mapping[str, Any]], now: dt.datetime
) -> int:
    for row in rows:
        days = row.get("until_days")
        until = day_of(now) + dt.timedelta(days=days) if days else None
        draft = WatchDraft(_subject(row), row["reason"], row["note"], None, until)
        keep_watch.add(connection, actor, officer.scope, officer.division, draft, now)
    return len(rows)


def _subject(row: Mapping[str, Any]) -> SubjectGiven:
    if "plate" in row:
        return SubjectGiven(row["plate"], row["colour"], "truck")
    if "machine" in row:
        return SubjectGiven(list(demo_subjects.machines([0]))[row["machine"]]["machine_code"])
    return SubjectGiven(*_truck(row["truck"]))


def _truck(number: int) -> tuple[str, str]:
    """Plate and colour of a demonstration truck."""
    found = next(row for row in demo_subjects.trucks([0]) if row["vin"] == demo_subjects.vin(number))
    return found["plate"], found["plate_colour"]


def _draft(connection: Connection, row: Mapping[str, Any], today: dt.date) -> AssignmentDraft:
    people = (users.find_by_username(connection, name) for name in row["people"])
    named = tuple(NamedSubject(*_truck(number), why) for number, why in row["trucks"])
    return AssignmentDraft(
        today + dt.timedelta(days=row["days"]), row["kind"], row["title"], row["place"], row.get("lon"), row.get("lat"),
        "", row["note"], row["wanted"], tuple(found[0].id for found in people if found),
        named + read_lines("\n".join(row["plates"])),
    )  # fmt: skip
