"""A simulated week without a network: 500 checks with 2,000 photos arrive complete and none twice, over a bad line."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser
from sqlalchemy import Engine

from tests.browser.tablet_offline import Line, arrived, check_all, make, no_bytes_left, run_all, states
from tests.browser.tablet_pages import at, enrolled, unlock
from tests.server.conftest import City
from tests.server.served import served

pytestmark = [pytest.mark.server, pytest.mark.browser]

CHECKS, PHOTOS, BATCH = 500, 4, 50
SEED = 20261124
TURNS = 60  # runs asked for by hand; a pass goes on until nothing is due
MOVING_CLOCK = """
window.shiftMs = 0;
const RealDate = Date;
Date = class extends RealDate {
  constructor(...given) { if (given.length) super(...given); else super(RealDate.now() + window.shiftMs); }
  static now() { return RealDate.now() + window.shiftMs; }
};
"""
HOLD = "async () => { const { app } = await import('/static/tablet/app.js'); window.app = app; app.hold(); }"


@pytest.fixture(scope="module")
def line(web: Flask) -> Line:
    """The line between tablet and server."""
    return Line(web)


@pytest.fixture(scope="module")
def address(line: Line, city: City) -> Iterator[str]:
    """Where the application listens behind its line."""
    with served(line) as listening:  # type: ignore[arg-type]
        yield listening


def bad(chance: random.Random) -> Any:
    """One call in ten goes wrong, in one of three ways."""

    def fault(method: str, path: str, n: int) -> str | None:
        fate = chance.random()
        return "500" if fate < 0.03 else "lost" if fate < 0.08 else "portal" if fate < 0.1 else None

    return fault


@pytest.mark.timeout(900)
def test_a_week_of_five_hundred_checks_arrives_complete_and_none_twice(
    browser: Browser, address: str, line: Line, engine: Engine
) -> None:
    context = browser.new_context(viewport={"width": 800, "height": 1280}, has_touch=True)
    context.add_init_script(MOVING_CLOCK)
    page = enrolled(context.new_page(), address)
    page.evaluate(HOLD)
    context.set_offline(True)
    made = []
    for start in range(0, CHECKS, BATCH):
        made += make(page, BATCH, PHOTOS, 8, start, "辽NZ", CHECKS)
    page.evaluate("() => { window.shiftMs = 0; }")
    assert states(page) == {"ready": CHECKS}
    line.fault = bad(random.Random(SEED))
    context.set_offline(False)
    for turn in range(TURNS):
        run_all(page)
        found = states(page)
        if found == {"sent": CHECKS}:
            break
        if turn == 1:  # closed and opened again in the middle
            page.reload()
            unlock(page)
            at(page, "/")
            page.evaluate(HOLD)
    line.fault = None
    assert states(page) == {"sent": CHECKS}
    print(f"\n{line.calls} calls, of them {dict(line.met)}")
    check_all(engine, made, "辽NZ")
    no_bytes_left(page)
    times = sorted(row["at"] for row in arrived(engine, "辽NZ").values())
    assert timedelta(days=6.9) < datetime.now(UTC) - times[0] < timedelta(days=7.1)
    assert sum(len(one["files"]) for one in made) == CHECKS * PHOTOS
    context.close()
