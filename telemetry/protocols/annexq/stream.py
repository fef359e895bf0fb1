"""The engine data stream and the position, shared by trucks and machines (GB 17691 Q.6.5, HJ 1014 Annex H).

ENGINE stands at offset 0 of every stream body; trucks add position and odometer, machines the EGR valve.
"""

from __future__ import annotations

from dataclasses import dataclass

from telemetry.protocols.fieldtable import Field, read_fields, write_fields

CLAUSE = "GB 17691-2018 Q.6.5"

BASICS = (
    Field("speed_kmh", 0, 2, 1, 256, 0, "km/h", CLAUSE),
    Field("pressure_kpa", 2, 1, 1, 2, 0, "kPa", CLAUSE),
    Field("torque_net_pct", 3, 1, 1, 1, -125, "%", CLAUSE),
    Field("torque_friction_pct", 4, 1, 1, 1, -125, "%", CLAUSE),
    Field("engine_speed_rpm", 5, 2, 1, 8, 0, "rpm", CLAUSE),
    Field("fuel_rate_lph", 7, 2, 1, 20, 0, "L/h", CLAUSE),
)
ENGINE = (
    *BASICS,
    Field("nox_upstream_ppm", 9, 2, 1, 20, -200, "ppm", CLAUSE),
    Field("nox_downstream_ppm", 11, 2, 1, 20, -200, "ppm", CLAUSE),
    Field("reagent_level_pct", 13, 1, 2, 5, 0, "%", CLAUSE),
    Field("air_flow_kgph", 14, 2, 1, 20, 0, "kg/h", CLAUSE),
    Field("scr_inlet_c", 16, 2, 1, 32, -273, "°C", CLAUSE),
    Field("scr_outlet_c", 18, 2, 1, 32, -273, "°C", CLAUSE),
    Field("dpf_pressure_kpa", 20, 2, 1, 10, 0, "kPa", CLAUSE),
    Field("coolant_c", 22, 1, 1, 1, -40, "°C", CLAUSE),
    Field("fuel_level_pct", 23, 1, 2, 5, 0, "%", CLAUSE),
)
POSITION = (
    Field("lon", 1, 4, 1, 1_000_000, 0, "deg", CLAUSE),
    Field("lat", 5, 4, 1, 1_000_000, 0, "deg", CLAUSE),
)
POSITION_SIZE = 9
ODOMETER = Field("odometer_km", 33, 4, 1, 10, 0, "km", CLAUSE)
TRUCK_STREAM = (*ENGINE, ODOMETER)
TRUCK_POSITION_AT = 24
TRUCK_STREAM_SIZE = 37

NO_FIX_BIT = 1
SOUTH_BIT = 2
WEST_BIT = 4


@dataclass(frozen=True, slots=True)
class Position:
    """Status bits (0: 1 = no fix, 1: south, 2: west) and degrees; without a fix the last known place."""

    status: int
    lon: float | None
    lat: float | None

    @property
    def fix_valid(self) -> bool:
        """The terminal had a fix and gave a place that exists."""
        if self.status & NO_FIX_BIT or self.lon is None or self.lat is None:
            return False
        return abs(self.lon) <= 180 and abs(self.lat) <= 90


@dataclass(frozen=True, slots=True)
class EngineStream:
    """Type 02 of trucks, 37 bytes."""

    speed_kmh: float | None
    pressure_kpa: float | None
    torque_net_pct: float | None
    torque_friction_pct: float | None
    engine_speed_rpm: float | None
    fuel_rate_lph: float | None
    nox_upstream_ppm: float | None
    nox_downstream_ppm: float | None
    reagent_level_pct: float | None
    air_flow_kgph: float | None
    scr_inlet_c: float | None
    scr_outlet_c: float | None
    dpf_pressure_kpa: float | None
    coolant_c: float | None
    fuel_level_pct: float | None
    odometer_km: float | None
    position: Position


def read_position(frame: bytes, at: int) -> Position:
    """Status, longitude, latitude: nine bytes, the sign from the status."""
    status = frame[at]
    degrees = read_fields(POSITION, frame, at)
    lon, lat = degrees["lon"], degrees["lat"]
    return Position(
        status,
        -lon if lon is not None and status & WEST_BIT else lon,
        -lat if lat is not None and status & SOUTH_BIT else lat,
    )


def write_position(position: Position) -> bytes:
    """The nine bytes of a position."""
    degrees = {
        "lon": None if position.lon is None else abs(position.lon),
        "lat": None if position.lat is None else abs(position.lat),
    }
    raw = write_fields(POSITION, degrees, POSITION_SIZE)
    raw[0] = position.status
    return bytes(raw)


def read_truck_stream(frame: bytes, at: int, size: int) -> EngineStream:
    """The 37-byte body."""
    values = read_fields(TRUCK_STREAM, frame, at)
    return EngineStream(**values, position=read_position(frame, at + TRUCK_POSITION_AT))


def write_truck_stream(body: EngineStream) -> bytes:
    """The 37-byte body of a stream record."""
    values = {field.name: getattr(body, field.name) for field in TRUCK_STREAM}
    raw = write_fields(TRUCK_STREAM, values, TRUCK_STREAM_SIZE)
    raw[TRUCK_POSITION_AT : TRUCK_POSITION_AT + POSITION_SIZE] = write_position(body.position)
    return bytes(raw)
