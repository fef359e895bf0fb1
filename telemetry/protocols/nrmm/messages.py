"""What a machine's terminal says: diagnostics without a VIN, the EGR valve, cycle averages."""

from __future__ import annotations

from dataclasses import dataclass

from telemetry.protocols.annexq.diagnostics import DiagnosticCode
from telemetry.protocols.annexq.messages import (
    Activation,
    Login,
    Logout,
    Message,
    Opaque,
    Raw,
    Record,
    RemovalAlarm,
    Report,
    TimeSync,
)

__all__ = [
    "Activation",
    "CycleAverages",
    "Ecd",
    "Login",
    "Logout",
    "MachineStream",
    "Message",
    "Opaque",
    "Raw",
    "Record",
    "RemovalAlarm",
    "Report",
    "TimeSync",
]


@dataclass(frozen=True, slots=True)
class Ecd:
    """Type 01, emission control diagnostics. Lamp: 0 off, 1 on, 2 flashing."""

    protocol: int
    mil: int
    code_count: int
    codes: tuple[DiagnosticCode, ...]


@dataclass(frozen=True, slots=True)
class MachineStream:
    """Type 02 of machines, 28 bytes: the engine as trucks send it, and the EGR valve; no position."""

    speed_kmh: float | None
    pressure_kpa: float | None
    torque_net_pct: float | None
    torque_friction_pct: float | None
    engine_speed_rpm: float | None
    fuel_rate_lph: float | None
    nox_upstream_ppm: float | None
    nox_downstream_ppm: float | None
    reagent_level_pct: float | None
    air_flow_kgph: float | None
    scr_inlet_c: float | None
    scr_outlet_c: float | None
    dpf_pressure_kpa: float | None
    coolant_c: float | None
    fuel_level_pct: float | None
    egr_opening_pct: float | None
    egr_commanded_pct: float | None


@dataclass(frozen=True, slots=True)
class CycleAverages:
    """Type 04 of HJ 1322, 19 bytes. The scales are not published: raw numbers."""

    reference_torque: int
    average_power: int
    nox_upstream: int
    nox_downstream: int
    upstream_mass_flow: int
    downstream_mass_flow: int
    scr_inlet: int
    scr_outlet: int
    fuel: int
    period: int
    valid_share: int
