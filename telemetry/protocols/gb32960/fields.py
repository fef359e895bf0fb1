"""The tables of GB/T 32960.3-2016 clause 7.2. FF.. is "invalid", FE.. "abnormal"."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from telemetry.protocols.annexq.layouts import Bodies, BodyKind, Sizes, fixed
from telemetry.protocols.annexq.opaque import USER_TYPES, WORD_PREFIXED, read_opaque, write_opaque
from telemetry.protocols.annexq.stream import POSITION_SIZE, Position, read_position, write_position
from telemetry.protocols.fieldtable import Field, read_fields, write_fields
from telemetry.protocols.gb32960.messages import (
    Alarms,
    Engine,
    Extremes,
    Motor,
    Motors,
    Probes,
    Vehicle,
    Voltages,
)

CLAUSE = "GB/T 32960.3-2016 7.2"
BYTE, WORD, DWORD = 0xFD, 0xFFFD, 0xFFFFFFFD
VEHICLE, MOTORS, FUEL_CELL, ENGINE, POSITION, EXTREMES, ALARMS, VOLTAGES, PROBES = range(1, 10)

VEHICLE_FIELDS = (
    Field("state", 0, 1, 1, 1, 0, "", CLAUSE, BYTE),
    Field("charge", 1, 1, 1, 1, 0, "", CLAUSE, BYTE),
    Field("mode", 2, 1, 1, 1, 0, "", CLAUSE, BYTE),
    Field("speed_kmh", 3, 2, 1, 10, 0, "km/h", CLAUSE, WORD),
    Field("odometer_km", 5, 4, 1, 10, 0, "km", CLAUSE, DWORD),
    Field("voltage_v", 9, 2, 1, 10, 0, "V", CLAUSE, WORD),
    Field("current_a", 11, 2, 1, 10, -1000, "A", CLAUSE, WORD),
    Field("state_of_charge_pct", 13, 1, 1, 1, 0, "%", CLAUSE, 100),
    Field("dc_dc", 14, 1, 1, 1, 0, "", CLAUSE, BYTE),
    Field("gear", 15, 1, 1, 1, 0, "", CLAUSE, 0xFF),
    Field("insulation_kohm", 16, 2, 1, 1, 0, "kΩ", CLAUSE, WORD),
    Field("accelerator_pct", 18, 1, 1, 1, 0, "%", CLAUSE, BYTE),
    Field("brake_pct", 19, 1, 1, 1, 0, "%", CLAUSE, BYTE),
)
MOTOR_FIELDS = (
    Field("number", 0, 1, 1, 1, 0, "", CLAUSE, 0xFF),
    Field("state", 1, 1, 1, 1, 0, "", CLAUSE, BYTE),
    Field("controller_c", 2, 1, 1, 1, -40, "°C", CLAUSE, BYTE),
    Field("motor_speed_rpm", 3, 2, 1, 1, -20_000, "rpm", CLAUSE, WORD),
    Field("motor_torque_nm", 5, 2, 1, 10, -2000, "Nm", CLAUSE, WORD),
    Field("motor_c", 7, 1, 1, 1, -40, "°C", CLAUSE, BYTE),
    Field("controller_v", 8, 2, 1, 10, 0, "V", CLAUSE, WORD),
    Field("controller_a", 10, 2, 1, 10, -1000, "A", CLAUSE, WORD),
)
ENGINE_FIELDS = (
    Field("state", 0, 1, 1, 1, 0, "", CLAUSE, BYTE),
    Field("engine_speed_rpm", 1, 2, 1, 1, 0, "rpm", CLAUSE, WORD),
    Field("fuel_l_per_100km", 3, 2, 1, 100, 0, "L/100km", CLAUSE, WORD),
)
EXTREMES_FIELDS = (
    Field("max_cell_pack", 0, 1, 1, 1, 0, "", CLAUSE, BYTE),
    Field("max_cell", 1, 1, 1, 1, 0, "", CLAUSE, BYTE),
    Field("max_cell_v", 2, 2, 1, 1000, 0, "V", CLAUSE, WORD),
    Field("min_cell_pack", 4, 1, 1, 1, 0, "", CLAUSE, BYTE),
    Field("min_cell", 5, 1, 1, 1, 0, "", CLAUSE, BYTE),
    Field("min_cell_v", 6, 2, 1, 1000, 0, "V", CLAUSE, WORD),
    Field("max_probe_pack", 8, 1, 1, 1, 0, "", CLAUSE, BYTE),
    Field("max_probe", 9, 1, 1, 1, 0, "", CLAUSE, BYTE),
    Field("max_probe_c", 10, 1, 1, 1, -40, "°C", CLAUSE, BYTE),
    Field("min_probe_pack", 11, 1, 1, 1, 0, "", CLAUSE, BYTE),
    Field("min_probe", 12, 1, 1, 1, 0, "", CLAUSE, BYTE),
    Field("min_probe_c", 13, 1, 1, 1, -40, "°C", CLAUSE, BYTE),
)
MOTOR_SIZE, ALARM_LISTS, FUEL_CELL_HEAD, FUEL_CELL_TAIL = 12, 4, 8, 10


@dataclass(frozen=True, slots=True)
class PackTable:
    """A body of packs: a count, then per pack a head that says how many cells follow."""

    head: int
    count_at: int
    count_width: int
    cell_width: int
    make: type[Voltages] | type[Probes]

    def cells(self, frame: bytes, at: int) -> int:
        """The size of the cells behind a head."""
        count_at = at + self.count_at
        return self.cell_width * int.from_bytes(frame[count_at : count_at + self.count_width], "big")

    def sizes(self, frame: bytes, at: int, end: int) -> tuple[int, ...]:
        """The size of the whole body."""
        stop = at + 1
        for _ in range(frame[at] if at < end else 0):
            stop += self.head + self.cells(frame, stop)
            if stop > end:
                return ()
        return (stop - at,)

    def read(self, frame: bytes, at: int, size: int) -> Voltages | Probes:
        """The packs."""
        packs, here = [], at + 1
        for _ in range(frame[at]):
            cells_at = here + self.head
            stop = cells_at + self.cells(frame, here)
            packs.append((frame[here:cells_at], frame[cells_at:stop]))
            here = stop
        return self.make(tuple(packs))


VOLTAGE_TABLE = PackTable(10, 9, 1, 2, Voltages)
PROBE_TABLE = PackTable(3, 1, 2, 1, Probes)


def write_packs(body: Voltages | Probes) -> bytes:
    """The bytes of either body of packs."""
    return bytes([len(body.packs)]) + b"".join(head + cells for head, cells in body.packs)


def motors_sizes(frame: bytes, at: int, end: int) -> tuple[int, ...]:
    """A count and twelve bytes a motor."""
    return (1 + MOTOR_SIZE * frame[at],) if at < end else ()


def read_motors(frame: bytes, at: int, size: int) -> Motors:
    """The motors."""
    starts = range(at + 1, at + size, MOTOR_SIZE)
    return Motors(tuple(Motor(**read_fields(MOTOR_FIELDS, frame, start)) for start in starts))


def write_motors(body: Motors) -> bytes:
    """The bytes of the motors."""
    raw = (_write(MOTOR_FIELDS, MOTOR_SIZE)(motor) for motor in body.motors)
    return bytes([len(body.motors)]) + b"".join(raw)


def fuel_cell_sizes(frame: bytes, at: int, end: int) -> tuple[int, ...]:
    """A head with the number of probes, a byte a probe, a tail."""
    probes = int.from_bytes(frame[at + 6 : at + 8], "big")
    return (FUEL_CELL_HEAD + probes + FUEL_CELL_TAIL,)


def alarm_sizes(frame: bytes, at: int, end: int) -> tuple[int, ...]:
    """Level, bits, four lists of a count and four bytes a code."""
    stop = at + 5
    for _ in range(ALARM_LISTS):
        if stop >= end:
            return ()
        stop += 1 + 4 * frame[stop]
    return (stop - at,)


def read_alarms(frame: bytes, at: int, size: int) -> Alarms:
    """The alarms."""
    lists, here = [], at + 5
    for _ in range(ALARM_LISTS):
        stop = here + 1 + 4 * frame[here]
        lists.append(tuple(int.from_bytes(frame[i : i + 4], "big") for i in range(here + 1, stop, 4)))
        here = stop
    return Alarms(frame[at], int.from_bytes(frame[at + 1 : at + 5], "big"), tuple(lists))


def write_alarms(body: Alarms) -> bytes:
    """The bytes of the alarms."""
    raw = bytes([body.level]) + body.bits.to_bytes(4, "big")
    for codes in body.codes:
        raw += bytes([len(codes)]) + b"".join(code.to_bytes(4, "big") for code in codes)
    return raw


def _read_position(frame: bytes, at: int, size: int) -> Position:
    return read_position(frame, at)


def _write(fields: Sequence[Field], size: int) -> Callable[[Any], bytes]:
    def write(body: Any) -> bytes:
        return bytes(write_fields(fields, {field.name: getattr(body, field.name) for field in fields}, size))

    return write


def _table(fields: Sequence[Field], size: int, make: Callable[..., Any]) -> BodyKind:
    def read(frame: bytes, at: int, size: int) -> Any:
        return make(**read_fields(fields, frame, at))

    sizes: Sizes = fixed(size)
    return BodyKind(sizes, read, _write(fields, size))


BODIES: Bodies = {
    **{code: WORD_PREFIXED for code in USER_TYPES},
    VEHICLE: _table(VEHICLE_FIELDS, 20, Vehicle),
    MOTORS: BodyKind(motors_sizes, read_motors, write_motors),
    FUEL_CELL: BodyKind(fuel_cell_sizes, read_opaque, write_opaque),
    ENGINE: _table(ENGINE_FIELDS, 5, Engine),
    POSITION: BodyKind(fixed(POSITION_SIZE), _read_position, write_position),
    EXTREMES: _table(EXTREMES_FIELDS, 14, Extremes),
    ALARMS: BodyKind(alarm_sizes, read_alarms, write_alarms),
    VOLTAGES: BodyKind(VOLTAGE_TABLE.sizes, VOLTAGE_TABLE.read, write_packs),
    PROBES: BodyKind(PROBE_TABLE.sizes, PROBE_TABLE.read, write_packs),
}
