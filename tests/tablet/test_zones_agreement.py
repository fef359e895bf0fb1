"""Zones on the tablet against geo.zones and the checks of the server: where a fix lies, when terms hold, what they ban."""

import math
import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import shapely

from enforcement.checks import banned_visit
from enforcement.registry.categories import MachineCategory, TruckCategory
from enforcement.registry.fuels import Fuel
from enforcement.registry.plates import PlateColour
from enforcement.registry.stages import Stage, StageBasis
from enforcement.registry.subjects import Fitted, Machine, Truck
from enforcement.rules.book import BEIJING
from enforcement.rules.calendar import Calendar, DayKind
from enforcement.zones import terms_json
from enforcement.zones.terms import Purpose, in_hours
from geo import zones
from geo.zones import State, ZoneVersion
from server.flows.tablet_reference import calendar_part, polygons_of, rules_part
from tests.tablet.judge_cases import Dice, _terms, book
from tests.tablet.node import run_node

LOCATE = """
import { locate } from "./zones/locate.js";
function main({ zones, fixes }) {
  return fixes.map(([lon, lat, at, accuracy]) =>
    locate(zones, lon, lat, accuracy, at).map((hit) => [hit.zone.version_id, hit.state]));
}
"""
T0 = datetime(2026, 11, 1, tzinfo=UTC)
TURN = datetime(2026, 11, 10, 3, 4, 5, 678901, tzinfo=UTC)


def micros(at: datetime) -> int:
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def rounded(area: Any) -> shapely.MultiPolygon:
    """The area as the reference file has it: both sides are asked about the same ground."""
    polygons = [(rings[0], rings[1:]) for rings in polygons_of(area)]
    return shapely.MultiPolygon(polygons)


def star(dice: random.Random, x: float, y: float, size: float, corners: int) -> list[tuple[float, float]]:
    angles = sorted(dice.uniform(0, 2 * math.pi) for _ in range(corners))
    return [
        (x + math.cos(a) * size * dice.uniform(0.4, 1), y + math.sin(a) * size * dice.uniform(0.4, 1)) for a in angles
    ]


