import json
from datetime import datetime

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo.tracks import (
    CrossingKind,
    crossings,
    fixes_inside,
    gaps,
    implied_speeds_kmh,
    jumps,
    order,
    transitions,
)

SECOND = 1_000_000


def walk(*places, step_s=10):
    xy = np.array(places, dtype=float)
    return order((np.arange(len(xy)) + 1) * step_s * SECOND, xy[:, 0], xy[:, 1])


def kinds(found):
    return [c.kind.value for c in found]


def test_order_names_what_it_does_not_keep():
    track = order([30, 10, 0, 20, 20, 10, 40], [3, 1, 9, 2.5, 2, 1, np.nan], [0] * 7)
    assert track.at_us.tolist() == [10, 20, 30]
    assert track.lon.tolist() == [1, 2, 3]
    assert track.source.tolist() == [1, 4, 0]
    assert (track.repeated.tolist(), track.conflicting.tolist(), track.left_out.tolist()) == (
        [5],
        [3],
        [2, 6],
    )


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 3), st.integers(0, 3)), max_size=30), st.randoms())
def test_order_does_not_depend_on_arrival(fixes, random):
    shuffled = fixes * 2
    random.shuffle(shuffled)
    straight, other = (order(*(np.array(f).reshape(-1, 3).T)) for f in (fixes, shuffled))
    assert straight.at_us.tolist() == other.at_us.tolist()
    assert straight.lon.tolist() == other.lon.tolist()
    assert straight.lat.tolist() == other.lat.tolist()


def test_gaps_and_jumps():
    track = order(np.array([1, 2, 3, 63, 64]) * SECOND, [120, 120.0001, 120.0002, 120.0003, 120.1], [41.5] * 5)
    assert gaps(track, 30 * SECOND).tolist() == [2]
    assert jumps(track, 200.0).tolist() == [3]
    assert implied_speeds_kmh(track)[0] == pytest.approx(30.0, abs=0.2)
    assert len(implied_speeds_kmh(order([5], [1.0], [1.0]))) == 0
    assert len(jumps(order([], [], []), 1.0)) == 0


def test_transitions():
    found = transitions([False, True, True, False])
    assert found.index.tolist() == [1, 3]
    assert found.entered.tolist() == [True, False]
    assert len(transitions([]).index) == 0


BOX = shapely.box(120, 41, 121, 42)


def test_entry_and_exit_are_interpolated():
    found = crossings(walk((119.5, 41.5), (120.5, 41.5), (121.5, 41.5)), BOX)
    assert kinds(found) == ["entry", "exit"]
    assert [c.at_us for c in found] == [15 * SECOND, 25 * SECOND]
    assert [(c.lon, c.lat) for c in found] == [(120, 41.5), (121, 41.5)]
    assert [(c.before, c.after, c.passage, c.gap_us) for c in found] == [
        (0, 1, False, 10 * SECOND),
        (1, 2, False, 10 * SECOND),
    ]


def test_passage_between_two_fixes_outside():
    found = crossings(walk((119.5, 41.5), (121.5, 41.5), step_s=20), BOX)
    assert [(c.kind, c.at_us, c.passage) for c in found] == [
        (CrossingKind.ENTRY, 25 * SECOND, True),
        (CrossingKind.EXIT, 35 * SECOND, True),
    ]


def test_line_through_a_hole_leaves_and_enters():
    ring = BOX.difference(shapely.box(120.4, 41.4, 120.6, 41.6))
    found = crossings(walk((120.2, 41.5), (120.8, 41.5)), ring)
    assert kinds(found) == ["exit", "entry"]
    assert all(c.passage for c in found)


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        ([(119.5, 41.5), (120, 42.5)], []),  # past the corner
        ([(119.5, 41.5), (120.5, 42.5)], []),  # touches the corner
        ([(119.5, 42), (121.5, 42)], ["entry", "exit"]),  # along the edge: the boundary is inside
        ([(119.5, 41.5), (120, 41.5), (119.5, 41.5)], ["entry", "exit"]),  # a fix on the edge, and away
        ([(119.5, 41.5), (120, 41.5), (120.5, 41.5)], ["entry"]),
        ([(120.5, 41.5), (121, 41.5), (121.5, 41.5)], ["exit"]),
        ([(120.5, 41.5), (120.5, 41.5)], []),  # standing still
        ([(120.0, 41.5)], []),
    ],
)
def test_edges_of_the_idea(places, expected):
    assert kinds(crossings(walk(*places), BOX)) == expected


def test_shared_edge_inside_an_area_is_no_crossing():
    halves = shapely.MultiPolygon([shapely.box(0, 0, 1, 1), shapely.box(1, 1, 2, 2)])
    assert kinds(crossings(walk((0.5, 0.5), (1.5, 1.5)), halves)) == []


grid = st.integers(0, 6).map(lambda v: v / 2)


@given(st.lists(st.tuples(grid, grid), min_size=2, max_size=12), st.integers(0, 3))
def test_crossings_alternate_and_agree_with_the_fixes(places, shape):
    areas = [
        shapely.box(1, 1, 2, 2),
        shapely.box(0.5, 0.5, 2.5, 2.5).difference(shapely.box(1, 1, 2, 2)),
        shapely.MultiPolygon([shapely.box(0, 0, 1, 1), shapely.box(2, 2, 3, 3)]),
        shapely.Polygon([(0, 0), (3, 0.7), (1.1, 1.3), (2.9, 3), (0.3, 2.2)]),
    ]
    track = walk(*places)
    inside = fixes_inside(track, areas[shape])
    now, done = bool(inside[0]), 0
    found = crossings(track, areas[shape])
    assert [c.at_us for c in found] == sorted(c.at_us for c in found)
    for i in range(1, len(track)):
        while done < len(found) and found[done].after == i:
            assert (found[done].kind == CrossingKind.ENTRY) != now
            now, done = not now, done + 1
        assert now == bool(inside[i])
    assert done == len(found)


def munich(shared_dir):
    rows = json.loads((shared_dir / "data/gps/munich_trace_x0001-001.json").read_text())
    xy = shapely.get_coordinates(shapely.from_wkt([r["point"] for r in rows]))
    at = [datetime.strptime(r["time"], "%Y-%m-%d %H:%M:%S%z") for r in rows]
    zones = json.loads((shared_dir / "data/control_zones/germany_umweltzonen.geojson").read_text())["features"]
    [zone] = [z for z in zones if z["properties"]["name"] == "lez_munich"]
    at_us = np.array([round(t.timestamp() * 1e6) for t in at])
    return at_us, xy, shapely.geometry.shape(zone["geometry"])


@pytest.mark.shared
@pytest.mark.parametrize("way", ["in order", "shuffled", "twice"])
def test_munich_leaves_once(shared_dir, way):
    at_us, xy, zone = munich(shared_dir)
    pick = np.arange(len(at_us))
    if way != "in order":
        pick = np.random.default_rng(5).permutation(np.tile(pick, 2 if way == "twice" else 1))
    track = order(at_us[pick], xy[pick, 0], xy[pick, 1])
    assert len(track) == 1194
    assert int(fixes_inside(track, zone).sum()) == 340
    [leaving] = crossings(track, zone)
    assert leaving.kind == CrossingKind.EXIT and not leaving.passage
    first_outside = datetime.fromisoformat("2014-09-10T06:59:47+02:00")
    assert track.at_us[leaving.after] == round(first_outside.timestamp() * 1e6)
    assert transitions(fixes_inside(track, zone)).index.tolist() == [leaving.after]
