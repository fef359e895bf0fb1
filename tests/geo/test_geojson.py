import json
from datetime import UTC, datetime

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.crs import Crs, convert_geometry
from geo.faults import FaultCode
from geo.geojson import read_geojson, write_geojson
from geo.imported import ImportedZone, ReadOptions

SQUARE = [[120, 41], [121, 41], [121, 42], [120, 42], [120, 41]]


def feature(coordinates, kind="Polygon", properties=None):
    geometry = {"type": kind, "coordinates": coordinates}
    return {"type": "Feature", "properties": properties or {}, "geometry": geometry}


def collection(*features):
    return json.dumps({"type": "FeatureCollection", "features": list(features)})


def codes(imported):
    return [(f.path, f.code.value) for f in imported.faults]


def test_polygon_multipolygon_and_bare_geometry():
    for document in (
        collection(feature([SQUARE])),
        json.dumps(feature([SQUARE])),
        json.dumps({"type": "Polygon", "coordinates": [SQUARE]}),
        json.dumps({"type": "MultiPolygon", "coordinates": [[SQUARE]]}),
    ):
        for data in (document, document.encode(), b"\xef\xbb\xbf" + document.encode()):
            read = read_geojson(data)
            assert read.faults == ()
            assert read.zones[0].geometry.equals(shapely.box(120, 41, 121, 42))


def test_all_faults_of_a_file_are_listed_with_their_places():
    document = collection(
        feature([SQUARE[:-1]]),
        feature([[[120, 41], [121, "41"], [121, None], [120, 41]]]),
        feature([SQUARE]),
        feature([[[120, 41], [121, 42], [121, 41], [120, 42], [120, 41]]]),
        feature([[[120, 41], [190, 41], [121, -95], [120, 41]]]),
        {"type": "Feature", "properties": {}, "geometry": {"type": "Point", "coordinates": [1, 2]}},
        feature([[]]),
        7,
    )
    read = read_geojson(document)
    assert codes(read) == [
        ("features[0].geometry.coordinates[0]", "ring_open"),
        ("features[1].geometry.coordinates[0][1]", "position"),
        ("features[1].geometry.coordinates[0][2]", "position"),
        ("features[3].geometry.coordinates[0][0]", "invalid"),
        ("features[4].geometry.coordinates[0][1]", "out_of_range"),
        ("features[4].geometry.coordinates[0][2]", "out_of_range"),
        ("features[5].geometry", "not_an_area"),
        ("features[6].geometry.coordinates[0]", "empty"),
        ("features[7]", "wrong_type"),
    ]
    assert [z.path for z in read.zones] == ["features[2]"]
    knot = read.faults[3]
    assert (knot.lon, knot.lat) == (120.5, 41.5)
    assert all(f.zh and f.en for f in read.faults)


def test_swapped_axes_are_named():
    swapped = [[y, x] for x, y in SQUARE]
    [fault] = read_geojson(collection(feature([swapped]))).faults
    assert fault.code == FaultCode.SWAPPED and "颠倒" in fault.zh
    munich = [[48.1, 11.5], [48.2, 11.5], [48.2, 11.6], [48.1, 11.5]]
    assert read_geojson(collection(feature([munich]))).faults == ()
    bavaria = ReadOptions(expected=(8.9, 47.2, 13.9, 50.6))
    assert [f.code for f in read_geojson(collection(feature([munich])), bavaria).faults] == [FaultCode.SWAPPED]
    elsewhere = read_geojson(collection(feature([SQUARE])), bavaria)
    assert len(elsewhere.zones) == 1 and [n.code for n in elsewhere.notes] == [FaultCode.ELSEWHERE]


@pytest.mark.parametrize("crs", list(Crs))
def test_declared_coordinates_are_converted_once(crs):
    area = shapely.MultiPolygon([shapely.box(120.4, 41.5, 120.5, 41.6)])
    drawn = convert_geometry(area, Crs.WGS84, crs)
    document = json.dumps({"type": "Feature", "properties": {}, "geometry": json.loads(shapely.to_geojson(drawn))})
    [zone] = read_geojson(document, ReadOptions(crs=crs)).zones
    assert zone.geometry.hausdorff_distance(area) < 1e-9
    assert json.loads(write_geojson([zone], crs))["features"][0]["geometry"]["type"] == "MultiPolygon"


def test_invalid_is_repaired_on_request_only():
    bow_tie = collection(feature([[[120, 41], [121, 42], [121, 41], [120, 42], [120, 41]]]))
    assert read_geojson(bow_tie).zones == ()
    mended = read_geojson(bow_tie, ReadOptions(mend=True))
    assert mended.faults == () and mended.notes[0].code == FaultCode.REPAIRED
    assert mended.zones[0].geometry.is_valid
    assert mended.zones[0].repaired.moved == ((120.5, 41.5),)
    flat = collection(feature([[[0, 0], [1, 1], [0, 0], [0, 0]]]))
    assert [f.code for f in read_geojson(flat, ReadOptions(mend=True)).faults] == [FaultCode.EMPTY]


