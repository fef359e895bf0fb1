"""Rows of ledger A come in: taken once, known again, corrected with their history, refused for themselves alone."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine, text

from enforcement.ledgers.codes import Codes
from enforcement.registry.fuels import FuelCodes
from server.db import transaction
from server.flows import take_passages
from server.flows.take_passages import Source, Taken
from server.store.audit import PLATFORM
from tests.server.ledger_world import NOW, Plant, make_plant, passage_row

pytestmark = pytest.mark.server


@pytest.fixture
def plant(engine: Engine, city: Any, request: pytest.FixtureRequest) -> Plant:
    return make_plant(engine, f"厂-{request.node.name}")


def send(engine: Engine, plant: Plant, *rows: dict[str, Any], kind: str = "gate", **options: Any) -> Taken:
    source = Source(plant.enterprise_id, "211302", kind, plant.gate_id if kind == "gate" else None)
    with transaction(engine) as connection:
        return take_passages.take(connection, PLATFORM, source, rows, NOW, **options)


def ledger(engine: Engine, plant: Plant) -> list[Any]:
    with transaction(engine) as connection:
        return list(
            connection.execute(
                text("SELECT * FROM ledger_passages WHERE enterprise_id = :e ORDER BY passed_at, id"),
                {"e": plant.enterprise_id},
            )
        )


def rows_of(engine: Engine, table: str, plant: Plant) -> list[Any]:
    with transaction(engine) as connection:
        return list(
            connection.execute(
                text(f"SELECT * FROM {table} WHERE enterprise_id = :e ORDER BY 1"), {"e": plant.enterprise_id}
            )
        )


def outcomes(taken: Taken) -> list[str]:
    return [result.outcome.value for result in taken.results]


def notes(*batches: Taken) -> list[str]:
    return [result.note.code if result.note else "" for taken in batches for result in taken.results]


def test_a_row_is_taken_once_and_known_again(engine: Engine, plant: Plant) -> None:
    first = send(engine, plant, passage_row())
    again = send(engine, plant, passage_row())
    assert (outcomes(first), outcomes(again)) == (["taken"], ["repeated"])
    assert first.results[0].passage_id == again.results[0].passage_id
    (row,) = ledger(engine, plant)
    assert (row.plate, row.plate_colour, row.fuel, row.stage, row.cargo) == (
        "辽N12345",
        "yellow",
        "diesel",
        "5",
        "coal",
    )
    assert (str(row.tonnes), row.direction, row.state, row.doubts) == ("32.500", "in", "taken", [])
    assert [(day.passages, str(day.tonnes)) for day in rows_of(engine, "ledger_days", plant)] == [(1, "32.500")]


def test_repeats_inside_one_batch_name_the_same_row(engine: Engine, plant: Plant) -> None:
    taken = send(engine, plant, passage_row(), passage_row(), passage_row(50, source_key="k-2"))
    assert outcomes(taken) == ["taken", "repeated", "taken"]
    assert taken.results[0].passage_id == taken.results[1].passage_id is not None
    assert len(ledger(engine, plant)) == 2


def test_other_content_under_the_key_corrects_with_history_and_is_judged_again(engine: Engine, plant: Plant) -> None:
    send(engine, plant, passage_row())
    with transaction(engine) as connection:
        connection.execute(text("UPDATE ledger_passages SET judged_at = '2026-01-01'"))
    taken = send(engine, plant, passage_row(stage="6", quantity="30"))
    assert outcomes(taken) == ["corrected"]
    (row,) = ledger(engine, plant)
    assert (row.stage, row.version) == ("6", 2)
    assert row.judged_at.year == datetime.now(UTC).year, "outside any alert it is judged as it comes in"
    (entry,) = rows_of(engine, "ledger_history", plant)
    assert (entry.before["stage"], entry.after["stage"], entry.row_id) == ("5", "6", row.id)
    assert "plate" not in entry.before
    late = send(engine, plant, passage_row())
    assert (outcomes(late), notes(late)) == (["repeated"], ["late_copy"])
    assert ledger(engine, plant)[0].stage == "6"
    assert [str(month.tonnes) for month in rows_of(engine, "ledger_months", plant) if month.passages] == ["30.000"]


def test_a_correction_inside_the_batch_that_took_the_row(engine: Engine, plant: Plant) -> None:
    taken = send(engine, plant, passage_row(), passage_row(stage="6"), passage_row(stage="4"), passage_row())
    assert outcomes(taken) == ["taken", "corrected", "corrected", "repeated"]
    assert len({result.passage_id for result in taken.results}) == 1
    assert [row.stage for row in ledger(engine, plant)] == ["4"]
    assert len(rows_of(engine, "ledger_history", plant)) == 2


def test_what_a_person_corrected_is_not_undone_by_a_system(engine: Engine, plant: Plant) -> None:
    send(engine, plant, passage_row())
    with transaction(engine) as connection:
        connection.execute(text("UPDATE ledger_passages SET stage = '4', corrected_at = now()"))
    same, other = send(engine, plant, passage_row()), send(engine, plant, passage_row(stage="6"))
    assert (outcomes(same), outcomes(other)) == (["repeated"], ["refused"])
    assert other.results[0].faults[0].code == "corrected_by_hand"
    assert ledger(engine, plant)[0].stage == "4"


def test_the_same_passage_without_or_under_another_key_is_one(engine: Engine, plant: Plant) -> None:
    send(engine, plant, passage_row())
    sheet = send(engine, plant, passage_row(source_key=None), kind="sheet")
    other = send(engine, plant, passage_row(source_key="k-9", stage="6"))
    assert (outcomes(sheet), outcomes(other)) == (["repeated"], ["repeated"])
    assert notes(sheet, other) == ["other_key", "other_content"]
    assert len(ledger(engine, plant)) == 1


def test_rows_without_keys_are_known_by_barrier_vehicle_and_moment(engine: Engine, plant: Plant) -> None:
    first = send(engine, plant, passage_row(source_key=None), kind="sheet")
    again = send(engine, plant, passage_row(source_key=None), kind="sheet")
    mended = send(engine, plant, passage_row(source_key=None, cargo="焦炭"), kind="sheet")
    form = send(engine, plant, passage_row(source_key=None, cargo="水泥"), kind="hand")
    assert [outcomes(one)[0] for one in (first, again, mended, form)] == ["taken", "repeated", "corrected", "refused"]
    assert form.results[0].faults[0].code == "exists"
    assert [row.cargo for row in ledger(engine, plant)] == ["coke"]


def test_corrections_that_move_rows_into_each_others_places(engine: Engine, plant: Plant) -> None:
    send(engine, plant, passage_row(60, source_key="a"), passage_row(50, source_key="b"))
    chain = send(engine, plant, passage_row(40, source_key="b"), passage_row(50, source_key="a"))
    assert outcomes(chain) == ["corrected", "corrected"]
    clash = send(engine, plant, passage_row(40, source_key="a"))
    assert (outcomes(clash), clash.results[0].faults[0].code) == (["refused"], "place_taken")
    fresh = send(engine, plant, passage_row(30, source_key="a"), passage_row(50, source_key="c"))
    assert outcomes(fresh) == ["corrected", "taken"]
    assert len(ledger(engine, plant)) == 3


def test_what_was_struck_out_stays_so(engine: Engine, plant: Plant) -> None:
    send(engine, plant, passage_row(), passage_row(50, source_key=None))
    with transaction(engine) as connection:
        connection.execute(text("UPDATE ledger_passages SET state = 'void'"))
    again = send(engine, plant, passage_row(), passage_row(50, source_key=None), passage_row(stage="6"))
    assert outcomes(again) == ["repeated", "repeated", "refused"]
    assert set(notes(again)) == {"struck_out"}
    assert [row.state for row in ledger(engine, plant)] == ["void", "void"]


def test_bad_rows_are_refused_alone_and_explained_once(engine: Engine, plant: Plant) -> None:
    bad = passage_row(stage="7", plate_colour="9", passed_at="yesterday", plate=None)
    taken = send(engine, plant, passage_row(), bad, passage_row(50, source_key="k-2"), bad)
    assert outcomes(taken) == ["taken", "refused", "taken", "refused"]
    assert {(fault.field, fault.code) for fault in taken.results[1].faults} == {
        ("stage", "stage_reserved"),
        ("plate_colour", "not_in_list"),
        ("passed_at", "not_a_time"),
        ("plate", "missing"),
    }
    send(engine, plant, bad)
    (kept,) = rows_of(engine, "ledger_refusals", plant)
    assert (kept.times, kept.payload, kept.source_key, len(kept.faults)) == (3, bad, "k-1", 4)
    (batch, _) = rows_of(engine, "ledger_batches", plant)
    assert (batch.rows_n, batch.taken_n, batch.refused_n, batch.state) == (4, 2, 2, "taken")


def test_a_refused_row_that_comes_mended_is_settled(engine: Engine, plant: Plant) -> None:
    send(engine, plant, passage_row(stage="7"))
    send(engine, plant, passage_row(stage="6"))
    (kept,) = rows_of(engine, "ledger_refusals", plant)
    assert (kept.settled_how, kept.settled_by) == ("sent_again", None)


def test_shifted_fuel_letters_are_refused_and_taken_when_declared(engine: Engine, plant: Plant) -> None:
    row = passage_row(fuel="N", stage="D", plate="辽N12345D", plate_colour="黄绿双拼")
    assert outcomes(send(engine, plant, row)) == ["refused"]
    assert outcomes(send(engine, plant, row, codes=Codes(fuel=FuelCodes.SHIFTED))) == ["taken"]
    assert ledger(engine, plant)[0].fuel == "electric"


def test_pending_rows_wait_and_count_nowhere(engine: Engine, plant: Plant) -> None:
    taken = send(engine, plant, passage_row(source_key=None), kind="phone", pending=True)
    assert outcomes(taken) == ["taken"]
    assert ledger(engine, plant)[0].state == "pending"
    assert rows_of(engine, "ledger_days", plant) == []


def test_the_truck_of_the_register_is_named_and_an_unknown_barrier_doubted(engine: Engine, plant: Plant) -> None:
    with transaction(engine) as connection:
        truck = connection.execute(
            text("INSERT INTO trucks (plate, plate_colour) VALUES ('辽NL0001', 'yellow') RETURNING id")
        ).scalar_one()
    send(engine, plant, passage_row(plate="辽N·L0001", barrier_no="07"))
    assert [(row.truck_id, row.doubts) for row in ledger(engine, plant)] == [(truck, ["gate_unknown"])]


def test_hostile_values_are_refused_and_kept(engine: Engine, plant: Plant) -> None:
    rows = [
        passage_row(source_key="h-1", owner="a\0b"),
        passage_row(source_key="h-2", owner="\ud800"),
        passage_row(source_key="h-3", quantity=float("nan")),
        passage_row(source_key="h-4", quantity=10**30),
        passage_row(source_key="h-5", photo="javascript:alert(1)"),
        passage_row(source_key="h-6", owner={"a": ["b\0"]}),
        passage_row(source_key="h-7", passed_at="9999-12-31T23:59:59-14:00"),
        passage_row(source_key="h-8", answer_id="12"),
        {"x\0": 1},
        passage_row(source_key="h-9", owner="x" * 50_000),
    ]
    assert set(outcomes(send(engine, plant, *rows))) == {"refused"}
    assert len(rows_of(engine, "ledger_refusals", plant)) == len(rows)
