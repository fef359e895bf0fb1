"""Truck frames written from the tables of GB 17691-2018 Annex Q and HJ 1239.3-2021, not by our encoder."""

import re
from datetime import UTC, datetime

import pytest

from telemetry.decode import decode
from telemetry.protocols.annexq.diagnostics import lamp_on, monitors
from telemetry.protocols.annexq.messages import (
    Activation,
    ActivationAnswer,
    Login,
    Logout,
    Opaque,
    PlatformLogin,
    PlatformLogout,
    RemovalAlarm,
    Report,
    TimeSync,
)
from telemetry.protocols.annexq.stream import Position
from telemetry.protocols.errors import FaultCode, FrameError
from telemetry.protocols.flags import Flag, PacketFlag
from telemetry.protocols.gb17691 import codec as gb17691
from telemetry.protocols.hj1239 import codec as hj1239
from telemetry.protocols.hj1239.messages import (
    CatalystNoxStream,
    CatalystStream,
    Hybrid,
    Supplement,
    VendorItems,
)


def unhex(text: str) -> bytes:
    """Bytes of commented hexadecimal text."""
    return bytes.fromhex(re.sub(r"#.*", "", text))


VIN = "LFNAHUMJ8P1E00017"
VIN_HEX = "4C464E4148554D4A385031453030303137"

WARM = """
    3C00      # speed 15360/256 = 60 km/h
    C8        # 200 x 0.5 = 100 kPa
    A0        # net torque 160 - 125 = 35 %
    82        # friction 130 - 125 = 5 %
    2EE0      # 12000/8 = 1500 rpm
    012C      # 300 x 0.05 = 15 L/h
    2710      # NOx up 10000 x 0.05 - 200 = 300 ppm
    1194      # NOx down 4500 x 0.05 - 200 = 25 ppm
    7D        # reagent 125 x 0.4 = 50 %
    1770      # air 6000 x 0.05 = 300 kg/h
    4220      # SCR in 16928/32 - 273 = 256 C
    4240      # SCR out 16960/32 - 273 = 257 C
    0019      # DPF 25 x 0.1 = 2.5 kPa
    7D        # coolant 125 - 40 = 85 C
    C8        # tank 200 x 0.4 = 80 %
    00        # fix, north, east
    072DEEF0  # 120.450800
    027A5D44  # 41.573700
    0001E240  # 123456 x 0.1 = 12345.6 km
"""
COLD = """
    FB00      # speed: error code
    FA        # 250 x 0.5 = 125 kPa, the greatest
    00        # -125 %
    FA        # 125 %
    FAFF      # 64255/8 = 8031.875 rpm, the greatest
    FFF0      # fuel: not available
    0000      # NOx up -200 ppm: sensor not lit off
    FEFF      # NOx down: error code
    FB        # reagent: above 100 %
    FFFF
    FAFF      # 64255/32 - 273 = 1734.96875 C
    0000      # -273 C
    FFFF
    00        # -40 C
    FA        # 100 %
    07        # no fix, south, west
    00000001  # 0.000001
    00000002  # 0.000002
    FB000000  # odometer: error code
"""
# Layout A: time, then {type, serial, body}
LAYOUT_A = f"""
    2323 02 {VIN_HEX} 01 01 0056    # 6 + 2 x 40 = 86 bytes
    1A 08 14 09 1E 3B               # 2026-08-20 09:30:59
    02 0007 {WARM}
    02 0008 {COLD}
    %s
"""
# Layout C: send time, serial, {type, collect time, body}, signature
SIGNATURE = "20" + "11" * 32 + "20" + "22" * 32
OBD_J1939 = f"""
    02                              # SAE J1939
    01                              # lamp on
    DEA0 1EA0                       # supported, not complete
    {VIN_HEX}
    43414C2D3031 000000000000000000000000   # CAL-01
    00112233445566778899AABBCCDDEEFF0011
    000A 0014 {"0000" * 16}         # 10 conditions, 20 ignition cycles
    02                              # two codes
    90 0C 05 83                     # SPN 0x0C90 = 3216, FMI 5, conversion bit, 3 times
    61 16 E4 01                     # SPN 0x71661 = 464481, FMI 4, once
"""
LAYOUT_C = f"""
    2323 03 {VIN_HEX} 05 01 00E5    # re-issued
    1A 08 14 09 1F 00 0102          # sent 2026-08-20 09:31:00, serial 258
    01 000000000000 {OBD_J1939}     # never read: time unknown
    02 1A 08 14 09 1E 3A {WARM}
    {SIGNATURE}
    %s
"""
GAS = "3C00 C8 A0 82 2EE0 012C"
PLACE = "00 072DEEF0 027A5D44 0001E240"
LAYOUT_C_GAS = f"""
    2323 02 {VIN_HEX} 05 01 008B
    1A 08 14 09 1F 00 0001
    03 1A 08 14 09 1F 00 {GAS}
       8000                         # lambda 32768 x 0.0000305 = 0.999424
       50                           # 0.80 V
       1770 7D 4220 {PLACE}         # 30 bytes, no NOx sensor
    05 1A 08 14 09 1F 01 {GAS}
       8000 50 1194                 # 25 ppm downstream
       1770 7D 4220 {PLACE}         # 32 bytes
    04 1A 08 14 09 1F 01
       0BB8 32 1770 2904 50         # 3000 rpm, 50 %, 600.0 V, 10500 x 0.1 - 1000 = 50 A, 80 %
    80 1A 08 14 09 1F 01
       09 7D 00000028 48 0000 00C8 000003E8 2720
    80 1A 08 14 09 1F 01
       0007 2711 01 AA 2712 00      # WORD length 7: two items
    %s
"""


