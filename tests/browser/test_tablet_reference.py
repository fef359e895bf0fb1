"""The reference file on a real tablet: fetched at sign-in, kept sealed, judged with after a restart without a network."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import BrowserContext
from sqlalchemy import Engine, text

from server.db import transaction
from tests.browser.tablet_pages import enrolled, unlock

pytestmark = [pytest.mark.server, pytest.mark.browser]

LOADED = """async () => {
  const { app } = await import("/static/tablet/app.js");
  if (!app.reference?.data) await new Promise((done) => window.addEventListener("reference", () => app.reference.data && done()));
  return app.reference.revision;
}"""
JUDGED = """async () => {
  const { app } = await import("/static/tablet/app.js");
  const { word } = await import("/static/tablet/words.js");
  const subject = { kind: "truck", stage: "5", fuel: "diesel", category: "heavy_goods" };
  const check = { kind: "roadside", methods: { free_acceleration: { peaks: [1.3, 1.3, 1.3] } }, officers: [] };
  const at = Date.parse("2026-11-20T09:30:00+08:00");
  const { outcome, standing, offences, doubts } = app.reference.judge(check, subject, at, "211302");
  return { outcome, standing, offences, doubts, limit: app.reference.rule("gb3847.limit_set", at, "211302").value,
    word: word("truck_stage", "5"), hints: app.reference.lookFor({ ...subject, id: 1 }).map((hint) => hint.code) };
}"""
REFRESHED = """async () => {
  const { app } = await import("/static/tablet/app.js");
  return [await app.reference.refresh(), app.reference.data.zones.map((zone) => zone.code)];
}"""
OLD = """async () => {
  const { makeReference } = await import("/static/tablet/reference.js");
  const { app } = await import("/static/tablet/app.js");
  const made = Date.parse(app.reference.data.made_at);
  const days = (n) => makeReference(app.reference.data, () => made + n * 86400000).doubt();
  return [days(7), days(8.5)];
}"""


def test_judges_after_a_restart_without_a_network(tablet: BrowserContext, address: str) -> None:
    page = enrolled(tablet.new_page(), address)
    revision = page.evaluate(LOADED)
    tablet.set_offline(True)
    page.reload()
    unlock(page)
    assert page.evaluate(LOADED) == revision
    judged = page.evaluate(JUDGED)
    assert (judged["outcome"], judged["standing"], judged["offences"]) == ("failed", "screening", ["failed_inspection"])
    assert (judged["limit"], judged["word"], judged["hints"], judged["doubts"]) == ("a", "国五", ["truck_scr"], [])


def test_a_new_zone_comes_with_the_next_refresh(tablet: BrowserContext, address: str, engine: Engine) -> None:
    page = enrolled(tablet.new_page(), address)
    page.evaluate(LOADED)
    assert page.evaluate(REFRESHED)[0] is False
    with transaction(engine) as connection:
        connection.execute(
            text(
                "WITH z AS (INSERT INTO zones (code, name_zh, name_en, division) VALUES ('NEU', '新区', 'New', '211302')"
                " RETURNING id) INSERT INTO zone_versions (zone_id, number, geometry, terms, valid_from)"
                " SELECT id, 1, ST_Multi(ST_MakeEnvelope(120.7, 41.7, 120.8, 41.8, 4326)), '{}', :f FROM z"
            ),
            {"f": datetime.now(UTC) - timedelta(days=1)},
        )
    fresh, codes = page.evaluate(REFRESHED)
    assert fresh is True and "NEU" in codes


def test_an_old_file_is_a_doubt(tablet: BrowserContext, address: str) -> None:
    page = enrolled(tablet.new_page(), address)
    page.evaluate(LOADED)
    young, old = page.evaluate(OLD)
    assert young is None and old["code"] == "reference_outdated" and "8天" in old["zh"]
