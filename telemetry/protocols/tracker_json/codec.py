"""Tracker JSON to messages and back.

Native: one object or a list of objects with `time`. ThingsBoard: {"ts", "values"}, a list of them, a bare
map of values, or {"device name": [...]} from a gateway. A text speaks for one device, in one coordinate
system.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

from telemetry.protocols.errors import FaultCode, FrameError
from telemetry.protocols.flags import NO_FLAGS, Flag
from telemetry.protocols.sample import Sample
from telemetry.protocols.tracker_json.fields import POSITION, QUANTITIES
from telemetry.protocols.tracker_json.frame import Path, name_of, offset_of, parse
from telemetry.protocols.tracker_json.messages import Coordinates, Form, Message, Record
from telemetry.protocols.tracker_json.records import Moment, Objection, read_moment

_KNOWN = frozenset(POSITION) | frozenset(QUANTITIES) | {"longitude", "latitude", "fix_valid", "coordinates"}
_CHINA = (73.0, 135.0, 3.0, 54.0)


class _Entry(NamedTuple):
    """One object to read, where it stands, and the device that stands beside it."""

    path: Path
    value: Any
    device: str | None


def decode(frame: bytes, layout: str | None = None) -> Message:
    """One text; FrameError names the byte and the path of what is wrong. `layout` has no meaning here."""
    value = parse(frame)
    try:
        return _read(value)
    except Objection as objection:
        place = offset_of(frame, objection.path)
        detail = f"{name_of(objection.path)}: {objection.said}"[:200]
        raise FrameError(objection.code, place, detail) from None


def _read(value: Any) -> Message:
    form = Form.NATIVE
    moments = []
    for entry in _entries(value):
        if not isinstance(entry.value, dict):
            raise Objection(FaultCode.JSON, entry.path, "an object is wanted")
        form, moment = _moment(entry)
        moments.append(moment)
    if not moments:
        raise Objection(FaultCode.JSON, (), "no position inside")
    device = _one((moment.device for moment in moments if moment.device), moments, "device") or ""
    coordinates = _one((moment.coordinates for moment in moments), moments, "coordinates")
    records = tuple(moment.record for moment in moments)
    chosen = Coordinates(coordinates or Coordinates.WGS84)
    return Message(device, records, chosen, Form.GATEWAY if _is_gateway(value) else form)


def _entries(value: Any) -> Iterator[_Entry]:
    if isinstance(value, list):
        yield from (_Entry((i,), inner, None) for i, inner in enumerate(value))
    elif _is_gateway(value):
        for device, inner in value.items():
            yield from (_Entry((device, i), one, device) for i, one in enumerate(inner))
    else:
        yield _Entry((), value, None)


def _is_gateway(value: Any) -> bool:
    if not isinstance(value, dict) or not value or not _KNOWN.isdisjoint(value):
        return False
    return "time" not in value and "ts" not in value and all(isinstance(one, list) for one in value.values())


def _moment(entry: _Entry) -> tuple[Form, Moment]:
    value, path = entry.value, entry.path
    device = value.get("device", entry.device)
    if entry.device is not None and device != entry.device:
        said = f"the gateway speaks for {entry.device}"
        raise Objection(FaultCode.DEVICE_MISMATCH, (*path, "device"), said)
    clock = "ts" if isinstance(value.get("values"), dict) and "ts" in value else "time"
    if clock == "time" and "time" in value and value["time"] is None:
        raise Objection(FaultCode.BAD_TIME, (*path, "time"), "a time is wanted, null is given")
    told = (device, value.get(clock), (*path, clock))
    rest = {key: one for key, one in value.items() if key not in (clock, "device")}
    if isinstance(value.get("values"), dict):
        values = rest.pop("values")
        return Form.THINGSBOARD, read_moment(values, (*path, "values"), *told, rest)
    if "time" not in value and ("device" in value or _KNOWN.isdisjoint(value)):
        raise Objection(FaultCode.JSON, path, "`time` is missing")
    return Form.NATIVE if "time" in value else Form.THINGSBOARD, read_moment(rest, path, *told, {})


def _one(values: Iterable[str | None], moments: list[Moment], what: str) -> str | None:
    """The one value that all moments agree on; a second one is refused where it stands."""
    found = set(values)
    if len(found) > 1:
        first = getattr(moments[0], what)
        odd = next(moment for moment in moments if getattr(moment, what) not in (first, None))
        code = FaultCode.DEVICE_MISMATCH if what == "device" else FaultCode.JSON
        raise Objection(code, odd.path, f"a text speaks for one {what}; send {sorted(map(str, found))} apart")
    return found.pop() if found else None


def samples(message: Message) -> tuple[Sample, ...]:
    """One sample a moment; a quantity beyond its limits is not available and flagged."""
    return tuple(_sample(record) for record in message.records)


def _sample(record: Record) -> Sample:
    quantities, flags = _quantities(record)
    flags |= _position_flags(record)
    return Sample(
        at=record.at,
        lon=record.lon,
        lat=record.lat,
        fix_valid=record.fix_valid,
        speed_kmh=record.speed_kmh,
        direction_deg=record.direction_deg,
        flags=flags,
        **quantities,
    )


def _quantities(record: Record) -> tuple[dict[str, Any], Flag]:
    kept: dict[str, Any] = {}
    flags = NO_FLAGS
    for name, value in record.quantities.items():
        field = QUANTITIES[name]
        if value is None:
            flags |= Flag.SENTINEL
        elif not field.least <= value <= field.greatest:
            flags |= Flag.OUT_OF_RANGE
        else:
            kept[name] = value
            flags |= Flag.NOX_SENSOR_OFF if name.startswith("nox_") and value == -200 else NO_FLAGS
    return kept, flags


def _position_flags(record: Record) -> Flag:
    flags = NO_FLAGS if record.fix_valid else Flag.NO_FIX
    flags |= NO_FLAGS if record.at else Flag.TIME_UNKNOWN
    if record.lon is None or record.lat is None:
        return flags
    if record.lon == 0 and record.lat == 0:
        return flags | Flag.COORD_ZERO
    if _in_china(record.lon, record.lat):
        return flags
    flags |= Flag.COORD_OUTSIDE_CHINA
    return flags | Flag.COORD_SWAPPED if _in_china(record.lat, record.lon) else flags


def _in_china(lon: float, lat: float) -> bool:
    west, east, south, north = _CHINA
    return west <= lon <= east and south <= lat <= north


def encode(message: Message) -> bytes:
    """Native text; records without a time need the ThingsBoard form."""
    if all(record.at for record in message.records):
        head = {"device": message.device} if message.device else {}
        entries: list[Any] = [head | {"time": _iso(record.at)} | _values(message, record) for record in message.records]
        return _dump(entries[0] if len(entries) == 1 else entries)
    entries = [_telemetry(message, record) for record in message.records]
    return _dump({message.device: entries} if message.device else entries)


def _telemetry(message: Message, record: Record) -> dict[str, Any]:
    ts = {"ts": record.at.timestamp() * 1000} if record.at else {}
    return ts | {"values": _values(message, record)}


def _values(message: Message, record: Record) -> dict[str, Any]:
    shifted = message.coordinates is Coordinates.GCJ02
    said = {name: getattr(record, name) for name in POSITION if getattr(record, name) is not None}
    fix = {} if record.fix_valid == (record.lon is not None) else {"fix_valid": record.fix_valid}
    crs = {"coordinates": message.coordinates.value} if shifted else {}
    return {**said, **fix, **crs, **record.quantities, **record.extra}


def _iso(at: datetime | None) -> str:
    return "" if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _dump(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def describe(message: Message) -> dict[str, Any]:
    """The message as plain JSON values; every name ends in its unit."""
    records = [
        {"at": record.at.isoformat() if record.at else None} | _values(message, record) for record in message.records
    ]
    return {
        "protocol": message.protocol,
        "device": message.device,
        "form": message.form.value,
        "coordinates": message.coordinates.value,
        "records": records,
    }
