"""The fast reader of location reports equals the codec, or leaves a frame to it."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.fleet import make_fleet, stream
from telemetry.jt808_batch import read_together
from telemetry.packed import Packed
from telemetry.protocols.errors import FrameError
from telemetry.protocols.jt808 import codec, emission
from telemetry.protocols.jt808.fields import EMISSION, MILEAGE, REMAINING_FUEL
from telemetry.protocols.jt808.frame import seal
from telemetry.protocols.jt808.header import Edition, Header
from telemetry.protocols.jt808.location import write_location
from telemetry.protocols.jt808.messages import Item, Location
from telemetry.samples import COLUMNS

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
NAMES = [column.name for column in COLUMNS if column.name not in ("packet", "at_us")]
DTYPES = {column.name: column.dtype for column in COLUMNS}


def assert_equal_to_the_codec(frames: Sequence[bytes]) -> int:
    """Every frame that is read fast is read the same way by the codec; how many were."""
    return sum(compare(frames, packed) for packed in read_together(frames, [None] * len(frames)))


def compare(frames: Sequence[bytes], packed: Packed) -> int:
    assert (packed.protocol, packed.layout, packed.records) == ("jt808", None, 1)
    assert len(set(packed.rows.tolist())) == len(packed.rows)
    for place, row in enumerate(packed.rows.tolist()):
        message = codec.decode(frames[row])
        (sample,) = codec.samples(message)
        assert packed.command[place] == message.command == 0x0200
        assert (packed.device[place], packed.serial[place]) == (message.device, message.serial)
        assert packed.packet_flags[place] == int(message.flags)
        at_us = 0 if sample.at is None else (sample.at - EPOCH) // MICROSECOND
        times = (packed.sent_us, packed.first_us, packed.last_us, packed.columns["at_us"])
        assert [int(column[place]) for column in times] == [at_us] * 4
        for name in NAMES:
            wanted = np.array([getattr(sample, name)], dtype=DTYPES[name])
            np.testing.assert_array_equal(packed.columns[name][place : place + 1], wanted, err_msg=name)
    return len(packed.rows)


BYTE, WORD, DWORD = (st.integers(0, 2**bits - 1) for bits in (8, 16, 32))
KNOWN = [*EMISSION, REMAINING_FUEL, MILEAGE, 0x5111, 0x5115]
WIDTHS = {sub_id: known.lengths[0] for sub_id, known in EMISSION.items()}
WIDTHS |= {REMAINING_FUEL: 2, MILEAGE: 5, 0x5111: 1, 0x5115: 17}


@st.composite
def sub_items(draw: st.DrawFn) -> emission.SubItem:
    sub_id = draw(st.sampled_from(KNOWN) | WORD)
    width = draw(st.just(WIDTHS.get(sub_id, 2)) | st.integers(0, 6))
    value = draw(
        st.binary(min_size=width, max_size=width) | st.sampled_from([b"\xff", b"\x00"]).map(lambda b: b * width)
    )
    return emission.SubItem(sub_id, value)


@st.composite
def item_lists(draw: st.DrawFn) -> tuple[Item, ...]:
    plain = st.builds(Item, st.sampled_from([0x01, 0x02, 0x11, 0x30, 0x31, 0xE1]) | BYTE, st.binary(max_size=6))
    mileage = st.builds(Item, st.just(0x01), st.binary(min_size=4, max_size=4))
    lists = st.sampled_from([0xEA, 0xEC])
    packed = st.lists(sub_items(), max_size=5).map(lambda subs: emission.pack(subs))
    items = draw(st.lists(plain | mileage, max_size=4))
    for item in draw(packed) + draw(packed):
        items.append(Item(draw(lists), item.value[: draw(st.sampled_from([255, len(item.value) - 1]))]))
    return tuple(draw(st.permutations(items)))


@st.composite
def reports(draw: st.DrawFn) -> bytes:
    near = st.tuples(st.integers(40_000_000, 43_000_000), st.integers(118_000_000, 122_000_000))
    lat, lon = draw(near | st.tuples(DWORD, DWORD) | st.just((0, 0)) | near.map(lambda pair: pair[::-1]))
    location = Location(
        alarm=draw(DWORD),
        status=draw(st.integers(0, 63) | DWORD),
        latitude_e6=lat,
        longitude_e6=lon,
        altitude_m=draw(st.integers(-32_768, 32_767)),
        speed_raw=draw(st.integers(0, 1_200) | st.just(0xFFFF)),
        direction_deg=draw(st.integers(0, 361)),
        at=None,
        items=draw(item_lists()),
        tail=draw(st.sampled_from([b"", b"", b"\x01", b"\x01\x04\x00"])),
    )
    body = bytearray(write_location(location))
    body[22:28] = draw(
        st.sampled_from(["260314093045", "240229235959", "000000000000", "000101075959", "991231235959"])
        .map(bytes.fromhex)
        .filter(bool)
        | st.sampled_from(["250229000000", "261301000000", "26031424595A", "260314240000"]).map(bytes.fromhex)
    )
    edition = draw(st.sampled_from(Edition))
    phone = draw(st.text("0123456789", min_size=12, max_size=12) | st.just("00000000000a"))
    return seal(Header(0x0200, phone, draw(WORD), edition), bytes(body))


@given(st.lists(reports(), max_size=5))
def test_random_reports_are_read_as_the_codec_reads_them(frames: list[bytes]) -> None:
    assert_equal_to_the_codec(frames)


@given(st.lists(reports(), min_size=1, max_size=3), st.data())
def test_a_broken_frame_is_left_to_the_codec(frames: list[bytes], data: st.DataObject) -> None:
    broken = bytearray(frames[0])
    broken[data.draw(st.integers(0, len(broken) - 1))] ^= data.draw(st.integers(1, 255))
    assert_equal_to_the_codec([bytes(broken), *frames[1:], b"", b"~", b"~~", b"##", b"~}~"])


def test_a_whole_fleet_is_read_fast() -> None:
    members = [one for one in make_fleet(60, 20, seed=3) if one.kind == "jt808"]
    frames = [one.frame for one in stream(members, 1_773_451_840_000_000, 60, seed=3)]
    assert assert_equal_to_the_codec(frames) == len(frames) > 60


def test_an_empty_batch_and_one_of_other_frames() -> None:
    assert list(read_together([], [])) == []
    heartbeat = seal(Header(0x0002, "13912345678", 1), b"")
    assert list(read_together([heartbeat, heartbeat], [None, None])) == []


def test_possible_and_impossible_dates() -> None:
    days = (0, 1, 28, 29, 30, 31, 32)
    times = [f"{year:02d}{month:02d}{day:02d}" for year in (0, 23, 24) for month in range(14) for day in days]
    body = bytearray(28)
    frames = []
    for number, date in enumerate(times):
        body[22:28] = bytes.fromhex(date + "235959")
        frames.append(seal(Header(0x0200, "1", number), bytes(body)))
    read = assert_equal_to_the_codec(frames)
    refused = 0
    for frame in frames:
        try:
            codec.decode(frame)
        except FrameError:
            refused += 1
    assert read == len(frames) - refused


@pytest.mark.shared
def test_frames_of_real_terminals(shared_dir: Path) -> None:
    given = json.loads((shared_dir / "frames" / "jt808.json").read_text(encoding="utf-8"))
    frames = [bytes.fromhex(one["hex"]) for one in given]
    assert assert_equal_to_the_codec(frames) > 40
