"""When and where a picture says it was taken (EXIF 2.32): a camera's word, often broken; what is unreadable is None."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from PIL import ExifTags, Image

BEIJING = timezone(timedelta(hours=8))  # of a camera that names no zone


@dataclass(frozen=True, slots=True)
class Place:
    """Time (aware) and WGS-84 degrees, each where the picture has it."""

    taken_at: datetime | None = None
    lon: float | None = None
    lat: float | None = None


def place_and_time(image: Image.Image) -> Place:
    """What the EXIF block says; an unreadable block says nothing."""
    try:
        exif = image.getexif()
        gps: Mapping[int, Any] = exif.get_ifd(ExifTags.IFD.GPSInfo)
        lon, lat = _point(gps)
        taken_at = _gps_time(gps) or _camera_time(exif.get_ifd(ExifTags.IFD.Exif))
    except Exception:  # the parser raises whatever broken bytes drive it to; the picture itself was read
        return Place()
    return Place(taken_at, lon, lat)


def _point(gps: Mapping[int, Any]) -> tuple[float, float] | tuple[None, None]:
    lon = _degrees(gps.get(ExifTags.GPS.GPSLongitude), gps.get(ExifTags.GPS.GPSLongitudeRef), 180.0)
    lat = _degrees(gps.get(ExifTags.GPS.GPSLatitude), gps.get(ExifTags.GPS.GPSLatitudeRef), 90.0)
    return (None, None) if lon is None or lat is None else (lon, lat)


def _degrees(value: Any, side: Any, most: float) -> float | None:
    if not isinstance(value, tuple) or len(value) != 3 or side not in {"N", "S", "E", "W"}:
        return None
    try:
        degrees, minutes, seconds = (float(part) for part in value)
    except (ValueError, ZeroDivisionError):
        return None
    found = (degrees + minutes / 60 + seconds / 3600) * (-1 if side in {"S", "W"} else 1)
    return round(found, 7) if -most <= found <= most else None  # also false for NaN


def _gps_time(gps: Mapping[int, Any]) -> datetime | None:
    day, clock = gps.get(ExifTags.GPS.GPSDateStamp), gps.get(ExifTags.GPS.GPSTimeStamp)
    if not isinstance(day, str) or not isinstance(clock, tuple) or len(clock) != 3:
        return None
    try:
        hours, minutes, seconds = (float(part) for part in clock)
        start = datetime.strptime(day.strip("\0 "), "%Y:%m:%d").replace(tzinfo=UTC)
        return start + timedelta(hours=hours, minutes=minutes, seconds=seconds)
    except (ValueError, ZeroDivisionError, OverflowError):
        return None


def _camera_time(exif: Mapping[int, Any]) -> datetime | None:
    text, zone = exif.get(ExifTags.Base.DateTimeOriginal), exif.get(ExifTags.Base.OffsetTimeOriginal)
    try:
        local = datetime.strptime(str(text).strip("\0 "), "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007  its zone comes below
        offset = datetime.strptime(str(zone).strip("\0 "), "%z").tzinfo if zone else BEIJING
        return local.replace(tzinfo=offset).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
