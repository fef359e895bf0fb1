"""Ingest: a batch of messages from the broker becomes packets, positions, visits and violations, or quarantine.

One transaction a batch; the caller acknowledges to the broker after `take` has returned, and sends the answers.
A batch that the database refuses for what is in it is halved until the one frame that cannot be taken stands alone;
that one is kept in quarantine and everything else goes on. A lost database raises: nothing was acknowledged, the
broker keeps the messages. design.md, "The way of a frame".
"""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from typing import NamedTuple, Protocol

import numpy as np
import psycopg
from numpy.typing import NDArray

from server.flows import flag
from server.flows.arrivals import Arrival, Refusal, arrivals_of
from server.flows.newest import newest_samples
from server.flows.packet_rows import packet_rows
from server.flows.watch import Watch
from server.store import binary_arrays, counts, packets, quarantine_intake, reporting_terminals
from server.store.coordinates import to_wgs84
from server.store.quarantine_intake import HeldFrame
from server.store.reporting_terminals import ReportingTerminal
from telemetry.batch import decode_batch
from telemetry.protocols.errors import Fault, FaultCode
from telemetry.quality import mark
from telemetry.samples import Decoded

LOG = logging.getLogger(__name__)
MINUTE_US = 60_000_000
FUTURE_US = 5 * MINUTE_US
DAY_US = 86_400_000_000


class Message(Protocol):
    """What the flow needs of a message; telemetry.links.mqtt.Received has it."""

    @property
    def topic(self) -> str: ...
    @property
    def payload(self) -> bytes: ...
    @property
    def qos(self) -> int: ...
    @property
    def retained(self) -> bool: ...


class Reply(NamedTuple):
    """One answer to a terminal: topic and payload."""

    topic: str
    payload: bytes


@dataclass(slots=True)
class Tally:
    """What became of a batch."""

    received: int = 0
    stored: int = 0
    repeated: int = 0
    held: int = 0
    samples: int = 0
    replies: list[Reply] = field(default_factory=list)


