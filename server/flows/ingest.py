"""Ingest: a batch of messages from the broker becomes packets, positions, visits and violations, or quarantine.

One transaction a batch; the caller acknowledges to the broker after `take` has returned, and sends the answers.
A batch that the database refuses for what is in it is halved until the one frame that cannot be taken stands alone;
that one is kept in quarantine and everything else goes on. A lost database raises: nothing was acknowledged, the
broker keeps the messages. design.md, "The way of a frame".
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial

import numpy as np
import psycopg
from numpy.typing import NDArray
from psycopg import errors

from server.flows import flag
from server.flows.advance import advance
from server.flows.answers import Reply, answer_of, answers_of
from server.flows.arrivals import Arrival, Message, Refusal, arrivals_of, parse_topic
from server.flows.packet_rows import packet_rows
from server.flows.platform_faults import is_database_away, reason_of
from server.flows.put_together import put_together
from server.flows.watch import Watch
from server.store import binary_arrays, counts, packets, quarantine_intake, reporting_terminals
from server.store.coordinates import to_wgs84
from server.store.quarantine_intake import HeldFrame
from server.store.reporting_terminals import ReportingTerminal
from telemetry.batch import decode_batch
from telemetry.carriage import split
from telemetry.protocols.errors import Fault, FaultCode
from telemetry.quality import mark
from telemetry.samples import Decoded

LOG = logging.getLogger(__name__)
MINUTE_US = 60_000_000
FUTURE_US = 5 * MINUTE_US
DAY_US = 86_400_000_000
MOST_TRIES = 5


@dataclass(slots=True)
class Tally:
    """What became of a batch."""

    received: int = 0
    stored: int = 0
    repeated: int = 0
    held: int = 0
    samples: int = 0
    replies: list[Reply] = field(default_factory=list)


class _DaysMissing(Exception):
    """The batch speaks of days that have no partition yet; nothing of it has been written."""

    def __init__(self, days: Sequence[date]) -> None:
        super().__init__(days)
        self.days = days


class Ingest:
    """A worker's memory between batches: the connection, what it judges with, and the partitions it knows of."""

    def __init__(self, connection: psycopg.Connection, slot: int = 0, alarm_pct: int = 20) -> None:
        self.connection = connection
        self.slot = slot
        self.alarm_pct = alarm_pct
        binary_arrays.register(connection)
        self.watch = Watch(connection)
        self._days: set[date] = set()

    def take(self, messages: Sequence[Message], received_us: int) -> Tally:
        """Store, check and flag one batch; returns when all of it is committed."""
        self.watch.refresh(self.connection)
        tally = Tally(received=len(messages))
        self._take(messages, received_us, tally)
        counts.alarm_if_many_bad(self.connection, self.slot, tally.received, tally.held, self.alarm_pct)
        return tally

    def _take(self, messages: Sequence[Message], received_us: int, tally: Tally) -> None:
        try:
            part = self._commit(messages, received_us)
        except Exception as fault:
            if self.connection.closed or is_database_away(fault):
                raise
            if len(messages) == 1:
                LOG.error("one message could not be taken and is held: %s", reason_of(fault))
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

    def _commit(self, messages: Sequence[Message], received_us: int) -> Tally:
        """One transaction; again at once when a partition had to be made first, or another worker was in the way."""
        tries = MOST_TRIES
        while True:
            try:
                with self.connection.transaction():
                    return self._transact(messages, received_us)
            except _DaysMissing as missing:
                self._make_days(missing.days)
            except (errors.DeadlockDetected, errors.SerializationFailure):
                tries -= 1
                if not tries:
                    raise
                self.watch.forget_terminals()
            except Exception:
                self._days.clear()
                self.watch.forget_terminals()
                raise

    def _make_days(self, days: Sequence[date]) -> None:
        """Partitions, in a transaction of its own: making one waits for all writers, who must not wait for us."""
        with self.connection.transaction():
            packets.ensure_partitions(self.connection, days)
        self._days.update(days)

    def _hold_whole(self, message: Message, received_us: int, fault: Exception, tally: Tally) -> None:
        said = quarantine_intake.plain_text(reason_of(fault))
        name = parse_topic(message.topic)
        held = HeldFrame(*(name or ("", "")), message.topic, "platform_fault", 0, said, message.payload)
        detail = {"topic": quarantine_intake.plain_text(message.topic)[:300], "fault": said}
        with self.connection.transaction():
            quarantine_intake.hold(self.connection, [held], received_us)
            counts.raise_alarm(self.connection, "platform_fault", detail)
            terminal = self.watch.find_terminals(self.connection, [name]).get(name) if name else None
        tally.held += 1
        if terminal is not None and terminal.answers:  # else it would send the same again for ever
            tally.replies.append(answer_of(message.topic, message.payload, held.code))

    def _transact(self, messages: Sequence[Message], received_us: int) -> Tally:
        tally = Tally()
        arrivals, refusals = arrivals_of(messages, partial(self.watch.find_terminals, self.connection))
        held = [one.held for one in refusals]
        tally.replies += [answer_of(one.held.topic, one.held.raw, str(one.held.code)) for one in refusals if one.answer]
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
        wholes = self._store(arrivals, decoded, np.array(good), received_us, tally) if good else []
        tally.replies += answers_of(arrivals, faults)
        held = [_held(arrivals[index], fault) for index, fault in faults.items()]
        if wholes:
            apart = Tally()  # its parts have been counted and answered
            held += self._take_kind(kind, wholes, received_us, apart)
            tally.samples += apart.samples
        return held

    def _store(
        self, arrivals: list[Arrival], decoded: Decoded, good: NDArray[np.int64], received_us: int, tally: Tally
    ) -> list[Arrival]:
        """Store the good frames and step on; the messages whose last part is among them come back, put together."""
        rows = packet_rows(arrivals, decoded, good, received_us)
        untimed = (decoded.first_us[good] <= 0) & (decoded.sent_us[good] <= 0)
        if untimed.any():
            known = packets.are_known_untimed(self.connection, rows, untimed)
            if known.any():
                tally.repeated += int(known.sum())
                good = good[~known]
                rows = packet_rows(arrivals, decoded, good, received_us)
        days = [day for day in packets.days_of(rows.measured_us, received_us) if day not in self._days]
        if days:
            raise _DaysMissing(days)
        new = packets.insert(self.connection, rows)
        tally.stored += int(new.sum())
        tally.repeated += int((~new).sum())
        tally.samples += int(rows.samples_n[new].sum())
        self._learn(arrivals, decoded, good)
        is_new = np.zeros(len(arrivals), np.bool_)
        is_new[good[new]] = True
        digest_of = np.zeros(len(arrivals), np.int64)
        digest_of[good] = rows.digest
        wholes = put_together(self.connection, arrivals, decoded, is_new, received_us)
        advance(self.connection, self.watch, arrivals, decoded, is_new, digest_of, received_us)
        return wholes

    def _learn(self, arrivals: list[Arrival], decoded: Decoded, good: NDArray[np.int64]) -> None:
        learned = {
            (arrivals[i].kind, arrivals[i].terminal.device): (arrivals[i].terminal.id, layout)
            for i in good.tolist()
            if (layout := decoded.layout[i]) and arrivals[i].terminal.layout is None
        }
        if learned:
            reporting_terminals.learn_layouts(self.connection, dict(learned.values()))
            self.watch.learn_layouts({name: layout for name, (_, layout) in learned.items()})


