"""Terminals: binding, on-line state, completeness by serials, pages and packets."""

import hashlib
import struct
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, text

from server.db import Fence, transaction
from server.flows.registry_forms import RefusedEntryError
from server.flows.save_terminal import save_terminal
from server.store import completeness, terminals
from server.store.audit import Actor
from server.store.paging import Query
from server.store.scopes import Scope
from server.store.terminals import Thresholds, line_state
from tests.server import records
from tests.server.conftest import Browser, City

pytestmark = pytest.mark.server
Browse = Callable[..., Browser]
ACTOR, CITY, LIMITS = Actor(None, "tester"), Scope(divisions="2113"), Thresholds(60, 600)
DAY = datetime(2026, 11, 23, 16, tzinfo=UTC)  # the local day 2026-11-24
NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _empty(engine: Engine, city: City) -> Iterator[None]:
    with transaction(engine) as connection:
        connection.execute(
            text(
                "TRUNCATE packets, terminal_states, violations, visits, terminals, trucks, machines RESTART IDENTITY CASCADE"
            )
        )
        connection.execute(text("SELECT ensure_packet_partitions('2026-11-20', '2026-11-26')"))
    yield


def put(engine: Engine, terminal_id: int, rows: list[tuple[float, int, int]]) -> None:
    """Packets as (seconds of the local day, serial, command), ten seconds of samples each."""
    with transaction(engine) as connection:
        for n, (second, serial, command) in enumerate(rows):
            raw = struct.pack(">dii", second, serial, n)
            digest = hashlib.sha256(raw).digest()
            at = DAY + timedelta(seconds=second)
            connection.execute(
                text(
                    "INSERT INTO packets (measured_at, last_at, received_at, digest, terminal_id, serial, flags, samples_n,"
                    " command, stream_offset, stream_stride, time_step_s, protocol, sha256, raw)"
                    " VALUES (:at, :last, :last, :digest, :t, :serial, 0, 10, :command, 0, 0, 0, 'gb17691', :sha, :raw)"
                ),
                {"at": at, "last": at + timedelta(seconds=9), "digest": int.from_bytes(digest[:8], "big", signed=True),
                 "t": terminal_id, "serial": serial, "command": command, "sha": digest, "raw": raw},
            )  # fmt: skip


def terminal(engine: Engine, kind: str = "hdv") -> int:
    with transaction(engine) as connection:
        found: int = connection.execute(
            text("INSERT INTO terminals (kind, device) VALUES (:k, 'LFWSRXRJ6H1E00001') RETURNING id"), {"k": kind}
        ).scalar_one()
        return found


def days(engine: Engine, number: int) -> list[tuple[int, int, int, int]]:
    with transaction(engine) as connection:
        found = completeness.days(connection, number, DAY, DAY + timedelta(days=1), 300)
        return [(day.received, day.expected, day.missing, day.gaps) for day in found]


def gaps(engine: Engine, number: int) -> list[tuple[str, int | None, int | None, int]]:
    with transaction(engine) as connection:
        found = completeness.gaps(connection, number, DAY, DAY + timedelta(days=1), 300)
        return [(gap.kind, gap.first, gap.last, gap.missing) for gap in found]


def stream(*serials: int, start: float = 3600, step: float = 10, command: int = 2) -> list[tuple[float, int, int]]:
    """Live packets one after the other; a missing serial takes its ten seconds all the same."""
    rows, at, before = [], start, serials[0]
    for serial in serials:
        at += step * max(serial - before, 1) if rows else 0
        rows.append((at, serial, command))
        before = serial
    return rows


@pytest.mark.parametrize(
    ("rows", "day", "named"),
    [
        (stream(1, 2, 3), (3, 3, 0, 0), []),
        (stream(1, 2, 5, 6), (4, 6, 2, 1), [("serial", 3, 4, 2)]),
        (stream(1, 2, 5) + [(3620, 3, 3)], (4, 5, 1, 1), [("serial", 4, 4, 1)]),  # a re-issue fills its place
        (stream(65533, 65534, 65535) + [(3630, 0, 2), (3640, 1, 2)], (5, 5, 0, 0), []),  # wraps
        (stream(65534) + [(3640, 1, 2)], (2, 4, 2, 1), [("serial", 65535, 0, 2)]),
        (stream(10, 11) + [(4000, 1, 2), (4010, 2, 2)], (4, 4, 0, 0), [("silence", None, None, 0)]),  # new log-in
        (stream(10, 11) + [(3630, 3, 2)], (3, 5, 2, 1), [("restart", 1, 2, 2)]),
        (stream(1, 2) + [(3620, 40000, 2)], (3, 3, 0, 0), []),  # renumbered: no elapsed time explains it
        ([(3600, -1, 2), (3610, -1, 2)], (2, 0, 0, 0), []),  # no serials: nothing is claimed
        ([(3600, 1, 1)] + stream(1, 2, start=3601), (3, 3, 0, 0), []),  # log-ins count apart
        (stream(1, 2) + stream(3, start=4200), (3, 3, 0, 0), [("silence", None, None, 0)]),
    ],
)
def test_completeness_by_serials(
    engine: Engine,
    rows: list[tuple[float, int, int]],
    day: tuple[int, int, int, int],
    named: list[tuple[str, int | None, int | None, int]],
) -> None:
    number = terminal(engine)
    put(engine, number, rows)
    assert days(engine, number) == [day]
    assert gaps(engine, number) == named


