"""The app of the tablet: installed, opened without a network, locked, shared, wiped, renewed."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import Engine, text

from server.db import transaction
from server.tablet.shell import shell
from tests.browser.tablet_pages import (
    PIN,
    add_draft,
    at,
    enrolled,
    fill_sign_in,
    in_app,
    kill_device,
    opened_device,
    press_pin,
    subjects,
    unlock,
    worker_ready,
)

pytestmark = [pytest.mark.server, pytest.mark.browser]
OTHER_PIN = "702845"
ACCOUNT_DATABASES = "async () => (await indexedDB.databases()).map((one) => one.name).sort()"


def draft_is_there(page: Page, subject: str = "辽NA1234") -> None:
    """The check and the bytes of its photo open."""
    assert subject in subjects(page)
    read = in_app(
        page,
        """async (app, subject) => {
          const record = (await app.checks.list()).find((one) => one.check.subject === subject);
          const [photo] = await app.photos.of(record.key);
          return new TextDecoder().decode(await app.photos.bytes(photo.id));
        }""",
        subject,
    )
    assert read == f"photo of {subject}"


def later(context: BrowserContext, **time: int) -> None:
    """The device's clock stands so much later from now on."""
    context.clock.set_system_time(datetime.now(UTC) + timedelta(**time))


# --- opening ---


def test_opens_without_a_network_after_the_browser_was_killed(browser: Browser, address: str, tmp_path: Path) -> None:
    context = opened_device(browser, tmp_path)
    page = enrolled(context.pages[0], address)
    add_draft(page)
    kill_device(context, tmp_path)
    context = opened_device(browser, tmp_path)
    context.set_offline(True)
    page = context.pages[0]
    page.goto(f"{address}/tablet/")
    unlock(page)
    at(page, "/")
    expect(page.locator(".who")).to_contain_text("姓名inspector")
    expect(page.locator("#signed")).to_contain_text("无网络")
    draft_is_there(page)
    context.close()


def test_the_browser_finds_the_app_fit_to_be_installed(browser: Browser, address: str, tmp_path: Path) -> None:
    context = opened_device(browser, tmp_path)
    page = enrolled(context.pages[0], address)
    session = context.new_cdp_session(page)
    assert session.send("Page.getInstallabilityErrors")["installabilityErrors"] == []
    assert session.send("Page.getAppManifest")["errors"] == []
    context.close()


def test_nothing_of_the_account_or_of_a_check_lies_readable_on_the_device(
    browser: Browser, address: str, tmp_path: Path
) -> None:
    context = opened_device(browser, tmp_path)
    page = enrolled(context.pages[0], address)
    add_draft(page, "SUBJECT-IN-CLEAR")
    context.close()
    held = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and "IndexedDB" in str(path))
    assert b"tablet-account" in held or b"t\0a\0b\0l\0e\0t" in held, "the database was looked for in the wrong place"
    for subject in ("SUBJECT-IN-CLEAR", PIN):
        assert subject.encode() not in held and subject.encode("utf-16-le") not in held


def test_seven_days_later_it_opens_and_after_that_the_password_does_and_nothing_is_lost(
    tablet: BrowserContext, address: str
) -> None:
    page = enrolled(tablet.new_page(), address)
    add_draft(page)
    page.wait_for_load_state("networkidle")  # an answer under way would be a contact six days later
    tablet.set_offline(True)
    later(tablet, days=6, hours=23)
    page.reload()
    unlock(page)
    at(page, "/")
    later(tablet, days=7, hours=1)
    page.reload()
    at(page, "/unlock")
    expect(page.get_by_role("alert")).to_contain_text("七天")
    expect(page.locator(".pin")).to_have_count(0)
    tablet.clock.set_system_time(datetime.now(UTC))  # setting the clock back gains nothing
    page.reload()
    at(page, "/unlock")
    expect(page.locator(".pin")).to_have_count(0)
    tablet.set_offline(False)
    page.click("#forgotten")
    fill_sign_in(page, "inspector")
    at(page, "/pin")
    press_pin(page)
    press_pin(page)
    at(page, "/")
    draft_is_there(page)


