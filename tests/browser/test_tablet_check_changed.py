"""A check that is changed: before it is sent, and corrected afterwards; numbers that are not needed go back."""

from datetime import datetime
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import Engine

from enforcement.rules.book import BEIJING
from tests.browser.tablet_checks import PLACE, build, finish_clean, over_the_limit, ready
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


def test_a_number_that_is_not_needed_goes_back(page: Page, address: str) -> None:
    inspector = ready(page, address)
    before = page.evaluate("app.numbers.available()")
    over_the_limit(inspector, tablet_photos=False)
    inspector.tap(page.get_by_role("radio", name="不在场"))
    inspector.next("notice")
    assert page.evaluate("app.numbers.available()") == before - 1
    inspector.next("review")
    inspector.tap(page.get_by_role("button", name="修改：检测读数"))
    inspector.step("readings")
    inspector.tap('input[data-field="peaks"] >> nth=0')
    for _ in range(4):
        inspector.tap('.key[data-key="back"]')
    inspector.tap('.key[data-key="close"]')
    inspector.tap(page.get_by_role("button", name="清除该方法"))
    inspector.tap("#looked-at")
    inspector.step("photos")
    inspector.next("officers")
    inspector.next("party")
    inspector.next("done")
    record = inspector.record()
    assert record["notice"] is None
    assert page.evaluate("app.numbers.available()") == before


def test_a_finished_check_is_changed_until_it_is_sent(page: Page, tablet: BrowserContext, address: str) -> None:
    inspector = ready(page, address)
    tablet.set_offline(True)
    inspector.begin()
    inspector.plate("JC0", "辽NJC001")
    finish_clean(inspector)
    inspector.tap("#change")
    inspector.step("review")
    assert inspector.record()["state"] == "draft"
    page.fill("#note", "随车清单未携带")
    inspector.tap("#finish")
    inspector.step("done")
    record = inspector.record()
    assert record["state"] == "ready"
    assert record["check"]["note"] == "随车清单未携带"


def test_a_check_on_the_server_is_corrected_with_a_reason(page: Page, address: str) -> None:
    inspector = ready(page, address)
    row = {
        "id": 9, "number": "J20261120-000009", "version": 2, "at": "2026-11-20T01:30:00+00:00", "subject_text": "辽NJC001",
        "colour": "yellow", "kind": "roadside", "lon": 120.45, "lat": 41.57, "place": "国道101线",
        "content": {
            "methods": {"free_acceleration": {"peaks": [0.8, 0.9, 1.0], "quantity": "k"}},
            "officers": [{"name": "王建国", "card_number": "06130001"}], "checklist": [], "party": None, "note": "", "weather": None,
        },
    }  # fmt: skip
    page.evaluate("async (row) => { await app.flow.start(row.kind, { correction: row }); }", row)
    inspector.step("review")
    inspector.tap(page.get_by_role("button", name="修改：检测读数"))
    inspector.step("readings")
    expect(page.locator('input[data-field="peaks"]').first).to_have_value("0.8")
    page.locator('input[data-field="peaks"]').first.click()
    for key in ("back", "back", "back", "1", ".", "8"):
        inspector.tap(f'.key[data-key="{key}"]')
    inspector.tap('.key[data-key="close"]')
    inspector.tap("#overview")
    inspector.step("review")
    inspector.tap("#finish")
    expect(page.locator(".toast-over")).to_contain_text("更正理由")
    page.fill("#reason", "峰值抄录有误")
    inspector.tap("#finish")
    inspector.step("done")
    record = inspector.record()
    assert record["base"] == {"id": 9, "number": "J20261120-000009", "version": 2}
    assert record["reason"] == "峰值抄录有误"
    assert record["check"]["methods"]["free_acceleration"]["peaks"] == [1.8, 0.9, 1]
    at = datetime(2026, 11, 20, 9, 30, tzinfo=BEIJING).timestamp() * 1000
    assert record["device_at"] + (record["offset_ms"] or 0) == at
    assert record["notice"] is None


def test_what_was_sent_is_corrected_from_its_last_screen(page: Page, address: str) -> None:
    inspector = ready(page, address)
    inspector.begin()
    inspector.plate("JK7", "辽NJK777")
    finish_clean(inspector)
    first = inspector.sent()
    inspector.tap("#correct")
    inspector.step("review")
    page.fill("#reason", "补记备注")
    page.fill("#note", "驾驶员出示了随车清单")
    inspector.tap("#finish")
    inspector.step("done")
    second = inspector.sent()
    assert second["base"] == {"id": first["answer"]["id"], "number": first["answer"]["number"], "version": 1}
    assert (second["answer"]["id"], second["answer"]["version"]) == (first["answer"]["id"], 2)
