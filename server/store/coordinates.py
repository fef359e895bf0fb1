"""Positions of a batch into WGS-84: what a terminal declares (or says in the frame) is undone once, on arrival."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo.crs import bd09_to_wgs84, gcj02_to_wgs84
from telemetry.quality import PacketFlag


def to_wgs84(columns: Mapping[str, NDArray[Any]], packet_flags: NDArray[np.uint32], declared: NDArray[np.str_]) -> None:
    """Convert `lon` and `lat` in place. `declared` names each packet's coordinate system; a frame that says itself
    that it went through a map plug-in (JT/T 808 status bit 5) is GCJ-02 whatever its terminal declares."""
    system = np.where((packet_flags & PacketFlag.GCJ02_DECLARED) > 0, "gcj02", declared)
    if (system == "wgs84").all():
        return
    of_row = system[columns["packet"]]
    for name, convert in (("gcj02", gcj02_to_wgs84), ("bd09", bd09_to_wgs84)):
        rows = np.flatnonzero((of_row == name) & np.isfinite(columns["lon"]) & np.isfinite(columns["lat"]))
        if len(rows):
            columns["lon"][rows], columns["lat"][rows] = convert(columns["lon"][rows], columns["lat"][rows])
