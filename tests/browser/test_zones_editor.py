"""A zone drawn on the map, with the mouse and without it: what the list says the map shows, and the other way round."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import Engine, text

from server.db import transaction
from server.flows.load_reference import load_reference

pytestmark = [pytest.mark.browser, pytest.mark.server]
SignIn = Callable[..., Page]
SQUARE = "polygon\n120.40, 41.55\n120.50, 41.55\n120.50, 41.60\n120.40, 41.60\n"


@pytest.fixture(scope="module", autouse=True)
def reference(engine: Engine) -> None:
    load_reference(engine)


def open_editor(page: Page) -> None:
    page.goto("/zones/new")
    expect(page.locator("[data-zone-editor][data-ready=yes]")).to_be_visible(timeout=30_000)


def click_at(page: Page, *places: tuple[float, float]) -> None:
    """Clicks at shares of the map's width and height, slow enough to be no double clicks."""
    box = page.locator("[data-zone-editor] canvas.maplibregl-canvas").bounding_box()
    assert box is not None
    for x, y in places:
        page.mouse.click(box["x"] + box["width"] * x, box["y"] + box["height"] * y)
        page.wait_for_timeout(350)


def summary(page: Page) -> str:
    return page.locator("[data-summary]").inner_text()


def test_a_polygon_with_a_hole_is_drawn_changed_and_undone(sign_in: SignIn) -> None:
    page = sign_in("officer")
    open_editor(page)
    page.get_by_role("button", name="绘制面").click()
    click_at(page, (0.2, 0.2), (0.7, 0.2), (0.7, 0.7), (0.2, 0.7))
    page.get_by_role("button", name="完成").click()
    assert "1 个面，4 个顶点" in summary(page)
    page.get_by_role("button", name="绘制孔").click()
    click_at(page, (0.4, 0.4), (0.5, 0.4), (0.5, 0.5))
    page.get_by_role("button", name="完成").click()
    coordinates = page.locator("#f-coordinates")
    assert "7 个顶点" in summary(page)
    assert coordinates.input_value().count("hole") == 1
    box = page.locator("[data-zone-editor] canvas.maplibregl-canvas").bounding_box()
    assert box is not None
    before = coordinates.input_value()
    page.mouse.move(box["x"] + box["width"] * 0.7, box["y"] + box["height"] * 0.7)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.8, box["y"] + box["height"] * 0.8, steps=5)
    page.mouse.up()
    assert coordinates.input_value() != before
    assert "7 个顶点" in summary(page)
    page.get_by_role("button", name="撤销").click()
    assert coordinates.input_value() == before
    page.get_by_role("button", name="重做").click()
    assert coordinates.input_value() != before
    page.get_by_role("button", name="删除顶点").click()
    assert "7 个顶点" in summary(page) or "6 个顶点" in summary(page)


def test_a_crossing_is_marked_while_one_draws(sign_in: SignIn) -> None:
    page = sign_in("officer")
    open_editor(page)
    faults = page.get_by_role("list", name="范围的问题")
    page.fill("#f-coordinates", "polygon\n120.4, 41.5\n120.5, 41.6\n120.5, 41.5\n120.4, 41.6\n")
    expect(faults).to_contain_text("边界自相交 (120.450000, 41.550000)")
    page.fill("#f-coordinates", SQUARE)
    expect(faults).to_be_hidden()
    page.fill("#f-coordinates", SQUARE + "north\n")
    expect(faults).to_contain_text("第 6 行无法读取")


def test_a_zone_is_published_by_keyboard_alone(sign_in: SignIn, engine: Engine) -> None:
    page = sign_in("approver", width=800, english=True)
    open_editor(page)
    page.fill("#f-coordinates", SQUARE)
    page.fill("#f-code", "BY-KEYS")
    page.fill("#f-name_zh", "键盘区")
    page.fill("#f-name_en", "Keyboard zone")
    page.select_option("#f-division", "211302")
    page.fill("#f-valid_from", "2026-09-01T00:00")
    page.select_option("#f-min_machine_stage", "3")
    page.fill("[name='document.number']", "朝政〔2026〕7号")
    page.get_by_role("button", name="Check and preview").last.press("Enter")
    expect(page.locator("h1")).to_contain_text("Preview")
    expect(page.locator("[data-zone-view][data-ready=yes]")).to_be_visible(timeout=30_000)
    expect(page.locator("main")).to_contain_text("stage III; lower ones are banned")
    page.get_by_role("button", name="Publish").press("Enter")
    expect(page.locator("h1")).to_have_text("Keyboard zone")
    with transaction(engine) as connection:
        area = connection.execute(text("SELECT area_m2 FROM zone_versions")).scalar_one()
    assert area == pytest.approx(46.3e6, rel=0.01)


def test_what_was_typed_outlives_a_reload(sign_in: SignIn) -> None:
    page = sign_in("officer")
    open_editor(page)
    page.get_by_role("button", name="绘制面").click()
    click_at(page, (0.2, 0.2), (0.7, 0.2), (0.7, 0.7))
    page.get_by_role("button", name="完成").click()
    page.fill("#f-name_zh", "写了一半")
    drawn = page.input_value("#f-coordinates")
    page.reload()
    expect(page.locator("[data-zone-editor][data-ready=yes]")).to_be_visible(timeout=30_000)
    assert page.input_value("#f-name_zh") == "写了一半"
    assert page.input_value("#f-coordinates") == drawn
    assert "3 个顶点" in summary(page)
