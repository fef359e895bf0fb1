"""Raw emission values of many reports to columns, by the table of the codec (VJT.04 3.35 to 3.39)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from telemetry.jt808_items import SUB_IDS
from telemetry.protocols.flags import Flag
from telemetry.protocols.jt808 import fields
from telemetry.samples import Columns

Floats = NDArray[np.float64]
Raw = NDArray[np.int64]

_PLACES = {int(sub_id): place for place, sub_id in enumerate(SUB_IDS)}
_KGPH_PER_GPS = 3.6
_NOX = ("nox_upstream_ppm", "nox_downstream_ppm")


def emission_columns(raw: Raw, columns: Columns) -> NDArray[np.uint32]:
    """Put what the boxes report into the columns; the flags that come of it, a row a report."""
    flags = np.zeros(len(raw), dtype=np.uint32)
    if not (raw >= 0).any():
        return flags
    missing = np.zeros(len(raw), dtype=bool)
    grams, kilograms = _quantity(raw, 0x500A)[0], _quantity(raw, 0x5106)
    for sub_id, known in fields.EMISSION.items():
        value, refused = _quantity(raw, sub_id)
        missing |= refused & ((known.name != "air_flow_kgph") | np.isnan(grams))
        if known.name in columns:
            _put(columns, known.name, value)
    derived = np.round(grams * _KGPH_PER_GPS, 6)
    _put(columns, "air_flow_kgph", np.where(np.isnan(kilograms[0]), derived, np.nan))
    missing |= _put_fuel(raw[:, _PLACES[fields.REMAINING_FUEL]], columns)
    missing |= _put_mileage(raw[:, _PLACES[fields.MILEAGE]], columns)
    for name in _NOX:
        flags |= (columns[name] == -200) * np.uint32(Flag.NOX_SENSOR_OFF)
    return flags | missing * np.uint32(Flag.SENTINEL)


def _quantity(raw: Raw, sub_id: int) -> tuple[Floats, NDArray[np.bool_]]:
    """Values, NaN where absent or not available; and where it was sent as not available."""
    known, sent = fields.EMISSION[sub_id], raw[:, _PLACES[sub_id]]
    limit = np.iinfo(np.int64).max if known.name in fields.EXEMPT else fields.HIGHEST_VALID[known.lengths[0]]
    value = np.round(sent * known.scale + known.offset, 6)
    return np.where((sent >= 0) & (sent <= limit), value, np.nan), sent > limit


def _put(columns: Columns, name: str, value: Floats) -> None:
    """What the bus says counts before what stands there; where it says nothing, that stays."""
    known = ~np.isnan(value)
    columns[name][known] = value[known]


def _put_fuel(sent: Raw, columns: Columns) -> NDArray[np.bool_]:
    litres = (sent & 0x8000) != 0
    tenths = (sent & 0x7FFF) / 10
    percent = (sent >= 0) & ~litres
    refused: NDArray[np.bool_] = (sent == 0xFFFF) | (percent & (tenths > 100))
    _put(columns, "fuel_level_pct", np.where(percent & ~refused, tenths, np.nan))
    return refused


def _put_mileage(sent: Raw, columns: Columns) -> NDArray[np.bool_]:
    metres = sent & 0xFFFFFFFF
    refused = (sent >= 0) & (metres > fields.HIGHEST_VALID[4])
    _put(columns, "odometer_km", np.where((sent >= 0) & ~refused, metres / 1_000, np.nan))
    return refused
