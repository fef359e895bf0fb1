"""Packets: kept once, readable as samples in SQL, never changed."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime

import numpy as np
import psycopg
import pytest

from server import db
from server.flows.packet_rows import stream_shape
from server.store import packets
from server.store.packets import PacketRows, float8_array

pytestmark = pytest.mark.server

# A stream body of GB 17691 table Q, written by hand: every quantity by its factor and offset.
BODY = bytes.fromhex(
    "3200"  # speed 12800 / 256 = 50 km/h
    "C8"  # pressure 200 * 0.5 = 100 kPa
    "AF"  # net torque 175 - 125 = 50 %
    "87"  # friction torque 135 - 125 = 10 %
    "2EE0"  # 12000 * 0.125 = 1500 rpm
    "0190"  # fuel 400 * 0.05 = 20 L/h
    "4E20"  # NOx upstream 20000 * 0.05 - 200 = 800 ppm
    "1388"  # NOx downstream 5000 * 0.05 - 200 = 50 ppm
    "7D"  # reagent 125 * 0.4 = 50 %
    "1F40"  # air 8000 * 0.05 = 400 kg/h
    "4260"  # SCR in 16992 * 0.03125 - 273 = 258 C
    "FFFF"  # SCR out: not available
    "000F"  # DPF 15 * 0.1 = 1.5 kPa
    "7D"  # coolant 125 - 40 = 85 C
    "96"  # tank 150 * 0.4 = 60 %
    "00"  # position valid, north, east
    "072DEF10"  # lon 120450832 * 1e-6
    "027A8FB4"  # lat 41586612 * 1e-6
    "0001E240"  # odometer 123456 * 0.1 = 12345.6 km
)
VIN = b"LZZ5CLSB8NA000001"
TIME = bytes([26, 11, 24, 8, 0, 0])  # 2026-11-24 08:00:00, GMT+8
AT = datetime(2026, 11, 24, 0, 0, 0, tzinfo=UTC)
AT_US = round(AT.timestamp()) * 1_000_000


def frame(data: bytes) -> bytes:
    """An Annex Q frame around a data unit: header, length, exclusive-or."""
    body = b"\x02" + VIN + b"\x01\x01" + len(data).to_bytes(2, "big") + data
    check = 0
    for octet in body:
        check ^= octet
    return b"##" + body + bytes([check])


def layout_a(records: int) -> bytes:
    return frame(TIME + b"".join(b"\x02" + n.to_bytes(2, "big") + BODY for n in range(1, records + 1)))


def layout_c(records: int) -> bytes:
    times = [bytes([26, 11, 24, 8, 0, n]) for n in range(records)]
    return frame(TIME + b"\x00\x07" + b"".join(b"\x02" + time + BODY for time in times))


def rows(raws: list[bytes], terminal_id: int, layout: str, samples_n: int) -> PacketRows:
    count = len(raws)
    hashes = [hashlib.sha256(raw).digest() for raw in raws]
    lengths = np.array([len(raw) for raw in raws], np.int32)
    n = np.full(count, samples_n, np.int32)
    offset, stride, step = stream_shape(lengths, n, np.full(count, layout), np.full(count, 2, np.int32))
    return PacketRows(
        np.full(count, AT_US),
        np.full(count, AT_US + (samples_n - 1) * 1_000_000),
        AT_US + 5_000_000,
        np.frombuffer(b"".join(h[:8] for h in hashes), ">i8").astype(np.int64),
        np.full(count, terminal_id, np.int32),
        np.full(count, -1, np.int64),
        np.zeros(count, np.uint32),
        n,
        np.full(count, 2, np.int32),
        offset,
        stride,
        step,
        ["gb17691"] * count,
        hashes,
        raws,
        [None] * count,
        [None] * count,
    )


@pytest.fixture
def connection(database_url: str) -> Iterator[psycopg.Connection]:
    """A connection whose work is rolled back."""
    with db.connect(database_url) as one, one.transaction(force_rollback=True):
        packets.ensure_partitions(one, [AT.date()])
        yield one


@pytest.fixture
def terminal_id(connection: psycopg.Connection) -> int:
    row = connection.execute(
        "INSERT INTO terminals (kind, device) VALUES ('hdv', %s) RETURNING id", (VIN.decode(),)
    ).fetchone()
    assert row
    return int(row[0])


def test_a_repeated_packet_changes_nothing(connection: psycopg.Connection, terminal_id: int) -> None:
    one, two = layout_a(1), layout_a(2)
    assert packets.insert(connection, rows([one], terminal_id, "A", 1)).tolist() == [True]
    assert packets.insert(connection, rows([one, two, two], terminal_id, "A", 1)).tolist() == [False, True, False]
    found = connection.execute("SELECT raw, sha256 FROM packets ORDER BY length(raw)").fetchall()
    assert found == [(one, hashlib.sha256(one).digest()), (two, hashlib.sha256(two).digest())]


@pytest.mark.parametrize(("layout", "make"), [("A", layout_a), ("C", layout_c)])
def test_the_view_reads_samples_out_of_the_raw_bytes(
    connection: psycopg.Connection, terminal_id: int, layout: str, make: object
) -> None:
    packets.insert(connection, rows([make(3)], terminal_id, layout, 3))  # type: ignore[operator]
    cursor = connection.execute(
        "SELECT extract(epoch FROM measured_at)::bigint, speed_kmh, pressure_kpa, torque_net_pct, torque_friction_pct, "
        "engine_speed_rpm, fuel_rate_lph, nox_upstream_ppm, nox_downstream_ppm, reagent_level_pct, air_flow_kgph, "
        "scr_inlet_c, scr_outlet_c, dpf_pressure_kpa, coolant_c, fuel_level_pct, fix_valid, lon, lat, odometer_km "
        "FROM samples ORDER BY measured_at"
    )
    got = cursor.fetchall()
    assert [row[0] for row in got] == [AT_US // 1_000_000 + n for n in range(3)]
    expected = [
        50,
        100,
        50,
        10,
        1500,
        20,
        800,
        50,
        50,
        400,
        258,
        None,
        1.5,
        85,
        60,
        True,
        120.450832,
        41.586612,
        12345.6,
    ]
    for row in got:
        assert list(row[1:]) == [pytest.approx(value) if isinstance(value, float) else value for value in expected]


def test_other_shapes_are_read_from_their_values(connection: psycopg.Connection, terminal_id: int) -> None:
    values = np.full((2, 26), np.nan)
    values[:, 0] = [AT_US, AT_US + 30_000_000]
    values[:, 1], values[:, 2], values[:, 3], values[0, 4] = 120.5, 41.5, 1, 12.5
    base = rows([b"~position~"], terminal_id, "", 2)
    one = PacketRows(
        *[getattr(base, name) for name in PacketRows.__slots__[:-2]], [float8_array(values.ravel())], [None]
    )
    packets.insert(connection, one)
    cursor = connection.execute(
        "SELECT lon, lat, fix_valid, speed_kmh, nox_upstream_ppm FROM samples ORDER BY measured_at"
    )
    assert cursor.fetchall() == [(120.5, 41.5, True, 12.5, None), (120.5, 41.5, True, None, None)]


def test_a_sample_that_was_issued_again_counts_once(connection: psycopg.Connection, terminal_id: int) -> None:
    packets.insert(connection, rows([layout_a(3), layout_a(2)], terminal_id, "A", 2))
    counts = connection.execute("SELECT (SELECT count(*) FROM samples), (SELECT count(*) FROM packets)").fetchone()
    assert counts == (2, 2)


@pytest.mark.parametrize("statement", ["UPDATE packets SET raw = ''", "DELETE FROM packets"])
def test_packets_are_append_only(connection: psycopg.Connection, terminal_id: int, statement: str) -> None:
    packets.insert(connection, rows([layout_a(1)], terminal_id, "A", 1))
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"), connection.transaction():
        connection.execute(statement)  # type: ignore[arg-type]


def test_a_day_long_past_needs_no_partition(connection: psycopg.Connection, terminal_id: int) -> None:
    old = rows([layout_a(1)], terminal_id, "A", 1)
    past = AT_US - 800 * 86_400_000_000
    values = {name: getattr(old, name) for name in PacketRows.__slots__}
    moved = PacketRows(**{**values, "measured_us": np.array([past]), "last_us": np.array([past])})
    assert packets.days_of(moved.measured_us, AT_US) == []
    assert packets.insert(connection, moved).tolist() == [True]
    assert packets.insert(connection, moved).tolist() == [False]
    day = datetime.fromtimestamp(past / 1e6, UTC).date()
    assert packets.ensure_partitions(connection, [day]) == 0  # the day stays where it is
    kept = connection.execute("SELECT tableoid::regclass::text FROM packets").fetchall()
    assert kept == [("packets_other",)]
