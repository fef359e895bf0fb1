"""Packets: every frame as it came, once (design.md, "The way of a frame", step 3).

Rows go in by binary COPY straight into the day partitions. Only when that meets a packet that is stored already does
the batch take the longer way over a staging table with ON CONFLICT DO NOTHING; a re-sent packet changes nothing.
"""

import json
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import psycopg
from numpy.typing import NDArray

from server.store.binary_arrays import Int4s, Int8s

EPOCH_2000_US = 946_684_800_000_000  # PostgreSQL counts from 2000-01-01 UTC
COPY_HEAD = b"PGCOPY\n\xff\r\n\0" + bytes(8)
COPY_TAIL = b"\xff\xff"
COLUMNS = (
    "measured_at, last_at, received_at, digest, terminal_id, serial, flags, samples_n, command, stream_offset, "
    "stream_stride, time_step_s, protocol, sha256, raw, sample_values, summary"
)
FIXED = np.dtype(
    [
        ("fields", ">i2"),
        *(
            pair
            for name, kind, size in (
                ("measured_at", ">i8", 8),
                ("last_at", ">i8", 8),
                ("received_at", ">i8", 8),
                ("digest", ">i8", 8),
                ("terminal_id", ">i4", 4),
                ("serial", ">i4", 4),
                ("flags", ">i4", 4),
                ("samples_n", ">i2", 2),
                ("command", ">i2", 2),
                ("stream_offset", ">i2", 2),
                ("stream_stride", ">i2", 2),
                ("time_step_s", ">i2", 2),
            )
            for pair in ((f"{name}_size", ">i4"), (name, kind))
        ),
    ]
)
SIZES = {"measured_at": 8, "last_at": 8, "received_at": 8, "digest": 8, "terminal_id": 4, "serial": 4, "flags": 4}
SHA_SIZE = struct.pack(">i", 32)
NULL = b"\xff\xff\xff\xff"
FLOAT8_OID = 701
DAY_US = 86_400_000_000
OWN_DAYS = 400


@dataclass(frozen=True, slots=True)
class PacketRows:
    """A batch of packets ready to be stored; arrays and lists of one length."""

    measured_us: NDArray[np.int64]
    last_us: NDArray[np.int64]
    received_us: int
    digest: NDArray[np.int64]
    terminal_id: NDArray[np.int32]
    serial: NDArray[np.int64]
    flags: NDArray[np.uint32]
    samples_n: NDArray[np.int32]
    command: NDArray[np.int32]
    stream_offset: NDArray[np.int32]
    stream_stride: NDArray[np.int32]
    time_step_s: NDArray[np.int32]
    protocol: Sequence[str]
    sha256: Sequence[bytes]
    raw: Sequence[bytes]
    sample_values: Sequence[bytes | None]  # from `float8_array`
    summary: Sequence[dict[str, Any] | None]

    def __len__(self) -> int:
        return len(self.raw)


def float8_array(values: NDArray[np.float64]) -> bytes:
    """A one-dimensional double precision[] in PostgreSQL's binary form; NaN becomes NULL, which costs one bit."""
    missing = np.isnan(values)
    head = struct.pack(">iiiii", 1, int(missing.any()), FLOAT8_OID, len(values), 1)
    size = struct.pack(">i", 8)
    cells = [NULL if gone else size + one for gone, one in zip(missing, _eights(values), strict=True)]
    return head + b"".join(cells)


def _eights(values: NDArray[np.float64]) -> list[bytes]:
    data = values.astype(">f8").tobytes()
    return [data[at : at + 8] for at in range(0, len(data), 8)]


