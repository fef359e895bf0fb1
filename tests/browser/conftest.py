"""The web application served on a port, over a small city, and a Chromium page signed in to it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page

from tests.server.conftest import PASSWORD, City, city, engine, web
from tests.server.served import served

__all__ = ["address", "city", "engine", "sign_in", "web"]


@pytest.fixture(scope="module")
def address(web: Flask, city: City) -> Iterator[str]:
    """Where the application listens."""
    with served(web) as listening:
        yield listening


@pytest.fixture
def tablet_options() -> dict[str, Any]:
    """What a module's tablet has besides its size and touch: a place, permissions."""
    return {}


@pytest.fixture
def tablet(browser: Browser, tablet_options: dict[str, Any]) -> Iterator[BrowserContext]:
    """A device that nobody signed in on; a fault in any page of it fails the test."""
    faults: list[str] = []
    context = browser.new_context(viewport={"width": 800, "height": 1280}, has_touch=True, **tablet_options)
    context.on("weberror", lambda fault: faults.append(str(fault.error)))
    yield context
    context.close()
    assert faults == []


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
