"""What a new-energy vehicle says (GB/T 32960.3-2016 clause 7)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from telemetry.protocols.annexq.messages import (
    Logout,
    Message,
    Opaque,
    PlatformLogin,
    PlatformLogout,
    Raw,
    Record,
    Report,
    TimeSync,
)
from telemetry.protocols.annexq.stream import Position

__all__ = [
    "Alarms",
    "Engine",
    "EvLogin",
    "Extremes",
    "Logout",
    "Message",
    "Motor",
    "Motors",
    "Opaque",
    "PlatformLogin",
    "PlatformLogout",
    "Position",
    "Probes",
    "Raw",
    "Record",
    "Report",
    "TimeSync",
    "Vehicle",
    "Voltages",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class EvLogin(Message):
    """Command 01: time, serial, SIM card number, the codes of the battery packs."""

    sent_at: datetime | None
    serial: int
    iccid: str
    pack_count: int
    code_length: int
    pack_codes: str


@dataclass(frozen=True, slots=True)
class Vehicle:
    """Type 01, 20 bytes."""

    state: float | None
    charge: float | None
    mode: float | None
    speed_kmh: float | None
    odometer_km: float | None
    voltage_v: float | None
    current_a: float | None
    state_of_charge_pct: float | None
    dc_dc: float | None
    gear: float | None
    insulation_kohm: float | None
    accelerator_pct: float | None
    brake_pct: float | None


@dataclass(frozen=True, slots=True)
class Motor:
    """One drive motor, 12 bytes."""

    number: float | None
    state: float | None
    controller_c: float | None
    motor_speed_rpm: float | None
    motor_torque_nm: float | None
    motor_c: float | None
    controller_v: float | None
    controller_a: float | None


@dataclass(frozen=True, slots=True)
class Motors:
    """Type 02."""

    motors: tuple[Motor, ...]


@dataclass(frozen=True, slots=True)
class Engine:
    """Type 04. State: 1 on, 2 off."""

    state: float | None
    engine_speed_rpm: float | None
    fuel_l_per_100km: float | None


@dataclass(frozen=True, slots=True)
class Extremes:
    """Type 06: the cells and probes with the greatest and least values."""

    max_cell_pack: float | None
    max_cell: float | None
    max_cell_v: float | None
    min_cell_pack: float | None
    min_cell: float | None
    min_cell_v: float | None
    max_probe_pack: float | None
    max_probe: float | None
    max_probe_c: float | None
    min_probe_pack: float | None
    min_probe: float | None
    min_probe_c: float | None


@dataclass(frozen=True, slots=True)
class Alarms:
    """Type 07: level, alarm bits, codes of battery, motor, engine, other."""

    level: int
    bits: int
    codes: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Voltages:
    """Type 08: per pack its head (number, voltage, current, cells, first cell, cells here) and cells, raw."""

    packs: tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class Probes:
    """Type 09: per pack its head (number, probes) and one raw byte a probe, 40 above degrees Celsius."""

    packs: tuple[tuple[bytes, bytes], ...]
