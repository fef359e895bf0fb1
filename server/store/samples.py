<<<<<<< HEAD
"""Samples of a terminal: from the SQL view for a page, thinned so that peaks survive, or decoded for pandas.

`packet_at` is the packet's own time and the partition key: reading a stretch of samples reaches back one hour for
packets that begin before it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
=======
"""Samples of one terminal as a table: THE function for everybody who calculates with what a terminal said.

The raw packets are the store (ADR 0002): they are read with the decoder, positions come out in WGS-84, and of two
packets that speak of the same second the one received first counts, as in the view `samples`; a test holds the two
equal. A sample whose own time is unknown stands at the time of its packet, with its flag.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
>>>>>>> refs/heads/devices
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy import Connection, text

<<<<<<< HEAD
from geo.crs import bd09_to_wgs84, gcj02_to_wgs84
from telemetry.batch import decode_batch
from telemetry.quality import PacketFlag
from telemetry.samples import COLUMNS, Decoded

LONGEST_PACKET = "1 hour"
MOST_SAMPLES = 200_000
GAP_S = 120.0
VALUES = tuple(column.name for column in COLUMNS if column.name not in ("packet", "at_us", "flags"))
CURVES = (
    "speed_kmh", "engine_speed_rpm", "nox_upstream_ppm", "nox_downstream_ppm", "reagent_level_pct", "scr_inlet_c",
    "scr_outlet_c", "coolant_c", "opacity_m1",
)  # fmt: skip

_PICKED = """SELECT DISTINCT ON (s.measured_at) s.measured_at, {columns} FROM sample_rows s
WHERE s.terminal_id = :terminal_id AND s.packet_at >= cast(:from_at AS timestamptz) - interval '{longest}'
  AND s.packet_at < :to_at AND s.measured_at >= :from_at AND s.measured_at < :to_at
ORDER BY s.measured_at, s.received_at, s.digest LIMIT :most"""


def from_view(
    connection: Connection, terminal_id: int, from_at: datetime, to_at: datetime, columns: Sequence[str] = VALUES
) -> pd.DataFrame:
    """Samples of [from, to) as the SQL view gives them, by time; one row a collect time, the one that came first."""
    unknown = set(columns) - set(VALUES)
    if unknown:
        raise ValueError(f"no such columns: {sorted(unknown)}")
    statement = _PICKED.format(columns=", ".join(f"s.{name}" for name in columns), longest=LONGEST_PACKET)
    rows = connection.execute(
        text(statement), {"terminal_id": terminal_id, "from_at": from_at, "to_at": to_at, "most": MOST_SAMPLES}
    ).all()
    frame = pd.DataFrame.from_records(rows, columns=["measured_at", *columns])
    frame["measured_at"] = pd.to_datetime(frame["measured_at"], utc=True)
    for name in columns:
        frame[name] = frame[name].astype("boolean" if name == "fix_valid" else "float64")
    return frame.set_index("measured_at")


def samples(connection: Connection, terminal_id: int, from_at: datetime, to_at: datetime) -> pd.DataFrame:
    """Samples of [from, to) decoded from the raw packets, by time: the same rows and numbers as the view's."""
    rows = connection.execute(
        text(
            "SELECT p.raw, t.kind, t.layout, t.coordinates, p.measured_at"
            " FROM packets p JOIN terminals t ON t.id = p.terminal_id WHERE p.terminal_id = :terminal_id"
            f" AND p.measured_at >= cast(:from_at AS timestamptz) - interval '{LONGEST_PACKET}' AND p.measured_at < :to_at"
            " AND p.samples_n > 0 ORDER BY p.received_at, p.digest"
        ),
        {"terminal_id": terminal_id, "from_at": from_at, "to_at": to_at},
    ).all()
    if not rows:
        return from_view(connection, terminal_id, from_at, from_at)
    decoded = decode_batch(rows[0].kind, [bytes(row.raw) for row in rows], [row.layout for row in rows])
    columns = decoded.columns
    _to_wgs84(decoded, rows[0].coordinates)
    packet = columns["packet"].astype(np.int64)
    packet_us = np.array([int(row.measured_at.timestamp() * 1_000_000) for row in rows], dtype=np.int64)[packet]
    at_us = np.where(columns["at_us"] == 0, packet_us, columns["at_us"])
    frame = pd.DataFrame({name: columns[name] for name in VALUES})
    frame.insert(0, "measured_at", pd.to_datetime(at_us, unit="us", utc=True))
    frame = frame[(frame["measured_at"] >= from_at) & (frame["measured_at"] < to_at)]
    frame = frame.drop_duplicates("measured_at", keep="first").sort_values("measured_at")
    kinds: dict[str, Any] = {name: "boolean" if name == "fix_valid" else "float64" for name in VALUES}
    return frame.astype(kinds).set_index("measured_at")


def _to_wgs84(decoded: Decoded, declared: str) -> None:
    """Positions as ingest converts them: by what the terminal's file declares, or the packet itself says."""
    columns = decoded.columns
    says = (decoded.packet_flags[columns["packet"]] & int(PacketFlag.GCJ02_DECLARED)) > 0
    system = np.where(says, "gcj02", declared)
    for name, convert in (("gcj02", gcj02_to_wgs84), ("bd09", bd09_to_wgs84)):
        at = np.flatnonzero((system == name) & np.isfinite(columns["lon"]) & np.isfinite(columns["lat"]))
        if len(at):
            columns["lon"][at], columns["lat"][at] = convert(columns["lon"][at], columns["lat"][at])


