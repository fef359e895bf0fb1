"""A person corrects rows of the ledgers: with a reason, against the version seen, and what they said stays."""

from typing import Any

import pytest
from sqlalchemy import Engine, text

from server.db import transaction
from server.flows import correct_ledger, take_passages, take_plant
from server.flows.correct_ledger import Changed
from server.flows.refusals import Refused
from server.flows.take_passages import Source
from server.store.audit import Actor
from tests.server.ledger_world import NOW, Plant, make_plant, passage_row

pytestmark = pytest.mark.server
KEEPER = Actor(None, "keeper")


@pytest.fixture
def plant(engine: Engine, city: Any, request: pytest.FixtureRequest) -> Plant:
    return make_plant(engine, f"厂-{request.node.name}")


def take(engine: Engine, plant: Plant, pending: bool = False, **changes: Any) -> int:
    kind = "phone" if pending else "gate"
    source = Source(plant.enterprise_id, "211302", kind)
    with transaction(engine) as connection:
        taken = take_passages.take(connection, KEEPER, source, [passage_row(**changes)], NOW, pending=pending)
    assert taken.results[0].passage_id is not None, taken.results
    return taken.results[0].passage_id


def row_of(engine: Engine, table: str, number: int) -> Any:
    with transaction(engine) as connection:
        return connection.execute(text(f"SELECT * FROM {table} WHERE id = :id"), {"id": number}).one()


def history(engine: Engine, ledger: str, number: int) -> list[Any]:
    with transaction(engine) as connection:
        return list(
            connection.execute(
                text("SELECT * FROM ledger_history WHERE ledger = :l AND row_id = :id ORDER BY id"),
                {"l": ledger, "id": number},
            )
        )


def correct(engine: Engine, ledger: str, number: int, version: int, reason: str = "看错了标签", **changes: Any) -> None:
    with transaction(engine) as connection:
        correct_ledger.correct(connection, KEEPER, ledger, number, version, changes, reason, NOW)


def test_a_correction_keeps_what_stood_there(engine: Engine, plant: Plant) -> None:
    number = take(engine, plant)
    correct(engine, "A", number, 1, stage="6", quantity="28", cargo="")
    row = row_of(engine, "ledger_passages", number)
    assert (row.stage, str(row.tonnes), row.cargo, row.version) == ("6", "28.000", None, 2)
    assert row.corrected_at == NOW
    (entry,) = history(engine, "A", number)
    assert (entry.before["stage"], entry.after["stage"], entry.reason, entry.by_name) == (
        "5",
        "6",
        "看错了标签",
        "keeper",
    )
    assert set(entry.before) == {"stage", "quantity", "tonnes", "cargo"}
    with transaction(engine) as connection:
        logged = connection.execute(
            text("SELECT detail FROM audit_log WHERE action = 'ledger.correct' AND subject_id = :id"),
            {"id": str(number)},
        ).scalar_one()
        days = connection.execute(
            text("SELECT passages, tonnes::text FROM ledger_days WHERE enterprise_id = :e"), {"e": plant.enterprise_id}
        ).all()
    assert logged["fields"] == ["cargo", "quantity", "stage", "tonnes"]
    assert [tuple(day) for day in days] == [(1, "28.000")]


def test_an_older_version_and_faults_change_nothing(engine: Engine, plant: Plant) -> None:
    number = take(engine, plant)
    with pytest.raises(Changed):
        correct(engine, "A", number, 7, stage="6")
    for changes, field in (({"stage": "7"}, "stage"), ({"reason": "x", "stage": "6"}, "reason"), ({}, "reason")):
        with pytest.raises(Refused) as refused:
            correct(engine, "A", number, 1, **changes)
        assert [fault.field for fault in refused.value.faults] == [field]
    assert row_of(engine, "ledger_passages", number).version == 1
    assert history(engine, "A", number) == []


def test_two_rows_never_become_the_same_passage(engine: Engine, plant: Plant) -> None:
    take(engine, plant)
    number = take(engine, plant, minutes_ago=50, source_key="k-2")
    with pytest.raises(Refused):
        correct(engine, "A", number, 1, passed_at=passage_row()["passed_at"])


