"""What a JT/T 808 terminal or platform says, as values (JT/T 808-2019 clause 8, and 2011 and 2013).

Texts are cleaned of padding; the frame itself stays the evidence. A note is what was odd but readable.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from telemetry.protocols.flags import NO_PACKET_FLAGS, PacketFlag
from telemetry.protocols.jt808.header import PACKET_FLAGS, Header, Note

PROTOCOL = "jt808"


@dataclass(frozen=True, slots=True)
class Item:
    """One additional item of a location report: id, length, value (table 26)."""

    id: int
    value: bytes


@dataclass(frozen=True, slots=True)
class Location:
    """Location report 0200 (table 23); coordinates are unsigned, the signs are in the status."""

    alarm: int
    status: int
    latitude_e6: int
    longitude_e6: int
    altitude_m: int
    speed_raw: int  # 0.1 km/h
    direction_deg: int
    at: datetime | None  # aware, UTC; None where the terminal had no clock
    items: tuple[Item, ...] = ()
    tail: bytes = b""  # what is not additional items to the end
    notes: tuple[Note, ...] = field(default=(), compare=False)

    @property
    def lat(self) -> float:
        """Degrees, south negative."""
        return (-self.latitude_e6 if self.status & 0x04 else self.latitude_e6) / 1e6

    @property
    def lon(self) -> float:
        """Degrees, west negative."""
        return (-self.longitude_e6 if self.status & 0x08 else self.longitude_e6) / 1e6

    @property
    def speed_kmh(self) -> float:
        """Speed of the report, 0.1 km/h a step."""
        return self.speed_raw / 10

    @property
    def acc_on(self) -> bool:
        """Ignition, status bit 0."""
        return bool(self.status & 0x01)

    @property
    def fix_valid(self) -> bool:
        """Positioned, status bit 1."""
        return bool(self.status & 0x02)

    @property
    def gcj02(self) -> bool:
        """Coordinates went through the map plug-in, status bit 5."""
        return bool(self.status & 0x20)


@dataclass(frozen=True, slots=True)
class LocationAnswer:
    """0201: the answer to a location query."""

    answered_serial: int
    location: Location


@dataclass(frozen=True, slots=True)
class Batch:
    """0704: stored reports; kind 0 ordinary, 1 blind-zone re-issue."""

    kind: int
    locations: tuple[Location, ...]
    count: int = -1  # as stated; -1 where it equals the reports
    tail: bytes = b""

    @property
    def reissued(self) -> bool:
        """Collected while the terminal was out of reach."""
        return self.kind == 1


@dataclass(frozen=True, slots=True)
class Registration:
    """0100: with plate colour 0 the plate field holds the VIN."""

    layout: str  # 2011, 2013 or 2019
    province: int
    city: int
    maker: str
    model: str
    terminal: str
    plate_color: int
    plate: str

    @property
    def vin(self) -> str | None:
        """The VIN where the vehicle has no plate yet."""
        return self.plate if self.plate_color == 0 and self.plate else None


@dataclass(frozen=True, slots=True)
class RegistrationAnswer:
    """8100: 0 done, 1 vehicle known, 2 no such vehicle, 3 terminal known, 4 no such terminal."""

    answered_serial: int
    result: int
    code: str = ""


@dataclass(frozen=True, slots=True)
class Authentication:
    """0102; IMEI and software version since 2019."""

    layout: str  # 2013, 2019 (version of 20 bytes) or 2019-length (a length byte before the version)
    code: str
    imei: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True)
class Attributes:
    """0107: what the terminal is."""

    layout: str
    kind: int
    maker: str
    model: str
    terminal: str
    iccid: str
    hardware: str
    firmware: str
    gnss: int
    network: int


@dataclass(frozen=True, slots=True)
class Empty:
    """0002 heartbeat, 0003 unregister, 0004 time query."""


@dataclass(frozen=True, slots=True)
class Answer:
    """0001 and 8001: 0 done, 1 failed, 2 bad message, 3 not supported, 4 alarm confirmed."""

    answered_serial: int
    answered_id: int
    result: int


@dataclass(frozen=True, slots=True)
class Resend:
    """8003 and 0005: the parts of a long message that are wanted again."""

    first_serial: int
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class TimeAnswer:
    """8004: the platform's clock, UTC."""

    at: datetime


@dataclass(frozen=True, slots=True)
class CanItem:
    """One CAN frame of 0705: bit 31 channel, bit 30 extended, bit 29 averaged, the rest the CAN id."""

    id_word: int
    data: bytes

    @property
    def can_id(self) -> int:
        """The identifier on the bus."""
        return self.id_word & 0x1FFFFFFF


@dataclass(frozen=True, slots=True)
class CanData:
    """0705: `clock` is the ten BCD digits hhmmss and milliseconds of the first frame, GMT+8."""

    clock: str
    items: tuple[CanItem, ...]


@dataclass(frozen=True, slots=True)
class Transparent:
    """0900 and 8900: something that another device said, passed on."""

    kind: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a longer message; see subpackets."""

    total: int
    number: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Raw:
    """The body of a message that is not read here."""

    data: bytes


Body = (
    Location
    | LocationAnswer
    | Batch
    | Registration
    | RegistrationAnswer
    | Authentication
    | Attributes
    | Empty
    | Answer
    | Resend
    | TimeAnswer
    | CanData
    | Transparent
    | Part
    | Raw
)


@dataclass(frozen=True, slots=True)
class Message:
    """A header and what it carries."""

    header: Header
    body: Body
    notes: tuple[Note, ...] = field(default=(), compare=False)

    @property
    def protocol(self) -> str:
        """Always jt808."""
        return PROTOCOL

    @property
    def device(self) -> str:
        """The terminal's phone, without padding."""
        return self.header.device

    @property
    def command(self) -> int:
        """The message id."""
        return self.header.message_id

    @property
    def serial(self) -> int:
        """The message's serial number, 0..65535."""
        return self.header.serial

    @property
    def flags(self) -> PacketFlag:
        """What is odd about the frame as a whole."""
        flags = NO_PACKET_FLAGS
        for note in self.notes:
            flags |= PACKET_FLAGS.get(note, NO_PACKET_FLAGS)
        if isinstance(self.body, Batch) and self.body.reissued:
            flags |= PacketFlag.REISSUED
        return flags | PacketFlag.BODY_UNKNOWN if isinstance(self.body, Raw) else flags

    @property
    def records(self) -> tuple[Location, ...]:
        """The location reports inside, in their order."""
        if isinstance(self.body, Location):
            return (self.body,)
        if isinstance(self.body, LocationAnswer):
            return (self.body.location,)
        return self.body.locations if isinstance(self.body, Batch) else ()

    @property
    def sent_at(self) -> datetime | None:
        """When it was said: the last report's time, or the platform's clock; else unknown."""
        if isinstance(self.body, TimeAnswer):
            return self.body.at
        times = [record.at for record in self.records if record.at is not None]
        return max(times, default=None)
