"""What guards the API's writes: nothing is done twice, nothing lost is overwritten, a key opens what it is for."""

import re
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, text
from werkzeug.test import TestResponse

from server.db import transaction
from server.flows import system_keys
from server.flows.system_keys import Wanted
from server.store.audit import PLATFORM
from tests.server.api_world import Program, World, make_token, make_world
from tests.server.conftest import Browser, City
from tests.server.test_api import TRUCK

pytestmark = pytest.mark.server
Call = Callable[[str], Program]
KEY = "order-2026-11-24-0001"


@pytest.fixture(scope="module")
def world(engine: Engine, city: City) -> World:
    return make_world(engine, city)


@pytest.fixture
def call(web: Flask, engine: Engine, city: City, world: World) -> Call:
    return lambda name: Program(web, make_token(engine, city.accounts[name]))


def truck(plate: str) -> dict[str, Any]:
    return {**TRUCK, "plate": plate}


def kept(engine: Engine, plate: str) -> int:
    with transaction(engine) as connection:
        found: int = connection.execute(text("SELECT count(*) FROM trucks WHERE plate = :p"), {"p": plate}).scalar_one()
    return found


def test_the_same_create_twice_is_done_once_and_answered_alike(call: Call, engine: Engine) -> None:
    program = call("officer")
    first = program.send("POST", "/trucks", truck("辽N70001"), **{"Idempotency-Key": KEY})
    again = program.send("POST", "/trucks", truck("辽N70001"), **{"Idempotency-Key": KEY})
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json == again.json
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert kept(engine, "辽N70001") == 1


def test_another_body_under_the_key_is_refused_and_names_the_header(call: Call, engine: Engine) -> None:
    program = call("officer")
    key = {"Idempotency-Key": "order-0002"}
    program.send("POST", "/trucks", truck("辽N70002"), **key)
    other = program.send("POST", "/trucks", truck("辽N70003"), **key)
    assert other.status_code == 422
    assert other.json is not None
    assert other.json["faults"][0]["path"] == "header.Idempotency-Key"
    assert kept(engine, "辽N70003") == 0


def test_the_same_key_of_another_account_is_another_key(call: Call, engine: Engine) -> None:
    key = {"Idempotency-Key": "order-0004"}
    assert call("officer").send("POST", "/trucks", truck("辽N70004"), **key).status_code == 201
    assert call("officer2").send("POST", "/trucks", truck("辽N70005"), **key).status_code == 201


def test_a_refused_create_leaves_its_key_free(call: Call) -> None:
    program = call("officer")
    key = {"Idempotency-Key": "order-0006"}
    program.send("POST", "/trucks", truck("辽N70006"))
    assert program.send("POST", "/trucks", truck("辽N70006"), **key).status_code == 409
    assert program.send("POST", "/trucks", truck("辽N70007"), **key).status_code == 201


def test_a_lost_answer_is_told_and_nothing_is_done_again(call: Call, engine: Engine) -> None:
    program = call("officer")
    key = {"Idempotency-Key": "order-0008"}
    program.send("POST", "/trucks", truck("辽N70008"), **key)
    with transaction(engine) as connection:
        connection.execute(text("UPDATE idempotency_keys SET status = NULL, answer = NULL WHERE key = 'order-0008'"))
    answer = program.send("POST", "/trucks", truck("辽N70008"), **key)
    assert answer.status_code == 409
    assert answer.json is not None
    assert answer.json["code"] == "answer_lost"


@pytest.mark.parametrize("key", ["short", "x" * 201, "tab\tin the middle"])
def test_a_key_that_is_none_is_refused(call: Call, key: str) -> None:
    answer = call("officer").send("POST", "/trucks", truck("辽N70009"), **{"Idempotency-Key": key})
    assert answer.status_code == 422


