"""Location reports as samples: position, speed, and the emission items under the names of the columns.

Where the box reads the vehicle bus, its speed and its mileage count before those of the receiver, because the
column means what the vehicle says; the report itself keeps both.
"""

from __future__ import annotations

from telemetry.protocols.flags import NO_FLAGS, Flag
from telemetry.protocols.jt808.emission import Emission, read_emission
from telemetry.protocols.jt808.header import Note
from telemetry.protocols.jt808.location import item_value
from telemetry.protocols.jt808.messages import Location, Message
from telemetry.protocols.sample import Sample

_NO_SPEED = 0xFFFF
_MILEAGE, _SATELLITES = 0x01, 0x31
_COLUMNS = frozenset(Sample.__dataclass_fields__)

_FLAGS: dict[Note, Flag] = {
    Note.NO_FIX: Flag.NO_FIX,
    Note.COORD_ZERO: Flag.COORD_ZERO,
    Note.COORD_OUTSIDE_CHINA: Flag.COORD_OUTSIDE_CHINA,
    Note.COORD_SWAPPED: Flag.COORD_SWAPPED,
    Note.TIME_UNKNOWN: Flag.TIME_UNKNOWN,
}


def samples(message: Message) -> tuple[Sample, ...]:
    """One sample a location report, in the order of the frame."""
    return tuple(sample_of(location) for location in message.records)


def sample_of(location: Location) -> Sample:
    """One report."""
    emission = read_emission(location.items)
    values = _report_values(location)
    carried = {name: value for name, value in emission.quantities.items() if name in _COLUMNS}
    values |= {name: value for name, value in carried.items() if value is not None}
    exists = abs(location.lon) <= 180 and abs(location.lat) <= 90
    flags = _report_flags(location) | _emission_flags(emission)
    if not exists or location.direction_deg > 360:
        flags |= Flag.OUT_OF_RANGE
    return Sample(
        at=location.at,
        lon=location.lon if exists else None,
        lat=location.lat if exists else None,
        fix_valid=location.fix_valid and exists,
        alarm=location.alarm,
        status=location.status,
        flags=flags,
        **values,
    )


def _report_values(location: Location) -> dict[str, float]:
    values: dict[str, float] = {"altitude_m": float(location.altitude_m)}
    if location.direction_deg <= 360:
        values["direction_deg"] = float(location.direction_deg % 360)
    if location.speed_raw != _NO_SPEED:
        values["speed_kmh"] = location.speed_kmh
    for item in location.items:
        value = item_value(item)
        if item.id == _MILEAGE and isinstance(value, float):
            values["odometer_km"] = value
        if item.id == _SATELLITES and isinstance(value, int):
            values["satellites"] = float(value)
    return values


def _report_flags(location: Location) -> Flag:
    flags = Flag.SENTINEL if location.speed_raw == _NO_SPEED else NO_FLAGS
    for note in location.notes:
        flags |= _FLAGS.get(note, NO_FLAGS)
    return flags


def _emission_flags(emission: Emission) -> Flag:
    quantities = emission.quantities
    flags = Flag.SENTINEL if any(value is None for value in quantities.values()) else NO_FLAGS
    off = any(quantities.get(name) == -200 for name in ("nox_upstream_ppm", "nox_downstream_ppm"))
    return flags | Flag.NOX_SENSOR_OFF if off else flags
