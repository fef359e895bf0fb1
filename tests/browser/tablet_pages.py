"""The tablet in a browser: signed in with a PIN, locked and opened again."""

from playwright.sync_api import Page, expect

from tests.server.conftest import PASSWORD

PIN = "482916"


def press_pin(page: Page, pin: str = PIN) -> None:
    """Tap the PIN on the keys of the screen."""
    for digit in pin:
        page.locator(f'.pin-key[data-key="{digit}"]').click()


def fill_sign_in(page: Page, username: str, password: str = PASSWORD) -> None:
    """Fill the form of the screen and send it."""
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
