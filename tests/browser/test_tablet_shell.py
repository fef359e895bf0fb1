"""The app of the tablet: installed, opened without a network, locked, shared, wiped, renewed."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from tests.browser.tablet_pages import at, enrolled, unlock

pytestmark = [pytest.mark.server, pytest.mark.browser]


@pytest.fixture
def tablet(browser: Browser) -> Iterator[BrowserContext]:
    """A device that nobody signed in on."""
    context = browser.new_context(viewport={"width": 800, "height": 1280}, has_touch=True)
    yield context
    context.close()


def test_opens_without_a_network_after_one_sign_in(tablet: BrowserContext, address: str) -> None:
    page = enrolled(tablet.new_page(), address)
    expect(page.locator(".who")).to_contain_text("姓名inspector")
    tablet.set_offline(True)
    page.reload()
    unlock(page)
    at(page, "/")
    expect(page.locator(".who")).to_contain_text("姓名inspector")
