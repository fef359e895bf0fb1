"""The plan of a tablet: days, what was done here since, and where somebody is, as an inspector reads it."""

from typing import Any

import numpy as np

from geo.metres import haversine_m
from server.flows.field_work import bearing_deg
from tests.tablet.node import run_node

PLAN = 'import { planned, progress, daysAhead, dayOf, whyOf } from "./work/plan.js";\n'
COMPASS = 'import { distance, point, towards, minutes } from "./work/compass.js";\n'
DAY = "2026-11-24"


def subject(number: int, text: str, **more: Any) -> dict[str, Any]:
    given = {
        "id": number,
        "kind": "truck",
        "subject_id": None,
        "text": text,
        "colour": "yellow",
        "why": "",
        "done": False,
    }
    return {**given, **more}


def assignment(number: int, **more: Any) -> dict[str, Any]:
    return {"id": number, "day": DAY, "kind": "roadside", "done": 0, "wanted": None, "subjects": [], **more}


def record(assignment_id: int, text: str = "辽NA0001", **more: Any) -> dict[str, Any]:
    given = {
        "state": "ready", "base": None, "known": None, "changed_ms": 2000, "check": {"subject": text},
        "assignment": {"id": assignment_id, "subject_id": None},
    }  # fmt: skip
    return {**given, **more}


def planned(assignments: list[dict[str, Any]], records: list[dict[str, Any]], made_ms: int = 1000) -> Any:
    script = (
        PLAN + "const main = ([a, r, made]) => planned(a, r, '2026-11-24', made).map((one) => [one, progress(one)]);"
    )
    return run_node(script, [assignments, records, made_ms])


def test_days_are_those_of_beijing() -> None:
    script = PLAN + "const main = (ms) => [ms.map(dayOf), daysAhead('2026-12-01', '2026-11-24')];"
    assert run_node(script, [1795535999000, 1795536000000]) == [["2026-11-24", "2026-11-25"], 7]


def test_days_that_are_over_are_left_out() -> None:
    found = planned([assignment(3, day="2026-11-25"), assignment(2), assignment(1, day="2026-11-23")], [])
    assert [one["id"] for one, _ in found] == [2, 3]


def test_a_check_that_waits_to_be_sent_counts() -> None:
    one = assignment(1, wanted=5, done=2, subjects=[subject(7, "辽NA0001"), subject(8, "辽NA0002", done=True)])
    [[told, progress]] = planned([one], [record(1), record(1, state="draft"), record(2), record(1, base={"id": 9})])
    assert (told["own"], told["done"], progress) == (1, 3, {"done": 3, "of": 5})
    assert [(row["done"], row["own"]) for row in told["subjects"]] == [(True, True), (True, False)]


def test_a_check_that_the_server_counts_already_is_not_counted_twice() -> None:
    one = assignment(1, done=1)
    sent = [record(1, state="sent", changed_ms=999), record(1, state="sent", changed_ms=1001)]
    [[told, progress]] = planned([one], sent)
    assert (told["own"], progress) == (1, {"done": 2, "of": 0})


def test_a_subject_is_known_by_its_item_its_register_number_or_its_text() -> None:
    named = [subject(1, "甲", subject_id=5), subject(2, "乙"), subject(3, "丙"), subject(4, "丁", subject_id=6)]
    records = [
        record(1, "不同", known={"kind": "truck", "id": 5}),
        record(1, "丙", assignment={"id": 1, "subject_id": None}),
        record(1, "看错了", assignment={"id": 1, "subject_id": 2}),
        record(1, "丁", known={"kind": "truck", "id": 7}),
    ]
    [[told, _]] = planned([assignment(1, subjects=named)], records)
    assert [row["done"] for row in told["subjects"]] == [True, True, True, False]


def test_why_is_words_or_codes() -> None:
    script = (
        PLAN + "const main = (whys) => whys.map((why) => whyOf(why, (code) => ['open_case', 'other'].includes(code)));"
    )
    assert run_node(script, ["open_case,other", "群众举报", "", "open_case,群众"]) == [
        {"codes": ["open_case", "other"], "text": ""},
        {"codes": [], "text": "群众举报"},
        {"codes": [], "text": ""},
        {"codes": [], "text": "open_case,群众"},
    ]


def test_distances_and_directions_are_round() -> None:
    script = (
        COMPASS + "const main = ([m, b]) => [m.map((one) => Object.values(distance(one)).join(' ')), b.map(point)];"
    )
    metres, bearings = [3, 994, 995, 1449, 9949, 9950, 19600], [0, 22, 23, 179, 337.4, 337.6, 360, -45]
    assert run_node(script, [metres, bearings]) == [
        ["10 m", "990 m", "1.0 km", "1.4 km", "9.9 km", "10 km", "20 km"],
        ["N", "N", "NE", "S", "NW", "N", "N", "NW"],
    ]


def test_the_tablet_and_the_server_measure_alike() -> None:
    rng = np.random.default_rng(4)
    pairs = [
        [120.4, 41.5, float(lon), float(lat)]
        for lon, lat in zip(rng.uniform(119, 122, 50), rng.uniform(40, 43, 50), strict=True)
    ]
    script = COMPASS + (
        "const main = (all) => all.map(([a, b, c, d]) => Object.values(towards({ lon: a, lat: b }, { lon: c, lat: d })));"
    )
    told: Any = run_node(script, pairs)
    expected = [(float(haversine_m(*pair)), bearing_deg(*pair)) for pair in pairs]
    np.testing.assert_allclose(told, expected, rtol=1e-9)
