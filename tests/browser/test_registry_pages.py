"""The registry in a browser: register a truck by keyboard, import a sheet."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.server.registry_sheets import TRUCK_HEAD, sheet

pytestmark = [pytest.mark.server, pytest.mark.browser]
SignIn = Callable[..., Page]


def test_doubts_are_shown_and_the_second_press_saves(sign_in: SignIn) -> None:
    page = sign_in("officer")
    page.goto("/trucks/new")
    page.fill("#f-plate", "辽N54321")
    page.press("#f-plate", "Enter")
    expect(page.locator("#f-plate_colour")).to_be_focused()
    assert page.input_value("#f-plate") == "辽N54321"
    page.select_option("#f-plate_colour", "yellow")
    page.fill("#f-vin", "LFWSRXRJ9H1E00000")
    page.press("#f-vin", "Enter")
    expect(page.locator(".odd")).to_contain_text("校验位")
    page.get_by_role("button", name="仍然保存").click()
    expect(page.locator(".record-head .plate")).to_contain_text("54321")


def test_a_sheet_from_file_to_register(sign_in: SignIn) -> None:
    page = sign_in("officer", english=True)
    page.goto("/imports/new/trucks")
    rows = [(f"辽N9{i:04}", "黄", "", "国五", "铭牌", 25000, "211302", "甲") for i in range(300)]
    page.set_input_files("#f-file", {"name": "x.csv", "mimeType": "text/csv", "buffer": sheet(TRUCK_HEAD, *rows)})
    page.get_by_role("button", name="Read the file").click()
    page.get_by_role("button", name="Write into the register").click()
    expect(page.locator("[data-flash=good], .flash-good").first).to_contain_text("Written at")
    page.goto("/trucks/?q=N90299")
    expect(page.locator("table.list tbody tr")).to_have_count(1)
