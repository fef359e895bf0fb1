"""Visits and violations the slow way: every stored fix, one after another, with shapely and dictionaries."""

import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
import shapely
from psycopg.rows import dict_row

from enforcement.zones.terms_json import from_json
from geo.metres import metres_per_degree

FUTURE_US = 300_000_000
Fix = tuple[int, float, float]  # at_us, lon, lat


@dataclass(frozen=True)
class Version:
    """A zone version as published."""

    id: int
    zone_id: int
    geometry: shapely.MultiPolygon
    terms: Any
    from_us: int
    to_us: int | None

    def state(self, lon: float, lat: float, accuracy_m: float) -> str:
        point = shapely.Point(lon, lat)
        west, south, east, north = self.geometry.bounds
        reach_m = max(accuracy_m, self.terms.edge_accuracy_m)
        scale = [float(one) for one in metres_per_degree((south + north) / 2)]
        if reach_m > 0 and west - 0.1 < lon < east + 0.1 and south - 0.1 < lat < north + 0.1:
            edge = shapely.transform(self.geometry.boundary, lambda xy: xy * scale)
            if edge.distance(shapely.transform(point, lambda xy: xy * scale)) < reach_m:
                return "uncertain"
        return "inside" if self.geometry.intersects(point) else "outside"


def versions_of(connection: psycopg.Connection) -> list[Version]:
    rows = connection.execute(
        "SELECT id, zone_id, ST_AsBinary(geometry), terms, (extract(epoch FROM valid_from) * 1000000)::bigint, "
        "(extract(epoch FROM valid_to) * 1000000)::bigint FROM zone_versions ORDER BY valid_from"
    ).fetchall()
    return [Version(a, b, shapely.from_wkb(bytes(c)), from_json(d), e, f) for a, b, c, d, e, f in rows]


def stored_json_fixes(connection: psycopg.Connection) -> dict[int, list[Fix]]:
    """The fixes of all JSON packets; of two that speak of one moment the one received first counts."""
    told: dict[int, dict[int, Fix]] = defaultdict(dict)
    rows = connection.execute(
        "SELECT terminal_id, raw, (extract(epoch FROM received_at) * 1000000)::bigint FROM packets "
        "WHERE protocol = 'json' ORDER BY received_at, digest"
    ).fetchall()
    for terminal_id, raw, received_us in rows:
        for one in json.loads(raw):
            at_us = round(datetime.fromisoformat(one["time"]).timestamp() * 1e6)
            if one["lon"] is not None and at_us <= received_us + FUTURE_US:
                told[terminal_id].setdefault(at_us, (at_us, one["lon"], one["lat"]))
    return {terminal_id: sorted(fixes.values()) for terminal_id, fixes in told.items()}


def visits(
    fixes: Sequence[Fix],
    versions: Sequence[Version],
    accuracy_m: float,
    code_of: Callable[[Version, int], int],
) -> list[dict[str, Any]]:
    """All visits of one terminal, the last ones closed as silent. `code_of(version, at)`: 0 = allowed."""
    settings = {one.zone_id: one.terms.visit_settings for one in versions}  # the newest version's
    open_: dict[int, dict[str, Any]] = {}
    done: list[dict[str, Any]] = []
    before_us = 0
    for at_us, lon, lat in fixes:
        for zone in [z for z, visit in open_.items() if at_us - visit["heard"] > settings[z].max_gap_s * 1e6]:
            done.append(open_.pop(zone) | {"ending": "silent"})
        for zone in settings:
            now = [
                v for v in versions if v.zone_id == zone and v.from_us <= at_us and (v.to_us is None or at_us < v.to_us)
            ]
            state = now[0].state(lon, lat, accuracy_m) if now else "outside"
            if zone not in open_ and state != "inside":
                continue
            visit = open_.setdefault(
                zone,
                {"zone": zone, "first": at_us, "last": at_us, "inside": 0, "uncertain": 0, "out": 0, "parts": [],
                 "after": before_us},
            )  # fmt: skip
            visit["heard"] = at_us
            _take(visit, state, at_us, now[0].id if now else 0, code_of(now[0], at_us) if now else 0)
            if visit["out"] >= settings[zone].exit_fixes:
                done.append(open_.pop(zone) | {"ending": "left"})
        before_us = at_us
    return done + [visit | {"ending": "silent"} for visit in open_.values()]


