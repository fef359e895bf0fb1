"""Calls of gates, counted in the process and written down once a second.

Two hundred upserts a second on one row would queue behind each other. Between two writings a process knows what all of
them had called; it lets through at most what the others call within that second too much.
"""

import math
import time
from dataclasses import dataclass, field
from threading import Lock

from sqlalchemy import Engine

from server.db import transaction
from server.store import api_calls
from server.store.api_calls import Counted

EVERY_S = 1.0
MINUTE_S = 60


@dataclass
class Tally:
    """What one caller called in this minute: `known` by the table, `pending` since then here."""

    minute: int = 0
    known: int = 0
    pending: int = 0
    written_at: float = float("-inf")


@dataclass
class Tallies:
    """The tallies of a process by caller."""

    of_caller: dict[str, Tally] = field(default_factory=dict)
    guard: Lock = field(default_factory=Lock)

    def count(self, engine: Engine, caller: str) -> Counted:
        """Count one call."""
        now = time.time()
        left = math.ceil(MINUTE_S - now % MINUTE_S)
        with self.guard:
            tally = self.of_caller.setdefault(caller, Tally())
            if tally.minute != int(now // MINUTE_S):
                tally.minute, tally.known, tally.pending, tally.written_at = int(now // MINUTE_S), 0, 0, float("-inf")
            tally.pending += 1
            if now - tally.written_at < EVERY_S:
                return Counted(tally.known + tally.pending, left)
            taken, tally.pending, tally.written_at = tally.pending, 0, now
            tally.known += taken
        with transaction(engine) as connection:
            counted = api_calls.count(connection, caller, taken)
        with self.guard:
            tally.known = counted.calls
        return counted
