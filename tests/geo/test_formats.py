import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import jsonschema
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.faults import FaultCode
from geo.formats.datex2 import read_datex2
from geo.formats.datex2_export import write_datex2
from geo.formats.schema_zfe import read_schema_zfe, supersede, write_schema_zfe
from geo.geojson import geometry_json
from geo.imported import ImportedZone, ReadOptions

AREA = shapely.MultiPolygon(
    [shapely.box(120, 41, 121, 42) - shapely.box(120.4, 41.4, 120.6, 41.6), shapely.box(122, 41, 122.1, 41.1)]
)
START, END = datetime(2026, 8, 14, 16, tzinfo=UTC), datetime(2026, 12, 31, 16, tzinfo=UTC)
ZONE = ImportedZone("朝阳市低排放区 & 禁行区", AREA, START, END, "Mo-Su 07:00-20:00", {"pl_critair": "V3"})
PARIS = ReadOptions(zone=ZoneInfo("Europe/Paris"))


def zfe(**properties):
    given = {"id": "200046977-ZFE-001", "date_debut": "2019-07-01", **properties}
    given = {k: v for k, v in given.items() if v is not ...}
    feature = {"type": "Feature", "properties": given, "geometry": geometry_json(shapely.box(2, 48, 3, 49))}
    return json.dumps({"type": "FeatureCollection", "features": [feature]})


def test_schema_zfe_last_day_is_in_force():
    read = read_schema_zfe(zfe(date_fin="2023-07-01", pl_critair="V4", pl_horaires="Mo-Fr 08:00-20:00"), PARIS)
    [zone] = read.zones
    assert (read.faults, read.notes) == ((), ())
    assert zone.name == "200046977-ZFE-001" and zone.hours == "Mo-Fr 08:00-20:00"
    assert zone.valid_from == datetime(2019, 6, 30, 22, tzinfo=UTC)
    assert zone.valid_to == datetime(2023, 7, 1, 22, tzinfo=UTC)
    assert zone.properties["pl_critair"] == "V4"


@pytest.mark.parametrize(
    ("properties", "path", "code"),
    [
        ({"id": ...}, "features[0].properties", "missing"),
        ({"date_debut": ...}, "features[0].properties", "missing"),
        ({"date_debut": "01/07/2019"}, "features[0].properties.date_debut", "date"),
        ({"date_fin": 2023}, "features[0].properties.date_fin", "date"),
        ({"pl_critair": "V9", "pl_horaires": "24/7"}, "features[0].properties.pl_critair", "value"),
        ({"pl_critair": ["V4"], "pl_horaires": "24/7"}, "features[0].properties.pl_critair", "value"),
        ({"pl_critair": "V4"}, "features[0].properties", "missing"),
        ({"pl_critair": "V4", "pl_horaires": 7}, "features[0].properties.pl_horaires", "wrong_type"),
    ],
)
def test_schema_zfe_faults(properties, path, code):
    read = read_schema_zfe(zfe(**properties))
    assert [(f.path, f.code.value) for f in read.faults] == [(path, code)]
    assert read.zones == ()


def test_schema_zfe_round_trip():
    [back] = read_schema_zfe(write_schema_zfe([ZONE])).zones
    assert (back.name, back.valid_from, back.valid_to, back.hours) == (ZONE.name, START, END, ZONE.hours)
    assert back.geometry.equals(AREA)
    with pytest.raises(ValueError, match="start"):
        write_schema_zfe([ImportedZone("x", AREA)])


def test_open_ends_are_closed_by_the_next_version_of_the_same_area():
    def version(name, year, end=None, area=AREA):
        until = datetime(end, 1, 1, tzinfo=UTC) if end else None
        return ImportedZone(name, area, datetime(year, 1, 1, tzinfo=UTC), until)

    other_place = shapely.MultiPolygon([shapely.box(0, 0, 1, 1)])
    given = [
        version("1-ZFE-001", 2020),
        version("1-ZFE-003", 2024),
        version("1-ZFE-002", 2022),
        version("2-ZFE-001", 2021),
        version("1-ZFE-009", 2021, area=other_place),
        version("1-ZFE-000", 2010, 2012),
    ]
    assert [z.valid_to and z.valid_to.year for z in supersede(given)] == [2022, None, 2024, None, None, 2012]


def datex(polygons, name="zone", conditions=""):
    return f"""<m xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><controlledZone id="a" version="1">
    <name><values><value lang="zh">{name}</value></values></name><trafficRegulationOrder><trafficRegulation>
    <condition xsi:type="ConditionSet"><operator>and</operator>{conditions}
    <conditions xsi:type="LocationCondition"><locationByOrder><gmlMultiPolygon>{polygons}</gmlMultiPolygon>
    </locationByOrder></conditions></condition></trafficRegulation></trafficRegulationOrder></controlledZone></m>"""


def polygon(numbers, srs="WGS 84"):
    return f'<gmlPolygon><exterior srsName="{srs}"><posList>{numbers}</posList></exterior></gmlPolygon>'


