"""JT/T 808 frames built by hand from the tables: one message id at a time, and the odd ones."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from telemetry.protocols.errors import FaultCode, FrameError
from telemetry.protocols.flags import Flag, PacketFlag
from telemetry.protocols.jt808 import codec, emission
from telemetry.protocols.jt808.describe import describe
from telemetry.protocols.jt808.frame import check_byte, escape, find_frames, unescape
from telemetry.protocols.jt808.header import Edition, Header, Note
from telemetry.protocols.jt808.messages import (
    Answer,
    Attributes,
    Authentication,
    Batch,
    CanData,
    CanItem,
    Empty,
    Item,
    Location,
    LocationAnswer,
    Message,
    Part,
    Raw,
    Registration,
    RegistrationAnswer,
    Resend,
    TimeAnswer,
    Transparent,
)

# A location report of 28 bytes, field by field (table 23).
BASIC = bytes.fromhex(
    "00000100"  # alarm: bit 8, main power lost
    "00040003"  # status: ACC on, positioned, GPS used
    "027A59D1"  # latitude  41.572817
    "072DEBA8"  # longitude 120.450984
    "00AF"  # altitude 175 m
    "0262"  # speed 61.0 km/h
    "010E"  # direction 270
    "260314093045"  # 2026-03-14 09:30:45, GMT+8
)
AT = datetime(2026, 3, 14, 1, 30, 45, tzinfo=UTC)


def framed(hexadecimal: str) -> bytes:
    """Header and body in hexadecimal, to which check byte, escapes and marks are added the slow way."""
    content = bytes.fromhex(hexadecimal)
    total = 0
    for byte in content:
        total ^= byte
    out = b""
    for byte in (*content, total):
        out += {0x7E: b"\x7d\x02", 0x7D: b"\x7d\x01"}.get(byte, bytes([byte]))
    return b"\x7e" + out + b"\x7e"


def old_header(message_id: str, body: str, attributes: int = 0) -> str:
    """2013: id, attributes, phone 013912345678, serial 00A1."""
    return f"{message_id}{attributes | len(bytes.fromhex(body)):04X}01391234567800A1"


def new_header(message_id: str, body: str) -> str:
    """2019: id, attributes with bit 14, version 1, phone of 20 digits, serial 00A1."""
    return f"{message_id}{0x4000 | len(bytes.fromhex(body)):04X}010000000001391234567800A1"


def old(message_id: str, body: str) -> Message:
    return codec.decode(framed(old_header(message_id, body) + body))


def new(message_id: str, body: str) -> Message:
    return codec.decode(framed(new_header(message_id, body) + body))


def refusal(frame: bytes) -> tuple[FaultCode, int]:
    with pytest.raises(FrameError) as refused:
        codec.decode(frame)
    return refused.value.code, refused.value.offset


# --- envelope ---------------------------------------------------------------------------------------------


def test_escape_vector_of_the_standard() -> None:
    assert escape(bytes.fromhex("307E087D55")) == bytes.fromhex("307D02087D0155")
    assert unescape(bytes.fromhex("307D02087D0155")) == bytes.fromhex("307E087D55")
    assert unescape(bytes.fromhex("7D0102")) == bytes.fromhex("7D02")


def test_an_escaped_check_byte() -> None:
    message = codec.decode(bytes.fromhex("7E00020000040021679287002B7D027E"))
    assert (message.command, message.device, message.serial) == (2, "40021679287", 43)
    assert message.body == Empty()


def test_padding_of_the_phone_is_the_same_terminal() -> None:
    short, long = old("0002", ""), new("0002", "")
    assert short.device == long.device == "13912345678"
    assert (short.header.phone, long.header.phone) == ("013912345678", "00000000013912345678")
    assert (short.header.edition, long.header.edition) == (Edition.E2013, Edition.E2019)


def test_a_phone_that_is_not_bcd_stays_hexadecimal() -> None:
    message = codec.decode(framed("00020000" + "4F07788EF87A" + "0001"))
    assert message.device == "4f07788ef87a"
    assert message.notes == (Note.PHONE_NOT_BCD,)


@pytest.mark.parametrize("bit", [0x4000, 0x0000])
def test_the_header_that_comes_out_counts_not_the_version_bit(bit: int) -> None:
    body = BASIC.hex()
    attributes = f"{bit | 28:04X}"
    wrong = f"0200{attributes}01391234567800A1" if bit else f"0200{attributes}010000000001391234567800A1"
    message = codec.decode(framed(wrong + body))
    assert message.device == "13912345678"
    assert Note.VERSION_BIT_WRONG in message.notes
    assert message.flags & PacketFlag.HEADER_TOLERATED
    assert codec.encode(message) == framed(wrong + body)


def test_refusals_name_the_place() -> None:
    good = framed(old_header("0200", BASIC.hex()) + BASIC.hex())
    assert refusal(b"") == (FaultCode.START, 0)
    assert refusal(b"\x23\x23") == (FaultCode.START, 0)
    assert refusal(good[:-1]) == (FaultCode.LENGTH, len(good) - 1)
    assert refusal(b"\x7e") == (FaultCode.LENGTH, 1)
    assert refusal(b"\x7e\x7e") == (FaultCode.LENGTH, 1)
    assert refusal(good[:20] + b"\x00" + good[21:])[0] is FaultCode.CHECK_BYTE
    assert refusal(good[:20] + b"\x7d\x05" + good[22:]) == (FaultCode.ESCAPE, 20)
    assert refusal(framed(old_header("0200", BASIC.hex()) + BASIC.hex()[:-2]))[0] is FaultCode.LENGTH
    encrypted = old_header("0200", BASIC.hex(), attributes=0x0400) + BASIC.hex()
    assert refusal(framed(encrypted)) == (FaultCode.ENCRYPTED, 3)


def test_a_place_behind_an_escape_counts_bytes_as_they_came() -> None:
    body = BASIC[:22] + bytes.fromhex("261314093045")  # month 13
    plain = framed(old_header("0200", body.hex()) + body.hex())
    assert refusal(plain) == (FaultCode.BAD_TIME, 1 + 12 + 22)
    body = b"\x00\x00\x00\x7e" + body[4:]
    escaped = framed(old_header("0200", body.hex()) + body.hex())
    assert refusal(escaped) == (FaultCode.BAD_TIME, 1 + 12 + 22 + 1)
    body = BASIC[:22] + bytes.fromhex("2A0314093045")
    assert refusal(framed(old_header("0200", body.hex()) + body.hex()))[0] is FaultCode.NOT_BCD


def test_frames_out_of_a_run_of_bytes() -> None:
    heartbeat = framed("00020000" + "013912345678" + "0001")
    found = find_frames(b"\x00junk" + heartbeat + heartbeat[1:] + b"\x7e\x7e" + heartbeat[:7])
    assert found.junk == b"\x00junk"
    assert found.frames == ((5, heartbeat), (5 + len(heartbeat) - 1, heartbeat))
    assert found.rest == heartbeat[:7]
    assert find_frames(b"nothing").junk == b"nothing"
    assert find_frames(heartbeat).rest == b"\x7e"


# --- location ---------------------------------------------------------------------------------------------


def test_location_report() -> None:
    items = bytes.fromhex(
        "0104000186A0"  # mileage 10,000.0 km
        "02020258"  # fuel 60.0 L
        "03020258"  # recorder 60.0 km/h
        "300115"  # signal 21
        "31010C"  # 12 satellites
    )
    message = old("0200", (BASIC + items).hex())
    location = message.body
    assert isinstance(location, Location)
    assert (location.lat, location.lon) == (41.572817, 120.449960)
    assert location.at == message.sent_at == AT
    assert (location.speed_kmh, location.direction_deg, location.altitude_m) == (61.0, 270, 175)
    (sample,) = codec.samples(message)
    assert (sample.odometer_km, sample.satellites, sample.speed_kmh) == (10_000.0, 12, 61.0)
    assert (sample.at, sample.fix_valid, sample.alarm, sample.status) == (AT, True, 0x100, 0x40003)
    assert sample.flags == Flag(0)
    shown = describe(message)["body"]
    assert shown["alarm"]["names"] == ["main_power_lost"]
    assert shown["status"]["names"] == ["acc_on", "positioned", "gps_used"]
    assert shown["items"][1] == {"id": "0x02", "hex": "0258", "name": "fuel_l", "value": 60.0, "unit": "L"}


@pytest.mark.parametrize(
    ("status", "lat", "lon"),
    [(0x02, 41.572817, 120.44996), (0x06, -41.572817, 120.44996), (0x0E, -41.572817, -120.44996)],
)
def test_signs_come_from_the_status(status: int, lat: float, lon: float) -> None:
    body = BASIC[:4] + status.to_bytes(4, "big") + BASIC[8:]
    location = old("0200", body.hex()).records[0]
    assert (location.lat, location.lon) == (lat, lon)


def position(status: int, lat_e6: int, lon_e6: int) -> Message:
    body = BASIC[:4] + b"".join(value.to_bytes(4, "big") for value in (status, lat_e6, lon_e6)) + BASIC[16:]
    return old("0200", body.hex())


def test_doubtful_positions_are_flagged_and_kept() -> None:
    assert codec.samples(position(2, 0, 0))[0].flags == Flag.COORD_ZERO
    assert codec.samples(position(0, 41_500_000, 120_400_000))[0].flags == Flag.NO_FIX
    assert position(0x22, 41_500_000, 120_400_000).flags == PacketFlag.GCJ02_DECLARED
    (swapped,) = codec.samples(position(2, 120_400_000, 41_500_000))
    assert swapped.flags & Flag.COORD_SWAPPED
    assert swapped.flags & Flag.OUT_OF_RANGE
    assert swapped.lat is None
    assert position(2, 120_400_000, 41_500_000).records[0].lat == 120.4


def test_a_terminal_without_a_clock() -> None:
    message = old("0200", (BASIC[:22] + bytes(6)).hex())
    assert message.records[0].at is None
    assert codec.samples(message)[0].flags == Flag.TIME_UNKNOWN
    assert codec.encode(message) == framed(old_header("0200", BASIC.hex()) + (BASIC[:22] + bytes(6)).hex())


def test_repeated_overrunning_and_odd_items() -> None:
    items = "30011530011611000104000186A0310514"
    message = old("0200", BASIC.hex() + items)
    location = message.records[0]
    assert [item.id for item in location.items] == [0x30, 0x30, 0x11, 0x01]
    assert location.tail == bytes.fromhex("310514")
    assert {Note.ITEM_OVERRUN, Note.ITEM_LENGTH} <= set(message.notes)
    assert message.flags & PacketFlag.TLV_DAMAGED
    assert codec.samples(message)[0].odometer_km == 10_000.0


def test_a_single_trailing_byte() -> None:
    message = old("0200", BASIC.hex() + "00")
    assert message.records[0].tail == b"\x00"
    assert message.flags == PacketFlag.TRAILING_BYTES


def test_altitude_below_the_sea() -> None:
    assert old("0200", (BASIC[:16] + b"\xff\xfe" + BASIC[18:]).hex()).records[0].altitude_m == -2


def test_location_answer_and_batch() -> None:
    answer = old("0201", "00A0" + BASIC.hex())
    assert isinstance(answer.body, LocationAnswer)
    assert answer.body.answered_serial == 0xA0
    report = BASIC + bytes.fromhex("31010C")
    body = "000201001F" + report.hex() + "001C" + BASIC.hex()
    batch = old("0704", body)
    assert isinstance(batch.body, Batch)
    assert [len(location.items) for location in batch.records] == [1, 0]
    assert batch.flags == PacketFlag.REISSUED
    assert codec.encode(batch) == framed(old_header("0704", body) + body)
    assert len(codec.samples(batch)) == 2


def test_a_batch_that_miscounts() -> None:
    body = "000300001C" + BASIC.hex() + "001C" + BASIC.hex()[:-2]
    message = old("0704", body)
    assert len(message.records) == 1
    assert {Note.COUNT_MISMATCH, Note.TRAILING} <= set(message.notes)
    assert codec.encode(message) == framed(old_header("0704", body) + body)
    short = "000100001C" + BASIC.hex()[:-2]
    assert refusal(framed(old_header("0704", short) + short))[0] is FaultCode.LENGTH
    broken = "00010000050102030405"
    assert refusal(framed(old_header("0704", broken) + broken))[0] is FaultCode.LENGTH


# --- emission items ---------------------------------------------------------------------------------------

# raw as in the worked example of the engine stream, each under its VJT number
EMISSION = (
    "60C0"
    "02"
    "036A"  # 874 rpm
    "60D0"
    "01"
    "26"  # 38 km/h on the bus
    "6050"
    "01"
    "5B"  # 51 C
    "62F0"
    "02"
    "0150"  # 33.6 %
    "5005"
    "02"
    "0163"  # 17.75 L/h
    "5101"
    "01"
    "98"  # 27 %
    "5102"
    "01"
    "B4"  # 55 %
    "5103"
    "02"
    "1CA8"  # 166.8 ppm
    "5104"
    "02"
    "109A"  # 12.5 ppm
    "5105"
    "01"
    "AA"  # 68 %
    "5106"
    "02"
    "0017"  # 1.15 kg/h
    "5107"
    "02"
    "2BAA"  # 76.3125 C
    "5108"
    "02"
    "2A22"  # 64.0625 C
    "5109"
    "02"
    "04A2"  # 118.6 kPa
    "511A"
    "02"
    "0078"  # 1.20 1/m
)
WANTED = {
    "engine_speed_rpm": 874,
    "speed_kmh": 38,
    "coolant_c": 51,
    "fuel_level_pct": 33.6,
    "fuel_rate_lph": 17.75,
    "torque_net_pct": 27,
    "torque_friction_pct": 55,
    "nox_upstream_ppm": 166.8,
    "nox_downstream_ppm": 12.5,
    "reagent_level_pct": 68,
    "air_flow_kgph": 1.15,
    "scr_inlet_c": 76.3125,
    "scr_outlet_c": 64.0625,
    "dpf_pressure_kpa": 118.6,
    "opacity_m1": 1.2,
}


def item(item_id: str, value: str) -> str:
    return f"{item_id}{len(bytes.fromhex(value)):02X}{value}"


def test_emission_items_fill_the_columns_of_the_engine_stream() -> None:
    mileage = item("EA", "000305010001E240")  # 123,456 m
    message = old("0200", BASIC.hex() + item("EC", EMISSION) + mileage)
    (sample,) = codec.samples(message)
    assert {name: getattr(sample, name) for name in WANTED} == pytest.approx(WANTED)
    assert sample.odometer_km == 123.456
    assert message.records[0].speed_kmh == 61.0
    assert describe(message)["body"]["emission"]["quantities"]["coolant_c"] == {"value": 51.0, "unit": "C"}


@pytest.mark.parametrize("cut", [5, 26, 27, 28, 29])
def test_an_emission_list_may_go_on_in_a_second_item(cut: int) -> None:
    first, second = EMISSION[: 2 * cut], EMISSION[2 * cut :]
    message = old("0200", BASIC.hex() + item("EC", first) + item("30", "15") + item("EC", second))
    (sample,) = codec.samples(message)
    assert {name: getattr(sample, name) for name in WANTED} == pytest.approx(WANTED)
    assert message.notes == ()


def test_not_available_is_no_number() -> None:
    raw = "60C002FFFF510302FEFF5104020000510501FB60D001FF"
    (sample,) = codec.samples(old("0200", BASIC.hex() + item("EC", raw)))
    assert sample.engine_speed_rpm is sample.nox_upstream_ppm is sample.reagent_level_pct is None
    assert sample.nox_downstream_ppm == -200
    assert sample.speed_kmh == 61.0  # the report's own, as the bus has none
    assert sample.flags == Flag.SENTINEL | Flag.NOX_SENSOR_OFF


def test_air_flow_in_grams_serves_where_kilograms_are_missing() -> None:
    found = emission.read_emission([Item(0xEC, bytes.fromhex("500A02000A"))])  # 1.0 g/s
    assert found.quantities["air_flow_kgph"] == 3.6
    both = emission.read_emission([Item(0xEC, bytes.fromhex("500A02000A5106020014"))])
    assert both.quantities["air_flow_kgph"] == 1.0


def test_remaining_fuel_in_litres_is_no_percentage() -> None:
    found = emission.read_emission([Item(0xEC, bytes.fromhex("62F0028064"))])
    assert found.quantities == {"fuel_remaining_l": 10.0}


def test_identity_words_and_raw_parts() -> None:
    value = bytes.fromhex("511511") + b"LGHXCAE28M6789012" + bytes.fromhex("51110102511302DEA0")
    found = emission.read_emission([Item(0xEC, value)])
    assert found.texts == {"vin": "LGHXCAE28M6789012"}
    assert found.words == {"obd_protocol": 2, "monitors_supported": 0xDEA0}


def test_an_emission_list_that_is_another_vendors() -> None:
    """Bytes that mean something else: no quantity, no flag; a known list cut short: kept and flagged."""
    foreign = emission.read_emission([Item(0xEC, bytes.fromhex("30DE4BF67368CE"))])
    assert not foreign
    assert not foreign.overrun
    message = old("0200", BASIC.hex() + item("EC", "60C002036A510302"))
    assert Note.EMISSION_OVERRUN in message.notes
    assert codec.samples(message)[0].engine_speed_rpm == 874


def test_packing_respects_the_item_limit() -> None:
    many = [emission.SubItem(0x5118, bytes(36)) for _ in range(14)]
    packed = emission.pack(many)
    assert [len(one.value) for one in packed] == [6 * 39, 6 * 39, 2 * 39]
    assert [emission.sub_items(one.value)[1] for one in packed] == [b"", b"", b""]


# --- session ----------------------------------------------------------------------------------------------


def text(value: str, width: int) -> str:
    return value.encode("gbk").ljust(width, b"\0").hex()


PLATE = "辽NA1234"

REGISTRATIONS = [
    ("2011", 8, 5, 7, old),
    ("2013", 20, 5, 7, old),
    ("2019", 30, 11, 30, new),
]


@pytest.mark.parametrize(("layout", "model", "maker", "terminal", "read"), REGISTRATIONS)
def test_registration(layout: str, model: int, maker: int, terminal: int, read: object) -> None:
    body = (
        "0015"  # province 21, Liaoning
        "0527"  # city 1319
        + text("MKR", maker)
        + text("M-808", model)
        + text("T000001", terminal)
        + "02"  # yellow
        + PLATE.encode("gbk").hex()
    )
    message = read("0100", body)  # type: ignore[operator]
    assert message.body == Registration(layout, 21, 0x527, "MKR", "M-808", "T000001", 2, PLATE)
    assert codec.encode(message) in (
        framed(old_header("0100", body) + body),
        framed(new_header("0100", body) + body),
    )


@pytest.mark.parametrize(("layout", "model", "maker", "terminal", "read"), REGISTRATIONS)
def test_a_vehicle_without_a_plate_registers_by_vin(
    layout: str, model: int, maker: int, terminal: int, read: object
) -> None:
    vin = "LGHXCAE28M6789012"
    body = "00000000" + text("MKR", maker) + text("M-808", model) + text("T1", terminal) + "00" + text(vin, 17)
    message = read("0100", body)  # type: ignore[operator]
    assert (message.body.layout, message.body.vin) == (layout, vin)


def test_texts_padded_on_the_left_with_the_digit_zero() -> None:
    body = (
        "00000000"
        + ("0" * 3 + "Koike002").encode().hex()
        + ("0" * 22 + "Koike002").encode().hex()
        + ("0" * 22 + "Koike002").encode().hex()
        + "02"
        + PLATE.encode("gbk").hex()
    )
    registration = new("0100", body).body
    assert isinstance(registration, Registration)
    assert (registration.maker, registration.model, registration.terminal) == ("Koike002",) * 3


def test_a_registration_cut_short_is_refused() -> None:
    assert refusal(framed(old_header("0100", "0015") + "0015"))[0] is FaultCode.LENGTH


def test_registration_answer() -> None:
    assert old("8100", "00A100" + b"CODE1".hex()).body == RegistrationAnswer(0xA1, 0, "CODE1")
    assert old("8100", "00A103").body == RegistrationAnswer(0xA1, 3)


IMEI = b"860123456789012".hex()


def test_authentication() -> None:
    assert old("0102", b"CODE1".hex()).body == Authentication("2013", "CODE1")
    code = "05" + b"CODE1".hex()
    fixed = new("0102", code + IMEI + text("V1.0", 20))
    assert fixed.body == Authentication("2019", "CODE1", "860123456789012", "V1.0")
    counted = new("0102", code + IMEI + "04" + b"V1.0".hex())
    assert counted.body == Authentication("2019-length", "CODE1", "860123456789012", "V1.0")
    long = new("0102", code + IMEI + "13" + (b"V" * 19).hex())  # 20 bytes, of which the first counts the rest
    assert long.body == Authentication("2019-length", "CODE1", "860123456789012", "V" * 19)
    for message in (fixed, counted, long):
        assert codec.decode(codec.encode(message)) == message


def test_authentication_that_follows_no_edition() -> None:
    bare = new("0102", b"CODE1".hex())
    assert bare.body == Authentication("2013", "CODE1")
    assert Note.AUTH_LAYOUT in bare.notes
    odd = new("0102", "05" + b"CODE1".hex() + IMEI + b"V12".hex())
    assert odd.body == Authentication("2019-other", "CODE1", "860123456789012", "V12")
    assert odd.flags == PacketFlag.AMBIGUOUS_LAYOUT


@pytest.mark.parametrize("message_id", ["0002", "0003", "0004"])
def test_messages_without_a_body(message_id: str) -> None:
    assert old(message_id, "").body == Empty()
    assert old(message_id, "00").body == Raw(b"\x00")
    assert Note.TRAILING in old(message_id, "00").notes


@pytest.mark.parametrize("message_id", ["0001", "8001"])
def test_answers(message_id: str) -> None:
    assert old(message_id, "00A1020004").body == Answer(0xA1, 0x200, 4)
    for body in ("00A10200", "00A102000400"):
        assert refusal(framed(old_header(message_id, body) + body))[0] in (
            FaultCode.LENGTH,
            FaultCode.TRAILING,
        )


@pytest.mark.parametrize("message_id", ["8003", "0005"])
def test_requests_for_parts(message_id: str) -> None:
    assert old(message_id, "00A10200030005").body == Resend(0xA1, (3, 5))
    assert new(message_id, "00A1000200030005").body == Resend(0xA1, (3, 5))
    assert new(message_id, "00A10200030005").body == Resend(0xA1, (3, 5))
    short = "00A1030003"
    assert refusal(framed(old_header(message_id, short) + short))[0] is FaultCode.LENGTH


def test_the_platforms_clock_is_utc() -> None:
    message = new("8004", "260314013045")
    assert message.body == TimeAnswer(AT)
    assert message.sent_at == AT
    assert codec.encode(message) == framed(new_header("8004", "260314013045") + "260314013045")


def test_can_data() -> None:
    body = "0001093045012398FEF1000102030405060708"
    can = old("0705", body).body
    assert can == CanData("0930450123", (CanItem(0x98FEF100, bytes(range(1, 9))),))
    assert isinstance(can, CanData)
    assert can.items[0].can_id == 0x18FEF100
    assert refusal(framed(old_header("0705", body) + "0002" + body[4:]))[0] is FaultCode.LENGTH


@pytest.mark.parametrize("message_id", ["0900", "8900"])
def test_passed_on(message_id: str) -> None:
    assert old(message_id, "F0010203").body == Transparent(0xF0, b"\x01\x02\x03")


def test_terminal_attributes() -> None:
    body = (
        "0007"
        + text("MKR", 5)
        + text("M-808", 20)
        + text("T000001", 7)
        + "89860123456789012345"
        + "02"
        + b"H1".hex()
        + "02"
        + b"F2".hex()
        + "03"
        + "01"
    )
    wanted = Attributes("2013", 7, "MKR", "M-808", "T000001", "89860123456789012345", "H1", "F2", 3, 1)
    assert old("0107", body).body == wanted
    assert refusal(framed(old_header("0107", body[:-2]) + body[:-2]))[0] is FaultCode.LENGTH


def test_an_unknown_message_keeps_its_body() -> None:
    message = old("0F01", "01020304")
    assert message.body == Raw(b"\x01\x02\x03\x04")
    assert message.flags == PacketFlag.BODY_UNKNOWN
    assert codec.samples(message) == ()
    assert describe(message)["body"] == {"data": "01020304"}


def test_a_part_stays_a_part() -> None:
    header = "0801200301391234567800A100040002"
    message = codec.decode(framed(header + "010203"))
    assert message.body == Part(4, 2, b"\x01\x02\x03")
    assert codec.encode(message) == framed(header + "010203")
    for total, number in (("0000", "0001"), ("0004", "0000"), ("0004", "0005")):
        odd = "0801200301391234567800A1" + total + number + "010203"
        assert refusal(framed(odd)) == (FaultCode.SUBPACKET, 1 + 12)


def test_a_message_in_one_part_is_whole() -> None:
    header = "0200201C01391234567800A100010001"
    message = codec.decode(framed(header + BASIC.hex()))
    assert message.records[0].at == AT
    assert codec.encode(message) == framed(header + BASIC.hex())


def test_a_frame_without_its_escapes_is_read_and_noted() -> None:
    body = BASIC[:3] + b"\x7e" + BASIC[4:]
    content = bytes.fromhex(old_header("0200", body.hex())) + body
    bare = b"\x7e" + content + bytes([check_byte(content)]) + b"\x7e"
    message = codec.decode(bare)
    assert Note.NOT_ESCAPED in message.notes
    assert message.records[0].alarm == 0x17E


def test_what_cannot_be_encoded_is_said() -> None:
    header = Header(0x0900, "13912345678", 1)
    with pytest.raises(ValueError, match="1023 bytes"):
        codec.encode(Message(header, Transparent(1, bytes(2000))))
    with pytest.raises(ValueError, match="too long"):
        codec.encode(Message(replace(header, phone="1234567890123"), Empty()))
