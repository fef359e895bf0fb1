"""Finding a truck or machine on the tablet: typing, candidates, watch hits, labels, what the register does not hold."""

import json
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, replace
from io import BytesIO
from typing import Any

import pytest
import segno
from PIL import Image
from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import Engine, text

from server.db import transaction
from tests.browser.tablet_pages import at, enrolled
from tests.server.conftest import City
from tests.server.inspection_city import add_truck

pytestmark = [pytest.mark.server, pytest.mark.browser]

FLOW = """
(async () => {
  const { app } = await import("/static/tablet/app.js");
  window.chosen = [];
  window.watchList = [];
  app.flow = {
    open: async () => ({ key: "k1", state: "draft", step: "identify", check: { kind: "KIND", subject: "", subject_kind: null } }),
    change: async () => null,
    identified: (key, facts, given) => window.chosen.push({ key, facts, given }),
    start: (kind, options) => window.chosen.push({ kind, facts: options.facts }),
  };
  Object.defineProperty(app.work, "watch", { get: () => window.watchList });
  window.app = app;
})()
"""


@dataclass(frozen=True, slots=True)
class Fleet:
    """Ids of what stands in the register."""

    truck: int
    watched: int
    machine: int


@pytest.fixture(scope="module")
def fleet(engine: Engine, city: City) -> Fleet:
    """Trucks whose plates begin alike, one with an overdue repair, a machine with a label."""
    with transaction(engine) as connection:
        truck = add_truck(connection, "辽N12345", city.enterprise_id)
        connection.execute(
            text("UPDATE trucks SET vin = 'LZZ5CLSB8NA000001', owner = '宏达运输有限公司' WHERE id = :t"), {"t": truck}
        )
        for n in range(12):
            add_truck(connection, f"辽N12{n:03}")
        add_truck(connection, "辽GA2345", division="210702")
        watched = add_truck(connection, "辽N99887")
        connection.execute(
            text(
                "INSERT INTO repair_notices (number, truck_id, subject_text, division, organisation_id, failed_items, issued_on,"
                " due_on, rule_key) VALUES ('W20260101-000001', :t, 'x', '211302', :o, '[]', '2026-01-01', '2026-01-21', 'x@2026-01-01')"
            ),
            {"t": watched, "o": city.organisations["city"]},
        )
        machine = connection.execute(
            text(
                "INSERT INTO machines (registration_number, pin, division, stage, fuel, category, power_kw, maker, model)"
                " VALUES ('3-6NA00077', 'CLGZL50HV00012345', '211302', '3', 'diesel', 'loader', 120, '柳工', 'ZL50') RETURNING id"
            )
        ).scalar_one()
    return Fleet(truck, watched, machine)


@pytest.fixture
def identify(tablet: BrowserContext, address: str, fleet: Fleet) -> Callable[..., Page]:
    """`identify("roadside")`: signed in, the register is there, on the first step of a check."""

    def open_at(kind: str = "roadside") -> Page:
        page = enrolled(tablet.new_page(), address)
        page.evaluate(FLOW.replace("KIND", kind))
        expect(page.locator('[data-to="/register"] .tile-told')).to_contain_text("货车")
        page.wait_for_function("() => window.app.register.size.trucks > 0")
        page.evaluate("location.hash = '#/check/k1/identify'")
        at(page, "/check/k1/identify")
        return page

    return open_at


def type_signs(page: Page, signs: str) -> None:
    for sign in signs:
        page.locator(f'.plate-key[data-key="{sign}"]').tap()


def chosen(page: Page) -> Any:
    page.wait_for_function("() => window.chosen.length > 0")
    return page.evaluate("window.chosen.at(-1)")


