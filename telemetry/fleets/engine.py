"""What an engine and its exhaust treatment do under a load: one step for a whole fleet at once.

Plausible, not certified: fuel from power (205 g/kWh), air from the fuel, temperatures with lags, NOx from the
load, conversion from the catalyst's temperature (poor below 200 C, good above 260 C), urea at five percent of
the fuel. Names and units are those of the sample columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from telemetry.fleets.members import Activity, Character, Member

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

# vehicle -> (mass t, rated kW, cruise km/h)
_VEHICLES = {
    "tractor": (38.0, 330.0, 74.0),
    "dump_truck": (28.0, 270.0, 55.0),
    "mixer": (30.0, 255.0, 50.0),
    "excavator": (22.0, 118.0, 3.0),
    "loader": (17.0, 162.0, 11.0),
}
# stage -> (NOx upstream at idle and at full load in ppm, best conversion, has a DPF)
_STAGES = {
    "III": (450.0, 1_050.0, 0.0, False),
    "IV": (350.0, 1_100.0, 0.68, False),
    "V": (350.0, 1_250.0, 0.82, False),
    "VI": (300.0, 1_350.0, 0.965, True),
}
_AMBIENT_C, _THERMOSTAT_C, _PRESSURE_KPA = 8.0, 86.0, 99.0
_FUEL_TANK_L, _UREA_TANK_L = 400.0, 45.0
_SENSOR_LIGHT_OFF_C = 190.0


@dataclass(frozen=True, slots=True)
class Traits:
    """What does not change, one value a member."""

    mass_t: Floats
    rated_kw: Floats
    cruise_kmh: Floats
    nox_idle: Floats
    nox_full: Floats
    conversion: Floats
    has_sensor: Bools
    has_dpf: Bools
    copies: Bools
    frozen: Bools
    machine: Bools
    running: Bools


@dataclass(frozen=True, slots=True)
class State:
    """What the next second starts from."""

    inlet_c: Floats
    outlet_c: Floats
    coolant_c: Floats
    urea_pct: Floats
    fuel_pct: Floats
    odometer_km: Floats


def traits_of(members: Sequence[Member]) -> Traits:
    """The fleet's constants."""
    vehicles = np.array([_VEHICLES[member.vehicle] for member in members]).reshape(-1, 3)
    stages = np.array([_STAGES[member.stage] for member in members], dtype=float).reshape(-1, 4)

    def are(character: Character) -> Bools:
        return np.array([member.character is character for member in members], dtype=bool)

    weakened = np.where(are(Character.HIGH_EMITTER), 0.2, 1.0)
    return Traits(
        mass_t=vehicles[:, 0],
        rated_kw=vehicles[:, 1],
        cruise_kmh=vehicles[:, 2],
        nox_idle=stages[:, 0],
        nox_full=stages[:, 1],
        conversion=stages[:, 2] * weakened,
        has_sensor=(stages[:, 2] > 0) & ~are(Character.NOX_MISSING),
        has_dpf=(stages[:, 3] > 0) & ~are(Character.DPF_REMOVED),
        copies=are(Character.NOX_COPY),
        frozen=are(Character.NOX_FROZEN),
        machine=np.array([member.activity is Activity.WORKING for member in members], dtype=bool),
        running=np.array([member.activity is not Activity.PARKED for member in members], dtype=bool),
    )


def start(members: Sequence[Member], rng: np.random.Generator) -> State:
    """Warm engines, but cold ones where a member starts cold or is parked."""
    cold = np.array(
        [member.character is Character.COLD_START or member.activity is Activity.PARKED for member in members],
        dtype=bool,
    )
    empty = np.array([member.character is Character.UREA_EMPTY for member in members], dtype=bool)
    n = len(members)
    inlet = np.where(cold, _AMBIENT_C, rng.uniform(230, 320, n))
    return State(
        inlet_c=inlet,
        outlet_c=np.where(cold, _AMBIENT_C, inlet - 12),
        coolant_c=np.where(cold, _AMBIENT_C, rng.uniform(80, 86, n)),
        urea_pct=np.where(empty, 0.0, rng.uniform(25, 95, n)),
        fuel_pct=rng.uniform(25, 95, n),
        odometer_km=rng.uniform(5_000, 400_000, n).round(1),
    )


