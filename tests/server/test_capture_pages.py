"""Captures through the door: the API with its receipt and refusals, uploads, the pages, the desk."""

import csv
import io
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from server.db import transaction
from server.flows import system_keys
from server.flows.system_keys import Wanted
from server.store.audit import PLATFORM
from tests.server import capture_city as world
from tests.server import records
from tests.server.api_world import Program, make_token
from tests.server.conftest import Browser, City, close_sent
from tests.server.evidence_files import jpeg, mp4
from tests.server.test_page_languages import HAN, shown

pytestmark = pytest.mark.server
Browse = Callable[..., Browser]
HOSTILE = '<script>alert("x")</script><img src=x onerror=alert(1)>\'"&{{7*7}}'
AT = "2026-11-20T10:15:00+08:00"


@pytest.fixture(scope="module")
def camera(engine: Engine, city: City) -> str:
    with transaction(engine) as connection:
        world.device(connection, city.organisations["city"], "CY-1", lon=120.45)
        world.device(connection, city.organisations["county"], "KZ-1", lon=119.7, division="211324")
    return "CY-1"


@pytest.fixture(scope="module")
def system(web: Flask, engine: Engine, city: City) -> Program:
    """The system of the cameras, with the key of the bureau."""
    with transaction(engine) as connection:
        wanted = Wanted("camera system", city.organisations["city"], {"camera"}, 30)
        return Program(web, system_keys.issue(connection, PLATFORM, wanted, datetime.now(UTC)).text)


def body(camera: str, **values: Any) -> dict[str, Any]:
    n = next(world.keys)
    return {"device": camera, "source_key": f"p{n}", "captured_at": AT, "plate": f"辽N{n:05}",
            "plate_colour": "yellow", "ringelmann": 2.0, "clock_drift_s": 0.0, **values}  # fmt: skip


def send(program: Program, given: dict[str, Any], files: bool = True) -> str:
    answer = program.send("POST", "/captures", given)
    assert answer.status_code == 200, answer.text
    number: str = answer.json["number"]
    if files:
        assert add(program, number).status_code == 200
    return number


def add(program: Program, number: str, **fields: Any) -> Any:
    seed = next(world.keys)
    given = fields or {one: (io.BytesIO(jpeg(seed * 10 + k)), f"{one}.jpg") for k, one in enumerate(("scene", "smoke", "plate"))}  # fmt: skip
    answer = program.client.post(f"/api/v1/captures/{number}/files", data=given, headers=program.headers,
                                 content_type="multipart/form-data")  # fmt: skip
    close_sent(answer)
    return answer


def id_of(engine: Engine, number: str) -> int:
    with transaction(engine) as connection:
        found: int = connection.execute(text("SELECT id FROM captures WHERE number = :n"), {"n": number}).scalar_one()
        return found


def status_of(browser: Browser, address: str) -> int:
    """Of a file: the answer is closed."""
    answer = browser.get(address)
    answer.close()
    return answer.status_code


# --- the interface of camera systems ---


def test_a_camera_system_sends_facts_and_files_and_both_again(
    system: Program, browse: Browse, engine: Engine, camera: str
) -> None:
    given = body(camera)
    first, second = (system.send("POST", "/captures", given) for _ in range(2))
    assert (first.status_code, first.json) == (200, second.json)
    number = first.json["number"]
    pictures = {one: jpeg(700 + k) for k, one in enumerate(("scene", "smoke", "plate"))}
    kept = [
        add(system, number, **{one: (io.BytesIO(data), "a.jpg") for one, data in pictures.items()}) for _ in range(2)
    ]
    assert [one.status_code for one in kept] == [200, 200], kept[0].text
    assert [[one["new"] for one in answer.json["files"]] for answer in kept] == [[True] * 3, [False] * 3]
    with transaction(engine) as connection:
        row = world.row(connection, id_of(engine, number))
        audited = connection.execute(
            text(
                "SELECT action, username FROM audit_log WHERE subject_kind = 'capture' AND subject_id = :i ORDER BY id"
            ),
            {"i": str(row["id"])},
        ).all()
    assert row["standing"] == "evidence"
    assert [one.action for one in audited] == ["capture.take", "capture.files"]
    assert {one.username for one in audited} == {"system:camera system"}
    assert system.get("/captures").status_code == 403, "its key only uploads"


