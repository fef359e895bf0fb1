"""What a tracker says in JSON: positions, with engine quantities where it knows them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from telemetry.protocols.flags import NO_PACKET_FLAGS, PacketFlag

PROTOCOL = "json"


class Coordinates(StrEnum):
    """What the longitudes and latitudes are."""

    WGS84 = "wgs84"
    GCJ02 = "gcj02"


class Form(StrEnum):
    """How the text was laid out."""

    NATIVE = "native"
    THINGSBOARD = "thingsboard"  # {"ts": ms, "values": {...}} or a bare map of values
    GATEWAY = "gateway"  # {"device": [{"ts": ms, "values": {...}}]}


@dataclass(frozen=True, slots=True)
class Record:
    """One moment; quantities carry the names of the sample columns, None where the tracker sent null."""

    at: datetime | None  # aware, UTC
    lon: float | None = None
    lat: float | None = None
    fix_valid: bool = False
    speed_kmh: float | None = None
    direction_deg: float | None = None
    accuracy_m: float | None = None
    quantities: Mapping[str, float | None] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)  # keys that are not known here, as they came


@dataclass(frozen=True, slots=True)
class Message:
    """One text: one device, one coordinate system, one or more moments."""

    device: str  # "" where the text names none: the topic does
    records: tuple[Record, ...]
    coordinates: Coordinates = Coordinates.WGS84
    form: Form = field(default=Form.NATIVE, compare=False)

    @property
    def protocol(self) -> str:
        """Always json."""
        return PROTOCOL

    @property
    def command(self) -> int:
        """JSON knows no commands."""
        return 0

    @property
    def sent_at(self) -> datetime | None:
        """The last moment told; unknown where none has a time."""
        return max((record.at for record in self.records if record.at is not None), default=None)

    @property
    def flags(self) -> PacketFlag:
        """What is odd about the whole text."""
        return PacketFlag.GCJ02_DECLARED if self.coordinates is Coordinates.GCJ02 else NO_PACKET_FLAGS