def test_four_signs_and_a_tap_name_a_truck_of_the_city(identify: Callable[..., Page], fleet: Fleet) -> None:
    page = identify()
    expect(page.locator("#find")).to_have_value("辽N")
    type_signs(page, "1")
    expect(page.locator(".candidate")).to_have_count(0)
    type_signs(page, "2")
    expect(page.locator(".candidate")).to_have_count(13)
    type_signs(page, "34")
    expect(page.locator(".candidate")).to_have_count(1)
    expect(page.locator(".candidate .plate-yellow")).to_have_text("辽N·12345")
    page.locator(".candidate").tap()
    answer = chosen(page)
    assert (answer["key"], answer["facts"]["id"], answer["facts"]["plate"]) == ("k1", fleet.truck, "辽N12345")


def test_a_keyboard_that_is_plugged_in_works_and_enter_takes_the_first(
    identify: Callable[..., Page], fleet: Fleet
) -> None:
    page = identify()
    page.locator("#tab-truck").focus()
    page.keyboard.type("12345")
    expect(page.locator("#find")).to_have_value("辽N12345")
    page.keyboard.press("Enter")
    assert chosen(page)["facts"]["id"] == fleet.truck


def test_a_vin_s_tail_and_a_wrong_letter_find_it_too(identify: Callable[..., Page], fleet: Fleet) -> None:
    page = identify()
    page.locator("#find").fill("A000001")
    expect(page.locator(".candidate")).to_have_count(1)
    expect(page.locator(".candidate")).to_contain_text("LZZ5CLSB8NA000001")
    page.locator("#find").fill("辽nI2345")
    expect(page.locator(".candidate .plate")).to_have_text("辽N·12345")


def test_a_colour_narrows_what_is_offered(identify: Callable[..., Page]) -> None:
    page = identify()
    type_signs(page, "123")
    page.locator('.colour-key[data-colour="blue"]').tap()
    expect(page.locator(".candidate")).to_have_count(0)
    page.locator('.colour-key[data-colour="blue"]').tap()
    expect(page.locator(".candidate")).to_have_count(1)


def test_another_place_is_one_tap_away(identify: Callable[..., Page]) -> None:
    page = identify()
    page.locator("#other-place").tap()
    expect(page.locator(".keys-provinces")).to_be_visible()
    expect(page.locator(".plate-key").first).to_have_text("辽")
    type_signs(page, "冀H12345")
    expect(page.locator("#find")).to_have_value("冀H12345")
    expect(page.locator(".candidate")).to_have_count(0)


def test_what_the_register_does_not_hold_is_read_at_the_place(identify: Callable[..., Page]) -> None:
    page = identify()
    type_signs(page, "7777A")
    page.locator("#not-registered").tap()
    page.locator("#unknown-go").tap()
    expect(page.locator(".fault")).to_have_text("请选择号牌颜色。")
    page.locator('#unknown .colour-key[data-colour="blue"]').tap()
    page.locator('[data-code="4"]').tap()
    page.locator('[data-code="diesel"]').tap()
    page.locator('[data-code="light_goods"]').tap()
    page.fill("#unknown-power", "9000")
    page.locator("#unknown-go").tap()
    expect(page.locator(".fault")).to_be_visible()
    page.fill("#unknown-power", "85,5")
    page.locator("#unknown-go").tap()
    answer = chosen(page)
    assert answer["facts"] is None
    assert answer["given"] == {
        "text": "辽N7777A", "kind": "truck", "colour": "blue", "stage": "4", "fuel": "diesel", "category": "light_goods",
        "power_kw": 85.5,
    }  # fmt: skip


def test_who_is_watched_for_shows_at_once_in_red_with_the_reason(identify: Callable[..., Page], fleet: Fleet) -> None:
    page = identify()
    type_signs(page, "99")
    expect(page.locator(".hit")).to_contain_text("辽N99887")
    expect(page.locator(".hit")).to_contain_text("维修复检逾期")
    expect(page.locator(".candidate-watched")).to_have_count(1)


