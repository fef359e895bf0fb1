"""Samples of a terminal: the function and the SQL view agree; a thinned curve loses no peak and bridges no gap."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from geo.crs import wgs84_to_gcj02
from server import db
from server.flows.ingest import Ingest
from server.store.samples import NAMES, Window, readings, samples, thin, thin_track
from telemetry.fleet import Member, make_fleet, stream, vin
from telemetry.quality import Flag
from telemetry.samples import COLUMNS, empty_columns

SECOND_US = 1_000_000
BEGIN = datetime(2026, 11, 23, 23, 59, 0, tzinfo=UTC)  # across the bound of two partitions
BEGIN_US = int(BEGIN.timestamp()) * SECOND_US
END = BEGIN + timedelta(minutes=5)


class Sent(NamedTuple):
    """A message of a broker."""

    topic: str
    payload: bytes
    qos: int = 1
    retained: bool = False


@pytest.fixture(scope="module")
def engine(database_url: str) -> Iterator[Engine]:
    made = db.connect_engine(database_url)
    yield made
    made.dispose()


@pytest.fixture(scope="module")
def ingest(database_url: str) -> Iterator[Ingest]:
    with db.connect(database_url) as connection:
        yield Ingest(connection)


def enrol(connection: psycopg.Connection, kind: str, device: str, coordinates: str = "wgs84") -> int:
    row = connection.execute(
        "INSERT INTO terminals (kind, device, coordinates) VALUES (%s, %s, %s) RETURNING id",
        (kind, device, coordinates),
    ).fetchone()
    assert row is not None
    return int(row[0])


def one_of_each() -> list[Member]:
    """A member of each kind and layout."""
    found: dict[tuple[str, str], Member] = {}
    for member in make_fleet(40, 30, seed=3, parked=0):
        found.setdefault((member.kind, member.layout), member)
    return list(found.values())


def truck(layout: str, number: int) -> Member:
    """A truck that no other test has."""
    found = next(member for member in make_fleet(40, 0, seed=9, parked=0) if member.layout == layout)
    return replace(found, device=vin(number))


@pytest.fixture(scope="module")
def terminals(ingest: Ingest) -> dict[tuple[str, str], int]:
    """Terminals by kind and layout, five minutes of whose frames are stored, some of them twice and out of order."""
    members = one_of_each()
    ids = {(m.kind, m.layout): enrol(ingest.connection, m.kind, m.device) for m in members}
    emitted = list(stream(members, BEGIN_US, 300, seed=4, sessions=True))
    messages = [Sent(f"emission/v1/{one.kind}/{one.device}/up", one.frame) for one in emitted]
    for part in (messages[100:], messages[:150]):
        tally = ingest.take(part, BEGIN_US + 310 * SECOND_US)
        assert tally.held == 0
    return ids


def by_view(engine: Engine, terminal_id: int) -> pd.DataFrame:
    with engine.connect() as connection:
        rows = connection.execute(
            text("SELECT * FROM samples WHERE terminal_id = :t ORDER BY measured_at"), {"t": terminal_id}
        )
        return pd.DataFrame(rows.mappings().all())


KINDS = [
    ("hdv", "A"), ("hdv", "C"), ("nrmm", "hj1014"), ("nrmm", "hj1322"), ("jt808", ""), ("json", "")
]  # fmt: skip


@pytest.mark.server
@pytest.mark.parametrize("kind", KINDS)
def test_the_view_and_the_function_agree(
    engine: Engine, terminals: dict[tuple[str, str], int], kind: tuple[str, str]
) -> None:
    view = by_view(engine, terminals[kind])
    with engine.connect() as connection:
        table = samples(connection, terminals[kind], BEGIN - timedelta(hours=1), END + timedelta(hours=1))
    assert len(table) == len(view) >= 10
    assert tuple(table.columns) == NAMES
    at_us = (view["measured_at"].astype("int64") // 1000).to_numpy()  # nanoseconds or microseconds
    at_us = at_us if at_us[0] > 1e15 else at_us * 1000
    assert table["at_us"].tolist() == at_us.tolist()
    for column in COLUMNS:
        if column.name in ("packet", "at_us", "flags"):
            continue
        seen = view[column.name].astype(float).to_numpy()
        own = table[column.name].astype(float).to_numpy()
        if column.name in ("alarm", "status"):
            own, seen = np.nan_to_num(own), np.nan_to_num(seen)
        np.testing.assert_allclose(own, seen, rtol=1e-6, atol=1e-6, err_msg=column.name)


@pytest.mark.server
def test_a_stretch_of_time_is_half_open(engine: Engine, terminals: dict[tuple[str, str], int]) -> None:
    begin, end = BEGIN + timedelta(seconds=5), BEGIN + timedelta(seconds=15)
    with engine.connect() as connection:
        table = samples(connection, terminals["hdv", "C"], begin, end)
        nothing = samples(connection, terminals["hdv", "C"], end, end)
        nobody = samples(connection, 0, begin, end)
    assert table["at_us"].tolist() == [BEGIN_US + n * SECOND_US for n in range(5, 15)]
    assert len(nothing) == len(nobody) == 0
    assert tuple(nobody.columns) == NAMES
    assert [str(kind) for kind in nobody.dtypes] == [column.dtype for column in COLUMNS]


@pytest.mark.server
def test_of_two_packets_of_one_second_the_first_received_counts(ingest: Ingest, engine: Engine) -> None:
    one = truck("C", 900_001)
    terminal_id = enrol(ingest.connection, "hdv", one.device)
    topic = f"emission/v1/hdv/{one.device}/up"
    earlier, later = (list(stream([one], BEGIN_US, 10, seed=seed)) for seed in (1, 2))
    ingest.take([Sent(topic, later[0].frame)], BEGIN_US + 20 * SECOND_US)
    ingest.take([Sent(topic, earlier[0].frame)], BEGIN_US + 30 * SECOND_US)
    with engine.connect() as connection:
        table = samples(connection, terminal_id, BEGIN, END)
    view = by_view(engine, terminal_id)
    assert table["packet"].unique().tolist() == [0]
    np.testing.assert_allclose(table["lon"], view["lon"].astype(float))
    assert len(table) == 10


@pytest.mark.server
def test_a_terminal_that_speaks_gcj02_comes_out_in_wgs84_and_late_rows_are_flagged(
    ingest: Ingest, engine: Engine
) -> None:
    one = truck("A", 900_002)
    terminal_id = enrol(ingest.connection, "hdv", one.device, "gcj02")
    frame = next(stream([one], BEGIN_US, 10, seed=1)).frame
    ingest.take([Sent(f"emission/v1/hdv/{one.device}/up", frame)], BEGIN_US + 3600 * SECOND_US)
    with engine.connect() as connection:
        table = samples(connection, terminal_id, BEGIN, END)
    view = by_view(engine, terminal_id)
    np.testing.assert_allclose(table["lon"], view["lon"].astype(float), atol=1e-9)
    shifted_lon, _ = wgs84_to_gcj02(table["lon"].to_numpy(), table["lat"].to_numpy())
    assert (np.abs(shifted_lon - table["lon"].to_numpy()) > 0.002).all()
    assert ((table["flags"] & int(Flag.LATE)) > 0).all()


# --- thinning: pure ---


def window(rows: int, buckets: int, gap_s: float = 120) -> Window:
    return Window(0, rows * SECOND_US, buckets, int(gap_s * SECOND_US))


def seconds(n: int) -> np.ndarray[Any, np.dtype[np.int64]]:
    return np.arange(n, dtype=np.int64) * SECOND_US


def test_a_peak_of_one_second_survives_a_day_in_1500_points() -> None:
    rng = np.random.default_rng(1)
    nox = rng.normal(80, 10, 86_400)
    nox[51_234] = 1843.25
    nox[70_001] = -12.5
    curve = thin(seconds(86_400), nox, window(86_400, 750))
    assert len(curve.values) <= 1500
    assert curve.values.max() == 1843.25 and curve.values.min() == -12.5
    assert curve.at_us[curve.values.argmax()] == 51_234 * SECOND_US
    assert (np.diff(curve.at_us) > 0).all()


def test_a_gap_stays_a_gap_and_a_silent_sensor_breaks_the_line() -> None:
    at_us = np.concatenate([seconds(3600), seconds(3600) + 7200 * SECOND_US])
    values = np.ones(7200)
    values[1000:1900] = np.nan  # a quarter of an hour of "not available"
    curve = thin(at_us, values, window(10_800, 100))
    breaks = curve.at_us[np.isnan(curve.values)] / SECOND_US
    assert len(breaks) == 2
    assert 1000 < breaks[0] < 1900 and 3600 < breaks[1] < 7200
    known = curve.at_us[~np.isnan(curve.values)] / SECOND_US
    assert not ((known >= 1000) & (known < 1900)).any()


def test_with_room_enough_every_row_stays_and_one_missing_second_shows() -> None:
    values = np.array([1.0, 2.0, np.nan, 4.0, 3.0])
    curve = thin(seconds(5), values, window(5, 100))
    assert (
        curve.values.tolist()[:2] == [1.0, 2.0]
        and np.isnan(curve.values[2])
        and curve.values.tolist()[3:] == [4.0, 3.0]
    )
    assert len(thin(seconds(3), np.full(3, np.nan), window(3, 10)).values) == 0


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.one_of(st.none(), st.floats(-50, 50, width=32)), min_size=1, max_size=200),
    st.integers(1, 30),
    st.data(),
)
def test_thinning_agrees_with_the_slow_way(heights: list[float | None], buckets: int, data: st.DataObject) -> None:
    pauses = data.draw(st.lists(st.integers(1, 400), min_size=len(heights), max_size=len(heights)))
    at_us = np.cumsum(np.array(pauses, np.int64)) * SECOND_US
    values = np.array([np.nan if one is None else one for one in heights])
    wide = Window(0, int(at_us[-1]) + 1, buckets, 120 * SECOND_US)
    curve = thin(at_us, values, wide)
    kept = {(int(a), float(v)) for a, v in zip(curve.at_us, curve.values, strict=True) if not np.isnan(v)}
    assert kept == slow(at_us.tolist(), heights, wide)


def slow(at_us: Sequence[int], heights: Sequence[float | None], wide: Window) -> set[tuple[int, float]]:
    rows = [(a, float(h)) for a, h in zip(at_us, heights, strict=True) if h is not None]
    if len(at_us) <= 2 * wide.buckets:
        return set(rows)
    cells: dict[int, list[tuple[int, float]]] = {}
    for a, h in rows:
        cells.setdefault(int(a / wide.width_us), []).append((a, h))
    by_height: Callable[[tuple[int, float]], float] = lambda row: row[1]  # noqa: E731
    return {pick(cell, key=by_height) for cell in cells.values() for pick in (min, max)}


def test_a_sensor_that_is_not_lit_off_reads_nothing() -> None:
    columns = empty_columns(3)
    columns["nox_downstream_ppm"][:] = [-200, 35, -3]
    columns["flags"][0] = int(Flag.NOX_SENSOR_OFF)
    table = pd.DataFrame(columns)
    found = readings(table, "nox_downstream_ppm")
    assert np.isnan(found[0]) and found[1:].tolist() == [35, -3]


def test_the_track_carries_the_highest_reading_of_its_stretch() -> None:
    columns = empty_columns(100)
    columns["at_us"][:] = seconds(100) + SECOND_US
    columns["lon"][:], columns["lat"][:] = 120.4, 41.5
    columns["fix_valid"][:] = True
    columns["fix_valid"][:10] = False
    columns["nox_downstream_ppm"][:] = 10
    columns["nox_downstream_ppm"][57] = 900
    track = thin_track(pd.DataFrame(columns), ("nox_downstream_ppm", "opacity_m1"), Window(0, 101 * SECOND_US, 10, 1))
    assert len(track["at_us"]) <= 10
    assert track["nox_downstream_ppm"].max() == 900
    assert np.isnan(track["opacity_m1"]).all()
    assert track["at_us"][0] >= 10 * SECOND_US
    nothing = thin_track(pd.DataFrame(empty_columns(0)), ("speed_kmh",), Window(0, 1, 10, 1))
    assert len(nothing["at_us"]) == len(nothing["speed_kmh"]) == 0
