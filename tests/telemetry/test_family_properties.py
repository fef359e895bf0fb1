"""What must hold for all bytes: a message or FrameError, a round trip, and one reading whatever the way."""

import json
from collections.abc import Callable
from functools import reduce
from operator import xor
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from telemetry.batch import decode_batch
from telemetry.carriage import scan, split
from telemetry.decode import decode, describe, detect
from telemetry.protocols.errors import FrameError
from telemetry.protocols.fieldtable import Field
from telemetry.protocols.gb17691 import codec as gb17691
from telemetry.protocols.gb32960 import codec as gb32960
from telemetry.protocols.gb32960.fields import VEHICLE_FIELDS
from telemetry.protocols.hj1239 import codec as hj1239
from telemetry.protocols.hj1239.fields import CATALYST_NOX_FIELDS, HYBRID_FIELDS, SUPPLEMENT_FIELDS
from telemetry.protocols.nrmm import codec as nrmm
from telemetry.protocols.nrmm.fields import MACHINE_STREAM
from telemetry.samples import COLUMNS

CODECS: dict[str, Any] = {"gb17691": gb17691, "hj1239": hj1239, "nrmm": nrmm, "gb32960": gb32960}
KINDS = ("hdv", "nrmm", "ev")
ODD_BYTES = bytes([0, 0, 1, 2, 2, 3, 4, 5, 6, 0x20, 0x23, 0x80, 0xFA, 0xFB, 0xFE, 0xFF])
SIZES = {1: 96, 2: 37, 3: 30, 4: 8, 5: 32, 0x80: 17}
SEEDS = st.integers(0, 2**48)


def sealed(head: bytes, data: bytes) -> bytes:
    """The frame, its check byte by the definition."""
    covered = head[2:] + len(data).to_bytes(2, "big") + data
    return head[:2] + covered + bytes([reduce(xor, covered)])


def some(random: Random, size: int) -> bytes:
    """Bytes, some of them of the kind that is a type, a mark or a sentinel somewhere."""
    odd = random.random() < 0.5
    return bytes(random.choice(ODD_BYTES) if odd and random.random() < 0.4 else random.randrange(256)
                 for _ in range(size))  # fmt: skip


def a_time(random: Random) -> bytes:
    if random.random() < 0.1:
        return random.choice([bytes(6), bytes([26, 2, 30, 1, 1, 1]), some(random, 6)])
    return bytes([random.randrange(16, 30), random.randrange(1, 13), random.randrange(1, 29),
                  random.randrange(24), random.randrange(60), random.randrange(60)])  # fmt: skip


def a_head(random: Random, command: int) -> bytes:
    identity = b"LFNAHUMJ8P1E%05d" % random.randrange(3)
    if random.random() < 0.05:
        identity = random.choice([bytes(17), b" " * 17, b"ABC" + bytes(14), some(random, 17)])
    encryption = random.choice([1] * 12 + [0, 2, 3])
    if random.random() < 0.3:
        return b"##" + bytes([command, random.choice([0xFE, 0xFE, 1])]) + identity + bytes([encryption])
    return b"##" + bytes([command]) + identity + bytes([random.randrange(3), encryption])


def a_body(random: Random, code: int, machine: bool) -> bytes:
    if machine:
        return some(random, {1: 3, 4: 19}.get(code, 28)) if code != 1 else some(random, 2) + b"\0"
    size = SIZES.get(code, 32)
    return some(random, size - 1) + (b"\0" if code == 1 else some(random, 1))


def a_report(random: Random, layout: str, records: int) -> bytes:
    """A report that its layout consumes, unless an accident of the content says otherwise."""
    machine = layout.startswith("hj")
    plain = random.random() < 0.7
    serial, odd = some(random, 2), layout in "AB" and random.random() < 0.8
    data = a_time(random) + (b"" if layout == "A" else (bytes([0]) + serial[1:] if odd else serial))
    data += bytes([random.randrange(8)]) + some(random, 8) if machine else b""
    for _ in range(records):
        code = 2 if plain else random.choice((1, 2, 4) if machine else (1, 2, 3, 4, 5, 0x80))
        data += bytes([code]) + (serial if layout == "A" else b"")
        data += a_time(random) if layout in ("C", "hj1322") else b""
        data += a_body(random, code, machine)
    if layout in ("C", "hj1322") and random.random() < 0.3:
        data += b"\x20" + some(random, 32) + b"\x20" + some(random, 32)
    return sealed(a_head(random, random.choice([2, 2, 3])), data)