def sealed(text: str) -> bytes:
    """The frame with its check byte, by the definition: exclusive-or of bytes 2 to the last of the data."""
    raw = unhex(text.replace("%s", ""))
    value = 0
    for byte in raw[2:]:
        value ^= byte
    return raw + bytes([value])


def utc(*moment: int) -> datetime:
    return datetime(*moment, tzinfo=UTC)


def test_layout_a_gives_each_record_its_second() -> None:
    frame = sealed(LAYOUT_A)
    message = gb17691.decode(frame)
    assert isinstance(message, Report)
    assert (message.layout, message.device, message.header.software_version) == ("A", VIN, 1)
    assert [record.serial for record in message.records] == [7, 8]
    assert message.flags == PacketFlag(0)
    warm, cold = gb17691.samples(message)
    assert warm.at == utc(2026, 8, 20, 1, 30, 59)
    assert cold.at == utc(2026, 8, 20, 1, 31, 0)
    assert warm.flags == Flag(0)
    assert cold.flags == Flag.TIME_ASSUMED | Flag.NO_FIX | Flag.SENTINEL | Flag.NOX_SENSOR_OFF


def test_stream_values() -> None:
    warm, cold = gb17691.samples(gb17691.decode(sealed(LAYOUT_A)))
    assert (warm.speed_kmh, warm.pressure_kpa, warm.torque_net_pct, warm.torque_friction_pct) == (
        60,
        100,
        35,
        5,
    )
    assert (warm.engine_speed_rpm, warm.fuel_rate_lph, warm.air_flow_kgph) == (1500, 15, 300)
    assert (warm.nox_upstream_ppm, warm.nox_downstream_ppm, warm.reagent_level_pct) == (300, 25, 50)
    assert (warm.scr_inlet_c, warm.scr_outlet_c, warm.dpf_pressure_kpa) == (256, 257, 2.5)
    assert (warm.coolant_c, warm.fuel_level_pct, warm.odometer_km) == (85, 80, 12345.6)
    assert (warm.lon, warm.lat, warm.fix_valid) == (120.4508, 41.5737, True)
    assert (cold.speed_kmh, cold.fuel_rate_lph, cold.nox_downstream_ppm, cold.reagent_level_pct) == (None,) * 4
    assert (cold.air_flow_kgph, cold.dpf_pressure_kpa, cold.odometer_km) == (None,) * 3
    assert (cold.pressure_kpa, cold.torque_net_pct, cold.torque_friction_pct) == (125, -125, 125)
    assert (cold.engine_speed_rpm, cold.scr_inlet_c, cold.scr_outlet_c) == (8031.875, 1734.96875, -273)
    assert (cold.coolant_c, cold.fuel_level_pct, cold.nox_upstream_ppm) == (-40, 100, -200)
    assert (cold.lon, cold.lat, cold.fix_valid, cold.status) == (-0.000001, -0.000002, False, 7)