SQUARE = "41 120 41 121 42 121 42 120 41 120"


def test_datex2_round_trip():
    written = write_datex2([ZONE, ImportedZone("two", AREA)], datetime(2026, 9, 1, tzinfo=UTC), "朝阳市")
    read = read_datex2(written)
    assert read.faults == () and read.notes == ()
    first, second = read.zones
    assert (first.name, first.valid_from, first.valid_to) == (ZONE.name, START, END)
    assert first.geometry.equals(AREA) and second.geometry.equals(AREA)
    assert (second.valid_from, second.valid_to) == (None, None)
    assert first.properties["issuing_authority"] == "朝阳市"
    assert read_datex2(written.decode()).zones[0].name == ZONE.name


def test_datex2_is_latitude_first_unless_crs84():
    assert read_datex2(datex(polygon(SQUARE))).zones[0].geometry.equals(shapely.box(120, 41, 121, 42))
    swapped = "120 41 121 41 121 42 120 42 120 41"
    crs84 = polygon(swapped, "urn:ogc:def:crs:OGC:1.3:CRS84")
    assert read_datex2(datex(crs84)).zones[0].geometry.equals(shapely.box(120, 41, 121, 42))
    assert [f.code for f in read_datex2(datex(polygon(swapped))).faults] == [FaultCode.SWAPPED]


def test_datex2_lists_of_polygons():
    hole = "41.4 120.4 41.6 120.4 41.6 120.6 41.4 120.6 41.4 120.4"  # wound the other way
    read = read_datex2(datex(polygon(SQUARE) + polygon(hole)))
    assert read.faults == () and [n.code for n in read.notes] == [FaultCode.NESTED]
    assert read.zones[0].geometry.equals(shapely.box(120, 41, 121, 42) - shapely.box(120.4, 41.4, 120.6, 41.6))
    over = "41 120.5 41 121.5 42 121.5 42 120.5 41 120.5"
    read = read_datex2(datex(polygon(SQUARE) + polygon(over)))
    assert [n.code for n in read.notes] == [FaultCode.MERGED]
    assert read.zones[0].geometry.equals(shapely.box(120, 41, 121.5, 42))


def test_datex2_conditions_hours_and_open_end():
    text = """<conditions xsi:type="ValidityCondition"><validityByOrder><validityTimeSpecification>
    <overallStartTime>2025-03-01T00:00:00.1234567Z</overallStartTime>
    <overallEndTime>2999-01-01T00:00:00Z</overallEndTime><validPeriod><recurringTimePeriodOfDay>
    <startTimeOfPeriod>07:00:00</startTimeOfPeriod><endTimeOfPeriod>20:00:00</endTimeOfPeriod>
    </recurringTimePeriodOfDay><recurringDayWeekMonthPeriod><applicableDay>monday</applicableDay>
    <applicableDay>friday</applicableDay></recurringDayWeekMonthPeriod></validPeriod>
    </validityTimeSpecification></validityByOrder></conditions>
    <conditions xsi:type="ConditionSet"><negate>true</negate><operator>or</operator>
    <conditions xsi:type="VehicleCondition"><fuelType>diesel</fuelType></conditions>
    <conditions xsi:type="VehicleCondition"><vehicleType>lorry</vehicleType></conditions></conditions>"""
    [zone] = read_datex2(datex(polygon(SQUARE), conditions=text)).zones
    assert zone.valid_from == datetime(2025, 3, 1, 0, 0, 0, 123456, tzinfo=UTC)
    assert zone.valid_to is None
    assert zone.hours == "Mo,Fr 07:00-20:00"
    assert zone.properties["conditions"] == [
        {"not": True, "operator": "or", "conditions": [{"fuelType": ["diesel"]}, {"vehicleType": ["lorry"]}]}
    ]


START_SOON = "<validity><overallStartTime>soon</overallStartTime></validity>"
SOON = f'<conditions xsi:type="ValidityCondition">{START_SOON}</conditions>'
BOMB = '<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;&b;">]><a>&c;</a>'


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ("", "syntax"),
        ("<a>", "syntax"),
        (b"\xff\xfe\x00", "syntax"),
        (b'<?xml version="1.0" encoding="nonsense"?><a/>', "syntax"),
        (BOMB, "syntax"),
        ('<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "syntax"),
        ("<a/>", "no_zone"),
        ("<a>" * 300 + "</a>" * 300, "too_deep"),
        ("<a>" * 200_000 + "</a>" * 200_000, "too_deep"),
        ("<a><controlledZone/></a>", "missing"),
        (datex(""), "missing"),
        (datex("<gmlPolygon/>"), "missing"),
        (datex(polygon("41 120 41 121 42 121 42 120")), "ring_open"),
        (datex(polygon("41 120 41 121 41 120")), "ring_short"),
        (datex(polygon("41 120 41 121 42 121 41")), "position"),
        (datex(polygon("41 120 x 121 NaN 121 41 120")), "position"),
        (datex(polygon("41 120 42 121 41 121 42 120 41 120")), "invalid"),
        (datex(polygon(SQUARE, "EPSG:28992")), "crs"),
        (datex(polygon("")), "ring_short"),
        (datex(polygon(SQUARE), conditions=SOON), "date"),
    ],
)  # fmt: skip
def test_datex2_faults(document, code):
    read = read_datex2(document)
    assert read.zones == ()
    assert code in [f.code.value for f in read.faults]


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=30), st.text(max_size=30))
def test_datex2_never_raises(name, numbers):
    zone = ImportedZone(name, AREA, properties={"id": name, "type": name, "version": name})
    read = read_datex2(write_datex2([zone], START, name))
    assert read.zones or read.faults
    assert read_datex2(datex(polygon(numbers))).faults


