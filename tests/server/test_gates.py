"""Gates of enterprises: kept by pages and API, heard of, lifted by hand, told what to do while cut off."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from geo.crs import Crs, convert
from server.db import transaction
from tests.server.api_world import Program, make_token
from tests.server.conftest import Browser, City
from tests.server.gate_city import PLANT, Plant, make_foreign, make_key, make_plant

pytestmark = pytest.mark.server
Browse = Callable[..., Browser]
FORM = {"enterprise": "宏达运输", "entrance_no": "2", "barrier_no": "01", "name": "西门", "state": "active",
        "for_goods": "yes", "lon": "120.451300", "lat": "41.573700", "crs": "wgs84"}  # fmt: skip


@pytest.fixture(scope="module")
def plant(engine: Engine, city: City) -> Plant:
    return make_plant(engine, city)


@pytest.fixture(scope="module")
def foreign(engine: Engine) -> tuple[int, int]:
    return make_foreign(engine)


def one(engine: Engine, sql: str, **values: Any) -> Any:
    with transaction(engine) as connection:
        return connection.execute(text(sql), values).one()


def number_of(location: str) -> int:
    return int(location.rstrip("/").rsplit("/", 1)[1])


def test_an_officer_puts_a_gate_on_file_for_an_enterprise_of_his_area(
    browse: Browse, engine: Engine, plant: Plant
) -> None:
    answer = browse("officer").post("/gates/new", FORM)
    assert answer.status_code == 303, answer.text
    number = number_of(answer.location)
    row = one(engine, "SELECT *, ST_X(location) AS x FROM gates WHERE id = :id", id=number)
    assert (row.enterprise_id, row.division, row.name, row.x) == (plant.enterprise_id, "211302", "西门", 120.4513)
    page = browse("officer").get(f"/gates/{number}").text
    assert "120.451300° E" in page
    assert "从未接入" in page
    assert one(engine, "SELECT action FROM audit_log WHERE subject_kind = 'gate' AND subject_id = :id", id=str(number))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("enterprise", "没有这家"),
        ("entrance_no", "东1"),
        ("entrance_no", "12345"),
        ("barrier_no", ""),
        ("name", ""),
        ("state", "open"),
        ("lon", "120.45"),  # five hundred metres wide
        ("lat", "abc"),
        ("lon", "220.451300"),
        ("crs", "utm"),
    ],
)
def test_what_is_wrong_stands_at_its_field_and_nothing_is_kept(
    browse: Browse, engine: Engine, plant: Plant, field: str, value: str
) -> None:
    before = one(engine, "SELECT count(*) AS n FROM gates").n
    answer = browse("officer").post("/gates/new", {**FORM, "entrance_no": "9", field: value})
    assert answer.status_code == 422
    assert f'id="f-{field}-fault"' in answer.text
    assert one(engine, "SELECT count(*) AS n FROM gates").n == before


def test_numbers_name_one_gate_of_an_enterprise(browse: Browse, plant: Plant) -> None:
    answer = browse("officer").post("/gates/new", {**FORM, "entrance_no": "1", "barrier_no": "01"})
    assert answer.status_code == 422
    assert "东门" in answer.text


def test_an_enterprise_keeps_its_own_gates_and_no_others(
    browse: Browse, engine: Engine, plant: Plant, foreign: tuple[int, int]
) -> None:
    browser = browse("enterprise")
    given = {**FORM, "enterprise": "别家钢铁", "entrance_no": "3"}  # what it writes there does not count
    number = number_of(browser.post("/gates/new", given).location)
    assert one(engine, "SELECT enterprise_id AS e FROM gates WHERE id = :id", id=number).e == plant.enterprise_id
    assert browser.get(f"/gates/{foreign[1]}").status_code == 404
    assert browser.post(f"/gates/{foreign[1]}/edit", {**FORM, "version": "1"}).status_code == 404
    assert "别家钢铁" not in browser.get("/gates/").text


def test_a_change_on_an_older_version_is_refused(browse: Browse, engine: Engine, plant: Plant) -> None:
    number = number_of(browse("officer").post("/gates/new", {**FORM, "entrance_no": "4"}).location)
    changed = {**FORM, "entrance_no": "4", "name": "西二门", "version": "1"}
    assert browse("officer").post(f"/gates/{number}/edit", changed).status_code == 303
    assert browse("officer2").post(f"/gates/{number}/edit", {**changed, "name": "旧"}).status_code == 409
    assert one(engine, "SELECT name, version FROM gates WHERE id = :id", id=number) == ("西二门", 2)


def test_a_point_of_a_web_map_is_told_by_the_place_of_the_enterprise(browse: Browse, plant: Plant) -> None:
    x, y = convert([PLANT[0]], [PLANT[1]], Crs.WGS84, Crs.GCJ02)
    shifted = {"lon": f"{float(x[0]):.6f}", "lat": f"{float(y[0]):.6f}"}
    wrong = number_of(browse("officer").post("/gates/new", {**FORM, "entrance_no": "5", **shifted}).location)
    assert "GCJ-02" in browse("officer").get(f"/gates/{wrong}").text
    right = {**FORM, "entrance_no": "6", **shifted, "crs": "gcj02"}
    number = number_of(browse("officer").post("/gates/new", right).location)
    page = browse("officer").get(f"/gates/{number}").text
    assert "flash-due" not in page
    assert "120.45123" in page


def test_a_gate_far_from_its_enterprise_is_to_be_looked_at(browse: Browse, plant: Plant) -> None:
    far = {**FORM, "entrance_no": "7", "lon": "120.651300"}
    number = number_of(browse("officer").post("/gates/new", far).location)
    assert "距企业登记位置 16" in browse("officer").get(f"/gates/{number}").text


def test_a_device_belongs_to_a_gate_and_its_number_is_its_own(browse: Browse, engine: Engine, plant: Plant) -> None:
    given = {"gate": str(plant.gate_id), "kind": "plate_camera", "number": "CAM-01", "state": "active",
             "address": "192.168.1.64", "live_url": "rtsp://192.168.1.64/live"}  # fmt: skip
    browser = browse("enterprise")
    assert browser.post("/gates/devices/new", given).status_code == 303
    assert browser.post("/gates/devices/new", given).status_code == 422
    for field, value in (("address", "192.168.1"), ("live_url", "javascript:alert(1)"), ("kind", "horn"),
                         ("installed_on", "gestern")):  # fmt: skip
        answer = browser.post("/gates/devices/new", {**given, "number": "CAM-02", field: value})
        assert answer.status_code == 422, field
        assert f'id="f-{field}-fault"' in answer.text
    number = one(engine, "SELECT id FROM gate_devices WHERE number = 'CAM-01'").id
    assert browser.post(f"/gates/devices/{number}/edit", {**given, "state": "suspended"}).status_code == 303
    assert one(engine, "SELECT state FROM gate_devices WHERE id = :id", id=number).state == "suspended"
    assert browser.post(f"/gates/devices/{number}/edit", given).status_code == 303


def test_a_heartbeat_makes_a_gate_and_its_devices_on_line_and_silence_off_line(
    web: Flask, browse: Browse, engine: Engine, plant: Plant, foreign: tuple[int, int]
) -> None:
    with transaction(engine) as connection:
        connection.execute(
            text(
                "INSERT INTO gate_devices (gate_id, enterprise_id, kind, number) VALUES (:g, :e, 'barrier', 'B-1')"
                " ON CONFLICT DO NOTHING"
            ),
            {"g": plant.gate_id, "e": plant.enterprise_id},
        )
    program = Program(web, plant.key)
    heard = program.send(
        "POST", f"/gates/{plant.gate_id}/heartbeat",
        {"devices": [{"kind": "barrier", "number": "B-1"}, {"kind": "display", "number": "D-7"}]},
    )  # fmt: skip
    assert heard.status_code == 200, heard.text
    told = heard.get_json()
    assert (told["unknown"], told["when_unreachable"]) == ([1], "allow_and_flag")
    gate = program.get(f"/gates/{plant.gate_id}").get_json()
    assert gate["online"] is True
    assert [one["online"] for one in gate["devices"] if one["number"] == "B-1"] == [True]
    with transaction(engine) as connection:
        connection.execute(text("UPDATE gates SET last_seen_at = now() - interval '301 s' WHERE id = :g"),
                           {"g": plant.gate_id})  # fmt: skip
    assert program.get(f"/gates/{plant.gate_id}").get_json()["online"] is False
    assert f'href="/gates/{plant.gate_id}"' in browse("officer").get("/gates/?online=no").text
    assert program.send("POST", f"/gates/{foreign[1]}/heartbeat", {}).status_code == 404


def test_a_key_of_another_kind_or_none_may_not_beat(web: Flask, engine: Engine, city: City, plant: Plant) -> None:
    address = f"/gates/{plant.gate_id}/heartbeat"
    assert Program(web, None).send("POST", address, {}).status_code == 401
    assert Program(web, make_token(engine, city.accounts["officer"])).send("POST", address, {}).status_code == 403
    with transaction(engine) as connection:
        other = make_key(connection, city.organisations["city"])  # a bureau's: it has no enterprise
    assert Program(web, other.text).send("POST", address, {}).status_code in {200, 404}


def test_the_policy_is_allow_and_flag_until_somebody_sets_it_with_a_reason(
    web: Flask, browse: Browse, engine: Engine, plant: Plant, foreign: tuple[int, int]
) -> None:
    browser, address = browse("enterprise"), f"/gates/policies/{plant.enterprise_id}"
    assert "未设定" in browser.get(address).text
    given = {"when_unreachable": "list", "list_hours": "48", "reason": "专线不稳定"}
    for field, value in (("when_unreachable", "open"), ("list_hours", "169"), ("list_hours", "0"), ("reason", "无")):
        answer = browser.post(address, {**given, field: value})
        assert answer.status_code == 422
        assert f'id="f-{field}-fault"' in answer.text
    assert browser.post(address, given).status_code == 303
    program = Program(web, plant.key)
    told = program.send("POST", f"/gates/{plant.gate_id}/heartbeat", {}).get_json()
    assert (told["when_unreachable"], told["list_hours"]) == ("list", 48)
    assert browser.post(address, {**given, "when_unreachable": "deny", "reason": "按要求改为禁止"}).status_code == 303
    page = browser.get(address).text
    assert "专线不稳定" in page  # the history
    assert "按要求改为禁止" in page
    assert browser.post(f"/gates/policies/{foreign[0]}", given).status_code == 404
    assert one(engine, "SELECT count(*) AS n FROM gate_policies WHERE enterprise_id = :e", e=foreign[0]).n == 0


def lift_of(plant: Plant, **values: Any) -> dict[str, Any]:
    return {"gate_id": plant.gate_id, "at": datetime.now(UTC).isoformat(), "person": "李四", "reason": "power_cut",
            **values}  # fmt: skip


def test_a_lift_is_kept_once_however_often_it_is_sent(web: Flask, engine: Engine, plant: Plant) -> None:
    program = Program(web, plant.key)
    lift = lift_of(plant, plate="辽n·A1234", plate_colour="yellow", direction="in", source_key="L-1")
    answers = [program.send("POST", "/gate-lifts", lift) for _ in range(2)]
    assert [one.status_code for one in answers] == [201, 201]
    assert answers[0].get_json()["id"] == answers[1].get_json()["id"]
    assert answers[0].get_json()["plate"] == "辽NA1234"
    assert one(engine, "SELECT count(*) AS n FROM gate_lifts WHERE source_key = 'L-1'").n == 1
    told = one(
        engine, "SELECT count(*) AS n FROM audit_log WHERE action = 'gate_lift.record' AND subject_id = :id",
        id=str(answers[0].get_json()["id"]),
    )  # fmt: skip
    assert told.n == 1


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("at", {"at": (datetime(2020, 1, 1, tzinfo=UTC)).isoformat()}),
        ("at", {"at": "2199-01-01T00:00:00+08:00"}),
        ("note", {"reason": "other"}),
        ("plate_colour", {"plate": "辽NA1234"}),
        ("person", {"person": "   "}),
        ("answer_id", {"answer_id": 999_999_999}),
        ("gate", {"gate_id": 999_999_999}),
    ],
)
def test_a_lift_that_cannot_be_is_refused_at_its_field(
    web: Flask, plant: Plant, field: str, values: dict[str, Any]
) -> None:
    answer = Program(web, plant.key).send("POST", "/gate-lifts", lift_of(plant, **values))
    assert answer.status_code == 422
    assert [one["path"] for one in answer.get_json()["faults"]] == [f"body.{field}"]


def test_a_lift_of_a_foreign_gate_is_refused_as_if_there_were_none(
    web: Flask, plant: Plant, foreign: tuple[int, int]
) -> None:
    answer = Program(web, plant.key).send("POST", "/gate-lifts", lift_of(plant, gate_id=foreign[1]))
    assert answer.status_code == 422


def test_a_guard_records_a_lift_by_hand(browse: Browse, plant: Plant) -> None:
    browser = browse("enterprise")
    at = (datetime.now(UTC) + timedelta(hours=8)).strftime("%Y-%m-%dT%H:%M")
    given = {"gate": str(plant.gate_id), "at": at, "person": "王五", "reason": "unknown_stage", "plate": "辽NB2222",
             "plate_colour": "yellow", "direction": "in"}  # fmt: skip
    answer = browser.post("/gates/lifts/new", given)
    assert answer.status_code == 303, answer.text
    assert "王五" in browser.get(answer.location).text
    assert "王五" in browse("officer").get(f"/gates/lifts/?gate={plant.gate_id}").text
    assert browser.post("/gates/lifts/new", {**given, "reason": "because"}).status_code == 422


@pytest.mark.parametrize("address", ["/gates/", "/gates/lifts/"])
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_lists_are_taken_away_as_files(browse: Browse, plant: Plant, address: str, kind: str) -> None:
    answer = browse("officer").get(f"{address}?format={kind}")
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].endswith(f".{kind}")


def test_the_api_keeps_a_gate_with_its_version(web: Flask, engine: Engine, city: City, plant: Plant) -> None:
    program = Program(web, make_token(engine, city.accounts["enterprise"]))
    body = {"entrance_no": "A1", "barrier_no": "1", "name": "北门", "lon": 120.4512341, "lat": 41.5736121}
    made = program.send("POST", "/gates", body)
    assert made.status_code == 201, made.text
    gate = made.get_json()
    assert (gate["lon"], gate["lat"]) == (120.451234, 41.573612)
    address = f"/gates/{gate['id']}"
    tag = program.get(address).headers["ETag"]
    changed = program.send("PUT", address, {**body, "name": "北一门"}, **{"If-Match": tag})
    assert changed.get_json()["name"] == "北一门"
    assert program.send("PUT", address, body, **{"If-Match": tag}).status_code == 412
    given = {"gate_id": gate["id"], "kind": "display", "number": "D1"}
    device = program.send("POST", "/gate-devices", given).get_json()
    assert program.send("POST", "/gate-devices", {**given, "gate_id": 999_999_999}).status_code == 422
    assert [one["number"] for one in program.get(address).get_json()["devices"]] == ["D1"]
    again = program.send("PUT", f"/gate-devices/{device['id']}", {"kind": "display", "number": "D1", "name": "大屏"})
    assert again.get_json()["name"] == "大屏"