def encode(rows: PacketRows) -> bytes:
    """The rows as one binary COPY stream, by day and key: two workers with the same packets never wait in a ring."""
    fixed = np.zeros(len(rows), FIXED)
    fixed["fields"] = 17
    for name in FIXED.names or ():
        if name.endswith("_size"):
            fixed[name] = SIZES.get(name.removesuffix("_size"), 2)
    fixed["measured_at"] = rows.measured_us - EPOCH_2000_US
    fixed["last_at"] = rows.last_us - EPOCH_2000_US
    fixed["received_at"] = rows.received_us - EPOCH_2000_US
    for name in ("digest", "terminal_id", "serial", "samples_n", "command", "stream_offset", "stream_stride"):
        fixed[name] = getattr(rows, name)
    fixed["time_step_s"] = rows.time_step_s
    fixed["flags"] = rows.flags.astype(np.int64).astype(np.int32)
    heads, width = fixed.tobytes(), FIXED.itemsize
    protocols = {name: struct.pack(">i", len(name)) + name.encode() for name in set(rows.protocol)}
    parts = [COPY_HEAD]
    order = np.lexsort((rows.digest, rows.measured_us, rows.terminal_id, rows.measured_us // DAY_US))
    for index in order.tolist():
        raw = rows.raw[index]
        values, summary = rows.sample_values[index], rows.summary[index]
        parts += (
            heads[index * width : (index + 1) * width],
            protocols[rows.protocol[index]],
            SHA_SIZE,
            rows.sha256[index],
            len(raw).to_bytes(4, "big"),
            raw,
            NULL if values is None else len(values).to_bytes(4, "big") + values,
            NULL if summary is None else _jsonb(summary),
        )
    parts.append(COPY_TAIL)
    return b"".join(parts)


def _jsonb(value: dict[str, Any]) -> bytes:
    """jsonb in binary form; U+0000 cannot be kept in jsonb, the raw bytes beside it have it still."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False).replace("\\u0000", "\\ufffd").encode()
    return (len(text) + 1).to_bytes(4, "big") + b"\x01" + text


def ensure_partitions(connection: psycopg.Connection, days: Sequence[date]) -> int:
    """Make the day partitions that are missing; how many were made."""
    made = 0
    for day in sorted(set(days)):
        row = connection.execute("SELECT ensure_packet_partitions(%s, %s)", (day, day)).fetchone()
        made += row[0] if row else 0
    return made


def days_of(measured_us: NDArray[np.int64], received_us: int) -> list[date]:
    """The UTC days that these times fall into and that have a partition of their own.

    What speaks of more than `OWN_DAYS` before its receipt goes to `packets_other`: a clock that lost its date must
    not make a partition for each day it dreams of.
    """
    base = datetime(1970, 1, 1, tzinfo=UTC)
    near = measured_us[measured_us > received_us - OWN_DAYS * DAY_US]
    return [(base + timedelta(days=int(day))).date() for day in np.unique(near // DAY_US)]


def insert(connection: psycopg.Connection, rows: PacketRows) -> NDArray[np.bool_]:
    """Store the packets; True for each that is new. Runs inside the caller's transaction."""
    stream = encode(rows)
    try:
        with connection.transaction():
            _copy(connection, "packets", stream)
        return np.ones(len(rows), np.bool_)
    except psycopg.errors.UniqueViolation:
        return _insert_new(connection, rows, stream)


def _copy(connection: psycopg.Connection, table: str, stream: bytes) -> None:
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({COLUMNS}) FROM STDIN (FORMAT binary)") as copy:
        copy.write(stream)


def _insert_new(connection: psycopg.Connection, rows: PacketRows, stream: bytes) -> NDArray[np.bool_]:
    connection.execute(
        "CREATE TEMP TABLE IF NOT EXISTS packets_staged (LIKE packets INCLUDING DEFAULTS) ON COMMIT DELETE ROWS"
    )
    connection.execute("TRUNCATE packets_staged")
    _copy(connection, "packets_staged", stream)
    cursor = connection.execute(
        f"INSERT INTO packets ({COLUMNS}) SELECT {COLUMNS} FROM packets_staged ON CONFLICT DO NOTHING "
        "RETURNING terminal_id, measured_at, digest"
    )
    stored = {(t, round(m.timestamp() * 1e6), d) for t, m, d in cursor.fetchall()}
    new = np.zeros(len(rows), np.bool_)
    keys = zip(rows.terminal_id.tolist(), rows.measured_us.tolist(), rows.digest.tolist(), strict=True)
    for index, key in enumerate(keys):
        if key in stored:
            stored.discard(key)  # the same packet twice in one batch: the first is the new one
            new[index] = True
    return new


def are_known_untimed(
    connection: psycopg.Connection, rows: PacketRows, untimed: NDArray[np.bool_], within_us: int = 3_600_000_000
) -> NDArray[np.bool_]:
    """Which of the frames that say no time were received before, within an hour of these.

    They stand at their receipt, so that the key does not tell a repetition. Their hashes are locked until the
    transaction ends: another worker with the same frame waits and then sees it.
    """
    digest, terminal = rows.digest[untimed], rows.terminal_id[untimed].astype(np.int64)
    connection.execute("SELECT pg_advisory_xact_lock(n) FROM unnest(%s) AS u (n)", (Int8s(np.unique(digest)),))
    begin, end = (datetime.fromtimestamp((rows.received_us + step) / 1e6, UTC) for step in (-within_us, within_us))
    cursor = connection.execute(
        "SELECT DISTINCT p.terminal_id, p.digest FROM unnest(%s, %s) AS n (terminal_id, digest) "
        "JOIN packets p ON p.terminal_id = n.terminal_id AND p.digest = n.digest "
        "WHERE p.measured_at BETWEEN %s AND %s AND p.measured_at = p.received_at",
        (Int4s(terminal), Int8s(digest), begin, end),
    )
    stored = set(cursor.fetchall())
    pairs = zip(rows.terminal_id.tolist(), rows.digest.tolist(), untimed.tolist(), strict=True)
    return np.array([alone and (name, key) in stored for name, key, alone in pairs], np.bool_)


def raw_parts(connection: psycopg.Connection, terminal_id: int, command: int, from_us: int, to_us: int) -> list[bytes]:
    """Frames without samples of one command of a terminal, by receipt: among them the parts of long messages."""
    begin, end = (datetime.fromtimestamp(us / 1e6, UTC) for us in (from_us, to_us))
    cursor = connection.execute(
        "SELECT raw FROM packets WHERE terminal_id = %s AND measured_at BETWEEN %s AND %s AND command = %s "
        "AND samples_n = 0 ORDER BY received_at, serial, digest",
        (terminal_id, begin, end, command),
    )
    return [row[0] for row in cursor.fetchall()]


def raw_between(
    connection: psycopg.Connection, terminal_id: int, from_us: int, to_us: int
) -> list[tuple[bytes, str, int, int]]:
    """Packets with samples of one terminal that touch [from, to]: (raw, protocol, received_us, digest), as received.

    A frame's samples lie within a day of each other, so packets that began a day before are looked at too.
    """
    begin, end = (datetime.fromtimestamp(us / 1e6, UTC) for us in (from_us, to_us))
    cursor = connection.execute(
        "SELECT raw, protocol, (extract(epoch FROM received_at) * 1000000)::bigint, digest FROM packets "
        "WHERE terminal_id = %s AND measured_at BETWEEN %s AND %s AND last_at >= %s AND samples_n > 0 "
        "ORDER BY received_at, digest",
        (terminal_id, begin - timedelta(days=1), end, begin),
    )
    return cursor.fetchall()


def raw_at(connection: psycopg.Connection, wanted: Sequence[tuple[int, int]]) -> list[tuple[int, bytes]]:
    """Packets that hold a sample of a terminal at a moment: (terminal, raw) for (terminal, microseconds)."""
    if not wanted:
        return []
    table = np.array(wanted, np.int64)
    cursor = connection.execute(
        "SELECT p.terminal_id, p.raw FROM unnest(%s, %s) AS n (terminal_id, us) "
        "CROSS JOIN LATERAL (SELECT to_timestamp(n.us / 1e6) AS at) m "
        "JOIN packets p ON p.terminal_id = n.terminal_id AND p.measured_at <= m.at "
        "AND p.measured_at > m.at - interval '1 day' AND p.last_at >= m.at AND p.samples_n > 0 "
        "ORDER BY p.received_at, p.digest",
        (Int4s(table[:, 0]), Int8s(table[:, 1])),
    )
    return cursor.fetchall()


def span_around(connection: psycopg.Connection, terminal_id: int, from_us: int, to_us: int) -> tuple[bool, bool]:
    """Whether this terminal has packets that began before `from`, and any that end behind `to`."""
    row = connection.execute(
        "SELECT EXISTS (SELECT FROM packets WHERE terminal_id = %(t)s AND samples_n > 0 "
        "AND measured_at < to_timestamp(%(a)s / 1e6)), "
        "EXISTS (SELECT FROM packets WHERE terminal_id = %(t)s AND samples_n > 0 "
        "AND measured_at > to_timestamp(%(b)s / 1e6) - interval '1 day' AND last_at > to_timestamp(%(b)s / 1e6))",
        {"t": terminal_id, "a": from_us, "b": to_us},
    ).fetchone()
    return (bool(row[0]), bool(row[1])) if row else (False, False)
