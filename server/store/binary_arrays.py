"""Numpy columns as PostgreSQL arrays in binary form: one parameter a column instead of a text value a cell.

NaN travels as NaN; the statement turns it into NULL with nullif where NULL is meant.
"""

import struct
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import psycopg
from numpy.typing import NDArray
from psycopg.adapt import Dumper
from psycopg.pq import Format

_HEAD = struct.Struct(">iiiii")  # dimensions, has nulls, element oid, length, lower bound


@dataclass(frozen=True, slots=True)
class Int4s:
    """int[]"""

    values: NDArray[Any]


@dataclass(frozen=True, slots=True)
class Int8s:
    """bigint[]"""

    values: NDArray[Any]


@dataclass(frozen=True, slots=True)
class Float8s:
    """double precision[]"""

    values: NDArray[Any]


class _ArrayDumper(Dumper):
    format = Format.BINARY
    element: ClassVar[int]
    cell: ClassVar[np.dtype[Any]]

    def dump(self, obj: Any) -> bytes:
        cells = np.empty(len(obj.values), self.cell)
        cells["size"] = self.cell["value"].itemsize
        cells["value"] = obj.values
        return _HEAD.pack(1, 0, self.element, len(cells), 1) + cells.tobytes()


class _Int4Dumper(_ArrayDumper):
    oid, element, cell = 1007, 23, np.dtype([("size", ">i4"), ("value", ">i4")])


class _Int8Dumper(_ArrayDumper):
    oid, element, cell = 1016, 20, np.dtype([("size", ">i4"), ("value", ">i8")])


class _Float8Dumper(_ArrayDumper):
    oid, element, cell = 1022, 701, np.dtype([("size", ">i4"), ("value", ">f8")])


def register(connection: psycopg.Connection) -> None:
    """Let this connection take the three array types as parameters."""
    connection.adapters.register_dumper(Int4s, _Int4Dumper)
    connection.adapters.register_dumper(Int8s, _Int8Dumper)
    connection.adapters.register_dumper(Float8s, _Float8Dumper)
