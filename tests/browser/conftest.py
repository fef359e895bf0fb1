"""The web application served on a port, over a small city, and a Chromium page signed in to it."""

import threading
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page
from werkzeug.serving import make_server

from tests.server.conftest import PASSWORD, City, city, engine, web

__all__ = ["address", "city", "engine", "sign_in", "web"]


def whole(app: Flask) -> Callable[..., list[bytes]]:
    """The application with each answer read to its end before it is sent.

    The test server forgets to close an answer whose connection the browser drops in the middle (it leaves a page
    while an icon is on its way): a static file would be left open, and that is an error here.
    """

    def call(environ: dict[str, object], start_response: Callable[..., object]) -> list[bytes]:
        answer = app(environ, start_response)  # type: ignore[arg-type]
        try:
            return [b"".join(answer)]
        finally:
            if hasattr(answer, "close"):
                answer.close()

    return call


@pytest.fixture(scope="module")
def address(web: Flask, city: City) -> Iterator[str]:
    """Where the application listens."""
    server = make_server("127.0.0.1", 0, whole(web), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def sign_in(browser: Browser, address: str) -> Iterator[Callable[..., Page]]:
    """`sign_in("officer", width=800)`: a page on the first page; the test fails on any error in its console."""
    faults: list[str] = []
    contexts = []

    def note(message: object) -> None:
        kind, said = message.type, message.text  # type: ignore[attr-defined]
        expected = ("ERR_INTERNET_DISCONNECTED", "status of 422")  # 422: a form given back with its faults
        if kind == "error" and not any(one in said for one in expected):
            faults.append(said)

    def open_as(username: str, width: int = 1280, english: bool = False) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 900}, base_url=address)
        contexts.append(context)
        page = context.new_page()
        page.on("console", note)
        page.on("pageerror", lambda fault: faults.append(str(fault)))
        page.on("dialog", lambda dialog: (faults.append(f"dialog {dialog.message}"), dialog.dismiss()))
        page.goto("/sign-in")
        page.fill("#f-username", username)
        page.fill("#f-password", PASSWORD)
        page.press("#f-password", "Enter")
        page.wait_for_url(f"{address}/")
        if english:
            page.get_by_role("button", name="English").click()
        return page

    yield open_as
    for context in contexts:
        context.close()
    assert faults == []
