"""A message as JSON with units: for an integrator's screen, not for storage.

Quantities carry their unit in their name; here it is written out beside the value. Codes that have words get
them: monitors, fault codes, the lamp, the ratios of in-use performance.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import datetime, timedelta, timezone
from enum import Enum, IntFlag
from importlib import import_module
from typing import Any

from telemetry.protocols.annexq.diagnostics import IUPR, PROTOCOLS, Obd, lamp_on, monitors
from telemetry.protocols.annexq.messages import Opaque, PlatformLogin, Record

UNITS = {
    "kmh": "km/h",
    "kpa": "kPa",
    "pct": "%",
    "rpm": "rpm",
    "lph": "L/h",
    "mlph": "mL/h",
    "ppm": "ppm",
    "kgph": "kg/h",
    "gps": "g/s",
    "c": "°C",
    "km": "km",
    "m": "m",
    "m1": "1/m",
    "mgm3": "mg/m³",
    "v": "V",
    "a": "A",
    "l": "L",
    "g": "g",
    "nm": "Nm",
    "kohm": "kΩ",
    "deg": "deg",
    "dbm": "dBm",
}
DEVICE_CLOCK = timezone(timedelta(hours=8))
WHOLE_NAMES = {"lon": "deg", "lat": "deg", "upstream_lambda": ""}
DESCRIBERS = {  # protocols that are not of the family describe themselves
    "jt808": "telemetry.protocols.jt808.describe",
    "json": "telemetry.protocols.tracker_json.codec",
}
INFORMATION = {
    "Obd": "obd",
    "Ecd": "diagnostics",
    "Position": "position",
    "Opaque": "not interpreted",
}


def describe(message: Any) -> dict[str, Any]:
    """The message as a dictionary that `json.dumps` takes."""
    own = DESCRIBERS.get(message.protocol)
    if own is not None:
        return dict(import_module(own).describe(message))
    return _describe(message)


def _describe(message: Any) -> dict[str, Any]:
    described = _things(message)
    header = described.pop("header", None)
    named = {"protocol": message.protocol, "device": message.device, "command": f"0x{message.command:02X}"}
    named["message"] = type(message).__name__
    described.pop("protocol", None)
    if isinstance(message, PlatformLogin):
        described["password"] = f"{len(message.password)} bytes, not shown"
    return {**named, **({"header": header} if header else {}), **described}


def unit_of(name: str) -> str | None:
    """The unit that a name ends in, None when it ends in none."""
    if name in WHOLE_NAMES:
        return WHOLE_NAMES[name]
    stem, _, ending = name.rpartition("_")
    return UNITS.get(ending) if stem else None


def _things(thing: Any) -> dict[str, Any]:
    return {field.name: _named(field.name, getattr(thing, field.name)) for field in fields(thing)}


def _named(name: str, value: Any) -> Any:
    unit = unit_of(name)
    if unit is not None and (value is None or isinstance(value, int | float)):
        return {"value": value, "unit": unit}
    return _plain(value)


def _plain(value: Any) -> Any:
    """A value as JSON has it."""
    if isinstance(value, IntFlag):
        return [flag.name for flag in value]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, bytes):
        return value.hex().upper()
    if isinstance(value, datetime):
        return value.astimezone(DEVICE_CLOCK).isoformat()
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return _structured(value)


def _structured(value: Any) -> Any:
    if isinstance(value, Record):
        return _record(value)
    if isinstance(value, Obd):
        return _obd(value)
    if isinstance(value, dict):
        return {str(key): _named(str(key), item) for key, item in value.items()}
    return _things(value) if is_dataclass(value) else value


def _record(record: Record) -> dict[str, Any]:
    """A record with the name of its body; what it does not carry is left out."""
    kind = type(record.body).__name__
    described: dict[str, Any] = {"type": f"0x{record.type:02X}", "information": INFORMATION.get(kind, kind)}
    for name in ("collected_at", "serial", "signature"):
        value = getattr(record, name)
        if value is not None:
            described[name] = _plain(value)
    body = {"raw": record.body.raw.hex().upper()} if isinstance(record.body, Opaque) else _plain(record.body)
    return {**described, "body": body}


def _obd(body: Obd) -> dict[str, Any]:
    """The OBD body in words, the raw monitor words beside them."""
    described = _things(body)
    described["protocol"] = {"raw": body.protocol, "name": PROTOCOLS.get(body.protocol)}
    described["mil"] = {"raw": body.mil, "on": lamp_on(body.mil)}
    described["supported"] = {"raw": f"{body.supported:04X}", "monitors": list(monitors(body.supported))}
    described["readiness"] = {"raw": f"{body.readiness:04X}", "not_complete": list(monitors(body.readiness))}
    described["calibration_id"] = body.calibration_id.rstrip("\0 ")
    described["vin"] = body.vin.rstrip("\0 ")
    described["iupr"] = dict(zip(IUPR, body.iupr, strict=True))
    return described
