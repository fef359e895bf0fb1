"""What arrived: messages of the broker as single frames of terminals on file, or refusals with the cause.

Topic `emission/v1/{kind}/{device}/up`. A message may hold several frames, or hex text (telemetry.carriage); the unit
that is stored is the frame. Retained messages and QoS 0 are refused as evidence: a retained frame is delivered again
at every subscription, and QoS 0 was never promised to anybody.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from server.store.quarantine_intake import HeldFrame
from server.store.reporting_terminals import ReportingTerminal
from telemetry.carriage import split

KINDS = frozenset({"hdv", "nrmm", "jt808", "ev", "json"})
LONGEST_PAYLOAD = 256 * 1024
LONGEST_DEVICE = 100


class Message(Protocol):
    """What is needed of a message."""

    @property
    def topic(self) -> str: ...
    @property
    def payload(self) -> bytes: ...
    @property
    def qos(self) -> int: ...
    @property
    def retained(self) -> bool: ...


class Arrival(NamedTuple):
    """One frame of one terminal on file."""

    kind: str
    topic: str
    frame: bytes
    terminal: ReportingTerminal

    def is_named(self, device: str) -> bool:
        """Whether the identity inside the frame is this terminal's; trackers' JSON may leave it to the topic."""
        own = self.terminal.device
        if device == own or (not device and self.kind == "json"):
            return True
        if self.kind == "jt808":
            return device.lstrip("0") == own.lstrip("0")
        return device.strip("\x00 ").upper() == own.upper()


@dataclass(frozen=True, slots=True)
class Refusal:
    """A frame or message that is not taken; `answer` where its sender is told."""

    held: HeldFrame
    answer: bool


Find = Callable[[Sequence[tuple[str, str]]], Mapping[tuple[str, str], ReportingTerminal]]


def parse_topic(topic: str) -> tuple[str, str] | None:
    """(kind, device) of an uplink topic, or None."""
    parts = topic.split("/")
    if len(parts) != 5 or parts[0] != "emission" or parts[1] != "v1" or parts[4] != "up":
        return None
    named = parts[2] in KINDS and 0 < len(parts[3]) <= LONGEST_DEVICE and parts[3].isprintable()
    return (parts[2], parts[3]) if named else None


def arrivals_of(messages: Sequence[Message], find: Find) -> tuple[list[Arrival], list[Refusal]]:
    """Sort a batch into frames of terminals on file and refusals; every byte that came is in one of the two."""
    topics = {message.topic for message in messages}
    names = {topic: parse_topic(topic) for topic in topics}
    terminals = find([name for name in names.values() if name])
    arrivals: list[Arrival] = []
    refusals: list[Refusal] = []
    for message in messages:
        topic, payload = message.topic, message.payload
        name = names[topic]
        terminal = terminals.get(name) if name else None
        code = _unfit(message, name, terminal)
        if code:
            refusals.append(_refuse(topic, name, payload, *code, answers=terminal is None or terminal.answers))
        elif _is_one_frame(payload):
            arrivals.append(Arrival(name[0], topic, payload, terminal))  # type: ignore[index, arg-type]
        else:
            _split(topic, name, payload, terminal, arrivals, refusals)  # type: ignore[arg-type]
    return arrivals, refusals


def _unfit(
    message: Message, name: tuple[str, str] | None, terminal: ReportingTerminal | None
) -> tuple[str, str] | None:
    if terminal is not None and terminal.state != "active":
        return "device_suspended", f"the terminal is {terminal.state}"
    if name is None:
        return "topic", "the topic is not emission/v1/{kind}/{device}/up with a known kind and a printable name"
    if message.retained:
        return "retained", "a retained message is no evidence: publish without the retain flag"
    if message.qos == 0:
        return "qos", "QoS 0 is no evidence: publish with QoS 1"
    if len(message.payload) > LONGEST_PAYLOAD:
        return "length", f"{len(message.payload)} bytes; the longest message taken is {LONGEST_PAYLOAD}"
    if terminal is None:
        return "unknown_device", "no terminal of this kind and name is on file"
    return None


def _is_one_frame(payload: bytes) -> bool:
    """The common case, told without a parser: one binary `##` frame, its length as declared."""
    return (
        payload[:2] == b"##" and len(payload) == 25 + (payload[22] << 8 | payload[23]) if len(payload) > 24 else False
    )


def _split(
    topic: str,
    name: tuple[str, str],
    payload: bytes,
    terminal: ReportingTerminal,
    arrivals: list[Arrival],
    refusals: list[Refusal],
) -> None:
    carried = split(payload)
    arrivals += [Arrival(name[0], topic, frame, terminal) for frame in carried.frames]
    for fault in carried.faults:
        held = HeldFrame(*name, topic, str(fault.code), fault.offset, fault.detail, fault.raw or payload)
        refusals.append(Refusal(held, terminal.answers))
    if not carried.frames and not carried.faults:
        refusals.append(_refuse(topic, name, payload, "length", "the message is empty", terminal.answers))


def _refuse(topic: str, name: tuple[str, str] | None, payload: bytes, code: str, detail: str, answers: bool) -> Refusal:
    kind, device = name or ("", "")
    told = answers and code not in ("retained", "qos", "topic")
    return Refusal(HeldFrame(kind, device, topic, code, 0, detail, payload), told)
