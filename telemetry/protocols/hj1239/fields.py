"""The tables HJ 1239.3-2021 adds: bodies 03, 04, 05 (table 4) and 80 (table B.1)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from telemetry.protocols.annexq.diagnostics import (
    COUNT_AT,
    NO_CODES_FROM,
    OBD_FIXED_SIZE,
    read_obd,
    write_obd,
)
from telemetry.protocols.annexq.layouts import Bodies, BodyKind, Counted, fixed, word_prefixed
from telemetry.protocols.annexq.opaque import (
    RESERVED_TYPES,
    USER_TYPES,
    WORD_PREFIXED,
    read_opaque,
    write_opaque,
)
from telemetry.protocols.annexq.stream import (
    BASICS,
    POSITION_SIZE,
    TRUCK_POSITION_AT,
    TRUCK_STREAM,
    TRUCK_STREAM_SIZE,
    read_position,
    read_truck_stream,
    write_position,
    write_truck_stream,
)
from telemetry.protocols.fieldtable import Field, read_fields, write_fields
from telemetry.protocols.hj1239.messages import (
    CatalystNoxStream,
    CatalystStream,
    Hybrid,
    Opaque,
    Supplement,
    VendorItems,
)

TABLE_4, TABLE_B1 = "HJ 1239.3-2021 table 4", "HJ 1239.3-2021 table B.1"
OBD, STREAM, CATALYST, HYBRID, CATALYST_NOX, SUPPLEMENT = 0x01, 0x02, 0x03, 0x04, 0x05, 0x80

EXHAUST = (
    *BASICS,
    Field("upstream_lambda", 9, 2, 305, 10_000_000, 0, "", TABLE_4),
    Field("downstream_oxygen_v", 11, 1, 1, 100, 0, "V", TABLE_4),
)
CATALYST_FIELDS = (
    *EXHAUST,
    Field("air_flow_kgph", 12, 2, 1, 20, 0, "kg/h", TABLE_4),
    Field("coolant_c", 14, 1, 1, 1, -40, "°C", TABLE_4),
    Field("catalyst_c", 15, 2, 1, 32, -273, "°C", TABLE_4),
    Field("odometer_km", 26, 4, 1, 10, 0, "km", TABLE_4),
)
CATALYST_NOX_FIELDS = (
    *EXHAUST,
    Field("nox_downstream_ppm", 12, 2, 1, 20, -200, "ppm", TABLE_4),
    Field("air_flow_kgph", 14, 2, 1, 20, 0, "kg/h", TABLE_4),
    Field("coolant_c", 16, 1, 1, 1, -40, "°C", TABLE_4),
    Field("catalyst_c", 17, 2, 1, 32, -273, "°C", TABLE_4),
    Field("odometer_km", 28, 4, 1, 10, 0, "km", TABLE_4),
)
CATALYST_SIZE, CATALYST_POSITION_AT = 30, 17
CATALYST_NOX_SIZE, CATALYST_NOX_POSITION_AT = 32, 19
HYBRID_FIELDS = (
    Field("motor_speed_rpm", 0, 2, 1, 1, 0, "rpm", TABLE_4),
    Field("motor_load_pct", 2, 1, 1, 1, 0, "%", TABLE_4, greatest=100),
    Field("battery_v", 3, 2, 1, 10, 0, "V", TABLE_4),
    Field("battery_a", 5, 2, 1, 10, -1000, "A", TABLE_4),
    Field("state_of_charge_pct", 7, 1, 1, 1, 0, "%", TABLE_4, greatest=100),
)
HYBRID_SIZE = 8
SUPPLEMENT_FIELDS = (
    Field("torque_mode", 0, 1, 1, 1, 0, "", TABLE_B1),
    Field("pedal_pct", 1, 1, 2, 5, 0, "%", TABLE_B1),
    Field("total_fuel_l", 2, 4, 1, 2, 0, "L", TABLE_B1),
    Field("urea_tank_c", 6, 1, 1, 1, -40, "°C", TABLE_B1),
    Field("urea_injection_mlph", 7, 4, 1, 100, 0, "mL/h", TABLE_B1),
    Field("total_urea_g", 11, 4, 1, 1, 0, "g", TABLE_B1),
    Field("dpf_exhaust_c", 15, 2, 1, 32, -273, "°C", TABLE_B1),
)
SUPPLEMENT_SIZE = 17
TORQUE_MODES = {0: "overspeed_failure", 1: "speed", 2: "torque", 3: "speed_torque", 9: "normal"}

TABLES = {
    (STREAM, TRUCK_STREAM_SIZE): (TRUCK_STREAM, TRUCK_POSITION_AT),
    (CATALYST, CATALYST_SIZE): (CATALYST_FIELDS, CATALYST_POSITION_AT),
    (CATALYST, CATALYST_NOX_SIZE): (CATALYST_NOX_FIELDS, CATALYST_NOX_POSITION_AT),
    (CATALYST_NOX, CATALYST_NOX_SIZE): (CATALYST_NOX_FIELDS, CATALYST_NOX_POSITION_AT),
}


def read_catalyst(frame: bytes, at: int, size: int) -> CatalystStream | CatalystNoxStream:
    """A three-way-catalyst body; its size says whether it has a NOx sensor."""
    if size == CATALYST_SIZE:
        values = read_fields(CATALYST_FIELDS, frame, at)
        return CatalystStream(**values, position=read_position(frame, at + CATALYST_POSITION_AT))
    values = read_fields(CATALYST_NOX_FIELDS, frame, at)
    return CatalystNoxStream(**values, position=read_position(frame, at + CATALYST_NOX_POSITION_AT))


def write_catalyst(body: CatalystStream | CatalystNoxStream) -> bytes:
    """The bytes of either form."""
    if isinstance(body, CatalystStream):
        return _write(CATALYST_FIELDS, CATALYST_SIZE, body, CATALYST_POSITION_AT)
    return _write(CATALYST_NOX_FIELDS, CATALYST_NOX_SIZE, body, CATALYST_NOX_POSITION_AT)


def supplement_sizes(frame: bytes, at: int, end: int) -> tuple[int, ...]:
    """17 bytes first, then WORD length and data."""
    return (SUPPLEMENT_SIZE, *word_prefixed(frame, at, end))


def read_supplement(frame: bytes, at: int, size: int) -> Supplement | VendorItems | Opaque:
    """Table B.1 when it is 17 bytes, else a maker's list, else the bytes."""
    if size == SUPPLEMENT_SIZE:
        return Supplement(**read_fields(SUPPLEMENT_FIELDS, frame, at))
    items = _items(frame[at + 2 : at + size])
    return read_opaque(frame, at, size) if items is None else VendorItems(items)


