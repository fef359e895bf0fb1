"""Payloads and streams: what is a frame, what is not, and nothing lost."""

import json

import pytest

from telemetry.carriage import GREATEST_DATA, scan, split
from telemetry.protocols.errors import FaultCode

VIN = "4C464E4148554D4A385031453030303137"
LOGOUT = bytes.fromhex(f"2323 04 {VIN} 01 01 0008 1A 08 14 00 00 02 0001".replace(" ", ""))
CHECK = 0
for _byte in LOGOUT[2:]:
    CHECK ^= _byte
LOGOUT += bytes([CHECK])
# 0002 heartbeat of a 2013 box: id, attributes, phone 013800138000, serial 1, check byte
HEARTBEAT = bytes.fromhex("7E 0002 0000 013800138000 0001 A9 7E".replace(" ", ""))


def test_the_heartbeat_of_this_file_is_one() -> None:
    value = 0
    for byte in HEARTBEAT[1:-1]:
        value ^= byte
    assert value == 0


def test_one_frame_is_itself() -> None:
    for frame in (LOGOUT, HEARTBEAT):
        assert split(frame).frames == (frame,)
        assert split(frame).faults == ()


def test_frames_behind_each_other_of_both_families() -> None:
    carried = split(LOGOUT + HEARTBEAT + HEARTBEAT + LOGOUT)
    assert carried.frames == (LOGOUT, HEARTBEAT, HEARTBEAT, LOGOUT)
    assert carried.faults == ()


def test_one_mark_may_close_a_frame_and_open_the_next() -> None:
    carried = split(HEARTBEAT + HEARTBEAT[1:])
    assert carried.frames == (HEARTBEAT, HEARTBEAT)


def test_noise_is_kept_with_its_place() -> None:
    carried = split(b"\x01\x02\x03" + LOGOUT + b"\x04\x05" + HEARTBEAT + b"\x06")
    assert carried.frames == (LOGOUT, HEARTBEAT)
    assert [(fault.code, fault.offset, fault.raw) for fault in carried.faults] == [
        (FaultCode.START, 0, b"\x01\x02\x03"),
        (FaultCode.START, 3 + len(LOGOUT), b"\x04\x05"),
        (FaultCode.START, 5 + len(LOGOUT) + len(HEARTBEAT), b"\x06"),
    ]


def test_a_false_start_does_not_hide_the_frame_behind_it() -> None:
    false_start = b"##\x02" + b"A" * 19 + b"\x00\x40"
    assert split(false_start + LOGOUT).frames == (LOGOUT,)
    assert split(b"#" + LOGOUT).frames == (LOGOUT,)


def test_an_implausible_length_does_not_stall_a_stream() -> None:
    head = b"##\x02" + b"A" * 19
    patient = scan(head + GREATEST_DATA.to_bytes(2, "big") + LOGOUT)
    assert (patient.frames, len(patient.rest)) == ((), 24 + len(LOGOUT))
    hasty = scan(head + (GREATEST_DATA + 1).to_bytes(2, "big") + LOGOUT)
    assert hasty.frames == (LOGOUT,)


def test_an_incomplete_frame_waits_in_a_stream_and_is_a_fault_in_a_message() -> None:
    for frame in (LOGOUT, HEARTBEAT):
        part = frame[:-1]
        assert scan(part).rest == part
        assert scan(part).faults == ()
        carried = split(part)
        assert carried.frames == ()
        assert [fault.raw for fault in carried.faults] == [part]
    assert split(LOGOUT[:-1]).faults[0].code is FaultCode.LENGTH


def test_a_wrong_check_byte_is_left_to_the_decoder() -> None:
    wrong = LOGOUT[:-1] + bytes([CHECK ^ 1])
    assert split(wrong).frames == (wrong,)
    assert split(LOGOUT + wrong + LOGOUT).frames == (LOGOUT, wrong, LOGOUT)
    broken = HEARTBEAT[:-2] + b"\xaa\x7e"
    assert split(LOGOUT + broken + LOGOUT).frames == (LOGOUT, broken, LOGOUT)


@pytest.mark.parametrize("text", [LOGOUT.hex(), LOGOUT.hex().upper(), LOGOUT.hex(" "), f" {LOGOUT.hex()}\r\n"])
def test_hexadecimal_text(text: str) -> None:
    carried = split(text.encode("ascii"))
    assert (carried.frames, carried.hex_text, carried.faults) == ((LOGOUT,), True, ())


def test_hexadecimal_text_of_several_frames() -> None:
    assert split((LOGOUT.hex() + "\n" + HEARTBEAT.hex()).encode()).frames == (LOGOUT, HEARTBEAT)


def test_half_a_byte_of_text_is_named() -> None:
    text = LOGOUT.hex()[:-1].encode()
    carried = split(text)
    assert carried.frames == ()
    assert [(fault.code, fault.raw) for fault in carried.faults] == [(FaultCode.HEX_TEXT, text)]


def test_json_objects_are_taken_one_by_one() -> None:
    first, second = b'{"lon": 120.45, "text": "} {"}', b'[{"lat": 41.5}]'
    assert split(first).frames == (first,)
    assert split(b" " + first + b"\n" + second + b"\n").frames == (first, second)


def test_frames_wrapped_in_json_are_taken_out() -> None:
    """As one maker's platform sends them: the raw frame as text inside its own object."""
    payload = {"seq": 1, "event": [{"info": {"vin": "LFNAHUMJ8P1E00017", "data": LOGOUT.hex().upper()}}]}
    carried = split(json.dumps(payload).encode())
    assert (carried.frames, carried.hex_text) == ((LOGOUT,), True)
    assert split(b'{"device": "7E0123456789", "lon": 120.4}').frames == (b'{"device": "7E0123456789", "lon": 120.4}',)


def test_json_that_does_not_parse_is_left_to_its_decoder() -> None:
    assert split(b'{"lon": 120.45').frames == (b'{"lon": 120.45',)


@pytest.mark.parametrize("payload", [b"", b" ", b"\r\n"])
def test_nothing_is_nothing(payload: bytes) -> None:
    assert split(payload).frames == ()
    assert split(payload).faults == ()


def test_text_that_is_neither_is_a_fault() -> None:
    carried = split(b"hello")
    assert [(fault.code, fault.raw) for fault in carried.faults] == [(FaultCode.START, b"hello")]
