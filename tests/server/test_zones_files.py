"""Zone files in and out: what is refused, what comes back, and that nothing a stranger sends breaks the page."""

import datetime as dt
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import shapely
from sqlalchemy import Engine

from geo.imported import ReadOptions
from server.db import transaction
from server.documents.coordinate_lists import read_coordinates, write_coordinates
from server.documents.zone_files import ZoneFormat, format_of, read_zone_file
from server.flows.load_reference import load_reference
from server.store import zones
from tests.server.conftest import Browser

pytestmark = pytest.mark.server
Browse = Callable[..., Browser]
WARNINGS_ONLY = frozenset(
    {
        # geojsonhint itself calls these warnings or messages: winding, decimals, deprecated members
        "bad-polygon-interiorring-rhr",
    }
)


@pytest.fixture(scope="module", autouse=True)
def reference(engine: Engine) -> None:
    load_reference(engine)


def send(browse: Browse, data: bytes, name: str = "zones.geojson", **fields: str) -> Any:
    form = {"crs": "wgs84", **fields, "file": (io.BytesIO(data), name)}
    answer = browse("officer").post("/zones/import", form, content_type="multipart/form-data")
    answer.request.environ["wsgi.input"].close()  # the client's own copy of a large body
    return answer


def upload_of(page: str) -> str:
    return page.split('action="/zones/import/', 1)[1].split('"', 1)[0]


def stored(engine: Engine, code: str) -> list[zones.ZoneVersionRow]:
    with transaction(engine) as connection:
        zone_id = zones.find_zone_id(connection, code)
        return zones.list_versions(connection, zone_id) if zone_id is not None else []


def collection(*features: dict[str, Any]) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": list(features)}).encode()


def feature(code: str, west: float = 120.4, **properties: Any) -> dict[str, Any]:
    box = shapely.box(west, 41.5, west + 0.1, 41.6)
    return {
        "type": "Feature",
        "properties": {"code": code, "name": f"区{code}", **properties},
        "geometry": json.loads(shapely.to_geojson(box)),
    }


def test_versions_of_a_code_are_published_in_order_of_time(browse: Browse, engine: Engine) -> None:
    data = collection(
        feature("TIMES", valid_from="2026-06-01"), feature("TIMES", valid_from="2026-01-01"), feature("ALONE", 120.7)
    )
    page = send(browse, data)
    assert page.status_code == 200
    taken = browse("officer").post(
        f"/zones/import/{upload_of(page.text)}", {"take": ["0", "1", "2"], "division": "211302"}
    )
    assert taken.status_code == 303
    first, second = stored(engine, "TIMES")
    assert first.valid_to == second.valid_from == dt.datetime(2026, 5, 31, 16, tzinfo=dt.UTC)
    assert first.source is not None and first.source.startswith("geojson: zones.geojson")
    assert len(stored(engine, "ALONE")) == 1


def test_one_refused_zone_stops_the_whole_file(browse: Browse, engine: Engine) -> None:
    data = collection(
        feature("HALF-A", valid_from="2026-01-01"), feature("HALF-A", valid_from="2026-01-01"), feature("HALF-B")
    )
    page = send(browse, data)
    taken = browse("officer").post(
        f"/zones/import/{upload_of(page.text)}", {"take": ["0", "1", "2"], "division": "211302"}
    )
    assert taken.status_code == 422
    assert "HALF-A" in taken.text
    assert stored(engine, "HALF-B") == []


def test_a_file_belongs_to_who_uploaded_it(browse: Browse) -> None:
    upload = upload_of(send(browse, collection(feature("MINE"))).text)
    assert browse("officer").get(f"/zones/import/{upload}").status_code == 200
    assert browse("officer2").get(f"/zones/import/{upload}").status_code == 404
    assert browse("officer2").post(f"/zones/import/{upload}", {"take": "0", "division": "211302"}).status_code == 404


@pytest.mark.parametrize("kind", list(ZoneFormat))
def test_what_goes_out_comes_back(browse: Browse, engine: Engine, kind: ZoneFormat) -> None:
    terms = {"applies_to": ["truck"], "min_truck_stage": "5", "windows": [{"from": "06:00", "to": "22:00"}]}
    page = send(
        browse, collection(feature(f"OUT-{kind.upper()}", valid_from="2026-01-01", valid_to="2026-07-01", terms=terms))
    )
    browse("officer").post(f"/zones/import/{upload_of(page.text)}", {"take": "0", "division": "211302"})
    (version,) = stored(engine, f"OUT-{kind.upper()}")
    answer = browse("officer").get(f"/zones/{version.zone_id}/export/{kind}")
    assert answer.status_code == 200
    assert format_of(answer.data) is kind
    _, read = read_zone_file(answer.data, ReadOptions())
    (zone,) = read.zones
    assert read.faults == ()
    assert zone.geometry.equals(version.geometry)
    assert (zone.valid_from, zone.valid_to) == (version.valid_from, version.valid_to)
    if kind is ZoneFormat.GEOJSON:
        assert zone.properties["terms"] == version.terms


def test_all_zones_go_out_in_one_file(browse: Browse) -> None:
    for kind in ZoneFormat:
        answer = browse("read_only").get(f"/zones/export/{kind}")
        assert answer.status_code == 200
        assert "attachment" in answer.headers["Content-Disposition"]
    assert browse("officer").get("/zones/export/shapefile").status_code == 404


def test_the_area_of_a_file_comes_into_the_form(browse: Browse) -> None:
    data = {"action": "upload", "crs": "wgs84", "file": (io.BytesIO(collection(feature("FORM"))), "a.geojson")}
    page = browse("officer").post("/zones/new", data, content_type="multipart/form-data")
    assert page.status_code == 200
    assert "120.5, 41.6" in page.text
    assert "区FORM" in page.text


