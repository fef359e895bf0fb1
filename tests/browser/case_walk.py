"""What a walk through a case needs: bodies and people with cards, a camera with its grounds, a key, and steps by mouse."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from playwright.sync_api import Locator, Page, expect
from sqlalchemy import Connection, Engine, text

from enforcement.captures.records import Ground, GroundRecord
from enforcement.rules.book import day_of
from server.db import transaction
from server.flows import system_keys
from server.flows.manage_accounts import Draft, create_account
from server.store import capture_devices, organisations, stations
from server.store.audit import PLATFORM
from tests.server import records
from tests.server.conftest import PASSWORD, City

PLATE = "辽N61234"
CAMERA = "CY-WALK-1"
NAMES = {
    "city": "朝阳市生态环境局", "police": "朝阳市公安局交通警察支队", "transport": "朝阳市交通运输局",
    "station": "朝阳市检验站", "workshop": "朝阳市维修厂",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Town:
    """The key of the camera's system, and the truck that will smoke."""

    key: str
    truck_id: int


def found(engine: Engine, city: City) -> Town:
    """Everything that is on file before a camera sees anything."""
    now = datetime.now(UTC)
    with transaction(engine) as connection:
        _bodies(connection, city)
        _camera(connection, city, now)
        truck_id, _terminal = records.truck(connection, PLATE, owner="李四")
        wanted = system_keys.Wanted("黑烟抓拍系统", city.organisations["city"], frozenset({"camera"}), 30)
        key = system_keys.issue(connection, PLATFORM, wanted, now)
    return Town(key.text, truck_id)


def _bodies(connection: Connection, city: City) -> None:
    city.organisations["workshop"] = organisations.create(
        connection, kind="station", level="body", code="workshop", name_zh="x", name_en="workshop", division="211302"
    )
    draft = Draft("workshop", "维修工", city.organisations["workshop"], frozenset({"station"}))
    city.accounts["workshop"] = create_account(connection, PLATFORM, draft, PASSWORD)
    for code, name in NAMES.items():
        connection.execute(text("UPDATE organisations SET name_zh = :n WHERE code = :c"), {"n": name, "c": code})
    for code, kind in (("station", "inspection"), ("workshop", "maintenance")):
        row = dict.fromkeys(stations.COLUMNS) | {
            "code": code.upper(), "kind": kind, "name": NAMES[code], "organisation_id": city.organisations[code],
            "division": "211302", "state": "active",
        }  # fmt: skip
        stations.put(connection, None, {**row, "lon": None, "lat": None})
    connection.execute(text("UPDATE users SET enforcement_card = 'LN-' || lpad(id::text, 6, '0')"))


def _camera(connection: Connection, city: City, now: datetime) -> None:
    number = capture_devices.insert(connection, {
        "code": CAMERA, "name": "国道口", "maker": None, "model": None, "serial": None, "place": "101国道测试段",
        "direction": None, "lon": 120.45, "lat": 41.57, "division": "211302",
        "organisation_id": city.organisations["city"], "state": "active",
    })  # fmt: skip
    first, last = day_of(now - timedelta(days=100)), day_of(now + timedelta(days=100))
    for kind in Ground:
        capture_devices.add_ground(connection, number, GroundRecord(kind, "朝环〔2026〕1号", first, last), None)


# --- what a person does on a page ---


def fill(place: Locator, **values: str) -> None:
    """Type into the fields of a form by their names; choose where it is a list, by code or by its words."""
    for name, value in values.items():
        field = place.locator(f'[name="{name}"]')
        if field.evaluate("e => e.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)


def step(page: Page, name: str, **values: str) -> None:
    """Open a step of the case or referral, fill its form, take it; the page says that it is done."""
    box = page.locator(f'[id="step-{name}"]')
    box.locator("summary").click()
    fill(box, **values)
    box.locator("form button.btn").click()
    done(page)


def done(page: Page) -> None:
    """The page answers with what was done."""
    expect(page.locator("[data-flash=good]")).to_be_visible()


def issue(page: Page, form: str, **values: str) -> str:
    """From the page of a case: choose a document, fill and issue it, go back to the case; the document's number."""
    page.get_by_role("link", name="制作文书").click()
    page.locator("#which").select_option(form)
    page.get_by_role("button", name="选择", exact=True).click()
    fill(page.locator("form[data-keep]"), **values)
    page.get_by_role("button", name="签发", exact=True).click()
    done(page)
    number = page.locator("h1").inner_text()
    page.locator("dl.facts a.machine-number").first.click()
    expect(page.locator(".case-top")).to_be_visible()
    return number


def wait_for(page: Page, card: str) -> None:
    """Follow a card of the first page, and open the first row of the list behind it."""
    page.goto("/")
    page.locator("a.todo-card", has_text=re.compile(card)).click()
    page.locator("table.list tbody a").first.click()
