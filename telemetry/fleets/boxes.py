"""Frames of the simple boxes: JT/T 808 location reports, with the emission items of a retrofit, and JSON."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from telemetry.fleets.members import Member
from telemetry.protocols.jt808 import codec as jt808
from telemetry.protocols.jt808.emission import SubItem, pack
from telemetry.protocols.jt808.fields import EMISSION, HIGHEST_VALID
from telemetry.protocols.jt808.header import Header
from telemetry.protocols.jt808.messages import Item, Location, Message
from telemetry.protocols.tracker_json import codec as tracker
from telemetry.protocols.tracker_json.messages import Message as Text
from telemetry.protocols.tracker_json.messages import Record

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ACC_ON, _POSITIONED, _BEIDOU, _MOVING = 1, 2, 1 << 19, 1 << 22
_RETROFIT_STAGES = frozenset({"IV", "V"})  # the programmes fitted these
_SENT = (
    "engine_speed_rpm",
    "speed_kmh",
    "coolant_c",
    "fuel_rate_lph",
    "torque_net_pct",
    "torque_friction_pct",
    "nox_upstream_ppm",
    "nox_downstream_ppm",
    "reagent_level_pct",
    "air_flow_kgph",
    "scr_inlet_c",
    "scr_outlet_c",
)
_BY_NAME = {known.name: (sub_id, known) for sub_id, known in EMISSION.items()}
Row = Mapping[str, float]


def frame_of(member: Member, at_us: int, row: Row, fixed: bool, serial: int) -> bytes:
    """One frame of a member of kind jt808 or json."""
    at = _EPOCH + timedelta(microseconds=at_us)
    if member.kind == "json":
        return _text(member, at, row, fixed)
    return _report(member, at, row, fixed, serial)


def _text(member: Member, at: datetime, row: Row, fixed: bool) -> bytes:
    record = Record(
        at=at,
        lon=round(row["lon"], 6) if fixed else None,
        lat=round(row["lat"], 6) if fixed else None,
        fix_valid=fixed,
        speed_kmh=round(row["speed_kmh"], 1),
        direction_deg=round(row["direction_deg"], 1) % 360,
        accuracy_m=8.0,
    )
    return tracker.encode(Text(member.device, (record,)))


def _report(member: Member, at: datetime, row: Row, fixed: bool, serial: int) -> bytes:
    running = row["engine_speed_rpm"] > 0
    status = _BEIDOU | (_ACC_ON if running else 0) | (_POSITIONED if fixed else 0)
    status |= (_MOVING if row["speed_kmh"] > 0 else 0) | (0x04 if row["lat"] < 0 else 0)
    status |= 0x08 if row["lon"] < 0 else 0
    items: tuple[Item, ...] = (
        Item(0x01, min(round(row["odometer_km"] * 10), 0xFFFFFFFF).to_bytes(4, "big")),
        Item(0x30, b"\x15"),
        Item(0x31, bytes([14 if fixed else 3])),
    )
    if member.stage in _RETROFIT_STAGES and running:
        items += pack(_emission(row))
    location = Location(
        alarm=0,
        status=status,
        latitude_e6=round(abs(row["lat"]) * 1e6),
        longitude_e6=round(abs(row["lon"]) * 1e6),
        altitude_m=175,
        speed_raw=round(row["speed_kmh"] * 10),
        direction_deg=round(row["direction_deg"]) % 360,
        at=at,
        items=items,
    )
    return jt808.encode(Message(Header(0x0200, member.device, serial & 0xFFFF), location))


def _emission(row: Row) -> list[SubItem]:
    items = []
    for name in _SENT:
        sub_id, known = _BY_NAME[name]
        width = known.lengths[0]
        value = row.get(name, float("nan"))
        raw = (1 << 8 * width) - 1
        if value == value:
            raw = min(max(round((value - known.offset) / known.scale), 0), HIGHEST_VALID[width])
        items.append(SubItem(sub_id, raw.to_bytes(width, "big")))
    return items