@pytest.mark.shared
def test_dutch_zones(shared_dir):
    data = (shared_dir / "data/control_zones/datex2/ndw_emission_zones_2of43.xml").read_bytes()
    read = read_datex2(data)
    assert read.faults == ()
    assert [z.name for z in read.zones] == ["ZE 's-Hertogenbosch", "ZE Amersfoort 2027"]
    first, second = read.zones
    assert first.valid_from == datetime(2025, 3, 1, tzinfo=UTC) and first.valid_to is None
    assert 5.29 < first.geometry.bounds[0] < 5.30 and 51.68 < first.geometry.bounds[1] < 51.69
    vehicles, exempt = first.properties["conditions"]
    assert [c["euVehicleCategory"] for c in vehicles["conditions"]] == [["n1"], ["n2"], ["n3"]]
    assert exempt["not"] is True
    # three rings drawn the other way inside the first: holes, and said so
    assert [len(p.interiors) for p in second.geometry.geoms] == [3, 0]
    assert [n.code for n in read.notes] == [FaultCode.NESTED] * 3
    back = read_datex2(write_datex2(read.zones, START, "NDW", "nl", "nl"))
    assert [z.geometry.equals(o.geometry) for z, o in zip(back.zones, read.zones, strict=True)] == [
        True,
        True,
    ]


def schema(shared_dir):
    """The shared schema; its reference to the GeoJSON schema answered here, without the network."""
    found = json.loads((shared_dir / "data/control_zones/schema-zfe/schema.json").read_text())
    found["allOf"] = [
        {
            "type": "object",
            "required": ["type", "features"],
            "properties": {
                "type": {"const": "FeatureCollection"},
                "features": {"items": {"required": ["type", "properties", "geometry"]}},
            },
        }
    ]
    return found


@pytest.mark.shared
def test_schema_zfe_files(shared_dir):
    folder = shared_dir / "data/control_zones"
    example = read_schema_zfe((folder / "schema-zfe/exemple-valide-zone.geojson").read_bytes(), PARIS)
    assert len(example.zones) == 1 and example.faults == ()
    roads = read_schema_zfe((folder / "schema-zfe/exemple-valide-voie-speciale.geojson").read_bytes(), PARIS)
    assert {f.code for f in roads.faults} == {FaultCode.NOT_AN_AREA}
    france = read_schema_zfe((folder / "bnzfe_france_aires_2023.geojson").read_bytes(), PARIS)
    assert len(france.zones) == 16 and france.faults == ()
    assert [n.path for n in france.notes if n.code == FaultCode.VALUE] == ["features[7].properties.id"]
    validator = jsonschema.Draft7Validator(schema(shared_dir), format_checker=jsonschema.FormatChecker())
    assert list(validator.iter_errors(json.loads(write_schema_zfe([ZONE])))) == []
    for zones in (example.zones, france.zones):
        written = json.loads(write_schema_zfe(zones, PARIS.zone))
        assert list(validator.iter_errors(written)) == []
        back = read_schema_zfe(json.dumps(written), PARIS).zones
        assert [(z.name, z.valid_from, z.valid_to, z.hours) for z in back] == [
            (z.name, z.valid_from, z.valid_to, z.hours) for z in zones
        ]


@pytest.mark.shared
def test_french_versions_in_time(shared_dir):
    data = (shared_dir / "data/control_zones/bnzfe_france_aires_2023.geojson").read_bytes()
    zones = supersede(read_schema_zfe(data, PARIS).zones)

    def in_force(city, year, month, day):
        at = datetime(year, month, day, 12, tzinfo=PARIS.zone)
        return [
            z.name[-3:]
            for z in zones
            if z.name.startswith(city) and z.valid_from <= at and (z.valid_to is None or at < z.valid_to)
        ]

    toulouse, nice = "243100518", "200030195"
    assert [in_force(toulouse, y, 6, 1) for y in (2022, 2023, 2024, 2030)] == [
        ["001"],
        ["003"],
        ["004"],
        ["004"],
    ]
    assert in_force(nice, 2023, 12, 31) == ["002"]
    assert in_force(nice, 2024, 1, 1) == in_force(nice, 2024, 1, 30) == []
    assert in_force(nice, 2024, 1, 31) == ["003"]
