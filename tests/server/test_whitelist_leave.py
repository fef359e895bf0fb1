"""Leave as it holds: every reader sees an entry from its approval to its end, without its suspensions."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, text

from server import db
from server.store import watched, whitelist
from tests.server import records
from tests.server.conftest import City

pytestmark = pytest.mark.server
DAY = datetime(2026, 9, 1, tzinfo=UTC)
Hours = tuple[int, int]


def hour(number: int) -> datetime:
    return DAY + timedelta(hours=number)


@pytest.fixture
def connection(engine: Engine, city: City) -> Iterator[Connection]:
    """A transaction that is taken back."""
    with engine.connect() as found:
        yield found
        found.rollback()


def add(connection: Connection, truck: int, period: Hours, decided: int, **more: object) -> int:
    row = {"state": "active", "zone": None, "level": None, "plant": None, "gates": False, "withdrawn": None, **more}
    number: int = connection.execute(
        text(
            "INSERT INTO whitelist_entries (truck_id, zone_id, purpose, valid_from, valid_to, approver, state, decided_at,"
            " level_to, enterprise_id, gates_only, withdrawn_at, withdrawn_reason) VALUES (:t, :zone, 'heating', :f, :u, '市局',"
            " :state, :d, :level, :plant, :gates, :withdrawn, CASE WHEN :state = 'withdrawn' THEN '理由' END) RETURNING id"
        ),
        {"t": truck, "f": hour(period[0]), "u": hour(period[1]), "d": hour(decided), **row},
    ).scalar_one()
    return number


def suspend(connection: Connection, entry: int, begins: int, ends: int | None, cause_id: int) -> None:
    connection.execute(
        text(
            "INSERT INTO whitelist_suspensions (entry_id, from_at, to_at, cause, cause_id, reason_zh, reason_en, ended_reason)"
            " VALUES (:e, :f, cast(:u AS timestamptz), 'failed_test', :c, '不合格', 'failed', CASE WHEN"
            " cast(:u AS timestamptz) IS NOT NULL THEN '已复检' END)"
        ),
        {"e": entry, "f": hour(begins), "u": None if ends is None else hour(ends), "c": cause_id},
    )


def held(connection: Connection, truck: int) -> list[Hours]:
    """The hours of leave, as the gates read them."""
    epoch = round(DAY.timestamp())
    return [
        tuple((at // 1_000_000 - epoch) // 3600 for at in (one.valid_from_us, one.valid_to_us))  # type: ignore[misc]
        for one in whitelist.leave_of_truck(connection, truck)
    ]


def test_an_entry_says_its_plant_its_level_and_whether_it_is_for_gates(connection: Connection, city: City) -> None:
    truck, _terminal = records.truck(connection, "辽NLV001")
    number = add(connection, truck, (0, 10), 0, level="orange", plant=city.enterprise_id, gates=True)
    [one] = whitelist.leave_of_truck(connection, truck)
    assert (one.subject, one.entry_id, one.level_to) == (("plate", "辽NLV001 yellow"), number, "orange")
    assert (one.enterprise_id, one.gates_only, one.zone_id) == (city.enterprise_id, True, None)


@pytest.mark.parametrize(
    ("suspensions", "left"),
    [
        ([], [(2, 10)]),
        ([(4, 6)], [(2, 4), (6, 10)]),
        ([(4, None)], [(2, 4)]),
        ([(0, 3)], [(3, 10)]),
        ([(0, None)], []),
        ([(4, 6), (6, 8)], [(2, 4), (8, 10)]),  # one after the other
        ([(4, 7), (5, 8)], [(2, 4), (8, 10)]),  # two causes at once
        ([(4, 4)], [(2, 10)]),  # taken back at once
        ([(12, None)], [(2, 10)]),
    ],
)
def test_suspensions_are_cut_out(
    connection: Connection, suspensions: list[tuple[int, int | None]], left: list[Hours]
) -> None:
    truck, _terminal = records.truck(connection, "辽NLV002")
    number = add(connection, truck, (0, 10), 2)  # approved two hours late: it does not reach back
    for cause, (begins, ends) in enumerate(suspensions):
        suspend(connection, number, begins, ends, cause)
    assert held(connection, truck) == left


@pytest.mark.parametrize("state", ["requested", "reviewed", "refused"])
def test_what_was_not_approved_gives_no_leave(connection: Connection, state: str) -> None:
    truck, _terminal = records.truck(connection, "辽NLV003")
    add(connection, truck, (0, 10), 0, state=state)
    assert held(connection, truck) == []


def test_what_was_withdrawn_held_until_then(connection: Connection) -> None:
    truck, _terminal = records.truck(connection, "辽NLV004")
    add(connection, truck, (0, 10), 0, state="withdrawn", withdrawn=hour(5))
    add(connection, truck, (20, 30), 0, state="withdrawn", withdrawn=hour(5))  # before it began
    assert held(connection, truck) == [(0, 5)]


hours = st.integers(0, 24)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    period=st.tuples(hours, hours).filter(lambda one: one[0] < one[1]),
    decided=hours,
    cuts=st.lists(st.tuples(hours, st.integers(0, 12)), max_size=5),
)
def test_leave_is_the_period_without_the_suspensions_hour_by_hour(
    connection: Connection, period: Hours, decided: int, cuts: list[Hours]
) -> None:
    nested = connection.begin_nested()
    truck, _terminal = records.truck(connection)
    number = add(connection, truck, period, decided)
    for cause, (begins, length) in enumerate(cuts):
        suspend(connection, number, begins, begins + length, cause)
    given_leave = {at for begins, ends in held(connection, truck) for at in range(begins, ends)}
    expected = {
        at
        for at in range(max(period[0], decided), period[1])
        if not any(begins <= at < begins + length for begins, length in cuts)
    }
    assert given_leave == expected
    nested.rollback()


def test_zone_checks_read_the_stretches_and_nothing_that_opens_gates_only(
    database_url: str, engine: Engine, city: City
) -> None:
    with db.transaction(engine) as connection:
        truck, _terminal = records.truck(connection, "辽NLV005")
        number = add(connection, truck, (0, 10), 0)
        suspend(connection, number, 4, 6, 1)
        add(connection, truck, (0, 10), 0, gates=True)
    with db.connect(database_url) as worker:
        assert _watched(worker, truck) == [(number, hour(0), hour(4)), (number, hour(6), hour(10))]


def _watched(worker: psycopg.Connection, truck: int) -> list[tuple[int, datetime, datetime]]:
    return [(one.id, one.valid_from, one.valid_to) for one in watched.whitelist(worker) if one.truck_id == truck]
