"""Instruments: registered once, verified, checked by the tolerance of the day; what ends soon is said first."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text

from server.db import transaction
from server.store import instruments
from server.store.scopes import Scope
from tests.server.conftest import Browser, City

pytestmark = pytest.mark.server
Browse = Callable[..., Browser]
TODAY = datetime.now(UTC).date()
NOW = (datetime.now(UTC) + timedelta(hours=7)).strftime("%Y-%m-%dT%H:%M")  # an hour ago in the city


def form(serial: str, **changes: Any) -> dict[str, Any]:
    return {
        "kind": "opacimeter",
        "maker": "南华",
        "model": "NHT-6",
        "serial": serial,
        "software_version": "2",
        **changes,
    }


def register(browse: Browse, serial: str, username: str = "officer") -> int:
    answer = browse(username).post("/instruments/new", form(serial))
    assert answer.status_code == 303, answer.text
    return int(answer.location.rsplit("/", 1)[1])


def verify(browse: Browse, number: int, last: Any, certificate: str = "C-1") -> Any:
    values = {"certificate": certificate, "verified_by": "省计量院", "valid_from": "2026-01-01", "valid_to": str(last)}
    return browse("officer").post(f"/instruments/{number}/verifications", values)


def state(engine: Engine, number: int) -> str:
    with transaction(engine) as connection:
        row = instruments.find_one(connection, Scope(), number)
    assert row is not None
    return str(row["verification"])


@pytest.mark.parametrize(("days", "wanted"), [(-1, "expired"), (0, "due_soon"), (30, "due_soon"), (31, "verified")])
def test_the_last_day_of_a_verification_says_how_it_stands(
    browse: Browse, engine: Engine, city: City, days: int, wanted: str
) -> None:
    number = register(browse, f"S{days}")
    assert state(engine, number) == "never"
    local = (datetime.now(UTC) + timedelta(hours=8)).date()
    assert verify(browse, number, local + timedelta(days=days)).status_code == 303
    assert state(engine, number) == wanted
    assert (f"S{days}" in browse("officer").get("/instruments/").text.split("filters")[0]) == (wanted != "verified")


def test_an_instrument_is_registered_once(browse: Browse, city: City) -> None:
    register(browse, "TWICE")
    answer = browse("officer").post("/instruments/new", form("TWICE"))
    assert answer.status_code == 422 and 'id="f-serial-fault"' in answer.text and 'value="TWICE"' in answer.text


@pytest.mark.parametrize(
    ("changes", "field"), [({"kind": "spoon"}, "kind"), ({"maker": ""}, "maker"), ({"model": "x" * 101}, "model")]
)
def test_a_wrong_entry_is_refused_at_its_field(browse: Browse, changes: dict[str, Any], field: str) -> None:
    answer = browse("officer").post("/instruments/new", form("WRONG", **changes))
    assert answer.status_code == 422 and f'id="f-{field}-fault"' in answer.text


@pytest.mark.parametrize(
    ("measured", "passed"), [("61.9", True), ("62", True), ("62.1", False), ("58", True), ("57.9", False)]
)
def test_a_filter_check_is_judged_by_its_tolerance(browse: Browse, engine: Engine, measured: str, passed: bool) -> None:
    number = register(browse, f"F{measured}")
    values = {"check": "filter", "at": NOW, "expected": "60", "measured": measured}
    assert browse("officer").post(f"/instruments/{number}/checks", values).status_code == 303
    with transaction(engine) as connection:
        row = instruments.checks(connection, number)[0]
    assert (row["passed"], row["unit"]) == (passed, "%")
    assert row["rule_key"].startswith("instrument.opacimeter.filter_tolerance@")


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"check": "filter", "at": NOW, "expected": "60", "measured": "much"}, "measured"),
        ({"check": "leak", "at": NOW}, "seen_passed"),
        ({"check": "zero", "at": "2199-01-01T00:00", "expected": "0", "measured": "0"}, "at"),
        ({"check": "smell", "at": NOW}, "check"),
        ({"check": "zero", "expected": "0", "measured": "0"}, "at"),
    ],
)
def test_a_wrong_check_is_refused_at_its_field(browse: Browse, values: dict[str, str], field: str) -> None:
    number = register(browse, f"W{field}{len(values)}")
    answer = browse("officer").post(f"/instruments/{number}/checks", values)
    assert answer.status_code == 422 and f'id="f-{field}-fault"' in answer.text


def test_a_verification_ends_after_it_begins_and_is_recorded_once(browse: Browse) -> None:
    number = register(browse, "V1")
    assert verify(browse, number, "2025-12-31").status_code == 422
    assert verify(browse, number, "2099-01-01").status_code == 422
    assert verify(browse, number, "2026-12-31").status_code == 303
    assert verify(browse, number, "2026-12-31").status_code == 422


def test_a_change_does_not_write_over_anothers(browse: Browse, engine: Engine) -> None:
    number = register(browse, "CH1")
    with transaction(engine) as connection:
        row = instruments.find_one(connection, Scope(), number)
    assert row is not None
    values = {"model": "NHT-7", "state": "retired", "updated_at": row["updated_at"].isoformat()}
    assert browse("officer").post(f"/instruments/{number}/edit", values).status_code == 303
    assert state(engine, number) == "retired"
    assert browse("officer").post(f"/instruments/{number}/edit", values).status_code == 422


def test_a_county_keeps_its_own_and_what_was_recorded_stays(browse: Browse, engine: Engine, city: City) -> None:
    number = register(browse, "COUNTY", "other")
    assert browse("county").get(f"/instruments/{number}").status_code == 404
    assert browse("officer").get(f"/instruments/{number}").status_code == 200
    assert browse("county").post(f"/instruments/{number}/checks", {"check": "leak", "at": NOW}).status_code == 404
    verify(browse, number, "2026-12-31")
    with transaction(engine) as connection, pytest.raises(Exception, match="append-only"):
        connection.execute(text("DELETE FROM instrument_verifications WHERE instrument_id = :n"), {"n": number})
