"""Which layout a data unit of reports follows: the one that consumes it exactly (GB 17691 Q.6).

A layout is a shape around the bodies: what stands before the first record, whether a record has a serial, a
collect time or a signature. Body sizes depend on their content and some types exist in two sizes, so the fit
is a search over positions; each position is looked at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from telemetry.protocols.annexq.envelope import DATA_AT, is_time
from telemetry.protocols.errors import FaultCode, FrameError

SIGNATURE_SIZE = 66
SIGNATURE_PART = 0x20

Sizes = Callable[[bytes, int, int], tuple[int, ...]]  # frame, body start, end of data -> sizes to try, in order


@dataclass(frozen=True, slots=True)
class BodyKind:
    """How a body is measured, read and written; `sample` marks bodies that are a row of a stream."""

    sizes: Sizes
    read: Callable[[bytes, int, int], Any]
    write: Callable[[Any], bytes]
    sample: bool = False


Bodies = Mapping[int, BodyKind]


@dataclass(frozen=True, slots=True)
class Shape:
    """A layout: bytes before the first record, and what each record carries besides type and body."""

    name: str
    head: int
    record_serial: bool = False
    record_time: bool = False
    record_signature: bool = False
    trailing_signature: bool = False
    answered: bool = False  # the header with an answer flag is the standard's own, not a provider's

    @property
    def prefix(self) -> int:
        """Bytes of a record before its body."""
        return 1 + 2 * self.record_serial + 6 * self.record_time


@dataclass(frozen=True, slots=True)
class Slot:
    """Where a record lies in the frame."""

    type: int
    at: int
    body_at: int
    size: int
    signed: bool

    @property
    def next(self) -> int:
        """The byte behind the record and its signature."""
        return self.body_at + self.size + SIGNATURE_SIZE * self.signed


@dataclass(frozen=True, slots=True)
class Walk:
    """The records of a fit, or how far the search came and why it ended there."""

    slots: tuple[Slot, ...] | None
    end: int  # of the records; a trailing signature follows when it is before the end of the data
    error: FrameError | None = None


def is_signature(frame: bytes, at: int, end: int) -> bool:
    """R length 20, R, S length 20, S: 66 bytes within the data."""
    if at + SIGNATURE_SIZE > end:
        return False
    return frame[at] == SIGNATURE_PART and frame[at + 1 + SIGNATURE_PART] == SIGNATURE_PART


def fixed(*sizes: int) -> Sizes:
    """A body that has one of these sizes."""

    def measure(frame: bytes, at: int, end: int) -> tuple[int, ...]:
        return sizes

    return measure


def word_prefixed(frame: bytes, at: int, end: int) -> tuple[int, ...]:
    """A body that begins with the WORD length of the rest."""
    return (2 + int.from_bytes(frame[at : at + 2], "big"),) if at + 2 <= end else ()


@dataclass(frozen=True, slots=True)
class Counted:
    """A body of a fixed part with a count byte in it, and `each` bytes an item; some counts mean none."""

    count_at: int
    fixed_size: int
    each: int
    none_from: int

    def __call__(self, frame: bytes, at: int, end: int) -> tuple[int, ...]:
        """The size, when the count is there."""
        if at + self.count_at >= end:
            return ()
        count = frame[at + self.count_at]
        return (self.fixed_size + self.each * (0 if count >= self.none_from else count),)


def walk(frame: bytes, shape: Shape, bodies: Bodies) -> Walk:
    """The records of the frame under one shape; depth first, the preferred size first."""
    start, end = DATA_AT + shape.head, len(frame) - 1
    if start >= end:
        return Walk(None, end, FrameError(FaultCode.LENGTH, end, "no information in the data unit"))
    if shape.head and not is_time(frame, DATA_AT):
        return Walk(None, DATA_AT, FrameError(FaultCode.BAD_TIME, DATA_AT, "no possible date"))
    came: dict[int, Slot | None] = {}
    waiting: list[tuple[int, Slot | None]] = [(start, None)]
    furthest = FrameError(FaultCode.LAYOUT, DATA_AT, "no layout fits")
    while waiting:
        at, slot = waiting.pop()
        if at in came:
            continue
        came[at] = slot
        if slot and _is_end(frame, at, end, shape):
            return Walk(_path(came, slot), at)
        found = _records_at(frame, at, end, shape, bodies)
        if isinstance(found, FrameError):
            furthest = max(furthest, found, key=lambda error: error.offset)
        else:
            waiting.extend((record.next, record) for record in reversed(found))
    return Walk(None, furthest.offset, furthest)


def fits(frame: bytes, shapes: Sequence[Shape], bodies: Bodies) -> Iterator[tuple[Shape, Walk]]:
    """Each shape that consumes the data exactly, in the order given."""
    for shape in shapes:
        found = walk(frame, shape, bodies)
        if found.slots is not None:
            yield shape, found


def explain(frame: bytes, shapes: Sequence[Shape], bodies: Bodies) -> FrameError:
    """Why no shape fits: the reason of the one that came furthest."""
    errors = [found.error for found in (walk(frame, shape, bodies) for shape in shapes) if found.error]
    return max(errors, key=lambda error: error.offset)


def _is_end(frame: bytes, at: int, end: int, shape: Shape) -> bool:
    if at == end:
        return True
    return shape.trailing_signature and at + SIGNATURE_SIZE == end and is_signature(frame, at, end)


def _path(came: Mapping[int, Slot | None], last: Slot) -> tuple[Slot, ...]:
    slots: list[Slot] = []
    slot: Slot | None = last
    while slot is not None:
        slots.append(slot)
        slot = came[slot.at]
    return tuple(reversed(slots))


def _records_at(frame: bytes, at: int, end: int, shape: Shape, bodies: Bodies) -> list[Slot] | FrameError:
    """The records that may stand at byte `at`, or why none can."""
    kind = bodies.get(frame[at]) if at < end else None
    if kind is None:
        detail = f"information type {frame[at]:02X} is not known here ({shape.name})"
        return FrameError(FaultCode.UNKNOWN_UNIT, at, detail)
    body_at = at + shape.prefix
    if shape.record_time and not (body_at <= end and is_time(frame, body_at - 6)):
        return FrameError(FaultCode.BAD_TIME, at + 1, f"no possible collect time ({shape.name})")
    slots = []
    for size in kind.sizes(frame, body_at, end):
        stop = body_at + size
        if stop > end:
            continue
        if shape.record_signature and is_signature(frame, stop, end):
            slots.append(Slot(frame[at], at, body_at, size, True))
        slots.append(Slot(frame[at], at, body_at, size, False))
    if slots:
        return slots
    return FrameError(FaultCode.LENGTH, at, f"type {frame[at]:02X} does not end within the data ({shape.name})")