def test_a_hit_of_the_work_list_shows_without_a_file(identify: Callable[..., Page]) -> None:
    page = identify()
    row = {
        "kind": "truck", "subject_id": None, "text": "辽N55555", "colour": "blue", "reasons": ["smoke_reported"],
        "note": "红色车头",
    }  # fmt: skip
    page.evaluate(f"window.watchList = [{json.dumps(row)}]")
    type_signs(page, "55")
    expect(page.locator(".hit")).to_contain_text("辽N55555")
    expect(page.locator(".candidate-watched")).to_contain_text("红色车头")
    page.locator(".candidate-watched").tap()
    expect(page.locator("#unknown .plate-blue").first).to_be_visible()


def test_a_machine_is_found_by_four_digits_of_any_number(identify: Callable[..., Page], fleet: Fleet) -> None:
    page = identify("machine_spot")
    expect(page.locator(".keys-pad")).to_be_visible()
    type_signs(page, "0077")
    expect(page.locator(".candidate .machine-number")).to_have_text("3-6NA00077")
    page.locator("#clear").tap()
    type_signs(page, "2345")
    page.locator(".candidate").tap()
    assert chosen(page)["facts"]["id"] == fleet.machine


def _label(said: str) -> bytes:
    """A photo of a label, a little crooked."""
    drawn, out = BytesIO(), BytesIO()
    segno.make_qr(said, error="m").save(drawn, kind="png", scale=12, border=4)
    drawn.seek(0)
    photo = Image.open(drawn).convert("RGB").rotate(9, expand=True, fillcolor=(230, 230, 230))
    photo.save(out, "JPEG", quality=80)
    return out.getvalue()


@pytest.mark.parametrize(
    "said", ["3-6NA00077", "https://example.cn/m?no=3-6NA00077", "环保登记号码：3-6NA00077；机械类型：装载机"]
)
def test_a_photo_of_a_label_opens_its_file(identify: Callable[..., Page], fleet: Fleet, said: str) -> None:
    page = identify("machine_spot")
    page.locator("#scan-label").tap()
    page.set_input_files("#scan-photo", {"name": "label.jpg", "mimeType": "image/jpeg", "buffer": _label(said)})
    assert chosen(page)["facts"]["id"] == fleet.machine


FROM_TEXT = 'new Blob([Uint8Array.from(atob(photo), (sign) => sign.charCodeAt(0))], { type: "image/jpeg" })'
CAMERA = """async (photo) => {
  const image = await createImageBitmap(FROM_TEXT);
  const canvas = Object.assign(document.createElement("canvas"), { width: image.width, height: image.height });
  const pen = canvas.getContext("2d");
  setInterval(() => pen.drawImage(image, 0, 0), 50);
  pen.drawImage(image, 0, 0);
  window.streams = [];
  navigator.mediaDevices.getUserMedia = async () => { const one = canvas.captureStream(20); window.streams.push(one); return one; };
}"""


def test_the_camera_reads_a_label_and_is_off_afterwards(identify: Callable[..., Page], fleet: Fleet) -> None:
    page = identify("machine_spot")
    page.evaluate(CAMERA.replace("FROM_TEXT", FROM_TEXT), b64encode(_label("3-6NA00077")).decode())
    page.locator("#scan-label").tap()
    assert chosen(page)["facts"]["id"] == fleet.machine
    assert page.evaluate(
        "window.streams.every((one) => one.getTracks().every((track) => track.readyState === 'ended'))"
    )


def test_what_was_typed_stays_when_the_language_is_changed(identify: Callable[..., Page]) -> None:
    page = identify()
    type_signs(page, "123")
    page.locator("#language").click()
    expect(page.locator("#tab-truck")).to_have_text("Truck")
    expect(page.locator("#find")).to_have_value("辽N123")


def test_a_label_that_is_not_in_the_register_leaves_its_number(identify: Callable[..., Page]) -> None:
    page = identify("machine_spot")
    page.locator("#scan-label").tap()
    page.set_input_files("#scan-photo", {"name": "x.jpg", "mimeType": "image/jpeg", "buffer": _label("3-6NA99999")})
    expect(page.locator("#find")).to_have_value("3-6NA99999")
    expect(page.locator(".find-told")).to_contain_text("3-6NA99999")