# --- PIN ---


def test_wrong_pins_cost_time_then_the_pin_and_never_a_record(tablet: BrowserContext, address: str) -> None:
    page = enrolled(tablet.new_page(), address)
    add_draft(page)
    tablet.clock.install()
    page.click("#lock")
    at(page, "/unlock")
    for left in range(9, 0, -1):
        press_pin(page, "135790")
        said = page.locator(".pin-told")
        if left > 7:
            expect(said).to_contain_text(f"还可尝试 {left} 次")
        else:
            expect(said).to_contain_text("请等待")
            expect(page.locator('.pin-key[data-key="1"]')).to_be_disabled()
            page.reload()  # ending the app gains no try
            at(page, "/unlock")
            expect(said).to_contain_text("请等待")
            page.clock.fast_forward("10:01")
            expect(page.locator('.pin-key[data-key="1"]')).to_be_enabled()
    press_pin(page, "135790")
    expect(page.get_by_role("alert")).to_contain_text("PIN 码已失效")
    expect(page.locator(".pin")).to_have_count(0)
    page.click("#forgotten")
    assert page.input_value("#username") == "inspector"
    fill_sign_in(page, "inspector")
    at(page, "/pin")
    press_pin(page, OTHER_PIN)
    press_pin(page, OTHER_PIN)
    at(page, "/")
    draft_is_there(page)


def test_a_forgotten_pin_costs_nothing(tablet: BrowserContext, address: str) -> None:
    page = enrolled(tablet.new_page(), address)
    add_draft(page)
    page.click("#lock")
    at(page, "/unlock")
    page.click("#forgotten")
    fill_sign_in(page, "inspector", "wrong password")
    expect(page.locator("#sign-in-fault")).to_have_text("用户名或密码不正确。")
    fill_sign_in(page, "inspector")
    at(page, "/pin")
    press_pin(page, "111111")
    expect(page.locator(".pin-told")).to_contain_text("太容易被猜到")
    press_pin(page, OTHER_PIN)
    press_pin(page, PIN)
    expect(page.locator(".pin-told")).to_contain_text("两次输入的 PIN 码不一致")
    press_pin(page, OTHER_PIN)
    press_pin(page, OTHER_PIN)
    at(page, "/")
    draft_is_there(page)
    page.click("#lock")
    at(page, "/unlock")
    press_pin(page, PIN)
    expect(page.locator(".pin-told")).to_contain_text("PIN 码不正确")
    unlock(page, OTHER_PIN)
    at(page, "/")


def test_an_account_that_may_not_use_it_is_told_so(tablet: BrowserContext, address: str) -> None:
    page = tablet.new_page()
    page.goto(f"{address}/tablet/")
    at(page, "/sign-in")
    fill_sign_in(page, "police")
    expect(page.locator("#sign-in-fault")).to_contain_text("仅限生态环境部门")
    assert page.evaluate(ACCOUNT_DATABASES) == ["tablet-device"]


# --- two accounts ---


def test_two_accounts_on_one_device_see_nothing_of_each_other(tablet: BrowserContext, address: str) -> None:
    page = enrolled(tablet.new_page(), address)
    add_draft(page, "辽NA0001")
    page.click("#lock")
    at(page, "/unlock")
    page.click("#another")
    at(page, "/sign-in")
    fill_sign_in(page, "officer")
    at(page, "/pin")
    press_pin(page, OTHER_PIN)
    press_pin(page, OTHER_PIN)
    at(page, "/")
    expect(page.locator(".who")).to_contain_text("姓名officer")
    assert subjects(page) == []
    add_draft(page, "辽NA0002")
    page.click("#lock")
    at(page, "/unlock")
    page.click('[data-account="inspector"]')
    expect(page.locator(".pin-label")).to_contain_text("姓名inspector")
    press_pin(page, OTHER_PIN)
    expect(page.locator(".pin-told")).to_contain_text("PIN 码不正确")
    press_pin(page)
    at(page, "/")
    assert subjects(page) == ["辽NA0001"]
    expect(page.locator("#signed")).to_contain_text(
        "登录已失效"
    )  # the cookie is the officer's: it carries nothing of ours
    assert in_app(page, "async (app) => app.session.signedIn") is False


