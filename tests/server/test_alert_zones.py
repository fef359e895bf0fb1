"""Visits during an alert: who a measure keeps out of a zone or site becomes a lead, who has leave does not."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, text

from server.db import transaction
from server.flows.watch_alert_zones import watch_alert_zones
from server.store import alerts
from tests.server import alert_world, records
from tests.server.alert_world import NOW, AlertWorld, alert, one

pytestmark = pytest.mark.server
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def world(engine: Engine) -> AlertWorld:
    with transaction(engine) as connection:
        return alert_world.make(connection)


@pytest.fixture(autouse=True)
def empty(engine: Engine, world: AlertWorld) -> Iterator[None]:
    yield
    with transaction(engine) as connection:
        connection.execute(text("TRUNCATE leads, alerts, visits, sites, whitelist_entries CASCADE"))


def machine(connection: Connection, stage: str) -> tuple[int, int]:
    """A loader and its terminal."""
    number = next(records.numbers)
    made = one(
        connection,
        "INSERT INTO machines (registration_number, machine_code, category, fuel, stage, division) VALUES (:r, :c,"
        " 'loader', 'diesel', :s, '211324') RETURNING id",
        r=f"3-6NA{number:05}",
        c=f"MC{number}",
        s=stage,
    )
    terminal = one(
        connection,
        "INSERT INTO terminals (kind, device, machine_id) VALUES ('nrmm', :d, :m) RETURNING id",
        d=f"MC{number}",
        m=made,
    )
    return made, terminal


def visit(connection: Connection, terminal: int, zone: int, first: Any, last: Any, is_open: bool = False) -> int:
    return one(
        connection,
        "INSERT INTO visits (terminal_id, zone_id, first_at, last_at, established, open, state) VALUES (:t, :z, :a, :b,"
        " true, :o, '{}') RETURNING id",
        t=terminal,
        z=zone,
        a=first,
        b=last,
        o=is_open,
    )


def found(connection: Connection) -> list[tuple[Any, ...]]:
    rows = connection.execute(text("SELECT kind, machine_id, truck_id, zone_id, alert_id FROM leads ORDER BY id"))
    return [tuple(row) for row in rows]


def test_an_old_machine_in_a_zone_is_a_lead_once_and_a_newer_one_is_not(engine: Engine, world: AlertWorld) -> None:
    with transaction(engine) as connection:
        place = records.zone(connection, division="211324")
        (old, first), (_, second), (_, before) = (machine(connection, stage) for stage in ("2", "3", "1"))
        number = alert(connection)
        visit(connection, first, place.id, NOW - HOUR, NOW + HOUR, is_open=True)
        visit(connection, second, place.id, NOW + HOUR, NOW + 2 * HOUR)
        visit(connection, before, place.id, NOW - 3 * HOUR, NOW - 2 * HOUR)
    assert watch_alert_zones(engine, NOW + 3 * HOUR) == {"visits": 2, "leads": 1}
    assert watch_alert_zones(engine, NOW + 3 * HOUR)["leads"] == 0
    with transaction(engine) as connection:
        assert found(connection) == [("alert_machine", old, None, place.id, number)]
        first_at = connection.execute(text("SELECT first_at FROM leads")).scalar_one()
        assert first_at == NOW, "what was before the alert is not its matter"


def test_a_site_counts_as_what_it_is_and_with_the_lists_of_its_enterprise(engine: Engine, world: AlertWorld) -> None:
    with transaction(engine) as connection:
        place = records.zone(connection, division="211324")
        connection.execute(text("UPDATE zones SET kind = 'site' WHERE id = :z"), {"z": place.id})
        connection.execute(
            text(
                "INSERT INTO sites (enterprise_id, zone_id, division, name, kind) VALUES (:e, :z, '211324', '料场', 'yard')"
            ),
            {"e": world.plant, "z": place.id},
        )
        old, terminal = machine(connection, "2")
        number = alert(connection)
        visit(connection, terminal, place.id, NOW + HOUR, NOW + 2 * HOUR)
        truck, of_truck = records.truck(connection)  # China III
        visit(connection, of_truck, place.id, NOW + HOUR, NOW + 2 * HOUR)
    watch_alert_zones(engine, NOW + 3 * HOUR)
    with transaction(engine) as connection:
        assert found(connection) == [
            ("alert_machine", old, None, place.id, number), ("alert_zone_visit", None, truck, place.id, number),
        ]  # fmt: skip
        assert set(connection.execute(text("SELECT enterprise_id FROM leads")).scalars()) == {world.plant}


@pytest.mark.parametrize(("gates_only", "leads"), [(False, 0), (True, 0)])
def test_leave_spares_a_truck_on_the_site_of_its_plant(
    engine: Engine, world: AlertWorld, gates_only: bool, leads: int
) -> None:
    with transaction(engine) as connection:
        place = records.zone(connection, division="211324")
        connection.execute(
            text(
                "INSERT INTO sites (enterprise_id, zone_id, division, name, kind) VALUES (:e, :z, '211324', '料场', 'yard')"
            ),
            {"e": world.plant, "z": place.id},
        )
        truck, terminal = records.truck(connection)
        entry = alert_world.leave(connection, truck, plant=world.plant)
        connection.execute(
            text("UPDATE whitelist_entries SET gates_only = :g WHERE id = :e"), {"g": gates_only, "e": entry}
        )
        alert(connection)
        visit(connection, terminal, place.id, NOW + HOUR, NOW + 2 * HOUR)
    assert watch_alert_zones(engine, NOW + 3 * HOUR)["leads"] == leads


def test_an_alert_lifted_long_ago_is_left_alone(engine: Engine, world: AlertWorld) -> None:
    with transaction(engine) as connection:
        place = records.zone(connection, division="211324")
        _, terminal = machine(connection, "2")
        number = alert(connection)
        alerts.lift(connection, number, 1, NOW + HOUR, "解〔1〕号", None)
        visit(connection, terminal, place.id, NOW, NOW + 2 * HOUR)
    assert watch_alert_zones(engine, NOW + timedelta(days=4)) == {"visits": 0, "leads": 0}
    assert watch_alert_zones(engine, NOW + timedelta(days=1)) == {"visits": 1, "leads": 1}
