"""Samples of one terminal as a table: THE function for everybody who calculates with what a terminal said.

The raw packets are the store (ADR 0002): they are read with the decoder, positions come out in WGS-84, and of two
packets that speak of the same second the one received first counts, as in the view `samples`; a test holds the two
equal. A sample whose own time is unknown stands at the time of its packet, with its flag.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy import Connection, text

from server.store.coordinates import to_wgs84
from telemetry.batch import EPOCH, MICROSECOND, decode_batch
from telemetry.quality import Flag, mark
from telemetry.samples import COLUMNS, Columns, empty_columns

NAMES = tuple(column.name for column in COLUMNS)
LONGEST_PACKET = timedelta(days=1)  # a frame's samples lie within a day of each other


@dataclass(frozen=True, slots=True)
class _Packets:
    """Raw packets of one terminal in the order they were received."""

    frames: list[bytes]
    received_us: NDArray[np.int64]
    measured_us: NDArray[np.int64]
    digest: NDArray[np.int64]


def samples(connection: Connection, terminal_id: int, from_at: datetime, to_at: datetime) -> pd.DataFrame:
    """Everything a terminal reported in [from, to), one row a collect time, in order of time.

    Columns are those of `telemetry.samples.COLUMNS` (units there); NaN is "not available". `packet` numbers the
    packets read, in the order they were received; `flags` are `telemetry.quality.Flag` bits.
    """
    terminal = connection.execute(
        text("SELECT kind, layout, coordinates FROM terminals WHERE id = :id"), {"id": terminal_id}
    ).one_or_none()
    packets = _packets(connection, terminal_id, from_at, to_at)
    if terminal is None or not packets.frames:
        return _table(empty_columns(0))
    kind, layout, coordinates = terminal
    decoded = decode_batch(kind, packets.frames, [layout] * len(packets.frames))
    to_wgs84(decoded.columns, decoded.packet_flags, np.full(len(packets.frames), coordinates))
    columns = _first_received(decoded.columns, packets, _us(from_at), _us(to_at))
    one_device = np.zeros(len(packets.frames), np.int64)
    columns["flags"] = mark(columns, packets.received_us, decoded.packet_flags, one_device)
    unknown = columns["at_us"] == 0
    columns["at_us"][unknown] = packets.measured_us[columns["packet"][unknown]]
    return _table(columns)


def _us(at: datetime) -> int:
    return (at - EPOCH) // MICROSECOND


def _table(columns: Columns) -> pd.DataFrame:
    return pd.DataFrame({name: columns[name] for name in NAMES})


def _packets(connection: Connection, terminal_id: int, from_at: datetime, to_at: datetime) -> _Packets:
    rows = connection.execute(
        text(
            "SELECT raw, (extract(epoch FROM received_at) * 1000000)::bigint,"
            " (extract(epoch FROM measured_at) * 1000000)::bigint, digest FROM packets"
            " WHERE terminal_id = :id AND measured_at >= :early AND measured_at < :to_at AND last_at >= :from_at"
            " AND samples_n > 0 ORDER BY received_at, digest"
        ),
        {"id": terminal_id, "early": from_at - LONGEST_PACKET, "from_at": from_at, "to_at": to_at},
    ).all()
    times = [np.array([row[place] for row in rows], np.int64) for place in (1, 2, 3)]
    return _Packets([bytes(row[0]) for row in rows], *times)


def _first_received(columns: Columns, packets: _Packets, from_us: int, to_us: int) -> Columns:
    """Rows of [from, to) in order of time, of each time the one received first."""
    packet = columns["packet"]
    at = np.where(columns["at_us"] == 0, packets.measured_us[packet], columns["at_us"])
    order = np.lexsort((packets.digest[packet], packets.received_us[packet], at))
    at = at[order]
    first = np.diff(at, prepend=at[0] - 1 if len(at) else 0) != 0
    chosen = order[first & (at >= from_us) & (at < to_us)]
    return {name: values[chosen] for name, values in columns.items()}


# --- thinned for a page: at most so many points a curve, and no peak lost ---


@dataclass(frozen=True, slots=True)
class Curve:
    """Times (microseconds) and values of one quantity; NaN stands where the line breaks."""

    at_us: NDArray[np.int64]
    values: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Window:
    """What part of time is drawn, in how many buckets, and from which pause on a silence is a gap."""

    from_us: int
    to_us: int
    buckets: int
    gap_us: int

    @property
    def width_us(self) -> float:
        return (self.to_us - self.from_us) / self.buckets

    def bucket_of(self, at_us: NDArray[np.int64]) -> NDArray[np.int64]:
        return ((at_us - self.from_us) / self.width_us).astype(np.int64)


def readings(table: pd.DataFrame, name: str) -> NDArray[np.float64]:
    """A column for drawing and counting: a NOx sensor that is not lit off (raw 0000) reads nothing, not -200 ppm."""
    values = table[name].to_numpy(np.float64)
    if name.startswith("nox_"):
        off = (table["flags"].to_numpy() & np.uint32(Flag.NOX_SENSOR_OFF)) > 0
        values = np.where(off & (values <= -200), np.nan, values)
    return values


def thin(at_us: NDArray[np.int64], values: NDArray[np.float64], window: Window) -> Curve:
    """The lowest and the highest value of each bucket, in order of time; the line breaks where nothing is known.

    With no more rows than twice the buckets every row stays. A break is a pause longer than the gap, or a stretch of
    "not available" that the curve is fine enough to show.
    """
    known = np.flatnonzero(~np.isnan(values))
    if not len(known):
        return Curve(np.zeros(0, np.int64), np.zeros(0))
    is_thinned = len(at_us) > 2 * window.buckets
    broken = _breaks(at_us, known, window, is_thinned)
    kept = _extremes(window.bucket_of(at_us[known]), values[known]) if is_thinned else np.arange(len(known))
    passed = np.cumsum(broken)[kept]
    ends = np.flatnonzero(np.diff(passed) > 0)  # a break lies between this kept point and the next
    times, heights = at_us[known[kept]], values[known[kept]]
    middle = (times[ends] + times[ends + 1]) // 2
    return Curve(np.insert(times, ends + 1, middle), np.insert(heights, ends + 1, np.nan))


def _breaks(at_us: NDArray[np.int64], known: NDArray[np.int64], window: Window, is_thinned: bool) -> NDArray[np.bool_]:
    """For each known value: whether the line is broken between it and the one before."""
    pause = np.diff(at_us[known], prepend=at_us[known[0]])
    skipped = np.diff(known, prepend=known[0]) > 1  # rows between that say "not available"
    finest = window.width_us if is_thinned else 0
    broken: NDArray[np.bool_] = (pause > window.gap_us) | (skipped & (pause > finest))
    return broken


def _extremes(bucket: NDArray[np.int64], values: NDArray[np.float64]) -> NDArray[np.int64]:
    """Places of the first lowest and the first highest value of each bucket; `bucket` never falls."""
    starts = np.flatnonzero(np.diff(bucket, prepend=bucket[0] - 1))
    sizes = np.diff(starts, append=len(values))
    places = []
    for lowest_or_highest in (np.minimum, np.maximum):
        extreme = np.repeat(lowest_or_highest.reduceat(values, starts), sizes)
        equal = np.flatnonzero(values == extreme)
        places.append(equal[np.unique(bucket[equal], return_index=True)[1]])
    return np.unique(np.concatenate(places))


def thin_track(table: pd.DataFrame, names: tuple[str, ...], window: Window) -> dict[str, NDArray[Any]]:
    """Valid fixes, the first of each bucket, with the highest reading of every named quantity up to the next one.

    `broken` says that a pause longer than the gap lies between this fix and the one before.
    """
    usable = table["fix_valid"].to_numpy() & np.isfinite(table["lon"]) & np.isfinite(table["lat"])
    odd = np.uint32(Flag.COORD_ZERO | Flag.TIME_UNKNOWN)
    places = np.flatnonzero(usable & ((table["flags"].to_numpy() & odd) == 0))
    at_us = table["at_us"].to_numpy()[places]
    passed = np.cumsum(np.diff(at_us, prepend=at_us[:1]) > window.gap_us)
    kept = np.arange(len(places))
    if len(places) > window.buckets:
        kept = np.unique(window.bucket_of(at_us), return_index=True)[1]
    places = places[kept]
    track: dict[str, NDArray[Any]] = {
        name: table[name].to_numpy()[places] for name in ("at_us", "lon", "lat", "direction_deg")
    }
    track["broken"] = np.diff(passed[kept], prepend=passed[kept][:1]) > 0
    for name in names:
        track[name] = _highest_between(readings(table, name), places)
    return track


def _highest_between(values: NDArray[np.float64], places: NDArray[np.int64]) -> NDArray[np.float64]:
    """The highest known value from each place up to the next; NaN where none is known."""
    if not len(places):
        return np.zeros(0)
    highest = np.maximum.reduceat(np.where(np.isnan(values), -np.inf, values), places)
    return np.where(np.isinf(highest), np.nan, highest)
