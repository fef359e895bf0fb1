"""The last run of each periodic job, and the lock that lets one process at a time run it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb
from sqlalchemy import Connection, text


def lock(connection: Connection, name: str) -> bool:
    """Hold the job until the transaction ends; false where another process holds it."""
    return bool(
        connection.execute(
            text("SELECT pg_try_advisory_xact_lock(hashtext('job'), hashtext(:name))"), {"name": name}
        ).scalar()
    )


def started_at(connection: Connection, name: str) -> datetime | None:
    """When the job began last."""
    found: datetime | None = connection.execute(
        text("SELECT started_at FROM job_runs WHERE name = :name"), {"name": name}
    ).scalar()
    return found


def begin(connection: Connection, name: str, now: datetime) -> None:
    """Note that the job begins."""
    connection.execute(
        text(
            "INSERT INTO job_runs (name, started_at) VALUES (:name, :now)"
            " ON CONFLICT (name) DO UPDATE SET started_at = :now, finished_at = NULL"
        ),
        {"name": name, "now": now},
    )


def finish(connection: Connection, name: str, result: Mapping[str, Any]) -> None:
    """Note what the job did."""
    connection.execute(
        text(
            "UPDATE job_runs SET finished_at = clock_timestamp(), result = :result, failures = 0, fault = NULL"
            " WHERE name = :name"
        ),
        {"name": name, "result": Jsonb(dict(result))},
    )


def fail(connection: Connection, name: str, fault: str) -> int:
    """Note that the job failed; how often in a row."""
    failures: int = connection.execute(
        text(
            "UPDATE job_runs SET finished_at = clock_timestamp(), failures = failures + 1, fault = :fault"
            " WHERE name = :name RETURNING failures"
        ),
        {"name": name, "fault": fault[:500]},
    ).scalar_one()
    return failures


def find_all(connection: Connection) -> list[dict[str, Any]]:
    """Every job that ever ran."""
    return [dict(row) for row in connection.execute(text("SELECT * FROM job_runs ORDER BY name")).mappings()]
