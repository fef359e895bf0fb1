"""The tablet in a browser: signed in with a PIN, locked and opened again."""

import os
import signal
from contextlib import suppress
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Error, Page, expect

from tests.conftest import CHROMIUM, CHROMIUM_ARGUMENTS
from tests.server.conftest import PASSWORD

PIN = "482916"


def press_pin(page: Page, pin: str = PIN) -> None:
    """Tap the PIN on the keys of the screen."""
    for digit in pin:
        page.locator(f'.pin-key[data-key="{digit}"]').click()


def fill_sign_in(page: Page, username: str, password: str = PASSWORD) -> None:
    """Fill the form of the screen and send it."""
    if page.locator("#username").is_editable():  # while an account is open, it is that account's
        page.fill("#username", username)
    page.fill("#password", password)
    page.click("#sign-in")


def at(page: Page, path: str) -> None:
    """Wait until the screen of an address is shown."""
    expect(page.locator(f'main[data-path="{path}"]')).to_be_attached()


def worker_ready(page: Page) -> None:
    """Wait until the worker keeps the app and answers for this page."""
    page.evaluate(
        """async () => {
          await navigator.serviceWorker.ready;
          if (!navigator.serviceWorker.controller) {
            await new Promise((done) => navigator.serviceWorker.addEventListener("controllerchange", done, { once: true }));
          }
        }"""
    )


def enrolled(page: Page, address: str, username: str = "inspector", pin: str = PIN) -> Page:
    """Sign in on-line, set the PIN, land on home; the worker keeps the app."""
    page.goto(f"{address}/tablet/#/sign-in")
    at(page, "/sign-in")
    fill_sign_in(page, username)
    at(page, "/pin")
    press_pin(page, pin)
    expect(page.locator(".pin-label")).to_have_text("请再输入一次 PIN 码")
    press_pin(page, pin)
    at(page, "/")
    worker_ready(page)
    return page


def unlock(page: Page, pin: str = PIN) -> Page:
    """Open a locked app with the PIN."""
    at(page, "/unlock")
    press_pin(page, pin)
    expect(page.locator('main:not([data-path="/unlock"])')).to_be_attached()
    return page


def opened_device(browser: Browser, folder: Path, **options: Any) -> BrowserContext:
    """A tablet that keeps what it holds in a folder, as a real one does; a phone-like Chromium of its own."""
    return browser.browser_type.launch_persistent_context(
        folder,
        executable_path=CHROMIUM,
        args=CHROMIUM_ARGUMENTS,
        viewport={"width": 800, "height": 1280},
        has_touch=True,
        **options,
    )


def kill_device(context: BrowserContext, folder: Path) -> None:
    """End the browser of a folder as a flat battery does: no farewell, nothing written on the way out."""
    mine = f"--user-data-dir={folder}"
    pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit() and mine in _command(entry)]
    assert pids
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    with suppress(Error):  # it is gone already
        context.close()


def _command(entry: Path) -> list[str]:
    try:
        return (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return []


def in_app(page: Page, script: str, argument: object = None) -> Any:
    """Run `async (app, argument) => …` in the page with the app's own object."""
    return page.evaluate(
        f"""async (argument) => {{
          const {{ app }} = await import("/static/tablet/app.js");
          return ({script})(app, argument);
        }}""",
        argument,
    )


def add_draft(page: Page, subject: str = "辽NA1234") -> str:
    """A check that was begun, with a photo; its key."""
    key: str = in_app(
        page,
        """async (app, subject) => {
          const record = await app.checks.create({ check: { kind: "roadside", subject } });
          const bytes = new TextEncoder().encode("photo of " + subject);
          const photo = await app.photos.add({ check: record.key, purpose: "scene", name: "a.jpg", bytes });
          await app.checks.save({ ...record, photos: [photo.id] });
          return record.key;
        }""",
        subject,
    )
    return key


def subjects(page: Page) -> list[str]:
    """What the checks on the device are about, newest first."""
    found: list[str] = in_app(page, "async (app) => (await app.checks.list()).map((one) => one.check.subject)")
    return found
