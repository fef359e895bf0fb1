"""Samples of a terminal: from the SQL view for a page, thinned so that peaks survive, or decoded for pandas.

`packet_at` is the packet's own time and the partition key: reading a stretch of samples reaches back one hour for
packets that begin before it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy import Connection, text

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
            f" AND p.measured_at >= cast(:from_at AS timestamptz) - interval '{LONGEST_PACKET}'"
            " AND p.measured_at < :to_at"
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
    ms = pd.DatetimeIndex(frame.index).as_unit("ms").astype("int64").to_numpy()
    if not len(ms):
        return Thinned(0, {name: [] for name in CURVES}, [], False)
    bucket = _buckets(ms, points)
    curves = {name: _curve(ms, frame[name].to_numpy(np.float64), bucket, gap_s) for name in CURVES if name in frame}
    return Thinned(len(ms), curves, _track(frame, ms, bucket, gap_s), bucket is not None)


def _buckets(ms: NDArray[np.int64], points: int) -> NDArray[np.int64] | None:
    if len(ms) <= points:
        return None
    width = max((int(ms[-1]) - int(ms[0]) + 1) / max(points // 2, 1), 1.0)
    bucket: NDArray[np.int64] = ((ms - ms[0]) / width).astype(np.int64)
    return bucket


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
