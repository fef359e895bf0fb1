"""Fields of many records at once: raw bytes to columns by the protocols' tables.

One- and two-byte fields go through a table of all their values, made once from the field, so that a
sentinel is NaN without a comparison; four-byte fields are calculated.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from telemetry.protocols.annexq.stream import NO_FIX_BIT, POSITION, SOUTH_BIT, WEST_BIT
from telemetry.protocols.fieldtable import Field
from telemetry.protocols.flags import Flag
from telemetry.samples import COLUMNS, Columns

Bytes = NDArray[np.uint8]
WIDE = {1: ">u1", 2: ">u2", 4: ">u4"}
DTYPES = {column.name: column.dtype for column in COLUMNS}
NOX = ("nox_upstream_ppm", "nox_downstream_ppm")
NOX_OFF_PPM = np.float32(-200)
FARTHEST = {"lon": 180, "lat": 90}


def unpack_fields(fields: Sequence[Field], bodies: Bytes) -> tuple[Columns, NDArray[np.uint32]]:
    """The columns of a table, and per row whether a field was a sentinel or a NOx sensor was off."""
    columns: Columns = {}
    total = np.zeros(len(bodies), dtype=np.float32)
    for field in fields:
        if field.name in DTYPES:
            column = _column(field, bodies)
            columns[field.name] = column
            total += column  # NaN when any field is
    flags = np.isnan(total) * np.uint32(Flag.SENTINEL)
    for name in NOX:
        if name in columns:
            flags |= (columns[name] == NOX_OFF_PPM) * np.uint32(Flag.NOX_SENSOR_OFF)
    return columns, flags


def unpack_position(places: Bytes, columns: Columns) -> NDArray[np.uint32]:
    """Add longitude, latitude, validity and status to the columns; what is odd about the places."""
    status = np.ascontiguousarray(places[:, 0])
    flags = np.zeros(len(places), dtype=np.uint32)
    for field, bit in zip(POSITION, (WEST_BIT, SOUTH_BIT), strict=True):
        degrees = _calculated(field, places)
        flags |= np.isnan(degrees) * np.uint32(Flag.SENTINEL)
        beyond = degrees > FARTHEST[field.name]
        if beyond.any():
            flags |= beyond * np.uint32(Flag.OUT_OF_RANGE)
            degrees[beyond] = np.nan
        columns[field.name] = np.where(status & bit, -degrees, degrees) if (status & bit).any() else degrees
    known = ~np.isnan(columns["lon"] + columns["lat"])
    columns["fix_valid"] = known & (status & NO_FIX_BIT == 0)
    columns["status"] = status.astype(np.uint32)
    return flags | ~columns["fix_valid"] * np.uint32(Flag.NO_FIX)


def _column(field: Field, bodies: Bytes) -> NDArray[np.floating]:
    if field.width == 4:
        return _calculated(field, bodies).astype(DTYPES[field.name], copy=False)
    return _values(field).take(_raw(field, bodies))


def _raw(field: Field, bodies: Bytes) -> NDArray[np.integer]:
    part = bodies[:, field.offset : field.offset + field.width]
    return part.view(WIDE[field.width])[:, 0]


def _calculated(field: Field, bodies: Bytes) -> NDArray[np.float64]:
    raw = _raw(field, bodies)
    values = raw.astype(np.float64)
    values *= field.numerator
    values += field.shift
    values /= field.denominator
    none = raw > field.limit
    if none.any():
        values[none] = np.nan
    return values


@cache
def _values(field: Field) -> NDArray[np.floating]:
    """The value of each raw number of a one- or two-byte field, NaN above its limit."""
    raw = np.arange(1 << 8 * field.width, dtype=np.float64)
    values = (raw * field.numerator + field.shift) / field.denominator
    values[field.limit + 1 :] = np.nan
    return values.astype(DTYPES[field.name])
