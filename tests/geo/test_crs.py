import json

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo.crs import Crs, convert, convert_geometry, gcj02_to_bd09, guard, wgs84_to_bd09, wgs84_to_gcj02
from geo.metres import haversine_m, metres_per_degree

# place: WGS-84 lon, lat; GCJ-02 lon, lat; shift m; BD-09 lon, lat; BD-09 minus WGS-84 m
TABLE = {
    "Chaoyang": (120.4508, 41.5737, 120.456479, 41.575987, 536.5, 120.462942, 41.582108, 1376),
    "Beipiao": (120.7706, 41.8007, 120.776043, 41.802890, 512.7, 120.782680, 41.808540, 1328),
    "Lingyuan": (119.4011, 41.2456, 119.407622, 41.247742, 595.0, 119.413989, 41.254066, 1431),
    "Jianping": (119.6430, 41.4030, 119.648983, 41.404917, 542.6, 119.655377, 41.411239, 1380),
    "Kazuo": (119.7413, 41.1279, 119.747361, 41.129774, 548.7, 119.753745, 41.136051, 1381),
    "Shenyang": (123.4315, 41.8057, 123.437636, 41.808128, 575.8, 123.444222, 41.813908, 1395),
    "Dalian": (121.6147, 38.9140, 121.619643, 38.914777, 436.3, 121.626278, 38.920418, 1230),
}
ONE_IN_THE_LAST_PLACE = 6e-7


@pytest.mark.parametrize("row", TABLE.values(), ids=TABLE.keys())
def test_known_places(row):
    lon, lat, gcj_lon, gcj_lat, shift_m, bd_lon, bd_lat, bd_shift_m = row
    gcj, bd = wgs84_to_gcj02(lon, lat), wgs84_to_bd09(lon, lat)
    assert np.allclose(gcj, (gcj_lon, gcj_lat), rtol=0, atol=ONE_IN_THE_LAST_PLACE)
    assert np.allclose(bd, (bd_lon, bd_lat), rtol=0, atol=ONE_IN_THE_LAST_PLACE)
    assert haversine_m(lon, lat, *gcj) == pytest.approx(shift_m, rel=0.002)
    assert haversine_m(lon, lat, *bd) == pytest.approx(bd_shift_m, rel=0.003)


@given(st.floats(74, 135), st.floats(3, 54), st.sampled_from(list(Crs)), st.sampled_from(list(Crs)))
def test_there_and_back(lon, lat, source, target):
    back = convert(*convert(lon, lat, source, target), target, source)
    assert haversine_m(lon, lat, *back) < 1e-6


@given(st.floats(-180, 60), st.floats(-80, 80))
def test_no_shift_far_from_china(lon, lat):
    assert convert(lon, lat, Crs.WGS84, Crs.GCJ02) == (lon, lat)
    assert convert(lon, lat, Crs.GCJ02) == (lon, lat)


def test_missing_positions_stay_missing():
    lon, lat = convert([120.0, np.nan], [41.0, np.nan], Crs.BD09)
    assert np.isnan(lon).tolist() == [False, True]
    assert np.isnan(lat).tolist() == [False, True]


def test_geometry_with_a_hole_and_heights():
    ring = [(120, 41, 5), (121, 41, 5), (121, 42, 5), (120, 41, 5)]
    area = shapely.Polygon(ring, [[(120.7, 41.2), (120.8, 41.2), (120.8, 41.3), (120.7, 41.2)]])
    moved = convert_geometry(area, Crs.GCJ02)
    assert not moved.has_z and len(moved.interiors) == 1
    back = convert_geometry(moved, Crs.WGS84, Crs.GCJ02)
    assert back.hausdorff_distance(shapely.force_2d(area)) < 1e-11
    assert convert_geometry(area, Crs.WGS84).equals(shapely.force_2d(area))


def test_metres_per_degree_on_the_ellipsoid():
    east, north = metres_per_degree([0.0, 45.0])
    assert east == pytest.approx([111319.49, 78846.835], abs=0.01)
    assert north == pytest.approx([110574.28, 111131.78], abs=0.02)


def roads():
    rng = np.random.default_rng(3)
    return shapely.MultiLineString(
        [np.cumsum(rng.normal(0, 0.02, (30, 2)), axis=0) + np.array([120.3, 41.5]) for _ in range(5)]
    )


def on_road(n=200):
    reference = roads()
    lines = shapely.get_parts(reference)
    rng = np.random.default_rng(4)
    places = [shapely.line_interpolate_point(line, rng.uniform(0, 1, n // 5), normalized=True) for line in lines]
    return reference, shapely.get_coordinates(np.concatenate(places)) + rng.normal(0, 5e-5, (n, 2))


@pytest.mark.parametrize("spoken", list(Crs))
@pytest.mark.parametrize("declared", list(Crs))
def test_guard_names_the_system_spoken(spoken, declared):
    reference, points = on_road()
    given_points = np.column_stack(convert(points[:, 0], points[:, 1], Crs.WGS84, spoken))
    found = guard(given_points, reference, declared)
    if spoken == declared:
        assert found is None
    else:
        assert found is not None and found.looks_like == spoken and found.share > 0.8
        assert spoken.upper() in found.zh and spoken.upper() in found.en


def test_guard_with_a_yard_and_with_nothing():
    yard = shapely.box(120.45, 41.57, 120.452, 41.572)
    inside = np.array([[120.451, 41.571], [120.4505, 41.5712], [np.nan, np.nan]])
    assert guard(inside, yard) is None
    shifted = np.column_stack(wgs84_to_gcj02(inside[:, 0], inside[:, 1]))
    assert guard(shifted, yard).looks_like == Crs.GCJ02
    assert guard(np.zeros((0, 2)), yard) is None
    assert guard(inside, shapely.Point()) is None
    assert guard(inside + 0.3, yard) is None  # far away altogether: not the guard's business


@pytest.mark.shared
def test_city_vectors(shared_dir):
    cities = json.loads((shared_dir / "data/boundaries/coord_vectors_gcoord_cities.json").read_text())
    assert len(cities) == 444
    wgs, gcj, bd = (np.array([c["coords"][k] for c in cities]).T for k in ("WGS84", "GCJ02", "BD09"))
    assert np.abs(np.array(wgs84_to_gcj02(*wgs)) - gcj).max() < 1e-5
    assert np.abs(np.array(gcj02_to_bd09(*gcj)) - bd).max() < 1e-5
    for source, given_points in ((Crs.GCJ02, gcj), (Crs.BD09, bd)):
        assert np.abs(np.array(convert(*given_points, source)) - wgs).max() < 1e-5
