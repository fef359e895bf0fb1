"""Location reports 0200, 0201 and 0704 (JT/T 808-2019 tables 23 to 27 and 76 to 77)."""

from __future__ import annotations

import struct
from datetime import UTC, datetime, timedelta

from telemetry.protocols.errors import FaultCode, FrameError
from telemetry.protocols.jt808 import fields
from telemetry.protocols.jt808.header import Note
from telemetry.protocols.jt808.messages import Batch, Item, Location, LocationAnswer

_BASIC = struct.Struct(">IIIIhHH6s")
BASIC_BYTES = _BASIC.size
CHINA = timedelta(hours=8)
_TEMPERATURE = 0x06
_LON_E6 = (73_000_000, 135_000_000)
_LAT_E6 = (3_000_000, 54_000_000)


def read_time(raw: bytes, offset: int) -> datetime | None:
    """BCD YYMMDDhhmmss in GMT+8; six zero bytes mean that the terminal had no clock."""
    if not any(raw):
        return None
    digits = raw.hex()
    if not digits.isdecimal():
        raise FrameError(FaultCode.NOT_BCD, offset, f"time {digits} is not BCD")
    year, month, day, hour, minute, second = (int(digits[i : i + 2]) for i in range(0, 12, 2))
    try:
        local = datetime(2000 + year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError as error:
        raise FrameError(FaultCode.BAD_TIME, offset, f"time {digits}: {error}") from None
    return local - CHINA


def write_time(at: datetime | None) -> bytes:
    """The inverse of read_time."""
    if at is None:
        return bytes(6)
    return bytes.fromhex((at.astimezone(UTC) + CHINA).strftime("%y%m%d%H%M%S"))


def read_items(body: bytes, start: int = 0) -> tuple[tuple[Item, ...], bytes]:
    """Additional items from `start` on; the second value is what no longer parses."""
    items = []
    place = start
    while place + 2 <= len(body):
        end = place + 2 + body[place + 1]
        if end > len(body):
            break
        items.append(Item(body[place], body[place + 2 : end]))
        place = end
    return tuple(items), body[place:]


def read_location(body: bytes, offset: int = 0) -> Location:
    """One report; `offset` is where it stands, for errors."""
    if len(body) < BASIC_BYTES:
        detail = f"a location report has at least {BASIC_BYTES} bytes, {len(body)} are here"
        raise FrameError(FaultCode.LENGTH, offset + len(body), detail)
    alarm, status, lat, lon, altitude, speed, direction, time = _BASIC.unpack_from(body)
    at = read_time(time, offset + 22)
    items, tail = read_items(body, BASIC_BYTES)
    notes = _position_notes(status, lat, lon) + _item_notes(items, tail)
    notes += (Note.TIME_UNKNOWN,) if at is None else ()
    return Location(alarm, status, lat, lon, altitude, speed, direction, at, items, tail, notes)


def _position_notes(status: int, lat: int, lon: int) -> tuple[Note, ...]:
    notes: tuple[Note, ...] = () if status & 0x02 else (Note.NO_FIX,)
    notes += (Note.GCJ02,) if status & 0x20 else ()
    if lat == 0 and lon == 0:
        return (*notes, Note.COORD_ZERO)
    north_east = not status & 0x0C
    if north_east and _within(lon, _LON_E6) and _within(lat, _LAT_E6):
        return notes
    notes += (Note.COORD_OUTSIDE_CHINA,)
    swapped = _within(lat, _LON_E6) and _within(lon, _LAT_E6)
    return (*notes, Note.COORD_SWAPPED) if swapped else notes


def _within(value: int, limits: tuple[int, int]) -> bool:
    return limits[0] <= value <= limits[1]


def _item_notes(items: tuple[Item, ...], tail: bytes) -> tuple[Note, ...]:
    notes: tuple[Note, ...] = ()
    if tail:
        notes += (Note.ITEM_OVERRUN,) if len(tail) > 1 else (Note.TRAILING,)
    if any(_odd_length(item) for item in items):
        notes += (Note.ITEM_LENGTH,)
    return notes


def _odd_length(item: Item) -> bool:
    known = fields.ITEMS.get(item.id)
    if known is None or item.id in fields.LENGTH_DISPUTED:
        return False
    return bool(known.lengths) and len(item.value) not in known.lengths


def item_value(item: Item) -> float | int | str:
    """An additional item as a number where the table gives one, else its bytes in hexadecimal."""
    known = fields.ITEMS.get(item.id)
    if known is None or known.kind is not fields.Kind.NUMBER or len(item.value) not in known.lengths:
        return item.value.hex()
    raw = int.from_bytes(item.value, "big")
    if item.id == _TEMPERATURE and raw & 0x8000:  # sign and magnitude, not two's complement
        return -(raw & 0x7FFF)
    return raw if known.scale == 1 else round(raw * known.scale, 6)


def write_location(location: Location) -> bytes:
    """The inverse of read_location."""
    basic = _BASIC.pack(
        location.alarm,
        location.status,
        location.latitude_e6,
        location.longitude_e6,
        location.altitude_m,
        location.speed_raw,
        location.direction_deg,
        write_time(location.at),
    )
    items = b"".join(bytes([item.id, len(item.value)]) + item.value for item in location.items)
    return basic + items + location.tail


def read_answer(body: bytes, offset: int) -> LocationAnswer:
    """0201."""
    if len(body) < 2:
        raise FrameError(FaultCode.LENGTH, offset + len(body), "0201 begins with a serial of two bytes")
    return LocationAnswer(int.from_bytes(body[:2], "big"), read_location(body[2:], offset + 2))


def read_batch(body: bytes, offset: int) -> Batch:
    """0704; what is left over is kept, and the stated count where it differs."""
    if len(body) < 3:
        raise FrameError(FaultCode.LENGTH, offset + len(body), "0704 begins with count and kind, 3 bytes")
    stated = int.from_bytes(body[:2], "big")
    locations = []
    place = 3
    while place + 2 <= len(body):
        end = place + 2 + int.from_bytes(body[place : place + 2], "big")
        if end > len(body):
            break
        locations.append(read_location(body[place + 2 : end], offset + place + 2))
        place = end
    if not locations and len(body) > 3:
        raise FrameError(FaultCode.LENGTH, offset + place, "the first report of the batch is cut short")
    count = -1 if stated == len(locations) else stated
    return Batch(body[2], tuple(locations), count, body[place:])


def write_batch(batch: Batch) -> bytes:
    """The inverse of read_batch."""
    count = len(batch.locations) if batch.count < 0 else batch.count
    reports = [write_location(location) for location in batch.locations]
    out = count.to_bytes(2, "big") + bytes([batch.kind])
    return out + b"".join(len(report).to_bytes(2, "big") + report for report in reports) + batch.tail
