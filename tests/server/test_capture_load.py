"""A hundred thousand captures: the list and the desk find their rows by an index."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import Engine, event, text

from server.db import transaction
from server.flows import rule_book
from server.flows.hold_capture import hold_next
from server.store import capture_queue, captures
from server.store.paging import Query
from server.store.scopes import Scope
from tests.server import capture_city as world
from tests.server.conftest import City

pytestmark = pytest.mark.server
MANY = 100_000


@pytest.fixture(scope="module")
def loaded(engine: Engine, city: City) -> Engine:
    with transaction(engine) as connection:
        devices = [world.device(connection, city.organisations["city"], division=d) for d in ("211302", "211324")]
        connection.execute(
            text(
                "INSERT INTO captures (number, device_id, source_key, body_sha256, captured_at, division, plate,"
                " plate_colour, ringelmann, confidence, standing, status, hits, law)"
                " SELECT 'B20261101-' || lpad(n::text, 6, '0'), CASE WHEN n % 10 = 0 THEN :county ELSE :city END,"
                " 'load-' || n, '\\x00', timestamptz '2026-11-20 00:00+08' - n * interval '60 s',"
                " CASE WHEN n % 10 = 0 THEN '211324' ELSE '211302' END, '辽N' || lpad((n % 20000)::text, 5, '0'),"
                " CASE WHEN n % 3 = 0 THEN 'blue' ELSE 'yellow' END, (n % 50) / 10.0, (n % 100) / 100.0,"
                " CASE WHEN n % 4 = 0 THEN 'void' ELSE 'evidence' END,"
                " CASE WHEN n % 20 = 0 THEN 'first_review' WHEN n % 20 = 1 THEN 'second_review' WHEN n % 2 = 0"
                " THEN 'confirmed' ELSE 'rejected' END, n % 4, 'CODE' FROM generate_series(1, :many) AS n"
            ),
            {"city": devices[0], "county": devices[1], "many": MANY},
        )
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE captures"))
    return engine


def plans(engine: Engine, work: Any) -> list[Mapping[str, Any]]:
    """The plans of the statements on captures that some work sends."""
    sent: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, *_more: Any) -> None:
        sent.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    try:
        with transaction(engine) as connection:
            work(connection)
    finally:
        event.remove(engine, "before_cursor_execute", note)
    found = []
    with transaction(engine) as connection:
        for statement, parameters in sent:
            if "captures c" in statement:
                rows = connection.exec_driver_sql("EXPLAIN (FORMAT JSON) " + statement, parameters).scalar_one()
                found.append((json.loads(rows) if isinstance(rows, str) else rows)[0]["Plan"])
    return found


def scans(plan: Mapping[str, Any]) -> list[str]:
    """How the plan reads captures."""
    own = [plan["Node Type"]] if plan.get("Relation Name") == "captures" and "Scan" in plan["Node Type"] else []
    return own + [kind for part in plan.get("Plans", []) for kind in scans(part)]


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"status": "first_review"},
        {"division": "211324"},
        {"device": "1"},
        {"plate_colour": "blue"},
        {"q": "辽N0012"},
        {"q": "B20261101-000777"},
        {"from": "2026-11-01", "to": "2026-11-02"},
        {"hits_from": "3"},
        {"truck": "1"},
        {"standing": "void", "ringelmann_from": "3"},
    ],
)
def test_a_page_of_the_list_reads_no_table_whole(loaded: Engine, values: dict[str, str]) -> None:
    found = plans(loaded, lambda connection: captures.find(connection, Scope("2113"), Query(values, "captured_at")))
    assert scans(found[0]) and "Seq Scan" not in scans(found[0]), found[0]


@pytest.mark.parametrize("query", [Query({}, "hits"), Query({}, "ringelmann"), Query({}, "captured_at", False)])
def test_an_order_reads_no_table_whole(loaded: Engine, query: Query) -> None:
    found = plans(loaded, lambda connection: captures.find(connection, Scope("2113"), query))
    assert "Seq Scan" not in scans(found[0]), found[0]


@pytest.mark.parametrize("divisions", ["2113", "211324"])
def test_the_desk_finds_the_next_by_the_index_of_what_waits(loaded: Engine, city: City, divisions: str) -> None:
    user, scope = city.accounts["officer"], Scope(divisions)

    def work(connection: Any) -> None:
        rules = rule_book.current(connection)
        assert hold_next(connection, scope, rules, user, [], world.NOW) is not None
        capture_queue.waiting(connection, scope, user, world.NOW)
        capture_queue.release(connection, user)

    for plan in plans(loaded, work):
        assert "Seq Scan" not in scans(plan), plan
