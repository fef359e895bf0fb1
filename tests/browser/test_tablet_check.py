"""A check on the tablet from home to done, by real taps: counted, killed in the middle, corrected, without a network."""

import hashlib
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import Engine

from enforcement.rules.book import BEIJING
from tests.browser.tablet_checks import (
    PLACE,
    build,
    finish_clean,
    over_the_limit,
    ready,
    recognised,
)
from tests.browser.tablet_shots import folder
from tests.server.conftest import City

pytestmark = [pytest.mark.server, pytest.mark.browser]

MOST_TAPS = 12


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


def test_a_truck_without_a_fault_in_twelve_taps_without_a_network(
    page: Page, tablet: BrowserContext, address: str
) -> None:
    inspector = ready(page, address)
    tablet.set_offline(True)
    inspector.begin()
    inspector.plate("JC0", "辽NJC001")
    expect(page.locator(".check-who")).to_contain_text("国五")
    expect(page.locator("main")).to_contain_text("主城区低排放控制区")
    finish_clean(inspector)
    record = inspector.record()
    print(f"\n{inspector.taps} taps from home to done; counted on the record: {record['taps']}")
    assert inspector.taps <= MOST_TAPS
    assert record["taps"] == inspector.taps
    assert record["state"] == "ready"
    assert record["verdict"]["outcome"] == "passed"
    assert record["check"]["place"].endswith("主城区低排放控制区")
    assert (record["check"]["lon"], record["check"]["lat"], record["check"]["accuracy_m"]) == (120.45, 41.57, 8)
    assert {one["answer"] for one in record["check"]["checklist"]} == {"yes"}
    assert record["check"]["party"] is None
    assert page.locator("#done-taps").inner_text().startswith(f"点击{inspector.taps}次")


def test_the_second_officer_of_the_last_check_is_there(page: Page, address: str) -> None:
    inspector = ready(page, address)
    inspector.begin()
    inspector.plate("JC0", "辽NJC001")
    inspector.next("checklist")
    inspector.next("readings")
    inspector.tap("#looked-at")
    inspector.step("photos")
    inspector.next("officers")
    expect(page.locator(".officer")).to_have_count(1)
    inspector.tap(page.get_by_role("button", name="李卫东"))
    expect(page.locator(".officer")).to_have_count(2)
    inspector.next("party")
    inspector.next("done")
    assert inspector.taps <= MOST_TAPS
    inspector.taps = 0
    inspector.tap("#next-check")
    inspector.plate("JC0", "辽NJC002")
    finish_clean(inspector)
    record = inspector.record()
    assert [one["name"] for one in record["check"]["officers"]] == ["王建国", "李卫东"]
    assert record["taps"] == inspector.taps


