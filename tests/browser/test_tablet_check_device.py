"""A check on a device that fails: no position, full, killed in the middle; and its camera."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, expect
from sqlalchemy import Engine

from tests.browser.tablet_checks import (
    APP,
    PLACE,
    Inspector,
    build,
    over_the_limit,
    ready,
    recognised,
)
from tests.browser.tablet_pages import unlock
from tests.conftest import CHROMIUM, CHROMIUM_ARGUMENTS
from tests.server.conftest import City

pytestmark = [pytest.mark.server, pytest.mark.browser]
FULL = """() => {
  window.save ??= app.checks.save;
  app.checks.save = async () => { throw Object.assign(new Error("full"), { name: "StorageFull" }); };
}"""
FAKE_CAMERA = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]


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


def test_without_a_position_the_place_is_asked_for_before_the_end(browser: Browser, address: str) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 640}, has_touch=True)
    try:
        inspector = ready(context.new_page(), address)
        inspector.begin()
        inspector.plate("JC0", "辽NJC001")
        expect(inspector.page.locator("main")).to_contain_text("手动设置")
        inspector.next("checklist")
        inspector.next("readings")
        inspector.tap("#looked-at")
        inspector.step("photos")
        inspector.next("officers")
        inspector.next("party")
        inspector.tap("#next")
        inspector.step("known")
        expect(inspector.page.locator(".toast-over")).to_contain_text("请确定地点")
        inspector.page.locator(".toast-over").click()
        inspector.page.locator("#by-hand").click()
        inspector.page.fill("#place-text", "国道101线K532")
        inspector.page.locator("#use-place").click()
        inspector.tap("#overview")
        inspector.step("review")
        inspector.tap("#finish")
        inspector.step("done")
        assert inspector.sent()["check"]["place"] == "国道101线K532"
    finally:
        context.close()


def test_a_full_device_loses_nothing_that_was_typed(page: Page, address: str) -> None:
    inspector = ready(page, address)
    inspector.begin()
    inspector.plate("JC0", "辽NJC001")
    inspector.next("checklist")
    page.evaluate(FULL)
    inspector.tap(page.locator(".point").nth(0))
    expect(page.locator('[data-strip="full"]')).to_contain_text("平板存储空间已满")
    page.fill(".points input", "未出示")
    page.evaluate("() => { app.checks.save = window.save; }")
    inspector.tap("#next")
    inspector.step("readings")
    expect(page.locator('[data-strip="full"]')).to_have_count(0)
    entry = inspector.record()["check"]["checklist"][0]
    assert (entry["answer"], entry["note"]) == ("no", "未出示")
    inspector.tap("#looked-at")
    inspector.step("photos")
    inspector.next("officers")
    inspector.next("party")
    page.evaluate(FULL)
    inspector.tap("#next")
    expect(page.locator('[data-strip="full"]')).to_contain_text("平板存储空间已满")
    inspector.step("party")
    page.evaluate("() => { app.checks.save = window.save; }")
    inspector.tap("#next")
    inspector.step("done")
    assert inspector.sent()["verdict"]["outcome"] == "passed"


def device(browser: Browser, folder: Path) -> BrowserContext:
    """A tablet whose storage outlives its browser."""
    return browser.browser_type.launch_persistent_context(
        folder, executable_path=CHROMIUM, args=[*CHROMIUM_ARGUMENTS, *FAKE_CAMERA], viewport={"width": 800, "height": 1280},
        has_touch=True, geolocation=PLACE, permissions=["geolocation", "camera"],
    )  # fmt: skip


def kill(folder: Path) -> None:
    """End the browser of this folder as a flat battery does."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if f"--user-data-dir={folder}".encode() in command:
                os.kill(int(entry.name), signal.SIGKILL)


@pytest.fixture
def devices(browser: Browser, tmp_path: Path) -> Iterator[Callable[[], BrowserContext]]:
    """`devices()`: the same tablet, started (again)."""
    open_: list[BrowserContext] = []

    def start() -> BrowserContext:
        open_.append(device(browser, tmp_path / "tablet"))
        return open_[-1]

    yield start
    for context in open_:
        with suppress(Error):
            context.close()


def test_killed_in_the_middle_of_the_readings_it_goes_on_where_it_was(
    devices: Callable[[], BrowserContext], tmp_path: Path, address: str
) -> None:
    page = devices().new_page()
    inspector = ready(page, address)
    inspector.begin()
    inspector.plate("JC0", "辽NJC001")
    inspector.next("checklist")
    inspector.tap(page.locator(".point").nth(2))
    inspector.next("readings")
    inspector.method("free_acceleration")
    inspector.tap('input[data-field="peaks"] >> nth=0')
    for key in ("2", ".", "9", "next", "1", "."):
        inspector.tap(f'.key[data-key="{key}"]')
    before = inspector.record()
    kill(tmp_path / "tablet")
    again = devices().new_page()
    again.goto(f"{address}/tablet/")
    unlock(again)
    again.evaluate(APP)
    inspector = Inspector(again)
    record = inspector.record()
    assert record == before | {"changed_ms": record["changed_ms"]}
    again.evaluate("(key) => app.flow.resume(key)", record["key"])
    inspector.step("readings")
    fields = again.locator('input[data-field="peaks"]')
    expect(fields.nth(0)).to_have_value("2.9")
    expect(fields.nth(1)).to_have_value("1.")
    inspector.tap("#overview")
    inspector.step("review")
    expect(again.locator("main")).to_contain_text("开启执法记录仪")


def test_the_camera_view_takes_three_photos_in_three_taps(devices: Callable[[], BrowserContext], address: str) -> None:
    page = devices().new_page()
    inspector = ready(page, address)
    over_the_limit(inspector, tablet_photos=False)
    inspector.tap("#overview")
    inspector.step("review")
    inspector.tap(page.get_by_role("button", name="修改：照片"))
    inspector.step("photos")
    inspector.tap("#camera")
    shutter = page.locator("#shutter")
    box = shutter.bounding_box()
    assert box is not None
    assert (box["width"], box["height"]) == (72, 72)
    for n in range(3):
        expect(shutter).to_be_enabled()
        inspector.tap(shutter)
        expect(page.locator(".camera-purpose")).to_contain_text(f"· {n + 1}")
    inspector.tap("#camera-close")
    photos = inspector.photos()
    assert [one["purpose"] for one in photos] == ["scene", "plate", "reading"]
    for photo in photos:
        media = recognised(photo["bytes"], photo["name"])
        assert abs((media.taken_at or datetime.now(UTC)).timestamp() * 1000 - photo["taken_ms"]) < 5000
        assert (media.lon, media.lat) == (pytest.approx(120.45, abs=1e-5), pytest.approx(41.57, abs=1e-5))
        assert photo["original"] is None
