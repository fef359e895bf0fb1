"""The review desk in Chromium: three hundred captures wait, verdicts by keyboard, zoom, two people at once."""

import io
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import Engine, text

from server.db import transaction
from server.flows import rule_book
from server.flows.add_capture_files import add_files
from server.flows.demo_pictures import draw
from server.flows.keep_evidence import Upload
from server.store.audit import PLATFORM
from server.store.scopes import Scope
from tests.server import capture_city as world
from tests.server import records
from tests.server.conftest import City

pytestmark = pytest.mark.browser
SignIn = Callable[..., Page]
MANY = 300
TOO_HIGH = "() => document.documentElement.scrollHeight - window.innerHeight"
SCROLLED = """() => [...document.querySelectorAll('.desk-side, .desk-foot')]
  .filter((e) => e.scrollHeight > e.clientHeight + 1).map((e) => e.className)"""


@pytest.fixture(scope="module")
def waiting(web: Flask, engine: Engine, city: City) -> int:
    """Three hundred captures, their pictures drawn once and shared by hash."""
    pictures = [(one, draw(one, "辽N12345", "yellow", 2.5, 7, "测试")) for one in ("scene", "smoke", "front", "plate")]
    store = web.extensions["evidence_store"]
    with transaction(engine) as connection:
        device_id = world.device(connection, city.organisations["city"], "CY-1")
        records.truck(connection, "辽N70001", owner="测试车主")
        for n in range(MANY):
            at = world.PASS_AT + timedelta(minutes=5 * n)
            given = world.facts("CY-1", plate=f"辽N{70001 + n}", captured_at=at, vehicle_type="heavy_tractor")
            capture_id = world.take(connection, given, Scope()).id
            files = [Upload(f"{one}.jpg", io.BytesIO(data), one) for one, data in pictures]
            add_files(connection, store, PLATFORM, Scope(), rule_book.current(connection), capture_id, files)
    return device_id


@pytest.fixture
def desk(sign_in: SignIn, waiting: int) -> Callable[..., Page]:
    def sit(username: str, width: int = 1280, height: int = 720, english: bool = False) -> Page:
        page = sign_in(username, width, english)
        page.set_viewport_size({"width": width, "height": height})
        page.goto("/captures/desk")
        expect(page.locator("#desk-slot .desk-item")).to_be_visible()
        return page

    return sit


def number(page: Page) -> str:
    return page.locator("#desk-slot .desk-item").get_attribute("data-number") or ""


def results(engine: Engine, username: str, city: City) -> list[tuple[str, str | None]]:
    with transaction(engine) as connection:
        rows = connection.execute(
            text("SELECT result, reason FROM capture_reviews WHERE by_user = :u ORDER BY id"),
            {"u": city.accounts[username]},
        )
        return [(row.result, row.reason) for row in rows]


def test_a_reviewer_goes_through_by_keyboard(desk: Callable[..., Page], engine: Engine, city: City) -> None:
    page = desk("officer")
    assert page.evaluate(TOO_HIGH) <= 0, "one screen without scrolling"
    assert page.evaluate(SCROLLED) == []
    expect(page.locator("#desk-slot .warned")).to_contain_text("车型与登记车型不同")
    seen = [number(page)]
    for keys in (["y"], ["1"], ["0"], ["9"], ["y"], ["2"], ["y"], ["7"]):
        expect(page.locator("#desk-ready .desk-item")).to_have_count(1)  # the next one is there, images and all
        following = page.locator("#desk-ready .desk-item").get_attribute("data-number")
        for key in [*keys, "Enter"]:
            page.keyboard.press(key)
        expect(page.locator("#desk-slot .desk-item")).to_have_attribute("data-number", str(following))
        seen.append(number(page))
    assert len(set(seen)) == 9, "never the same one twice"
    assert results(engine, "officer", city) == [
        ("smoke", None), ("rejected", "plate_unclear"), ("rejected", "no_smoke"), ("rejected", "handled_on_spot"),
        ("smoke", None), ("rejected", "not_exhaust"), ("smoke", None), ("rejected", "night_glare"),
    ]  # fmt: skip


def test_zoom_pan_and_one_large(desk: Callable[..., Page]) -> None:
    page = desk("officer2")
    frame = page.locator("#desk-slot [data-frames] [data-frame]").first
    page.keyboard.press("+")
    expect(frame).to_have_attribute("data-zoom", "1.50")
    before = frame.locator("img").evaluate("e => e.style.transform")
    page.keyboard.press("ArrowLeft")
    assert frame.locator("img").evaluate("e => e.style.transform") != before
    box = frame.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 40, box["y"] + 40)
    page.mouse.wheel(0, -300)
    expect(frame).not_to_have_attribute("data-zoom", "1.50")
    page.keyboard.press("r")
    expect(frame).to_have_attribute("data-zoom", "1.00")
    page.keyboard.press("f")
    expect(page.locator("#desk-slot .desk-frame:visible")).to_have_count(1)
    for _ in range(3):
        page.keyboard.press("f")
    expect(page.locator("#desk-slot .desk-frame:visible")).to_have_count(3)


def test_a_corrected_plate_a_trailer_and_later(desk: Callable[..., Page], engine: Engine, city: City) -> None:
    page = desk("inspector")
    first = number(page)
    page.keyboard.press("p")
    page.keyboard.type("辽N1234挂")
    page.keyboard.press("Enter")
    page.keyboard.press("y")
    page.keyboard.press("Enter")
    expect(page.locator("#desk-slot [data-fault]")).to_contain_text("挂车号牌")
    expect(page.locator("#desk-slot input[name=plate]")).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.type("辽N1A234")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(page.locator("#desk-slot .desk-item")).not_to_have_attribute("data-number", first)
    with transaction(engine) as connection:
        plates = connection.execute(text("SELECT plate FROM capture_reviews WHERE by_user = :u"),
                                    {"u": city.accounts["inspector"]}).scalars().all()  # fmt: skip
    assert plates == ["辽N1A234"]
    put_off = number(page)
    page.keyboard.press("s")
    expect(page.locator("#desk-slot .desk-item")).not_to_have_attribute("data-number", put_off)


def test_two_people_never_hold_the_same(desk: Callable[..., Page]) -> None:
    one, two = desk("reviewer"), desk("officer2")
    seen: dict[str, set[str]] = {"one": set(), "two": set()}
    for _ in range(5):
        for name, page in (("one", one), ("two", two)):
            expect(page.locator("#desk-ready .desk-item")).to_have_count(1)
            here = number(page)
            seen[name].add(here)
            assert here not in {number(one if page is two else two)}
            page.keyboard.press("y")
            page.keyboard.press("Enter")
            expect(page.locator("#desk-slot .desk-item")).not_to_have_attribute("data-number", here)


@pytest.mark.parametrize(("width", "english"), [(1280, False), (800, True)])
def test_with_the_mouse_on_both_widths(desk: Callable[..., Page], width: int, english: bool) -> None:
    page = desk("officer2", width, 720 if width == 1280 else 1100, english)
    here = number(page)
    page.locator("#desk-slot [data-reason=occlusion]").click()
    page.get_by_role("button", name="Send and next" if english else "提交并审下一条").click()
    expect(page.locator("#desk-slot .desk-item")).not_to_have_attribute("data-number", here)
    assert page.evaluate("() => document.documentElement.scrollWidth - window.innerWidth") <= 0
    if english:
        page.get_by_role("button", name="中文").click()
