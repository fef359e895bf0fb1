"""From what a message or a stream carries to frames (GB 17691 Q.6.4, JT/T 808 4.4; carriage over MQTT).

Binary frames, several behind each other; hexadecimal text of them; JSON objects. There is no byte stuffing in
the `##` family, so a start mark proves nothing: a candidate is a frame when its length is present and its
check byte comes out, otherwise the search goes on one byte further. JT/T 808 frames stand between 7E.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from itertools import pairwise

from telemetry.protocols.annexq.envelope import SMALLEST, check_byte, verify
from telemetry.protocols.errors import Fault, FaultCode, FrameError

LENGTH_PREFIXED = (b"##", b"~~", b"$$")
FLAG = 0x7E
START = re.compile(rb"##|\$\$|~")
PREFIXED_START = re.compile(rb"(?=##|\$\$|~~)")  # overlapping: a start may follow a false one at once
GREATEST_DATA = 8192  # a declared length above this is a false start
SMALLEST_ESCAPED = 15  # 7E, twelve header bytes, check byte, 7E
HEX_TEXT = re.compile(rb"[0-9A-Fa-f\s]+")
WRAPPED_START = re.compile(rb'"(?:2323|2424|7[Ee])[0-9A-Fa-f]{28}')
WRAPPED_FRAME = re.compile(r"(?:2323|2424|7[Ee])(?:[0-9A-Fa-f]{2}){14,}")  # no device says so by accident
JSON_OPENERS = (b"{", b"[")


@dataclass(frozen=True, slots=True)
class Carried:
    """The frames of one payload in order, whether it was text, what was no frame (`Fault.frame` is -1)."""

    frames: tuple[bytes, ...]
    hex_text: bool = False
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class Scanned:
    """A stretch of a stream: complete frames, what was no frame, and the bytes to keep for the next read."""

    frames: tuple[bytes, ...]
    faults: tuple[Fault, ...]
    rest: bytes


def split(payload: bytes) -> Carried:
    """The frames in one payload. Nothing is lost: what is not in a frame is in a fault, with its bytes."""
    if is_one_frame(payload):
        return Carried((payload,))
    text = payload.strip()
    if text.startswith(JSON_OPENERS):
        objects = _json_objects(text)
        wrapped = [hex_text for one in objects for hex_text in _wrapped(one)]
        if wrapped:
            return _from_hex("".join(wrapped).encode("ascii"))
        if objects:
            return Carried(objects)
    if text and HEX_TEXT.fullmatch(text):
        return _from_hex(text)
    scanned = scan(payload, final=True)
    return Carried(scanned.frames, False, scanned.faults)


def is_one_frame(payload: bytes) -> bool:
    """The usual message, seen at a glance: one frame whose length fits (its check byte is not looked at)."""
    if payload[:2] in LENGTH_PREFIXED and int.from_bytes(payload[22:24], "big") == len(payload) - SMALLEST:
        return True
    ends = payload[:1] == payload[-1:] == b"~"
    return ends and len(payload) >= SMALLEST_ESCAPED and payload.count(FLAG) == 2


def scan(buffer: bytes, final: bool = False) -> Scanned:
    """The frames of a stream so far; unless `final`, an incomplete one at the end is kept for later."""
    frames: list[bytes] = []
    faults: list[Fault] = []
    gap = at = 0
    end = len(buffer)
    while at < end:
        found = START.search(buffer, at)
        at = found.start() if found else end - (not final and buffer[-1:] in (b"#", b"$"))
        if found is None:
            break
        stop = _frame_end(buffer, at, alone=final and gap == at)
        if stop is None and not final and _may_grow(buffer, at):
            break
        if stop is None:
            at += 1
            continue
        _close_gap(buffer, gap, at, faults, frames)
        frames.append(buffer[at:stop])
        gap = at = stop - _shared_flag(buffer, stop)
    stop = end if final else at
    _close_gap(buffer, gap, stop, faults, frames)
    return Scanned(tuple(frames), tuple(faults), buffer[stop:])


def _frame_end(buffer: bytes, at: int, alone: bool) -> int | None:
    """Where the frame that begins at `at` ends, None when there is none (or not yet).

    `alone`: what stands between two marks is a frame although its check byte is wrong; its decoder says so.
    """
    stop = _prefixed_end(buffer, at) if buffer[at : at + 2] in LENGTH_PREFIXED else None
    if stop is not None or buffer[at] != FLAG:
        return stop
    closing = buffer.find(FLAG, at + 1)
    if closing <= at + 1:
        return None
    body = buffer[at + 1 : closing].replace(b"\x7d\x02", b"\x7e").replace(b"\x7d\x01", b"\x7d")
    plausible = len(body) >= SMALLEST_ESCAPED - 2 and check_byte(body) == 0
    refused = alone and not _holds_prefixed(buffer, at + 1, closing)
    return closing + 1 if plausible or refused else None


def _holds_prefixed(buffer: bytes, at: int, stop: int) -> bool:
    """True when a whole length-prefixed frame begins in this stretch: then a 7E before it is noise."""
    starts = PREFIXED_START.finditer(buffer, at, stop)
    return any(_prefixed_end(buffer, found.start()) is not None for found in starts)


def _prefixed_end(buffer: bytes, at: int) -> int | None:
    size = _declared_size(buffer, at)
    if size is None or at + size > len(buffer):
        return None
    start_and_rest = buffer[at : at + size]
    return at + size if check_byte(start_and_rest) == 0 else None


def _declared_size(buffer: bytes, at: int) -> int | None:
    """The size a candidate declares, None when it is not there yet or not plausible."""
    if at + SMALLEST > len(buffer):
        return None
    data = int.from_bytes(buffer[at + 22 : at + 24], "big")
    return data + SMALLEST if data <= GREATEST_DATA else None


def _may_grow(buffer: bytes, at: int) -> bool:
    """True when more bytes may complete the candidate at `at`."""
    if buffer[at : at + 2] in LENGTH_PREFIXED:
        size = _declared_size(buffer, at)
        if at + SMALLEST > len(buffer) or (size is not None and at + size > len(buffer)):
            return True
    open_ended = buffer[at] == FLAG and buffer.find(FLAG, at + 1) < 0
    if not open_ended or len(buffer) - at > 2 * GREATEST_DATA:
        return False
    return not _holds_prefixed(buffer, at + 1, len(buffer))


def _shared_flag(buffer: bytes, stop: int) -> bool:
    """True when the 7E that closed a frame also opens the next one."""
    if buffer[stop - 1] != FLAG or stop >= len(buffer) or buffer.find(FLAG, stop) < 0:
        return False
    return not START.match(buffer, stop)


def _close_gap(buffer: bytes, gap: int, at: int, faults: list[Fault], frames: list[bytes]) -> None:
    """Say what the bytes before a frame are; a frame with a wrong check byte is left to its decoder."""
    raw = buffer[gap:at]
    if not raw.strip(b"~\r\n\0 "):
        return
    if is_one_frame(raw):
        frames.append(raw)
        return
    faults.append(Fault.of(-1, _explain(raw, gap), raw))


def _explain(raw: bytes, offset: int) -> FrameError:
    try:
        verify(raw, LENGTH_PREFIXED)
    except FrameError as error:
        return FrameError(error.code, offset + error.offset, error.detail)
    return FrameError(FaultCode.START, offset, f"{len(raw)} bytes outside any frame")


def _from_hex(text: bytes) -> Carried:
    digits = b"".join(text.split())
    if len(digits) % 2:
        detail = f"{len(digits)} hexadecimal digits, an even number is needed"
        return Carried((), True, (Fault(-1, FaultCode.HEX_TEXT, len(text) - 1, detail, text),))
    inner = split(bytes.fromhex(digits.decode("ascii")))
    return Carried(inner.frames, True, inner.faults)


def _wrapped(text: bytes) -> list[str]:
    """The frames that a provider's JSON carries as hexadecimal text, wherever they stand in it."""
    if not WRAPPED_START.search(text):
        return []
    try:
        waiting, found = [json.loads(text)], []
    except (ValueError, RecursionError):
        return []
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting.extend(reversed(value.values()))
        elif isinstance(value, list):
            waiting.extend(reversed(value))
        elif isinstance(value, str) and WRAPPED_FRAME.fullmatch(value):
            found.append(value)
    return found


def _json_objects(text: bytes) -> tuple[bytes, ...]:
    """The JSON values behind each other; what does not parse stays one piece, for its decoder to refuse."""
    try:
        characters = text.decode("utf-8")
    except UnicodeDecodeError:
        return ()
    decoder, at, cuts = json.JSONDecoder(), 0, [0]
    while at < len(characters):
        try:
            _, at = decoder.raw_decode(characters, at)
        except (ValueError, RecursionError):
            at = len(characters)
        while at < len(characters) and characters[at] in " \r\n\t,":
            at += 1
        cuts.append(at)
    return tuple(characters[a:b].strip().encode("utf-8") for a, b in pairwise(cuts))
