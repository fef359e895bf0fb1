"""Sites: entered with their boundary, changed by a new version, closed; never among the control zones."""

import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import Engine

from server.db import transaction
from server.flows.tablet_reference import _zones
from server.store import inspection_places
from tests.server.api_world import Program, make_token
from tests.server.conftest import Browser, City
from tests.server.site_city import INSIDE, LARGER, form, local, machine, one, said, site

pytestmark = pytest.mark.server
Browse = Callable[..., Browser]


def test_a_site_is_entered_with_its_boundary(browse: Browse, engine: Engine, city: City) -> None:
    number = site(browse, city, "一号厂区", begins_on="2026-03-01", contractor="建工集团")
    page = browse("officer").get(f"/sites/{number}").text
    assert "一号厂区" in page and "宏达运输" in page and "建工集团" in page and "登记场地" in page
    zone = one(
        engine, "SELECT kind || ':' || code FROM zones WHERE id = (SELECT zone_id FROM sites WHERE id = :s)", s=number
    )
    assert zone == f"site:SITE-{number}"
    begins = one(
        engine, "SELECT valid_from FROM zone_versions v JOIN sites s USING (zone_id) WHERE s.id = :s", s=number
    )
    assert begins == datetime(2026, 2, 28, 16, 0, tzinfo=UTC)  # its first day in Beijing
    assert "一号厂区" in browse("officer").get("/sites/").text
    assert (
        said(browse("officer").get(f"/sites/{number}/shape.json"))["features"][0]["geometry"]["type"] == "MultiPolygon"
    )
    assert b"SITE" not in browse("officer").get(f"/sites/{number}/boundary.geojson").data


def test_a_boundary_is_read_from_a_file_in_other_coordinates(browse: Browse, city: City) -> None:
    ring = [[120.406, 41.502], [120.416, 41.502], [120.416, 41.512], [120.406, 41.512], [120.406, 41.502]]
    file = b'{"type": "Polygon", "coordinates": [%s]}' % str(ring).encode()
    given = form(city, "火星坐标", coordinates="", crs="gcj02", action="upload", file=(io.BytesIO(file), "a.geojson"))
    page = browse("officer").post("/sites/new", given, content_type="multipart/form-data")
    assert page.status_code == 200
    assert "120.40" in page.text and "GCJ02" in page.text.upper()


def test_a_changed_boundary_is_a_new_version_and_the_old_one_stays(browse: Browse, engine: Engine, city: City) -> None:
    number = site(browse, city, "二号厂区")
    officer = browse("officer")
    version = one(engine, "SELECT version FROM sites WHERE id = :s", s=number)
    kept = officer.post(f"/sites/{number}/edit", form(city, "二号厂区改", version=str(version)))
    assert kept.status_code == 303
    assert (
        one(engine, "SELECT count(*) FROM zone_versions v JOIN sites s USING (zone_id) WHERE s.id = :s", s=number) == 1
    )
    stale = officer.post(f"/sites/{number}/edit", form(city, "三", version=str(version)))
    assert stale.status_code == 409
    version = one(engine, "SELECT version FROM sites WHERE id = :s", s=number)
    assert (
        officer.post(
            f"/sites/{number}/edit", form(city, "二号厂区改", version=str(version), coordinates=LARGER)
        ).status_code
        == 303
    )
    rows = one(
        engine, "SELECT array_agg(valid_to IS NULL ORDER BY number) FROM zone_versions v JOIN sites s USING (zone_id)"
        " WHERE s.id = :s", s=number,
    )  # fmt: skip
    assert rows == [False, True]
    assert (
        one(engine, "SELECT z.name_zh FROM zones z JOIN sites s ON s.zone_id = z.id WHERE s.id = :s", s=number)
        == "二号厂区改"
    )


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"enterprise": ""}, "请选择本辖区内的企业"),
        ({"division": "210702"}, "请选择本辖区内的所在地"),
        ({"name": " "}, "请填写名称"),
        ({"kind": "castle"}, "请选择类型"),
        ({"begins_on": "2026-09-02", "ends_on": "2026-09-01"}, "应不早于开始日期"),
        ({"coordinates": "120.4, 41.5"}, "处问题"),
        ({"coordinates": "polygon\n119, 40\n121, 40\n121, 42\n119, 42\n"}, "平方公里"),
    ],
)
def test_a_wrong_form_is_refused_at_its_field(
    browse: Browse, engine: Engine, city: City, values: dict[str, str], word: str
) -> None:
    before = one(engine, "SELECT count(*) FROM sites")
    answer = browse("officer").post("/sites/new", form(city, "不该存在", **values))
    assert answer.status_code == 422 and word in answer.text
    assert one(engine, "SELECT count(*) FROM sites") == before


def test_two_sites_of_an_enterprise_have_two_names(browse: Browse, city: City) -> None:
    site(browse, city, "同名")
    answer = browse("officer").post("/sites/new", form(city, "同名"))
    assert answer.status_code == 422 and "同名场地" in answer.text


