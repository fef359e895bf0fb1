"""Assigned work on the tablet: the day's plan without a network, a check begun from an item, who is watched and near."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Geolocation, Page, expect
from sqlalchemy import Connection, Engine, text

from enforcement.rules.book import day_of
from server.db import transaction
from tests.browser.tablet_pages import at, enrolled, unlock
from tests.server import records
from tests.server.conftest import City

pytestmark = [pytest.mark.server, pytest.mark.browser]
NOW = datetime.now(UTC)
KNOWN = re.compile(r"^/check/[0-9a-f-]+/known$")
HERE: Geolocation = {"longitude": 120.45, "latitude": 41.57, "accuracy": 12}


def one(connection: Connection, statement: str, **values: Any) -> int:
    found: int = connection.execute(text(statement), values).scalar_one()
    return found


@pytest.fixture(scope="module")
def plan(engine: Engine, city: City) -> dict[str, int]:
    """Today's assignment with two named trucks, tomorrow's, and a watched truck two kilometres to the north-east."""
    with transaction(engine) as connection:
        truck, terminal = records.truck(connection, plate="辽NT0001", owner="宏达运输")
        office = city.organisations["city"]
        ids = {"truck": truck}
        for name, days in (("today", 0), ("tomorrow", 1)):
            ids[name] = one(
                connection,
                "INSERT INTO assignments (day, kind, title, place, lon, lat, note, wanted, division, organisation_id) VALUES"
                " (:day, 'roadside', :title, 'G306 检查站', 120.45, 41.57, '注意夜间照明', 10, '211300', :o) RETURNING id",
                day=day_of(NOW) + timedelta(days), title={"today": "国道夜查", "tomorrow": "煤场巡查"}[name], o=office,
            )  # fmt: skip
            connection.execute(
                text("INSERT INTO assignment_people (assignment_id, user_id) VALUES (:a, :u)"),
                {"a": ids[name], "u": city.accounts["inspector"]},
            )
        for subject, number, colour, why in (
            (truck, "辽NT0001", "yellow", "open_case,smoke_reported"),
            (None, "冀HT0002", "blue", "外地抄告"),
        ):
            ids[number] = one(
                connection,
                "INSERT INTO assignment_subjects (assignment_id, truck_id, subject_text, plate_colour, why)"
                " VALUES (:a, :t, :n, :c, :w) RETURNING id",
                a=ids["today"], t=subject, n=number, c=colour, w=why,
            )  # fmt: skip
        connection.execute(
            text(
                "INSERT INTO watch_entries (truck_id, subject_text, plate_colour, reason, note, division, organisation_id, from_on)"
                " VALUES (:t, '辽NT0001', 'yellow', 'smoke_reported', '上坡冒黑烟', '211302', :o, '2026-01-01')"
            ),
            {"t": truck, "o": office},
        )
        connection.execute(
            text(
                "INSERT INTO terminal_states (terminal_id, measured_at, received_at, lon, lat, speed_kmh)"
                " VALUES (:t, :at, :at, 120.4670, 41.5828, 42)"
            ),
            {"t": terminal, "at": datetime.now(UTC) - timedelta(minutes=2)},
        )
    return ids


@pytest.fixture
def tablet(browser: Browser) -> Iterator[BrowserContext]:
    """A device at the roadside."""
    context = browser.new_context(
        viewport={"width": 800, "height": 1280}, has_touch=True, geolocation=HERE, permissions=["geolocation"]
    )
    yield context
    context.close()


def opened(tablet: BrowserContext, address: str) -> Page:
    page = enrolled(tablet.new_page(), address)
    expect(page.locator('[data-to="/work"] .tile-told')).to_have_text("今天 1 项")
    return page


def test_the_plan_is_there_without_a_network(tablet: BrowserContext, address: str, plan: dict[str, int]) -> None:
    page = opened(tablet, address)
    page.click('[data-to="/work"]')
    today = page.locator(f'[data-assignment="{plan["today"]}"]')
    expect(today).to_contain_text("已完成 0 / 10")
    expect(today.locator(".work-subject").first).to_contain_text("群众举报冒黑烟")
    tablet.set_offline(True)
    page.reload()
    unlock(page)
    page.click('[data-to="/work"]')
    expect(today).to_contain_text("G306 检查站")
    expect(today.locator(".work-subject")).to_have_count(2)
    expect(today.locator(".work-subject").first).to_contain_text("群众举报冒黑烟")
    expect(page.locator(f'[data-assignment="{plan["tomorrow"]}"]')).to_be_hidden()
    page.locator("details summary").click()
    expect(page.locator(f'[data-assignment="{plan["tomorrow"]}"]')).to_be_visible()
    page.click("#refresh-work")
    expect(page.locator(".work-fresh .notice")).to_contain_text("无法连接服务器")


def test_a_check_begins_from_an_item(tablet: BrowserContext, address: str, plan: dict[str, int]) -> None:
    page = opened(tablet, address)
    page.click('[data-to="/work"]')
    for number in ("辽NT0001", "冀HT0002"):
        page.get_by_role("button", name=f"检查 {number}").click()
        expect(page.locator("main")).to_have_attribute("data-path", KNOWN)
        expect(page.locator("main .plate").first).to_contain_text(number[2:])
        page.goto(f"{address}/tablet/#/work")
        at(page, "/work")


def test_who_is_watched_and_near(tablet: BrowserContext, address: str, plan: dict[str, int]) -> None:
    page = opened(tablet, address)
    page.click('[data-to="/near"]')
    row = page.locator(f'[data-subject="truck:{plan["truck"]}"]')
    expect(row).to_contain_text("东北方 2.0 km")
    expect(row).to_contain_text("群众举报冒黑烟")
    expect(row).to_contain_text("上坡冒黑烟")
    expect(row).to_contain_text("行驶中 42 km/h")
    tablet.set_offline(True)
    expect(page.locator("#near-fault")).to_contain_text("当前离线")
    tablet.set_offline(False)
    expect(row).to_be_visible()


def test_without_a_position_it_says_so(browser: Browser, address: str, plan: dict[str, int]) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 640}, has_touch=True)
    page = opened(context, address)
    page.click('[data-to="/near"]')
    expect(page.locator("#near-fault")).to_contain_text("未允许本应用获取位置")
    context.close()
