"""The messages around the reports: login, logout, time, removal, activation, platforms (HJ 1239.3 table 1).

All of them may end with a signature; one that is there is kept and not checked. The size of the data unit is
exact: anything else is a fault of length, not a guess.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from telemetry.protocols.annexq.envelope import DATA_AT, Header, read_time, seal, write_time
from telemetry.protocols.annexq.layouts import SIGNATURE_SIZE, is_signature
from telemetry.protocols.annexq.messages import (
    Activation,
    ActivationAnswer,
    Login,
    Logout,
    Message,
    PlatformLogin,
    PlatformLogout,
    Raw,
    RemovalAlarm,
    TimeSync,
)
from telemetry.protocols.annexq.stream import read_position, write_position
from telemetry.protocols.errors import FaultCode, FrameError
from telemetry.protocols.flags import NO_PACKET_FLAGS, PacketFlag

Reader = Callable[[str, Header, bytes], Message]
ICCID_SIZE = 20
CHIP_ID_SIZE, PUBLIC_KEY_SIZE, VIN_SIZE = 16, 64, 17
USERNAME_SIZE, PASSWORD_SIZE = 12, 20


def read_login(protocol: str, header: Header, frame: bytes) -> Login:
    """28 bytes: time, serial, SIM card number."""
    _, kept = _sized(frame, 28)
    iccid = frame[DATA_AT + 8 : DATA_AT + 8 + ICCID_SIZE].decode("latin-1")
    return Login(protocol=protocol, header=header, **_time_and_serial(frame), iccid=iccid, **kept)


def read_logout(protocol: str, header: Header, frame: bytes) -> Logout:
    """8 bytes: time, serial of the login."""
    _, kept = _sized(frame, 8)
    return Logout(protocol=protocol, header=header, **_time_and_serial(frame), **kept)


def read_time_sync(protocol: str, header: Header, frame: bytes) -> TimeSync:
    """Empty, or the six bytes of the time."""
    size, kept = _sized(frame, 0, 6)
    sent_at = read_time(frame, DATA_AT) if size else None
    return TimeSync(protocol=protocol, header=header, sent_at=sent_at, **kept)


def read_removal(protocol: str, header: Header, frame: bytes) -> RemovalAlarm:
    """17 bytes: time, serial, position; machines may add a status byte."""
    size, kept = _sized(frame, 17, 18)
    position = read_position(frame, DATA_AT + 8)
    obtainable = frame[DATA_AT + 17] if size == 18 else None
    return RemovalAlarm(
        protocol=protocol,
        header=header,
        **_time_and_serial(frame),
        position=position,
        obtainable=obtainable,
        **kept,
    )


def read_activation(protocol: str, header: Header, frame: bytes) -> Activation:
    """103 bytes: time, chip id, public key, identity; then the signature."""
    _, kept = _sized(frame, 103)
    chip_at = DATA_AT + 6
    key_at = chip_at + CHIP_ID_SIZE
    vin_at = key_at + PUBLIC_KEY_SIZE
    return Activation(
        protocol=protocol,
        header=header,
        sent_at=read_time(frame, DATA_AT),
        chip_id=frame[chip_at:key_at],
        public_key=frame[key_at:vin_at],
        vin=frame[vin_at : vin_at + VIN_SIZE].decode("latin-1"),
        **kept,
    )


def read_activation_answer(protocol: str, header: Header, frame: bytes) -> ActivationAnswer:
    """Two bytes, sent down."""
    _, kept = _sized(frame, 2)
    status, information = frame[DATA_AT : DATA_AT + 2]
    return ActivationAnswer(protocol=protocol, header=header, status=status, information=information, **kept)


def read_platform_login(protocol: str, header: Header, frame: bytes) -> PlatformLogin:
    """41 bytes: time, serial, user, password, encryption."""
    _, kept = _sized(frame, 41)
    user_at = DATA_AT + 8
    password_at = user_at + USERNAME_SIZE
    return PlatformLogin(
        protocol=protocol,
        header=header,
        **_time_and_serial(frame),
        username=frame[user_at:password_at],
        password=frame[password_at : password_at + PASSWORD_SIZE],
        encryption=frame[password_at + PASSWORD_SIZE],
        **kept,
    )


def read_platform_logout(protocol: str, header: Header, frame: bytes) -> PlatformLogout:
    """8 bytes, as the logout of a terminal."""
    _, kept = _sized(frame, 8)
    return PlatformLogout(protocol=protocol, header=header, **_time_and_serial(frame), **kept)


def read_raw(protocol: str, header: Header, frame: bytes) -> Raw:
    """A message nobody published: kept."""
    return Raw(protocol=protocol, header=header, data=frame[DATA_AT:-1], flags=PacketFlag.BODY_UNKNOWN)


def write_session(message: Message) -> bytes:
    """The frame of any message of this module."""
    return seal(message.header, WRITERS[type(message)](message) + (message.signature or b""))


def _sized(frame: bytes, *sizes: int) -> tuple[int, dict[str, Any]]:
    """The size of the data without a signature, and what is said of the signature; raises on other sizes."""
    end = len(frame) - 1
    present = end - DATA_AT
    if present in sizes:
        return present, {"signature": None, "flags": NO_PACKET_FLAGS}
    unsigned = present - SIGNATURE_SIZE
    if unsigned in sizes and is_signature(frame, DATA_AT + unsigned, end):
        return unsigned, {"signature": frame[DATA_AT + unsigned : -1], "flags": PacketFlag.SIGNATURE_PRESENT}
    wanted = " or ".join(str(size) for size in sizes)
    detail = f"command {frame[2]:02X} carries {present} bytes, its table has {wanted}"
    raise FrameError(FaultCode.LENGTH, 22, detail)


def _time_and_serial(frame: bytes) -> dict[str, Any]:
    serial = int.from_bytes(frame[DATA_AT + 6 : DATA_AT + 8], "big")
    return {"sent_at": read_time(frame, DATA_AT), "serial": serial}


def _head(message: Any) -> bytes:
    return write_time(message.sent_at) + int(message.serial).to_bytes(2, "big")


def _removal(message: RemovalAlarm) -> bytes:
    obtainable = b"" if message.obtainable is None else bytes([message.obtainable])
    return _head(message) + write_position(message.position) + obtainable


def _activation(message: Activation) -> bytes:
    vin = message.vin.encode("latin-1")
    return write_time(message.sent_at) + message.chip_id + message.public_key + vin


WRITERS: Mapping[type, Callable[[Any], bytes]] = {
    Login: lambda message: _head(message) + message.iccid.encode("latin-1"),
    Logout: _head,
    TimeSync: lambda message: b"" if message.sent_at is None else write_time(message.sent_at),
    RemovalAlarm: _removal,
    Activation: _activation,
    ActivationAnswer: lambda message: bytes([message.status, message.information]),
    PlatformLogin: lambda m: _head(m) + m.username + m.password + bytes([m.encryption]),
    PlatformLogout: _head,
    Raw: lambda message: message.data,
}