def test_a_boundary_far_from_the_enterprise_has_to_be_looked_at(browse: Browse, engine: Engine, city: City) -> None:
    with transaction(engine) as connection:
        connection.exec_driver_sql(
            "UPDATE enterprises SET location = ST_SetSRID(ST_MakePoint(119.4, 41.2), 4326) WHERE name = '宏达运输'"
        )
    try:
        answer = browse("officer").post("/sites/new", form(city, "远处"))
        assert answer.status_code == 422 and "far_seen" in answer.text
        assert browse("officer").post("/sites/new", form(city, "远处", far_seen="yes")).status_code == 303
    finally:
        with transaction(engine) as connection:
            connection.exec_driver_sql("UPDATE enterprises SET location = NULL")


def test_a_site_is_in_no_list_of_control_zones(web: Flask, browse: Browse, engine: Engine, city: City) -> None:
    number = site(browse, city, "不是控制区")
    zone = one(engine, "SELECT zone_id FROM sites WHERE id = :s", s=number)
    officer = browse("officer")
    for address in ("/zones/", "/map/zones.json", "/zones/export/geojson", "/whitelist/new", "/violations/", "/leads/"):
        answer = officer.get(address)
        assert answer.status_code == 200 and "不是控制区" not in answer.text, address
    for address in (f"/zones/{zone}", f"/zones/{zone}/versions/new", f"/zones/{zone}/export/geojson"):
        assert officer.get(address).status_code == 404, address
    assert said(officer.get(f"/zones/{zone}/shapes.json"))["features"] == []
    assert officer.post(f"/zones/{zone}/end", {"at": "2030-01-01T00:00", "reason": "误"}).status_code == 404
    program = Program(web, make_token(engine, city.accounts["officer"]))
    assert program.send("GET", f"/zones/SITE-{number}").status_code == 404
    assert "不是控制区" not in program.send("GET", "/zones?limit=200").text
    now = datetime.now(UTC)
    with transaction(engine) as connection:
        assert inspection_places.zones_at(connection, *INSIDE, now + timedelta(minutes=1)) == []
        assert zone not in {row["zone_id"] for row in _zones(connection, "2113", now)}
    assert "不是控制区" in officer.get("/sites/layer.json").text


def test_a_site_is_closed_with_a_reason_when_nothing_is_there(browse: Browse, engine: Engine, city: City) -> None:
    number = site(browse, city, "工期结束", begins_on="2026-03-01")
    machine(engine, "3-6NA10001", city.enterprise_id)
    stay = browse("enterprise").post(
        "/site-stays/new", {"site": str(number), "machine": "3-6NA10001", "entered_at": local(datetime.now(UTC))}
    )
    assert stay.status_code == 303
    officer, version = browse("officer"), one(engine, "SELECT version FROM sites WHERE id = :s", s=number)
    refused = officer.post(f"/sites/{number}/close", {"version": str(version), "reason": "已完工"})
    assert refused.status_code == 422 and "请写明关闭理由" in refused.text
    refused = officer.post(f"/sites/{number}/close", {"version": str(version), "reason": "工程已竣工"})
    assert refused.status_code == 422 and "请先登记出场" in refused.text
    left = browse("enterprise").post(
        f"{stay.location}/leave", {"version": "1", "left_at": local(datetime.now(UTC) + timedelta(minutes=2))}
    )
    assert left.status_code == 303
    assert (
        officer.post(f"/sites/{number}/close", {"version": str(version), "reason": "工程已竣工验收"}).status_code == 303
    )
    assert one(
        engine,
        "SELECT valid_to IS NOT NULL FROM zone_versions v JOIN sites s USING (zone_id) WHERE s.id = :s",
        s=number,
    )
    assert officer.post(f"/sites/{number}/edit", form(city, "x", version=str(version + 1))).status_code == 422


def test_an_enterprise_reads_its_own_sites_and_no_others(
    web: Flask, browse: Browse, engine: Engine, city: City
) -> None:
    own = site(browse, city, "自己的")
    with transaction(engine) as connection:
        connection.exec_driver_sql("INSERT INTO enterprises (name, division) VALUES ('别家', '211302')")
    other = one(engine, "SELECT id FROM enterprises WHERE name = '别家'")
    foreign = site(browse, city, "别家的", enterprise=str(other))
    account = browse("enterprise")
    assert "自己的" in account.get("/sites/").text and "别家的" not in account.get("/sites/").text
    assert account.get(f"/sites/{own}").status_code == 200
    for address in (f"/sites/{foreign}", f"/sites/{foreign}/shape.json", f"/sites/{foreign}/boundary.geojson"):
        assert account.get(address).status_code == 404
    assert "别家的" not in account.get("/sites/layer.json").text
    assert account.get("/sites/new").status_code == 403
    program = Program(web, make_token(engine, city.accounts["enterprise"]))
    assert [
        row["name"] for row in said(program.send("GET", "/sites?limit=200"))["items"] if "别家" in row["name"]
    ] == []
    body = {"site_id": foreign, "machine": "3-6NA99999", "entered_at": "2026-09-01T08:00:00+08:00"}
    assert program.send("POST", "/site-stays", body).status_code == 422
