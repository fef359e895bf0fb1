"""Every screen of a check at two sizes and in both languages: 48 px, names, contrast, nothing that scrolls sideways."""

import pytest
from playwright.sync_api import Browser
from sqlalchemy import Engine

from tests.browser.tablet_checks import PLACE, build, ready
from tests.browser.tablet_shots import LANGUAGES, SIZES, walk
from tests.server.conftest import City

pytestmark = [pytest.mark.server, pytest.mark.browser]


@pytest.fixture(scope="module", autouse=True)
def _city(engine: Engine, city: City) -> None:
    build(engine, city)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("size", SIZES)
def test_screens_for_gloves_and_sun(browser: Browser, address: str, size: tuple[int, int], language: str) -> None:
    width, height = size
    context = browser.new_context(
        viewport={"width": width, "height": height}, has_touch=True, geolocation=PLACE, permissions=["geolocation"]
    )
    try:
        inspector = ready(context.new_page(), address, english=language == "en")
        faults = walk(inspector, f"{width}-{language}")
        assert not faults, "\n".join(faults)
    finally:
        context.close()
