"""Long messages in parts: any order, twice, lost, asked for again."""

from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from telemetry.protocols.flags import PacketFlag
from telemetry.protocols.jt808 import codec, subpackets
from telemetry.protocols.jt808.header import Header
from telemetry.protocols.jt808.messages import Batch, Empty, Location, Message, Part
from telemetry.protocols.jt808.subpackets import Limits, Reassembly, Step, accept, overdue

AT = datetime(2026, 3, 14, 1, 30, 45, tzinfo=UTC)
LIMITS = Limits(wait_us=10, give_up_us=100, open_messages=3, message_bytes=5_000)


def batch(serial: int = 65_534, phone: str = "013912345678") -> Message:
    location = Location(0, 3, 41_572_817, 120_449_960, 175, 610, 270, AT)
    reports = tuple(replace(location, speed_raw=speed) for speed in range(40))
    return Message(Header(0x0704, phone, serial), Batch(1, reports))


def parts_of(message: Message, size: int = 200) -> list[Message]:
    return [codec.decode(frame) for frame in codec.encode_parts(message, size)]


def feed(parts: list[Message], state: Reassembly | None = None) -> tuple[Reassembly, list[Step]]:
    state = state or Reassembly()
    steps = []
    for now, part in enumerate(parts):
        step = accept(state, part, now, LIMITS)
        state = step.state
        steps.append(step)
    return state, steps


def test_the_serial_counts_up_over_the_wrap() -> None:
    parts = parts_of(batch())
    assert [part.serial for part in parts] == [65_534, 65_535, 0, 1, 2, 3, 4]
    state, steps = feed(parts)
    whole = steps[-1].message
    assert whole == replace(batch(), header=replace(batch().header, version_bit=None))
    assert whole is not None
    assert whole.flags == PacketFlag.ASSEMBLED | PacketFlag.REISSUED
    assert state.open == ()


@given(st.data())
def test_order_and_repetition_do_not_matter(data: st.DataObject) -> None:
    parts = parts_of(batch())
    repeated = data.draw(st.lists(st.sampled_from(parts), max_size=6))
    order = data.draw(st.permutations(parts + repeated))
    state, steps = feed(list(order))
    whole = [step.message for step in steps if step.message is not None]
    assert [message.body for message in whole] == [batch().body]
    assert sum(step.repeated for step in steps) == len(repeated)
    assert state.open == ()


@given(st.permutations(range(14)))
def test_two_messages_of_one_terminal_at_once(order: list[int]) -> None:
    parts = parts_of(batch(10)) + parts_of(batch(500))
    _, steps = feed([parts[place] for place in order])
    whole = sorted(step.message.serial for step in steps if step.message is not None)
    assert whole == [10, 500]


def test_a_terminal_that_does_not_count() -> None:
    parts = [replace(part, header=replace(part.header, serial=7)) for part in parts_of(batch())]
    _, steps = feed(parts)
    assert steps[-1].message is not None
    assert steps[-1].message.body == batch().body


def test_missing_parts_are_asked_for_and_come_under_new_serials() -> None:
    parts = parts_of(batch())
    state, _ = feed(parts[:2] + parts[3:5])
    assert state.open[0].missing == (3, 6, 7)
    state, ask, _ = overdue(state, 5, LIMITS)
    assert ask == ()
    state, ask, given_up = overdue(state, 20, LIMITS)
    assert given_up == ()
    assert ask[0].resend().first_serial == 65_534
    assert ask[0].resend().numbers == (3, 6, 7)
    again = [replace(part, header=replace(part.header, serial=900 + place)) for place, part in enumerate(parts)]
    state, steps = feed([again[6], again[2], again[5]], state)
    assert steps[-1].message is not None
    assert steps[-1].message.body == batch().body


def test_each_asking_waits_longer_and_at_last_what_is_there_is_handed_back() -> None:
    state, _ = feed(parts_of(batch())[:3])
    state, ask, _ = overdue(state, 12, LIMITS)
    assert len(ask) == 1
    state, ask, _ = overdue(state, 13, LIMITS)
    assert ask == ()
    state, ask, _ = overdue(state, 22, LIMITS)
    assert [held.asked for held in ask] == [2]
    state, _, given_up = overdue(state, 102, LIMITS)
    assert [len(held.parts) for held in given_up] == [3]
    assert state.open == ()


def test_limits_drop_the_oldest_and_the_too_large_and_say_so() -> None:
    firsts = [parts_of(batch(phone=f"1391234567{place}"))[0] for place in range(4)]
    state, steps = feed(firsts)
    assert len(state.open) == 3
    assert steps[-1].dropped[0].header.device == "13912345670"
    large = Message(Header(0x0801, "1", 1, packet_total=9, packet_number=1), Part(9, 1, bytes(6_000)))
    assert accept(Reassembly(), large, 0, LIMITS).dropped[0].size == 6_000


def test_unreadable_content_is_a_fault_with_its_parts() -> None:
    message = Message(Header(0x0704, "13912345678", 1), Batch(0, (), 1, bytes(300)))
    steps = feed(parts_of(message, 200))[1]
    assert steps[-1].fault is not None
    assert len(steps[-1].dropped[0].parts) == 2


def test_what_is_no_part_passes_through() -> None:
    heartbeat = Message(Header(0x0002, "1", 1), Empty())
    assert accept(Reassembly(), heartbeat, 0).message == heartbeat
    assert subpackets.overdue(Reassembly(), 0) == (Reassembly(), (), ())