def write_supplement(body: Supplement | VendorItems | Opaque) -> bytes:
    """The bytes of whatever type 80 carried."""
    if isinstance(body, Supplement):
        return _write(SUPPLEMENT_FIELDS, SUPPLEMENT_SIZE, body)
    if isinstance(body, Opaque):
        return write_opaque(body)
    data = b"".join(code.to_bytes(2, "big") + bytes([len(raw)]) + raw for code, raw in body.items)
    return len(data).to_bytes(2, "big") + data


def _items(data: bytes) -> tuple[tuple[int, bytes], ...] | None:
    items, at = [], 0
    while at < len(data):
        stop = at + 3 + data[at + 2] if at + 3 <= len(data) else len(data) + 1
        if stop > len(data):
            return None
        items.append((int.from_bytes(data[at : at + 2], "big"), data[at + 3 : stop]))
        at = stop
    return tuple(items)


def _write(fields: Sequence[Field], size: int, body: Any, position_at: int | None = None) -> bytes:
    raw = write_fields(fields, {field.name: getattr(body, field.name) for field in fields}, size)
    if position_at is not None:
        raw[position_at : position_at + POSITION_SIZE] = write_position(body.position)
    return bytes(raw)


def _read_hybrid(frame: bytes, at: int, size: int) -> Hybrid:
    return Hybrid(**read_fields(HYBRID_FIELDS, frame, at))


BODIES: Bodies = {
    **{code: WORD_PREFIXED for code in (*RESERVED_TYPES, *USER_TYPES)},
    OBD: BodyKind(Counted(COUNT_AT, OBD_FIXED_SIZE, 4, NO_CODES_FROM), read_obd, write_obd),
    STREAM: BodyKind(fixed(TRUCK_STREAM_SIZE), read_truck_stream, write_truck_stream, sample=True),
    CATALYST: BodyKind(fixed(CATALYST_SIZE, CATALYST_NOX_SIZE), read_catalyst, write_catalyst, sample=True),
    HYBRID: BodyKind(fixed(HYBRID_SIZE), _read_hybrid, partial(_write, HYBRID_FIELDS, HYBRID_SIZE)),
    CATALYST_NOX: BodyKind(fixed(CATALYST_NOX_SIZE), read_catalyst, write_catalyst, sample=True),
    SUPPLEMENT: BodyKind(supplement_sizes, read_supplement, write_supplement),
}
