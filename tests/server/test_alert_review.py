"""The review of ledger A against alerts: banned entries become leads, leave and clean trucks do not, corrections undo."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, text

from server.db import transaction
from server.flows.review_alerts import review_alerts
from server.store import alerts
from tests.server import alert_world
from tests.server.alert_world import NOW, AlertWorld, alert, leave, passage

pytestmark = pytest.mark.server
HOUR = timedelta(hours=1)
LATER = NOW + timedelta(days=2)
TABLES = (
    "leads, alert_normals, alert_reviews, alerts, ledger_passages, ledger_days, ledger_months, whitelist_suspensions,"
    " whitelist_entries, alert_measures"
)


@pytest.fixture(scope="module")
def world(engine: Engine) -> AlertWorld:
    with transaction(engine) as connection:
        return alert_world.make(connection)


@pytest.fixture(autouse=True)
def empty(engine: Engine, world: AlertWorld) -> Iterator[None]:
    yield
    with transaction(engine) as connection:
        connection.execute(text(f"TRUNCATE {TABLES} CASCADE"))


def leads(connection: Connection) -> dict[str, Any]:
    rows = connection.execute(text("SELECT key, status FROM leads ORDER BY key"))
    return {row.key: row.status for row in rows}


def test_a_banned_entry_is_a_lead_and_nothing_else_is(engine: Engine, world: AlertWorld) -> None:
    with transaction(engine) as connection:
        number = alert(connection)
        leave(connection, world.clean)
        banned = passage(connection, world, NOW + HOUR, truck_id=world.old)
        passage(connection, world, NOW - HOUR, truck_id=world.old)
        passage(connection, world, NOW + 2 * HOUR, truck_id=world.old, direction="out")
        passage(connection, world, NOW + HOUR, "辽N66666", world.clean)
        passage(connection, world, NOW + HOUR, "辽N22222", stage="X")
        unknown = passage(connection, world, NOW + HOUR, "辽N33333")
    counts = review_alerts(engine, LATER)
    assert counts == {"alerts": 1, "passages": 5, "leads": 2, "fallen_away": 0}
    with transaction(engine) as connection:
        assert leads(connection) == {f"passage:{banned}": "open", f"passage:{unknown}": "open"}
        row = connection.execute(text("SELECT * FROM leads WHERE passage_id = :p"), {"p": banned}).mappings().one()
        assert (row["alert_id"], row["enterprise_id"], row["truck_id"]) == (number, world.plant, world.old)
        assert row["detail"]["measures"] == ["bulk_site_trucks#2"]
        assert "国四" in row["detail"]["zh"]
        assert connection.execute(text("SELECT count(*) FROM ledger_passages WHERE judged_at IS NULL")).scalar() == 0
    assert review_alerts(engine, LATER)["passages"] == 0


def test_leave_keeps_a_truck_out_of_the_leads_but_for_its_suspension(engine: Engine, world: AlertWorld) -> None:
    with transaction(engine) as connection:
        alert(connection)
        entry = leave(connection, world.old)
        passage(connection, world, NOW + HOUR, truck_id=world.old)
        suspended = passage(connection, world, NOW + 3 * HOUR, truck_id=world.old)
        passage(connection, world, NOW + 5 * HOUR, truck_id=world.old)
        connection.execute(
            text(
                "INSERT INTO whitelist_suspensions (entry_id, from_at, to_at, cause, reason_zh, reason_en, ended_reason)"
                " VALUES (:e, :a, :b, 'by_hand', '停用', 'x', '恢复')"
            ),
            {"e": entry, "a": NOW + 2 * HOUR, "b": NOW + 4 * HOUR},
        )
    review_alerts(engine, LATER)
    with transaction(engine) as connection:
        assert leads(connection) == {f"passage:{suspended}": "open"}


@pytest.mark.parametrize(("more", "flagged"), [({"to": "yellow"}, True), ({"to": "orange"}, False)])
def test_leave_up_to_a_level(engine: Engine, world: AlertWorld, more: dict[str, Any], flagged: bool) -> None:
    with transaction(engine) as connection:
        alert(connection)
        leave(connection, world.old, **more)
        passage(connection, world, NOW + HOUR, truck_id=world.old)
    review_alerts(engine, LATER)
    with transaction(engine) as connection:
        assert bool(leads(connection)) == flagged


def test_an_alert_entered_late_finds_what_had_passed_and_its_withdrawal_lets_the_leads_fall(
    engine: Engine, world: AlertWorld
) -> None:
    with transaction(engine) as connection:
        banned = passage(connection, world, NOW + HOUR, truck_id=world.old)
        assert connection.execute(text("SELECT count(*) FROM ledger_passages WHERE judged_at IS NULL")).scalar() == 0
    with transaction(engine) as connection:
        number = alert(connection)
    review_alerts(engine, LATER)
    with transaction(engine) as connection:
        assert leads(connection) == {f"passage:{banned}": "open"}
        assert alerts.withdraw(connection, number, 1, "录入有误", None)
    assert review_alerts(engine, LATER)["fallen_away"] == 1
    with transaction(engine) as connection:
        assert leads(connection) == {f"passage:{banned}": "dismissed"}


def test_what_passed_after_the_lifting_falls_away_when_it_is_entered_late(engine: Engine, world: AlertWorld) -> None:
    with transaction(engine) as connection:
        number = alert(connection)
        kept = passage(connection, world, NOW + HOUR, truck_id=world.old)
        free = passage(connection, world, NOW + 3 * HOUR, truck_id=world.old)
    review_alerts(engine, LATER)
    with transaction(engine) as connection:
        assert alerts.lift(connection, number, 1, NOW + 3 * HOUR, "朝政预解〔2026〕3号", None)
    review_alerts(engine, LATER)
    with transaction(engine) as connection:
        assert leads(connection) == {f"passage:{kept}": "open", f"passage:{free}": "dismissed"}


def test_a_corrected_row_is_judged_again(engine: Engine, world: AlertWorld) -> None:
    with transaction(engine) as connection:
        alert(connection)
        wrong = passage(connection, world, NOW + HOUR, "辽N22222", stage="6")
    assert review_alerts(engine, LATER)["leads"] == 0
    with transaction(engine) as connection:
        connection.execute(
            text("UPDATE ledger_passages SET stage = '4', content_sha256 = sha256('x') WHERE id = :p"), {"p": wrong}
        )
    assert review_alerts(engine, LATER)["leads"] == 1


def test_a_writer_that_did_not_see_the_alert_is_waited_for(engine: Engine, world: AlertWorld) -> None:
    """Its passage would else be marked as outside any alert, and nobody would look at it again."""
    import threading

    done = threading.Event()
    with engine.connect() as writer:
        begun = writer.begin()
        late = passage(writer, world, NOW + HOUR, truck_id=world.old)  # judged: no alert is known yet
        with transaction(engine) as connection:
            alert(connection)
        worker = threading.Thread(target=lambda: (review_alerts(engine, LATER), done.set()))
        worker.start()
        assert not done.wait(0.3)
        begun.commit()
    worker.join(30)
    with transaction(engine) as connection:
        assert leads(connection) == {f"passage:{late}": "open"}


def test_hours_of_normal_days_are_counted_once_without_days_of_other_alerts(engine: Engine, world: AlertWorld) -> None:
    day = timedelta(days=1)
    with transaction(engine) as connection:
        earlier = alert(connection, from_at=NOW - 3 * day)
        alerts.lift(connection, earlier, 1, NOW - 2 * day, "朝政预解〔2026〕2号", None)
        for back in range(1, 15):
            for number in range(2 if back == 4 else 1):
                passage(connection, world, NOW - back * day + number * timedelta(minutes=1))
        number = alert(connection)
    review_alerts(engine, LATER)
    with transaction(engine) as connection:
        days = connection.execute(
            text("SELECT normal_days FROM alert_reviews WHERE alert_id = :a"), {"a": number}
        ).scalar_one()
        today = NOW.date()
        assert days == [today - back * day for back in (1, 4, 5, 6, 7, 8, 9)]
        rows = connection.execute(text("SELECT hour, passages FROM alert_normals WHERE alert_id = :a"), {"a": number})
        assert [(row.hour, round(row.passages * 7)) for row in rows] == [(12, 8)]
