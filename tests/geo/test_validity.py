import json
from xml.etree import ElementTree

import pytest
import shapely

from geo.faults import FaultCode, FaultList
from geo.metres import area_m2
from geo.validity import check, repair, self_intersections

BOW_TIE = shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2), (0, 0)])


def faults_of(geometry):
    faults = FaultList()
    whole = shapely.MultiPolygon(shapely.get_parts(geometry).tolist())
    single = geometry.geom_type == "Polygon"
    assert check(whole, "coordinates", single, faults) == (faults.count == 0)
    return faults.listed()


def test_area_on_the_ellipsoid():
    # a degree square at 41 N, by geodesic integration with another program: 9,274.1 km2
    assert area_m2(shapely.box(120, 41, 121, 42)) == pytest.approx(9.2733e9, rel=2e-4)
    assert area_m2(shapely.box(-180, -90, 180, 90)) == pytest.approx(5.10065622e14, rel=1e-7)


def test_bow_tie_is_named_at_its_knot():
    [fault] = faults_of(BOW_TIE)
    assert (fault.code, fault.path) == (FaultCode.INVALID, "coordinates[0][0]")
    assert (fault.lon, fault.lat) == (1.0, 1.0)
    assert "自相交" in fault.zh and "Self-intersection" in fault.en


@pytest.mark.parametrize(
    "wkt",
    [
        "POLYGON((0 0, 4 0, 4 4, 0 4, 0 0), (5 5, 6 5, 6 6, 5 5))",  # hole outside
        "POLYGON((0 0, 9 0, 9 9, 0 9, 0 0), (1 1, 8 1, 8 8, 1 8, 1 1), (2 2, 3 2, 3 3, 2 2))",  # holes nested
        "POLYGON((0 0, 4 0, 4 4, 2 0, 0 4, 0 0))",  # touches itself along the edge
        "POLYGON((0 0, 4 0, 4 4, 4 6, 4 4, 0 4, 0 0))",  # spike
        "POLYGON((0 0, 1 0, 0 0, 0 0))",  # no area
        "MULTIPOLYGON(((0 0, 4 0, 4 4, 0 0)), ((0 0, 4 0, 4 4, 0 0)))",  # twice
        "MULTIPOLYGON(((0 0, 9 0, 9 9, 0 9, 0 0)), ((1 1, 2 1, 2 2, 1 1)))",  # nested shells
    ],
)
def test_every_kind_of_invalid_has_a_place(wkt):
    found = faults_of(shapely.from_wkt(wkt))
    assert found
    assert all(f.lon is not None and f.lat is not None and f.path.startswith("coordinates[") for f in found)
    mended = repair(shapely.from_wkt(wkt))
    assert mended.geometry.is_valid and mended.moved


def test_repair_keeps_areas_only_and_tells_the_change():
    mended = repair(BOW_TIE)
    assert mended.geometry.is_valid and len(mended.geometry.geoms) == 2
    assert mended.moved == ((1.0, 1.0),)
    assert mended.area_after_m2 == pytest.approx(area_m2(shapely.box(0, 0, 2, 2)) / 2, rel=1e-3)
    spike = shapely.Polygon([(0, 0), (4, 0), (4, 4), (4, 6), (4, 4), (0, 4), (0, 0)])
    assert repair(spike).change_pct == pytest.approx(0.0, abs=1e-9)
    sound = repair(shapely.box(0, 0, 1, 1))
    assert sound.moved == () and sound.change_pct == 0.0
    assert repair(shapely.Polygon([(0, 0), (1, 1), (0, 0), (0, 0)])).geometry.is_empty


def test_a_knotted_mess_ends_in_time():
    ring = [(k * 7919 % 1000 / 10, k * 104729 % 997 / 10) for k in range(3000)]
    mess = shapely.Polygon([*ring, ring[0]])
    assert 0 < len(self_intersections(mess)) <= 200


def cases(shared_dir, name):
    for case in ElementTree.parse(shared_dir / f"data/geometry_fixtures/jts/{name}.xml").iter("case"):
        texts = {tag: (case.findtext(tag) or "").strip() for tag in "ab"}
        for op in case.iter("op"):
            yield texts, op


@pytest.mark.shared
@pytest.mark.parametrize("name", ["TestValid", "TestInvalidA"])
def test_jts_validity(shared_dir, name):
    seen = 0
    for texts, op in cases(shared_dir, name):
        if "nan" in texts["a"].lower():
            continue  # not a number never gets this far: the readers refuse it
        area = shapely.from_wkt(texts["a"])
        if op.get("name") != "isValid" or not area.geom_type.endswith("Polygon") or area.is_empty:
            continue
        seen += 1
        assert (not faults_of(area)) == (op.text.strip() == "true"), texts["a"]
        assert repair(area).geometry.is_valid
    assert seen > 20


def polygons(value):
    if value["type"] == "FeatureCollection":
        return [p for f in value["features"] for p in polygons(f)]
    if value["type"] == "Feature":
        return polygons(value["geometry"])
    return [shapely.geometry.shape(value)] if value["type"].endswith("Polygon") else []


@pytest.mark.shared
def test_turf_kinks(shared_dir):
    lines = (shared_dir / "data/geometry_fixtures/turf-kinks.jsonl").read_text().splitlines()
    documents = {json.loads(line)["case"]: json.loads(line)["geojson"] for line in lines}
    seen = 0
    for case, document in documents.items():
        folder, _, name = case.partition("/")
        if folder == "in" and (areas := polygons(document)):
            out = documents[f"out/{name}"]["features"]
            marks = {tuple(f["geometry"]["coordinates"]) for f in out if f["geometry"]["type"] == "Point"}
            ours = [(k.lon, k.lat) for area in areas for k in self_intersections(area)]
            assert len(ours) == len(marks)
            for lon, lat in marks:
                assert min(abs(lon - x) + abs(lat - y) for x, y in ours) < 1e-6
            seen += 1
    assert seen >= 4


@pytest.mark.shared
def test_turf_unkink(shared_dir):
    for line in (shared_dir / "data/geometry_fixtures/turf-unkink-polygon.jsonl").read_text().splitlines():
        for area in polygons(json.loads(line)["geojson"]):
            mended = repair(area)
            assert mended.geometry.is_valid
            assert bool(mended.moved) == (not area.is_valid)
