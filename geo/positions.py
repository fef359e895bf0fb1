"""GeoJSON coordinates to rings of numbers; whatever is no position or no ring is named by its path."""

from __future__ import annotations

from typing import Any

import numpy as np

from geo.faults import FaultCode, finite, wrong_type
from geo.imported import Report
from geo.rings import Ring


def rings_of(value: Any, path: str, single: bool, report: Report) -> list[list[Ring]]:
    """The rings of a Polygon's (`single`) or MultiPolygon's coordinates; faults are in the report."""
    polygons = [(value, path)] if single else list(_items(value, path, report))
    return [[_ring(ring, place, report) for ring, place in _items(rings, at, report)] for rings, at in polygons]


def _items(value: Any, path: str, report: Report) -> list[tuple[Any, str]]:
    if not isinstance(value, list):
        wrong_type(report.faults, path, value, list)
        return []
    if not value:
        report.faults.add(FaultCode.EMPTY, path)
    return [(inner, f"{path}[{number}]") for number, inner in enumerate(value)]


def _ring(value: Any, path: str, report: Report) -> Ring:
    items = _items(value, path, report)
    positions = [_position(inner, place, report) for inner, place in items]
    if not items or None in positions:
        return np.zeros((0, 2))
    first, last = value[0], value[-1]
    lon, lat = finite(first[0]), finite(first[1])
    if len(positions) < 4:
        report.faults.add(FaultCode.RING_SHORT, path, lon, lat, count=len(positions))
    if first != last:
        report.faults.add(FaultCode.RING_OPEN, path, lon, lat)
    if any(len(inner) > 3 for inner in value):
        report.notes.add(FaultCode.EXTRA_NUMBERS, path, lon, lat)
    return np.array(positions, dtype=np.float64)


def _position(value: Any, path: str, report: Report) -> tuple[float, float] | None:
    if isinstance(value, list) and len(value) >= 2:
        numbers = [finite(v) for v in value]
        if numbers[0] is not None and numbers[1] is not None and None not in numbers:
            return numbers[0], numbers[1]
        if any(isinstance(v, int) and not isinstance(v, bool) and finite(v) is None for v in value):
            report.faults.add(FaultCode.NOT_FINITE, path)
            return None
        if all(isinstance(v, int | float) and not isinstance(v, bool) for v in value):
            return None  # not finite: named when the text was read
    report.faults.add(FaultCode.POSITION, path, found=value)
    return None
