"""Synthetic and replayed fleets as frames, for the demonstration, the bench and the tests.

    members = make_fleet(trucks=40, machines=10, seed=1, zones=rings)
    for device, kind, at_us, frame in stream(members, start_us, seconds=3_600, seed=1): ...

Pure and seeded: no clock, no file, no network. Identities, ways and engines are made up.
"""

from __future__ import annotations

from telemetry.fleets.bulk import bulk_frames
from telemetry.fleets.disturbances import disturb
from telemetry.fleets.members import Activity, Character, Member, machine_code, make_fleet, phone, vin
from telemetry.fleets.replay import Track, replay
from telemetry.fleets.stream import Emitted, stream
from telemetry.fleets.ways import CHAOYANG_WAYS

__all__ = [
    "CHAOYANG_WAYS",
    "Activity",
    "Character",
    "Emitted",
    "Member",
    "Track",
    "bulk_frames",
    "disturb",
    "machine_code",
    "make_fleet",
    "phone",
    "replay",
    "stream",
    "vin",
]
