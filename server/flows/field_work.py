"""What a tablet takes along: the work of an account for the days ahead, whom to look out for, and who is near now."""

import math
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from enforcement.rules.book import RuleBook, day_of, get_rule
from geo.metres import haversine_m, metres_per_degree
from server.flows.assigned_subjects import subject_kind
from server.store import assignments, watch_entries, watched_positions
from server.store.scopes import Scope

AHEAD = timedelta(days=7)
WATCHED_MOST = 2000  # what officers put down; reasons that follow from records come with the register
NEAR_MOST = 100
AHEAD_OF_US = timedelta(minutes=5)  # a terminal's clock may run before ours


def work_of(
    connection: Connection, rules: RuleBook, user_id: int, city: str, now: datetime
) -> dict[str, list[dict[str, Any]]]:
    """assignments of the account from today on, and the watch list of its city (first four digits)."""
    today = day_of(now)
    rows = assignments.of_person(connection, user_id, today, today + AHEAD)
    named = assignments.subjects(connection, [row["id"] for row in rows])
    values = watch_entries.watch_values(rules, now)
    watched = watch_entries.watched(connection, Scope(divisions=city), values, WATCHED_MOST, entries_only=True)
    return {
        "assignments": [_assignment(row, named) for row in rows],
        "watch": [
            {name: row[name] for name in ("kind", "subject_id", "text", "colour", "reasons", "note")} for row in watched
        ],
    }


def _assignment(row: Mapping[str, Any], named: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    names = ("id", "kind", "title", "place", "lon", "lat", "note", "wanted", "state", "people", "enterprise")
    return {
        **{name: row[name] for name in names},
        "day": row["day"].isoformat(),
        "done": row["done_n"],
        "subjects": [_subject(one) for one in named if one["assignment_id"] == row["id"]],
    }


def _subject(one: Mapping[str, Any]) -> dict[str, Any]:
    kind = "truck" if one["truck_id"] else "machine" if one["machine_id"] else subject_kind(
        one["subject_text"], one["plate_colour"]
    )  # fmt: skip
    return {
        "id": one["id"], "kind": kind, "subject_id": one["truck_id"] or one["machine_id"], "text": one["subject_text"],
        "colour": one["plate_colour"], "why": one["why"], "done": one["done"], "outcome": one["outcome"],
    }  # fmt: skip


def near(connection: Connection, rules: RuleBook, city: str, lon: float, lat: float, now: datetime) -> dict[str, Any]:
    """Watched subjects of the city whose newest position is young and near enough, the nearest first.

    distance_m along the great circle, bearing_deg from north, clockwise; age_s of the position.
    """
    age, radius = get_rule(rules, "watch.near_age_min", now).number, get_rule(rules, "watch.near_radius_km", now).number
    values = watch_entries.watch_values(rules, now)
    since, until = now - timedelta(minutes=age), now + AHEAD_OF_US
    box = _box(lon, lat, radius * 1000)
    rows = watched_positions.near(connection, values, city, box, since, until)
    found = [_placed(row, lon, lat, now) for row in rows]
    items = sorted((one for one in found if one["distance_m"] <= radius * 1000), key=lambda one: one["distance_m"])
    return {"age_min": age, "radius_km": radius, "at": now.isoformat(), "items": items[:NEAR_MOST]}


def _box(lon: float, lat: float, metres: float) -> tuple[float, float, float, float]:
    east, north = (float(one) for one in metres_per_degree(lat))
    wide, high = metres * 1.02 / east, metres * 1.02 / north  # a little more than the circle; it is cut out after
    return lon - wide, lat - high, lon + wide, lat + high


def _placed(row: Mapping[str, Any], lon: float, lat: float, now: datetime) -> dict[str, Any]:
    names = ("kind", "subject_id", "text", "colour", "reasons", "note", "lon", "lat", "speed_kmh", "direction_deg")
    return {
        **{name: row[name] for name in names},
        "at": row["measured_at"].isoformat(),
        "age_s": max(0, round((now - row["measured_at"]).total_seconds())),
        "distance_m": round(float(haversine_m(lon, lat, row["lon"], row["lat"]))),
        "bearing_deg": round(bearing_deg(lon, lat, row["lon"], row["lat"])) % 360,
    }


def bearing_deg(lon1: float, lat1: float, lon2: float, lat2: float) -> float:
    """The way to begin with from one point to another along the great circle, degrees from north, clockwise."""
    lam, phi1, phi2 = (math.radians(one) for one in (lon2 - lon1, lat1, lat2))
    east = math.sin(lam) * math.cos(phi2)
    north = math.cos(phi1) * math.sin(phi2) - math.sin(phi1) * math.cos(phi2) * math.cos(lam)
    return math.degrees(math.atan2(east, north)) % 360
