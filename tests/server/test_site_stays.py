"""The register of machines at sites: coming and leaving, corrections with their history, one stay at a time."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import Engine

from tests.server.api_world import Program, make_token
from tests.server.conftest import Browser, City
from tests.server.site_city import local, machine, one, said, site

pytestmark = pytest.mark.server
Browse = Callable[..., Browser]


@pytest.fixture(scope="module")
def place(browse: Browse, city: City) -> int:
    return site(browse, city, "堆场")


def test_a_machine_comes_and_leaves(browse: Browse, engine: Engine, city: City, place: int) -> None:
    known = machine(engine, "3-6NB00001", city.enterprise_id)
    account, came = browse("enterprise"), datetime.now(UTC) - timedelta(hours=5)
    answer = account.post(
        "/site-stays/new", {"site": str(place), "machine": " 3-6nb00001", "entered_at": local(came), "person": "李四"}
    )
    assert answer.status_code == 303
    number = int(answer.location.rsplit("/", 1)[1])
    assert one(engine, "SELECT machine_id FROM site_stays WHERE id = :n", n=number) == known
    assert "3-6NB00001" in account.get(f"/sites/{place}").text
    again = account.post("/site-stays/new", {"site": str(place), "machine": "3-6NB00001", "entered_at": local(came)})
    assert again.status_code == 422 and f"第 {number} 号登记" in again.text
    assert (
        account.post(
            f"/site-stays/{number}/leave", {"version": "1", "left_at": local(came - timedelta(hours=1))}
        ).status_code
        == 422
    )
    left = came + timedelta(hours=2)
    assert account.post(f"/site-stays/{number}/leave", {"version": "1", "left_at": local(left)}).status_code == 303
    assert account.post(f"/site-stays/{number}/leave", {"version": "1", "left_at": local(left)}).status_code == 409
    assert account.post(f"/site-stays/{number}/leave", {"version": "2", "left_at": local(left)}).status_code == 422
    later = {"site": str(place), "machine": "3-6NB00001", "entered_at": local(left + timedelta(hours=1))}
    assert account.post("/site-stays/new", later).status_code == 303


def test_a_correction_keeps_what_was_said_before_and_why(browse: Browse, engine: Engine, place: int) -> None:
    account, came = browse("enterprise"), datetime.now(UTC) - timedelta(hours=9)
    given = {"site": str(place), "machine": "XZ-77", "entered_at": local(came), "stage": "2"}
    number = int(account.post("/site-stays/new", given).location.rsplit("/", 1)[1])
    changed = {**given, "version": "1", "machine": "XZ-78", "stage": "3"}
    assert "请写明更正理由" in account.post(f"/site-stays/{number}/correct", changed).text
    assert account.post(f"/site-stays/{number}/correct", {**changed, "reason": "铭牌看错"}).status_code == 303
    page = browse("officer").get(f"/site-stays/{number}").text
    assert "XZ-78" in page and "XZ-77" in page and "铭牌看错" in page
    assert one(engine, "SELECT history -> 0 ->> 'stage' FROM site_stays WHERE id = :n", n=number) == "2"


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"site": ""}, "请选择在用的场地"),
        ({"machine": ""}, "请填写机械编号"),
        ({"entered_at": ""}, "请填写进场时间"),
        ({"entered_at": "2099-01-01T08:00"}, "时间在将来"),
        ({"left_at": "2026-08-01T08:00"}, "出场时间不得早于进场时间"),
        ({"stage": "9"}, "请从列表中选择"),
    ],
)
def test_a_wrong_entry_is_refused_at_its_field(browse: Browse, place: int, values: dict[str, str], word: str) -> None:
    given = {"site": str(place), "machine": "W1", "entered_at": "2026-09-01T08:00", **values}
    answer = browse("inspector").post("/site-stays/new", given)
    assert answer.status_code == 422 and word in answer.text


def test_the_api_registers_once_under_one_key(web: Flask, engine: Engine, city: City, place: int) -> None:
    program = Program(web, make_token(engine, city.accounts["enterprise"]))
    body = {"site_id": place, "machine": "API-1", "entered_at": "2026-09-01T08:00:00+08:00"}
    key = {"Idempotency-Key": "stay-00000001"}
    first, second = (program.send("POST", "/site-stays", body, **key) for _ in range(2))
    assert first.status_code == 201 and second.json == first.json
    number = said(first)["id"]
    tag = program.send("GET", f"/site-stays/{number}").headers["ETag"]
    leaving = {"left_at": "2026-09-02T08:00:00+08:00"}
    assert program.send("POST", f"/site-stays/{number}/leaving", leaving, **{"If-Match": tag}).status_code == 200
    assert program.send("POST", f"/site-stays/{number}/leaving", leaving, **{"If-Match": tag}).status_code == 412
    assert [row["id"] for row in said(program.send("GET", "/site-stays?q=API-1"))["items"]] == [number]
