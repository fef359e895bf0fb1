"""Alerts and measures in the API: versions, areas, what is refused; the tablets' reference follows."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from server.db import transaction
from server.flows.tablet_reference import alert_part
from server.store import users
from tests.server import alert_world
from tests.server.api_world import Program, make_token
from tests.server.conftest import City

pytestmark = pytest.mark.server


@pytest.fixture(scope="module", autouse=True)
def world(engine: Engine, city: City) -> None:
    with transaction(engine) as connection:
        alert_world.make(connection)


@pytest.fixture(autouse=True)
def empty(engine: Engine) -> Any:
    yield
    with transaction(engine) as connection:
        connection.execute(text("TRUNCATE alerts, alert_measures CASCADE"))


@pytest.fixture
def approver(web: Flask, engine: Engine, city: City) -> Program:
    return Program(web, make_token(engine, city.accounts["approver"]))


def body(**changes: Any) -> dict[str, Any]:
    began = datetime.now(UTC) - timedelta(hours=1)
    return {
        "level": "orange", "division": "211300", "from_at": began.isoformat(), "document": "朝政预〔2026〕3号",
        "authority": "朝阳市人民政府", "issued_on": "2026-11-20", **changes,
    }  # fmt: skip


def test_a_change_rests_on_the_version_read(approver: Program) -> None:
    made = approver.send("POST", "/alerts", body())
    assert made.status_code == 201
    number = made.get_json()["id"]
    tag = approver.get(f"/alerts/{number}").headers["ETag"]
    lifting = {"to_at": datetime.now(UTC).isoformat(), "document": "解〔2026〕3号"}
    stale = approver.send("POST", f"/alerts/{number}/lifting", lifting, **{"If-Match": f'"{number}-v9"'})
    assert stale.status_code == 412
    lifted = approver.send("POST", f"/alerts/{number}/lifting", lifting, **{"If-Match": tag})
    assert lifted.status_code == 200
    assert (lifted.get_json()["standing"], lifted.get_json()["version"]) == ("lifted", 2)
    assert approver.send("POST", f"/alerts/{number}/lifting", lifting).status_code == 422


def test_a_level_changes_by_a_following_alert(approver: Program) -> None:
    number = approver.send("POST", "/alerts", body()).get_json()["id"]
    wanted = body(level="red", from_at=(datetime.now(UTC) - timedelta(minutes=5)).isoformat())
    del wanted["division"]
    following = approver.send("POST", f"/alerts/{number}/level", wanted)
    assert following.status_code == 201
    first, second = (approver.get(f"/alerts/{one}").get_json() for one in (number, following.get_json()["id"]))
    assert datetime.fromisoformat(first["to_at"]) == datetime.fromisoformat(second["from_at"])
    assert (second["level"], second["standing"]) == ("red", "in_force")


def test_who_may_not_enter_does_not_and_a_foreign_area_is_refused(
    web: Flask, engine: Engine, city: City, approver: Program
) -> None:
    officer = Program(web, make_token(engine, city.accounts["officer"]))
    assert officer.send("POST", "/alerts", body()).status_code == 403
    refused = approver.send("POST", "/alerts", body(division="210700"))
    assert refused.status_code == 422
    assert refused.get_json()["faults"][0]["path"] == "body.division"
    assert approver.get("/alerts").get_json()["total"] == 0


def test_a_mistaken_entry_is_withdrawn_once(approver: Program) -> None:
    number = approver.send("POST", "/alerts", body()).get_json()["id"]
    assert approver.send("POST", f"/alerts/{number}/withdrawal", {"reason": "录入有误"}).status_code == 200
    assert approver.send("POST", f"/alerts/{number}/withdrawal", {"reason": "录入有误"}).status_code == 422
    assert approver.get(f"/alerts/{number}").get_json()["standing"] == "withdrawn"


def test_measures_are_listed_revised_and_ended(approver: Program) -> None:
    items = approver.send("GET", "/alert-measures?key=site_machines").get_json()["items"]
    assert [one["name"] for one in items] == ["site_machines#2", "site_machines#1"]
    assert (
        approver.send("POST", "/alert-measures/withdrawal", {"key": "nothing_here", "reason": "不再执行"}).status_code
        == 404
    )
    gone = approver.send("POST", "/alert-measures/withdrawal", {"key": "site_machines", "reason": "不再执行"})
    assert (gone.get_json()["name"], gone.get_json()["withdrawn"]) == ("site_machines#101", True)
    past = {"key": "site_machines", "reason": "不再执行", "from_at": "2026-01-01T00:00:00+08:00"}
    assert approver.send("POST", "/alert-measures/withdrawal", past).status_code == 404, "it is withdrawn already"


def test_the_tablets_reference_carries_alerts_in_force_and_to_come(engine: Engine, approver: Program) -> None:
    now = datetime.now(UTC)
    number = approver.send("POST", "/alerts", body()).get_json()["id"]
    with transaction(engine) as connection:
        found = users.find_by_username(connection, "county")
        assert found is not None
        told = alert_part(connection, found[0], now)
        assert [(one["id"], one["level"], one["area"]) for one in told] == [(number, "orange", "2113")]
        assert {"bulk_site_trucks#2", "site_machines#2"} <= {one["name"] for one in told[0]["measures"]}
    lifting = {"to_at": datetime.now(UTC).isoformat(), "document": "解〔2026〕3号"}
    assert approver.send("POST", f"/alerts/{number}/lifting", lifting).status_code == 200
    with transaction(engine) as connection:
        assert alert_part(connection, found[0], datetime.now(UTC)) == []
