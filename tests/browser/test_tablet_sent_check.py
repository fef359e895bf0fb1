"""A check made on the real screens without a network, looked up on the list, sent when the network is back, corrected."""

from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import Engine

from tests.browser.tablet_checks import PLACE, build, ready
from tests.browser.tablet_offline import arrived, records, strip, until_sent
from tests.browser.tablet_pages import at
from tests.server.conftest import City

pytestmark = [pytest.mark.server, pytest.mark.browser]


@pytest.fixture(scope="module", autouse=True)
def _city(engine: Engine, city: City) -> None:
    build(engine, city)


@pytest.fixture
def tablet_options() -> dict[str, Any]:
    """A device that knows where it stands."""
    return {"geolocation": PLACE, "permissions": ["geolocation"]}


@pytest.fixture
def page(tablet: BrowserContext) -> Page:
    """Its page."""
    return tablet.new_page()


def test_from_the_screens_to_the_server_and_a_correction(
    page: Page, tablet: BrowserContext, address: str, engine: Engine
) -> None:
    inspector = ready(page, address)
    tablet.set_offline(True)
    inspector.begin()
    inspector.plate("JC0", "辽NJC001")
    inspector.next("checklist")
    inspector.next("readings")
    inspector.tap("#looked-at")
    inspector.step("photos")
    for step in ("officers", "party", "done"):
        inspector.next(step)
    strip(page).to_contain_text("1 条已存本机")
    page.evaluate("() => { location.hash = '#/checks'; }")
    at(page, "/checks")
    expect(page.locator('#checks > li[data-state="ready"]')).to_contain_text("辽NJC001")
    tablet.set_offline(False)
    until_sent(page, 1)
    [row] = arrived(engine, "辽NJC001").values()
    [record] = records(page)
    assert record["answer"]["same_verdict"] is True
    expect(page.locator('#checks > li[data-state="sent"]')).to_contain_text(record["answer"]["number"])
    page.fill("#search", "没有")
    expect(page.locator("#checks .empty")).to_be_visible()
    page.fill("#search", "jc001")
    page.locator("#checks .item-tap").click()
    expect(page.locator("#verdict-server")).to_be_visible()
    page.click("#correct")
    expect(page.locator("main .check-review")).to_be_visible()
    newest = records(page)[0]
    assert newest["base"]["id"] == row["id"] and newest["state"] == "draft"
