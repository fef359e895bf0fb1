"""One row as a terminal reported it: what every codec's `samples(message)` yields.

The names are those of `telemetry.samples.COLUMNS`; None means not available. Standard library only, because
the decoders are.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from telemetry.protocols.flags import NO_FLAGS, Flag


@dataclass(frozen=True, slots=True)
class Sample:
    """A moment of a vehicle; `at` is the collect time (aware, UTC), None when the terminal knew none."""

    at: datetime | None
    lon: float | None = None
    lat: float | None = None
    fix_valid: bool = False
    speed_kmh: float | None = None
    direction_deg: float | None = None
    altitude_m: float | None = None
    engine_speed_rpm: float | None = None
    torque_net_pct: float | None = None
    torque_friction_pct: float | None = None
    fuel_rate_lph: float | None = None
    nox_upstream_ppm: float | None = None
    nox_downstream_ppm: float | None = None
    reagent_level_pct: float | None = None
    air_flow_kgph: float | None = None
    scr_inlet_c: float | None = None
    scr_outlet_c: float | None = None
    dpf_pressure_kpa: float | None = None
    coolant_c: float | None = None
    fuel_level_pct: float | None = None
    pressure_kpa: float | None = None
    odometer_km: float | None = None
    opacity_m1: float | None = None
    satellites: float | None = None
    alarm: int = 0
    status: int = 0
    flags: Flag = NO_FLAGS