def test_other_facts_wrong_facts_and_strangers_are_refused(
    web: Flask, system: Program, engine: Engine, city: City, camera: str
) -> None:
    given = body(camera)
    send(system, given, files=False)
    other = system.send("POST", "/captures", {**given, "ringelmann": 3.0})
    assert (other.status_code, other.json["code"]) == (409, "other_facts")
    assert system.send("POST", "/captures", body("NOBODY")).json["path"] == "body.device"
    future = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    assert system.send("POST", "/captures", body(camera, captured_at=future)).json["path"] == "body.captured_at"
    assert system.send("POST", "/captures", body(camera, plate_colour="pink")).status_code == 422
    assert system.send("POST", "/captures", body(camera, confidence=1e-200, speed_kmh=1e-90)).status_code == 200
    reader = Program(web, make_token(engine, city.accounts["read_only"]))
    assert reader.send("POST", "/captures", body(camera)).status_code == 403
    county = Program(web, make_token(engine, city.accounts["county"]))
    assert county.send("POST", "/captures", body(camera)).json["path"] == "body.device"
    assert add(county, send(system, body(camera), files=False)).status_code == 404


def test_files_are_kept_all_or_none(system: Program, engine: Engine, camera: str, web: Flask) -> None:
    number = send(system, body(camera), files=False)
    data = jpeg(811)
    store = Path(web.extensions["settings"].evidence_dir)
    before = sorted(store.rglob("*"))
    bad = add(system, number, scene=(io.BytesIO(data), "a.jpg"), smoke=(io.BytesIO(b"<html>"), "b.jpg"))
    assert (bad.status_code, bad.json["faults"][0]["code"]) == (422, "file")
    wrong = add(system, number, scene=(io.BytesIO(data), "a.jpg"), sha256_scene="0" * 64)
    assert wrong.status_code == 422
    assert add(system, number, other=(io.BytesIO(data), "a.jpg")).status_code == 422
    assert add(system, number, video=(io.BytesIO(mp4()), "a.mp4")).status_code == 200
    assert system.send("POST", f"/captures/{number}/files", {}).status_code == 415
    after = [path for path in sorted(store.rglob("*")) if path not in before and path.is_file()]
    assert len(after) == 1, "of what was refused nothing is left"


def test_reviews_by_the_api_and_what_each_sees(
    web: Flask, system: Program, engine: Engine, city: City, camera: str
) -> None:
    number = send(system, body(camera))
    officer, reviewer = (Program(web, make_token(engine, city.accounts[name])) for name in ("officer", "reviewer"))
    shown = officer.get(f"/captures/{number}").json
    verdict = {"version": shown["version"], "result": "smoke", "plate": shown["plate"], "plate_colour": "yellow"}
    assert officer.send("POST", f"/captures/{number}/reviews", {**verdict, "plate": ""}).json["path"] == "body.plate"
    first = officer.send("POST", f"/captures/{number}/reviews", verdict)
    assert (first.status_code, first.json["status"], first.json["reviews"]) == (200, "second_review", None)
    again = officer.send("POST", f"/captures/{number}/reviews", {**verdict, "version": first.json["version"]})
    assert (again.status_code, again.json["code"]) == (409, "same_reviewer")
    stale = reviewer.send("POST", f"/captures/{number}/reviews", verdict)
    assert (stale.status_code, stale.json["code"]) == (409, "changed")
    done = reviewer.send("POST", f"/captures/{number}/reviews", {**verdict, "version": first.json["version"]})
    assert (done.json["status"], [one["level"] for one in done.json["reviews"]]) == ("confirmed", [1, 2])
    assert add(system, number).status_code == 409
    listed = officer.get("/captures", status="confirmed", hits_from=1, region="local", band="day").json
    assert number in [one["number"] for one in listed["items"]]


