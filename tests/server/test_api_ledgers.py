"""The ledgers over HTTP: a gate system's batches, partial failure, corrections against a version, nothing of others."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from server.db import transaction
from server.flows import system_keys
from server.flows.system_keys import Wanted
from server.store.audit import PLATFORM
from tests.server.api_world import Program, make_token
from tests.server.conftest import Browser, City
from tests.server.ledger_world import Plant, make_plant, passage_row

pytestmark = pytest.mark.server
Browse = Callable[..., Browser]


def fresh(minutes_ago: float = 60, **changes: Any) -> dict[str, Any]:
    return passage_row(minutes_ago, datetime.now(UTC), **changes)


@pytest.fixture(scope="module")
def own(engine: Engine, city: City) -> Plant:
    with transaction(engine) as connection:
        connection.execute(text("UPDATE enterprises SET division = '211302' WHERE id = :e"), {"e": city.enterprise_id})
    return make_plant(engine, "", city.enterprise_id)


@pytest.fixture(scope="module")
def other(engine: Engine, city: City) -> Plant:
    return make_plant(engine, "别家")


@pytest.fixture(scope="module")
def program(web: Flask, engine: Engine, city: City) -> Program:
    return Program(web, make_token(engine, city.accounts["enterprise"]))


@pytest.fixture(scope="module")
def officer(web: Flask, engine: Engine, city: City) -> Program:
    return Program(web, make_token(engine, city.accounts["officer"]))


def send(program: Program, *rows: dict[str, Any], **more: Any) -> Any:
    answer = program.send("POST", "/ledger/passages", {"rows": list(rows), **more})
    assert answer.status_code == 200, answer.text
    return answer.get_json()


def test_a_batch_fails_item_by_item(program: Program, own: Plant) -> None:
    bad = fresh(55, source_key="api-2", stage="7", plate_colour="8")
    got = send(program, fresh(source_key="api-1"), bad, fresh(source_key="api-1"), gate=own.gate_id)
    assert [row["outcome"] for row in got["rows"]] == ["taken", "refused", "repeated"]
    assert (got["taken"], got["refused"], got["repeated"], got["corrected"]) == (1, 1, 1, 0)
    assert {fault["field"] for fault in got["rows"][1]["faults"]} == {"stage", "plate_colour"}
    assert got["rows"][0]["id"] == got["rows"][2]["id"]
    refused = program.send("GET", f"/ledger/refusals?batch={got['batch']}").get_json()["items"]
    assert [(row["payload"], row["times"], row["source_key"]) for row in refused] == [(bad, 1, "api-2")]
    batch = program.send("GET", f"/ledger/batches/{got['batch']}").get_json()
    assert (batch["rows_n"], batch["gate_id"], batch["source"]) == (3, own.gate_id, "gate")


def test_a_batch_is_refused_as_a_whole_only_for_its_form(program: Program, own: Plant, other: Plant) -> None:
    for body, path in (
        ({"rows": []}, "body.rows"),
        ({"rows": [{}] * 1001}, "body.rows"),
        ({"rows": [1]}, "body.rows.0"),
        ({"rows": [fresh()], "codes": {"fuels": "mine"}}, "body.codes.fuels"),
        ({"rows": [fresh()], "gate": other.gate_id}, "body.gate"),
    ):
        answer = program.send("POST", "/ledger/passages", body)
        assert answer.status_code == 422, answer.text
        assert answer.get_json()["faults"][0]["path"] == path


def test_the_declared_list_of_colours_counts(program: Program, own: Plant) -> None:
    row = fresh(40, source_key="api-697", plate="辽N55555")
    got = send(program, row, codes={"plate_colours": "jtt697"})
    found = program.send("GET", f"/ledger/passages/{got['rows'][0]['id']}").get_json()
    assert found["plate_colour"] == "blue"


def test_a_correction_rests_on_the_version_read(program: Program, own: Plant) -> None:
    number = send(program, fresh(30, source_key="api-c"))["rows"][0]["id"]
    address = f"/ledger/passages/{number}"
    tag = program.send("GET", address).headers["ETag"]
    body = {"reason": "标签看错", "changes": {"stage": "6"}}
    done = program.send("PATCH", address, body, **{"If-Match": tag})
    assert done.status_code == 200, done.text
    told = done.get_json()
    assert (told["stage"], told["version"], told["history"][0]["before"]) == ("6", 2, {"stage": "5"})
    assert told["history"][0]["reason"] == "标签看错"
    assert program.send("PATCH", address, body, **{"If-Match": tag}).status_code == 412
    wrongs: tuple[dict[str, Any], ...] = (
        {"changes": {"stage": "7"}},
        {"changes": {"nonsense": "7"}},
        {"changes": {}},
        {"reason": "x"},
    )
    for wrong in wrongs:
        answer = program.send("PATCH", address, {**body, **wrong})
        assert answer.status_code == 422, answer.text
    again = send(program, fresh(30, source_key="api-c", stage="4"))
    assert again["rows"][0]["faults"][0]["code"] == "corrected_by_hand"
    gone = program.send("POST", f"{address}/strike-out", {"reason": "重复录入"})
    assert gone.get_json()["state"] == "void"


def test_lists_filter_and_export(program: Program, officer: Program, own: Plant) -> None:
    send(program, fresh(20, source_key="api-l", plate="辽N77711", stage="3", cargo="焦炭"))
    for who in (program, officer):
        page = who.send("GET", "/ledger/passages?plate=辽N77711&stage=3&fuel=diesel&direction=in&cargo=coke").get_json()
        assert [row["source_key"] for row in page["items"]] == ["api-l"]
        answer = who.send("GET", "/ledger/passages/export?plate=辽N77711")
        lines = answer.data.decode("utf-8-sig").splitlines()
        assert (len(lines), "辽N77711" in lines[1]) == (2, True)
    assert officer.send("POST", "/ledger/passages", {"rows": [fresh()]}).status_code == 403


def test_nothing_of_another_plant(program: Program, engine: Engine, own: Plant, other: Plant) -> None:
    from server.flows import take_passages

    with transaction(engine) as connection:
        rows = [fresh(10, source_key="foreign"), fresh(11, stage="7", source_key="foreign-bad")]
        taken = take_passages.take(connection, PLATFORM, other.source, rows, datetime.now(UTC))
    number = taken.results[0].passage_id
    assert program.send("GET", f"/ledger/passages/{number}").status_code == 404
    assert program.send("GET", f"/ledger/batches/{taken.batch_id}").status_code == 404
    body = {"reason": "标签看错", "changes": {"stage": "6"}}
    assert program.send("PATCH", f"/ledger/passages/{number}", body).status_code == 404
    assert program.send("GET", f"/ledger/passages?enterprise={other.enterprise_id}").get_json()["total"] == 0
    assert program.send("GET", f"/ledger/refusals?enterprise={other.enterprise_id}").get_json()["total"] == 0


def key_of(engine: Engine, organisation: int) -> str:
    with transaction(engine) as connection:
        wanted = Wanted(f"门禁{organisation}", organisation, ["gate"], 30)
        return system_keys.issue(connection, PLATFORM, wanted, datetime.now(UTC)).text


def test_a_gate_key_writes_its_own_enterprise_alone(web: Flask, engine: Engine, city: City, own: Plant) -> None:
    gate = Program(web, key_of(engine, city.organisations["enterprise"]))
    got = send(gate, fresh(5, source_key="by-key"))
    assert got["rows"][0]["outcome"] == "taken"
    with transaction(engine) as connection:
        batch = connection.execute(text("SELECT * FROM ledger_batches WHERE id = :id"), {"id": got["batch"]}).one()
    assert (batch.enterprise_id, batch.system_key_id is not None, batch.received_by) == (own.enterprise_id, True, None)
    bureau = Program(web, key_of(engine, city.organisations["city"]))
    assert bureau.send("POST", "/ledger/passages", {"rows": [fresh()]}).status_code == 403


def test_refused_rows_are_settled(program: Program, own: Plant) -> None:
    batch = send(program, fresh(3, source_key="s-1", stage="7"))["batch"]
    number = program.send("GET", f"/ledger/refusals?batch={batch}").get_json()["items"][0]["id"]
    address = f"/ledger/refusals/{number}/drop"
    assert program.send("POST", address, {"reason": "短"}).status_code == 422
    done = program.send("POST", address, {"reason": "测试数据，不补录"}).get_json()
    assert (done["settled_how"], done["settled_note"]) == ("dropped", "测试数据，不补录")
    assert program.send("POST", address, {"reason": "测试数据，不补录"}).status_code == 422


@pytest.mark.parametrize(
    ("path", "row", "change", "field"),
    [
        ("plant-vehicles", {"internal_no": "NB-9", "fuel": "B", "stage": "3"}, {"stage": "4"}, "internal_no"),
        ("plant-machines", {"pin": "PIN9", "fuel": "B", "stage": "2", "power_kw": 55}, {"owner": "某公司"}, "pin"),
    ],
)
def test_vehicles_and_machines_of_the_plant(
    program: Program, officer: Program, own: Plant, path: str, row: dict[str, Any], change: dict[str, Any], field: str
) -> None:
    got = program.send("POST", f"/ledger/{path}", {"rows": [row, {**row, "stage": "7"}]}).get_json()
    assert [one["outcome"] for one in got["rows"]] == ["taken", "refused"]
    number = got["rows"][0]["id"]
    done = program.send("PATCH", f"/ledger/{path}/{number}", {"reason": "看错了", "changes": change}).get_json()
    assert {name: done[name] for name in change} == change
    page = officer.send("GET", f"/ledger/{path}?q={row[field]}").get_json()
    assert [one["id"] for one in page["items"]] == [number]
    assert program.send("POST", f"/ledger/{path}/{number}/strike-out", {"reason": "录错"}).get_json()["state"] == "void"


def test_what_a_driver_entered_is_confirmed_or_refused(program: Program, engine: Engine, own: Plant) -> None:
    from server.flows import take_passages
    from server.flows.take_passages import Source

    source = Source(own.enterprise_id, "211302", "phone", own.gate_id)
    rows = [fresh(2, source_key=None, plate="辽N88801"), fresh(2, source_key=None, plate="辽N88802")]
    with transaction(engine) as connection:
        taken = take_passages.take(connection, PLATFORM, source, rows, datetime.now(UTC), pending=True)
    first, second = (result.passage_id for result in taken.results)
    done = program.send("POST", f"/ledger/passages/{first}/confirmation")
    assert done.get_json()["state"] == "taken"
    refused = program.send("POST", f"/ledger/passages/{second}/refusal", {"reason": "车未到厂"})
    assert refused.get_json()["state"] == "refused"
    assert program.send("POST", f"/ledger/passages/{second}/confirmation").status_code == 422