def damaged(random: Random, frame: bytes) -> bytes:
    """The frame, sometimes not as it was sent."""
    fate = random.random()
    at = random.randrange(len(frame))
    if fate < 0.04:
        return frame[:at] + some(random, 1) + frame[at + 1 :]
    if fate < 0.06:
        return frame[:at]
    return frame + b"\0" if fate < 0.08 else frame


def a_session(random: Random) -> bytes:
    command, size = random.choice([(1, 28), (4, 8), (5, 0), (5, 18), (6, 17), (6, 0), (7, 103), (8, 2), (9, 4)])
    return sealed(a_head(random, command), (a_time(random) + some(random, size))[:size])


def a_batch(seed: int, layouts: tuple[str, ...]) -> tuple[list[bytes], list[str | None]]:
    random = Random(seed)
    frames: list[bytes] = []
    for _ in range(random.randrange(1, 4)):
        layout, records = random.choice(layouts), random.choice([1, 1, 2, 3])
        frames += [a_report(random, layout, records) for _ in range(random.randrange(1, 12))]
    frames += [a_session(random) for _ in range(random.randrange(3))]
    random.shuffle(frames)
    frames = [damaged(random, frame) for frame in frames]
    return frames, [random.choice([None, None, *layouts]) for _ in frames]


def one_by_one(kind: str, frames: list[bytes], layouts: list[str | None]) -> dict[str, Any]:
    """The slow obvious way: each frame alone, which is below the number that is read together."""
    alone = [decode_batch(kind, [frame], [layout]) for frame, layout in zip(frames, layouts, strict=True)]
    columns = {name: np.concatenate([one.columns[name] for one in alone]) for name in alone[0].columns}
    columns["packet"] = np.repeat(np.arange(len(frames)), [one.samples_n[0] for one in alone])
    faults = [(i, one.faults[0].code, one.faults[0].offset) for i, one in enumerate(alone) if one.faults]
    messages = [(i, one.messages[0][1]) for i, one in enumerate(alone) if one.messages]
    return {"alone": alone, "columns": columns, "faults": faults, "messages": messages}


def check_equal(kind: str, frames: list[bytes], layouts: list[str | None]) -> None:
    together = decode_batch(kind, frames, layouts)
    expected = one_by_one(kind, frames, layouts)
    assert [(fault.frame, fault.code, fault.offset) for fault in together.faults] == expected["faults"]
    assert together.messages == expected["messages"]
    for name in ("protocol", "layout", "device"):
        assert getattr(together, name) == [getattr(one, name)[0] for one in expected["alone"]], name
    for name in ("command", "sent_us", "serial", "first_us", "last_us", "samples_n", "packet_flags"):
        np.testing.assert_array_equal(
            getattr(together, name), [getattr(one, name)[0] for one in expected["alone"]], name
        )
    assert list(together.columns) == [column.name for column in COLUMNS]
    for column in COLUMNS:
        assert together.columns[column.name].dtype == column.dtype
        np.testing.assert_array_equal(together.columns[column.name], expected["columns"][column.name], column.name)


@settings(max_examples=150, deadline=None)
@given(SEEDS)
def test_trucks_together_are_read_as_one_by_one(seed: int) -> None:
    check_equal("hdv", *a_batch(seed, ("A", "B", "C")))


@settings(max_examples=80, deadline=None)
@given(SEEDS)
def test_machines_together_are_read_as_one_by_one(seed: int) -> None:
    check_equal("nrmm", *a_batch(seed, ("hj1014", "hj1322")))


def test_a_batch_of_none() -> None:
    decoded = decode_batch("hdv", [], [])
    assert (decoded.protocol, decoded.faults, decoded.messages) == ([], [], [])
    assert all(len(decoded.columns[column.name]) == 0 for column in COLUMNS)


