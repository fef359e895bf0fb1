"""Very many frames in little time, for the bench: GB 17691 layouts A and C, values that vary.

Every device circles within the box of Chaoyang; a sine of its own drives its engine.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from telemetry.fleets import packing
from telemetry.fleets.ways import BOX

SECOND_US = 1_000_000
Floats = NDArray[np.float64]


def bulk_frames(
    devices: Sequence[str],
    start_us: int,
    seconds: int,
    records_per_frame: int = 10,
    seed: int = 0,
    layout: str = "C",
) -> list[list[bytes]]:
    """Per device its frames in time order, one sample a second; `seconds` is cut to whole frames."""
    if layout not in ("A", "C"):
        raise ValueError(f"layout {layout!r} is not A or C")
    if not devices:
        return []
    rng = np.random.default_rng(seed)
    n = len(devices)
    vins = packing.identities(devices)
    middle = rng.uniform((BOX[0] + 0.1, BOX[1] + 0.1), (BOX[2] - 0.1, BOX[3] - 0.1), (n, 2))
    phase = rng.uniform(0, 2 * np.pi, n)
    columns: list[list[bytes]] = []
    for number in range(seconds // records_per_frame):
        at_s = number * records_per_frame + np.arange(records_per_frame)
        bodies = _bodies(middle, phase, at_s)
        at_us = start_us + at_s * SECOND_US
        serial = np.full(n, number + 1, dtype=np.int64)
        if layout == "A":
            sent = np.full(n, at_us[0], dtype=np.int64)
            columns.append(packing.layout_a(vins, sent, bodies, serial * records_per_frame))
        else:
            sent = np.full(n, at_us[-1] + SECOND_US, dtype=np.int64)
            columns.append(packing.timed_layout(vins, sent, serial, bodies, np.tile(at_us, n)))
    return [list(frames) for frames in zip(*columns, strict=True)] or [[] for _ in devices]


def _bodies(middle: Floats, phase: Floats, at_s: NDArray[np.int64]) -> NDArray[np.uint8]:
    turn = (phase[:, None] + at_s * (2 * np.pi / 1_800)).ravel()
    lon = np.repeat(middle[:, 0], len(at_s)) + 0.09 * np.cos(turn)
    lat = np.repeat(middle[:, 1], len(at_s)) + 0.07 * np.sin(turn)
    wave = 0.5 + 0.5 * np.sin(11 * turn)
    values = {
        "speed_kmh": 20 + 60 * wave,
        "pressure_kpa": 98 + wave,
        "torque_net_pct": 10 + 80 * wave,
        "torque_friction_pct": 9 + wave,
        "engine_speed_rpm": 800 + 900 * wave,
        "fuel_rate_lph": 3 + 40 * wave,
        "nox_upstream_ppm": 350 + 900 * wave,
        "nox_downstream_ppm": 20 + 120 * wave,
        "reagent_level_pct": 40 + 20 * wave,
        "air_flow_kgph": 200 + 900 * wave,
        "scr_inlet_c": 230 + 120 * wave,
        "scr_outlet_c": 220 + 110 * wave,
        "dpf_pressure_kpa": 1 + 6 * wave,
        "coolant_c": 80 + 8 * wave,
        "fuel_level_pct": 50 + 10 * wave,
        "odometer_km": 100_000 + np.repeat(100 * phase, len(at_s)) + np.tile(at_s * 0.015, len(phase)),
    }
    return packing.truck_bodies(values, lon, lat, np.ones(len(lon), dtype=bool))
