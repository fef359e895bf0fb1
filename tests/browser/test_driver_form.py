"""A driver at the gate, on a phone of 360 px: the keys for the plate, the entry, what comes back when it is wrong."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import Engine, text

from server.db import transaction
from tests.server.conftest import City
from tests.server.ledger_world import add_gate

pytestmark = [pytest.mark.server, pytest.mark.browser]
SignIn = Callable[..., Page]


@pytest.fixture(scope="module")
def code(engine: Engine, city: City) -> str:
    """What the QR code of the gate holds."""
    with transaction(engine) as connection:
        number = add_gate(connection, city.enterprise_id)
        found: str = connection.execute(
            text("SELECT driver_code FROM gates WHERE id = :id"), {"id": number}
        ).scalar_one()
    return found


@pytest.fixture
def phone(browser: Browser, address: str) -> Iterator[Page]:
    """A phone that nobody is signed in on; the test fails on any error in its console."""
    faults: list[str] = []
    context = browser.new_context(viewport={"width": 360, "height": 740}, base_url=address, has_touch=True)
    page = context.new_page()
    page.on("pageerror", lambda fault: faults.append(str(fault)))
    page.on("console", lambda one: one.type == "error" and "status of 422" not in one.text and faults.append(one.text))
    yield page
    context.close()
    assert faults == []


def press(page: Page, plate: str) -> None:
    """The plate on its keys, one after the other."""
    for sign in plate:
        page.locator(f'.plate-key[data-key="{sign}"]').tap()


def test_a_driver_enters_a_passage_with_the_keys(phone: Page, engine: Engine, code: str, sign_in: SignIn) -> None:
    phone.goto(f"/gate/{code}")
    assert phone.evaluate("document.documentElement.scrollWidth <= 360")
    phone.locator("label", has_text="进厂").tap()
    phone.locator("#f-plate").tap()
    expect(phone.locator("#plate-keys")).to_have_attribute("data-page", "provinces")
    press(phone, "辽N12345D")
    expect(phone.locator("#f-plate")).to_have_value("辽N12345D")
    expect(phone.locator("input[name=plate_colour][value=yellow_green]")).to_be_checked()
    phone.locator('.plate-key[data-key="删除最后一位"]').tap()
    expect(phone.locator("#f-plate")).to_have_value("辽N12345")
    phone.locator("label", has_text="黄牌").tap()
    phone.select_option("#f-fuel", "diesel")
    phone.select_option("#f-stage", "5")
    phone.fill("#f-cargo", "煤")
    expect(phone.locator("#plate-keys")).to_be_hidden()
    phone.fill("#f-quantity", "30")
    phone.get_by_role("button", name="提交").tap()
    expect(phone.locator("#f-unit-fault")).to_contain_text("单位")  # what was typed is still there
    expect(phone.locator("#f-plate")).to_have_value("辽N12345")
    phone.select_option("#f-unit", "t")
    phone.get_by_role("button", name="提交").tap()
    expect(phone.locator(".driver-done")).to_contain_text("已提交")
    assert phone.evaluate("document.documentElement.scrollWidth <= 360")
    keeper = sign_in("enterprise", width=800)
    keeper.goto("/ledger-reviews/")
    expect(keeper.locator(".review-row")).to_have_count(1)
    keeper.get_by_role("button", name="确认", exact=True).click()
    expect(keeper.locator(".empty")).to_be_visible()
    with transaction(engine) as connection:
        row = connection.execute(text("SELECT plate, plate_colour, state, tonnes FROM ledger_passages")).one()
    assert (row.plate, row.plate_colour, row.state, float(row.tonnes)) == ("辽N12345", "yellow", "taken", 30.0)


def test_the_form_is_english_for_who_asks_and_works_without_its_keys(phone: Page, code: str) -> None:
    phone.goto(f"/gate/{code}")
    phone.get_by_role("button", name="English").tap()
    phone.wait_for_url(f"**/gate/{code}")
    expect(phone.locator("legend").first).to_contain_text("Which way")
    assert phone.evaluate("document.documentElement.scrollWidth <= 360")
    phone.locator("#f-plate").fill("辽p99999")  # pasted, or typed on keys of one's own
    expect(phone.locator("#f-plate")).to_have_value("辽P99999")
    phone.reload()
    expect(phone.locator("#f-plate")).to_have_value("辽P99999")  # kept through a reload