def test_a_tangle_is_refused_even_where_repair_is_asked_for():
    ring = np.random.default_rng(6).uniform((120, 41), (121, 42), (2000, 2)).tolist()
    document = collection(feature([[*ring, ring[0]]]))
    assert {f.code for f in read_geojson(document, ReadOptions(mend=True)).faults} == {FaultCode.INVALID}


def test_round_trip_keeps_everything():
    area = shapely.MultiPolygon(
        [
            shapely.box(120, 41, 121, 42) - shapely.box(120.4, 41.4, 120.6, 41.6),
            shapely.box(122, 41, 122.1, 41.1),
        ]
    )
    start, end = datetime(2026, 8, 14, 16, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
    zone = ImportedZone(
        "朝阳市 <b>低排放区</b>", area, start, end, "Mo-Su 07:00-20:00", {"doc": "朝政发〔2026〕1号", "n": 1}
    )
    [back] = read_geojson(write_geojson([zone])).zones
    assert (back.name, back.valid_from, back.valid_to, back.hours) == (zone.name, start, end, zone.hours)
    assert back.properties == zone.properties and back.geometry.equals(area)
    assert shapely.get_parts(back.geometry)[0].exterior.is_ccw


def test_own_dates_begin_in_china():
    zone = read_geojson(collection(feature([SQUARE], properties={"valid_from": "2026-08-15"}))).zones[0]
    assert zone.valid_from == datetime(2026, 8, 14, 16, tzinfo=UTC)
    wrong = read_geojson(collection(feature([SQUARE], properties={"valid_from": 5, "valid_to": "x", "hours": []})))
    assert [f.code.value for f in wrong.faults] == ["date", "date", "wrong_type"]


RING = "[[0,0],[1,0],[1,1],[0,0]]"


def first_number(text):
    return f'{{"type":"Polygon","coordinates":[[[{text},0],[1,0],[1,1],[0,0]]]}}'


def with_properties(text):
    geometry = f'{{"type":"Polygon","coordinates":[{RING}]}}'
    return f'{{"type":"Feature","properties":{text},"geometry":{geometry}}}'


@pytest.mark.parametrize(
    ("document", "path", "code"),
    [
        ("", "line 1 column 1", "syntax"),
        ("{", "line 1 column 2", "syntax"),
        (b"\xff\xfe{", "", "encoding"),
        ("[" * 100_000, "", "too_deep"),
        ('{"a":' * 5000 + "1" + "}" * 5000, "", "too_deep"),
        ("null", "", "wrong_type"),
        ("NaN", "", "not_finite"),
        ("9" * 5000, "", "wrong_type"),
        (first_number("NaN"), "coordinates[0][0][0]", "not_finite"),
        (first_number("1e999"), "coordinates[0][0][0]", "not_finite"),
        (first_number("9" * 400), "coordinates[0][0]", "not_finite"),
        (first_number("9" * 5000), "coordinates[0][0][0]", "not_finite"),
        (first_number("true"), "coordinates[0][0]", "position"),
        ('{"type":"Polygon","coordinates":{"0":1}}', "coordinates", "wrong_type"),
        ('{"type":"Polygon","coordinates":null}', "coordinates", "wrong_type"),
        ('{"type":"Polygon","coordinates":[]}', "coordinates", "empty"),
        ('{"type":"MultiPolygon","coordinates":[[]]}', "coordinates[0]", "empty"),
        ('{"type":"FeatureCollection","features":[]}', "", "no_zone"),
        ('{"type":"FeatureCollection"}', "", "missing"),
        ('{"type":"FeatureCollection","features":{}}', "features", "wrong_type"),
        (f'{{"type":"Polygon","type":"Polygon","coordinates":[{RING}]}}', "type", "repeated_name"),
        (f'{{"type":"Polygon","coordinates":[{RING}],"crs":{{"type":"name","properties":{{"name":"EPSG:3857"}}}}}}',
         "crs", "crs"),
        (with_properties('{"a b":{"x":"\\u0000"}}'), 'properties["a b"].x', "bad_text"),
        (with_properties('{"n":"\\ud800"}'), "properties.n", "bad_text"),
        (with_properties('{"n":Infinity}'), "properties.n", "not_finite"),
    ],
)  # fmt: skip
def test_hostile_documents(document, path, code):
    read = read_geojson(document)
    assert read.zones == ()
    assert (path, code) in codes(read)


def test_too_large_and_too_many():
    document = collection(feature([SQUARE]))
    assert [f.code for f in read_geojson(document, ReadOptions(max_bytes=10)).faults] == [FaultCode.TOO_LARGE]
    many = read_geojson(collection(*[3] * 50), ReadOptions(max_faults=10))
    assert len(many.faults) == 11 and "40" in many.faults[-1].en


names = st.sampled_from(["type", "coordinates", "geometry", "features", "properties", "crs", "id", "x"])
values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=5),
        st.dictionaries(
            st.sampled_from(["type", "coordinates", "geometry", "features", "properties", "crs", "id", "x"]),
            inner,
        ),
    ),
    max_leaves=20,
)
kinds = st.sampled_from(["Polygon", "MultiPolygon", "Feature", "FeatureCollection", "Point"])


