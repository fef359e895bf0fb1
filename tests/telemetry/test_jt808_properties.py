"""Any bytes are a message or a FrameError; what is written can be read again."""

from datetime import UTC, datetime

from hypothesis import example, given
from hypothesis import strategies as st

from telemetry.protocols.errors import FrameError
from telemetry.protocols.jt808 import codec, emission
from telemetry.protocols.jt808.describe import describe
from telemetry.protocols.jt808.fields import MESSAGES
from telemetry.protocols.jt808.frame import check_byte, escape, find_frames, seal, unescape
from telemetry.protocols.jt808.header import Edition, Header
from telemetry.protocols.jt808.messages import (
    Answer,
    Authentication,
    Batch,
    Body,
    CanData,
    CanItem,
    Empty,
    Item,
    Location,
    LocationAnswer,
    Message,
    Registration,
    Resend,
    TimeAnswer,
    Transparent,
)

BYTE, WORD, DWORD = (st.integers(0, 2**bits - 1) for bits in (8, 16, 32))
TIMES = st.datetimes(datetime(2000, 1, 2), datetime(2099, 12, 30), timezones=st.just(UTC)).map(  # noqa: DTZ001
    lambda at: at.replace(microsecond=0)
)
ITEMS = st.lists(st.builds(Item, BYTE, st.binary(max_size=40)), max_size=4).map(tuple)
LOCATIONS = st.builds(
    Location,
    alarm=DWORD,
    status=DWORD,
    latitude_e6=DWORD,
    longitude_e6=DWORD,
    altitude_m=st.integers(-32_768, 32_767),
    speed_raw=WORD,
    direction_deg=WORD,
    at=st.none() | TIMES,
    items=ITEMS,
)
TEXT = st.text("ABCDEFGHJK123456789", min_size=1, max_size=5)
PLATES = st.sampled_from(["辽NA1234", "京AD12345", "辽N12345挂"])
BODIES: dict[int, st.SearchStrategy[Body]] = {
    0x0200: LOCATIONS,
    0x0201: st.builds(LocationAnswer, WORD, LOCATIONS),
    0x0704: st.builds(Batch, BYTE, st.lists(LOCATIONS, max_size=3).map(tuple)),
    0x0001: st.builds(Answer, WORD, WORD, BYTE),
    0x8001: st.builds(Answer, WORD, WORD, BYTE),
    0x8003: st.builds(Resend, WORD, st.lists(WORD, max_size=20).map(tuple)),
    0x8004: st.builds(TimeAnswer, TIMES),
    0x0705: st.builds(
        CanData,
        st.text("0123456789", min_size=10, max_size=10),
        st.lists(st.builds(CanItem, DWORD, st.binary(min_size=8, max_size=8)), max_size=5).map(tuple),
    ),
    0x0900: st.builds(Transparent, BYTE, st.binary(max_size=60)),
    0x0002: st.just(Empty()),
}


@st.composite
def messages(draw: st.DrawFn) -> Message:
    edition = draw(st.sampled_from(Edition))
    command = draw(st.sampled_from(sorted(BODIES)))
    digits = 20 if edition is Edition.E2019 else 12
    phone = draw(st.text("0123456789abcdef", min_size=digits, max_size=digits))
    return Message(Header(command, phone, draw(WORD), edition), draw(BODIES[command]))


@given(messages())
def test_what_is_written_is_read_again(message: Message) -> None:
    frame = codec.encode(message)
    again = codec.decode(frame)
    assert again == message
    assert codec.encode(again) == frame
    assert find_frames(b"\x00" + frame + frame).frames == ((1, frame), (1 + len(frame), frame))
    assert len(codec.samples(again)) == len(message.records)
    describe(again)


@given(st.sampled_from([("2011", Edition.E2013), ("2013", Edition.E2013), ("2019", Edition.E2019)]), st.data())
def test_registrations_and_authentications(pair: tuple[str, Edition], data: st.DataObject) -> None:
    layout, edition = pair
    texts = [data.draw(TEXT) for _ in range(3)]
    registration = Registration(layout, data.draw(WORD), data.draw(WORD), *texts, 2, data.draw(PLATES))
    message = Message(Header(0x0100, "1".rjust(20 if layout == "2019" else 12, "0"), 1, edition), registration)
    assert codec.decode(codec.encode(message)) == message
    code = Authentication("2019" if layout == "2019" else "2013", data.draw(TEXT))
    assert codec.decode(codec.encode(Message(Header(0x0102, "1" * 12, 1, edition), code))).body == code


@given(st.binary(max_size=80))
def test_any_bytes_are_a_message_or_a_refusal(junk: bytes) -> None:
    for frame in (
        junk,
        b"\x7e" + junk + b"\x7e",
        b"\x7e" + escape(junk + bytes([check_byte(junk)])) + b"\x7e",
    ):
        try:
            describe(codec.decode(frame))
        except FrameError as error:
            assert 0 <= error.offset <= len(frame)


@given(st.sampled_from(sorted(MESSAGES)), st.sampled_from(Edition), st.binary(max_size=120))
@example(0x0100, Edition.E2013, bytes(42))
def test_any_body_of_any_message(command: int, edition: Edition, body: bytes) -> None:
    frame = seal(Header(command, "1", 1, edition), body)
    try:
        message = codec.decode(frame)
    except FrameError as error:
        assert 0 <= error.offset <= len(frame)
    else:
        describe(message)
        codec.samples(message)
        assert message.flags is not None


@given(messages(), st.data())
def test_one_changed_byte_is_never_a_crash(message: Message, data: st.DataObject) -> None:
    frame = bytearray(codec.encode(message))
    frame[data.draw(st.integers(0, len(frame) - 1))] = data.draw(BYTE)
    try:
        codec.decode(bytes(frame))
    except FrameError as error:
        assert 0 <= error.offset <= len(frame)


@given(st.binary())
def test_escapes(content: bytes) -> None:
    assert b"\x7e" not in escape(content)
    assert unescape(escape(content)) == content


@given(st.lists(st.builds(emission.SubItem, WORD, st.binary(max_size=60)), max_size=12))
def test_emission_lists(items: list[emission.SubItem]) -> None:
    found = [sub for item in emission.pack(items) for sub in emission.sub_items(item.value)[0]]
    assert found == items
