"""Periodic jobs: due by their last start, held by one process, a failing one stops no other and raises an alarm."""

from datetime import UTC, datetime, timedelta
from threading import Event, Thread

import pytest
from sqlalchemy import Engine, create_engine, text

from server.db import transaction
from server.flows.jobs import JOBS, Job, apart, keep_running, run_due, run_one
from server.store import job_runs

pytestmark = pytest.mark.server
NOW = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)


def test_a_job_is_due_again_after_its_time_and_not_before(engine: Engine) -> None:
    runs: list[datetime] = []

    def note(_engine: Engine, now: datetime) -> dict[str, int]:
        runs.append(now)
        return {"seen": len(runs)}

    jobs = [Job("note_due", 60, note)]
    assert run_due(engine, NOW, jobs) == {"note_due": {"seen": 1}}
    assert run_due(engine, NOW + timedelta(seconds=59), jobs) == {}
    assert run_due(engine, NOW + timedelta(seconds=60), jobs) == {"note_due": {"seen": 2}}


def test_a_job_held_by_another_process_is_left_to_it(engine: Engine) -> None:
    with transaction(engine) as other:
        assert job_runs.lock(other, "held")
        assert run_due(engine, NOW, [Job("held", 1, lambda _e, _n: {})]) == {}
    assert run_due(engine, NOW, [Job("held", 1, lambda _e, _n: {})]) == {"held": {}}


def test_a_failing_job_stops_no_other_and_raises_one_alarm(engine: Engine) -> None:
    def fail(_engine: Engine, _now: datetime) -> dict[str, int]:
        raise ValueError("no such file")

    jobs = [Job("bad", 1, fail), Job("good", 1, lambda _e, _n: {"done": 1})]
    for second in range(5):
        assert run_due(engine, NOW + timedelta(seconds=second), jobs) == {"bad": None, "good": {"done": 1}}
    with transaction(engine) as connection:
        alarms = connection.execute(text("SELECT detail FROM alarms WHERE kind = 'job_failed'")).scalars().all()
        rows = {row["name"]: row for row in job_runs.find_all(connection)}
    assert alarms == [{"job": "bad"}]
    assert rows["bad"]["failures"] == 5
    assert rows["bad"]["fault"] == "ValueError: no such file"


def test_every_job_stands_in_the_table_once() -> None:
    names = [job.name for job in JOBS]
    assert len(names) == len(set(names))
    assert {"alert_review", "alert_zones", "ledger_retention", "site_machines", "whitelist_watch"} <= set(names)


def test_an_alert_does_not_wait_for_jobs_that_take_long() -> None:
    quick, long = apart()
    assert {*quick, *long} == set(JOBS)
    assert {"alert_review", "alert_zones"} <= {job.name for job in quick}
    assert {"ledger_scores", "ledger_retention"} <= {job.name for job in long}


def test_jobs_go_on_when_the_database_comes_back_and_end_when_told(engine: Engine) -> None:
    stopping, away = Event(), create_engine("postgresql+psycopg://nobody@127.0.0.1:1/none")
    runs: list[str] = []

    def end(_engine: Engine, _now: datetime) -> dict[str, int]:
        runs.append("ran")
        stopping.set()
        return {}

    waiting = Thread(target=keep_running, args=(away, [Job("never", 1, end)], stopping))
    waiting.start()
    keep_running(engine, [Job("ends", 1, end)], stopping)
    waiting.join(30)
    assert not waiting.is_alive()
    assert runs == ["ran"]


def test_a_job_that_is_none_is_named(engine: Engine) -> None:
    with pytest.raises(KeyError):
        run_one(engine, "nothing", NOW)
