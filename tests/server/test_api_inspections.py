"""Inspections over the API: recorded once under a key, corrected only over the version that was read, in scope."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine

from server.db import transaction
from tests.server import inspection_city as town
from tests.server.api_world import Program, make_token
from tests.server.conftest import City

pytestmark = pytest.mark.server
Call = Callable[[str], Program]
PATH = "/inspections"


@pytest.fixture(scope="module")
def fleet(engine: Engine, city: City) -> town.Fleet:
    with transaction(engine) as connection:
        return town.fleet(connection, city)


@pytest.fixture
def call(web: Flask, engine: Engine, city: City) -> Call:
    return lambda name: Program(web, make_token(engine, city.accounts[name]))


def body(fleet: town.Fleet, **changes: Any) -> dict[str, Any]:
    return {
        "kind": "roadside", "at": town.AT.isoformat(), "subject": "辽NJC001", "colour": "yellow", "lon": 120.45,
        "lat": 41.57, "methods": {"free_acceleration": {"peaks": [1.3, 1.4, 1.5]}}, "officers": town.OFFICERS,
        "weather": town.WEATHER, "instrument_ids": list(fleet.instruments.values()), **changes,
    }  # fmt: skip


def given(answer: Any) -> dict[str, Any]:
    assert answer.json is not None
    found: dict[str, Any] = answer.json
    return found


def test_it_is_recorded_shown_and_listed(call: Call, fleet: town.Fleet) -> None:
    officer = call("officer")
    answer = officer.send("POST", PATH, body(fleet))
    assert answer.status_code == 201, answer.text
    made = given(answer)
    assert (made["outcome"], made["standing"], made["version"], made["source"]) == ("failed", "legal", 1, "api")
    assert made["zone_version_ids"] == [fleet.zone_versions[1]]
    shown = officer.get(f"{PATH}/{made['id']}")
    assert given(shown) == made and shown.headers["ETag"]
    assert made["id"] in [
        row["id"] for row in given(officer.get(PATH, outcome="failed", method="free_acceleration"))["items"]
    ]


def test_a_key_makes_one_of_two_calls(call: Call, fleet: town.Fleet) -> None:
    officer = call("officer")
    first, again = (officer.send("POST", PATH, body(fleet, source_key="T-1")) for _ in range(2))
    assert given(first)["id"] == given(again)["id"]
    other = officer.send("POST", PATH, body(fleet, source_key="T-1", note="别的"))
    assert (other.status_code, given(other)["code"]) == (409, "key_used")
    key = {"Idempotency-Key": "0123456789-a"}
    first, again = (officer.send("POST", PATH, body(fleet), **key) for _ in range(2))
    assert given(first)["id"] == given(again)["id"] and again.headers["Idempotency-Replayed"] == "true"


def test_a_correction_over_an_older_version_is_refused(call: Call, fleet: town.Fleet) -> None:
    officer = call("officer")
    made = officer.send("POST", PATH, body(fleet))
    address, tag = f"{PATH}/{given(made)['id']}", made.headers["ETag"]
    mended = body(fleet, methods={"free_acceleration": {"peaks": [0.9, 0.9, 0.9]}}, reason="抄录读数有误")
    done = officer.send("PATCH", address, mended, **{"If-Match": tag})
    assert (done.status_code, given(done)["version"], given(done)["outcome"]) == (200, 2, "passed")
    assert officer.send("PATCH", address, mended, **{"If-Match": tag}).status_code == 412
    assert officer.send("POST", f"{address}/withdrawal", {"reason": "录错车辆"}).status_code == 200
    assert officer.send("PATCH", address, mended).status_code == 422


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"methods": {}}, "body.methods"),
        ({"methods": {"free_acceleration": {"peaks": [1, 2]}}}, "body.methods.free_acceleration.peaks"),
        ({"methods": {"tea_leaves": {}}}, "body.methods.tea_leaves"),
        ({"weather": {"temperature_c": "cold"}}, "body.weather.temperature_c"),
        ({"instrument_ids": [987654]}, "body.instruments"),
        ({"subject": "=cmd|' /C calc'!A0"}, "body.subject"),
        ({"subject": "京A00001"}, "body.subject_kind"),
    ],
)
def test_a_fault_names_its_field(call: Call, fleet: town.Fleet, changes: dict[str, Any], path: str) -> None:
    answer = call("officer").send("POST", PATH, body(fleet, **changes))
    assert answer.status_code == 422, answer.text
    assert path in [fault["path"] for fault in given(answer)["faults"]]


def test_others_see_their_own_and_write_nothing(call: Call, fleet: town.Fleet) -> None:
    officer = call("officer")
    own = given(officer.send("POST", PATH, body(fleet, subject="辽NJC002")))["id"]
    foreign = given(officer.send("POST", PATH, body(fleet)))["id"]
    enterprise = call("enterprise")
    assert enterprise.get(f"{PATH}/{own}").status_code == 200
    assert enterprise.get(f"{PATH}/{foreign}").status_code == 404
    assert enterprise.send("POST", PATH, body(fleet)).status_code == 403
    county = call("county")
    assert county.get(f"{PATH}/{own}").status_code == 404, "the point has no boundary: the city's own area"
    assert county.send("PATCH", f"{PATH}/{own}", body(fleet, reason="不是我的")).status_code == 404
    assert given(officer.get("/instruments", verification="expired"))["items"][0]["serial"] == "expired-1"