@pytest.mark.parametrize("codec", [gb17691, hj1239])
def test_layout_c_with_obd_and_signature(codec) -> None:
    message = codec.decode(sealed(LAYOUT_C))
    assert (message.layout, message.serial, message.sent_at) == ("C", 258, utc(2026, 8, 20, 1, 31, 0))
    assert message.signature == bytes.fromhex(SIGNATURE)
    assert message.flags == PacketFlag.SIGNATURE_PRESENT | PacketFlag.REISSUED
    obd = message.records[0]
    assert obd.collected_at is None
    assert [code.text for code in obd.body.codes] == ["SPN 3216 FMI 5", "SPN 464481 FMI 4"]
    assert [code.occurrences for code in obd.body.codes] == [3, 1]
    assert obd.body.iupr[:2] == (10, 20)
    assert lamp_on(obd.body.mil) is True
    (sample,) = codec.samples(message)
    assert sample.at == utc(2026, 8, 20, 1, 30, 58)


def test_monitor_bits_count_from_the_least_significant() -> None:
    assert monitors(0xDEA0) == (
        "exhaust_gas_sensor", "egr_vvt", "boost_pressure", "dpf", "scr_nox_adsorber", "nmhc_catalyst",
        "fuel_system", "comprehensive_component",
    )  # fmt: skip
    assert monitors(1) == ("catalyst",)


def test_gas_and_hybrid_bodies() -> None:
    message = hj1239.decode(sealed(LAYOUT_C_GAS))
    assert isinstance(message, Report)
    plain, nox, hybrid, supplement, items = (record.body for record in message.records)
    assert isinstance(plain, CatalystStream)
    assert (plain.upstream_lambda, plain.downstream_oxygen_v, plain.air_flow_kgph) == (0.999424, 0.8, 300)
    assert (plain.coolant_c, plain.catalyst_c, plain.odometer_km) == (85, 256, 12345.6)
    assert isinstance(nox, CatalystNoxStream)
    assert (nox.nox_downstream_ppm, nox.position) == (25, Position(0, 120.4508, 41.5737))
    assert hybrid == Hybrid(3000, 50, 600, 50, 80)
    assert supplement == Supplement(9, 50, 20, 32, 2.0, 1000, 40)
    assert items == VendorItems(((0x2711, b"\xaa"), (0x2712, b"")))
    samples = hj1239.samples(message)
    assert [sample.nox_downstream_ppm for sample in samples] == [None, 25]
    assert [sample.flags for sample in samples] == [Flag(0), Flag(0)]  # no sensor is not a sentinel


def test_layout_b_takes_a_signature_behind_each_body() -> None:
    text = f"""
        2323 02 {VIN_HEX} 01 01 0096        # 8 + 38 + 66 + 38 = 150 bytes
        1A 08 14 09 1E 00 0009
        02 {WARM} {SIGNATURE}
        02 {WARM}
    """
    message = decode(sealed(text), "hdv")
    assert isinstance(message, Report)
    assert (message.layout, message.serial, message.protocol) == ("B", 9, "gb17691")
    assert [record.signature is not None for record in message.records] == [True, False]


