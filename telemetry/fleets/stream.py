"""A fleet on the move as a stream of frames in time order; the same seed gives the same bytes.

Time is cut into stretches of ten seconds: every member is driven through one, then its frames are made.
Terminals of trucks and machines send ten records of one second; boxes send a report every ten seconds, JSON
trackers every thirty; who is parked sends once a minute.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from telemetry.fleets import engine, motion, packing
from telemetry.fleets.boxes import frame_of
from telemetry.fleets.engine import Bools, Floats
from telemetry.fleets.members import Activity, Member
from telemetry.fleets.sessions import logins, logouts
from telemetry.fleets.ways import METRES_PER_DEGREE, lay, walk

SECOND_US = 1_000_000
STRETCH_S = 10
_GROUPS = ("A", "C", "hj1014", "hj1322")
_EVERY = {"json": 3}  # stretches between two reports
_PARKED_EVERY = 6
_LONGEST_DELAY_S = 2
_LOST_FIX = 0.001
_FIX_ERROR_M = 2.5


class Emitted(NamedTuple):
    """A frame, who sends it on which topic, and when it leaves the terminal."""

    device: str
    kind: str
    at_us: int
    frame: bytes


class Stretch(NamedTuple):
    """What the terminals measured: arrays of (members, seconds)."""

    at_us: NDArray[np.int64]
    values: dict[str, Floats]
    fixed: Bools


def stream(
    members: Sequence[Member], start_us: int, seconds: int, seed: int = 0, sessions: bool = False
) -> Iterator[Emitted]:
    """Frames from `start_us` on for so many seconds (whole stretches), in the order of sending.

    With `sessions` every terminal that can logs in first and the `##` ones log out at the end.
    """
    if not members:
        return
    if sessions:
        yield from (Emitted(one.device, one.kind, start_us, frame) for one, frame in logins(members, start_us))
    rng = np.random.default_rng(seed)
    for number, stretch in enumerate(drive(members, start_us, seconds, rng)):
        yield from sorted(_sent(members, stretch, number, rng), key=lambda one: (one.at_us, one.device))
    if sessions:
        end_us = start_us + (seconds // STRETCH_S * STRETCH_S + _LONGEST_DELAY_S) * SECOND_US
        yield from (Emitted(one.device, one.kind, end_us, frame) for one, frame in logouts(members, end_us))


def drive(members: Sequence[Member], start_us: int, seconds: int, rng: np.random.Generator) -> Iterator[Stretch]:
    """The fleet's samples, ten seconds at a time."""
    traits = engine.traits_of(members)
    ways = [lay(member.way) for member in members]
    state, moving = engine.start(members, rng), motion.begin(traits, rng)
    for first in range(0, seconds - seconds % STRETCH_S, STRETCH_S):
        rows, went = [], []
        for _ in range(STRETCH_S):
            moving, acceleration, digging = motion.advance(moving, traits, rng)
            noise = rng.normal(0, 1, len(members))
            state, values = engine.step(state, traits, moving.speed_kmh, acceleration, digging, noise)
            rows.append(values)
            went.append(moving.travelled_m)
        values = {name: np.stack([row[name] for row in rows], axis=1) for name in rows[0]}
        places = [walk(way, metres) for way, metres in zip(ways, np.stack(went, axis=1), strict=True)]
        at_us = start_us + (first + np.arange(STRETCH_S, dtype=np.int64)) * SECOND_US
        yield _measured(at_us, values, places, rng)


def _measured(
    at_us: NDArray[np.int64],
    values: dict[str, Floats],
    places: list[tuple[Floats, Floats, Floats]],
    rng: np.random.Generator,
) -> Stretch:
    shape = (len(places), len(at_us))
    lon, lat, direction = (np.stack(column) for column in zip(*places, strict=True))
    error_deg = _FIX_ERROR_M / METRES_PER_DEGREE
    lat = lat + rng.normal(0, error_deg, shape)
    lon = lon + rng.normal(0, error_deg, shape) / np.cos(np.radians(lat))
    placed = {"lon": lon, "lat": lat, "direction_deg": direction}
    return Stretch(at_us, {**values, **placed}, rng.random(shape) >= _LOST_FIX)


def _sent(members: Sequence[Member], stretch: Stretch, number: int, rng: np.random.Generator) -> Iterator[Emitted]:
    delay_us = rng.integers(100_000, _LONGEST_DELAY_S * SECOND_US, len(members))
    sent_us = stretch.at_us[-1] + delay_us
    for layout in _GROUPS:
        group = [place for place, member in enumerate(members) if member.layout == layout and _due(member, number)]
        for place, frame in zip(group, packed(members, group, stretch, number, layout), strict=True):
            yield Emitted(members[place].device, members[place].kind, int(sent_us[place]), frame)
    for place, member in enumerate(members):
        if not member.layout and _due(member, number):
            row = {name: float(column[place, -1]) for name, column in stretch.values.items()}
            at_us, fixed = int(stretch.at_us[-1]), bool(stretch.fixed[place, -1])
            frame = frame_of(member, at_us, row, fixed, number // _every(member))
            yield Emitted(member.device, member.kind, int(sent_us[place]), frame)


def _every(member: Member) -> int:
    """Stretches from one report to the next."""
    return _PARKED_EVERY if member.activity is Activity.PARKED else _EVERY.get(member.kind, 1)


def _due(member: Member, number: int) -> bool:
    return number % _every(member) == 0


def packed(members: Sequence[Member], group: Sequence[int], stretch: Stretch, number: int, layout: str) -> list[bytes]:
    """The frames of the members in `group`, all of one layout, for one stretch."""
    if not group:
        return []
    identity = packing.identities([members[place].device for place in group])
    values = {name: column[group].ravel() for name, column in stretch.values.items()}
    fixed, records = stretch.fixed[group], len(stretch.at_us)
    serial = np.array([number // _every(members[place]) for place in group], dtype=np.int64) + 1
    at_us = np.tile(stretch.at_us, len(group))
    first, last = at_us[::records], at_us[records - 1 :: records]
    if layout in ("A", "C"):
        bodies = packing.truck_bodies(values, values["lon"], values["lat"], fixed.ravel())
        if layout == "A":
            return packing.layout_a(identity, first, bodies, serial * records)
        return packing.timed_layout(identity, last, serial, bodies, at_us)
    bodies = packing.machine_bodies(values, len(at_us))
    lon, lat = (stretch.values[name][group, -1] for name in ("lon", "lat"))
    position = packing.write_positions(lon, lat, fixed[:, -1])
    if layout == "hj1014":
        return packing.untimed_layout(identity, first, serial, bodies, position)
    return packing.timed_layout(identity, last, serial, bodies, at_us, position)
