"""The live page and the review over 150,000 passages: no plan walks the ledger, and the figures are those of the rows."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, text

from enforcement.rules.book import BEIJING
from server.db import transaction
from server.flows.alert_report import report
from server.flows.review_alerts import review_alerts
from server.store import alert_passages
from server.store.scopes import Scope
from tests.server import alert_world
from tests.server.alert_world import AlertWorld, alert

pytestmark = pytest.mark.server
ROWS = 150_000
MANY = """
INSERT INTO ledger_passages (enterprise_id, passed_at, division, entrance_no, barrier_no, direction, plate, plate_colour,
  fuel, stage, vehicle_type, source, content_sha256, judged_at)
SELECT :e, cast(:now AS timestamptz) - n * interval '3 minutes', '211324', '1', '01',
  CASE WHEN n % 2 = 0 THEN 'in' ELSE 'out' END, '辽N' || lpad((n % 5000)::text, 5, '0'), 'yellow', 'diesel', '6', 'H11',
  'gate', sha256(int4send(n)), now()
FROM generate_series(1, :rows) AS n"""


@pytest.fixture(scope="module")
def world(engine: Engine) -> AlertWorld:
    with transaction(engine) as connection:
        return alert_world.make(connection)


@pytest.fixture(scope="module")
def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


@pytest.fixture(scope="module")
def began(engine: Engine, world: AlertWorld, now: datetime) -> tuple[int, datetime]:
    """A year of a plant, and an alert of the last fifty hours that the review has followed."""
    with transaction(engine) as connection:
        connection.execute(text(MANY), {"e": world.plant, "now": now, "rows": ROWS})
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE ledger_passages"))
    from_at = now - timedelta(hours=50)
    with transaction(engine) as connection:
        number = alert(connection, from_at=from_at)
    review_alerts(engine, now)
    return number, from_at


@pytest.fixture
def plans(engine: Engine) -> Iterator[list[str]]:
    """The plan of every statement that the test runs."""
    found: list[str] = []

    def explain(connection: Connection, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if "ledger_passages" in statement:
            with connection.connection.driver_connection.cursor() as own:  # type: ignore[union-attr]
                own.execute(f"EXPLAIN {statement}", parameters)
                found.append("\n".join(row[0] for row in own.fetchall()))

    event.listen(engine, "before_cursor_execute", explain)
    yield found
    event.remove(engine, "before_cursor_execute", explain)


def test_the_live_page_reads_sums_and_the_begun_days_alone(
    engine: Engine, world: AlertWorld, plans: list[str], began: tuple[int, datetime], now: datetime
) -> None:
    number, from_at = began
    with transaction(engine) as connection:
        found = report(connection, Scope("2113"), number, now)
        assert found is not None
        counted = connection.execute(
            text("SELECT count(*) FROM ledger_passages WHERE passed_at >= :a AND passed_at < :b"),
            {"a": from_at, "b": now},
        ).scalar()
        normal = connection.execute(
            text(
                "SELECT extract(hour FROM passed_at AT TIME ZONE 'Asia/Shanghai')::int AS hour, count(*) AS n"
                " FROM ledger_passages WHERE (passed_at AT TIME ZONE 'Asia/Shanghai')::date = ANY(:days) GROUP BY 1"
            ),
            {"days": found.normal_days},
        )
        means = {row.hour: row.n / len(found.normal_days) for row in normal}
    assert len(found.normal_days) == 7
    assert found.totals["trips"] == counted
    expected, at = 0.0, from_at
    while at < now:  # minute by minute: slow and plain
        expected += means[at.astimezone(BEIJING).hour] / 60
        at += timedelta(minutes=1)
    assert abs(found.totals["expected"] - expected) < 2 * max(means.values()) / 60
    assert plans
    assert "Seq Scan on ledger_passages" not in plans[0]


def test_the_review_finds_what_is_to_do_along_its_own_index(
    engine: Engine, began: tuple[int, datetime], plans: list[str]
) -> None:
    with transaction(engine) as connection:
        assert alert_passages.unjudged(connection, 2000) == []
        alert_passages.unjudge(connection, "2113", began[1], None)
        assert len(alert_passages.unjudged(connection, 2000)) == 1000
        connection.rollback()
    assert "Seq Scan on ledger_passages" not in "\n".join(plans)