def _take(visit: dict[str, Any], state: str, at_us: int, version: int, code: int) -> None:
    visit["out"] = visit["out"] + 1 if state == "outside" else 0
    if state == "uncertain":
        visit["uncertain"] += 1
    if state == "inside":
        visit["inside"] += 1
        visit["last"] = at_us
        parts = visit["parts"]
        if parts and parts[-1][:2] == [version, code]:
            parts[-1][3:] = [at_us, parts[-1][4] + 1]
        else:
            parts.append([version, code, at_us, at_us, 1])


def violation(visit: Mapping[str, Any], settings: Any) -> tuple[int, int, list[list[int]]] | None:
    """First and last forbidden moment and [version, code] of the forbidden parts that reach the minimums."""
    runs: list[list[Any]] = [[]]
    for part in visit["parts"]:
        if part[1]:
            runs[-1].append(part)
        elif runs[-1]:
            runs.append([])
    kept = [
        run
        for run in runs
        if run
        and sum(part[4] for part in run) >= settings.min_inside_fixes
        and run[-1][3] - run[0][2] >= settings.min_dwell_s * 1e6
    ]
    parts = [part for run in kept for part in run]
    return (parts[0][2], parts[-1][3], [part[:2] for part in parts]) if parts else None


def kept_visits(connection: psycopg.Connection) -> dict[int, list[dict[str, Any]]]:
    """The visits in the database, in the oracle's words, by terminal."""
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for terminal_id, state in connection.execute(
        "SELECT terminal_id, state FROM visits WHERE NOT superseded ORDER BY first_at, zone_id"
    ).fetchall():
        _, zone, first, last, inside, uncertain, _, out, _, heard, after, parts, ending = state
        found[terminal_id].append(
            {"zone": zone, "first": first, "last": last, "inside": inside, "uncertain": uncertain, "out": out,
             "heard": heard, "after": after, "parts": parts, "ending": ending}
        )  # fmt: skip
    return dict(found)


def kept_violations(connection: psycopg.Connection) -> list[tuple[int, int, int, int, list[list[int]]]]:
    """Standing violations: terminal, zone, first, last, [version, code] of the forbidden parts."""
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(
            "SELECT terminal_id, zone_id, (extract(epoch FROM first_at) * 1000000)::bigint AS first, "
            "(extract(epoch FROM last_at) * 1000000)::bigint AS last, verdict -> 'shape' AS shape "
            "FROM violations WHERE status <> 'superseded'"
        ).fetchall()
    return sorted((r["terminal_id"], r["zone_id"], r["first"], r["last"], r["shape"]) for r in rows)


def in_order(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: (row["first"], row["zone"]))


def assert_equal(
    connection: psycopg.Connection,
    fixes: Mapping[int, Sequence[Fix]],
    accuracy_m: Mapping[int, float],
    code_of: Callable[[int], Callable[[Version, int], int]],
) -> int:
    """Visits and violations in the database are the oracle's; how many violations there are."""
    versions = versions_of(connection)
    settings = {one.zone_id: one.terms.visit_settings for one in versions}
    kept = kept_visits(connection)
    expected_violations = []
    for terminal_id, own in fixes.items():
        expected = visits(own, versions, accuracy_m[terminal_id], code_of(terminal_id))
        assert in_order(kept.pop(terminal_id, [])) == in_order(expected), f"terminal {terminal_id}"
        for visit in expected:
            found = violation(visit, settings[visit["zone"]])
            if found:
                expected_violations.append((terminal_id, visit["zone"], *found))
    assert not kept
    standing = kept_violations(connection)
    missing = [one for one in expected_violations if one not in standing]
    assert (missing, [one for one in standing if one not in expected_violations]) == ([], [])
    assert len(standing) == len(expected_violations)
    return len(expected_violations)