def test_a_gap_over_midnight_belongs_to_the_day_it_ends_on(engine: Engine) -> None:
    number = terminal(engine)
    put(engine, number, [(-20, 7, 2), (10, 9, 2)])
    assert days(engine, number) == [(1, 2, 1, 1)]
    assert gaps(engine, number) == [("serial", 8, 8, 1)]


def test_jt808_counts_all_its_messages_together(engine: Engine) -> None:
    number = terminal(engine, "jt808")
    put(engine, number, [(10, 1, 0x100), (20, 2, 0x200), (30, 3, 2), (40, 5, 0x200)])
    assert days(engine, number) == [(4, 5, 1, 1)]


@pytest.mark.parametrize(
    ("age", "line"), [(0, "online"), (60, "online"), (61, "late"), (600, "late"), (601, "offline"), (None, "never")]
)
def test_the_line_and_its_filter_agree(engine: Engine, age: int | None, line: str) -> None:
    number = terminal(engine)
    with transaction(engine) as connection:
        now = connection.execute(text("SELECT now()")).scalar_one()
        if age is not None:
            connection.execute(
                text(
                    "INSERT INTO terminal_states (terminal_id, received_at) VALUES (:t, now() - :age * interval '1 s')"
                ),
                {"t": number, "age": age},
            )
        seen = None if age is None else now - timedelta(seconds=age)
        assert line_state(seen, now, LIMITS) == line
        if age not in (60, 600):  # the filter's own edges lie with the statement's clock
            assert terminals.find(connection, Query({"line": line}), CITY, LIMITS).total == 1


def test_a_terminal_is_bound_to_one_subject(engine: Engine) -> None:
    with transaction(engine) as connection:
        connection.execute(text("INSERT INTO trucks (plate, plate_colour) VALUES ('辽N12345', 'yellow')"))
        connection.execute(text("INSERT INTO machines (pin) VALUES ('P1')"))
        entry = {"kind": "jt808", "device": "13900000001", "truck": "辽N12345 黄"}
        number = save_terminal(connection, ACTOR, CITY, entry).id
        row = terminals.find_one(connection, number, CITY)
        assert row is not None and row["plate"] == "辽N12345"
        assert save_terminal(connection, ACTOR, CITY, entry | {"truck": "", "machine": "p1"}, number).changed
        with pytest.raises(RefusedEntryError):
            save_terminal(connection, ACTOR, CITY, entry | {"machine": "P1"}, number)
        with pytest.raises(RefusedEntryError):
            save_terminal(connection, ACTOR, CITY, entry)


def test_what_the_worker_learned_survives_the_form(engine: Engine) -> None:
    number = terminal(engine)
    with transaction(engine) as connection:
        connection.execute(text("UPDATE terminals SET protocol = 'gb17691', layout = 'C' WHERE id = :t"), {"t": number})
        entry = {"kind": "hdv", "device": "LFWSRXRJ6H1E00001", "layout": "C", "maker": "厂"}
        save_terminal(connection, ACTOR, CITY, entry, number)
        assert connection.execute(text("SELECT protocol, layout, maker FROM terminals")).one() == ("gb17691", "C", "厂")


def test_the_fence_holds_for_packets_and_samples(engine: Engine, city: City) -> None:
    with transaction(engine) as connection:
        _, mine = records.truck(connection, enterprise_id=city.enterprise_id)
        _, other = records.truck(connection)
        for one in (mine, other):
            records.packets(connection, one, 2)
    with transaction(engine, Fence(enterprise_id=city.enterprise_id)) as connection:
        for view in ("packets", "sample_rows", "samples"):
            seen = connection.execute(text(f"SELECT DISTINCT terminal_id FROM {view}")).scalars().all()
            assert seen == [mine], view


@pytest.mark.parametrize(
    "path",
    ["samples.json", "samples.json?from=x&to=y", "samples.json?from=2026-11-24T00:00:00%2B00:00&to=2026-11-23T00:00:00%2B00:00",
     "samples.json?from=2026-01-01T00:00:00%2B00:00&to=2026-11-23T00:00:00%2B00:00"],
)  # fmt: skip
def test_a_wrong_stretch_of_time_is_refused(browse: Browse, engine: Engine, path: str) -> None:
    number = terminal(engine)
    assert browse("officer").get(f"/terminals/{number}/{path}").status_code == 400


def test_days_in_the_address_are_never_trusted(browse: Browse, engine: Engine) -> None:
    number = terminal(engine)
    for given in (
        "?from=0001-01-01&to=9999-12-31",
        "?from=2026-02-30",
        "?from=%00&to=x",
        "?from=2026-11-24&to=2020-01-01",
    ):
        assert browse("officer").get(f"/terminals/{number}{given}").status_code == 200, given
    for path in (
        "packets?page=0",
        "packets?page=99999999999999999999",
        "packets/1/zz",
        "packets/99999999999999999999/00",
    ):
        assert browse("officer").get(f"/terminals/{number}/{path}").status_code in (200, 404), path
