"""Machines: any of four identifiers on file already refuses a second file and names the first."""

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Engine, text

from server.db import transaction
from server.flows.registry_forms import DoubtfulEntryError, RefusedEntryError
from server.flows.save_machine import save_machine
from server.store import machines
from server.store.audit import Actor
from server.store.paging import Query
from server.store.scopes import Scope
from tests.server.conftest import Browser, City

pytestmark = pytest.mark.server
Browse = Callable[..., Browser]
ACTOR, CITY = Actor(None, "tester"), Scope(divisions="2113")
FIRST = {
    "registration_number": "2-6NA00001", "pin": "PIN00001", "machine_code": "DEM00000000000001", "engine_number": "E1",
    "engine_maker": "厂", "category": "excavator", "stage": "2", "stage_basis": "nameplate", "division": "211302",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _empty(engine: Engine, city: City) -> Iterator[None]:
    with transaction(engine) as connection:
        connection.execute(text("DELETE FROM terminals; DELETE FROM machines"))
    yield


def save(engine: Engine, entry: dict[str, str], number: int | None = None) -> int:
    with transaction(engine) as connection:
        return save_machine(connection, ACTOR, CITY, entry, number).id


@pytest.mark.parametrize(
    ("entry", "field"),
    [
        ({"registration_number": "环2 6na00001"}, "registration_number"),
        ({"pin": "pin00001", "registration_number": "3-6NA00002"}, "pin"),
        ({"machine_code": "DEM00000000000001"}, "machine_code"),
        ({"engine_number": "E1", "engine_maker": "厂", "pin": "OTHER"}, "engine_number"),
    ],
)
def test_a_second_registration_is_refused_and_names_the_first(
    engine: Engine, entry: dict[str, str], field: str
) -> None:
    first = save(engine, FIRST)
    with pytest.raises(RefusedEntryError) as refused:
        save(engine, entry)
    assert refused.value.first is not None
    assert (refused.value.first.id, refused.value.first.field, refused.value.first.title) == (
        first,
        field,
        "2-6NA00001",
    )


def test_the_same_engine_number_of_another_maker_is_another_machine(engine: Engine) -> None:
    assert save(engine, FIRST) != save(engine, {"engine_number": "E1", "engine_maker": "别厂", "category": "loader"})


def test_a_machine_needs_one_identifier_and_whole_coordinates(engine: Engine) -> None:
    with pytest.raises(RefusedEntryError) as refused:
        save(engine, {"category": "loader", "lon": "120.4"})
    assert {fault[0] for fault in refused.value.faults} == {"registration_number", "lat"}


def test_the_number_and_the_stage_are_compared(engine: Engine) -> None:
    with pytest.raises(DoubtfulEntryError) as doubtful:
        save(engine, {**FIRST, "stage": "3"})
    assert [doubt.field for doubt in doubtful.value.doubts] == ["registration_number"]


def test_the_place_is_kept_and_taken_away(engine: Engine) -> None:
    number = save(engine, {**FIRST, "lon": "120.45", "lat": "41.57"})
    with transaction(engine) as connection:
        row = machines.find_one(connection, number, CITY)
        assert row is not None and (row["usual_lon"], row["usual_lat"]) == (120.45, 41.57)
    save(engine, FIRST, number)
    with transaction(engine) as connection:
        row = machines.find_one(connection, number, CITY)
        assert row is not None and row["usual_lon"] is None


def test_what_was_typed_is_kept_beside_the_normal_form(engine: Engine) -> None:
    number = save(engine, {**FIRST, "registration_number": "环2-6NA.00001"})
    with transaction(engine) as connection:
        row = machines.find_one(connection, number, CITY)
    assert row is not None
    assert (row["registration_number"], row["registration_number_raw"]) == ("2-6NA00001", "环2-6NA.00001")


@pytest.mark.parametrize(
    ("values", "found"), [({"q": "6na"}, 1), ({"q": "e1"}, 1), ({"q": "PIN0"}, 1), ({"category": "loader"}, 0)]
)
def test_filters(engine: Engine, values: dict[str, str], found: int) -> None:
    save(engine, FIRST)
    with transaction(engine) as connection:
        assert machines.find(connection, Query(values), CITY).total == found


def test_pages_and_the_link_to_the_first_file(browse: Browse, engine: Engine) -> None:
    officer = browse("officer")
    made = officer.post("/machines/new", FIRST)
    assert made.status_code == 303 and officer.get(made.location).status_code == 200
    twice = officer.post("/machines/new", {"pin": "PIN00001"})
    assert twice.status_code == 422 and f'href="{made.location}"' in twice.text
    assert officer.get("/machines/").text.count("<tr tabindex") == 1
    assert officer.get("/machines/?format=csv").status_code == 200


def test_100_000_machines_are_listed_by_an_index(engine: Engine) -> None:
    from server.store import registry_rows
    from server.store.machines import MACHINES

    with transaction(engine) as connection:
        connection.execute(text("ALTER TABLE machines DISABLE TRIGGER machines_history"))
        connection.execute(
            text(
                "INSERT INTO machines (registration_number, division, updated_at)"
                " SELECT '2-6NA' || lpad(i::text, 6, '0'), '211302', now() - i * interval '1 s' FROM generate_series(1, 100000) AS i"
            )
        )
        connection.execute(text("ALTER TABLE machines ENABLE TRIGGER machines_history"))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE machines"))
    for query, index in (
        (Query(sort="registration_number", descending=False), "machines_number_order"),
        (Query(sort="updated_at"), "machines_updated"),
        (Query({"q": "054321"}, "registration_number"), "machines_number_search"),
    ):
        clauses, values = registry_rows._where(MACHINES, query, CITY)
        with transaction(engine) as connection:
            statement = text("EXPLAIN " + registry_rows.page_statement(MACHINES, query, clauses))
            shown = "\n".join(row[0] for row in connection.execute(statement, {**values, **query.window}))
        assert index in shown and "Seq Scan on machines" not in shown, shown
