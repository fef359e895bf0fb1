"""Lists of inspections over 100,000 rows are read along an index: no plan walks the table."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, text

from server.db import transaction
from server.store import inspections
from server.store.paging import Query
from server.store.scopes import Scope
from tests.server.conftest import City

pytestmark = pytest.mark.server
MANY = """
INSERT INTO inspections (number, kind, source, truck_id, subject_text, enterprise_id, organisation_id, inspected_at,
  division, methods, content, verdict, outcome, standing, law)
SELECT 'J20260101-' || lpad(n::text, 6, '0'), (ARRAY['roadside','on_site','periodic','remote_sensing'])[1 + n % 4],
  'import', 1 + n % 5000, '辽N' || lpad((n % 5000)::text, 5, '0'),
  CASE WHEN n % 100 = 0 THEN cast(:enterprise AS int) END, :organisation,
  timestamptz '2026-11-24' - n * interval '5 minutes', (ARRAY['211302','211303','211321','211322','211324'])[1 + n % 5],
  ARRAY[(ARRAY['free_acceleration','lug_down','periodic_report','remote_sensing'])[1 + n % 4]], '{}', '{}',
  CASE WHEN n % 20 = 0 THEN 'failed' ELSE 'passed' END, CASE WHEN n % 3 = 0 THEN 'screening' ELSE 'legal' END,
  CASE WHEN n < 30000 THEN 'CODE' ELSE 'APPCL' END
FROM generate_series(1, 100000) AS n
"""


@pytest.fixture(scope="module", autouse=True)
def many(engine: Engine, city: City) -> None:
    with transaction(engine) as connection:
        connection.execute(
            text(
                "INSERT INTO trucks (plate, plate_colour, division)"
                " SELECT '辽N' || lpad(n::text, 5, '0'), 'yellow', '211302' FROM generate_series(0, 4999) AS n"
            )
        )
        values = {"enterprise": city.enterprise_id, "organisation": city.organisations["city"]}
        connection.execute(text(MANY), values)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE inspections, trucks"))


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


@pytest.mark.parametrize(
    "values",
    [
        {}, {"kind": "roadside"}, {"outcome": "failed"}, {"standing": "screening"}, {"division": "211324"},
        {"law": "APPCL"}, {"law": "CODE", "outcome": "failed"}, {"truck": "17"}, {"q": "辽N00017"}, {"q": "000017"},
        {"method": "lug_down"}, {"from": "2026-11-01", "to": "2026-11-03"}, {"kind": "periodic", "outcome": "failed"},
    ],
)  # fmt: skip
@pytest.mark.parametrize("scope", [Scope("2113"), Scope("211324"), Scope()])
def test_a_list_is_read_along_an_index(engine: Engine, plans: list[str], values: dict[str, str], scope: Scope) -> None:
    for sort in ("inspected_at", "number"):
        with transaction(engine) as connection:
            inspections.find(connection, scope, Query(values, sort=sort))
    assert len(plans) == 4, "two pages and two counts"
    walked = [plan for plan in plans[::2] if "Seq Scan on inspections" in plan]
    assert walked == []


def test_what_belongs_to_a_truck_or_an_enterprise_is_read_along_an_index(
    engine: Engine, plans: list[str], city: City
) -> None:
    with transaction(engine) as connection:
        assert inspections.of_subject(connection, Scope("2113"), truck_id=17)
    with transaction(engine) as connection:
        inspections.find(connection, Scope("2113"), Query({"machine": "3"}))
    assert [plan for plan in plans if "Seq Scan on inspections" in plan] == []
