"""A flag per row, and never a row fewer: what is odd about a sample is said, not repaired.

Thresholds are arguments; their defaults follow the platform rules suggested with HJ 1239.3: a clock up
to five minutes ahead is accepted, a live report older than a minute is late.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from telemetry.protocols.flags import Flag, PacketFlag
from telemetry.samples import Columns

__all__ = ["Flag", "Limits", "PacketFlag", "mark"]

Times = NDArray[np.int64]
Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
EARTH_KM = 6371.0088
US_PER_HOUR = 3_600_000_000
CHINA_LON, CHINA_LAT = (73, 135), (3, 54)
FIRST_TERMINALS_US = 1_451_577_600_000_000  # 2016-01-01 00:00 +08:00, before any standard here was in use


@dataclass(frozen=True, slots=True)
class Limits:
    """Where odd begins."""

    future_us: int = 300_000_000
    late_us: int = 60_000_000
    jump_kmh: float = 180.0
    earliest_us: int = FIRST_TERMINALS_US


DEFAULT_LIMITS = Limits()


def mark(
    columns: Columns,
    received_us: Times,
    packet_flags: NDArray[np.uint32],
    device: NDArray[Any] | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> NDArray[np.uint32]:
    """The flags of each row: those the decoder set and those that need a clock or a neighbour.

    `received_us` and `packet_flags` are per packet (one may be given for all), `device` too: any values that
    tell devices apart; without them no row is compared with another.
    """
    packet = columns["packet"]
    packets = int(packet.max()) + 1 if len(packet) else 0
    received = np.broadcast_to(received_us, max(packets, np.size(received_us)))[packet]
    sent_as = np.broadcast_to(packet_flags, max(packets, np.size(packet_flags)))[packet]
    flags = np.array(columns["flags"], dtype=np.uint32)
    for flag, odd in (
        *_times(columns["at_us"], received, sent_as, limits),
        *_places(columns["lon"], columns["lat"]),
    ):
        flags[odd] |= np.uint32(flag)
    if device is not None:
        flags[_jumps(columns, np.asarray(device)[packet], limits)] |= np.uint32(Flag.JUMP)
    return flags


def _times(
    at_us: Times, received_us: Times, packet_flags: NDArray[np.uint32], limits: Limits
) -> tuple[tuple[Flag, Bools], ...]:
    known = at_us != 0
    live = (packet_flags & np.uint32(PacketFlag.REISSUED)) == 0
    return (
        (Flag.TIME_UNKNOWN, ~known),
        (Flag.TIME_FUTURE, known & (at_us - received_us > limits.future_us)),
        (Flag.LATE, known & live & (received_us - at_us > limits.late_us)),
        (Flag.TIME_IMPLAUSIBLE, known & (at_us < limits.earliest_us)),
    )


def _places(lon: Floats, lat: Floats) -> tuple[tuple[Flag, Bools], ...]:
    """NaN compares as false: a row without a place has nothing odd about its place."""
    zero = (lon == 0) & (lat == 0)
    outside = (lon < CHINA_LON[0]) | (lon > CHINA_LON[1]) | (lat < CHINA_LAT[0]) | (lat > CHINA_LAT[1])
    swapped = _within(lon, CHINA_LAT) & _within(lat, CHINA_LON)
    return (
        (Flag.COORD_ZERO, zero),
        (Flag.COORD_OUTSIDE_CHINA, outside),
        (Flag.COORD_SWAPPED, swapped),
    )


def _within(degrees: Floats, limits: tuple[int, int]) -> Bools:
    inside: Bools = (degrees >= limits[0]) & (degrees <= limits[1])
    return inside


def _jumps(columns: Columns, device: NDArray[Any], limits: Limits) -> NDArray[np.int64]:
    """The rows that are too far from the device's fix before; repeated times are left alone."""
    lon, lat, at_us = columns["lon"], columns["lat"], columns["at_us"]
    usable = np.flatnonzero(columns["fix_valid"] & (at_us != 0) & ~np.isnan(lon + lat))
    order = usable[np.lexsort((at_us[usable], device[usable]))]
    before, after = order[:-1], order[1:]
    elapsed_us = at_us[after] - at_us[before]
    same = (device[before] == device[after]) & (elapsed_us > 0)
    before, after, elapsed_us = before[same], after[same], elapsed_us[same]
    distance_km = _distance_km(lon[before], lat[before], lon[after], lat[after])
    jumped: NDArray[np.int64] = after[distance_km * US_PER_HOUR > limits.jump_kmh * elapsed_us]
    return jumped


def _distance_km(lon_a: Floats, lat_a: Floats, lon_b: Floats, lat_b: Floats) -> Floats:
    a, b = np.radians(lat_a), np.radians(lat_b)
    half = np.sin((b - a) / 2) ** 2 + np.cos(a) * np.cos(b) * np.sin(np.radians(lon_b - lon_a) / 2) ** 2
    distance: Floats = 2 * EARTH_KM * np.arcsin(np.sqrt(np.minimum(half, 1)))
    return distance
