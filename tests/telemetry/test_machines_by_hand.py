"""Synthetic machine frames, written out from the tables: no real one is public.

HJ 1014 gives one time and place for the report, HJ 1322 a collect time to each record and a signature.
"""

import re
from datetime import UTC, datetime

import pytest

from telemetry.decode import decode, detect
from telemetry.protocols.annexq.messages import Login, Opaque, Raw, RemovalAlarm, Report, TimeSync
from telemetry.protocols.annexq.stream import Position
from telemetry.protocols.errors import FaultCode, FrameError
from telemetry.protocols.flags import Flag, PacketFlag
from telemetry.protocols.nrmm import codec
from telemetry.protocols.nrmm.messages import CycleAverages, Ecd, MachineStream

CODE = "G91A3PKL7C0000042"
CODE_HEX = "4739314133504B4C374330303030303432"
TIME = "1A 08 14 11 00 05"  # 2026-08-20 17:00:05
PLACE = "00 072DEEF0 027A5D44"  # fix, 120.4508, 41.5737
STREAM = """
    0000 C6 9B 84 1F40 00C8  # 0 km/h, 99 kPa, 30 %, 7 %, 1000 rpm, 10 L/h
    2328 0FA0                # 9000/20 - 200 = 250 ppm, 4000/20 - 200 = 0 ppm
    4B 0FA0 4000 4020 000A   # 30 %, 200 kg/h, 239 C, 240 C, 1.0 kPa
    78 7D                    # 80 C, 50 %
    2710 2328                # EGR 10000 x 0.0025 = 25 %, commanded 22.5 %
"""
SIGNATURE = "20" + "33" * 32 + "20" + "44" * 32


def sealed(text: str) -> bytes:
    """The frame with its check byte: exclusive-or of bytes 2 to the last of the data."""
    raw = bytes.fromhex(re.sub(r"#.*", "", text))
    value = 0
    for byte in raw[2:]:
        value ^= byte
    return raw + bytes([value])


HJ1014 = sealed(f"""
    2323 02 {CODE_HEX} 01 01 003A   # 17 + 12 + 29 = 58 bytes
    {TIME} 0003 {PLACE}
    01 03 02 02 2047 00 AF 90 0C 05 83      # ISO 15031, flashing, two codes
    02 {STREAM}
""")
HJ1322 = sealed(f"""
    2323 02 {CODE_HEX} 01 01 00B3   # 17 + 35 + 35 + 26 + 66 = 179 bytes
    {TIME} 0004 {PLACE}
    02 1A 08 14 11 00 03 {STREAM}
    02 1A 08 14 11 00 04 {STREAM}
    04 1A 08 14 11 00 04
       0BB8 0064 03E8 00C8 10 11 4000 4020 00C8 0258 5F   # raw
    {SIGNATURE}
""")


def test_the_older_style() -> None:
    message = codec.decode(HJ1014)
    assert isinstance(message, Report)
    assert (message.layout, message.device, message.serial, message.flags) == ("hj1014", CODE, 3, 0)
    assert message.position == Position(0, 120.4508, 41.5737)
    ecd = message.records[0].body
    assert isinstance(ecd, Ecd)
    assert [code.text for code in ecd.codes] == ["P2047-00", "B100C-05"]
    assert [code.status for code in ecd.codes] == [0xAF, 0x83]
    stream = message.records[1].body
    assert isinstance(stream, MachineStream)
    assert (stream.egr_opening_pct, stream.egr_commanded_pct) == (25, 22.5)
    (sample,) = codec.samples(message)
    assert sample.at == datetime(2026, 8, 20, 9, 0, 5, tzinfo=UTC)
    assert (sample.lon, sample.lat, sample.fix_valid, sample.odometer_km) == (120.4508, 41.5737, True, None)
    assert (sample.engine_speed_rpm, sample.nox_upstream_ppm, sample.nox_downstream_ppm) == (1000, 250, 0)
    assert sample.flags == Flag(0)


def test_the_newer_style() -> None:
    message = codec.decode(HJ1322)
    assert isinstance(message, Report)
    assert (message.layout, message.flags) == ("hj1322", PacketFlag.SIGNATURE_PRESENT)
    cycle = message.records[2].body
    assert cycle == CycleAverages(3000, 100, 1000, 200, 16, 17, 0x4000, 0x4020, 200, 600, 95)
    first, second = codec.samples(message)
    assert first.at == datetime(2026, 8, 20, 9, 0, 3, tzinfo=UTC)
    assert second.at == datetime(2026, 8, 20, 9, 0, 4, tzinfo=UTC)
    assert first.lon == second.lon == 120.4508


def test_removal_and_time_are_swapped_against_trucks() -> None:
    removal = sealed(f"2323 05 {CODE_HEX} 01 01 0012 {TIME} 0001 {PLACE} 01")
    message = codec.decode(removal)
    assert isinstance(message, RemovalAlarm)
    assert (message.obtainable, message.serial) == (1, 1)
    short = codec.decode(sealed(f"2323 05 {CODE_HEX} 01 01 0011 {TIME} 0001 {PLACE}"))
    assert isinstance(short, RemovalAlarm) and short.obtainable is None
    assert isinstance(codec.decode(sealed(f"2323 06 {CODE_HEX} 01 01 0000")), TimeSync)
    as_truck = codec.decode(sealed(f"2323 06 {CODE_HEX} 01 01 0011 {TIME} 0001 {PLACE}"))
    assert isinstance(as_truck, RemovalAlarm)
    assert detect(removal) == "nrmm"


def test_session_and_vendor_messages() -> None:
    login = codec.decode(sealed(f"2323 01 {CODE_HEX} 01 01 001C {TIME} 0001 {'38' * 20}"))
    assert isinstance(login, Login)
    vendor = codec.decode(sealed(f"2323 70 {CODE_HEX} 01 01 0002 BEEF"))
    assert isinstance(vendor, Raw)
    assert (vendor.data, vendor.flags) == (b"\xbe\xef", PacketFlag.BODY_UNKNOWN)
    with pytest.raises(FrameError) as caught:
        codec.decode(sealed(f"2323 71 {CODE_HEX} 01 01 0000"))
    assert caught.value.code is FaultCode.UNKNOWN_COMMAND


def test_bodies_without_a_published_layout_are_kept_behind_the_others() -> None:
    frame = sealed(f"2323 02 {CODE_HEX} 01 01 0071 {TIME} 0004 {PLACE} 02 1A0814110003 {STREAM} "
                   f"80 1A0814110003 0002 AABB 03 1A0814110003 FFFE01 20{'00' * 39}")  # fmt: skip
    message = codec.decode(frame)
    assert isinstance(message, Report)
    assert message.records[1].body == Opaque(bytes.fromhex("0002AABB"))
    assert message.records[2].body == Opaque(bytes.fromhex("FFFE0120" + "00" * 39))
    assert message.flags == PacketFlag.BODY_UNKNOWN
    assert len(codec.samples(message)) == 1


def test_without_a_topic_the_tables_tell_machine_from_truck() -> None:
    assert [detect(HJ1014), detect(HJ1322)] == ["nrmm", "nrmm"]
    assert decode(HJ1322) == codec.decode(HJ1322)
