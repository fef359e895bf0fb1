"""One moment out of a JSON object: types, limits, time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from telemetry.protocols.errors import FaultCode
from telemetry.protocols.tracker_json.fields import (
    ALIASES,
    EPOCH_MS_FROM,
    GREATEST_EPOCH_S,
    LEAST_EPOCH_S,
    POSITION,
    QUANTITIES,
    Field,
)
from telemetry.protocols.tracker_json.frame import Path
from telemetry.protocols.tracker_json.messages import Coordinates, Record

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DEVICE_LENGTH = 64
_COORDINATES = frozenset(one.value for one in Coordinates)
_TAKEN = frozenset({*POSITION, *QUANTITIES, "fix_valid", "coordinates"})


class Objection(Exception):
    """Something under `path` is not as it must be; a FrameError once its place is known."""

    def __init__(self, code: FaultCode, path: Path, said: str) -> None:
        super().__init__(said)
        self.code, self.path, self.said = code, path, said


@dataclass(frozen=True, slots=True)
class Moment:
    """A record with what must agree over the whole text."""

    path: Path
    device: str | None
    coordinates: str
    record: Record


def read_moment(
    values: Mapping[str, Any], path: Path, device: Any, time: Any, time_path: Path, beside: Mapping[str, Any]
) -> Moment:
    """The moment told by `values`; device and time may stand elsewhere, unknown keys are kept."""
    known = {ALIASES.get(key, key): (key, value) for key, value in values.items()}
    if len(known) != len(values):
        raise Objection(FaultCode.JSON, path, "a coordinate under two names")
    position = _numbers(known, POSITION, path)
    if (position.get("lon") is None) != (position.get("lat") is None):
        raise Objection(FaultCode.JSON, path, "`lon` and `lat` come together")
    for name, value in position.items():
        _within(value, POSITION[name], (*path, known[name][0]))
    fix = values.get("fix_valid", position.get("lon") is not None)
    if not isinstance(fix, bool):
        raise Objection(FaultCode.JSON, (*path, "fix_valid"), "true or false is wanted")
    extra = {key: value for name, (key, value) in known.items() if name not in _TAKEN}
    record = Record(
        at=None if time is None else read_time(time, time_path),
        fix_valid=fix and position.get("lon") is not None,
        quantities=_numbers(known, QUANTITIES, path),
        extra={**beside, **extra},
        **position,
    )
    return Moment(path, _device(device, path), _coordinates(values, path), record)


def _numbers(known: Mapping[str, Any], table: Mapping[str, Field], path: Path) -> dict[str, float | None]:
    return {name: _number(value, (*path, key)) for name, (key, value) in known.items() if name in table}


def _number(value: Any, path: Path) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Objection(FaultCode.JSON, path, f"a number is wanted, {type(value).__name__} is given")
    return float(value)


def _within(value: float | None, field: Field, path: Path) -> None:
    if value is not None and not field.least <= value <= field.greatest:
        said = f"{value:g} is outside {field.least:g}..{field.greatest:g} {field.unit}".rstrip()
        raise Objection(FaultCode.RANGE, path, said)


def _device(value: Any, path: Path) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise Objection(FaultCode.JSON, (*path, "device"), "the device is a text")
    if not value.strip() or len(value) > _DEVICE_LENGTH or not value.isprintable() or set(value) & set("/+#"):
        said = f"a device is 1 to {_DEVICE_LENGTH} printable characters without / + #"
        raise Objection(FaultCode.DEVICE, (*path, "device"), said)
    return value


def _coordinates(values: Mapping[str, Any], path: Path) -> str:
    value = values.get("coordinates", Coordinates.WGS84.value)
    if not isinstance(value, str) or value not in _COORDINATES:
        raise Objection(FaultCode.JSON, (*path, "coordinates"), "wgs84 or gcj02 is wanted")
    return value


def read_time(value: Any, path: Path) -> datetime:
    """ISO 8601 with a zone, or seconds or milliseconds since 1970."""
    if isinstance(value, str):
        return _iso_time(value, path)
    if isinstance(value, bool) or not isinstance(value, int | float):
        said = f"a time is text or a number, {type(value).__name__} is given"
        raise Objection(FaultCode.BAD_TIME, path, said)
    milliseconds = value if abs(value) >= EPOCH_MS_FROM else value * 1000
    if not LEAST_EPOCH_S * 1000 <= milliseconds < GREATEST_EPOCH_S * 1000:
        raise Objection(FaultCode.BAD_TIME, path, f"{value} is no time between 2000 and 2100")
    return _EPOCH + timedelta(milliseconds=milliseconds)


def _iso_time(value: str, path: Path) -> datetime:
    try:
        at = datetime.fromisoformat(value.strip())
    except ValueError:
        raise Objection(FaultCode.BAD_TIME, path, f"{value[:40]!r} is no ISO 8601 time") from None
    if at.tzinfo is None:
        raise Objection(FaultCode.BAD_TIME, path, f"{value[:40]!r} has no zone; write +08:00 or Z")
    if not 2000 <= at.year < 2100:
        raise Objection(FaultCode.BAD_TIME, path, f"{value[:40]!r} is not between 2000 and 2100")
    return at.astimezone(UTC)