def test_a_county_and_an_enterprise_see_what_is_theirs(
    web: Flask, browse: Browse, system: Program, engine: Engine, city: City, camera: str
) -> None:
    with transaction(engine) as connection:
        records.truck(connection, "辽N6F777", enterprise_id=city.enterprise_id)
    own, foreign, county_own = (send(system, given) for given in (
        body(camera, plate="辽N6F777"), body(camera), body("KZ-1")))  # fmt: skip
    with transaction(engine) as connection:
        for number in (own, foreign):
            for name in ("officer", "reviewer"):
                world.review(connection, id_of(engine, number), city.accounts[name])
    enterprise, county = browse("enterprise"), browse("county")
    page = enterprise.get(f"/captures/{id_of(engine, own)}")
    assert page.status_code == 200 and "审核记录" not in page.text
    picture = re.search(r'src="(/evidence/\d+/thumbnail)"', page.text)
    assert picture is not None and status_of(enterprise, picture.group(1)) == 200
    for browser, hidden in ((enterprise, foreign), (county, own)):
        assert browser.get(f"/captures/{id_of(engine, hidden)}").status_code == 404
        assert status_of(browser, picture.group(1)) == (200 if browser is enterprise else 404)
    assert county.get(f"/captures/{id_of(engine, county_own)}").status_code == 200
    assert enterprise.get("/captures/desk").status_code == 403


def test_a_list_goes_on_by_cursor(web: Flask, system: Program, engine: Engine, city: City, camera: str) -> None:
    own = [send(system, body(camera), files=False) for _ in range(5)]
    officer = Program(web, make_token(engine, city.accounts["officer"]))
    for sort in ("-captured_at", "ringelmann"):
        seen: list[str] = []
        page = officer.get("/captures", limit=2, sort=sort).json
        while True:
            seen += [one["number"] for one in page["items"]]
            if page["next_cursor"] is None:
                break
            page = officer.get("/captures", limit=2, sort=sort, cursor=page["next_cursor"]).json
        assert len(seen) == len(set(seen)) and set(own) <= set(seen)


# --- pages ---


def test_an_upload_by_hand_sent_twice_is_one_capture(browse: Browse, engine: Engine, camera: str) -> None:
    officer = browse("officer")
    form = officer.get("/captures/new").text
    key = re.search(r'name="source_key" value="([^"]+)"', form)
    device = re.search(r'<option value="(\d+)">CY-1 ', form)
    assert key is not None and device is not None

    def given() -> dict[str, Any]:
        files = {
            f"file_{one}": (io.BytesIO(jpeg(900 + k)), "a.jpg") for k, one in enumerate(("scene", "smoke", "plate"))
        }
        return {"device": device.group(1), "source_key": key.group(1), "captured_at": "2026-11-19 08:15:30",
                "plate": "辽N5U001", "plate_colour": "yellow", "clock_drift_s": "0.1", **files}  # fmt: skip

    first, second = (officer.post("/captures/new", given(), content_type="multipart/form-data") for _ in range(2))
    assert first.status_code == second.status_code == 303
    assert first.location == second.location
    bad = officer.post("/captures/new", {**given(), "captured_at": "gestern", "ringelmann": "nan"},
                       content_type="multipart/form-data")  # fmt: skip
    assert bad.status_code == 422 and 'value="辽N5U001"' in bad.text and "请填写拍摄时间" in bad.text


def test_a_camera_is_registered_and_its_grounds_recorded(browse: Browse, engine: Engine, city: City) -> None:
    officer = browse("officer")
    form = {"code": "NEW-1", "name": "新点位", "place": "国道", "lon": "120.5", "lat": "41.6", "division": "211302",
            "state": "active"}  # fmt: skip
    bad = officer.post("/capture-devices/new", {**form, "lon": "nan", "code": "a b"})
    assert bad.status_code == 422 and bad.text.count("field-wrong") == 2
    made = officer.post("/capture-devices/new", form)
    assert made.status_code == 303
    assert officer.post("/capture-devices/new", form).status_code == 422, "the code is taken"
    page = officer.get(made.location).text
    assert "该设备今日的记录不得作为证据" in page
    for kind in ("legal_review", "technical_review", "site_published", "sign_set_up"):
        ground = {"kind": kind, "document": "朝环〔2026〕1号", "valid_from": "2026-01-01",
                  "valid_to": (datetime.now(UTC) + timedelta(days=10)).date().isoformat()}  # fmt: skip
        assert officer.post(f"{made.location}/grounds", ground).status_code == 303
    page = officer.get(made.location).text
    assert "不得作为证据" not in page and "即将到期" in page
    wrong = officer.post(f"{made.location}/grounds", {**ground, "valid_to": "2025-01-01"})
    assert wrong.status_code == 422 and "不得早于起始日期" in wrong.text
    assert browse("county").get(made.location).status_code == 404
    assert officer.get("/capture-devices/?grounds=complete").text.count("NEW-1") > 0


