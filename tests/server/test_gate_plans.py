"""Lists of gates over 100,000 answers and lifts are read along an index, and a question touches a handful of rows."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, text

from server.db import transaction
from server.store import gate_answers, gate_lifts, gate_questions
from server.store.paging import Query
from server.store.scopes import Scope
from tests.server.conftest import City
from tests.server.gate_city import Plant, make_plant

pytestmark = pytest.mark.server
ANSWERS = """
INSERT INTO gate_answers (asked_at, gate_id, enterprise_id, plate, plate_colour, direction, answer, reason_code, reason_zh,
  reason_en) SELECT timestamptz '2026-11-24' - n * interval '1 minute', g.id, g.enterprise_id,
  '辽N' || lpad((n % 5000)::text, 5, '0'), 'yellow', 'in', CASE WHEN n % 50 = 0 THEN 'deny' ELSE 'allow' END, 'x', 'x', 'x'
FROM generate_series(1, 100000) AS n JOIN gates g ON g.id % 20 = n % 20
"""
LIFTS = """
INSERT INTO gate_lifts (gate_id, enterprise_id, at, person, reason) SELECT g.id, g.enterprise_id,
  timestamptz '2026-11-24' - n * interval '1 minute', 'x', 'power_cut'
FROM generate_series(1, 100000) AS n JOIN gates g ON g.id % 20 = n % 20
"""
TABLES = ("gate_answers", "gate_lifts", "trucks", "ledger_passages")


@pytest.fixture(scope="module")
def plant(engine: Engine, city: City) -> Plant:
    """Twenty enterprises with a gate each, and two lists of 100,000 rows."""
    found = make_plant(engine, city)
    with transaction(engine) as connection:
        connection.execute(
            text(
                "WITH e AS (INSERT INTO enterprises (name, division) SELECT '厂' || n,"
                " (ARRAY['211302', '211303', '211324'])[1 + n % 3] FROM generate_series(1, 19) n RETURNING id, division)"
                " INSERT INTO gates (enterprise_id, division, entrance_no, barrier_no, name)"
                " SELECT id, division, '1', '01', '门' FROM e"
            )
        )
        connection.execute(text(ANSWERS))
        connection.execute(text(LIFTS))
        connection.execute(
            text(
                "INSERT INTO trucks (plate, plate_colour, stage, fuel, category) SELECT '辽N' || lpad(n::text, 5, '0'),"
                " 'yellow', CASE WHEN n % 2 = 0 THEN '5' END, 'diesel', 'heavy_goods' FROM generate_series(0, 19999) AS n"
            )
        )
        connection.execute(
            text(
                "INSERT INTO ledger_passages (enterprise_id, passed_at, division, entrance_no, barrier_no, direction,"
                " plate, plate_colour, fuel, stage, source, judged_at, content_sha256) SELECT :e,"
                " timestamptz '2026-11-24' - n * interval '1 minute', '211302', '1', '01', 'in',"
                " '辽N' || lpad((n % 20000)::text, 5, '0'), 'yellow', 'diesel', '5', 'gate', now(), sha256('x')"
                " FROM generate_series(1, 100000) AS n"
            ),
            {"e": found.enterprise_id},
        )
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"VACUUM ANALYZE {', '.join(TABLES)}"))
    return found


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


def walks(plan: str) -> bool:
    """Whether the rows that are shown come out of a walk through a whole table."""
    return any(f"Seq Scan on {table}" in plan for table in TABLES)


@pytest.mark.parametrize(
    "values",
    [{}, {"answer": "deny"}, {"kept_back": "yes"}, {"enterprise": "2"}, {"from": "2026-11-01", "to": "2026-11-03"}],
)
@pytest.mark.parametrize("scope", [Scope("2113"), Scope("211324"), Scope(), Scope(enterprise_id=3)])
def test_answers_are_read_along_an_index(
    engine: Engine, plant: Plant, plans: list[str], values: dict[str, str], scope: Scope
) -> None:
    with transaction(engine) as connection:
        gate_answers.find(connection, scope, Query(values, "asked_at"))
    assert not walks(plans[0]), plans[0]


@pytest.mark.parametrize("values", [{}, {"enterprise": "2"}, {"from": "2026-11-01", "to": "2026-11-03"}])
@pytest.mark.parametrize("scope", [Scope("2113"), Scope("211324"), Scope(), Scope(enterprise_id=3)])
def test_lifts_are_read_along_an_index(
    engine: Engine, plant: Plant, plans: list[str], values: dict[str, str], scope: Scope
) -> None:
    with transaction(engine) as connection:
        gate_lifts.find(connection, scope, Query(values, "at"))
    assert not walks(plans[0]), plans[0]


def test_a_question_touches_a_handful_of_rows(engine: Engine, plant: Plant, plans: list[str]) -> None:
    with transaction(engine) as connection:
        gate_questions.find_subject(connection, plant.enterprise_id, "辽N00017", "yellow")
        at = datetime(2026, 11, 24, tzinfo=UTC)
        gate_answers.find_offline(connection, plant.gate_id, at, "辽N00017", "yellow", "in")
    assert [one for one in plans if walks(one)] == []
