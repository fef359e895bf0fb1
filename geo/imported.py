"""What an import hands over: zones in neutral words, and everything that was wrong or odd, by place."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any

import shapely

from geo.crs import Crs
from geo.faults import FaultCode, FaultList, ImportFault
from geo.validity import Repaired

CHINA = timezone(timedelta(hours=8), "UTC+8")
OPEN_END_YEAR = 2900  # an end this far off is the writer's way of saying none


@dataclass(frozen=True, slots=True)
class ImportedZone:
    """A zone as read, WGS-84. Times aware UTC, [valid_from, valid_to); `hours` as written.

    `repaired` tells what a repair changed, where one was asked for and needed.
    """

    name: str
    geometry: shapely.MultiPolygon
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    hours: str | None = None
    properties: dict[str, Any] = field(default_factory=dict)
    path: str = ""
    repaired: Repaired | None = None


@dataclass(frozen=True, slots=True)
class Imported:
    """The faultless zones, the faults of the rest, and notes that stop nothing."""

    zones: tuple[ImportedZone, ...]
    faults: tuple[ImportFault, ...]
    notes: tuple[ImportFault, ...] = ()


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How to read a file.

    crs: what its coordinates speak. expected: the box (west, south, east, north) its zones should lie in,
    WGS-84; lets swapped axes be told where both readings are possible. mend: repair invalid geometry.
    zone: where its dates without a time begin.
    """

    crs: Crs = Crs.WGS84
    expected: tuple[float, float, float, float] | None = None
    max_bytes: int = 20_000_000
    max_faults: int = 10_000
    mend: bool = False
    zone: tzinfo = CHINA


@dataclass(frozen=True, slots=True)
class Report:
    """Where a reader writes down what it finds."""

    faults: FaultList
    notes: FaultList


def report_for(options: ReadOptions) -> Report:
    """An empty report."""
    return Report(FaultList(options.max_faults), FaultList(options.max_faults))


def moment(value: object, path: str, zone: tzinfo, faults: FaultList) -> datetime | None:
    """A date or time of ISO 8601 as aware UTC; None for none, or with a fault."""
    if value is None or value == "":
        return None
    found = _moment(value, zone) if isinstance(value, str) else None
    if found is None:
        faults.add(FaultCode.DATE, path, value=value)
    return found


def open_end(value: datetime | None) -> datetime | None:
    """None for an end so far off that none is meant."""
    return None if value is None or value.year >= OPEN_END_YEAR else value


def iso(value: datetime) -> str:
    """Aware UTC as text."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _moment(text: str, zone: tzinfo) -> datetime | None:
    try:
        # finer than a microsecond is cut off, datetime would refuse it
        found = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text.strip()))
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
