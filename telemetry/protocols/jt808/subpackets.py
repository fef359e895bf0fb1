"""Putting the parts of a long message together (JT/T 808-2019 clauses 4.4.3 and 8.2: 8003 and 0005).

State in, state out; the time is given, in microseconds. Parts may come in any order, twice, or never. Parts
of one message have serials that count up with the part number; a terminal that gives every part the same
serial is understood too, and so is a part that was asked for again and comes under a new serial.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from telemetry.protocols.errors import FrameError
from telemetry.protocols.jt808.codec import decode, read_message
from telemetry.protocols.jt808.frame import find_frames
from telemetry.protocols.jt808.header import Header, Note
from telemetry.protocols.jt808.messages import Message, Part, Resend

Key = tuple[str, int, int, int]  # device, message id, parts, serial of part 1

_REMEMBERED = 256


@dataclass(frozen=True, slots=True)
class Limits:
    """How long and how much to hold."""

    wait_us: int = 10_000_000  # after the last part, before the missing ones are asked for
    give_up_us: int = 60_000_000  # after the last part, before what is there is handed back unfinished
    open_messages: int = 1_000
    message_bytes: int = 4_000_000


@dataclass(frozen=True, slots=True)
class Open:
    """A message of which some parts are here."""

    header: Header  # of the part that came first
    first_serial: int  # serial of part 1, by counting back
    parts: tuple[tuple[int, Part], ...]  # (serial, part), in the order of arrival
    began_us: int
    last_us: int
    asked: int = 0

    @property
    def total(self) -> int:
        """How many parts the message has."""
        return self.header.packet_total

    @property
    def missing(self) -> tuple[int, ...]:
        """The numbers of the parts that are not here."""
        here = {part.number for _, part in self.parts}
        return tuple(number for number in range(1, self.total + 1) if number not in here)

    @property
    def size(self) -> int:
        """Bytes held."""
        return sum(len(part.data) for _, part in self.parts)

    def resend(self) -> Resend:
        """The body of the 8003 that asks for what is missing (at most 255 at a time)."""
        return Resend(self.first_serial, self.missing[:255])


@dataclass(frozen=True, slots=True)
class Reassembly:
    """Messages of which parts are here, oldest first, and those just finished: their parts may come again."""

    open: tuple[Open, ...] = ()
    finished: tuple[Key, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """What came of one part: the state after it, the whole message if it was the last, and the rest."""

    state: Reassembly
    message: Message | None = None
    repeated: bool = False
    fault: FrameError | None = None  # the parts are complete, their content is not readable
    dropped: tuple[Open, ...] = field(default=())  # given up to stay within the limits


def accept(state: Reassembly, message: Message, now_us: int, limits: Limits | None = None) -> Step:
    """Take in one decoded frame; what is no part of anything comes straight back."""
    limits = limits or Limits()
    part = message.body
    if not isinstance(part, Part):
        return Step(state, message)
    place = _place(state, message, part)
    if place is None and _key(message) in state.finished:
        return Step(state, repeated=True)
    if place is None:
        begun = Open(message.header, _first_serial(message), (), now_us, now_us)
        return _add(state, begun, message, part, now_us, limits)
    held = state.open[place]
    if any(part.number == other.number for _, other in held.parts):
        return Step(state, repeated=True)
    others = replace(state, open=state.open[:place] + state.open[place + 1 :])
    return _add(others, held, message, part, now_us, limits)


def _first_serial(message: Message) -> int:
    return (message.serial - message.header.packet_number + 1) & 0xFFFF


def _key(message: Message) -> Key:
    return message.device, message.command, message.header.packet_total, _first_serial(message)


def _place(state: Reassembly, message: Message, part: Part) -> int | None:
    """Which open message the part belongs to."""
    header = message.header
    alike = [
        place
        for place, held in enumerate(state.open)
        if (held.header.device, held.header.message_id, held.total) == (header.device, header.message_id, part.total)
    ]
    for fits in (_counts_up, _same_serial, _was_asked_for):
        for place in alike:
            if fits(state.open[place], message, part):
                return place
    return None


def _counts_up(held: Open, message: Message, part: Part) -> bool:
    if held.first_serial != _first_serial(message):
        return False
    return all(other.number != part.number or other.data == part.data for _, other in held.parts)


def _same_serial(held: Open, message: Message, part: Part) -> bool:
    if any(serial != message.serial for serial, _ in held.parts):
        return False
    return all(other.number != part.number or other.data == part.data for _, other in held.parts)


def _was_asked_for(held: Open, message: Message, part: Part) -> bool:
    return held.asked > 0 and part.number in held.missing


def _add(others: Reassembly, held: Open, message: Message, part: Part, now_us: int, limits: Limits) -> Step:
    grown = replace(held, parts=(*held.parts, (message.serial, part)), last_us=now_us)
    if grown.size > limits.message_bytes:
        return Step(others, dropped=(grown,))
    if not grown.missing:
        return _finish(others, grown)
    kept = (*others.open, grown)
    excess = max(0, len(kept) - limits.open_messages)
    return Step(replace(others, open=kept[excess:]), dropped=kept[:excess])


def _finish(state: Reassembly, held: Open) -> Step:
    pieces = sorted((part.number, part.data) for _, part in held.parts)
    body = b"".join(data for _, data in pieces)
    key = (held.header.device, held.header.message_id, held.total, held.first_serial)
    state = replace(state, finished=(*state.finished, key)[-_REMEMBERED:])
    header = replace(held.header, serial=held.first_serial, packet_total=0, packet_number=0)
    try:
        return Step(state, read_message(header, body, (Note.ASSEMBLED,)))
    except FrameError as error:
        return Step(state, fault=error, dropped=(held,))


def wholes_of(frames: Iterable[bytes]) -> list[tuple[Message, tuple[bytes, ...]]]:
    """The messages that are complete among these frames of one terminal, each with its parts' frames in order."""
    state, found = Reassembly(), []
    frame_of: dict[tuple[int, int, int], bytes] = {}
    for frame in frames:
        message = decode(frame)
        if not isinstance(message.body, Part):
            continue
        key = (message.serial, message.body.total, message.body.number)
        frame_of.setdefault(key, frame)
        before, step = state, accept(state, message, 0)
        state = step.state
        if step.message is not None:
            parts = _parts_of(before, state, message, message.body)
            found.append((step.message, tuple(frame_of[serial, part.total, part.number] for serial, part in parts)))
    return found


