"""Job `whitelist_watch`: what becomes known of a vehicle suspends its leave once, from when it was found."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text

from server.db import transaction
from server.flows import jobs
from server.store import whitelist, whitelist_steps
from tests.server import records
from tests.server.conftest import City

pytestmark = pytest.mark.server
Execute = Callable[..., Any]


@pytest.fixture
def execute(engine: Engine, city: City) -> Iterator[Execute]:
    """A statement in a transaction of its own; its first value, if it has one."""

    def run(statement: str, **values: Any) -> Any:
        with transaction(engine) as connection:
            done = connection.execute(text(statement), values)
            return done.scalar() if done.returns_rows else None

    yield run
    run(
        "UPDATE whitelist_entries SET state = 'withdrawn', withdrawn_at = now(), withdrawn_reason = '试毕' WHERE state = 'active'"
    )


@pytest.fixture
def truck(engine: Engine, city: City) -> int:
    with transaction(engine) as connection:
        return records.truck(connection)[0]


@pytest.fixture
def entry(execute: Execute, truck: int) -> int:
    """Leave for the truck, approved an hour ago."""
    number: int = execute(
        "INSERT INTO whitelist_entries (truck_id, purpose, valid_from, valid_to, approver, state, decided_at) VALUES"
        " (:t, 'heating', now() - interval '1 day', now() + interval '1 year', '市局', 'active', now() - interval '1 hour')"
        " RETURNING id",
        t=truck,
    )
    return number


def run(engine: Engine, now: datetime | None = None) -> int:
    counts = jobs.run_one(engine, "whitelist_watch", now or datetime.now(UTC))
    assert counts is not None
    return counts["suspended"]


def suspensions(engine: Engine, entry: int) -> list[dict[str, Any]]:
    with transaction(engine) as connection:
        return whitelist_steps.suspensions(connection, entry)


def inspect(
    execute: Execute, city: City, truck: int, outcome: str, ago: str = "0 s", kind: str = "roadside",
    recorded: str = "0 s",
) -> int:  # fmt: skip
    number: int = execute(
        "INSERT INTO inspections (number, kind, source, truck_id, subject_text, organisation_id, inspected_at, division,"
        " methods, content, verdict, outcome, standing, law, recorded_at) SELECT 'W' || nextval('inspection_numbers'), :k,"
        " 'page', :t, 'x', :o, now() - cast(:ago AS interval), '211302', '{free_acceleration}', '{}', '{}', :r, 'legal',"
        " 'CODE', now() - cast(:rec AS interval) RETURNING id",
        t=truck, o=city.organisations["city"], k=kind, r=outcome, ago=ago, rec=recorded,
    )  # fmt: skip
    return number


def test_nothing_known_suspends_nothing(engine: Engine, entry: int) -> None:
    assert run(engine) == 0


def test_a_failed_test_suspends_once_and_an_ended_suspension_stays_ended(
    engine: Engine, execute: Execute, city: City, truck: int, entry: int
) -> None:
    before = datetime.now(UTC)
    failed = inspect(execute, city, truck, "failed")
    assert run(engine) == 1
    [one] = suspensions(engine, entry)
    assert (one["cause"], one["cause_id"], one["to_at"]) == ("failed_test", failed, None)
    assert "检验不合格" in one["reason_zh"] and "failed the test" in one["reason_en"]
    with transaction(engine) as connection:  # leave ends when it was found, and acts before stay covered
        [held] = whitelist.leave_of_truck(connection, truck)
        assert held.valid_to_us >= round(before.timestamp() * 1e6)
        assert whitelist_steps.steps(connection, entry)[-1]["step"] == "suspended"
    assert run(engine) == 0
    execute("UPDATE whitelist_suspensions SET to_at = now(), ended_reason = '已复检' WHERE entry_id = :e", e=entry)
    assert run(engine) == 0  # a person has seen this failure
    inspect(execute, city, truck, "failed", "-1 min")
    assert run(engine) == 1  # a new one


def test_what_was_known_at_the_approval_or_passed_since_suspends_nothing(
    engine: Engine, execute: Execute, city: City, truck: int, entry: int
) -> None:
    inspect(execute, city, truck, "failed", "2 h", recorded="2 h")
    inspect(execute, city, truck, "failed", "30 min")
    inspect(execute, city, truck, "passed", "10 min")
    assert run(engine) == 0


def test_confirmed_smoke_suspends_and_smoke_under_review_does_not(
    engine: Engine, execute: Execute, city: City, truck: int, entry: int
) -> None:
    device = execute(
        "INSERT INTO capture_devices (code, name, place, lon, lat, division, organisation_id)"
        " VALUES ('CAMWL', '相机', '某处', 120, 41, '211302', :o) RETURNING id",
        o=city.organisations["city"],
    )
    capture = execute(
        "INSERT INTO captures (number, device_id, source_key, body_sha256, captured_at, division, plate, plate_colour,"
        " truck_id, standing, law, status) VALUES ('BWL-1', :d, 'k', decode(repeat('00', 32), 'hex'), now(), '211302', 'x',"
        " 'yellow', :t, 'evidence', 'CODE', 'second_review') RETURNING id",
        d=device, t=truck,
    )  # fmt: skip
    assert run(engine) == 0
    execute("UPDATE captures SET status = 'confirmed', decided_at = now() WHERE id = :c", c=capture)
    assert run(engine) == 1
    assert [one["cause"] for one in suspensions(engine, entry)] == ["black_smoke"]


def test_a_stage_corrected_downwards_suspends(engine: Engine, execute: Execute, truck: int, entry: int) -> None:
    execute("UPDATE trucks SET stage = '6' WHERE id = :t", t=truck)
    assert run(engine) == 0
    execute("UPDATE trucks SET stage = '4' WHERE id = :t", t=truck)
    assert run(engine) == 1
    [one] = suspensions(engine, entry)
    assert one["cause"] == "stage_corrected" and "国六更正为国四" in one["reason_zh"]
    assert one["rule_keys"][0].startswith("stages.truck@")


def test_a_silent_terminal_suspends_each_silence_once(engine: Engine, execute: Execute, truck: int, entry: int) -> None:
    terminal = execute("SELECT id FROM terminals WHERE truck_id = :t", t=truck)
    execute("INSERT INTO terminal_states (terminal_id, measured_at) VALUES (:n, now() - interval '6 days')", n=terminal)
    assert run(engine) == 0
    assert run(engine, datetime.now(UTC) + timedelta(days=2)) == 1
    execute("UPDATE whitelist_suspensions SET to_at = from_at, ended_reason = '冬季停驶' WHERE entry_id = :e", e=entry)
    assert run(engine, datetime.now(UTC) + timedelta(days=3)) == 0
    execute("UPDATE terminal_states SET measured_at = now() + interval '4 days' WHERE terminal_id = :n", n=terminal)
    assert run(engine, datetime.now(UTC) + timedelta(days=12)) == 1


def test_an_expired_test_suspends(engine: Engine, execute: Execute, city: City, truck: int, entry: int) -> None:
    inspect(execute, city, truck, "passed", "11 months", "periodic", "11 months")
    assert run(engine) == 0
    assert run(engine, datetime.now(UTC) + timedelta(days=40)) == 1
    assert [one["cause"] for one in suspensions(engine, entry)] == ["inspection_expired"]


def test_what_is_not_approved_or_over_is_left_alone(
    engine: Engine, execute: Execute, city: City, truck: int, entry: int
) -> None:
    inspect(execute, city, truck, "failed")
    execute("UPDATE whitelist_entries SET valid_to = now() - interval '1 s' WHERE id = :e", e=entry)
    assert run(engine) == 0
    execute(
        "UPDATE whitelist_entries SET state = 'reviewed', valid_to = now() + interval '1 day' WHERE id = :e", e=entry
    )
    assert run(engine) == 0