class Ingest:
    """A worker's memory between batches: the connection, what it judges with, and the partitions it knows of."""

    def __init__(self, connection: psycopg.Connection, slot: int = 0, alarm_pct: int = 20) -> None:
        self.connection = connection
        self.slot = slot
        self.alarm_pct = alarm_pct
        binary_arrays.register(connection)
        self.watch = Watch(connection)
        self._days: set[object] = set()

    def take(self, messages: Sequence[Message], received_us: int) -> Tally:
        """Store, check and flag one batch; returns when all of it is committed."""
        self.watch.refresh(self.connection)
        tally = Tally(received=len(messages))
        self._take(messages, received_us, tally)
        counts.alarm_if_many_bad(self.connection, self.slot, tally.received, tally.held, self.alarm_pct)
        return tally

    def _take(self, messages: Sequence[Message], received_us: int, tally: Tally) -> None:
        try:
            with self.connection.transaction():
                part = self._transact(messages, received_us)
        except psycopg.OperationalError:
            raise
        except Exception as fault:
            self._days.clear()
            if len(messages) == 1:
                LOG.exception("one message could not be taken and is held")
                self._hold_whole(messages[0], received_us, fault, tally)
                return
            half = len(messages) // 2
            self._take(messages[:half], received_us, tally)
            self._take(messages[half:], received_us, tally)
            return
        tally.stored += part.stored
        tally.repeated += part.repeated
        tally.held += part.held
        tally.samples += part.samples
        tally.replies += part.replies

    def _hold_whole(self, message: Message, received_us: int, fault: Exception, tally: Tally) -> None:
        held = HeldFrame(
            "", "", message.topic, "platform_fault", 0, f"{type(fault).__name__}: {fault}", message.payload
        )
        with self.connection.transaction():
            quarantine_intake.hold(self.connection, [held], received_us)
            counts.raise_alarm(self.connection, "platform_fault", {"topic": message.topic, "fault": held.detail[:300]})
        tally.held += 1

    def _transact(self, messages: Sequence[Message], received_us: int) -> Tally:
        tally = Tally()
        arrivals, refusals = arrivals_of(messages, partial(self.watch.find_terminals, self.connection))
        held = [one.held for one in refusals]
        tally.replies += [_reply(one.held, str(one.held.code)) for one in refusals if one.answer]
        strangers = [one for one in refusals if one.held.code == "unknown_device"]
        for kind in sorted({one.kind for one in arrivals}):
            own = [one for one in arrivals if one.kind == kind]
            held += self._take_kind(kind, own, received_us, tally)
        if strangers:
            flag.flag_strangers(self.connection, self.watch, _positions_of(strangers, received_us), received_us)
        if held:
            quarantine_intake.hold(self.connection, held, received_us)
        tally.held = len(held)
        counts.add(self.connection, self.slot, received_us, len(messages), tally)
        return tally

    def _take_kind(self, kind: str, arrivals: list[Arrival], received_us: int, tally: Tally) -> list[HeldFrame]:
        decoded = decode_batch(kind, [a.frame for a in arrivals], [a.terminal.layout for a in arrivals])
        faults = {fault.frame: fault for fault in decoded.faults}
        for index, arrival in enumerate(arrivals):
            if index not in faults and not arrival.is_named(decoded.device[index]):
                faults[index] = _mismatch(index, arrival, decoded.device[index])
        for index in np.flatnonzero(decoded.last_us > received_us + DAY_US).tolist():
            detail = "the time in the frame is more than a day ahead of the receipt"
            faults.setdefault(index, Fault(index, FaultCode.BAD_TIME, 0, detail))
        declared = np.array([arrival.terminal.coordinates for arrival in arrivals])
        to_wgs84(decoded.columns, decoded.packet_flags, declared)
        terminal_of = np.array([arrival.terminal.id for arrival in arrivals], np.int64)
        received = np.full(len(arrivals), received_us, np.int64)
        decoded.columns["flags"] = mark(decoded.columns, received, decoded.packet_flags, terminal_of)
        good = [index for index in range(len(arrivals)) if index not in faults]
        if good:
            self._store(arrivals, decoded, np.array(good), received_us, tally)
        tally.replies += _replies(arrivals, faults)
        return [_held(arrivals[index], fault) for index, fault in faults.items()]

    def _store(
        self, arrivals: list[Arrival], decoded: Decoded, good: NDArray[np.int64], received_us: int, tally: Tally
    ) -> None:
        rows = packet_rows(arrivals, decoded, good, received_us)
        days = [day for day in packets.days_of(rows.measured_us) if day not in self._days]
        if days:
            packets.ensure_partitions(self.connection, days)
            self._days.update(days)
        new = packets.insert(self.connection, rows)
        tally.stored += int(new.sum())
        tally.repeated += int((~new).sum())
        tally.samples += int(rows.samples_n[new].sum())
        self._learn(arrivals, decoded, good)
        is_new = np.zeros(len(arrivals), np.bool_)
        is_new[good[new]] = True
        terminal_of = np.array([a.terminal.id for a in arrivals], np.int64)
        digest_of = np.zeros(len(arrivals), np.int64)
        digest_of[good] = rows.digest
        self._move_on(decoded, is_new, terminal_of, digest_of, arrivals, received_us)

    def _learn(self, arrivals: list[Arrival], decoded: Decoded, good: NDArray[np.int64]) -> None:
        learned = {
            (arrivals[i].kind, arrivals[i].terminal.device): (arrivals[i].terminal.id, layout)
            for i in good.tolist()
            if (layout := decoded.layout[i]) and arrivals[i].terminal.layout is None
        }
        if learned:
            reporting_terminals.learn_layouts(self.connection, dict(learned.values()))
            self.watch.learn_layouts({name: layout for name, (_, layout) in learned.items()})

    def _move_on(
        self,
        decoded: Decoded,
        is_new: NDArray[np.bool_],
        terminal_of: NDArray[np.int64],
        digest_of: NDArray[np.int64],
        arrivals: list[Arrival],
        received_us: int,
    ) -> None:
        """Step visits with the new fixes and move the terminals' last states on."""
        columns = decoded.columns
        packet = columns["packet"]
        fresh = is_new[packet]
        if not fresh.any():
            return
        chosen = np.flatnonzero(fresh)
        terminal, at = terminal_of[packet[chosen]], columns["at_us"][chosen]
        order = np.lexsort((digest_of[packet[chosen]], at, terminal))
        chosen, terminal, at = chosen[order], terminal[order], at[order]
        first = np.ones(len(chosen), np.bool_)
        first[1:] = (np.diff(terminal) != 0) | (np.diff(at) != 0)
        fixable = columns["fix_valid"][chosen] & (at > 0) & (at <= received_us + FUTURE_US)
        fixable &= np.isfinite(columns["lon"][chosen]) & np.isfinite(columns["lat"][chosen])
        pick = first & fixable
        by_id = {a.terminal.id: a.terminal for a in arrivals}
        fixes = flag.Fixes(terminal[pick], at[pick], columns["lon"][chosen[pick]], columns["lat"][chosen[pick]], by_id)
        states = reporting_terminals.lock_states(self.connection, np.unique(terminal).tolist())
        inside = flag.step_fixes(self.connection, self.watch, fixes, states)
        newest = newest_samples(columns, chosen, terminal, at, pick, states, inside, received_us)
        reporting_terminals.save_newest(self.connection, newest, received_us)


