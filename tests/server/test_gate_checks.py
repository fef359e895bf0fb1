"""The gate's question over HTTP: who may ask, what is answered and kept, how soon a change counts."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Connection, Engine, text

from server.db import transaction
from server.flows import system_keys
from server.store.audit import PLATFORM
from tests.server import alert_world
from tests.server.api_world import Program, make_token
from tests.server.conftest import Browser, City
from tests.server.gate_city import Plant, make_foreign, make_gate, make_key, make_plant, make_truck

pytestmark = pytest.mark.server
Browse = Callable[..., Browser]
PATIENCE_S = 5.0


@pytest.fixture(scope="module")
def plant(engine: Engine, city: City) -> Plant:
    """A listed plant, an old truck and a clean one, one that nobody knows the stage of."""
    found = make_plant(engine, city)
    with transaction(engine) as connection:
        connection.execute(
            text(
                "INSERT INTO large_users (enterprise_id, division, list_version, from_on, industry, kind, trips_normal,"
                " reason_in) VALUES (:e, '211302', '2026', '2026-01-01', 'steel', 'plant', 40, '达到门槛')"
            ),
            {"e": found.enterprise_id},
        )
        make_truck(connection, "辽N40000", stage="4")
        make_truck(connection, "辽N60000", stage="6")
        make_truck(connection, "辽N0000X", stage="X")
    return found


@pytest.fixture
def orange(engine: Engine, plant: Plant) -> Iterator[int]:
    """An orange alert of the city from now on, lifted afterwards."""
    number = enter(engine)
    yield number
    lift(engine, number)


def enter(engine: Engine) -> int:
    with transaction(engine) as connection:
        for code, level, zh, en in alert_world.AREAS:
            connection.execute(
                text(
                    "INSERT INTO divisions (code, level, name_zh, name_en, geometry) VALUES (:c, :l, :zh, :en,"
                    " ST_Multi(ST_MakeEnvelope(119, 40, 122, 43, 4326))) ON CONFLICT DO NOTHING"
                ),
                {"c": code, "l": level, "zh": zh, "en": en},
            )
        return alert_world.alert(connection, from_at=datetime.now(UTC))


def lift(engine: Engine, number: int) -> None:
    with transaction(engine) as connection:
        connection.execute(
            text(
                "UPDATE alerts SET to_at = now(), lifted_at = now(), lift_document = '解除' WHERE id = :id"
                " AND to_at IS NULL"
            ),
            {"id": number},
        )


def asked(web: Flask, plant: Plant, plate: str, **values: Any) -> dict[str, Any]:
    body = {"plate": plate, "colour": "yellow", "gate": plant.gate_id, "direction": "in", **values}
    answer = Program(web, plant.key).send("POST", "/gate-checks", body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.get_json()
    return found


def until(act: Callable[[], bool]) -> None:
    """Poll with a deadline: a change counts within five seconds."""
    end = time.monotonic() + PATIENCE_S
    while not act():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_without_an_alert_a_truck_passes_and_the_answer_is_kept(web: Flask, engine: Engine, plant: Plant) -> None:
    told = asked(web, plant, "辽n·60000")
    assert (told["allow"], told["answer"], told["reason_code"]) == (True, "allow", "no_alert")
    assert (told["plate"], told["stage"], told["fuel"], told["known_by"]) == ("辽N60000", "6", "diesel", "register")
    assert told["display"] == "辽N60000 国六 放行"
    assert told["law"] == "CODE"
    assert any(rule.startswith("alert.answer_valid_s@") for rule in told["rules"])
    again = Program(web, plant.key).get(f"/gate-checks/{told['id']}").get_json()
    assert {name: again[name] for name in told} == told
    with transaction(engine) as connection:
        seen = connection.execute(
            text("SELECT last_seen_at FROM gates WHERE id = :g"), {"g": plant.gate_id}
        ).scalar_one()
    assert seen is not None


def test_a_gate_is_named_by_its_id_or_its_numbers(web: Flask, plant: Plant) -> None:
    assert asked(web, plant, "辽N60000", gate={"entrance": "1", "barrier": "01"})["gate_id"] == plant.gate_id


def test_an_orange_alert_keeps_old_trucks_out_and_says_by_what(
    web: Flask, browse: Browse, plant: Plant, orange: int
) -> None:
    until(lambda: asked(web, plant, "辽N40000")["answer"] == "deny")
    told = asked(web, plant, "辽N40000")
    assert (told["allow"], told["reason_code"], told["alert"]["id"]) == (False, "kept_out", orange)
    assert told["alert"]["level"] == "orange"
    assert told["measures"]
    assert told["display"] == "辽N40000 国四 橙色预警 禁止通行"
    assert asked(web, plant, "辽N60000")["allow"] is True
    assert asked(web, plant, "辽N0000X")["answer"] == "check"
    assert asked(web, plant, "辽NUNKNOWN")["answer"] == "check"
    explained = Program(web, plant.key).get(f"/gate-checks/{told['id']}").get_json()
    assert explained["measures_told"][0]["zh"]
    page = browse("officer").get(f"/gates/answers/{told['id']}").text
    assert explained["measures_told"][0]["zh"] in page
    assert told["reason_zh"] in page
    shown = browse("officer").get(f"/gates/answers/?answer=deny&alert={orange}").text
    assert f"/gates/answers/{told['id']}" in shown


def test_who_is_inside_is_not_locked_in(web: Flask, plant: Plant, orange: int) -> None:
    until(lambda: asked(web, plant, "辽N40000")["answer"] == "deny")
    told = asked(web, plant, "辽N40000", direction="out")
    assert (told["answer"], told["reason_code"]) == ("check", "leaving")


def test_a_truck_that_the_register_does_not_know_is_as_the_plants_ledger_last_said(
    web: Flask, engine: Engine, plant: Plant, orange: int
) -> None:
    with transaction(engine) as connection:
        for at, stage in (("2026-11-01T08:00+08:00", "4"), ("2026-11-02T08:00+08:00", "6")):
            passage(connection, plant, at, stage)
    until(lambda: asked(web, plant, "辽N40000")["answer"] == "deny")
    told = asked(web, plant, "冀B12345")
    assert (told["answer"], told["stage"], told["known_by"]) == ("allow", "6", "ledger")


def passage(connection: Connection, plant: Plant, at: str, stage: str) -> None:
    connection.execute(
        text(
            "INSERT INTO ledger_passages (enterprise_id, passed_at, division, entrance_no, barrier_no, direction, plate,"
            " plate_colour, vehicle_type, fuel, stage, source, content_sha256) VALUES (:e, cast(:at AS timestamptz),"
            " '211302', '1', '01', 'in', '冀B12345', 'yellow', 'H11', 'diesel', :s, 'gate', sha256('x'))"
        ),
        {"e": plant.enterprise_id, "at": at, "s": stage},
    )


def test_leave_lets_in_and_a_lifted_alert_lets_everybody_in(web: Flask, engine: Engine, plant: Plant) -> None:
    number = enter(engine)
    until(lambda: asked(web, plant, "辽N40000")["answer"] == "deny")
    before = asked(web, plant, "辽N40000")
    with transaction(engine) as connection:
        truck = connection.execute(text("SELECT id FROM trucks WHERE plate = '辽N40000'")).scalar_one()
        entry = connection.execute(
            text(
                "INSERT INTO whitelist_entries (truck_id, purpose, valid_from, valid_to, approver, state, decided_at)"
                " VALUES (:t, 'heating', now() - interval '1 day', now() + interval '1 day', '市局', 'active',"
                " now() - interval '1 day') RETURNING id"
            ),
            {"t": truck},
        ).scalar_one()
    told = asked(web, plant, "辽N40000")
    assert (told["answer"], told["reason_code"], told["whitelist_id"]) == ("allow", "whitelisted", entry)
    with transaction(engine) as connection:
        connection.execute(
            text(
                "UPDATE whitelist_entries SET state = 'withdrawn', withdrawn_at = now(), withdrawn_reason = '停用' WHERE id = :id"
            ),
            {"id": entry},
        )
    assert asked(web, plant, "辽N40000")["answer"] == "deny"
    lift(engine, number)
    until(lambda: asked(web, plant, "辽N40000")["answer"] == "allow")
    after = Program(web, plant.key).get(f"/gate-checks/{before['id']}").get_json()
    assert {name: after[name] for name in before} == before  # what was answered before still explains itself


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("body.gate", {"gate": 999_999_999}),
        ("body.gate", {"gate": {"entrance": "9", "barrier": "9"}}),
        ("body.enterprise", {"enterprise": "别家钢铁"}),
        ("body.plate", {"plate": "· "}),
        ("body.colour", {"colour": "pink"}),
        ("body.direction", {"direction": "up"}),
    ],
)
def test_a_question_that_cannot_be_is_refused_at_its_field(
    web: Flask, engine: Engine, plant: Plant, path: str, values: dict[str, Any]
) -> None:
    with transaction(engine) as connection:
        before = connection.execute(text("SELECT count(*) FROM gate_answers")).scalar_one()
    body = {"plate": "辽N60000", "colour": "yellow", "gate": plant.gate_id, "direction": "in", **values}
    answer = Program(web, plant.key).send("POST", "/gate-checks", body)
    assert answer.status_code == 422
    assert path in [one["path"] for one in answer.get_json()["faults"]]
    with transaction(engine) as connection:
        assert connection.execute(text("SELECT count(*) FROM gate_answers")).scalar_one() == before


def test_a_foreign_gate_is_as_if_there_were_none(web: Flask, engine: Engine, plant: Plant) -> None:
    foreign = make_foreign(engine)[1]
    body = {"plate": "辽N60000", "colour": "yellow", "gate": foreign, "direction": "in"}
    assert Program(web, plant.key).send("POST", "/gate-checks", body).status_code == 422


def test_who_may_not_ask(web: Flask, engine: Engine, city: City, plant: Plant) -> None:
    body = {"plate": "辽N60000", "colour": "yellow", "gate": plant.gate_id, "direction": "in"}
    assert Program(web, None).send("POST", "/gate-checks", body).status_code == 401
    assert (
        Program(web, make_token(engine, city.accounts["officer"])).send("POST", "/gate-checks", body).status_code == 403
    )
    with transaction(engine) as connection:
        bureau = make_key(connection, city.organisations["city"]).text
    assert Program(web, bureau).send("POST", "/gate-checks", body).status_code == 422


def test_a_revoked_key_stops_within_five_seconds(web: Flask, engine: Engine, city: City, plant: Plant) -> None:
    with transaction(engine) as connection:
        issued = make_key(connection, city.organisations["enterprise"])
    program = Program(web, issued.text)
    body = {"plate": "辽N60000", "colour": "yellow", "gate": plant.gate_id, "direction": "in"}
    assert program.send("POST", "/gate-checks", body).status_code == 200
    with transaction(engine) as connection:
        assert system_keys.revoke(connection, PLATFORM, issued.id)
    until(lambda: program.send("POST", "/gate-checks", body).status_code == 401)


def test_the_next_free_gate_of_the_plant_may_ask_too(web: Flask, engine: Engine, plant: Plant) -> None:
    with transaction(engine) as connection:
        second = make_gate(connection, plant.enterprise_id, "2", "01")
    assert asked(web, plant, "辽N60000", gate=second)["gate_id"] == second
