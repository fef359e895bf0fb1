"""The keys of tracker JSON: name, limits, unit; and the JSON Schema made of them.

Limits of quantities are those of the GB 17691 stream (Annex Q): beyond them a value is kept in the message
and is not available in the columns. Limits of a position are hard.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Field:
    """A number: least and greatest value, unit, what it is."""

    name: str
    least: float
    greatest: float
    unit: str
    what: str


POSITION: dict[str, Field] = {
    field.name: field
    for field in (
        Field("lon", -180, 180, "deg", "longitude, east positive"),
        Field("lat", -90, 90, "deg", "latitude, north positive"),
        Field("speed_kmh", 0, 500, "km/h", "speed"),
        Field("direction_deg", 0, 360, "deg", "direction, north 0, clockwise"),
        Field("accuracy_m", 0, 100_000, "m", "radius in which the true place lies"),
    )
}

QUANTITIES: dict[str, Field] = {
    field.name: field
    for field in (
        Field("altitude_m", -1_000, 10_000, "m", "altitude"),
        Field("engine_speed_rpm", 0, 8_031.875, "rpm", "engine speed"),
        Field("torque_net_pct", -125, 125, "%", "net torque, share of the reference torque"),
        Field("torque_friction_pct", -125, 125, "%", "friction torque, share of the reference torque"),
        Field("fuel_rate_lph", 0, 3_212.75, "L/h", "fuel flow"),
        Field("nox_upstream_ppm", -200, 3_012.75, "ppm", "NOx upstream of the SCR"),
        Field("nox_downstream_ppm", -200, 3_012.75, "ppm", "NOx downstream of the SCR"),
        Field("reagent_level_pct", 0, 100, "%", "reagent tank level"),
        Field("air_flow_kgph", 0, 3_212.75, "kg/h", "intake air mass flow"),
        Field("scr_inlet_c", -273, 1_734.96875, "°C", "SCR inlet temperature"),
        Field("scr_outlet_c", -273, 1_734.96875, "°C", "SCR outlet temperature"),
        Field("dpf_pressure_kpa", 0, 6_425.5, "kPa", "DPF differential pressure"),
        Field("coolant_c", -40, 210, "°C", "coolant temperature"),
        Field("fuel_level_pct", 0, 100, "%", "fuel tank level"),
        Field("pressure_kpa", 0, 125, "kPa", "barometric pressure"),
        Field("odometer_km", 0, 429_496_729.5, "km", "odometer"),
        Field("opacity_m1", 0, 100, "1/m", "light absorption coefficient"),
        Field("satellites", 0, 255, "", "satellites in use"),
    )
}

ALIASES: dict[str, str] = {"longitude": "lon", "latitude": "lat"}  # as ThingsBoard's own widgets call them
EPOCH_MS_FROM = 100_000_000_000  # a greater number of seconds would be the year 5138
LEAST_EPOCH_S, GREATEST_EPOCH_S = 946_684_800, 4_102_444_800  # 2000 and 2100


def _number(field: Field, limits: bool) -> dict[str, Any]:
    out: dict[str, Any] = {
        "type": ["number", "null"],
        "description": f"{field.what} ({field.unit or 'count'})",
    }
    return out | {"minimum": field.least, "maximum": field.greatest} if limits else out


def _values() -> dict[str, Any]:
    positions = {name: _number(field, True) for name, field in POSITION.items()}
    positions |= {alias: positions[name] for alias, name in ALIASES.items()}
    return {
        **positions,
        **{name: _number(field, False) for name, field in QUANTITIES.items()},
        "fix_valid": {"type": "boolean"},
        "coordinates": {"enum": ["wgs84", "gcj02"], "default": "wgs84"},
    }


_TIME = {
    "anyOf": [
        {"type": "string", "format": "date-time", "description": "ISO 8601 with a zone"},
        {"type": "number", "description": f"seconds since 1970, from {EPOCH_MS_FROM} on milliseconds"},
    ]
}
_DEVICE = {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[^/+#\\u0000-\\u001f]+$"}

SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Positions of simple trackers",
    "oneOf": [
        {"$ref": "#/$defs/native"},
        {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/native"}},
        {"$ref": "#/$defs/telemetry"},
        {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/telemetry"}},
        {"$ref": "#/$defs/gateway"},
    ],
    "$defs": {
        "values": {"type": "object", "properties": _values()},
        "native": {
            "type": "object",
            "required": ["time"],
            "properties": {"device": _DEVICE, "time": _TIME, **_values()},
            "dependentRequired": {"lon": ["lat"], "lat": ["lon"]},
        },
        "telemetry": {
            "type": "object",
            "required": ["ts", "values"],
            "properties": {"device": _DEVICE, "ts": {"type": "number"}, "values": {"$ref": "#/$defs/values"}},
        },
        "gateway": {
            "type": "object",
            "minProperties": 1,
            "maxProperties": 1,
            "propertyNames": _DEVICE,
            "additionalProperties": {
                "type": "array",
                "minItems": 1,
                "items": {"$ref": "#/$defs/telemetry"},
            },
        },
    },
}