def test_two_at_once_make_one(call: Call, engine: Engine) -> None:
    answers: list[TestResponse] = []
    programs = [call("officer") for _ in range(4)]

    def send(program: Program) -> None:
        answers.append(program.send("POST", "/trucks", truck("辽N70010"), **{"Idempotency-Key": "order-0010"}))

    threads = [threading.Thread(target=send, args=(program,)) for program in programs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert kept(engine, "辽N70010") == 1
    assert {answer.status_code for answer in answers} <= {201, 409}, "409: the answer of the first was not kept yet"
    assert 201 in {answer.status_code for answer in answers}


def test_a_change_that_rests_on_an_older_version_is_refused(call: Call) -> None:
    program = call("officer")
    made = program.send("POST", "/trucks", truck("辽N70012"))
    assert made.json is not None
    path = f"/trucks/{made.json['id']}"
    tag = program.get(path).headers["ETag"]
    assert program.send("PATCH", path, {"model": "解放J6"}, **{"If-Match": tag}).status_code == 200
    late = program.send("PATCH", path, {"model": "东风"}, **{"If-Match": tag})
    assert late.status_code == 412
    now = program.get(path)
    assert now.json is not None
    assert now.json["model"] == "解放J6"
    assert program.send("PATCH", path, {"model": "东风"}, **{"If-Match": now.headers["ETag"]}).status_code == 200


def test_what_was_read_before_is_not_sent_again(call: Call, world: World) -> None:
    program = call("officer")
    tag = program.get(f"/trucks/{world.own_truck}").headers["ETag"]
    program.headers["If-None-Match"] = tag
    answer = program.get(f"/trucks/{world.own_truck}")
    assert (answer.status_code, answer.data) == (304, b"")


def test_errors_are_problems_in_the_callers_language(call: Call) -> None:
    program = call("officer")
    chinese = program.get("/trucks/999999")
    assert chinese.mimetype == "application/problem+json"
    assert chinese.json is not None
    assert (chinese.json["type"], chinese.json["status"]) == ("about:blank", 404)
    assert chinese.json["title"].startswith("没有该记录")
    program.headers["Accept-Language"] = "en-GB,en;q=0.9"
    english = program.get("/trucks/999999")
    assert english.json is not None
    assert english.json["title"].startswith("There is no such record")
    assert english.headers["Content-Language"] == "en"


def test_a_system_key_opens_what_it_is_for_and_nothing_else(web: Flask, engine: Engine, city: City) -> None:
    with transaction(engine) as connection:
        wanted = Wanted("抓拍平台", city.organisations["city"], ["gate"], 30)
        issued = system_keys.issue(connection, PLATFORM, wanted, datetime.now(UTC))
    program = Program(web, issued.text)
    assert program.get("/account").status_code == 200
    assert program.get("/trucks").status_code == 403
    assert program.send("POST", "/trucks", truck("辽N70011")).status_code == 403
    assert program.send("POST", "/tokens", {"name": "more"}).status_code == 403
    with transaction(engine) as connection:
        assert system_keys.revoke(connection, PLATFORM, issued.id)
    assert program.get("/account").status_code == 401


def test_the_security_administrator_makes_and_ends_keys(browse: Callable[..., Browser], web: Flask, city: City) -> None:
    admin = browse("security_admin")
    wrong = admin.post("/system-keys/", {"name": "x", "days": "9999"})
    assert wrong.status_code == 422
    for sentence in ("请填写系统名称", "请选择所属单位", "请选择用途", "有效天数应为"):
        assert sentence in wrong.text
    form = {"name": "城区黑烟抓拍", "organisation": str(city.organisations["city"]), "scopes": "camera", "days": "30"}
    page = admin.post("/system-keys/", form).text
    found = re.search(r"dsk_[\w-]{43}", page)
    assert found is not None
    assert Program(web, found.group()).get("/account").status_code == 200
    assert found.group() not in admin.get("/system-keys/").text, "it is shown once"
    number = re.search(r"/system-keys/(\d+)/revoke", admin.get("/system-keys/").text)
    assert number is not None
    assert admin.post(f"/system-keys/{number.group(1)}/revoke").status_code == 303
    assert Program(web, found.group()).get("/account").status_code == 401


@pytest.mark.parametrize("sort", ["plate", "-plate", "stage", "-stage", "gross_mass_kg", "-gross_mass_kg"])
def test_a_cursor_walks_a_list_to_its_end_though_rows_come_and_go(call: Call, engine: Engine, sort: str) -> None:
    with transaction(engine) as connection:
        connection.execute(
            text(
                "INSERT INTO trucks (plate, plate_colour, stage, gross_mass_kg, division)"
                " SELECT :p || n, 'blue', CASE WHEN n % 3 > 0 THEN (n % 5)::text END,"
                " CASE WHEN n % 4 > 0 THEN n * 10 END, '211302' FROM generate_series(100, 129) n"
            ),
            {"p": f"辽N{sort.strip('-')[:1].upper()}{'D' if sort[0] == '-' else 'A'}"},
        )
    program, seen, cursor = call("officer"), list[int](), {}
    whole = program.get("/trucks", sort=sort, limit=200).json
    while True:
        page = program.get("/trucks", sort=sort, limit=7, **cursor).json
        assert page is not None
        seen += [row["id"] for row in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert whole is not None
    assert seen == [row["id"] for row in whole["items"]]


def test_a_page_by_cursor_does_not_repeat_when_rows_come_before_it(call: Call) -> None:
    program = call("officer")
    first = program.get("/trucks", sort="-plate", limit=3).json
    assert first is not None
    assert program.send("POST", "/trucks", {**TRUCK, "plate": "辽P99999"}).status_code == 201
    second = program.get("/trucks", sort="-plate", limit=3, cursor=first["next_cursor"]).json
    assert second is not None
    assert not {row["id"] for row in first["items"]} & {row["id"] for row in second["items"]}
    assert second["items"][0]["plate"] < first["items"][-1]["plate"]


def test_a_cursor_that_is_none_is_refused(call: Call) -> None:
    assert call("officer").get("/trucks", cursor="7").status_code == 422
    answer = call("officer").get("/trucks", cursor="czzzzzz").json
    assert answer is not None
    assert answer["items"] == []