def test_the_page_says_why_a_void_one_cannot_become_a_case(
    browse: Browse, system: Program, engine: Engine, city: City, camera: str
) -> None:
    good, void = send(system, body(camera)), send(system, body(camera, clock_drift_s=7.0))
    with transaction(engine) as connection:
        for number in (good, void):
            for name in ("officer", "reviewer"):
                world.review(connection, id_of(engine, number), city.accounts[name])
    officer = browse("officer")
    assert "可以立案" in officer.get(f"/captures/{id_of(engine, good)}").text
    page = officer.get(f"/captures/{id_of(engine, void)}").text
    assert "不能立案" in page and "设备时钟偏差7秒" in page


def test_the_truck_page_and_the_search_lead_to_captures(
    browse: Browse, system: Program, engine: Engine, camera: str
) -> None:
    with transaction(engine) as connection:
        truck_id, _ = records.truck(connection, "辽N4T001")
    number = send(system, body(camera, plate="辽N4T001"))
    officer = browse("officer")
    assert f"/captures/{id_of(engine, number)}" in officer.get(f"/trucks/{truck_id}").text
    assert officer.get(f"/search?q={number}").location == f"/captures/{id_of(engine, number)}"


def test_export_neutralises_formulas_and_is_logged(
    browse: Browse, system: Program, engine: Engine, camera: str
) -> None:
    send(system, body(camera, lane="=1+1", plate="=HYPERLINK(1)"), files=False)
    answer = browse("officer").get("/captures/?format=csv")
    cells = [cell for row in csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))) for cell in row]
    assert not any(cell.startswith("=") for cell in cells)
    assert browse("officer").get("/captures/?format=xlsx").status_code == 200
    with transaction(engine) as connection:
        logged = connection.execute(text("SELECT count(*) FROM audit_log WHERE action = 'capture.export'")).scalar_one()
    assert logged == 2


@pytest.mark.parametrize("locale", ["zh", "en"])
def test_hostile_text_stays_text_on_every_page(
    browse: Browse, system: Program, engine: Engine, camera: str, locale: str
) -> None:
    number = send(system, body(camera, lane=HOSTILE[:60], plate="<b>1", body_colour=HOSTILE[:60], vehicle_type="<i>x"))
    officer = browse("officer")
    officer.post("/language", {"locale": locale})
    capture_id = id_of(engine, number)
    for address in ("/captures/", f"/captures/{capture_id}", f"/captures/desk?item={capture_id}", "/captures/new",
                    "/capture-devices/", "/capture-devices/1", "/capture-devices/1/edit"):  # fmt: skip
        page = officer.get(address)
        assert page.status_code == 200, address
        for bad in ("<script>alert", "<img src=x", "<b>1", "<i>x", " style=", " onclick="):
            assert bad not in page.text, (address, bad)
    officer.post("/captures/desk/release")
    officer.post("/language", {"locale": "zh"})


def test_an_english_page_holds_no_chinese_but_names(
    browse: Browse, system: Program, engine: Engine, city: City, camera: str
) -> None:
    capture_id = id_of(engine, send(system, body(camera, clock_drift_s=9.0)))
    with transaction(engine) as connection:
        world.review(connection, capture_id, city.accounts["reviewer"])
        world.review(connection, capture_id, city.accounts["inspector"], reason="cloned_plate")
    officer = browse("officer")
    officer.post("/language", {"locale": "en"})
    names = {"单位", "姓名", "辽", "挂", "测试点位", "国道测试段", "测试", "号", "新点位", "国道", "朝环"}
    for address in ("/captures/", f"/captures/{capture_id}", f"/captures/desk?item={capture_id}", "/captures/new",
                    "/capture-devices/", "/capture-devices/1", "/capture-devices/new"):  # fmt: skip
        left = {word for word in HAN.findall(shown(officer.get(address).text)) if word not in names}
        assert left == set(), address
    officer.post("/captures/desk/release")
    officer.post("/language", {"locale": "zh"})