def test_a_faulty_area_comes_into_the_form_with_its_faults(browse: Browse) -> None:
    bow_tie = {"type": "Polygon", "coordinates": [[[120, 41], [121, 42], [121, 41], [120, 42], [120, 41]]]}
    data = {"action": "upload", "crs": "wgs84", "file": (io.BytesIO(json.dumps(bow_tie).encode()), "a.geojson")}
    page = browse("officer").post("/zones/new", data, content_type="multipart/form-data")
    assert page.status_code == 422
    assert "121, 42" in page.text
    assert "120.500000, 41.500000" in page.text


@pytest.mark.parametrize(
    "data",
    [b"", b"\x00", b"{", b"[]", b"null", b"<a/>", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", b"\xff\xfe{",
     b'{"type": "FeatureCollection", "features": []}', b"[" * 100_000, b'{"type":"Point","coordinates":[120,41]}',
     b'{"type":"Polygon","coordinates":[[["a","b"]]]}'],
)  # fmt: skip
def test_what_holds_no_zone_is_refused_with_a_reason(browse: Browse, data: bytes) -> None:
    answer = send(browse, data)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    form = {"action": "upload", "crs": "wgs84", "file": (io.BytesIO(data), "a.geojson")}
    assert browse("officer").post("/zones/new", form, content_type="multipart/form-data").status_code == 422


def _documents(shared_dir: Path, name: str) -> list[dict[str, Any]]:
    lines = (shared_dir / "data" / "geometry_fixtures" / name).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


@pytest.mark.shared
def test_broken_geojson_gets_a_useful_page(browse: Browse, shared_dir: Path) -> None:
    """31 broken documents that nobody here wrote: each is a 4xx that says where, or was a mere warning."""
    documents = _documents(shared_dir, "geojsonhint_bad.jsonl")
    assert len(documents) == 31
    accepted = set()
    for one in documents:
        answer = send(browse, one["document"].encode())
        assert answer.status_code in (200, 422), one["name"]
        if answer.status_code == 200:
            accepted.add(one["name"])
            assert all(hint.get("level") == "message" for hint in one["expected"]), one["name"]
        else:
            assert "<td>" in answer.text, f"{one['name']}: no fault is named"
    assert accepted == WARNINGS_ONLY


@pytest.mark.shared
def test_sound_geojson_of_other_kinds_never_breaks_the_page(browse: Browse, shared_dir: Path) -> None:
    for one in _documents(shared_dir, "geojsonhint_good.jsonl"):
        assert send(browse, one["document"].encode()).status_code in (200, 422), one["name"]


@pytest.mark.shared
@pytest.mark.parametrize(
    ("path", "kind", "taken", "faulty"),
    [
        ("bnzfe_france_aires_2023.geojson", "schema-zfe", 16, 0),
        ("schema-zfe/exemple-valide-zone.geojson", "schema-zfe", 1, 0),
        ("datex2/ndw_emission_zones_2of43.xml", "datex2", 2, 0),
        ("london/london_congestionchargezone_ccz.geojson", "geojson", 3, 0),
        ("germany_umweltzonen.geojson", "geojson", 30, 3),
    ],
)
def test_published_zones_of_other_countries(
    browse: Browse, shared_dir: Path, path: str, kind: str, taken: int, faulty: int
) -> None:
    data = (shared_dir / "data" / "control_zones" / path).read_bytes()
    answer = send(browse, data, Path(path).name)
    assert answer.status_code == 200
    assert f'<span class="hint">{kind}</span>' in answer.text
    assert answer.text.count('name="take"') == taken
    if faulty:
        mended = send(browse, data, Path(path).name, mend="yes")
        assert mended.text.count('name="take"') == taken + faulty
        assert mended.text.count(" m² (") == faulty


@pytest.mark.shared
def test_the_french_zones_keep_their_versions(browse: Browse, engine: Engine, shared_dir: Path) -> None:
    data = (shared_dir / "data" / "control_zones" / "bnzfe_france_aires_2023.geojson").read_bytes()
    upload = upload_of(send(browse, data).text)
    taken = browse("officer").post(
        f"/zones/import/{upload}", {"take": [str(n) for n in range(16)], "division": "211302"}
    )
    assert taken.status_code == 303
    (version,) = stored(engine, "243100518-ZFE-003")
    assert version.valid_from == dt.datetime(2022, 12, 31, 16, tzinfo=dt.UTC)


def test_the_coordinate_list_reads_what_it_writes() -> None:
    shape = shapely.MultiPolygon(
        [
            shapely.Polygon([(0, 0), (9, 0), (9, 9), (0, 9)], [[(1, 1), (1, 2), (2, 2)], [(5, 5), (5, 6), (6, 6)]]),
            shapely.box(20.1234567, 20, 21, 21),
        ]
    )
    polygons, faults = read_coordinates(write_coordinates(shape))
    again = shapely.MultiPolygon([shapely.Polygon(rings[0], rings[1:]) for rings in polygons])
    assert faults == []
    assert again.equals(shape)


def test_the_coordinate_list_takes_what_people_type() -> None:
    typed = (
        "# 面 1：\n120.1，41.2\n120.3；41.2\n120.3 41.4\n120.1, 41.2\n\n孔\n120.15\t41.22\nnorth, east\n1\n1,2,3,4\n"
    )
    polygons, faults = read_coordinates(typed)
    assert polygons == [[[(120.1, 41.2), (120.3, 41.2), (120.3, 41.4)], [(120.15, 41.22)]]]
    assert [fault.line for fault in faults] == [9, 10, 11]