# --- locking ---


def test_locks_itself_after_a_while_but_not_during_a_photo_and_comes_back_where_one_was(
    tablet: BrowserContext, address: str
) -> None:
    page = enrolled(tablet.new_page(), address)
    page.clock.install()
    page.reload()
    unlock(page)
    at(page, "/")
    page.evaluate("location.hash = '#/sign-out'")
    at(page, "/sign-out")
    in_app(page, "async (app) => { window.release = app.hold(); }")
    page.clock.fast_forward("30:00")
    at(page, "/sign-out")
    page.evaluate("window.saved = 0")
    page.evaluate("window.release()")
    page.clock.fast_forward("10:05")
    at(page, "/unlock")
    assert in_app(page, "async (app) => app.vault.unlocked") is False
    unlock(page)
    at(page, "/sign-out")


def test_a_screen_saves_before_the_tablet_locks(tablet: BrowserContext, address: str) -> None:
    page = enrolled(tablet.new_page(), address)
    in_app(
        page,
        """async (app) => window.addEventListener("before-lock", (event) => {
          event.detail.wait(app.checks.create({ check: { subject: "辽NA7777" } }));
        })""",
    )
    page.click("#lock")
    unlock(page)
    at(page, "/")
    assert subjects(page) == ["辽NA7777"]


def test_what_is_being_sent_goes_on_behind_the_lock_and_nothing_of_it_shows(
    tablet: BrowserContext, address: str
) -> None:
    page = enrolled(tablet.new_page(), address)
    in_app(page, "async (app) => { app.sync = { state: 'sending', unsent: 3 }; }")
    page.click("#lock")
    expect(page.locator(".cover")).to_contain_text("仍在上传：3 项")
    page.keyboard.press("Escape")
    expect(page.locator(".cover")).to_be_visible()
    assert page.screenshot() and page.evaluate("document.elementFromPoint(400, 30).closest('.cover') !== null")
    in_app(page, "async (app) => { app.sync.unsent = 1; window.dispatchEvent(new CustomEvent('sync')); }")
    expect(page.locator(".cover")).to_contain_text("仍在上传：1 项")
    in_app(page, "async (app) => { app.sync.state = 'idle'; window.dispatchEvent(new CustomEvent('sync')); }")
    unlock(page)
    at(page, "/")


# --- signing out and wiping ---


def test_signing_out_is_refused_while_something_is_unsent_and_wipes_afterwards(
    tablet: BrowserContext, address: str, engine: Engine
) -> None:
    page = enrolled(tablet.new_page(), address)
    add_draft(page, "辽NA5555")
    page.click("#to-sign-out")
    at(page, "/sign-out")
    expect(page.get_by_role("alert")).to_contain_text("还有 1 项检查没有上传")
    expect(page.locator("#sign-out")).to_have_count(0)
    row = page.locator("li", has_text="辽NA5555")
    row.locator("summary").click()
    row.get_by_role("button", name="放弃草稿").click()
    expect(page.locator("#toasts")).to_contain_text("请填写原因")
    row.get_by_label("放弃原因").fill("号牌看错，重新检查")
    row.get_by_role("button", name="放弃草稿").click()
    tablet.set_offline(True)
    page.click("#sign-out")
    expect(page.locator("#toasts")).to_contain_text("退出登录需要连接服务器")
    at(page, "/sign-out")
    tablet.set_offline(False)
    page.click("#sign-out")
    at(page, "/sign-in")
    assert page.evaluate(ACCOUNT_DATABASES) == ["tablet-device"]
    assert in_app(page, "async (app) => (await app.device.getAll('accounts')).length") == 0
    assert page.evaluate("async () => (await (await fetch('/tablet/session')).json()).signed_in") is False
    with transaction(engine) as connection:
        detail = connection.execute(
            text("SELECT detail FROM audit_log WHERE action = 'tablet.draft_discarded' ORDER BY id DESC LIMIT 1")
        ).scalar_one()
    assert (detail["subject"], detail["reason"]) == ("辽NA5555", "号牌看错，重新检查")