def test_a_struck_out_row_counts_nowhere_and_is_not_corrected(engine: Engine, plant: Plant) -> None:
    number = take(engine, plant)
    with transaction(engine) as connection:
        correct_ledger.strike_out(connection, KEEPER, "A", number, 1, "重复录入", NOW)
    assert row_of(engine, "ledger_passages", number).state == "void"
    (entry,) = history(engine, "A", number)
    assert (entry.before, entry.after) == ({"state": "taken"}, {"state": "void"})
    with pytest.raises(Refused):
        correct(engine, "A", number, 2, stage="6")


def test_the_gatekeeper_confirms_or_refuses_what_drivers_entered(engine: Engine, plant: Plant) -> None:
    good, bad = take(engine, plant, True, source_key=None), take(engine, plant, True, minutes_ago=9, source_key=None)
    with transaction(engine) as connection:
        correct_ledger.confirm_pending(connection, KEEPER, good, 1, NOW)
        correct_ledger.refuse_pending(connection, KEEPER, bad, 1, "车未到", NOW)
    assert [row_of(engine, "ledger_passages", one).state for one in (good, bad)] == ["taken", "refused"]
    with pytest.raises(Refused), transaction(engine) as connection:
        correct_ledger.confirm_pending(connection, KEEPER, bad, 2, NOW)


def test_the_green_of_a_large_plate_survives_a_correction(engine: Engine, plant: Plant) -> None:
    number = take(engine, plant, plate="辽N12345D", plate_colour="4", fuel="C", stage="D")
    correct(engine, "A", number, 1, owner="某公司", networked="yes")
    row = row_of(engine, "ledger_passages", number)
    assert (row.plate_colour, row.owner, row.networked) == ("yellow_green", "某公司", True)


def plant_take(engine: Engine, plant: Plant, rows: list[dict[str, Any]], ledger: str) -> list[str]:
    act = {"B": take_plant.take_vehicles, "C": take_plant.take_machines}[ledger]
    with transaction(engine) as connection:
        taken = act(connection, KEEPER, plant.source, rows, NOW)
    return [result.outcome.value for result in taken.results]


def test_vehicles_and_machines_of_a_plant_are_kept_by_number(engine: Engine, plant: Plant) -> None:
    with transaction(engine) as connection:
        machine = connection.execute(
            text("INSERT INTO machines (registration_number) VALUES ('2-6NA07777') RETURNING id")
        ).scalar_one()
    vehicle = {"internal_no": "NB-1", "fuel": "B", "stage": "3", "photo_vehicle_list": "https://g.example/1.jpg"}
    loader = {"registration_number": "环2-6NA07777", "fuel": "B", "stage": "2", "power_kw": 162, "category": "装载机"}
    assert plant_take(engine, plant, [vehicle, vehicle, {**vehicle, "stage": "8"}], "B") == [
        "taken",
        "repeated",
        "refused",
    ]
    assert plant_take(engine, plant, [{**vehicle, "stage": "4"}, vehicle], "B") == ["corrected", "repeated"]
    assert plant_take(engine, plant, [loader, {**loader, "owner": "某公司"}], "C") == ["taken", "corrected"]
    with transaction(engine) as connection:
        (row,) = connection.execute(
            text("SELECT * FROM plant_machines WHERE enterprise_id = :e"), {"e": plant.enterprise_id}
        ).all()
        (car,) = connection.execute(
            text("SELECT * FROM plant_vehicles WHERE enterprise_id = :e"), {"e": plant.enterprise_id}
        ).all()
    assert (row.machine_id, row.owner, row.version, float(row.power_kw)) == (machine, "某公司", 2, 162.0)
    assert (car.stage, car.photos) == ("4", {"vehicle_list": "https://g.example/1.jpg"})
    correct(engine, "B", car.id, 2, gone_on="2026-11-01", gone_how="scrapped")
    correct(engine, "C", row.id, 2, left_on="2026-11-02", entered_on="2026-11-01")
    assert str(row_of(engine, "plant_vehicles", car.id).gone_on) == "2026-11-01"
    assert str(row_of(engine, "plant_machines", row.id).left_on) == "2026-11-02"
    with transaction(engine) as connection:
        correct_ledger.strike_out(connection, KEEPER, "B", car.id, 3, "录错", NOW)
    assert plant_take(engine, plant, [{**vehicle, "stage": "4"}], "B") == ["repeated"]
