"""Nothing that an inspector recorded is lost: network cut, browser killed, server broken, line slow, session ended."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import Engine, text

from server.db import transaction
from tests.browser.tablet_offline import (
    Line,
    check_all,
    device,
    kill,
    make,
    no_bytes_left,
    opened_again,
    records,
    run_all,
    sign_in_again,
    states,
    strip,
    until_sent,
    until_some,
)
from tests.browser.tablet_pages import at, enrolled
from tests.server.conftest import City
from tests.server.served import served

pytestmark = [pytest.mark.server, pytest.mark.browser]


@pytest.fixture(scope="module")
def line(web: Flask) -> Line:
    """The line between tablet and server."""
    return Line(web)


@pytest.fixture(scope="module")
def address(line: Line, city: City) -> Iterator[str]:
    """Where the application listens behind its line."""
    with served(line) as listening:  # type: ignore[arg-type]
        yield listening


@pytest.fixture(autouse=True)
def _whole_again(line: Line) -> Iterator[None]:
    yield
    line.fault = None


@pytest.fixture
def page(tablet: BrowserContext, address: str) -> Page:
    """Enrolled."""
    return enrolled(tablet.new_page(), address)


def test_ten_checks_survive_the_cut_network_and_the_killed_browser(
    browser: Browser, tmp_path: Path, address: str, engine: Engine
) -> None:
    folder = tmp_path / "tablet"
    context = device(browser, folder)
    page = enrolled(context.new_page(), address)
    context.set_offline(True)
    made = make(page, 10, plate="辽NA")
    strip(page).to_contain_text("10")
    kept = context.cookies()
    assert kept and all(cookie["expires"] > 0 for cookie in kept), "a log-in on a tablet outlives the browser"
    kill(folder)
    again = device(browser, folder, offline=True)
    again.add_cookies(kept)  # a browser writes its cookies down twice a minute; this one did not live so long
    page = opened_again(again, address)
    assert states(page) == {"ready": 10}
    strip(page).to_contain_text("无网络")
    again.set_offline(False)
    until_sent(page, 10)
    check_all(engine, made, "辽NA")
    no_bytes_left(page)
    again.close()


def test_killed_in_the_middle_of_sending_each_arrives_once(
    browser: Browser, tmp_path: Path, address: str, engine: Engine
) -> None:
    folder = tmp_path / "tablet"
    context = device(browser, folder)
    page = enrolled(context.new_page(), address)
    context.set_offline(True)
    made = make(page, 6, plate="辽NB")
    context.set_offline(False)
    until_some(page, 2)
    kill(folder)
    again = device(browser, folder)
    again.clear_cookies()
    page = opened_again(again, address)
    sign_in_again(page)
    until_sent(page, 6)
    check_all(engine, made, "辽NB")
    no_bytes_left(page)
    again.close()


def test_a_server_that_breaks_and_answers_that_are_lost(
    page: Page, tablet: BrowserContext, line: Line, engine: Engine
) -> None:
    tablet.set_offline(True)
    made = make(page, 10, plate="辽NC")
    line.fault = lambda method, path, n: {0: "500", 2: "lost", 4: "portal"}.get(n % 7)
    tablet.set_offline(False)
    until_sent(page, 10)
    assert set(line.met) == {"500", "lost", "portal"}
    check_all(engine, made, "辽NC")
    no_bytes_left(page)


def test_a_server_that_is_down_loses_nothing_and_says_why(page: Page, line: Line, engine: Engine) -> None:
    line.fault = lambda method, path, n: "500"
    made = make(page, 2, plate="辽ND")
    run_all(page)
    page.goto(page.url.split("#")[0] + "#/unsent")
    at(page, "/unsent")
    rows = page.locator("#unsent-list > li")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("500")
    expect(rows.first).to_contain_text("秒后")
    line.fault = None
    page.click("#send-all")
    expect(page.locator(".empty")).to_contain_text("全部已上传")
    check_all(engine, made, "辽ND")


def test_one_check_that_the_server_chokes_on_holds_nothing_up(
    page: Page, tablet: BrowserContext, line: Line, engine: Engine
) -> None:
    tablet.set_offline(True)
    made = make(page, 4, plate="辽NE")
    first = made[0]["files"][0]
    line.fault = lambda method, path, n: "500" if first in path else None
    tablet.set_offline(False)
    until_some(page, 3)
    [left] = [one for one in records(page) if one["state"] != "sent"]
    assert left["key"] == made[0]["key"] and left["problem"]["status"] == 500
    line.fault = None
    until_sent(page, 4)
    check_all(engine, made, "辽NE")


def test_an_emulated_2g_line(page: Page, tablet: BrowserContext, engine: Engine) -> None:
    tablet.set_offline(True)
    made = make(page, 10, size=64, plate="辽NF")
    talk = tablet.new_cdp_session(page)
    tablet.set_offline(False)
    talk.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": 800, "downloadThroughput": 30000, "uploadThroughput": 30000},
    )
    until_sent(page, 10)
    check_all(engine, made, "辽NF")


def test_an_ended_session_asks_for_the_password_and_sends_then(
    page: Page, tablet: BrowserContext, engine: Engine, city: City
) -> None:
    tablet.set_offline(True)
    made = make(page, 10, plate="辽NG")
    with transaction(engine) as connection:
        connection.execute(
            text("UPDATE users SET session_epoch = session_epoch + 1 WHERE id = :id"),
            {"id": city.accounts["inspector"]},
        )
    tablet.set_offline(False)
    strip(page).to_contain_text("请登录后上传（10 条待传）")
    assert states(page) == {"ready": 10}
    sign_in_again(page)
    until_sent(page, 10)
    check_all(engine, made, "辽NG")


def test_two_windows_never_send_the_same_check_at_once(
    page: Page, tablet: BrowserContext, address: str, line: Line, engine: Engine
) -> None:
    other = opened_again(tablet, address)
    seen: list[str] = []

    def note(method: str, path: str, n: int) -> None:
        if method == "POST" and path.endswith("/checks"):
            seen.append(path)

    tablet.set_offline(True)
    made = make(page, 6, plate="辽NH")
    line.fault = note  # type: ignore[assignment]
    tablet.set_offline(False)
    page.evaluate("() => { app.sync.run({ all: true }); }")
    run_all(other)
    until_sent(other, 6)
    check_all(engine, made, "辽NH")
    assert len(seen) == 6


def test_locked_in_the_middle_of_sending(page: Page, tablet: BrowserContext, address: str, engine: Engine) -> None:
    tablet.set_offline(True)
    made = make(page, 6, plate="辽NI")
    tablet.set_offline(False)
    until_some(page, 1)
    page.click("#lock")
    at(page, "/unlock")
    page.close()
    page = opened_again(tablet, address)
    until_sent(page, 6)
    check_all(engine, made, "辽NI")