def test_what_is_sent_is_wiped_days_after_the_last_contact_and_what_is_not_stays(
    tablet: BrowserContext, address: str
) -> None:
    page = enrolled(tablet.new_page(), address)
    key = add_draft(page)
    page.wait_for_load_state("networkidle")  # an answer under way would be a contact forty days later
    tablet.set_offline(True)
    later(tablet, days=40)
    page.reload()
    at(page, "/unlock")
    assert page.evaluate(ACCOUNT_DATABASES) == ["tablet-account-inspector", "tablet-device"]
    tablet.clock.set_system_time(datetime.now(UTC))
    tablet.set_offline(False)
    page.click("#forgotten")
    fill_sign_in(page, "inspector")
    at(page, "/pin")
    press_pin(page)
    press_pin(page)
    at(page, "/")
    in_app(page, "async (app, key) => app.checks.save({ ...(await app.checks.get(key)), state: 'sent' })", key)
    page.wait_for_load_state("networkidle")
    tablet.set_offline(True)
    later(tablet, days=6)
    page.reload()
    at(page, "/unlock")
    later(tablet, days=7, hours=1)
    page.reload()
    at(page, "/sign-in")
    assert page.evaluate(ACCOUNT_DATABASES) == ["tablet-device"]


# --- the server ---


def test_a_session_that_ended_asks_for_the_password_once_and_not_for_a_pin(
    tablet: BrowserContext, address: str, engine: Engine
) -> None:
    page = enrolled(tablet.new_page(), address)
    add_draft(page)
    with transaction(engine) as connection:
        connection.execute(text("UPDATE users SET session_epoch = session_epoch + 1 WHERE username = 'inspector'"))
    in_app(page, "async (app) => app.greet()")
    expect(page.locator("#signed")).to_contain_text("登录已失效")
    page.click("#sign-in-again")
    at(page, "/sign-in")
    expect(page.locator("#username")).to_have_attribute("readonly", "")
    fill_sign_in(page, "inspector")
    at(page, "/")
    expect(page.locator("#signed")).to_contain_text("已连接服务器")
    draft_is_there(page)


def test_a_revoked_tablet_locks_itself_and_opens_again_once_it_is_let_in(
    tablet: BrowserContext, address: str, sign_in: Callable[..., Page], engine: Engine
) -> None:
    page = enrolled(tablet.new_page(), address, "reviewer")
    add_draft(page)
    officer = sign_in("officer")
    officer.goto("/tablets/?q=reviewer")
    officer.locator("details summary", has_text="停用").last.click()
    officer.locator("tbody #f-reason").fill("终端遗失")
    officer.locator("tbody").get_by_role("button", name="停用").click()
    expect(officer.locator("tbody")).to_contain_text("终端遗失")
    in_app(page, "(app) => { app.greet(); }")
    at(page, "/unlock")
    expect(page.get_by_role("alert")).to_contain_text("已被管理员停用")
    page.click("#forgotten")
    fill_sign_in(page, "reviewer")
    expect(page.locator("#sign-in-fault")).to_contain_text("已被停用")
    officer.get_by_role("button", name="恢复使用").click()
    expect(officer.locator("tbody")).not_to_contain_text("终端遗失")
    fill_sign_in(page, "reviewer")
    at(page, "/pin")
    press_pin(page)
    press_pin(page)
    at(page, "/")
    draft_is_there(page)


