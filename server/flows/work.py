"""The life of an ingest worker: take a batch, commit it, settle it; again, until it is told to stop.

A lost database is waited for with the batch in hand: nothing of it was acknowledged. What must happen now and then
without a message (partitions made ahead, silent visits closed) is done here between batches.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Generic, Protocol, TypeVar

import psycopg

from server.flows import flag
from server.flows.arrivals import Message
from server.flows.ingest import Ingest, Tally
from server.flows.platform_faults import is_database_away, reason_of
from server.flows.remind import remind
from server.store import packets

LOG = logging.getLogger(__name__)
DAYS_AHEAD = 2
CHORES_EVERY_S = 15.0


Item = TypeVar("Item", bound=Message)


class Link(Protocol[Item]):
    """Where batches come from and are settled; telemetry.links.mqtt.IngestLink is one."""

    def take(self, most: int, wait_s: float) -> list[Item]:
        """Up to `most` messages."""

    def settle(self, received: Sequence[Item], answers: Sequence[tuple[str, bytes]]) -> None:
        """Acknowledge a committed batch and send the answers (topic, payload)."""


def now_us() -> int:
    """Microseconds since 1970, UTC."""
    return time.time_ns() // 1000


class Worker(Generic[Item]):
    """One worker slot."""

    def __init__(
        self,
        link: Link[Item],
        connect: Callable[[], psycopg.Connection],
        slot: int,
        batch: int,
        wait_s: float,
        alarm_pct: int,
    ) -> None:
        self.link, self.connect, self.slot = link, connect, slot
        self.batch, self.wait_s, self.alarm_pct = batch, wait_s, alarm_pct
        self.stopping = threading.Event()
        self._ingest: Ingest | None = None
        self._chores_at = 0.0

    def run(self) -> None:
        """Work until `stopping` is set."""
        while not self.stopping.is_set():
            received = self.link.take(self.batch, self.wait_s)
            if received:
                tally = self._until_stored(received)
                if tally is None:
                    return
                self.link.settle(received, tally.replies)
                LOG.info(
                    "received %d stored %d repeated %d held %d samples %d",
                    tally.received,
                    tally.stored,
                    tally.repeated,
                    tally.held,
                    tally.samples,
                )
            self._chores()

    def _until_stored(self, received: Sequence[Item]) -> Tally | None:
        """Keep trying while the database is away; None when told to stop meanwhile."""
        pause = 0.2
        at_us = now_us()
        while not self.stopping.is_set():
            try:
                return self._connected().take(received, at_us)
            except psycopg.Error as fault:
                if not self._is_away(fault):
                    raise
                LOG.warning("database not reached, %d messages wait: %s", len(received), str(fault).strip())
                self._drop()
                self.stopping.wait(pause)
                pause = min(pause * 2, 5.0)
        return None

    def _is_away(self, fault: Exception) -> bool:
        lost = self._ingest is not None and self._ingest.connection.closed
        return lost or is_database_away(fault)

    def _connected(self) -> Ingest:
        if self._ingest is None or self._ingest.connection.closed:
            connection = self.connect()
            try:
                self._ingest = Ingest(connection, self.slot, self.alarm_pct)
            except BaseException:
                connection.close()
                raise
        return self._ingest

    def _drop(self) -> None:
        if self._ingest is not None:
            self._ingest.connection.close()
            self._ingest = None

    def _chores(self) -> None:
        if time.monotonic() - self._chores_at < CHORES_EVERY_S:
            return
        self._chores_at = time.monotonic()
        try:
            ingest = self._connected()
            chores(ingest)
        except Exception as fault:  # frames go on being taken whatever is wrong with a chore
            LOG.warning("chores wait: %s", reason_of(fault))
            self._drop()


def chores(ingest: Ingest) -> int:
    """Partitions for the days ahead, reminders, visits of silent terminals closed; how many were closed."""
    today = datetime.now(UTC).date()
    with ingest.connection.transaction():
        packets.ensure_partitions(ingest.connection, [today + timedelta(days=n) for n in range(DAYS_AHEAD + 1)])
    ingest.watch.refresh(ingest.connection)
    with ingest.connection.transaction():
        remind(ingest.connection, ingest.watch.rules, ingest.watch.calendar)
    with ingest.connection.transaction():
        return flag.end_silent(ingest.connection, ingest.watch, now_us())
