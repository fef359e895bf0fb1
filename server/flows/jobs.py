"""What is done again and again without anybody asking: one table of jobs, run by `python -m server.cli jobs`.

A job is a function of the engine and the time that returns counts; it opens its own transactions, does nothing twice,
and may be stopped at any moment. Several processes may run: each job is held by one of them at a time, and is due by
its last start in the database. A job that fails is noted, raises an alarm the third time in a row, and stops no other.
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Event

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import OperationalError

from server.db import transaction
from server.flows import find_contradictions, ledger_retention, score_ledgers, whitelist_watch
from server.flows.review_alerts import review_alerts
from server.flows.site_machines import watch_sites
from server.flows.watch_alert_zones import watch_alert_zones
from server.store import job_runs

log = logging.getLogger(__name__)
FAILURES_TO_ALARM = 3
LOOK_S = 1.0
QUICK_S = 60


@dataclass(frozen=True, slots=True)
class Job:
    """A job: its name, how often it is due (seconds), what it does."""

    name: str
    every_s: float
    run: Callable[[Engine, datetime], Mapping[str, int]]


JOBS: tuple[Job, ...] = (
    Job("alert_review", 5, review_alerts),
    Job("alert_zones", 60, watch_alert_zones),
    Job("ledger_contradictions", 300, find_contradictions.run),
    Job("ledger_scores", 6 * 3600, score_ledgers.run),
    Job("site_machines", 300, watch_sites),
    Job("whitelist_watch", 60, whitelist_watch.watch),
    Job("ledger_retention", 6 * 3600, ledger_retention.retain),
)
"""Every job of the platform, in the order in which they run when several are due."""


def apart() -> tuple[tuple[Job, ...], ...]:
    """The jobs in two groups: an alert is not to wait until ledgers are scored."""
    quick = tuple(job for job in JOBS if job.every_s <= QUICK_S)
    return quick, tuple(job for job in JOBS if job.every_s > QUICK_S)


def keep_running(engine: Engine, jobs: Iterable[Job], stopping: Event) -> None:
    """Run what is due of these jobs until told to stop; a database that is away is waited for."""
    jobs = tuple(jobs)
    while not stopping.wait(LOOK_S):
        try:
            run_due(engine, datetime.now(UTC), jobs)
        except OperationalError as fault:
            log.warning("the database cannot be reached, trying again: %s", fault)


def run_due(engine: Engine, now: datetime, jobs: Iterable[Job] | None = None) -> dict[str, Mapping[str, int] | None]:
    """Run what is due; per job that ran its counts, None where it failed."""
    done: dict[str, Mapping[str, int] | None] = {}
    for job in JOBS if jobs is None else jobs:
        with transaction(engine) as holder:  # holds the job while it runs in transactions of its own
            if _is_due(holder, job, now):
                done[job.name] = _run(engine, job, now)
    return done


def run_one(engine: Engine, name: str, now: datetime) -> Mapping[str, int] | None:
    """Run a job now, due or not. Raises KeyError for a name that is none."""
    job = {one.name: one for one in JOBS}[name]
    with transaction(engine) as holder:
        return _run(engine, job, now) if job_runs.lock(holder, name) else None


def _is_due(connection: Connection, job: Job, now: datetime) -> bool:
    last = job_runs.started_at(connection, job.name)
    if last is not None and last + timedelta(seconds=job.every_s) > now:
        return False
    return job_runs.lock(connection, job.name)


def _run(engine: Engine, job: Job, now: datetime) -> Mapping[str, int] | None:
    with transaction(engine) as connection:
        job_runs.begin(connection, job.name, now)
    try:
        counts = job.run(engine, now)
    except Exception as fault:
        log.exception("job %s failed", job.name)
        with transaction(engine) as connection:
            failures = job_runs.fail(connection, job.name, f"{type(fault).__name__}: {fault}")
            if failures == FAILURES_TO_ALARM:
                _raise_alarm(connection, job.name)
        return None
    with transaction(engine) as connection:
        job_runs.finish(connection, job.name, counts)
    return counts


def _raise_alarm(connection: Connection, name: str) -> None:
    connection.execute(
        text("INSERT INTO alarms (kind, detail) VALUES ('job_failed', jsonb_build_object('job', cast(:name AS text)))"),
        {"name": name},
    )