def areas(dice: random.Random) -> list[shapely.MultiPolygon]:
    """Boxes, stars, holes, holes that touch, several parts, an edge on a whole degree, a sliver."""
    box = shapely.box
    found = [
        shapely.MultiPolygon([box(120.40, 41.55, 120.50, 41.60)]),
        shapely.MultiPolygon(
            [shapely.Polygon(box(120.1, 41.1, 120.4, 41.4).exterior, [box(120.2, 41.2, 120.3, 41.3).exterior])]
        ),
        shapely.MultiPolygon([box(119.99, 41.0, 120.0, 41.01), box(120.0005, 41.0, 120.01, 41.01)]),
        shapely.MultiPolygon([shapely.Polygon([(120.6, 41.6), (120.7, 41.6), (120.6500001, 41.6000003)])]),
        shapely.MultiPolygon([shapely.Polygon([(120, 41), (121, 41.333333), (120.333333, 42)])]),
    ]
    for number in range(25):
        x, y = dice.uniform(119.5, 121), dice.uniform(40.8, 42)
        shape = shapely.make_valid(shapely.Polygon(star(dice, x, y, dice.uniform(0.0005, 0.2), dice.randint(5, 60))))
        parts = [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon"]
        whole = shapely.MultiPolygon(parts[:1])
        if number % 3 == 0:
            hole = whole.centroid.buffer(math.sqrt(whole.area) / 6)
            cut = shapely.make_valid(whole.difference(hole))
            whole = shapely.MultiPolygon([part for part in shapely.get_parts(cut) if part.geom_type == "Polygon"])
        if not whole.is_empty:
            found.append(whole)
    kept = [rounded(one) for one in found]
    return [one for one in kept if one.is_valid]


def fixes(dice: random.Random, shapes: list[shapely.MultiPolygon], number: int) -> list[tuple[float, float, int, Any]]:
    """Anywhere near, on corners, on edges, a hair beside them, level with corners, with every accuracy."""
    rings = [
        np.array(ring.coords) for shape in shapes for part in shape.geoms for ring in (part.exterior, *part.interiors)
    ]
    found = []
    for _ in range(number):
        ring = rings[dice.randrange(len(rings))]
        k = dice.randrange(len(ring) - 1)
        (ax, ay), (bx, by) = ring[k], ring[k + 1]
        kind = dice.randrange(6)
        share = dice.choice((0.5, 0.25, dice.random()))
        lon, lat = ax + share * (bx - ax), ay + share * (by - ay)
        if kind == 0:
            lon, lat = ax, ay
        elif kind == 2:
            lon, lat = lon + dice.uniform(-1e-3, 1e-3), lat + dice.uniform(-1e-3, 1e-3)
        elif kind == 3:
            lat = ay
            lon = dice.uniform(119, 122)
        elif kind == 4:
            lon, lat = lon + dice.uniform(-1e-9, 1e-9), lat + dice.uniform(-1e-9, 1e-9)
        elif kind == 5:
            lon, lat = dice.uniform(119, 122), dice.uniform(40, 42.5)
        at = dice.choice(
            (T0, TURN, TURN.replace(microsecond=678000), TURN.replace(microsecond=679000), TURN + timedelta(1))
        )
        accuracy = dice.choice((0, 0, 3, 5, 15, 50, 120, 3000, None))
        found.append((float(lon), float(lat), micros(at) // 1000, accuracy))
    return found


def test_fixes_lie_where_geo_says():
    dice = random.Random(41)
    shapes = areas(dice)
    assert len(shapes) > 20
    spans = [(datetime(2020, 1, 1, tzinfo=UTC), None), (datetime(2020, 1, 1, tzinfo=UTC), TURN), (TURN, None)]
    versions, sent = [], []
    for number, shape in enumerate(shapes):
        first, last = spans[number % 3]
        versions.append(ZoneVersion(number, number, shape, micros(first), micros(last) if last else None))
        span = {"valid_from": first.isoformat(), "valid_to": last.isoformat() if last else None}
        sent.append({"version_id": number, "polygons": polygons_of(shape), **span})
    given = fixes(dice, shapes, 12_000)
    lon, lat, at, accuracy = (
        np.array([np.nan if one is None else one for one in column], float) for column in zip(*given, strict=True)
    )
    hits = zones.locate(zones.index_zones(versions), lon, lat, (at * 1000).astype(np.int64), accuracy)
    expected: list[list[Any]] = [[] for _ in given]
    names = {State.INSIDE: "inside", State.UNCERTAIN: "uncertain"}
    for fix, version, state in zip(hits.fix, hits.version, hits.state, strict=True):
        expected[fix].append([int(version), names[State(state)]])
    answers = run_node(LOCATE, {"zones": sent, "fixes": given})
    different = [
        (fix, server, tablet) for fix, server, tablet in zip(given, expected, answers, strict=True) if server != tablet
    ]
    assert not different, (len(different), different[:5])
    told = [state for hits in expected for _, state in hits]
    assert told.count("inside") > 1000 and told.count("uncertain") > 1000 and sum(not one for one in expected) > 1000


HOURS = """
import { inHours } from "./zones/locate.js";
const main = ({ asked, calendar }) => asked.map(({ terms, at }) => inHours(terms, at, calendar));
"""
DAYS = ("workday", "rest_day", "holiday", "mon", "tue", "wed", "thu", "fri", "sat", "sun")
CLOCKS = ("00:00", "06:30", "07:00", "12:00", "22:00", "23:59", "24:00")


def test_terms_hold_at_the_same_hours():
    dice = random.Random(42)
    today = date(2026, 9, 25)
    overrides = {
        date(2026, 9, 30): DayKind.REST_DAY,
        date(2026, 10, 17): DayKind.HOLIDAY,
        date(2026, 9, 26): DayKind.WORKDAY,
    }
    calendar = Calendar(overrides)
    asked, expected = [], []
    for _ in range(4000):
        windows = []
        for _ in range(dice.choice((0, 1, 1, 2))):
            first, last = dice.sample(CLOCKS[:-1], 1)[0], dice.choice(CLOCKS)
            if first != last:
                windows.append({"from": first, "to": last, "days": dice.sample(DAYS, dice.choice((0, 1, 3)))})
        terms = terms_json.from_json({"windows": windows})
        day = datetime.combine(today + timedelta(days=dice.randint(-30, 60)), datetime.min.time(), BEIJING)
        clock = dice.choice(CLOCKS[:-1])
        at = day + timedelta(
            hours=int(clock[:2]), minutes=int(clock[3:]), milliseconds=dice.choice((0, 0, -1, 1, 7_777_777))
        )
        asked.append({"terms": terms_json.to_json(terms), "at": micros(at) // 1000})
        expected.append(bool(in_hours(terms, np.array([micros(at)]), calendar)[0]))
    answers = run_node(HOURS, {"asked": asked, "calendar": calendar_part(calendar, today)})
    assert answers == expected
    assert 500 < sum(expected) < 3900


BANNED = """
import { banned } from "./zones/locate.js";
const main = ({ asked, data }) => asked.map(({ terms, subject, at, purposes }) => banned({ terms }, subject, at, data, purposes));
"""


def a_subject(dice: Dice) -> Truck | Machine:
    facts = {
        "fuel": Fuel.DIESEL if dice.chance(0.5) else dice.one(Fuel),
        "stage": dice.one(Stage),
        "stage_basis": dice.one(StageBasis),
        "device": dice.one(Fitted),
    }
    if dice.chance(0.5):
        return Truck("辽N12345", PlateColour.YELLOW, category=dice.one(TruckCategory), **facts)
    return Machine(dice.one(("", "2-6NA00001")), category=dice.one(MachineCategory), **facts)


def test_zones_forbid_the_same():
    rules = book()
    dice = Dice(rules, 43)
    calendar = Calendar()
    asked, expected, codes = [], [], set()
    for _ in range(4000):
        subject, terms = a_subject(dice), terms_json.from_json(_terms(dice))
        purposes = dice.some(Purpose, 2) if dice.chance(0.2) else []
        at = datetime(2026, 11, 20, dice.random.randint(0, 23), 30, tzinfo=BEIJING)
        held = bool(in_hours(terms, np.array([micros(at)]), calendar)[0])
        reasons = banned_visit.reasons(subject, terms, rules, at, purposes) if held else ()
        codes |= {reason.code for reason in reasons}
        expected.append([{"code": one.code, "zh": one.zh, "en": one.en, "firm": one.is_firm} for one in reasons])
        kind = "truck" if isinstance(subject, Truck) else "machine"
        names = ("fuel", "stage", "stage_basis", "device", "category", "registration_no")
        facts = {"kind": kind, **{name: str(getattr(subject, name, "")) for name in names}}
        asked.append(
            {
                "terms": terms_json.to_json(terms),
                "subject": facts,
                "at": micros(at) // 1000,
                "purposes": list(map(str, purposes)),
            }
        )
    data = {**rules_part(rules, ""), "calendar": calendar_part(calendar, date(2026, 11, 20))}
    answers = run_node(BANNED, {"asked": asked, "data": data})
    for case, server, tablet in zip(asked, expected, answers, strict=True):
        assert tablet == server, case
    assert {
        "stage_too_low", "stage_unknown", "not_coded", "no_device", "device_unknown", "type_banned", "type_unknown",
        "fuel_banned", "fuel_unknown", "scope_unknown",
    } == set(codes)  # fmt: skip
    assert any("日期推断" in one["zh"] for reasons in expected for one in reasons)
