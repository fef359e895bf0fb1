"""The headless browser that page tests drive."""

import pytest
from playwright.sync_api import Browser


@pytest.mark.browser
def test_browser_renders_chinese(browser: Browser) -> None:
    page = browser.new_page()
    page.set_content("<title>平台</title><p id=x>禁行区</p>")
    assert page.title() == "平台"
    assert page.locator("#x").inner_text() == "禁行区"
    page.close()
