"""An officer's way in a real browser: from the first page by keyboard to a decision; the map lives; print is clean."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import Engine, text

from server.db import transaction
from tests.server import records
from tests.server.conftest import City

pytestmark = pytest.mark.browser
SignIn = Callable[..., Page]
HOSTILE = "<img src=x onerror=alert(1)>"
UNLABELLED = """() => [...document.querySelectorAll('input:not([type=hidden]), select, textarea, button, a')]
  .filter((e) => e.offsetParent && !e.labels?.length)
  .filter((e) => !(e.textContent.trim() || e.getAttribute('aria-label') || e.title))
  .map((e) => e.outerHTML)"""
TOO_WIDE = "() => document.documentElement.scrollWidth - window.innerWidth"


@pytest.fixture(scope="module")
def violation(engine: Engine, city: City) -> int:
    with transaction(engine) as connection:
        owner = records.truck(connection, "辽N13579")
        records.packets(connection, owner[1], 30)
        return records.violation(connection, records.zone(connection), owner)


def report(engine: Engine, plate: str, lon: float = 120.44) -> int:
    with transaction(engine) as connection:
        _, terminal_id = records.truck(connection, plate)
        connection.execute(
            text(
                "INSERT INTO terminal_states (terminal_id, measured_at, received_at, lon, lat, direction_deg)"
                " VALUES (:t, now(), now(), :lon, 41.57, 90)"
            ),
            {"t": terminal_id, "lon": lon},
        )
    return terminal_id


def test_by_keyboard_from_the_first_page_to_the_violation(sign_in: SignIn, violation: int) -> None:
    page = sign_in("officer")
    page.keyboard.press("/")
    expect(page.locator("#search")).to_be_focused()
    page.keyboard.type("辽N13579")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("辽N")
    page.goto("/violations/")
    page.locator("tr[data-href]").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{page.url.split('/violations')[0]}/violations/{violation}")


def test_the_violation_page_draws_its_track_and_the_slider_tells_the_time(sign_in: SignIn, violation: int) -> None:
    page = sign_in("officer")
    page.goto(f"/violations/{violation}")
    expect(page.locator("#violation-map[data-drawn=yes]")).to_be_visible(timeout=30_000)
    expect(page.locator("#track-count")).to_have_text("全部 180 个定位点")
    expect(page.locator("#track-label")).to_contain_text("区内")
    page.locator("#track-time").focus()
    page.keyboard.press("Home")
    expect(page.locator("#track-label")).to_contain_text("区外")
    expect(page.locator("#track-label")).to_contain_text("2026-11-24 08:05:00")


def test_only_reasons_of_the_chosen_decision_can_be_chosen(sign_in: SignIn, violation: int) -> None:
    page = sign_in("officer2")
    page.goto(f"/violations/{violation}")
    page.get_by_label("排除", exact=True).check()
    assert page.locator("#f-reason optgroup:not([disabled])").count() == 1
    expect(page.locator("#f-reason option[value=track_clear]")).to_be_disabled()


def test_what_was_typed_survives_a_reload_and_an_expired_session(sign_in: SignIn, violation: int) -> None:
    page = sign_in("officer2")
    page.goto(f"/violations/{violation}")
    page.fill("#f-note", "写了一半的说明")
    page.reload()
    expect(page.locator("#f-note")).to_have_value("写了一半的说明")
    page.context.clear_cookies()
    page.get_by_label("确认", exact=True).check()
    page.select_option("#f-reason", "track_clear")
    page.get_by_role("button", name="作出处理").click()
    expect(page).to_have_url(re.compile(r"/sign-in\?next=/violations/\d+$"))
    page.fill("#f-username", "officer2")
    page.fill("#f-password", "Diesel-2026-test")
    page.press("#f-password", "Enter")
    expect(page.locator("#f-note")).to_have_value("写了一半的说明")
    expect(page.locator("#f-reason")).to_have_value("track_clear")


def test_the_live_map_shows_a_new_position_without_a_reload(sign_in: SignIn, engine: Engine) -> None:
    page = sign_in("officer")
    page.goto("/map/")
    expect(page.locator("#live-map[data-ready=yes]")).to_be_visible(timeout=30_000)
    page.evaluate("window.stayed = true")
    report(engine, "辽N86420")
    expect(page.locator("#list-terminals")).to_contain_text("辽N86420", timeout=15_000)
    assert page.evaluate("window.stayed")


def test_a_hostile_plate_stays_text_on_the_map(sign_in: SignIn, engine: Engine) -> None:
    report(engine, HOSTILE, 120.45)
    page = sign_in("officer")
    page.goto("/map/")
    button = page.locator("#list-terminals button", has_text=HOSTILE)
    button.click(timeout=30_000)
    expect(page.locator(".map-popup strong")).to_have_text(HOSTILE)
    assert page.locator(".map-popup img").count() == 0


def test_a_lost_connection_is_a_strip_and_goes_again(sign_in: SignIn) -> None:
    page = sign_in("officer")
    page.goto("/map/")
    expect(page.locator("#live-map[data-ready=yes]")).to_be_visible(timeout=30_000)
    page.context.set_offline(True)
    expect(page.locator("#lost")).to_be_visible(timeout=10_000)
    page.context.set_offline(False)
    expect(page.locator("#lost")).to_be_hidden(timeout=10_000)


@pytest.mark.parametrize("width", [1280, 800])
@pytest.mark.parametrize("english", [False, True])
def test_every_page_fits_and_everything_on_it_has_a_name(
    sign_in: SignIn, violation: int, width: int, english: bool
) -> None:
    page = sign_in("officer", width, english)
    own = f"/violations/{violation}"
    for place in ("/", "/map/", "/violations/", own, f"{own}/why", "/leads/", "/account"):
        page.goto(place)
        assert page.evaluate(TOO_WIDE) <= 0, place
        assert page.evaluate(UNLABELLED) == [], place
    if english:
        page.get_by_role("banner").get_by_role("button", name="中文").click()


def test_the_sheet_prints_without_the_frame(sign_in: SignIn, violation: int) -> None:
    page = sign_in("officer")
    page.goto(f"/violations/{violation}/why")
    page.emulate_media(media="print")
    expect(page.locator(".bar")).to_be_hidden()
    expect(page.locator(".top")).to_be_hidden()
    expect(page.locator(".why-sentence")).to_be_visible()
    sheets = page.pdf(format="A4").count(b"/Type /Page\n") or page.pdf(format="A4").count(b"/Type /Page")
    assert sheets >= 1


def test_an_officer_confirms(sign_in: SignIn, violation: int) -> None:
    page = sign_in("officer")
    page.goto(f"/violations/{violation}")
    page.get_by_role("radio", name="确认").check()
    page.select_option("#f-reason", "track_clear")
    page.fill("#f-note", "轨迹清楚，确认违规")
    page.get_by_role("button", name="作出处理").click()
    expect(page.locator("[data-flash=good]")).to_contain_text("证据已封存")
    expect(page.locator(".record-head .state")).to_have_text("已确认")
    page.wait_for_load_state("load")
    assert page.evaluate("Object.keys(sessionStorage).filter((key) => key.startsWith('kept:')).length") == 0
