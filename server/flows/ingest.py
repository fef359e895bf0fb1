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
from hashlib import sha256
from typing import NamedTuple, Protocol

import numpy as np
import psycopg
from numpy.typing import NDArray

from server.flows import flag
from server.flows.arrivals import Arrival, Refusal, arrivals_of
from server.flows.watch import Watch
from server.store import counts, packets, quarantine_intake, reporting_terminals
from server.store.quarantine_intake import HeldFrame
from server.store.reporting_terminals import NewestSample, ReportingTerminal
from telemetry.protocols.errors import Fault, FaultCode
from telemetry.quality import mark
from telemetry.samples import COLUMNS, Decoded, decode_batch

LOG = logging.getLogger(__name__)
MINUTE_US = 60_000_000
FUTURE_US = 5 * MINUTE_US
DAY_US = 86_400_000_000
STORED_COLUMNS = tuple(c.name for c in COLUMNS if c.name not in ("packet", "flags"))


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
        self.watch = Watch(connection)
        self._days: set[object] = set()

    def take(self, messages: Sequence[Message], received_us: int) -> Tally:
        """Store, check and flag one batch; returns when all of it is committed."""
        self.watch.refresh()
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
        arrivals, refusals = arrivals_of(messages, self.watch.find_terminals)
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
        received = np.full(len(arrivals), received_us, np.int64)
        decoded.columns["flags"] |= mark(decoded.columns, received[decoded.columns["packet"]])
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
            arrivals[i].terminal.id: layout
            for i in good.tolist()
            if (layout := decoded.layout[i]) and arrivals[i].terminal.layout is None
        }
        if learned:
            reporting_terminals.learn_layouts(self.connection, learned)
            self.watch.learn_layouts(learned)

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
        newest = _newest(columns, chosen, terminal, at, pick, states, inside, received_us)
        reporting_terminals.save_newest(self.connection, newest, received_us)


def _newest(
    columns: Mapping[str, NDArray[np.generic]],
    chosen: NDArray[np.int64],
    terminal: NDArray[np.int64],
    at: NDArray[np.int64],
    pick: NDArray[np.bool_],
    states: Mapping[int, reporting_terminals.TerminalState],
    inside: Mapping[int, int],
    received_us: int,
) -> list[NewestSample]:
    """The last row of each terminal in the (terminal, time) order, with the last valid position up to it."""
    ends = np.append(np.flatnonzero(np.diff(terminal)), len(terminal) - 1)
    last_fix = np.maximum.accumulate(np.where(pick, np.arange(len(pick)), -1))
    starts = np.append(0, ends[:-1] + 1)
    out = []
    for start, end, fix in zip(starts.tolist(), ends.tolist(), last_fix[ends].tolist(), strict=True):
        row, has_fix = chosen[end], fix >= start
        fix_row = chosen[fix] if has_fix else row
        number = int(terminal[end])
        out.append(
            NewestSample(
                number,
                int(at[end]) or received_us,
                int(at[fix]) if has_fix else 0,
                float(columns["lon"][fix_row]) if has_fix else None,  # type: ignore[arg-type]
                float(columns["lat"][fix_row]) if has_fix else None,  # type: ignore[arg-type]
                _number(columns["speed_kmh"][row]),
                _number(columns["direction_deg"][row]),
                _number(columns["nox_downstream_ppm"][row]),
                (received_us - int(at[end])) / 1e6 if at[end] else None,
                int(columns["flags"][row]),  # type: ignore[call-overload]
                inside.get(number, states[number].inside),
            )
        )
    return out


def _number(value: np.generic) -> float | None:
    number = float(value)  # type: ignore[arg-type]
    return None if np.isnan(number) else number


def packet_rows(
    arrivals: Sequence[Arrival], decoded: Decoded, good: NDArray[np.int64], received_us: int
) -> packets.PacketRows:
    """The good frames as rows; stream frames by offset and stride, others with their values beside them."""
    frames = [arrivals[i].frame for i in good.tolist()]
    hashes = [sha256(frame).digest() for frame in frames]
    first, last, sent = (array[good] for array in (decoded.first_us, decoded.last_us, decoded.sent_us))
    measured = np.where(first > 0, first, np.where(sent > 0, sent, received_us))
    lengths = np.array([len(frame) for frame in frames], np.int32)
    layouts = np.array([decoded.layout[i] or "" for i in good.tolist()])
    offset, stride, step = stream_shape(lengths, decoded.samples_n[good], layouts, decoded.command[good])
    values = _values(decoded, good, offset)
    summaries: list[dict[str, object] | None] = [None] * len(frames)
    place = {int(index): row for row, index in enumerate(good.tolist())}
    for index, message in decoded.messages:
        if index in place:
            summaries[place[index]] = flag.summary_of(message)
    return packets.PacketRows(
        measured,
        np.where(last > 0, last, measured),
        received_us,
        np.frombuffer(b"".join(h[:8] for h in hashes), ">i8").astype(np.int64),
        np.array([arrivals[i].terminal.id for i in good.tolist()], np.int32),
        decoded.serial[good],
        decoded.packet_flags[good],
        decoded.samples_n[good],
        decoded.command[good],
        offset,
        stride,
        step,
        [decoded.protocol[i] for i in good.tolist()],
        hashes,
        frames,
        values,
        summaries,
    )


def stream_shape(
    lengths: NDArray[np.int32], samples_n: NDArray[np.int32], layouts: NDArray[np.str_], command: NDArray[np.int32]
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
    """Offset, stride and time step of frames that hold stream records of 37 bytes and nothing else.

    Layout A: 24 header, 6 time, n x (1 type, 2 serial, 37), 1 check; record i at time + i s. Layout C: 24 header,
    6 time, 2 serial, n x (1 type, 6 time, 37), maybe 66 signature, 1 check. 0 where the frame is of another shape.
    """
    live = (samples_n > 0) & ((command == 2) | (command == 3))
    is_a = live & (layouts == "A") & (lengths == 31 + 40 * samples_n)
    is_c = live & (layouts == "C") & ((lengths == 33 + 44 * samples_n) | (lengths == 99 + 44 * samples_n))
    offset = np.where(is_a, 33, np.where(is_c, 39, 0)).astype(np.int32)
    stride = np.where(is_a, 40, np.where(is_c, 44, 0)).astype(np.int32)
    return offset, stride, is_a.astype(np.int32)


def _values(decoded: Decoded, good: NDArray[np.int64], offset: NDArray[np.int32]) -> list[bytes | None]:
    """sample_values of the frames that the view cannot read out of the raw bytes."""
    out: list[bytes | None] = [None] * len(good)
    rows = np.flatnonzero((offset == 0) & (decoded.samples_n[good] > 0))
    if not len(rows):
        return out
    columns = decoded.columns
    table = np.column_stack([columns[name].astype(np.float64) for name in STORED_COLUMNS])
    table[table[:, 0] == 0, 0] = np.nan
    starts = np.searchsorted(columns["packet"], good[rows])
    ends = np.searchsorted(columns["packet"], good[rows], side="right")
    for row, start, end in zip(rows.tolist(), starts.tolist(), ends.tolist(), strict=True):
        out[row] = packets.float8_array(table[start:end].ravel())
    return out


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