def step(
    state: State,
    traits: Traits,
    speed_kmh: Floats,
    acceleration: Floats,
    digging: Floats,
    noise: Floats,
    seconds: float = 1.0,
) -> tuple[State, dict[str, Floats]]:
    """One step on: the state after it and the values a terminal would read; `noise` is N(0, 1)."""
    power = _power_kw(traits, speed_kmh, acceleration, digging)
    load = power / traits.rated_kw
    fuel = np.where(traits.running, 1.6 + power * 0.205 / 0.835, 0.0)
    air = fuel * 0.835 * (22 + 40 * (1 - load))
    after = _warmed(state, traits, load, fuel, speed_kmh, seconds)
    values = {
        "speed_kmh": speed_kmh,
        "pressure_kpa": np.full_like(load, _PRESSURE_KPA),
        "engine_speed_rpm": _engine_speed(traits, speed_kmh, load, noise),
        "torque_net_pct": np.where(traits.running, np.clip(5 + 90 * load + noise, 0, 100), 0.0),
        "torque_friction_pct": np.where(traits.running, 9.0, 0.0),
        "fuel_rate_lph": fuel,
        "reagent_level_pct": after.urea_pct,
        "air_flow_kgph": air,
        "scr_inlet_c": after.inlet_c,
        "scr_outlet_c": after.outlet_c,
        "dpf_pressure_kpa": np.where(traits.has_dpf, 0.3 + 6e-4 * air * (1 + 0.03 * noise), 0.0).clip(0),
        "coolant_c": after.coolant_c,
        "fuel_level_pct": after.fuel_pct,
        "odometer_km": after.odometer_km,
    }
    return after, values | _nox(after, traits, load, noise)


def _power_kw(traits: Traits, speed_kmh: Floats, acceleration: Floats, digging: Floats) -> Floats:
    v = speed_kmh / 3.6
    rolling = traits.mass_t * 1_000 * (9.81 * 0.0065 + acceleration) * v
    drag = 0.5 * 1.2 * 5.5 * v**3
    driving = np.clip((rolling + drag) / 1_000 / 0.88, 0, None)
    working = np.where(traits.machine, digging * traits.rated_kw, 0.0)
    needed = np.clip(driving + working + 4.0, 0, traits.rated_kw)
    return np.where(traits.running, needed, 0.0)


def _engine_speed(traits: Traits, speed_kmh: Floats, load: Floats, noise: Floats) -> Floats:
    in_gear = 1_050 + 650 * np.mod(speed_kmh / 14, 1.0)
    rpm = np.where(traits.machine, 900 + 1_000 * np.clip(load * 1.4, 0, 1), in_gear)
    rpm = np.where((speed_kmh < 2) & ~traits.machine, 650.0, rpm) + 4 * noise
    return np.where(traits.running, rpm, 0.0)


def _warmed(state: State, traits: Traits, load: Floats, fuel: Floats, speed_kmh: Floats, seconds: float) -> State:
    exhaust = np.where(traits.running, 110 + 330 * np.sqrt(load), _AMBIENT_C)
    inlet = state.inlet_c + (exhaust - state.inlet_c) * (1 - np.exp(-seconds / 90))
    outlet = state.outlet_c + (inlet - 8 - state.outlet_c) * (1 - np.exp(-seconds / 60))
    heated = np.where(traits.running, _THERMOSTAT_C, _AMBIENT_C)
    pace = seconds * (0.0015 + 0.0002 * fuel)
    coolant = state.coolant_c + (heated - state.coolant_c) * np.clip(pace, 0, 0.5)
    burnt = fuel * seconds / 3_600
    dosed = np.where((traits.conversion > 0.3) & (inlet > 200), 0.05 * burnt, 0.0)
    return State(
        inlet_c=inlet,
        outlet_c=np.maximum(outlet, _AMBIENT_C - 8),
        coolant_c=coolant,
        urea_pct=np.clip(state.urea_pct - dosed / _UREA_TANK_L * 100, 0, 100),
        fuel_pct=np.clip(state.fuel_pct - burnt / _FUEL_TANK_L * 100, 0, 100),
        odometer_km=state.odometer_km + speed_kmh * seconds / 3_600,
    )


def _nox(state: State, traits: Traits, load: Floats, noise: Floats) -> dict[str, Floats]:
    upstream = (traits.nox_idle + (traits.nox_full - traits.nox_idle) * load) * (1 + 0.03 * noise)
    dosing = np.where(state.urea_pct > 0, traits.conversion, 0.0)
    converted = dosing / (1 + np.exp(-(state.inlet_c - 225) / 14))
    downstream = upstream * (1 - converted)
    downstream = np.where(traits.copies, upstream * 0.995, downstream)
    downstream = np.where(traits.frozen, 62.5, downstream)
    lit = traits.running & (state.inlet_c > _SENSOR_LIGHT_OFF_C)
    return {
        "nox_upstream_ppm": np.where(traits.has_sensor, np.where(lit, upstream, -200.0), np.nan),
        "nox_downstream_ppm": np.where(traits.has_sensor, np.where(lit, downstream, -200.0), np.nan),
    }
