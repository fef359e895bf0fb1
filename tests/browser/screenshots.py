"""`make screenshots`: every page of the demonstration city in both languages and two widths, into var/screenshots/.

Starts a platform of its own in var/screenshots/run on free ports, lets its fleet drive for a while, signs in as an
account of each kind and takes a picture of every page a link leads to (one of each pattern of address).
"""

import os
import re
import shutil
import signal
import sys
import time
from collections import Counter
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from server.launch import settings as launch_settings  # noqa: E402
from server.launch.platform import Platform  # noqa: E402
from server.launch.ports import free_port  # noqa: E402

TARGET = ROOT / "var" / "screenshots"
ACCOUNTS = (
    "officer", "reviewer", "inspector", "approver", "police", "transport", "station", "workshop", "enterprise",
    "partner", "readonly", "secadmin", "auditor",
)  # fmt: skip
WIDTHS = {"zh": 1280, "en": 800}
LOCALES = {"zh": "zh-CN", "en": "en-GB"}
MAP_MS, PAGE_MS = 2500, 300
SEVERAL = {"/cases/N": 6, "/inspections/N": 8, "/referrals/N": 3, "/repairs/N": 2, "/documents/N": 2, "/captures/N": 3}
"""Records that look different by their kind and state: so many of each, not one."""
DRIVE_S = float(os.environ.get("SCREENSHOTS_DRIVE_S", "90"))
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync", "--no-first-run"]
NOT_PAGES = re.compile(
    r"/static/|/export|\.csv|\.xlsx|\.json|/sign-out|/language|/template|/download|/raw|/evidence/\d+/|/bundles/|/files/"
)


def sign_in(page: Page, base: str, username: str, password: str) -> None:
    """Through the form, as a person does."""
    page.goto(base)
    page.fill("input[name=username]", username)
    page.fill("input[name=password]", password)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.wait_for_load_state("networkidle")


def pattern_of(address: str) -> str:
    """Addresses that differ in a number, a rule or a query are one page."""
    path = re.sub(r"(?<=^/rules/)[a-z0-9_]+\.[a-z0-9_.]+", "R", urlsplit(address).path)
    return re.sub(r"[0-9]+", "N", re.sub(r"[0-9a-f]{32,}", "H", path))


def crawl(page: Page, base: str, account: str, language: str) -> int:
    """A picture of every page that can be reached; how many."""
    waiting, seen, visited = ["/"], Counter[str](), set[str]()
    while waiting:
        address = waiting.pop(0)
        pattern = pattern_of(address)
        if address in visited or seen[pattern] >= SEVERAL.get(pattern, 1) or NOT_PAGES.search(address):
            continue
        visited.add(address)
        seen[pattern] += 1
        answer = page.goto(base + address)
        if answer is None or "text/html" not in answer.headers.get("content-type", ""):
            continue
        page.wait_for_timeout(MAP_MS if page.locator("canvas, .map").count() else PAGE_MS)
        name = (pattern.strip("/").replace("/", "-") or "home") + (f"-{seen[pattern]}" if pattern in SEVERAL else "")
        page.screenshot(path=TARGET / f"{account}-{name}-{language}.png", full_page=True)
        links = page.eval_on_selector_all("a[href^='/']", "found => found.map(one => one.getAttribute('href'))")
        waiting += [link for link in links if link not in visited]
    return len(seen)


def shoot(browser: Browser, base: str, passwords: dict[str, str]) -> None:
    """All accounts, both languages."""
    for account in ACCOUNTS:
        for language, width in WIDTHS.items():
            context = browser.new_context(viewport={"width": width, "height": 900}, locale=LOCALES[language])
            page = context.new_page()
            page.on("pageerror", partial(print, "script fault:"))
            sign_in(page, base, account, passwords[account])
            if language == "en" and page.get_by_text("English", exact=True).count():
                with page.expect_navigation():
                    page.get_by_text("English", exact=True).first.click()
                page.wait_for_load_state("networkidle")
            print(f"{account} {language}: {crawl(page, base, account, language)} pages")
            context.close()


def main() -> None:
    """Start, drive, shoot, stop."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that what was started is stopped then, too
    shutil.rmtree(TARGET, ignore_errors=True)
    ports = {name: str(free_port()) for name in ("PG_PORT", "MQTT_PORT", "WEB_PORT")}
    found = launch_settings.read({"VAR_DIR": str(TARGET / "run"), **ports})
    platform = Platform(found, print)
    try:
        platform.start()
        lines = [line.split() for line in platform.demo_accounts().splitlines()]
        passwords = {words[0]: words[1] for words in lines if len(words) > 2}
        print(f"the fleet drives for {DRIVE_S:.0f} s")
        time.sleep(DRIVE_S)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
            shoot(browser, f"http://127.0.0.1:{found.web_port}", passwords)
            browser.close()
    finally:
        platform.stop()
        shutil.rmtree(TARGET / "run", ignore_errors=True)


if __name__ == "__main__":
    main()