def _mismatch(index: int, arrival: Arrival, named: str) -> Fault:
    detail = f"the frame names {named!r}, the topic {arrival.terminal.device!r}"
    return Fault(index, FaultCode.DEVICE_MISMATCH, 3, detail)


def _held(arrival: Arrival, fault: Fault) -> HeldFrame:
    terminal: ReportingTerminal = arrival.terminal
    return HeldFrame(
        arrival.kind, terminal.device, arrival.topic, str(fault.code), fault.offset, fault.detail, arrival.frame
    )


def _positions_of(refusals: Sequence[Refusal], received_us: int) -> list[flag.StrangerFix]:
    """Where unknown devices say they are, as far as their frames can be read."""
    out: list[flag.StrangerFix] = []
    for kind in sorted({one.held.kind for one in refusals}):
        own = [one.held for one in refusals if one.held.kind == kind]
        cut = [(one, frame) for one in own for frame in split(one.raw).frames]
        decoded = decode_batch(kind, [frame for _, frame in cut], [None] * len(cut))
        columns = decoded.columns
        to_wgs84(columns, decoded.packet_flags, np.full(len(cut), "wgs84"))
        usable = columns["fix_valid"] & np.isfinite(columns["lon"]) & (columns["at_us"] > 0)
        usable &= columns["at_us"] <= received_us + FUTURE_US
        for row in np.flatnonzero(usable).tolist():
            held = cut[int(columns["packet"][row])][0]
            place = float(columns["lon"][row]), float(columns["lat"][row])
            out.append(flag.StrangerFix(held.kind, held.device, int(columns["at_us"][row]), *place))
    return out