def test_the_remembered_layout_decides_an_ambiguous_frame() -> None:
    # type 02, serial 0002 for A; serial 0200, type 02 for B: one body of 37 bytes either way
    frame = sealed(f"2323 02 {VIN_HEX} 01 01 002E 1A 08 14 09 1E 00 02 00 02 {WARM}")
    guessed = decode(frame, "hdv")
    assert isinstance(guessed, Report)
    assert (guessed.layout, guessed.flags) == ("A", PacketFlag.AMBIGUOUS_LAYOUT)
    for layout in "AB":
        known = decode(frame, "hdv", layout)
        assert isinstance(known, Report)
        assert (known.layout, known.flags) == (layout, PacketFlag(0))
    moved = decode(frame, "hdv", "C")
    assert isinstance(moved, Report)
    assert moved.flags == PacketFlag.AMBIGUOUS_LAYOUT | PacketFlag.LAYOUT_CHANGED


def test_session_messages() -> None:
    iccid = "3839383631313139323232303335353037383737"
    login = sealed(f"2323 01 {VIN_HEX} 01 01 001C 1A 08 14 00 00 01 0001 {iccid}")
    message = decode(login, "hdv")
    assert isinstance(message, Login)
    assert (message.serial, message.iccid) == (1, "89861119222035507877")
    assert message.sent_at == utc(2026, 8, 19, 16, 0, 1)
    logout = decode(sealed(f"2323 04 {VIN_HEX} 01 01 0008 1A 08 14 00 00 02 0001"), "hdv")
    assert isinstance(logout, Logout)
    sync = decode(sealed(f"2323 05 {VIN_HEX} 01 01 0000"), "hdv")
    assert isinstance(sync, TimeSync) and sync.sent_at is None
    removal = decode(sealed(f"2323 06 {VIN_HEX} 01 01 0011 1A 08 14 00 00 02 0001 01 072DEEF0 027A5D44"), "hdv")
    assert isinstance(removal, RemovalAlarm)
    assert removal.position == Position(1, 120.4508, 41.5737)
    chip, key = "AB" * 16, "CD" * 64
    activation = decode(
        sealed(f"2323 07 {VIN_HEX} 01 01 00A9 1A 08 14 00 00 02 {chip} {key} {VIN_HEX} {SIGNATURE}"), "hdv"
    )
    assert isinstance(activation, Activation)
    assert (activation.chip_id.hex().upper(), activation.vin) == (chip, VIN)
    assert activation.flags == PacketFlag.SIGNATURE_PRESENT
    answer = decode(sealed(f"2323 08 {VIN_HEX} 01 01 0002 02 01"), "hdv")
    assert isinstance(answer, ActivationAnswer) and (answer.status, answer.information) == (2, 1)


def test_the_start_tells_platform_commands_from_terminal_ones() -> None:
    login = sealed(f"7E7E 07 FE {VIN_HEX} 01 0029 1A 08 14 00 00 02 0001 {'41' * 12} {'42' * 20} 01")
    message = decode(login, "hdv")
    assert isinstance(message, PlatformLogin)
    assert (message.username, message.password) == (b"A" * 12, b"B" * 20)
    logout = decode(sealed(f"7E7E 08 FE {VIN_HEX} 01 0008 1A 08 14 00 00 02 0001"), "hdv")
    assert isinstance(logout, PlatformLogout)


def test_a_platform_packet_is_opened_to_the_frame_it_wraps() -> None:
    inner = sealed(LAYOUT_C)
    wrapped = sealed(f"7E7E 02 FE {VIN_HEX} 01 {len(inner):04X} {inner.hex()}")
    assert decode(wrapped) == decode(inner, "hdv")
    data = unhex(LAYOUT_C.replace("%s", ""))[24:]
    bare = decode(sealed(f"7E7E 02 FE {VIN_HEX} 01 {len(data):04X} {data.hex()}"))
    assert isinstance(bare, Report) and len(bare.records) == 2


