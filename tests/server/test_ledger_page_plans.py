"""Lists of the ledgers over 150,000 passages and 100,000 refused rows are read along an index: no plan walks a table."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, text

from server.db import transaction
from server.store import ledger_passages, ledger_refusals, ledger_sheets, plant_machines, plant_vehicles
from server.store.paging import Found, Query
from server.store.scopes import Scope
from tests.server.conftest import City

pytestmark = pytest.mark.server
PLANTS = """
INSERT INTO enterprises (name, division)
SELECT '厂' || n, (ARRAY['211302','211303','211321','211322','211324'])[1 + n % 5] FROM generate_series(1, 100) AS n
"""
PASSAGES = """
INSERT INTO ledger_passages (enterprise_id, division, passed_at, entrance_no, barrier_no, direction, plate, plate_colour,
  fuel, stage, cargo, quantity, unit, tonnes, source, state, doubts, content_sha256)
SELECT e.id, e.division, timestamptz '2026-11-24' - n * interval '1 minute' - e.id * interval '1 second', '1', '01',
  CASE WHEN n % 2 = 0 THEN 'in' ELSE 'out' END, '辽N' || lpad((n * 7 % 5000)::text, 5, '0'), 'yellow', 'diesel',
  (ARRAY['3','4','5','6'])[1 + n % 4], 'coal', 30, 't', 30, 'gate', CASE WHEN n % 500 = 0 THEN 'pending' ELSE 'taken' END,
  CASE WHEN n % 200 = 0 THEN ARRAY['vin_check_digit'] ELSE '{}' END, decode(repeat('00', 32), 'hex')
FROM enterprises e, generate_series(1, 1500) AS n WHERE e.name LIKE '厂%'
"""
BATCHES = """
INSERT INTO ledger_batches (enterprise_id, division, ledger, source, rows_n, taken_n, refused_n, received_at)
SELECT e.id, e.division, 'A', CASE WHEN n % 50 = 0 THEN 'sheet' ELSE 'gate' END, 1000, 990, 10,
  timestamptz '2026-11-24' - n * interval '1 hour' FROM enterprises e, generate_series(1, 500) AS n WHERE e.name LIKE '厂%'
"""
REFUSALS = """
INSERT INTO ledger_refusals (enterprise_id, ledger, batch_id, position, payload, payload_sha256, faults, first_at, last_at,
  settled_at, settled_how)
SELECT b.enterprise_id, 'A', b.id, n, '{"plate": "辽N00001"}', sha256((b.id || '-' || n)::bytea), '[]', b.received_at,
  b.received_at, CASE WHEN b.id % 10 > 0 THEN b.received_at END, CASE WHEN b.id % 10 > 0 THEN 'sent_again' END
FROM ledger_batches b, generate_series(1, 2) AS n
"""
PLANT = """
INSERT INTO plant_vehicles (enterprise_id, division, internal_no, fuel, stage, source, content_sha256)
SELECT e.id, e.division, 'N' || n, 'diesel', '5', 'sheet', decode(repeat('00', 32), 'hex')
FROM enterprises e, generate_series(1, 500) AS n WHERE e.name LIKE '厂%';
INSERT INTO plant_machines (enterprise_id, division, registration_number, fuel, stage, source, content_sha256)
SELECT e.id, e.division, '3-6NA' || lpad(n::text, 5, '0'), 'diesel', '3', 'sheet', decode(repeat('00', 32), 'hex')
FROM enterprises e, generate_series(1, 500) AS n WHERE e.name LIKE '厂%'
"""
TABLES = ("ledger_passages", "ledger_batches", "ledger_refusals", "plant_vehicles", "plant_machines")


@pytest.fixture(scope="module", autouse=True)
def many(engine: Engine, city: City) -> None:
    with transaction(engine) as connection:
        for statement in (PLANTS, PASSAGES, BATCHES, REFUSALS, PLANT):
            connection.execute(text(statement))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"VACUUM ANALYZE {', '.join(TABLES)}"))


@pytest.fixture
def plans(engine: Engine) -> Iterator[list[str]]:
    """The plan of every statement that the test runs."""
    found: list[str] = []

    def explain(connection: Connection, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.startswith(("SELECT", "WITH")):
            with connection.connection.driver_connection.cursor() as own:  # type: ignore[union-attr]
                own.execute(f"EXPLAIN {statement}", parameters)
                found.append("\n".join(row[0] for row in own.fetchall()))

    event.listen(engine, "before_cursor_execute", explain)
    yield found
    event.remove(engine, "before_cursor_execute", explain)


Find = Callable[[Connection, Scope, Query], Found]


def walks(plans: list[str]) -> list[str]:
    """Plans that read a whole table of the ledgers to show a page; a count gives up above its cap."""
    pages = [plan for plan in plans if not plan.startswith("Aggregate")]
    assert pages
    return [plan for plan in pages if any(f"Seq Scan on {table}" in plan for table in TABLES)]


def own(engine: Engine) -> Scope:
    with transaction(engine) as connection:
        number = connection.execute(text("SELECT id FROM enterprises WHERE name = '厂50'")).scalar_one()
    return Scope(enterprise_id=number)


@pytest.mark.parametrize(
    "values",
    [
        {}, {"plate": "辽N00017"}, {"state": "pending"}, {"doubts": "yes"}, {"stage": "3", "direction": "in"},
        {"from": "2026-11-22", "to": "2026-11-22"}, {"division": "211324"}, {"source": "gate"}, {"truck": "17"},
    ],
)  # fmt: skip
@pytest.mark.parametrize("whose", ["city", "county", "plant"])
def test_passages(engine: Engine, plans: list[str], values: dict[str, str], whose: str) -> None:
    scope = {"city": Scope("2113"), "county": Scope("211324"), "plant": own(engine)}[whose]
    plans.clear()
    with transaction(engine) as connection:
        ledger_passages.find(connection, scope, Query(values, "passed_at"))
    assert walks(plans) == []


@pytest.mark.parametrize(
    ("find", "sort", "values"),
    [
        (ledger_refusals.find, "last_at", {}),
        (ledger_refusals.find, "last_at", {"open": "yes"}),
        (ledger_refusals.find, "last_at", {"batch": "77"}),
        (ledger_sheets.find, "id", {}),
        (ledger_sheets.find, "id", {"source": "sheet"}),
        (plant_vehicles.find, "received_at", {}),
        (plant_machines.find, "received_at", {}),
    ],
)
@pytest.mark.parametrize("whose", ["city", "county", "plant"])
def test_other_lists(
    engine: Engine, plans: list[str], find: Find, sort: str, values: dict[str, str], whose: str
) -> None:
    scope = {"city": Scope("2113"), "county": Scope("211324"), "plant": own(engine)}[whose]
    plans.clear()
    with transaction(engine) as connection:
        found = find(connection, scope, Query(values, sort))
    assert walks(plans) == [] and (found.rows or "batch" in values)