def test_a_photo_without_a_code_says_so(identify: Callable[..., Page]) -> None:
    out = BytesIO()
    Image.new("RGB", (300, 200), (90, 120, 90)).save(out, "JPEG")
    page = identify("machine_spot")
    page.locator("#scan-label").tap()
    page.set_input_files("#scan-photo", {"name": "x.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()})
    expect(page.locator(".scan-told")).to_contain_text("没有找到二维码")


def test_the_register_is_there_without_a_network_and_after_a_fault(
    tablet: BrowserContext, identify: Callable[..., Page], fleet: Fleet
) -> None:
    page = identify()
    tablet.set_offline(True)
    page.evaluate("app.register.refresh()")
    assert page.evaluate("app.register.fault") == "offline"
    assert page.evaluate("app.register.lookup('辽N12345').length") == 1
    tablet.set_offline(False)
    tablet.route("**/tablet/data/register*", lambda route: route.fulfill(status=200, body='{"format":1}\n{"tru'))
    page.evaluate("app.register.refresh()")  # may be the one that the network's return began
    page.evaluate("app.register.refresh()")
    assert "register file" in page.evaluate("app.register.fault")
    assert page.evaluate("app.register.lookup('辽N12345').length") == 1


def test_a_delta_is_kept_and_read_again(
    tablet: BrowserContext, identify: Callable[..., Page], engine: Engine, web: Any
) -> None:
    page = identify()
    web.extensions["settings"] = replace(web.extensions["settings"], tablet_register_s=0)
    with transaction(engine) as connection:
        add_truck(connection, "辽N44556")
    page.evaluate("app.register.refresh()")
    assert page.evaluate("app.register.byNumber('辽N44556').plate") == "辽N44556"
    tablet.set_offline(True)
    again = """async () => {
      const { Register } = await import("/static/tablet/register/refresh.js");
      const second = new Register(app);
      await second.open();
      return [second.revision === app.register.revision, second.byNumber("辽N44556") !== null, second.size.trucks];
    }"""
    same, found, trucks = page.evaluate(again)
    assert same and found and trucks == page.evaluate("app.register.size.trucks")


def test_looking_up_shows_the_file_and_begins_a_check(identify: Callable[..., Page], fleet: Fleet) -> None:
    page = identify()
    page.evaluate("location.hash = '#/register'")
    at(page, "/register")
    type_signs(page, "12345")
    page.locator(".candidate").tap()
    expect(page.locator(".register-facts")).to_contain_text("宏达运输有限公司")
    expect(page.locator(".register-facts .plate-yellow")).to_be_visible()
    page.locator("#begin-check").tap()
    assert chosen(page)["kind"] == "roadside"


@pytest.mark.parametrize("size", [(360, 640), (800, 1280), (1280, 800)])
def test_every_key_can_be_hit_with_a_glove(
    tablet: BrowserContext, identify: Callable[..., Page], size: tuple[int, int]
) -> None:
    page = identify()
    page.set_viewport_size({"width": size[0], "height": size[1]})
    type_signs(page, "99")
    small = page.evaluate(
        """() => [...document.querySelectorAll(".finder button, .finder input")].map((one) => [one.dataset.key ?? one.id, one.getBoundingClientRect()])
          .filter(([, box]) => box.width > 0 && (box.width < 47.5 || box.height < 47.5)).map(([name, box]) => [name, box.width, box.height])"""
    )
    assert small == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.locator("#language").click()
    expect(page.locator("#tab-truck")).to_have_text("Truck")
    last = page.locator(".plate-key:visible").last.bounding_box()
    assert last is not None and last["y"] + last["height"] <= size[1], "the keys end on the screen"