def test_an_unknown_kind_is_named() -> None:
    with pytest.raises(ValueError, match="'ship' is not one of hdv"):
        decode_batch("ship", [b"##"], [None])


def any_frame(draw: Callable[[Any], Any]) -> bytes:
    random = Random(draw(SEEDS))
    layout = draw(st.sampled_from(["A", "B", "C", "hj1014", "hj1322", "session", "any"]))
    if layout == "session":
        return a_session(random)
    if layout == "any":
        return sealed(a_head(random, random.randrange(256)), some(random, random.randrange(120)))
    return damaged(random, a_report(random, layout, random.randrange(1, 4)))


FRAMES = st.composite(any_frame)()


@settings(max_examples=400, deadline=None)
@given(st.one_of(FRAMES, st.binary(max_size=80)))
@example(b"")
@example(b"##")
@example(b"~~")
def test_any_bytes_give_a_message_or_a_frame_error(frame: bytes) -> None:
    for kind in (*KINDS, None):
        try:
            message = decode(frame, kind)
        except FrameError as error:
            assert 0 <= error.offset <= len(frame)
            assert "\n" not in error.detail
        else:
            json.dumps(describe(message))


@settings(max_examples=400, deadline=None)
@given(FRAMES, st.sampled_from(sorted(CODECS)))
def test_what_was_decoded_encodes_to_the_same_message(frame: bytes, name: str) -> None:
    codec = CODECS[name]
    try:
        message = codec.decode(frame)
    except FrameError:
        return
    layout = getattr(message, "layout", None)
    again = codec.decode(codec.encode(message), layout)
    once_more = codec.decode(codec.encode(again), layout)
    assert once_more == again
    if layout is None:
        assert again == message
    else:
        assert (again.records, again.position, again.sent_at) == (
            message.records,
            message.position,
            message.sent_at,
        )
        assert codec.samples(again) == codec.samples(message)


@given(
    st.sampled_from([*MACHINE_STREAM, *CATALYST_NOX_FIELDS, *HYBRID_FIELDS, *SUPPLEMENT_FIELDS, *VEHICLE_FIELDS]),
    st.data(),
)
def test_every_raw_number_that_is_one_comes_back(field: Field, data: st.DataObject) -> None:
    raw = data.draw(st.integers(0, (1 << 8 * field.width) - 1))
    value = field.value(raw)
    assert (value is None) == (raw > field.limit)
    if value is not None:
        assert field.raw(value) == raw


@given(st.lists(FRAMES, min_size=1, max_size=4), st.binary(max_size=20), st.integers(1, 40))
def test_a_stream_in_pieces_gives_the_frames_of_the_whole(frames: list[bytes], noise: bytes, size: int) -> None:
    stream = noise + b"".join(frames)
    whole = scan(stream, final=True)
    found: list[bytes] = []
    rest = b""
    for at in range(0, len(stream), size):
        scanned = scan(rest + stream[at : at + size])
        found += scanned.frames
        rest = scanned.rest
    found += scan(rest, final=True).frames
    good = [frame for frame in found if reduce(xor, frame) == 0 and frame[:2] == b"##"]
    assert good == [frame for frame in whole.frames if reduce(xor, frame) == 0 and frame[:2] == b"##"]


@given(st.lists(st.one_of(FRAMES, st.binary(max_size=40)), max_size=4))
def test_a_payload_is_carried_whole(parts: list[bytes]) -> None:
    payload = b"".join(parts)
    carried = split(payload)
    if not carried.hex_text and not payload.strip().startswith((b"{", b"[")):
        kept = sum(map(len, carried.frames)) + sum(len(fault.raw) for fault in carried.faults)
        ignorable = payload.count(b"~") + sum(payload.count(bytes([byte])) for byte in b"\r\n\0 ")
        assert len(payload) - ignorable <= kept <= len(payload) + payload.count(b"~")


@given(FRAMES)
def test_detect_names_a_kind_or_says_why_not(frame: bytes) -> None:
    assert detect(frame) in KINDS if frame[:2] == b"##" else True