def _mismatch(index: int, arrival: Arrival, named: str) -> Fault:
    detail = f"the frame names {named!r}, the topic {arrival.terminal.device!r}"
    return Fault(index, FaultCode.DEVICE_MISMATCH, 3, detail)


def _held(arrival: Arrival, fault: Fault) -> HeldFrame:
    terminal: ReportingTerminal = arrival.terminal
    return HeldFrame(
        arrival.kind, terminal.device, arrival.topic, str(fault.code), fault.offset, fault.detail, arrival.frame
    )


def _replies(arrivals: Sequence[Arrival], faults: Mapping[int, Fault]) -> list[Reply]:
    """Right or wrong for each frame of the terminals that are to be told (HJ 1239.3, 5.3.2)."""
    out = []
    for index, arrival in enumerate(arrivals):
        if arrival.terminal.answers:
            fault = faults.get(index)
            out.append(_answer(arrival.topic, arrival.frame, str(fault.code) if fault else None))
    return out


def _answer(topic: str, frame: bytes, code: str | None) -> Reply:
    body = {"sha256": sha256(frame).hexdigest(), "result": "wrong" if code else "right", "fault": code}
    return Reply(topic.removesuffix("/up") + "/down", json.dumps(body, separators=(",", ":")).encode())


def _reply(held: HeldFrame, code: str) -> Reply:
    return _answer(held.topic, held.raw, code)


def _positions_of(refusals: Sequence[Refusal], received_us: int) -> list[flag.StrangerFix]:
    """Where unknown devices say they are, as far as their frames can be read."""
    out: list[flag.StrangerFix] = []
    for kind in sorted({one.held.kind for one in refusals}):
        own = [one.held for one in refusals if one.held.kind == kind]
        columns = decode_batch(kind, [one.raw for one in own], [None] * len(own)).columns
        usable = columns["fix_valid"] & np.isfinite(columns["lon"]) & (columns["at_us"] > 0)
        usable &= columns["at_us"] <= received_us + FUTURE_US
        for row in np.flatnonzero(usable).tolist():
            held = own[int(columns["packet"][row])]
            place = float(columns["lon"][row]), float(columns["lat"][row])
            out.append(flag.StrangerFix(held.kind, held.device, int(columns["at_us"][row]), *place))
    return out
