"""Lists of ledger A over 100,000 rows, what comes in again, and what retention looks for, are read along indexes."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, text

from server.db import transaction
from server.store import ledger_batches, ledger_passages, ledger_refusals, ledger_retention, ledger_rows
from server.store.paging import Query
from server.store.scopes import Scope
from tests.server.conftest import City
from tests.server.ledger_world import NOW

pytestmark = pytest.mark.server
MANY = """
INSERT INTO enterprises (name, division) SELECT '厂' || n, '211302' FROM generate_series(1, 50) AS n;
INSERT INTO ledger_batches (enterprise_id, division, ledger, source, refused_n, received_at)
SELECT e.id, '211302', 'A', 'gate', 1, timestamptz '2026-11-24' - n * interval '3 hours'
FROM enterprises e, generate_series(1, 200) AS n;
INSERT INTO ledger_passages (enterprise_id, division, batch_id, passed_at, entrance_no, barrier_no, direction, plate,
  plate_colour, vehicle_type, fuel, stage, cargo, tonnes, source, source_key, state, content_sha256)
SELECT e.id, '211302', b.id, timestamptz '2026-11-24' - n * interval '7 minutes', '1', '01',
  (ARRAY['in','out'])[1 + n % 2], '辽N' || lpad((n % 9000)::text, 5, '0'), 'yellow', 'H11', 'diesel',
  (ARRAY['4','5','6'])[1 + n % 3], 'coal', 30, 'gate', 'k-' || n,
  CASE WHEN n % 5000 = 0 THEN 'pending' ELSE 'taken' END, decode(md5(n::text) || md5(n::text), 'hex')
FROM generate_series(1, 150000) AS n
JOIN LATERAL (SELECT id FROM enterprises WHERE name = '厂' || (1 + n % 50)) AS e ON true
JOIN LATERAL (SELECT min(id) + n % 200 AS id FROM ledger_batches WHERE enterprise_id = e.id) AS b ON true;
INSERT INTO ledger_refusals (enterprise_id, ledger, batch_id, position, payload, payload_sha256, faults, last_at)
SELECT b.enterprise_id, 'A', b.id, 0, '{}', decode(md5(b.id::text) || md5(b.id::text), 'hex'), '[]', b.received_at
FROM ledger_batches b
"""
TABLES = ("ledger_passages", "ledger_refusals", "ledger_batches", "ledger_history")


@pytest.fixture(scope="module", autouse=True)
def many(engine: Engine, city: City) -> None:
    with transaction(engine) as connection:
        for statement in MANY.split(";\n"):
            connection.execute(text(statement))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"VACUUM ANALYZE {', '.join(TABLES)}, enterprises"))


@pytest.fixture
def plans(engine: Engine) -> Iterator[list[str]]:
    """The plan of every statement that the test runs."""
    found: list[str] = []

    def explain(connection: Connection, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.startswith(("SELECT p", "SELECT count", "WITH", "DELETE", "UPDATE")):
            with connection.connection.driver_connection.cursor() as own:  # type: ignore[union-attr]
                own.execute(f"EXPLAIN {statement}", parameters)
                found.append("\n".join(row[0] for row in own.fetchall()))

    event.listen(engine, "before_cursor_execute", explain)
    yield found
    event.remove(engine, "before_cursor_execute", explain)


def walked(plans: list[str], table: str = "ledger_passages") -> list[str]:
    assert plans
    return [plan for plan in plans if f"Seq Scan on {table}" in plan]


@pytest.mark.parametrize(
    "values",
    [
        {}, {"enterprise": "7"}, {"plate": "辽N00017"}, {"state": "pending"}, {"direction": "in"}, {"stage": "4"},
        {"division": "211302"}, {"batch": "77"}, {"truck": "5"}, {"from": "2026-11-01", "to": "2026-11-03"},
        {"enterprise": "7", "stage": "4", "from": "2026-10-01"}, {"plate": "辽N00017", "direction": "in"},
    ],
)  # fmt: skip
@pytest.mark.parametrize("scope", [Scope("2113"), Scope(), Scope(enterprise_id=7)])
def test_a_list_is_read_along_an_index(engine: Engine, plans: list[str], values: dict[str, str], scope: Scope) -> None:
    with transaction(engine) as connection:
        ledger_passages.find(connection, scope, Query(values, sort="passed_at"))
    pages = [plan for plan in plans if plan.startswith("Sort") or "page" in plan]
    assert len(pages) == 1
    assert walked(pages) == []


def test_refused_rows_and_batches_are_read_along_an_index(engine: Engine, plans: list[str]) -> None:
    with transaction(engine) as connection:
        ledger_refusals.find(connection, Scope("2113"), Query({}, sort="last_at"))
        ledger_batches.find(connection, Scope("2113"), Query({}, sort="received_at"))
    pages = [plan for plan in plans if "page" in plan]
    assert len(pages) == 2
    assert walked(pages, "ledger_refusals") + walked(pages, "ledger_batches") == []


def test_what_comes_again_is_looked_up_along_indexes(engine: Engine, plans: list[str]) -> None:
    with transaction(engine) as connection:
        moments = {NOW - timedelta(minutes=7 * n) for n in range(1000)}
        ledger_rows.passages_on_file(connection, 7, {f"k-{n}" for n in range(1000)}, moments)
    assert walked(plans) == []


def test_retention_finds_its_rows_along_indexes(engine: Engine, plans: list[str]) -> None:
    with transaction(engine) as connection:
        ledger_retention.remove_passages(connection, NOW - timedelta(days=725), 100)
        ledger_retention.forget_videos(connection, NOW - timedelta(days=365), 100)
    assert walked(plans) == []
