"""The page of a terminal and the quarantine in a real browser: drawn, pointers linked, nothing inline."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import Engine

from tests.browser.test_violation_pages import TOO_WIDE, UNLABELLED
from tests.server import fleets
from tests.server.conftest import City
from tests.server.fleets import BEGIN_US, SECOND_US

pytestmark = pytest.mark.browser
SignIn = Callable[..., Page]


@pytest.fixture(scope="module")
def truck(engine: Engine, city: City) -> int:
    """Twenty minutes of a truck of layout A, with a gap of five minutes and a bad frame."""
    one = fleets.member("hdv", "A")
    number = fleets.enrol(engine, one)
    sent = fleets.frames(one, 1200)
    fleets.take(engine, [*sent[:50], *sent[80:], fleets.broken(sent[60])], BEGIN_US + 1205 * SECOND_US)
    return number


@pytest.fixture(scope="module")
def tracker(engine: Engine, city: City) -> int:
    """Five minutes of a simple tracker."""
    one = fleets.member("json")
    number = fleets.enrol(engine, one)
    fleets.take(engine, fleets.frames(one, 300), BEGIN_US + 305 * SECOND_US)
    return number


def test_curves_and_track_are_drawn_and_point_at_one_time(sign_in: SignIn, truck: int) -> None:
    page = sign_in("officer")
    page.goto(f"/terminals/{truck}?from=2026-11-24T08:00&to=2026-11-24T08:20")
    expect(page.locator("#device-curves[data-drawn=yes] canvas")).to_be_visible(timeout=30_000)
    expect(page.locator("#device-map[data-drawn=yes]")).to_be_visible(timeout=30_000)
    expect(page.locator("#device-label")).to_contain_text("2026-11-24 08:19")
    page.locator("#device-time").focus()
    page.keyboard.press("Home")
    expect(page.locator("#device-label")).to_have_text("2026-11-24 08:00:00")
    box = page.locator("#device-curves").bounding_box()
    assert box is not None
    page.locator("#device-curves").scroll_into_view_if_needed()
    page.locator("#device-curves").hover(position={"x": box["width"] / 2, "y": 60})
    expect(page.locator("#device-label")).to_have_text(re.compile(r"2026-11-24 08:(09|1\d):\d\d"))
    assert page.locator("#track-colour option").count() >= 5
    page.select_option("#track-colour", "speed_kmh")
    expect(page.locator("#track-legend")).to_contain_text("km/h")
    expect(page.locator("#device-values")).to_contain_text("NOx 下游 (ppm)")


def test_a_tracker_says_what_it_does_not_report(sign_in: SignIn, tracker: int) -> None:
    page = sign_in("officer")
    page.goto(f"/terminals/{tracker}")
    expect(page.locator("#device-absent")).to_contain_text("该类终端未上报发动机数据", timeout=30_000)
    expect(page.locator("#device-map[data-drawn=yes]")).to_be_visible(timeout=30_000)


def test_from_the_page_to_a_packet_by_keyboard(sign_in: SignIn, truck: int) -> None:
    page = sign_in("officer")
    page.goto(f"/terminals/{truck}")
    page.locator("#packets tr[data-href]").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator(".dump")).to_contain_text("23 23")
    expect(page.locator(".said-box")).to_contain_text("ppm")


def test_the_bytes_open_at_the_fault_and_a_page_is_chosen_at_once(sign_in: SignIn, truck: int) -> None:
    page = sign_in("officer")
    page.goto("/quarantine/")
    page.get_by_role("button", name="选择本页").click()
    boxes = page.locator("input.chooser")
    assert boxes.count() >= 1
    assert page.locator("input.chooser:checked").count() == boxes.count()
    page.locator("tr[data-href] a[href^='/quarantine/']").first.click()
    expect(page.locator(".dump td:nth-child(2) mark")).to_be_in_viewport()
    page.locator("#f-reason").fill("测试报文")
    page.get_by_role("button", name="搁置").click()
    expect(page.locator("[data-flash=good]")).to_contain_text("已搁置 1 帧")


@pytest.mark.parametrize("width", [1280, 800])
@pytest.mark.parametrize("english", [False, True])
def test_every_page_fits_and_everything_on_it_has_a_name(
    sign_in: SignIn, truck: int, width: int, english: bool
) -> None:
    page = sign_in("officer", width, english)
    page.goto(f"/terminals/{truck}")
    packet = page.locator("#packets tr[data-href]").first.get_attribute("data-href")
    places = [f"/terminals/{truck}", f"/terminals/{truck}?day=2026-11-01", "/quarantine/?state=", str(packet)]
    for place in places:
        page.goto(place)
        page.wait_for_load_state("networkidle")
        assert page.evaluate(TOO_WIDE) <= 0, place
        assert page.evaluate(UNLABELLED) == [], place
    if english:
        page.get_by_role("button", name="中文").click()