def assert_prints(page: Page) -> None:
    """On paper stands the notice and nothing else, on A4 and on the 80 mm of a belt printer."""
    page.emulate_media(media="print")
    for width in (794, 302):
        page.set_viewport_size({"width": width, "height": 1100})
        for hidden in (".top", ".check-head", ".check-foot", ".check-verdict", ".big-number"):
            expect(page.locator(hidden).first).to_be_hidden()
        expect(page.locator("#paper table")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        if target := folder():
            page.screenshot(path=target / f"notice-paper-{width}.png", full_page=True)
    page.emulate_media(media="screen")
    page.set_viewport_size({"width": 800, "height": 1280})


def test_an_over_limit_truck_with_photos_signature_and_notice(page: Page, address: str) -> None:
    inspector = ready(page, address)
    over_the_limit(inspector)
    expect(page.locator(".check-verdict")).to_contain_text("可作执法依据")
    page.fill("#party-name", "张三")
    page.fill("#party-phone", "13900000000")
    inspector.sign()
    inspector.next("notice")
    paper = page.locator("#paper")
    expect(paper).to_contain_text("维修（复检）告知书")
    number = inspector.record()["notice"]["number"]
    assert re.fullmatch(r"W2026T-[0-9]{6}", number)
    expect(paper).to_contain_text(number)
    expect(paper).to_contain_text("生态环境法典")
    expect(paper).to_contain_text("朝阳市柴油车维修中心")
    assert_prints(page)
    inspector.next("review")
    inspector.tap("#finish")
    inspector.step("done")
    expect(page.locator("main")).to_contain_text("已上传，编号")
    record = inspector.sent()
    assert (record["verdict"]["outcome"], record["verdict"]["standing"]) == ("failed", "legal")
    assert record["answer"]["same_verdict"] is True
    assert record["answer"]["notice"]["number"] == record["notice"]["number"] == number
    assert record["answer"]["notice"]["due_on"] == record["notice"]["due_on"]
    assert len(record["answer"]["files"]) == 4
    due = datetime.now(UTC).astimezone(BEIJING)
    assert record["notice"]["due_on"] > due.date().isoformat()
    assert record["check"]["party"] | {"statement": ""} == {
        "name": "张三",
        "phone": "13900000000",
        "signature": "signed",
        "statement": "",
    }
    assert record["taps"] == inspector.taps


def test_photos_are_small_upright_and_keep_time_and_place(page: Page, address: str) -> None:
    inspector = ready(page, address)
    over_the_limit(inspector)
    inspector.sign()
    record, photos = inspector.record(), inspector.photos()
    assert [one["purpose"] for one in photos] == ["scene", "plate", "reading", "signature"]
    assert record["photos"] == [one["id"] for one in photos]
    for photo in photos[:3]:
        media = recognised(photo["bytes"], photo["name"])
        assert media.media_type == "image/jpeg"
        assert (media.width_px, media.height_px) == (1200, 1600)  # turned upright
        assert len(photo["bytes"]) <= 350 * 1024
        assert media.taken_at is not None
        assert media.taken_at.isoformat() == "2026-11-24T01:30:15+00:00"
        assert (round(media.lon or 0, 4), round(media.lat or 0, 4)) == (120.45, 41.57)
        assert photo["sha256"] == hashlib.sha256(photo["bytes"]).hexdigest()
        assert photo["original"]["bytes"] > 350 * 1024
        assert photo["original"]["taken_at"] == "2026-11-24T09:30:15+08:00"
        assert photo["taken_ms"] == 1795483815000
    signature = photos[3]
    assert recognised(signature["bytes"], signature["name"]).media_type == "image/png"
    assert signature["sha256"] == hashlib.sha256(signature["bytes"]).hexdigest()


def test_what_is_no_picture_is_said_and_not_kept(page: Page, address: str) -> None:
    inspector = ready(page, address)
    inspector.begin()
    inspector.plate("JC0", "辽NJC001")
    inspector.tap("#overview")
    inspector.step("review")
    inspector.tap(page.get_by_role("button", name="修改：照片"))
    inspector.step("photos")
    page.locator("#gallery-file").set_input_files(
        {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": b"\xff\xd8\xff" + b"x" * 400}
    )
    expect(page.locator(".toast-over")).to_contain_text("不是可打开的图片")
    page.locator(".toast-over").click()
    frame = bytes.fromhex(
        "ffd8ffc0001108" + "4e204e20" + "03012200021101031101ffd9"
    )  # a header of 20,000 by 20,000 pixels
    page.locator("#gallery-file").set_input_files({"name": "b.jpg", "mimeType": "image/jpeg", "buffer": frame})
    expect(page.locator(".toast-over")).to_contain_text("图片过大")
    assert inspector.record()["photos"] == []


def test_a_machine_by_its_number_with_coding_and_smoke(page: Page, address: str) -> None:
    inspector = ready(page, address)
    inspector.begin("machine_spot")
    for sign in "3-6":
        inspector.tap(f'.plate-key[data-key="{sign}"]')
    inspector.tap(".plate-key.key-page")
    for sign in "NA0":
        inspector.tap(f'.plate-key[data-key="{sign}"]')
    inspector.tap(page.locator(".candidate", has_text="3-6NA00077"))
    inspector.step("known")
    inspector.next("checklist")
    inspector.next("readings")
    inspector.method("coding_check")
    inspector.tap(page.get_by_role("button", name="与登记一致"))
    inspector.method("machine_smoke")
    inspector.number("peaks", "1.6", "1.7", "1.8")
    expect(page.locator(".judged-failed")).to_contain_text("1.7 / ")
    inspector.weather()
    inspector.next("photos")
    inspector.next("officers")
    record = inspector.record()
    assert record["check"]["methods"]["coding_check"] == {"number_seen": "3-6NA00077"}
    assert record["check"]["methods"]["machine_smoke"]["peaks"] == [1.6, 1.7, 1.8]
    assert record["verdict"]["offences"] == ["over_limit"]
    assert len(record["check"]["instrument_ids"]) == 1  # the only opacimeter is taken by itself


def test_a_truck_that_the_register_does_not_hold(page: Page, address: str) -> None:
    inspector = ready(page, address)
    inspector.begin()
    for sign in "ZZ999":
        inspector.tap(f'.plate-key[data-key="{sign}"]')
    inspector.tap("#not-registered")
    inspector.tap('#unknown .colour-key[data-colour="yellow"]')
    inspector.tap(page.locator('#unknown [data-code="3"]').first)
    inspector.tap(page.locator('#unknown [data-code="diesel"]'))
    inspector.tap(page.locator('#unknown [data-code="heavy_goods"]'))
    inspector.tap(page.locator("#unknown .tap-primary"))
    inspector.step("known")
    expect(page.locator("main")).to_contain_text("本机登记库中没有")
    record = inspector.record()
    assert record["known"] is None
    assert (record["check"]["subject"], record["check"]["stage"], record["check"]["fuel"]) == (
        "辽NZZ999",
        "3",
        "diesel",
    )
    assert record["check"]["subject_kind"] == "truck"
    expect(page.locator(".flag-over")).not_to_have_count(0)  # stage III is not let into this zone


def test_the_place_can_be_set_by_hand(page: Page, address: str) -> None:
    inspector = ready(page, address)
    inspector.begin()
    inspector.plate("JC0", "辽NJC001")
    inspector.tap("#by-hand")
    page.fill("#place-lat", "95")
    page.fill("#place-lon", "120.9")
    page.fill("#place-text", "凌源市收费站")
    inspector.tap("#use-place")
    expect(page.locator(".fault").filter(has_text="经纬度")).to_be_visible()
    page.fill("#place-lat", "41.24")
    inspector.tap("#use-place")
    expect(page.locator("main")).to_contain_text("凌源市收费站")
    check = inspector.record()["check"]
    assert (check["lon"], check["lat"], check["accuracy_m"], check["place"]) == (120.9, 41.24, None, "凌源市收费站")


def test_a_screening_gets_no_notice_and_says_so(page: Page, address: str) -> None:
    inspector = ready(page, address)
    inspector.begin()
    inspector.plate("JC0", "辽NJC001")
    inspector.next("checklist")
    inspector.next("readings")
    inspector.method("free_acceleration")
    inspector.number("peaks", "2.95", "2.9", "3.1")
    inspector.next("photos")
    inspector.next("officers")
    inspector.next("party")
    inspector.tap("#next")
    expect(page.locator(".fault").filter(has_text="请选择当事人")).to_be_visible()
    inspector.tap(page.get_by_role("radio", name="拒绝签字"))
    inspector.next("review")
    inspector.tap("#finish")
    inspector.step("done")
    expect(page.locator("main")).to_contain_text("仅作筛查")
    record = inspector.record()
    assert record["notice"] is None
    assert record["check"]["party"]["signature"] == "refused"


def test_half_of_a_method_is_not_sent_and_its_numbers_are_checked_at_once(page: Page, address: str) -> None:
    inspector = ready(page, address)
    inspector.begin()
    inspector.plate("JC0", "辽NJC001")
    inspector.next("checklist")
    inspector.next("readings")
    inspector.method("free_acceleration")
    inspector.number("peaks", "1.2", "101")
    expect(page.locator(".fault").filter(has_text="不大于100")).to_be_visible()
    inspector.tap("#next")
    expect(page.locator(".fault").filter(has_text="未填完")).to_be_visible()
    assert inspector.record()["check"]["methods"] == {}
    inspector.tap(page.get_by_role("button", name="清除该方法"))
    inspector.tap("#looked-at")
    inspector.step("photos")
