"""Evidence in a real browser: the large view by keyboard, zoom, two pictures side by side, the check of the bytes."""

import io
import os
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from PIL import Image, ImageDraw
from playwright.sync_api import Page, expect
from sqlalchemy import Engine, text

from server.db import transaction
from server.flows.keep_evidence import Owner, Upload, keep
from server.store.audit import PLATFORM
from tests.server.conftest import City
from tests.server.evidence_files import mp4, pdf

pytestmark = pytest.mark.browser
SignIn = Callable[..., Page]
SHOTS = os.environ.get("EVIDENCE_SHOTS")
SCALE = "() => new DOMMatrix(getComputedStyle(document.querySelector('.viewer-pane img')).transform).a"
TOO_WIDE = "() => document.documentElement.scrollWidth - window.innerWidth"


def photo(number: int) -> bytes:
    """A picture that tells which one it is."""
    image = Image.new("RGB", (1600, 1200), (90, 110 + 20 * number, 130))
    draw = ImageDraw.Draw(image)
    draw.ellipse((500, 100, 1300, 700), fill=(40, 40, 40))
    draw.rectangle((300, 700, 1200, 1000), fill=(200, 170, 40))
    draw.text((320, 1050), f"frame {number}", fill="white", font_size=80)
    out = io.BytesIO()
    image.save(out, "JPEG")
    return out.getvalue()


@pytest.fixture(scope="module")
def item(web: Flask, engine: Engine, city: City) -> int:
    """The first of five items of a case."""
    with transaction(engine) as connection:
        case_id = connection.execute(
            text(
                "INSERT INTO cases (number, subject_kind, subject_text, division, organisation_id, acted_from, acted_to,"
                " law, offences, facts, state, holder_id) VALUES ('C20261124-000009', 'truck', '辽N12345', '211302', :o,"
                " now(), now(), 'CODE', '{}', '{}', 'filed', :o) RETURNING id"
            ),
            {"o": city.organisations["city"]},
        ).scalar_one()
        at = datetime(2026, 11, 24, 0, 15, 32, tzinfo=UTC)
        files = [Upload(f"抓拍{n}.jpg", io.BytesIO(photo(n)), "smoke", at, 120.451234, 41.576543) for n in range(1, 4)]
        files += [
            Upload("抓拍视频.mp4", io.BytesIO(mp4()), "video"),
            Upload("检测报告.pdf", io.BytesIO(pdf()), "document"),
        ]
        kept = keep(connection, web.extensions["evidence_store"], PLATFORM, Owner("case", case_id, "211302"), files)
    return kept[0].id


def shoot(page: Page, name: str) -> None:
    if SHOTS:
        page.wait_for_function("() => [...document.images].every(one => one.loading === 'lazy' || one.complete)")
        page.screenshot(path=Path(SHOTS) / f"evidence-{name}.png", full_page=not page.locator(".viewer").is_visible())


def test_the_item_page_shows_and_checks(sign_in: SignIn, item: int) -> None:
    for english, width in ((False, 1280), (True, 800)):
        page = sign_in("officer", width, english)
        page.goto(f"/evidence/{item}")
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.querySelector('.evidence-large').naturalWidth") == 1600
        assert page.evaluate(TOO_WIDE) <= 0
        shoot(page, f"item-{width}")
    page.get_by_role("button", name="Read again and compare").click()
    expect(page.locator("[data-flash=good]")).to_contain_text("SHA-256")
    shoot(page, "checked-800")


def test_the_large_view_goes_by_keyboard(sign_in: SignIn, item: int) -> None:
    page = sign_in("officer")
    page.goto(f"/evidence/{item}")
    page.locator("[data-picture]").first.focus()
    page.keyboard.press("Enter")
    viewer = page.locator(".viewer")
    expect(viewer).to_be_visible()
    expect(viewer).to_contain_text("1 / 3")
    page.keyboard.press("ArrowRight")
    expect(viewer).to_contain_text("2 / 3")
    for _ in range(3):
        page.keyboard.press("+")
    assert page.evaluate(SCALE) == pytest.approx(1.4**3)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("0")
    assert page.evaluate(SCALE) == 1
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(viewer).to_contain_text("3 / 3")
    shoot(page, "viewer")
    page.keyboard.press("Escape")
    expect(viewer).to_be_hidden()
    expect(page.locator("[data-picture]").first).to_be_focused()


def test_two_pictures_stand_side_by_side_and_move_together(sign_in: SignIn, item: int) -> None:
    page = sign_in("officer")
    page.goto(f"/evidence/{item}")
    beside = page.locator(".gallery-tools button")
    beside.click()
    expect(page.locator(".gallery-tools")).to_contain_text(re.compile("请先选定两张图片|Mark two pictures"))
    for mark in page.locator(".gallery-mark input").all()[1:3]:
        mark.check()
    beside.click()
    panes = page.locator(".viewer-pane img")
    expect(panes).to_have_count(2)
    page.mouse.move(300, 400)
    page.mouse.wheel(0, -300)
    page.wait_for_function(f"({SCALE})() > 1")
    styles = panes.evaluate_all("all => all.map(one => one.style.transform)")
    assert styles[0] == styles[1]
    shoot(page, "beside")
