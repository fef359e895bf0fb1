"""The alert drill: orange starts, gates and the review of ledgers follow, lifting restores; all over HTTP."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from enforcement.rules.book import BEIJING
from server.db import transaction
from server.flows.jobs import run_one
from tests.server import alert_world
from tests.server.api_world import Program, make_token
from tests.server.conftest import City
from tests.server.gate_city import Plant, make_plant, make_truck

pytestmark = pytest.mark.server
PATIENCE_S = 5.0
OLD, SPARED, CLEAN = "辽N40000", "辽N41111", "辽N60000"


@pytest.fixture(scope="module")
def plant(engine: Engine, city: City) -> Plant:
    """A listed plant; an old truck, an old one on the whitelist, a clean one."""
    found = make_plant(engine, city)
    with transaction(engine) as connection:
        alert_world.make(connection)
        connection.execute(
            text(
                "INSERT INTO large_users (enterprise_id, division, list_version, from_on, industry, kind, trips_normal,"
                " reason_in) VALUES (:e, '211302', '2026', '2026-01-01', 'steel', 'plant', 40, '达到门槛')"
            ),
            {"e": found.enterprise_id},
        )
        make_truck(connection, OLD, stage="4")
        make_truck(connection, CLEAN, stage="6")
        spared = make_truck(connection, SPARED, stage="4")
        connection.execute(
            text(
                "INSERT INTO whitelist_entries (truck_id, purpose, valid_from, valid_to, approver, state, decided_at,"
                " enterprise_id, level_to) VALUES (:t, 'heating', now() - interval '1 day', now() + interval '9 days',"
                " '市局', 'active', now() - interval '1 day', :e, 'orange')"
            ),
            {"t": spared, "e": found.enterprise_id},
        )
    return found


@pytest.fixture
def gate(web: Flask, plant: Plant) -> Program:
    return Program(web, plant.key)


@pytest.fixture
def approver(web: Flask, engine: Engine, city: City, plant: Plant) -> Program:
    return Program(web, make_token(engine, city.accounts["approver"]))


def sent(program: Program, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = program.send("POST", path, body)
    assert answer.status_code in (200, 201), answer.text
    found: dict[str, Any] = answer.get_json()
    return found


def asked(gate: Program, plant: Plant, plate: str) -> dict[str, Any]:
    return sent(
        gate, "/gate-checks", {"plate": plate, "colour": "yellow", "gate": plant.gate_id, "direction": "in"}
    )  # fmt: skip


def within(act: Callable[[], bool]) -> None:
    """True within five seconds: asked again and again up to the deadline."""
    end = time.monotonic() + PATIENCE_S
    while not act():
        assert time.monotonic() < end
        time.sleep(0.05)


def row(plate: str, at: datetime, stage: str = "4") -> dict[str, Any]:
    passed_at = at.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S")
    return {
        "entrance_no": "1", "barrier_no": "01", "direction": "1", "passed_at": passed_at, "plate": plate,
        "plate_colour": "1", "vehicle_type": "H11", "fuel": "B", "stage": stage, "cargo": "煤", "quantity": "32.5",
        "unit": "吨", "source_key": f"{plate} {passed_at}",
    }  # fmt: skip


def flagged(officer: Program, alert: int) -> set[str]:
    found = officer.send("GET", f"/leads?kind=banned_entry&status=open&alert={alert}").get_json()
    return {one["device"] for one in found["items"]}


def test_the_drill(web: Flask, engine: Engine, city: City, plant: Plant, gate: Program, approver: Program) -> None:
    officer = Program(web, make_token(engine, city.accounts["officer"]))
    assert {plate: asked(gate, plant, plate)["answer"] for plate in (OLD, SPARED, CLEAN)} == dict.fromkeys(
        (OLD, SPARED, CLEAN), "allow"
    )

    # orange starts
    began = datetime.now(UTC) - timedelta(minutes=2)
    body = {
        "level": "orange", "division": "211300", "from_at": began.isoformat(), "document": "朝政预〔2026〕9号",
        "authority": "朝阳市人民政府", "issued_on": began.astimezone(BEIJING).date().isoformat(),
    }  # fmt: skip
    alert = sent(approver, "/alerts", body)
    within(lambda: asked(gate, plant, OLD)["answer"] == "deny")
    denied = asked(gate, plant, OLD)
    assert (denied["alert"]["id"], denied["measures"]) == (alert["id"], ["bulk_site_trucks#2"])
    assert asked(gate, plant, SPARED)["reason_code"] == "whitelisted"
    assert asked(gate, plant, CLEAN)["reason_code"] == "stage_allowed"

    # trucks pass nevertheless; the ledger tells
    now = datetime.now(UTC)
    during = [row(OLD, now - timedelta(seconds=60)), row(SPARED, now - timedelta(seconds=58)),
              row(CLEAN, now - timedelta(seconds=56), "6"), row(OLD, began - timedelta(seconds=30))]  # fmt: skip
    taken = sent(gate, "/ledger/passages", {"rows": during})
    assert [one["outcome"] for one in taken["rows"]] == ["taken"] * 4
    run_one(engine, "alert_review", datetime.now(UTC))
    assert flagged(officer, alert["id"]) == {OLD}
    found = officer.send("GET", f"/leads?alert={alert['id']}").get_json()["items"]
    assert [one["passage_id"] for one in found] == [taken["rows"][0]["id"]]
    assert "朝政预〔2026〕9号" in found[0]["detail"]["zh"]

    # lifted, a little ago; what passed since is free
    lifted = datetime.now(UTC) - timedelta(seconds=20)
    sent(approver, f"/alerts/{alert['id']}/lifting", {"to_at": lifted.isoformat(), "document": "朝政预解〔2026〕9号"})
    within(lambda: asked(gate, plant, OLD)["answer"] == "allow")
    assert asked(gate, plant, OLD)["reason_code"] == "no_alert"
    sent(gate, "/ledger/passages", {"rows": [row(OLD, datetime.now(UTC) - timedelta(seconds=5))]})
    run_one(engine, "alert_review", datetime.now(UTC))
    assert len(officer.send("GET", f"/leads?alert={alert['id']}&status=open").get_json()["items"]) == 1

    # an answer given before still explains itself, whatever the bureau decides afterwards
    measure = next(
        one
        for one in approver.send("GET", "/alert-measures?key=bulk_site_trucks").get_json()["items"]
        if one["revision"] == 2
    )
    wanted = {name: measure[name] for name in measure if name not in ("name", "revision", "withdrawn", "valid_from")}
    sent(approver, "/alert-measures", {**wanted, "zh": "改过的措施", "en": "changed", "reason": "预案修订"})
    explained = gate.get(f"/gate-checks/{denied['id']}").get_json()
    assert {name: explained[name] for name in denied} == denied
    assert explained["measures_told"][0]["zh"] == measure["zh"]