@dataclass(frozen=True, slots=True)
class Thinned:
    """Curves of at most so many points: for each column [time ms, value] with [time, None] where a gap begins."""

    samples_n: int
    curves: dict[str, list[list[float | None]]]
    track: list[list[float | None]]
    thinned: bool


def thin(frame: pd.DataFrame, points: int, gap_s: float = GAP_S) -> Thinned:
    """Lowest and highest value of each stretch of time in their order, so that no peak is lost; gaps stay gaps."""
    ms = frame.index.as_unit("ms").astype("int64").to_numpy()
    if not len(ms):
        return Thinned(0, {name: [] for name in CURVES}, [], False)
    bucket = _buckets(ms, points)
    curves = {name: _curve(ms, frame[name].to_numpy(np.float64), bucket, gap_s) for name in CURVES if name in frame}
    return Thinned(len(ms), curves, _track(frame, ms, bucket, gap_s), bucket is not None)


def _buckets(ms: NDArray[np.int64], points: int) -> NDArray[np.int64] | None:
    if len(ms) <= points:
        return None
    width = max((int(ms[-1]) - int(ms[0]) + 1) / max(points // 2, 1), 1.0)
    return ((ms - ms[0]) / width).astype(np.int64)


def _curve(
    ms: NDArray[np.int64], values: NDArray[np.float64], bucket: NDArray[np.int64] | None, gap_s: float
) -> list[list[float | None]]:
    known = np.isfinite(values)
    at = np.flatnonzero(known)
    if bucket is not None and len(at):
        groups = pd.Series(values[at]).groupby(bucket[at])
        at = np.unique(np.concatenate([at[groups.idxmin().to_numpy()], at[groups.idxmax().to_numpy()]]))
    broken = _broken_before(ms, known, at, gap_s)
    points: list[list[float | None]] = []
    for index, is_broken in zip(at.tolist(), broken, strict=True):
        if is_broken and points:
            points.append([float(points[-1][0] or 0) + 1, None])
        points.append([float(ms[index]), round(float(values[index]), 4)])
    return points


def _broken_before(ms: NDArray[np.int64], known: NDArray[np.bool_], at: NDArray[np.int64], gap_s: float) -> list[bool]:
    """Whether the line to a point crosses a time without samples, or samples without this value."""
    if not len(at):
        return []
    silent = np.concatenate([[0], np.cumsum(np.diff(ms) > gap_s * 1000)])
    unknown = np.cumsum(~known)
    steps = (np.diff(silent[at]) > 0) | (np.diff(unknown[at]) > 0)
    return [False, *steps.tolist()]


def _track(
    frame: pd.DataFrame, ms: NDArray[np.int64], bucket: NDArray[np.int64] | None, gap_s: float
) -> list[list[float | None]]:
    """[time ms, lon, lat, speed, NOx downstream] of valid fixes, the first of each stretch; a row of None is a gap."""
    lon, lat = frame["lon"].to_numpy(np.float64), frame["lat"].to_numpy(np.float64)
    valid = (
        frame["fix_valid"].fillna(False).to_numpy(bool)
        & np.isfinite(lon)
        & np.isfinite(lat)
        & ((lon != 0) | (lat != 0))
    )
    at = np.flatnonzero(valid)
    if bucket is not None and len(at):
        at = at[np.unique(bucket[at], return_index=True)[1]]
    track: list[list[float | None]] = []
    before = 0
    for index in at.tolist():
        if track and ms[index] - before > gap_s * 1000:
            track.append([None, None, None, None, None])
        before = int(ms[index])
        others = [frame[name].iloc[index] for name in ("speed_kmh", "nox_downstream_ppm")]
        track.append(
            [
                float(before),
                round(float(lon[index]), 6),
                round(float(lat[index]), 6),
                *(None if pd.isna(v) else round(float(v), 2) for v in others),
            ]
        )
    return track
=======
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


def _breaks(
    at_us: NDArray[np.int64], known: NDArray[np.int64], window: Window, is_thinned: bool
) -> NDArray[np.bool_]:
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
    """Valid fixes, the first of each bucket, with the highest reading of every named quantity around it."""
    usable = table["fix_valid"].to_numpy() & np.isfinite(table["lon"]) & np.isfinite(table["lat"])
    odd = np.uint32(Flag.COORD_ZERO | Flag.TIME_UNKNOWN)
    places = np.flatnonzero(usable & ((table["flags"].to_numpy() & odd) == 0))
    at_us = table["at_us"].to_numpy()
    if len(places) > window.buckets:
        places = places[np.unique(window.bucket_of(at_us[places]), return_index=True)[1]]
    track: dict[str, NDArray[Any]] = {
        name: table[name].to_numpy()[places] for name in ("at_us", "lon", "lat", "direction_deg")
    }
    for name in names:
        track[name] = _highest_between(readings(table, name), places)
    return track


def _highest_between(values: NDArray[np.float64], places: NDArray[np.int64]) -> NDArray[np.float64]:
    """The highest known value from each place up to the next; NaN where none is known."""
    if not len(places):
        return np.zeros(0)
    highest = np.maximum.reduceat(np.where(np.isnan(values), -np.inf, values), places)
    return np.where(np.isinf(highest), np.nan, highest)
>>>>>>> refs/heads/devices