@settings(max_examples=300, deadline=None)
@given(values, kinds, kinds)
def test_nothing_raises(value, outer, inner):
    for document in (
        value,
        {"type": outer, "coordinates": value, "properties": value, "geometry": value, "features": value},
        {"type": "Feature", "properties": None, "geometry": {"type": inner, "coordinates": value}},
        {"type": "Feature", "properties": {"name": value, "valid_from": value, "hours": value}, "geometry":
            {"type": "Polygon", "coordinates": [SQUARE]}},
    ):  # fmt: skip
        for mend in (False, True):
            read = read_geojson(json.dumps(document), ReadOptions(mend=mend, expected=(118, 40, 122, 43)))
            assert read.zones or read.faults
            write_geojson(read.zones)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=3, max_size=9))
def test_valid_or_named_and_mendable(ring):
    document = json.dumps({"type": "Polygon", "coordinates": [[*ring, ring[0]]]})
    read, mended = read_geojson(document), read_geojson(document, ReadOptions(mend=True))
    sound = shapely.Polygon(ring).is_valid
    assert bool(read.zones) == sound and bool(read.faults) != sound
    assert mended.zones or mended.faults
    for zone in mended.zones:
        assert zone.geometry.is_valid and (zone.repaired is None) == sound


@pytest.mark.shared
def test_geojsonhint_documents(shared_dir):
    folder = shared_dir / "data/geometry_fixtures"
    bad = [json.loads(line) for line in (folder / "geojsonhint_bad.jsonl").read_text().splitlines()]
    assert len(bad) == 31
    for case in bad:
        read = read_geojson(case["document"])
        if case["name"] == "bad-polygon-interiorring-rhr":  # a warning only: turned, and noted
            assert len(read.zones) == 1 and [n.code for n in read.notes] == [FaultCode.ORIENTATION]
        else:
            assert read.faults, case["name"]
            assert read.zones == (), case["name"]
    for line in (folder / "geojsonhint_good.jsonl").read_text().splitlines():
        read = read_geojson(json.loads(line)["document"])
        assert {f.code for f in read.faults} <= {FaultCode.NOT_AN_AREA, FaultCode.EMPTY}


@pytest.mark.shared
def test_every_naughty_string_as_a_name(shared_dir):
    strings = json.loads((shared_dir / "data/hostile_inputs/blns.json").read_text())
    area = shapely.MultiPolygon([shapely.box(120, 41, 121, 42)])
    for text in strings:
        document = write_geojson([ImportedZone(text, area, properties={"note": text})])
        [back] = read_geojson(document).zones
        assert back.name == text or not text.strip()
        assert back.properties["note"] == text
        assert read_geojson(text).faults


@pytest.mark.shared
@pytest.mark.parametrize(
    ("file", "zones", "invalid"),
    [
        ("germany_umweltzonen.geojson", 30, 3),
        ("london/london_congestionchargezone_ccz.geojson", 3, 0),
        ("london/london_lowemissionzone_lez_2008.geojson", 21, 1),
        ("bnzfe_france_aires_2023.geojson", 16, 0),
    ],
)
def test_real_zones(shared_dir, file, zones, invalid):
    data = (shared_dir / "data/control_zones" / file).read_bytes()
    read, mended = read_geojson(data), read_geojson(data, ReadOptions(mend=True))
    assert len(read.zones) == zones
    assert {f.code for f in read.faults} <= {FaultCode.INVALID}
    assert len({f.path.partition(".")[0] for f in read.faults}) == invalid
    assert mended.faults == () and len(mended.zones) == zones + invalid
    assert sum(z.repaired is not None for z in mended.zones) == invalid
    assert all(abs(z.repaired.change_pct) < 1 for z in mended.zones if z.repaired)
    back = read_geojson(write_geojson(mended.zones)).zones
    assert [z.name for z in back] == [z.name for z in mended.zones]
    assert np.all([a.geometry.equals(b.geometry) for a, b in zip(back, mended.zones, strict=True)])