@pytest.mark.shared
def test_naughty_strings_are_taken_whole_or_refused_with_their_field(
    system: Program, browse: Browse, engine: Engine, camera: str, shared_dir: Path
) -> None:
    strings = json.loads((shared_dir / "data/hostile_inputs/blns.json").read_text(encoding="utf-8"))
    answers = set()
    for one in strings[::7]:
        given = body(camera, lane=one, plate=one, raw={"note": one}, source_key=one or "x")
        answer = system.send("POST", "/captures", given)
        answers.add(answer.status_code)
        assert answer.status_code in (200, 409, 422), one
        if answer.status_code == 200:
            with transaction(engine) as connection:
                assert world.row(connection, id_of(engine, answer.json["number"]))["raw"]["lane"] == one
    assert answers >= {200, 422}
    assert browse("officer").get("/captures/").status_code == 200


@pytest.mark.shared
@pytest.mark.filterwarnings("default::UserWarning:PIL")
def test_hostile_pictures_are_refused_and_leave_nothing(
    system: Program, engine: Engine, camera: str, shared_dir: Path, web: Flask
) -> None:
    number = send(system, body(camera), files=False)
    for name in ("broken.png", "broken_data_stream.png", "decompression_bomb.gif", "bmp_b_badwidth.bmp"):
        data = (shared_dir / "data/images/pillow" / name).read_bytes()
        answer = add(system, number, scene=(io.BytesIO(data), name))
        assert answer.status_code == 422 and answer.json["faults"][0]["message_zh"], name
    with transaction(engine) as connection:
        assert world.row(connection, id_of(engine, number))["version"] == 2  # of the first standing


# --- the desk ---


def test_the_desk_hides_the_first_verdict_from_the_second_and_shows_both_to_the_third(
    browse: Browse, system: Program, engine: Engine, city: City, camera: str
) -> None:
    number = send(system, body(camera))
    capture_id = id_of(engine, number)
    with transaction(engine) as connection:
        world.review(connection, capture_id, city.accounts["officer"], reason="night_glare", note="ZEICHEN")
    second = browse("reviewer").get(f"/captures/desk?item={capture_id}").text
    assert number in second and "姓名officer" not in second.split('id="desk"')[1]
    with transaction(engine) as connection:
        connection.execute(text("UPDATE captures SET held_by = NULL WHERE id = :i"), {"i": capture_id})
        world.review(connection, capture_id, city.accounts["reviewer"])
    third = browse("inspector").get(f"/captures/desk?item={capture_id}").text
    assert "姓名officer" in third and "夜间眩光" in third


def test_the_desk_refuses_with_the_field_and_goes_on(
    browse: Browse, system: Program, engine: Engine, camera: str
) -> None:
    capture_id = id_of(engine, send(system, body(camera)))
    officer = browse("officer2")
    page = officer.get(f"/captures/desk?item={capture_id}").text
    version = re.search(r'name="version" value="(\d+)"', page)
    assert version is not None
    address = f"/captures/desk/{capture_id}"
    given = {"version": version.group(1), "plate": "辽N1234挂", "plate_colour": "yellow"}
    assert officer.post(address, given).json["field"] == "result"
    assert officer.post(address, {**given, "result": "smoke"}).json["field"] == "plate"
    assert officer.post(address, {**given, "result": "smoke", "plate": "辽N1", "plate_colour": "x"}).status_code == 422
    assert officer.post(address, {**given, "result": "rejected", "reason": "weather"}).json["field"] == "reason"
    assert (
        officer.post(address, {**given, "result": "rejected", "reason": "no_smoke"}).json["status"] == "second_review"
    )
    refused = officer.post(address, {**given, "result": "rejected", "reason": "no_smoke"})
    assert (refused.status_code, refused.json["code"]) == (409, "same_reviewer")
    assert officer.post("/captures/desk/999999999", {"result": "rejected", "reason": "no_smoke"}).status_code == 404
    assert officer.client.post(address, data=given).status_code == 400, "without the page's token nothing is taken"
