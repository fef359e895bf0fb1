import json

import pytest
import shapely

from geo.divisions import (
    CHAOYANG,
    Level,
    UnknownDivisionError,
    children,
    find_division,
    get_division,
    locate_division,
    neighbours,
)
from geo.metres import area_m2

COUNTIES = ["211302", "211303", "211321", "211322", "211324", "211381", "211382"]


def test_chaoyang_and_its_counties():
    city = get_division(CHAOYANG)
    assert (city.name, city.level, city.parent) == ("朝阳市", Level.CITY, "210000")
    assert [d.code for d in children(CHAOYANG)] == COUNTIES
    assert 19_000e6 < area_m2(city.geometry) < 20_500e6  # the yearbook says 19,698 km2
    union = shapely.union_all([d.geometry for d in children(CHAOYANG)])
    assert union.symmetric_difference(city.geometry).area < 1e-9


def test_neighbours_and_province():
    assert {"210700", "210900", "211400"} <= {d.code for d in neighbours(CHAOYANG)}
    assert len(children("210000")) == 14
    assert get_division("210000").name == "辽宁省"


def test_a_municipality_has_districts():
    assert {d.level for d in children("110000")} == {Level.DISTRICT}
    assert children("211302") == ()


@pytest.mark.parametrize("code", ["", "999999", "朝阳", "2113"])
def test_unknown_codes(code):
    assert find_division(code) is None
    with pytest.raises(UnknownDivisionError, match="2260"):
        get_division(code)


@pytest.mark.parametrize(
    ("lon", "lat", "level", "name"),
    [
        (120.7706, 41.8007, Level.DISTRICT, "北票市"),
        (119.4011, 41.2456, Level.DISTRICT, "凌源市"),
        (119.6430, 41.4030, Level.DISTRICT, "建平县"),
        (120.7706, 41.8007, Level.CITY, "朝阳市"),
        (120.7706, 41.8007, Level.PROVINCE, "辽宁省"),
    ],
)
def test_locate(lon, lat, level, name):
    assert locate_division(lon, lat, level).name == name


def test_nowhere():
    assert locate_division(0.0, 0.0) is None
    assert locate_division(float("nan"), 41.0) is None


def test_every_area_is_valid_and_of_the_right_size():
    for level, count in ((Level.PROVINCE, 34), (Level.CITY, 375), (Level.DISTRICT, 2891)):
        assert locate_division(120.45, 41.57, level) is not None
        from geo.divisions import _divisions

        areas = [d.geometry for d in _divisions(level).values()]
        assert len(areas) == count
        assert shapely.is_valid(areas).all()


@pytest.mark.shared
@pytest.mark.parametrize(
    ("file", "key"),
    [
        ("chaoyang_211300_city", "city_adcode"),
        ("chaoyang_211300_counties", "district_adcode"),
        ("liaoning_prefectures", "city_adcode"),
    ],
)
def test_same_areas_as_the_shared_boundaries(shared_dir, file, key):
    features = json.loads((shared_dir / f"data/boundaries/{file}.geojson").read_text())["features"]
    for feature in features:
        own = get_division(str(feature["properties"][key]))
        theirs = shapely.geometry.shape(feature["geometry"])
        assert own.geometry.symmetric_difference(theirs).area < 1e-6 * theirs.area


@pytest.mark.shared
def test_codes_of_liaoning(shared_dir):
    listed = (shared_dir / "data/boundaries/gbt2260_liaoning_codes.json").read_text()
    for city in children("210000"):
        assert city.code[:4] in listed