def _parts_of(before: Reassembly, after: Reassembly, last: Message, part: Part) -> list[tuple[int, Part]]:
    gone = [held for held in before.open if held not in after.open]
    held = gone[0].parts if gone else ()
    return sorted((*held, (last.serial, part)), key=lambda pair: pair[1].number)


def read_joined(frames: bytes) -> Message | None:
    """The message whose parts' frames stand behind each other, None where these bytes are something else."""
    cut = [frame for _, frame in find_frames(frames).frames]
    try:
        wholes = wholes_of(cut) if len(cut) > 1 else []
    except FrameError:
        return None
    return wholes[0][0] if len(wholes) == 1 and len(wholes[0][1]) == len(cut) else None


def overdue(
    state: Reassembly, now_us: int, limits: Limits | None = None
) -> tuple[Reassembly, tuple[Open, ...], tuple[Open, ...]]:
    """The state, the messages whose missing parts to ask for now, and those given up.

    Each asking waits as long again as the one before: T(n+1) = T(n) x (n+1).
    """
    limits = limits or Limits()
    kept, ask, given_up = [], [], []
    for held in state.open:
        quiet_us = now_us - held.last_us
        if quiet_us >= limits.give_up_us:
            given_up.append(held)
        elif quiet_us >= _patience_us(held.asked, limits):
            ask.append(replace(held, asked=held.asked + 1))
            kept.append(ask[-1])
        else:
            kept.append(held)
    return replace(state, open=tuple(kept)), tuple(ask), tuple(given_up)


def _patience_us(asked: int, limits: Limits) -> int:
    wait = limits.wait_us
    for number in range(1, asked + 1):
        wait *= number + 1
    return wait
