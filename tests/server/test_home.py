"""The first page, the search field, error pages."""

import html
import re
from collections.abc import Callable

import pytest
from sqlalchemy import Engine, text

from server.db import transaction
from tests.server import capture_city as world
from tests.server import records
from tests.server.conftest import Browser, City

pytestmark = pytest.mark.server
Browse = Callable[..., Browser]
CARD = re.compile(r'<a href="([^"]*)" class="todo-card')


@pytest.fixture(scope="module")
def waiting(engine: Engine, city: City) -> int:
    with transaction(engine) as connection:
        owner = records.truck(connection, "辽N24680")
        return records.violation(connection, records.zone(connection, "待办区"), owner)


def test_what_waits_is_shown_with_its_age(browse: Browse, waiting: int) -> None:
    page = browse("officer").get("/").text
    assert f'data-href="/violations/{waiting}"' in page
    assert "一日内新标记的违规" in page


def test_every_card_leads_to_its_list(browse: Browse, waiting: int) -> None:
    browser = browse("officer")
    addresses = [html.unescape(one) for one in CARD.findall(browser.get("/").text)]
    assert len(addresses) > 5
    assert {one: browser.get(one).status_code for one in addresses} == dict.fromkeys(addresses, 200)


def test_captures_that_wait_for_me_are_counted(browse: Browse, engine: Engine, city: City) -> None:
    with transaction(engine) as connection:
        code = world.code_of(connection, world.device(connection, city.organisations["city"]))
        number = world.take(connection, world.facts(code)).number
        capture = connection.execute(text("SELECT id FROM captures WHERE number = :n"), {"n": number}).scalar_one()
        world.images(connection, capture)
        world.review(connection, capture, city.accounts["officer2"])
    waiting = re.compile(r"<strong>(\d+)</strong><span>待我审核的黑烟抓拍")
    told = {who: waiting.findall(browse(who).get("/").text) for who in ("officer", "officer2", "county", "read_only")}
    assert told == {"officer": ["1"], "officer2": ["0"], "county": ["0"], "read_only": []}


def test_who_decides_nothing_is_not_told_of_decisions(browse: Browse, waiting: int) -> None:
    for username in ("auditor", "security_admin", "enterprise"):
        assert f"/violations/{waiting}" not in browse(username).get("/").text


def test_an_alarm_is_shown_until_somebody_has_seen_to_it(browse: Browse, engine: Engine) -> None:
    with transaction(engine) as connection:
        number = connection.execute(
            text("INSERT INTO alarms (kind, detail) VALUES ('bad_frames', '{\"held\": 40}') RETURNING id")
        ).scalar_one()
    browser = browse("officer")
    assert "坏帧比例异常" in browser.get("/").text
    assert browse("inspector").post(f"/alarms/{number}/seen").status_code == 403
    assert browser.post(f"/alarms/{number}/seen").status_code == 303
    browser.get("/")
    assert "坏帧比例异常" not in browser.get("/").text


@pytest.mark.parametrize("asked", ["辽N24680", "辽N·24680", " 辽n24680 ", "24680"])
def test_a_plate_is_found_however_it_is_written(browse: Browse, waiting: int, asked: str) -> None:
    answer = browse("officer").get("/search", query_string={"q": asked}, follow_redirects=True)
    assert answer.status_code == 200
    assert "24680" in answer.text


def test_a_violation_number_goes_straight_to_its_page(browse: Browse, engine: Engine, waiting: int) -> None:
    with transaction(engine) as connection:
        number = connection.execute(text("SELECT number FROM violations WHERE id = :id"), {"id": waiting}).scalar_one()
    answer = browse("officer").get("/search", query_string={"q": number.lower()})
    assert answer.status_code == 303 and answer.location == f"/violations/{waiting}"
    hidden = browse("county").get("/search", query_string={"q": number})
    assert hidden.status_code == 200 and "辖区内没有" in hidden.text


@pytest.mark.parametrize("asked", ["", "x", "%", "__", "'", "\x00\x00", "没有的东西" * 30])
def test_a_search_for_nothing_says_so(browse: Browse, asked: str) -> None:
    answer = browse("officer").get("/search", query_string={"q": asked})
    assert answer.status_code == 200
    assert 'class="empty"' in answer.text


def test_error_pages_speak_both_languages(browse: Browse) -> None:
    page = browse("officer").get("/nothing/here").text
    assert "找不到该页面" in page and "No such page" in page
    page = browse("auditor").get("/violations/").text
    assert "没有权限" in page and "Not permitted" in page