@pytest.mark.parametrize(
    ("text", "code", "offset"),
    [
        ("2423 05 {vin} 01 01 0000", FaultCode.START, 0),
        ("2323 05 {vin} 01 01 0001", FaultCode.LENGTH, 22),
        ("2323 05 {vin} 01 02 0000", FaultCode.ENCRYPTED, 21),
        ("2323 02 {vin} 01 03 002E 1A08140900000002000237" + "00" * 36, FaultCode.LENGTH, 22),
        ("2323 05 00112233445566778899AABBCCDDEEFF00 01 01 0000", FaultCode.DEVICE, 4),
        ("2323 7F {vin} 01 01 0000", FaultCode.UNKNOWN_COMMAND, 2),
        ("2323 04 {vin} 01 01 0008 1A 0D 14 00 00 02 0001", FaultCode.BAD_TIME, 24),
        ("2323 04 {vin} 01 01 0007 1A 08 14 00 00 02 00", FaultCode.LENGTH, 22),
        ("2323 02 {vin} 01 01 0008 1A 02 1E 00 00 02 0001", FaultCode.LENGTH, 32),
        ("2323 02 {vin} 01 01 0009 1A 02 1E 00 00 02 0001 02", FaultCode.BAD_TIME, 24),
        ("2323 02 {vin} 01 01 0009 1A 02 1C 00 00 02 0001 00", FaultCode.UNKNOWN_UNIT, 32),
    ],
)
def test_faults_name_the_cause_and_the_place(text: str, code: FaultCode, offset: int) -> None:
    with pytest.raises(FrameError) as caught:
        decode(sealed(text.format(vin=VIN_HEX)), "hdv")
    assert (caught.value.code, caught.value.offset) == (code, offset)


def test_a_wrong_check_byte_is_named_with_both_values() -> None:
    frame = sealed(LAYOUT_A)
    with pytest.raises(FrameError, match="check byte is 00") as caught:
        decode(frame[:-1] + b"\0", "hdv")
    assert (caught.value.code, caught.value.offset) == (FaultCode.CHECK_BYTE, len(frame) - 1)


def test_relayed_data_in_the_clear_is_read_whatever_the_encryption_byte_says() -> None:
    """A provider was seen to do so; a terminal's own header is taken at its word."""
    data = unhex(LAYOUT_C.replace("%s", ""))[24:].hex()
    relayed = decode(sealed(f"2323 02 FE {VIN_HEX} 03 00E5 {data}"), "hdv")
    assert isinstance(relayed, Report)
    assert relayed.flags & PacketFlag.ENCRYPTION_CLAIMED
    for frame in (f"2323 02 {VIN_HEX} 01 03 00E5 {data}", f"2323 02 FE {VIN_HEX} 03 0104 {'5A' * 260}"):
        with pytest.raises(FrameError) as caught:
            decode(sealed(frame), "hdv")
        assert caught.value.code is FaultCode.ENCRYPTED


def test_the_vin_of_the_obd_body_is_compared_with_the_header() -> None:
    other = VIN_HEX[:-2] + "38"
    flags = {}
    for name, vin in {"same": VIN_HEX, "other": other, "zeros": "30" * 17, "blank": "00" * 17}.items():
        body = OBD_J1939.replace(VIN_HEX, vin)
        frame = sealed(f"2323 02 {VIN_HEX} 01 01 0077 1A 08 14 09 1F 00 0102 01 1A 08 14 09 1F 00 {body}")
        flags[name] = bool(decode(frame, "hdv").flags & PacketFlag.VIN_MISMATCH_OBD)
    assert flags == {"same": False, "other": True, "zeros": False, "blank": False}


def test_a_vendor_body_is_kept_raw() -> None:
    frame = sealed(f"2323 02 {VIN_HEX} 01 01 000F 1A 08 14 09 1F 00 81 0001 0004 DEADBEEF")
    message = decode(frame, "hdv")
    assert isinstance(message, Report)
    assert message.records[0].body == Opaque(bytes.fromhex("0004DEADBEEF"))
    assert message.flags & PacketFlag.BODY_UNKNOWN


def test_a_count_of_codes_of_fe_means_none() -> None:
    body = unhex(OBD_J1939)[:95].hex() + "FE"
    message = decode(sealed(f"2323 02 {VIN_HEX} 01 01 0069 1A 08 14 09 1F 00 01 0001 {body}"), "hdv")
    assert isinstance(message, Report)
    assert message.records[0].body.codes == ()
