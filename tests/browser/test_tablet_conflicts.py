"""Two tablets change one inspection: both versions are shown and stay on file, whatever is decided."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import Engine, text

from server.db import transaction
from tests.browser.tablet_offline import arrived, make, records, run_all, states, until_sent
from tests.browser.tablet_pages import at, enrolled

pytestmark = [pytest.mark.server, pytest.mark.browser]

CORRECT = """async ({ id, place, reason, photos }) => {
  const { app } = await import("/static/tablet/app.js");
  await app.inspections.refresh({ atOnce: true });
  const row = await app.inspections.get(id);
  let record = await app.checks.create({ base: { id: row.id, number: row.number, version: row.version }, reason, device_at: Date.now(), step: "review",
    offset_ms: app.offsetMs(), check: { ...row.check, place } });
  const bytes = await new Promise((done) => { const c = document.createElement("canvas"); c.width = c.height = 32; const g = c.getContext("2d");
    g.fillStyle = `rgb(${Math.random() * 255} ${Math.random() * 255} ${Math.random() * 255})`; g.fillRect(0, 0, 32, 32); g.fillText(place, 2, 20);
    c.toBlob(async (blob) => done(new Uint8Array(await blob.arrayBuffer())), "image/jpeg"); });
  const sha256 = [...new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))].map((one) => one.toString(16).padStart(2, "0")).join("");
  if (photos) { const { id: photo } = await app.photos.add({ check: record.key, purpose: "scene", name: "more.jpg", bytes, sha256, taken_ms: Date.now(), lon: null, lat: null, original: null });
    record = { ...record, photos: [photo] }; }
  await app.checks.save({ ...record, state: "ready" });
  await app.sync.run({ all: true });
  return { key: record.key, sha256 };
}"""


@pytest.fixture
def tablets(browser: Browser, address: str) -> Iterator[Callable[[str], Page]]:
    """`tablets("officer")`: the tablet of an account, signed in."""
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def start(username: str) -> Page:
        contexts.append(browser.new_context(viewport={"width": 800, "height": 1280}, has_touch=True))
        page = contexts[-1].new_page()
        page.on("pageerror", lambda fault: faults.append(str(fault)))
        return enrolled(page, address, username)

    yield start
    for context in contexts:
        context.close()
    assert faults == []


def versions(engine: Engine, inspection_id: int) -> list[tuple[str, str | None]]:
    """(place, reason) of every version, the first first."""
    with transaction(engine) as connection:
        rows = connection.execute(
            text("SELECT row ->> 'place', reason FROM inspection_versions WHERE inspection_id = :id ORDER BY version"),
            {"id": inspection_id},
        )
        return [(place, reason) for place, reason in rows]


def in_conflict(tablets: Callable[[str], Page], engine: Engine, plate: str) -> tuple[Page, int, dict[str, Any]]:
    """Two tablets corrected one inspection; the second is told: its page, the inspection, what it made."""
    one, two = tablets("inspector"), tablets("officer")
    make(one, 1, photos=1, plate=plate)
    until_sent(one, 1)
    [row] = arrived(engine, plate).values()
    first = {"id": row["id"], "place": "对方改的地点", "reason": "对方的更正", "photos": False}
    mine = {"id": row["id"], "place": "我改的地点", "reason": "我的更正", "photos": True}
    two.evaluate(
        "async (id) => { const { app } = await import('/static/tablet/app.js'); await app.inspections.refresh({ atOnce: true }); return app.inspections.get(id); }",
        row["id"],
    )
    two.context.set_offline(True)
    made = two.evaluate(CORRECT.replace("await app.inspections.refresh({ atOnce: true });", ""), mine)
    one.evaluate(CORRECT, first)
    until_sent(one, 2)
    two.context.set_offline(False)
    run_all(two)
    for _ in range(50):
        if states(two) == {"conflict": 1}:
            break
        two.wait_for_timeout(100)
    assert states(two) == {"conflict": 1}
    return two, row["id"], made


def open_conflict(page: Page, key: str) -> None:
    page.evaluate("(key) => { location.hash = `#/conflict/${key}`; }", key)
    at(page, f"/conflict/{key}")
    different = page.locator(".pair-differs")
    expect(different).to_have_count(1)
    expect(different).to_contain_text("对方改的地点")
    expect(different).to_contain_text("我改的地点")


def test_mine_on_top_of_theirs(tablets: Callable[[str], Page], engine: Engine) -> None:
    page, number, made = in_conflict(tablets, engine, "辽NP")
    assert [place for place, _ in versions(engine, number)] == ["国道101线", "对方改的地点"]
    open_conflict(page, made["key"])
    page.fill("#reason", "")
    page.click("#send-mine")
    expect(page.locator("#reason-fault")).to_contain_text("至少四个字")
    page.fill("#reason", "以现场照片为准")
    page.click("#send-mine")
    at(page, "/checks")
    until_sent(page, 1)
    found = versions(engine, number)
    assert [place for place, _ in found] == ["国道101线", "对方改的地点", "我改的地点"]
    assert found[-1][1] == "以现场照片为准"
    assert made["sha256"] in next(row for row in arrived(engine, "辽NP").values())["files"]


def test_theirs_is_kept_and_mine_is_put_on_file(tablets: Callable[[str], Page], engine: Engine) -> None:
    page, number, made = in_conflict(tablets, engine, "辽NQ")
    open_conflict(page, made["key"])
    page.fill("#reason", "对方更准确")
    page.click("#keep-theirs")
    at(page, "/checks")
    until_sent(page, 2)
    found = versions(engine, number)
    assert [place for place, _ in found] == ["国道101线", "对方改的地点", "我改的地点", "对方改的地点"]
    assert "保留第 2 版" in str(found[2][1]) and "对方更准确" in str(found[3][1])
    assert made["sha256"] in next(row for row in arrived(engine, "辽NQ").values())["files"]


def test_field_by_field(tablets: Callable[[str], Page], engine: Engine) -> None:
    page, number, made = in_conflict(tablets, engine, "辽NR")
    open_conflict(page, made["key"])
    page.click('.pair-differs [data-side="theirs"]')
    expect(page.locator('.pair-differs [data-side="theirs"]')).to_have_attribute("aria-pressed", "true")
    page.fill("#reason", "地点按对方")
    page.click("#send-merged")
    at(page, "/checks")
    until_sent(page, 1)
    assert [place for place, _ in versions(engine, number)] == ["国道101线", "对方改的地点", "对方改的地点"]


def test_changed_after_an_answer_was_lost_it_becomes_a_correction(
    tablets: Callable[[str], Page], engine: Engine
) -> None:
    """The server has an earlier state under the key; what the tablet says now is neither lost nor put over it."""
    page = tablets("inspector")
    [made] = make(page, 1, photos=2, plate="辽NU")
    until_sent(page, 1)
    page.evaluate(
        """async (key) => { const { app } = await import('/static/tablet/app.js');
          const record = await app.checks.get(key);
          await app.checks.save({ ...record, state: "ready", answer: null, next_try_ms: 0, check: { ...record.check, note: "后来补充" } }); }""",
        made["key"],
    )
    run_all(page)
    assert [one["problem"]["code"] for one in records(page)] == ["other_content"]
    [row] = arrived(engine, "辽NU").values()
    page.evaluate("(key) => { location.hash = `#/conflict/${key}`; }", made["key"])
    at(page, f"/conflict/{made['key']}")
    assert page.locator(".pair-differs").evaluate_all("(rows) => rows.map((row) => row.dataset.path)") == ["note"]
    page.fill("#reason", "补充备注")
    page.click("#send-mine")
    at(page, "/checks")
    until_sent(page, 1)
    with transaction(engine) as connection:
        notes = connection.execute(
            text(
                "SELECT row -> 'content' ->> 'note' FROM inspection_versions WHERE inspection_id = :id ORDER BY version"
            ),
            {"id": row["id"]},
        ).scalars()
        assert list(notes) == ["", "后来补充"]
