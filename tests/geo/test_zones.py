"""locate against the obvious slow way, on shapes made to be hard."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.metres import metres_per_degree
from geo.zones import State, ZoneVersion, index_zones, locate


def version(geometry, number=0, start=0, end=None):
    if geometry.geom_type == "Polygon":
        geometry = shapely.MultiPolygon([geometry])
    return ZoneVersion(number, number, geometry, start, end)


def rows(hits):
    return list(zip(hits.fix.tolist(), hits.version.tolist(), hits.state.tolist(), strict=True))


def slow_state(area, lon, lat, accuracy):
    """State and how near the decision was, the obvious way."""
    point = shapely.Point(lon, lat)
    if accuracy > 0:
        south, north = area.bounds[1], area.bounds[3]
        scale = np.array([float(v) for v in metres_per_degree((south + north) / 2)])
        flat = shapely.transform(area.boundary, lambda xy: xy * scale)
        distance = flat.distance(shapely.Point(lon * scale[0], lat * scale[1]))
        if distance < accuracy:
            return State.UNCERTAIN, abs(distance - accuracy)
        return (State.INSIDE if area.intersects(point) else State.OUTSIDE), abs(distance - accuracy)
    return (State.INSIDE if area.intersects(point) else State.OUTSIDE), np.inf


def assert_same_as_slow(versions, lon, lat, at, accuracy, max_accuracy_m=50.0):
    hits = locate(index_zones(versions, max_accuracy_m), lon, lat, at, accuracy)
    got = {(f, v): s for f, v, s in rows(hits)}
    assert sorted(got) == [(f, v) for f, v, _ in rows(hits)]
    for fix in range(len(lon)):
        for number, v in enumerate(versions):
            state, margin = State.OUTSIDE, np.inf
            in_force = v.valid_from_us <= at[fix] and (v.valid_to_us is None or at[fix] < v.valid_to_us)
            if in_force and not np.isnan(lon[fix]) and not np.isnan(lat[fix]) and not v.geometry.is_empty:
                state, margin = slow_state(v.geometry, lon[fix], lat[fix], accuracy[fix])
            if margin > 1e-5:
                assert got.get((fix, number), 0) == state, (fix, number, v.geometry.wkt, lon[fix], lat[fix])


small = st.integers(0, 8)


@st.composite
def lattice_area(draw):
    """A valid area with holes, parts and touching corners, vertices on a lattice."""
    area = shapely.MultiPolygon()
    for _ in range(draw(st.integers(1, 5))):
        corners = draw(st.lists(st.tuples(small, small), min_size=3, max_size=4, unique=True))
        piece = shapely.MultiPoint(corners).convex_hull
        if piece.geom_type == "Polygon":
            area = area.difference(piece) if draw(st.booleans()) and not area.is_empty else area.union(piece)
    parts = [g for g in shapely.get_parts(area) if g.geom_type == "Polygon"]
    return shapely.MultiPolygon(parts)


@st.composite
def situation(draw):
    step = draw(st.sampled_from([1e-7, 3e-6, 1e-4, 1 / 1024, 0.0007, 1 / 64, 0.013, 0.26, 1.0, 3.7]))
    east, north = draw(st.sampled_from([(120.45, 41.57), (120.0, 41.0), (-0.001, -0.0005), (-179.99, 30.0)]))

    def place(xy):
        return np.minimum(xy * step + (east, north), (180.0, 89.0))

    versions = []
    for number in range(draw(st.integers(1, 4))):
        area = shapely.transform(draw(lattice_area()), place)
        start = draw(st.integers(0, 3))
        if area.is_valid:
            versions.append(version(area, number, start, draw(st.sampled_from([None, start, start + 2]))))
    halves = st.integers(-2, 18).map(lambda v: v / 2)
    spots = st.one_of(st.tuples(halves, halves), st.tuples(st.floats(-1, 9), st.floats(-1, 9)))
    points = place(np.array(draw(st.lists(spots, min_size=1, max_size=30))))
    corners = [xy for v in versions for xy in shapely.get_coordinates(v.geometry).tolist()]
    points = np.vstack([points, corners]) if corners else points
    return versions, points


@settings(max_examples=120, deadline=None)
@given(situation(), st.data())
def test_locate_equals_the_slow_way(case, data):
    versions, points = case
    n = len(points)
    at = np.array(data.draw(st.lists(st.integers(0, 5), min_size=n, max_size=n)))
    metres = st.sampled_from([0.0, 0.0, 0.5, 10.0, 49.0, 120.0])
    accuracy = np.array(data.draw(st.lists(metres, min_size=n, max_size=n)))
    assert_same_as_slow(versions, points[:, 0], points[:, 1], at, accuracy)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([0.0, 8.0, 30.0]))
def test_rough_zones_equal_the_tree(seed, accuracy):
    rng = np.random.default_rng(seed)
    versions, points = [], []
    for number in range(6):
        angle = np.sort(rng.uniform(0, 2 * np.pi, int(rng.integers(3, 200))))
        radius = rng.uniform(0.2, 1.0, len(angle)) * 10.0 ** rng.uniform(-4, -0.5)
        ring = np.c_[120.4 + rng.normal(0, 0.05) + radius * np.cos(angle), 41.5 + radius * np.sin(angle)]
        area = shapely.make_valid(shapely.Polygon(ring))
        area = shapely.MultiPolygon([g for g in shapely.get_parts(area) if g.geom_type == "Polygon"])
        versions.append(version(area, number))
        points.append(ring)
        points.append((ring + np.roll(ring, 1, axis=0)) / 2)
    points.append(np.c_[rng.uniform(120, 120.9, 400), rng.uniform(41.1, 41.9, 400)])
    lon, lat = np.vstack(points).T
    hits = locate(index_zones(versions), lon, lat, np.zeros(len(lon), np.int64), accuracy)
    tree = shapely.STRtree(shapely.points(lon, lat))
    pairs = tree.query([v.geometry for v in versions], predicate="intersects")
    expected = set(zip(pairs[1].tolist(), pairs[0].tolist(), strict=True))
    sure = {(f, v) for f, v, s in rows(hits) if s == State.INSIDE}
    unsure = {(f, v) for f, v, s in rows(hits) if s == State.UNCERTAIN}
    assert sure <= expected <= sure | unsure
    assert accuracy > 0 or sure == expected


def test_boundary_vertices_and_holes():
    area = shapely.Polygon(
        [(120, 41), (121, 41), (121, 42), (120, 42)],
        [[(120.4, 41.4), (120.6, 41.4), (120.6, 41.6), (120.4, 41.6)]],
    )
    lon = np.array([120.0, 120.5, 120.5, 120.4, 120.5, 119.999999, 121.0])
    lat = np.array([41.0, 41.0, 41.5, 41.5, 41.2, 41.5, 42.0])
    hits = locate(index_zones([version(area)]), lon, lat, np.zeros(7, np.int64), 0.0)
    assert hits.fix.tolist() == [0, 1, 3, 4, 6]
    assert set(hits.state.tolist()) == {State.INSIDE}


def test_zones_sharing_an_edge_both_hit():
    left, right = shapely.box(120, 41, 120.1, 41.1), shapely.box(120.1, 41, 120.2, 41.1)
    hits = locate(index_zones([version(left), version(right, 1)]), [120.1], [41.05], [0], 0.0)
    assert rows(hits) == [(0, 0, State.INSIDE), (0, 1, State.INSIDE)]


def test_versions_follow_each_other_without_gap_or_overlap():
    area = shapely.box(120, 41, 120.1, 41.1)
    index = index_zones([version(area, 7, 100, 200), version(area, 8, 200)])
    hits = locate(index, [120.05] * 4, [41.05] * 4, [99, 100, 199, 200], 0.0)
    assert [(f, index.versions[v].version_id) for f, v, _ in rows(hits)] == [(1, 7), (2, 7), (3, 8)]


def test_uncertain_on_either_side_of_the_edge():
    east, _ = metres_per_degree(41.05)
    lon = 120.0 + np.array([-10.1, -9.9, 0.0, 9.9, 10.1]) / float(east)
    hits = locate(index_zones([version(shapely.box(120, 41, 120.1, 41.1))]), lon, [41.05] * 5, [0] * 5, [10.0] * 5)
    assert rows(hits) == [(1, 0, 1), (2, 0, 1), (3, 0, 1), (4, 0, 2)]


def test_accuracy_beyond_the_index_and_not_reported():
    index = index_zones([version(shapely.box(120, 41, 120.1, 41.1))], max_accuracy_m=20.0)
    east = float(metres_per_degree(41.05)[0])
    lon = 120.0 - np.array([15.0, 15.0, 300.0, 300.0]) / east
    hits = locate(index, lon, [41.05] * 4, [0] * 4, [np.nan, 10.0, 400.0, np.nan])
    assert rows(hits) == [(0, 0, 1), (2, 0, 1)]


def test_no_position_no_hit_and_the_corners_of_the_world():
    corners = [
        shapely.box(179, 89, 180, 90),
        shapely.box(-180, -90, -179, -89),
        shapely.box(119, 40, 121, 42),
    ]
    index = index_zones([version(shapely.MultiPolygon(corners))])
    lon = [np.nan, 120.0, np.inf, 480.0, 180.0, -180.0, 120.0]
    lat = [41.0, np.nan, 41.0, 41.0, 90.0, -90.0, 41.0]
    assert locate(index, lon, lat, [0] * 7, 0.0).fix.tolist() == [4, 5, 6]
    assert locate(index, lon, lat, [0] * 7, 500.0).fix.tolist() == [4, 5, 6]


def test_a_boundary_of_very_many_short_edges():
    turn = np.linspace(0, 2 * np.pi, 20_000, endpoint=False)
    radius = 1 + 0.01 * np.sin(5000 * turn)
    yard = shapely.Polygon(np.c_[120.45 + 0.002 * radius * np.cos(turn), 41.57 + 0.0015 * radius * np.sin(turn)])
    rng = np.random.default_rng(8)
    lon, lat = rng.uniform(120.447, 120.453, 300), rng.uniform(41.568, 41.572, 300)
    assert_same_as_slow([version(yard)], lon, lat, np.zeros(300, np.int64), rng.choice([0.0, 5.0, 30.0, 80.0], 300))


def test_zones_on_all_continents_stay_small():
    areas = [shapely.box(x, y, x + 0.01, y + 0.01) for x in range(-170, 170, 20) for y in range(-80, 80, 20)]
    index = index_zones([version(a, n) for n, a in enumerate(areas)])
    assert index.grid.nbytes < 20e6
    inside = np.array([a.centroid.coords[0] for a in areas])
    hits = locate(index, inside[:, 0], inside[:, 1], np.zeros(len(areas), np.int64), 0.0)
    assert hits.version.tolist() == list(range(len(areas)))


def test_a_country_costs_little():
    country = shapely.Point(105, 35).buffer(20, quad_segs=200)
    index = index_zones([version(country)])
    assert index.grid.nbytes < 40e6
    rng = np.random.default_rng(4)
    lon, lat = rng.uniform(80, 130, 20_000), rng.uniform(10, 60, 20_000)
    hits = locate(index, lon, lat, np.zeros(20_000, np.int64), 0.0)
    assert hits.fix.tolist() == np.flatnonzero(shapely.intersects_xy(country, lon, lat)).tolist()


def test_nothing_in_nothing_out():
    empty = index_zones([])
    assert len(locate(empty, [120.0], [41.0], [0], 10.0)) == 0
    assert len(locate(empty, [120.0], [41.0], [0], 500.0)) == 0
    one = index_zones([version(shapely.MultiPolygon()), version(shapely.box(0, 0, 1, 1), 1)])
    assert len(locate(one, [], [], [], 0.0)) == 0
    assert rows(locate(one, [0.5], [0.5], [0], 0.0)) == [(0, 1, 2)]
    assert rows(locate(one, [0.5], [0.5], [0], 500.0)) == [(0, 1, 2)]


@pytest.mark.parametrize(
    ("geometry", "word"),
    [(shapely.LineString([(0, 0), (1, 1)]), "LineString"), (shapely.box(120, 41, 1200, 42), "longitude")],
)
def test_refuses_what_is_no_zone(geometry, word):
    with pytest.raises(ValueError, match=word):
        index_zones([ZoneVersion(3, 3, geometry, 0, None)])


@pytest.mark.parametrize("accuracy", [-1.0, np.inf, [1.0, 2.0]])
def test_refuses_impossible_accuracy(accuracy):
    with pytest.raises(ValueError, match="accuracy_m"):
        locate(index_zones([version(shapely.box(0, 0, 1, 1))]), [0.5], [0.5], [0], accuracy)
