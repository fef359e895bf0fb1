"""The gate's question over HTTP: who may ask, what is answered and kept, how soon a change counts."""

import gzip
import hashlib
import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Connection, Engine, text

from enforcement.alerts.offline import answer_from, open_list
from server.api.tallies import Tallies
from server.app import create_app
from server.config import load
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
def web(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The application with folders of its own: it makes a key there."""
    folder = tmp_path_factory.mktemp("gates")
    given = {"EVIDENCE_DIR": str(folder / "evidence"), "SECRETS_DIR": str(folder / "secrets")}
    app = create_app(load({"DATABASE_URL": database_url, "SECRET_KEY": "s" * 40, **given}))
    yield app
    app.extensions["engine"].dispose()


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
                "UPDATE alerts SET to_at = now(), lifted_at = now(), lift_document = '解除', version = version + 1"
                " WHERE id = :id"
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


def leave_for_one_zone(engine: Engine, entry: int, enterprise_id: int | None) -> None:
    """Leave for a zone says nothing of gates, unless it names the plant."""
    with transaction(engine) as connection:
        connection.execute(
            text(
                "WITH z AS (INSERT INTO zones (code, name_zh, name_en, division) VALUES ('GATE-TEST', '一区', 'one', '211302')"
                " ON CONFLICT (code) DO UPDATE SET name_en = 'one' RETURNING id)"
                " UPDATE whitelist_entries SET zone_id = (SELECT id FROM z), enterprise_id = :e WHERE id = :id"
            ),
            {"e": enterprise_id, "id": entry},
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
    leave_for_one_zone(engine, entry, None)
    assert asked(web, plant, "辽N40000")["answer"] == "deny"
    leave_for_one_zone(engine, entry, plant.enterprise_id)
    assert asked(web, plant, "辽N40000")["answer"] == "allow"
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


# --- cut off ---


def fetch_list(web: Flask, plant: Plant) -> tuple[dict[str, Any], bytes]:
    """The list as a gate gets it, gzipped, and the key to check it with."""
    program = Program(web, plant.key)
    answer = program.client.get("/api/v1/gate-lists/newest", headers={**program.headers, "Accept-Encoding": "gzip"})
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Encoding"] == "gzip"
    envelope: dict[str, Any] = json.loads(gzip.decompress(answer.data))
    told = program.get("/gate-lists/key").get_json()
    assert told["key_id"] == envelope["key_id"]
    return envelope, bytes.fromhex(told["public_key"])


def test_the_list_says_what_the_platform_says_and_follows_an_alert(
    web: Flask, engine: Engine, plant: Plant, orange: int
) -> None:
    with transaction(engine) as connection:
        connection.execute(
            text("UPDATE trucks SET enterprise_id = :e WHERE plate IN ('辽N40000', '辽N60000', '辽N0000X')"),
            {"e": plant.enterprise_id},
        )
    until(lambda: asked(web, plant, "辽N40000")["answer"] == "deny")
    held = open_list(*fetch_list(web, plant))
    assert held.content["alerts"] == [{"id": orange, "level": "orange", "document": "朝政预〔2026〕3号"}]
    for plate in ("辽N40000", "辽N60000", "辽N0000X"):
        for direction in ("in", "out"):
            told = asked(web, plant, plate, direction=direction)
            found = answer_from(held, plate, "yellow", direction, datetime.now(UTC))
            assert (found.answer, found.code, found.zh) == (told["answer"], told["reason_code"], told["reason_zh"])
            assert list(found.measures) == told["measures"]
            assert found.is_listed
    assert held.content["measures"][told["measures"][0]]["zh"] if told["measures"] else True
    lift(engine, orange)
    until(lambda: asked(web, plant, "辽N40000")["answer"] == "allow")
    later = open_list(*fetch_list(web, plant))
    assert later.content["list_id"] > held.content["list_id"]
    assert answer_from(later, "辽N40000", "yellow", "in", datetime.now(UTC)).answer == "allow"


def test_a_young_list_is_given_again_and_is_on_file(web: Flask, engine: Engine, plant: Plant) -> None:
    first, second = (fetch_list(web, plant)[0] for _ in range(2))
    assert first == second
    number = json.loads(first["content"])["list_id"]
    with transaction(engine) as connection:
        row = connection.execute(text("SELECT * FROM gate_lists WHERE id = :id"), {"id": number}).one()
        audited = connection.execute(
            text("SELECT count(*) FROM audit_log WHERE action = 'gate_list.make' AND subject_id = :id"),
            {"id": str(number)},
        ).scalar_one()
    assert (row.enterprise_id, row.key_id, audited) == (plant.enterprise_id, first["key_id"], 1)
    assert hashlib.sha256(first["content"].encode()).digest() == bytes(row.sha256)


def test_the_list_holds_nothing_of_others(web: Flask, engine: Engine, plant: Plant) -> None:
    with transaction(engine) as connection:
        make_truck(connection, "辽N77001", owner="别家")
    held = open_list(*fetch_list(web, plant))
    assert "辽N77001" not in {row[0] for row in held.content["trucks"]}


def decision(plant: Plant, **values: Any) -> dict[str, Any]:
    return {"gate": plant.gate_id, "at": datetime.now(UTC).isoformat(), "plate": "辽N40000", "colour": "yellow",
            "direction": "in", "answer": "allow", "source": "policy", **values}  # fmt: skip


def test_what_a_gate_did_by_itself_is_told_later_and_kept_once(
    web: Flask, browse: Browse, engine: Engine, plant: Plant
) -> None:
    number = json.loads(fetch_list(web, plant)[0]["content"])["list_id"]
    items = [
        decision(plant),
        decision(plant, plate="辽N60000", source="list", list_id=number, answer="deny"),
        decision(plant, plate="辽N50000", source="list"),  # names no list
        decision(plant, plate="辽N50000", source="list", list_id=number, at="2026-11-20T08:00:00+08:00"),
        decision(plant, plate="辽N50000", gate=999_999_999),
        decision(plant, plate="辽N50000", at="2020-01-01T08:00:00+08:00"),
    ]
    program = Program(web, plant.key)
    told = [
        program.send("POST", "/gate-checks/offline", {"items": order}).get_json()["items"] for order in (items, items)
    ]
    assert [one["outcome"] for one in told[0]] == ["taken", "taken", "refused", "refused", "refused", "refused"]
    assert [one["outcome"] for one in told[1]] == ["repeated", "repeated", "refused", "refused", "refused", "refused"]
    assert [one["answer_id"] for one in told[0]] == [one["answer_id"] for one in told[1]]
    assert [one["faults"][0]["field"] for one in told[0][2:]] == ["list_id", "list_id", "gate", "at"]
    kept = program.get(f"/gate-checks/{told[0][1]['answer_id']}").get_json()
    assert (kept["source"], kept["answer"], kept["reason_code"]) == ("list", "deny", "by_list")
    assert f"/gates/answers/{told[0][0]['answer_id']}" in browse("officer").get("/gates/answers/?source=policy").text
    assert program.send("POST", "/gate-checks/offline", {"items": []}).status_code == 422


def test_the_program_for_gates_is_handed_out(browse: Browse) -> None:
    answer = browse("enterprise").get("/gates/policies/check_list.py")
    assert answer.status_code == 200
    assert "Ed25519" in answer.text


def test_a_gate_has_a_limit_of_its_own(
    database_url: str, tmp_path: Path, engine: Engine, city: City, plant: Plant
) -> None:
    app = create_app(
        load({"DATABASE_URL": database_url, "SECRET_KEY": "s" * 40, "EVIDENCE_DIR": str(tmp_path), "API_CALLS_ACCOUNT": "2",
              "API_CALLS_GATE": "40"})
    )  # fmt: skip
    try:
        with transaction(engine) as connection:
            key = make_key(connection, city.organisations["enterprise"]).text
        program = Program(app, key)
        codes = [program.get(f"/gates/{plant.gate_id}").status_code for _ in range(100)]
        first = codes.index(429) if 429 in codes else None
        assert first is not None
        assert 40 <= first <= 80  # the minute may have turned under way
        answer = program.get(f"/gates/{plant.gate_id}")
        assert answer.status_code == 200 or 1 <= int(answer.headers["Retry-After"]) <= 60
    finally:
        app.extensions["engine"].dispose()


def test_two_processes_count_one_minute(engine: Engine) -> None:
    one, two = Tallies(), Tallies()
    counts = [tallies.count(engine, "system:777").calls for tallies in (one, two) for _ in range(20)]
    if counts[20] != 1:  # the minute did not turn under way
        assert counts[:20] == list(range(1, 21))
        assert counts[20] == 2  # what the first one has not written down yet is not known here
    one.of_caller["system:777"].written_at = two.of_caller["system:777"].written_at = 0.0
    assert one.count(engine, "system:777").calls in (21, 22, 1)
    assert two.count(engine, "system:777").calls in (41, 42, 1, 2)
