"""A recorded track as the frames of a terminal: its fixes exactly, an engine that follows its speed.

GPX, CSV and GeoJSON are read elsewhere: here a track is arrays. Fixes may stand in any distance of time; each
becomes one record with its own collect time. Layouts that carry no time a record (A, hj1014) get one record a
frame, all others up to ten. A machine's report has one position, so it gets one record too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from telemetry.fleets import engine
from telemetry.fleets.boxes import frame_of
from telemetry.fleets.engine import Floats
from telemetry.fleets.members import Member
from telemetry.fleets.stream import Emitted, Stretch, packed
from telemetry.fleets.ways import bearing_deg, distance_m

_RECORDS = 10
_LONGEST_STEP_S = 10.0
_GREATEST_SPEED_KMH = 250.0
_SEND_DELAY_US = 500_000


@dataclass(frozen=True, slots=True)
class Track:
    """Fixes in the order they were taken; speed is worked out where it is not given."""

    at_us: NDArray[np.int64]
    lon: Floats
    lat: Floats
    speed_kmh: Floats | None = None

    def shifted(self, start_us: int) -> Track:
        """The same track, beginning at another time."""
        return Track(self.at_us - self.at_us[0] + start_us, self.lon, self.lat, self.speed_kmh)


def replay(track: Track, member: Member, seed: int = 0) -> Iterator[Emitted]:
    """The member drives the track; frames in the order of sending."""
    n = len(track.at_us)
    if n == 0:
        return
    values = _values(track, member, np.random.default_rng(seed))
    records = _RECORDS if member.layout == "C" else 1
    for number, first in enumerate(range(0, n, records)):
        cut = slice(first, first + records)
        part = {name: column[None, cut] for name, column in values.items()}
        stretch = Stretch(track.at_us[cut], part, np.ones((1, len(track.at_us[cut])), dtype=bool))
        sent_us = int(track.at_us[cut][-1]) + _SEND_DELAY_US
        yield Emitted(member.device, member.kind, sent_us, _frame(member, stretch, number))


def _frame(member: Member, stretch: Stretch, number: int) -> bytes:
    if member.layout:
        return packed([member], [0], stretch, number, member.layout)[0]
    row = {name: float(column[0, -1]) for name, column in stretch.values.items()}
    return frame_of(member, int(stretch.at_us[-1]), row, True, number)


def _values(track: Track, member: Member, rng: np.random.Generator) -> dict[str, Floats]:
    gaps = np.diff(track.at_us) / 1e6
    legs = distance_m(track.lon[:-1], track.lat[:-1], track.lon[1:], track.lat[1:])
    speed = track.speed_kmh
    if speed is None:
        between = np.divide(legs * 3.6, gaps, out=np.zeros_like(legs), where=gaps > 0)
        speed = np.concatenate([between, between[-1:]]) if len(between) else np.zeros(1)
    speed = np.clip(np.nan_to_num(speed), 0, _GREATEST_SPEED_KMH)
    ahead = bearing_deg(track.lon[:-1], track.lat[:-1], track.lon[1:], track.lat[1:])
    direction = np.concatenate([ahead, ahead[-1:]]) if len(ahead) else np.zeros(1)
    seconds = np.concatenate([[1.0], np.clip(gaps, 0.1, _LONGEST_STEP_S)])
    driven = _engine_values(member, speed, seconds, rng)
    return {**driven, "lon": track.lon, "lat": track.lat, "direction_deg": direction}


def _engine_values(member: Member, speed: Floats, seconds: Floats, rng: np.random.Generator) -> dict[str, Floats]:
    traits, state = engine.traits_of([member]), engine.start([member], rng)
    digging = np.array([0.4])
    rows = []
    before = speed[0]
    for now, step_s in zip(speed, seconds, strict=True):
        pull = np.clip(np.array([(now - before) / 3.6 / step_s]), -3, 2)
        noise = rng.normal(0, 1, 1)
        state, values = engine.step(state, traits, np.array([now]), pull, digging, noise, float(step_s))
        rows.append(values)
        before = now
    return {name: np.concatenate([row[name] for row in rows]) for name in rows[0]}
