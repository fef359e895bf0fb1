"""Lists of ledger review over 100,000 rows each are read along an index: no plan walks their table."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, text

from server.db import transaction
from server.store import clean_transport, ledger_scores, verification_tasks
from server.store.paging import Found, Query
from server.store.scopes import Scope
from tests.server.conftest import City

pytestmark = pytest.mark.server
MANY = """
INSERT INTO enterprises (name, division, industry) SELECT '企' || n, (ARRAY['211302','211303'])[1 + n % 2], 'steel'
  FROM generate_series(1, 500) n;
INSERT INTO ledger_scores (enterprise_id, division, month, score, passages, parts)
  SELECT e.id, e.division, date '2010-01-01' + make_interval(months => m), (e.id * 7 + m) % 100, 7, '[]'
  FROM enterprises e, generate_series(1, 200) m WHERE e.name LIKE '企%';
INSERT INTO clean_transport (enterprise_id, division, month, direction, mode, cargo, tonnes, document, recorded_at)
  SELECT e.id, e.division, date '2010-01-01' + make_interval(months => m), 'in', 'rail', 'coal', 7, '单',
  timestamptz '2026-11-24' - m * interval '1 hour' FROM enterprises e, generate_series(1, 200) m WHERE e.name LIKE '企%';
INSERT INTO verification_tasks (number, enterprise_id, division, from_on, to_on, seed, method, drawn_at)
  SELECT 'H' || e.id || '-' || m, e.id, e.division, '2026-01-01', '2026-01-31', '7', '{}',
  timestamptz '2026-11-24' - m * interval '1 hour' FROM enterprises e, generate_series(1, 200) m WHERE e.name LIKE '企%'
"""


@pytest.fixture(scope="module", autouse=True)
def many(engine: Engine, city: City) -> None:
    with transaction(engine) as connection:
        for statement in MANY.split(";\n"):
            connection.execute(text(statement))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE enterprises, ledger_scores, clean_transport, verification_tasks"))


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
LISTS: list[tuple[Find, str, str, dict[str, str]]] = [
    (ledger_scores.find, "ledger_scores", "score", {"month": "2020-05-01"}),
    (ledger_scores.find, "ledger_scores", "score", {"month": "2020-05-01", "below": "60", "division": "211302"}),
    (ledger_scores.find, "ledger_scores", "passages", {"month": "2020-05-01", "q": "企7"}),
    (clean_transport.find, "clean_transport", "recorded_at", {}),
    (clean_transport.find, "clean_transport", "recorded_at", {"division": "211302"}),
    (clean_transport.find, "clean_transport", "recorded_at", {"from": "2020-05-01", "to": "2020-05-31"}),
    (verification_tasks.find, "verification_tasks", "drawn_at", {}),
    (verification_tasks.find, "verification_tasks", "drawn_at", {"state": "open", "division": "211302"}),
    (verification_tasks.find, "verification_tasks", "drawn_at", {"from": "2026-11-22", "to": "2026-11-23"}),
]


@pytest.mark.parametrize(("find", "table", "sort", "values"), LISTS)
@pytest.mark.parametrize("scope", [Scope("2113"), Scope("211302")])
def test_a_list_is_read_along_an_index(
    engine: Engine, plans: list[str], find: Find, table: str, sort: str, values: dict[str, str], scope: Scope
) -> None:
    with transaction(engine) as connection:
        assert find(connection, scope, Query(values, sort)).rows
    assert [plan for plan in plans if f"Seq Scan on {table}" in plan and "Limit" not in plan] == []
    assert plans


def test_one_enterprise_is_read_along_an_index(engine: Engine, plans: list[str], city: City) -> None:
    with transaction(engine) as connection:
        enterprise = connection.execute(text("SELECT max(id) FROM enterprises")).scalar_one()
        assert len(ledger_scores.of_enterprise(connection, Scope("2113"), enterprise)) == 60
        own = Query({"enterprise": str(enterprise)}, "recorded_at")
        assert clean_transport.find(connection, Scope("2113"), own).total == 200
        tasks = Query({"enterprise": str(enterprise)}, "drawn_at")
        assert verification_tasks.find(connection, Scope("2113"), tasks).total == 200
    tables = ("ledger_scores", "clean_transport", "verification_tasks")
    assert [plan for plan in plans for table in tables if f"Seq Scan on {table}" in plan] == []
