"""A message as plain JSON values with units, for the integrator's tool and the packet page."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from telemetry.protocols.jt808 import fields
from telemetry.protocols.jt808.emission import Emission, read_emission
from telemetry.protocols.jt808.location import item_value
from telemetry.protocols.jt808.messages import Batch, Item, Location, LocationAnswer, Message

Json = dict[str, Any]


def describe(message: Message) -> Json:
    """Header, body, notes; every number with its unit in its name or beside it."""
    header = message.header
    out: Json = {
        "protocol": message.protocol,
        "command": f"0x{message.command:04x}",
        "name": fields.MESSAGES.get(message.command, "unknown"),
        "device": message.device,
        "phone": header.phone,
        "edition": header.edition.value,
        "serial": header.serial,
        "notes": [note.value for note in message.notes],
    }
    if header.packet_total:
        out["part"] = {"number": header.packet_number, "total": header.packet_total}
    return out | {"body": _body(message)}


def _body(message: Message) -> Json:
    body = message.body
    if isinstance(body, Location):
        return describe_location(body)
    if isinstance(body, LocationAnswer):
        return {"answered_serial": body.answered_serial, "location": describe_location(body.location)}
    if isinstance(body, Batch):
        stated = len(body.locations) if body.count < 0 else body.count
        reports = [describe_location(location) for location in body.locations]
        return {"kind": body.kind, "count": stated, "locations": reports, "tail_hex": body.tail.hex()}
    plain = {name: _plain(value) for name, value in asdict(body).items()}
    return plain


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list | tuple) else value


def describe_location(location: Location) -> Json:
    """One report; coordinates as the terminal says them, with what it says they are."""
    out: Json = {
        "at": location.at.isoformat() if location.at else None,
        "lat": location.lat,
        "lon": location.lon,
        "coordinates": "gcj02" if location.gcj02 else "wgs84",
        "fix_valid": location.fix_valid,
        "altitude_m": location.altitude_m,
        "speed_kmh": location.speed_kmh,
        "direction_deg": location.direction_deg,
        "alarm": {"raw": location.alarm, "names": list(fields.names(location.alarm, fields.ALARM_BITS))},
        "status": {"raw": location.status, "names": list(fields.names(location.status, fields.STATUS_BITS))},
        "load": fields.LOADS[location.status >> 8 & 3],
        "items": [_item(item) for item in location.items],
        "tail_hex": location.tail.hex(),
        "notes": [note.value for note in location.notes],
    }
    emission = read_emission(location.items)
    return out | {"emission": _emission(emission)} if emission else out


def _item(item: Item) -> Json:
    known = fields.ITEMS.get(item.id)
    out: Json = {"id": f"0x{item.id:02x}", "hex": item.value.hex()}
    if known is not None:
        out |= {"name": known.name, "value": item_value(item), "unit": known.unit}
    return out


def _emission(emission: Emission) -> Json:
    units = {known.name: known.unit for known in fields.EMISSION.values()}
    units |= {"odometer_km": "km", "fuel_level_pct": "%", "fuel_remaining_l": "L"}
    quantities = {name: {"value": value, "unit": units[name]} for name, value in emission.quantities.items()}
    octets = {name: value.hex() for name, value in emission.octets.items()}
    return {"quantities": quantities, **emission.words, **emission.texts, **octets}
