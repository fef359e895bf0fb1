"""Storage full, bytes damaged on the disk, a clock wrong by a day, numbers given out once: nothing is lost or doubled."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import Engine, text

from server.db import transaction
from tests.browser.tablet_offline import (
    APP,
    arrived,
    check_all,
    device,
    kill,
    make,
    opened_again,
    records,
    run_all,
    states,
    until_sent,
)
from tests.browser.tablet_pages import at, enrolled

pytestmark = [pytest.mark.server, pytest.mark.browser]

WRONG_CLOCK = """
const shift = %d, RealDate = Date;
Date = class extends RealDate {
  constructor(...given) { if (given.length) super(...given); else super(RealDate.now() + shift); }
  static now() { return RealDate.now() + shift; }
};
"""


@pytest.fixture
def page(tablet: BrowserContext, address: str) -> Page:
    """Enrolled, with the app at hand."""
    one = enrolled(tablet.new_page(), address)
    one.evaluate(APP)
    return one


FILL = """async (check) => {
  for (let n = 0; n < 200; n += 1) {
    const bytes = new Uint8Array(300000);
    for (let at = 0; at < bytes.length; at += 60000) crypto.getRandomValues(bytes.subarray(at, at + 60000));
    try { await app.photos.add({ check, purpose: "scene", name: `full-${n}.jpg`, bytes, sha256: "0".repeat(64), taken_ms: 0, lon: null, lat: null, original: null }); }
    catch (fault) { return [n, fault.name]; }
  }
  return [200, "none"];
}"""


def test_a_full_device_loses_nothing_and_sends_to_make_room(
    tablet: BrowserContext, address: str, engine: Engine
) -> None:
    page = tablet.new_page()
    talk = tablet.new_cdp_session(page)
    talk.send("Storage.overrideQuotaForOrigin", {"origin": address, "quotaSize": 12 * 2**20})
    enrolled(page, address)
    page.evaluate(APP)
    tablet.set_offline(True)
    made = make(page, 4, photos=2, size=400, plate="辽NV")
    draft = page.evaluate(
        "async () => (await app.checks.create({ check: { kind: 'roadside', subject: '辽NV999' } })).key"
    )
    kept, fault = page.evaluate(FILL, draft)
    assert fault == "StorageFull"
    photos = "async (key) => { const rows = await app.photos.of(key); return [rows.length, (await Promise.all(rows.map((row) => app.photos.bytes(row.id)))).filter((one) => one.length === 300000).length]; }"
    assert page.evaluate(photos, draft) == [kept, kept]
    assert page.evaluate("async (key) => (await app.checks.get(key)).check.subject", draft) == "辽NV999"
    assert states(page) == {"ready": 4, "draft": 1}
    tablet.set_offline(False)
    for _ in range(60):
        if states(page).get("sent") == 4:
            break
        run_all(page)
        page.wait_for_timeout(100)
    assert states(page) == {"sent": 4, "draft": 1}, [one["problem"] for one in records(page)]
    check_all(engine, made, "辽NV")
    assert page.evaluate(photos, draft) == [kept, kept]


def test_a_photo_damaged_on_the_disk_is_told_and_the_rest_arrives(
    page: Page, tablet: BrowserContext, engine: Engine
) -> None:
    tablet.set_offline(True)
    [made] = make(page, 1, plate="辽NW")
    page.evaluate(
        """async () => { const rows = await app.database.getAll("contents"); rows[1].data[40] ^= 1; await app.database.put("contents", rows[1]); }"""
    )
    tablet.set_offline(False)
    for _ in range(50):
        if states(page) == {"refused": 1}:
            break
        page.wait_for_timeout(100)
    assert arrived(engine, "辽NW") == {}
    page.evaluate("() => { location.hash = '#/unsent'; }")
    at(page, "/unsent")
    expect(page.locator("#unsent-list")).to_contain_text("已无法读取：scene-2.jpg")
    page.get_by_role("button", name="不带这些照片上传").click()
    page.locator("dialog").get_by_role("button", name="不带这些照片上传").click()
    until_sent(page, 1)
    [row] = arrived(engine, "辽NW").values()
    assert row["files"] == sorted(one for at_, one in enumerate(made["files"]) if at_ != 1)
    with transaction(engine) as connection:
        note = connection.execute(
            text("SELECT content ->> 'note' FROM inspections WHERE id = :id"), {"id": row["id"]}
        ).scalar_one()
    assert "scene-2.jpg" in note and made["files"][1][:16] in note


def test_bytes_left_by_a_stop_after_the_confirmation_are_swept(
    page: Page, tablet: BrowserContext, address: str
) -> None:
    """Those the server named go when the app opens again; what it did not name stays."""
    [made] = make(page, 1, photos=2, plate="辽NS1")
    until_sent(page, 1)
    page.evaluate(
        """async (key) => { const rows = await app.photos.of(key);
          for (const row of rows) await app.database.put("contents", { id: row.id, ...(await app.vault.sealBytes(new Uint8Array(9))) });
          await app.photos.add({ check: key, purpose: "scene", name: "late.jpg", bytes: new Uint8Array(9), sha256: "0".repeat(64), taken_ms: 0, lon: null, lat: null, original: null }); }""",
        made["key"],
    )
    page.close()
    again = opened_again(tablet, address)
    for _ in range(50):
        left = again.evaluate("async () => (await import('/static/tablet/app.js')).app.database.count('contents')")
        if left == 1:
            break
        again.wait_for_timeout(100)
    assert left == 1


@pytest.mark.parametrize(("days", "plate"), [(1, "辽NX"), (-1, "辽NY")])
def test_a_clock_wrong_by_a_day(tablet: BrowserContext, address: str, engine: Engine, days: int, plate: str) -> None:
    wrong = timedelta(days=days)
    tablet.add_init_script(WRONG_CLOCK % (wrong // timedelta(milliseconds=1)))
    page = enrolled(tablet.new_page(), address)
    tablet.set_offline(True)
    before = datetime.now(UTC)
    made = make(page, 2, photos=1, plate=plate)
    after = datetime.now(UTC)
    tablet.set_offline(False)
    until_sent(page, 2)
    check_all(engine, made, plate)
    slack = timedelta(seconds=5)
    for row in arrived(engine, plate).values():
        assert before - slack <= row["at"] <= after + slack
        for name in ("used", "at_check", "at_send"):
            assert abs(timedelta(milliseconds=row[name]) + wrong) < slack


def test_numbers_are_reserved_and_none_is_given_out_twice(browser: Browser, tmp_path: Path, address: str) -> None:
    folder = tmp_path / "tablet"
    context = device(browser, folder)
    page = enrolled(context.new_page(), address)
    page.evaluate(APP)
    for _ in range(50):
        if page.evaluate("() => app.numbers.available()") == 20:
            break
        page.wait_for_timeout(100)
    context.set_offline(True)
    taken: list[Any] = page.evaluate("async () => Promise.all([1, 2, 3, 4, 5].map(() => app.numbers.take()))")
    assert len(set(taken)) == 5 and None not in taken
    page.evaluate("(number) => app.numbers.giveBack(number)", taken[4])
    kill(folder)
    again = device(browser, folder)
    page = opened_again(again, address)
    page.evaluate(APP)
    page.evaluate("() => app.numbers.refresh()")
    more = page.evaluate("async () => Promise.all(Array.from({ length: 30 }, () => app.numbers.take()))")
    given = [one for one in more if one is not None]
    assert len(given) == len(set(given)) == 16
    assert not set(given) & set(taken[:4]) and taken[4] in given
    assert not [one for one in records(page) if one["notice"]]
    again.close()
