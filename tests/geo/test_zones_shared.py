"""locate on published fixtures and real zones."""

import json
from xml.etree import ElementTree

import numpy as np
import pytest
import shapely

from geo.zones import State, ZoneVersion, index_zones, locate

pytestmark = pytest.mark.shared


def index_of(areas):
    versions = [
        ZoneVersion(n, n, shapely.MultiPolygon(shapely.get_parts(a).tolist()), 0, None) for n, a in enumerate(areas)
    ]
    return index_zones(versions)


def hit(area, points):
    """Does locate find any of the points in or on the area?"""
    xy = shapely.get_coordinates(points)
    return len(locate(index_of([area]), xy[:, 0], xy[:, 1], np.zeros(len(xy), np.int64), 0.0)) > 0


def shrunk(wkt):
    """Planar numbers as degrees; a power of two keeps every digit."""
    return shapely.transform(shapely.from_wkt(wkt), lambda xy: xy / 1024 + (64, 32))


def is_pair(a, b):
    return a.geom_type.endswith("Point") and b.geom_type.endswith("Polygon") and a.is_valid and b.is_valid


@pytest.mark.parametrize(("name", "least"), [("TestRelatePA", 10), ("TestPreparedPointPredicate", 3)])
def test_jts_points_and_areas(shared_dir, name, least):
    seen = 0
    for case in ElementTree.parse(shared_dir / f"data/geometry_fixtures/jts/{name}.xml").iter("case"):
        a, b = (shrunk(case.findtext(tag)) for tag in "ab")
        if is_pair(b, a):
            a, b = b, a
        if not is_pair(a, b):
            continue
        for op in case.iter("op"):
            if op.get("name") == "relate":
                expected = any(op.get("arg3")[k] != "F" for k in (0, 1, 3, 4))
            elif op.get("name") == "intersects":
                expected = op.text.strip() == "true"
            else:
                continue
            assert hit(b, a) == expected, case.findtext("desc")
            seen += 1
    assert seen >= least


@pytest.mark.parametrize("name", ["turf-boolean-contains", "turf-boolean-intersects"])
def test_turf_pairs(shared_dir, name):
    seen = 0
    for line in (shared_dir / f"data/geometry_fixtures/{name}.jsonl").read_text().splitlines():
        features = json.loads(line)["geojson"]["features"]
        shapes = [shapely.geometry.shape(f["geometry"]) for f in features]
        for a, b in (shapes, shapes[::-1]):
            if is_pair(a, b):
                assert hit(b, a) == b.intersects(a)
                seen += 1
    assert seen


def test_turf_points_in_polygons(shared_dir):
    rng = np.random.default_rng(2)
    for line in (shared_dir / "data/geometry_fixtures/turf-point-in-polygon.jsonl").read_text().splitlines():
        area = shapely.geometry.shape(json.loads(line)["geojson"]["geometry"])
        west, south, east, north = area.bounds
        xy = np.vstack([rng.uniform((west, south), (east, north), (5000, 2)), shapely.get_coordinates(area)])
        found = locate(index_of([area]), xy[:, 0], xy[:, 1], np.zeros(len(xy), np.int64), 0.0)
        assert found.fix.tolist() == np.flatnonzero(shapely.intersects_xy(area, xy[:, 0], xy[:, 1])).tolist()


@pytest.mark.parametrize(
    "file",
    [
        "germany_umweltzonen.geojson",
        "bnzfe_france_aires_2023.geojson",
        "london/london_congestionchargezone_ccz.geojson",
        "london/london_lowemissionzone_lez_2008.geojson",
    ],
)
def test_real_zones_equal_the_tree(shared_dir, file):
    features = json.loads((shared_dir / "data/control_zones" / file).read_text())["features"]
    areas = [shapely.geometry.shape(f["geometry"]) for f in features]
    rng = np.random.default_rng(1)
    spots = []
    for area in areas:
        west, south, east, north = area.bounds
        spots += [rng.uniform((west, south), (east, north), (400, 2)), shapely.get_coordinates(area)[::7]]
    lon, lat = np.vstack(spots).T
    tree = shapely.STRtree(shapely.points(lon, lat))
    pairs = tree.query(areas, predicate="intersects")
    expected = sorted(zip(pairs[1].tolist(), pairs[0].tolist(), strict=True))
    index = index_of(areas)
    at = np.zeros(len(lon), np.int64)
    found = locate(index, lon, lat, at, 0.0)
    assert list(zip(found.fix.tolist(), found.version.tolist(), strict=True)) == expected
    near = locate(index, lon, lat, at, 12.0)
    rows = list(zip(near.fix.tolist(), near.version.tolist(), near.state.tolist(), strict=True))
    sure = {(f, v) for f, v, s in rows if s == State.INSIDE}
    assert sure <= set(expected) <= {(f, v) for f, v, _ in rows}
