"""What a zone version would alter in judgements that exist: counted and listed, altered by nobody but an officer.

Only acts from the version's beginning on are asked again, under its terms and within its area. A visit that was
allowed is asked by its first fix; where exactly it went is not gone through again, so such a line is a *may*.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import psycopg
import shapely
from sqlalchemy import Connection

from enforcement.checks import all_reasons
from enforcement.registry.subjects import Subject
from enforcement.rules.book import RuleBook
from enforcement.rules.calendar import Calendar
from enforcement.zones.terms import ZoneTerms, in_hours
from server.store import calendar_days, subjects, zones
from server.store.zones import NewVersion

MOST = 500


class Change(StrEnum):
    """How a judgement would differ."""

    FALLS_AWAY = "falls_away"
    OTHER_REASONS = "other_reasons"
    MAY_ARISE = "may_arise"


@dataclass(frozen=True, slots=True)
class Effect:
    """One violation or visit that would be judged differently."""

    change: Change
    violation_id: int | None
    number: str | None
    plate: str | None
    plate_colour: str | None
    machine_number: str | None
    first_at: dt.datetime
    status: str | None
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Effects:
    """What was asked again, and what would differ; `capped`: there was more than is listed."""

    violations_n: int
    visits_n: int
    effects: tuple[Effect, ...]
    capped: bool

    def count(self, change: Change) -> int:
        return sum(effect.change is change for effect in self.effects)


@dataclass(frozen=True, slots=True)
class _Judge:
    """Everything a new judgement needs."""

    rules: RuleBook
    terms: ZoneTerms
    area: shapely.MultiPolygon
    calendar: Calendar
    subject_of: Mapping[tuple[str, int], Subject]

    def reasons(self, row: Mapping[str, Any]) -> tuple[str, ...]:
        """The codes of the new terms at the row's first fix; none where they do not hold then."""
        at: dt.datetime = row["first_at"]
        moment = np.array([round(at.timestamp() * 1e6)], np.int64)
        if not in_hours(self.terms, moment, self.calendar)[0]:
            return ()
        key = ("truck", row["truck_id"]) if row["truck_id"] else ("machine", row["machine_id"])
        subject = self.subject_of.get(key)
        return tuple(str(reason.code) for reason in all_reasons(subject, self.terms, self.rules, at))


def weigh(
    connection: Connection,
    rules: RuleBook,
    zone_id: int | None,
    version: NewVersion,
    terms: ZoneTerms,
    now: dt.datetime,
) -> Effects:
    """Ask the judgements of the version's time again. A version of the future, or of a new zone, alters none."""
    if zone_id is None or version.valid_from >= now:
        return Effects(0, 0, (), False)
    judged = zones.list_judged(connection, zone_id, version.valid_from, version.valid_to, MOST)
    visits = zones.list_allowed_visits(connection, zone_id, version.valid_from, version.valid_to, MOST)
    known = _subjects(connection, [*judged, *visits])
    judge = _Judge(rules, terms, version.geometry, calendar_days.load_calendar(connection), known)
    effects = (*_of_violations(judge, judged), *_of_visits(judge, visits))
    return Effects(len(judged), len(visits), effects, len(judged) == MOST or len(visits) == MOST)


def _subjects(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> dict[tuple[str, int], Subject]:
    plain = connection.connection.driver_connection
    if not isinstance(plain, psycopg.Connection):
        raise TypeError("the connection is not psycopg's")
    trucks = subjects.find_trucks(plain, [row["truck_id"] for row in rows if row["truck_id"]])
    machines = subjects.find_machines(plain, [row["machine_id"] for row in rows if row["machine_id"]])
    found: dict[tuple[str, int], Subject] = {("truck", number): one.subject for number, one in trucks.items()}
    return found | {("machine", number): one.subject for number, one in machines.items()}


def _of_violations(judge: _Judge, rows: Sequence[Mapping[str, Any]]) -> Iterator[Effect]:
    if not rows:
        return
    inside = shapely.intersects_xy(judge.area, [row["lon"] for row in rows], [row["lat"] for row in rows])
    for row, within in zip(rows, inside.tolist(), strict=True):
        before, after = tuple(row["reason_codes"]), judge.reasons(row) if within else ()
        if set(before) != set(after):
            change = Change.OTHER_REASONS if after else Change.FALLS_AWAY
            yield _effect(change, row, before, after)


def _of_visits(judge: _Judge, rows: Sequence[Mapping[str, Any]]) -> Iterator[Effect]:
    for row in rows:
        after = judge.reasons(row)
        if after:
            yield _effect(Change.MAY_ARISE, row, (), after)


def _effect(change: Change, row: Mapping[str, Any], before: tuple[str, ...], after: tuple[str, ...]) -> Effect:
    is_violation = change is not Change.MAY_ARISE
    return Effect(
        change,
        row["id"] if is_violation else None,
        row.get("number"),
        row["plate"],
        row["plate_colour"],
        row["machine_number"],
        row["first_at"],
        row.get("status"),
        before,
        after,
    )