def test_a_full_device_says_what_to_do_and_keeps_what_it_has(tablet: BrowserContext, address: str) -> None:
    page = tablet.new_page()
    quota = {"origin": address, "quotaSize": 5_000_000}  # before anything is kept: the browser looks every 30 s at most
    tablet.new_cdp_session(page).send("Storage.overrideQuotaForOrigin", quota)
    enrolled(page, address)
    add_draft(page)
    in_app(
        page,
        """(app) => {
          const bytes = crypto.getRandomValues(new Uint8Array(65536));
          const large = new Uint8Array(8_000_000).map((_, at) => bytes[at % 65536]);
          app.photos.add({ check: "x", purpose: "scene", name: "b.jpg", bytes: large });
        }""",
    )
    expect(page.locator("#toasts")).to_contain_text("存储空间已满")
    draft_is_there(page)
    assert in_app(page, "async (app) => (await app.photos.of('x')).length") == 0


def test_a_new_version_is_offered_but_never_during_a_check(tablet: BrowserContext, address: str, web: Flask) -> None:
    page = enrolled(tablet.new_page(), address)
    with web.test_request_context():
        kept = shell()
    try:
        in_app(page, "async (app) => { window.release = app.hold(); }")
        new = kept.worker.replace(kept.version.encode(), b"0123456789abcdef")
        web.extensions["tablet_shell"] = replace(kept, worker=new)
        in_app(page, "async (app) => { await app.registration.update(); }")
        page.evaluate(
            """async () => {
              const found = await navigator.serviceWorker.ready;
              while (!found.waiting) await new Promise((done) => setTimeout(done, 50));
            }"""
        )
        expect(page.locator('[data-strip="update"]')).to_have_count(0)
        page.evaluate("window.release()")
        page.evaluate("location.hash = '#/sign-out'")
        at(page, "/sign-out")
        page.locator("#update").click()
        unlock(page)
        worker_ready(page)
        expect(page.locator('[data-strip="update"]')).to_have_count(0)
        assert page.evaluate("async () => await caches.keys()") == ["tablet-0123456789abcdef"]
    finally:
        web.extensions["tablet_shell"] = kept


def test_a_file_that_does_not_fit_its_version_is_never_installed(
    tablet: BrowserContext, address: str, web: Flask
) -> None:
    page = enrolled(tablet.new_page(), address)
    with web.test_request_context():
        kept = shell()
    try:
        new = kept.worker.replace(kept.version.encode(), b"fedcba9876543210").replace(
            b'["/tablet/", "', b'["/tablet/", "0'
        )
        assert new.count(b"fedcba9876543210") == 1
        web.extensions["tablet_shell"] = replace(kept, worker=new)
        page.evaluate(
            """async () => {
              const found = await navigator.serviceWorker.ready;
              const fresh = await found.update().catch(() => null);
              const coming = found.installing;
              while (coming && coming.state === "installing") await new Promise((done) => setTimeout(done, 50));
              return fresh !== null;
            }"""
        )
        assert page.evaluate("async () => (await navigator.serviceWorker.ready).waiting") is None
        assert page.evaluate("async () => await caches.keys()") == [f"tablet-{kept.version}"]
    finally:
        web.extensions["tablet_shell"] = kept


def test_both_languages_and_the_switch_on_every_screen(tablet: BrowserContext, address: str) -> None:
    page = tablet.new_page()
    page.goto(f"{address}/tablet/")
    at(page, "/sign-in")
    page.click("#language")
    expect(page.locator("#sign-in")).to_have_text("Sign in")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    fill_sign_in(page, "inspector")
    at(page, "/pin")
    expect(page.locator("h1")).to_have_text("Set a PIN")
    press_pin(page)
    press_pin(page)
    at(page, "/")
    for path in ("/", "/sign-out"):
        page.evaluate(f"location.hash = '#{path}'")
        at(page, path)
        expect(page.locator("#language")).to_have_text("中文")
    page.click("#language")
    expect(page.locator("h1")).to_have_text("退出")
