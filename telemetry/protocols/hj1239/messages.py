"""What HJ 1239.3 adds to Annex Q: gas engines, hybrids, supplementary data, forwarded packets."""

from __future__ import annotations

from dataclasses import dataclass

from telemetry.protocols.annexq.messages import (
    Activation,
    ActivationAnswer,
    Login,
    Logout,
    Message,
    Opaque,
    PlatformLogin,
    PlatformLogout,
    Raw,
    Record,
    RemovalAlarm,
    Report,
    TimeSync,
)
from telemetry.protocols.annexq.stream import Position

__all__ = [
    "Activation",
    "ActivationAnswer",
    "CatalystStream",
    "Hybrid",
    "Login",
    "Logout",
    "Message",
    "Opaque",
    "PlatformLogin",
    "PlatformLogout",
    "Raw",
    "Record",
    "RemovalAlarm",
    "Report",
    "Supplement",
    "TimeSync",
    "VendorItems",
]


@dataclass(frozen=True, slots=True)
class CatalystStream:
    """Type 03 (30 bytes, no NOx sensor), type 05 (32 bytes), and type 03 of the 2020 draft (32 bytes)."""

    speed_kmh: float | None
    pressure_kpa: float | None
    torque_net_pct: float | None
    torque_friction_pct: float | None
    engine_speed_rpm: float | None
    fuel_rate_lph: float | None
    upstream_lambda: float | None
    downstream_oxygen_v: float | None
    air_flow_kgph: float | None
    coolant_c: float | None
    catalyst_c: float | None
    odometer_km: float | None
    position: Position


@dataclass(frozen=True, slots=True)
class CatalystNoxStream:
    """The 32-byte form: with the NOx sensor downstream."""

    speed_kmh: float | None
    pressure_kpa: float | None
    torque_net_pct: float | None
    torque_friction_pct: float | None
    engine_speed_rpm: float | None
    fuel_rate_lph: float | None
    upstream_lambda: float | None
    downstream_oxygen_v: float | None
    nox_downstream_ppm: float | None
    air_flow_kgph: float | None
    coolant_c: float | None
    catalyst_c: float | None
    odometer_km: float | None
    position: Position


@dataclass(frozen=True, slots=True)
class Hybrid:
    """Type 04, 8 bytes."""

    motor_speed_rpm: float | None
    motor_load_pct: float | None
    battery_v: float | None
    battery_a: float | None
    state_of_charge_pct: float | None


@dataclass(frozen=True, slots=True)
class Supplement:
    """Type 80 of table B.1, 17 bytes; the torque modes are in fields.py."""

    torque_mode: float | None
    pedal_pct: float | None
    total_fuel_l: float | None
    urea_tank_c: float | None
    urea_injection_mlph: float | None
    total_urea_g: float | None
    dpf_exhaust_c: float | None


@dataclass(frozen=True, slots=True)
class VendorItems:
    """Type 80 with a WORD length: a maker's list of (id WORD, length BYTE, value), raw."""

    items: tuple[tuple[int, bytes], ...]
