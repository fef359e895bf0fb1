"""What a process remembers between two questions of gates, for so short that nobody waits for a change.

A gate asks two hundred times a second at the most, and an alert counts within five seconds: alerts, measures and rules
are looked up once a second, a gate and its place every three.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from threading import Lock
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import Engine

Value = TypeVar("Value")
MOST = 5000  # things remembered of one kind; the longest unasked goes first


@dataclass
class Memory(Generic[Value]):
    """Things by key, each forgotten after `keep_s`.

    While one caller looks a thing up again the others take it as it was, up to `keep_s` longer: nobody queues.
    """

    keep_s: float
    known: OrderedDict[Hashable, tuple[float, Value]] = field(default_factory=OrderedDict)
    guard: Lock = field(default_factory=Lock)
    busy: set[Hashable] = field(default_factory=set)

    def get(
        self, key: Hashable, look_up: Callable[[], Value], is_kept: Callable[[Value], bool] = lambda _: True
    ) -> Value:
        """The thing; what a look-up raises, or `is_kept` does not want, is remembered by nobody."""
        now = time.monotonic()
        with self.guard:
            at, value = self.known.get(key, (float("-inf"), None))
            young = now - at < self.keep_s or (key in self.busy and now - at < 2 * self.keep_s)
            if young:
                return value  # type: ignore[return-value]
            self.busy.add(key)
        try:
            found = look_up()
            with self.guard:
                self._put(key, now, found, is_kept(found))
        finally:
            with self.guard:
                self.busy.discard(key)
        return found

    def drop(self, key: Hashable) -> None:
        """Forget a thing."""
        with self.guard:
            self.known.pop(key, None)

    def _put(self, key: Hashable, now: float, found: Value, is_kept: bool) -> None:
        self.known.pop(key, None)
        if is_kept:
            self.known[key] = (now, found)
        while len(self.known) > MOST:
            self.known.popitem(last=False)


_rooms: WeakKeyDictionary[Engine, dict[str, Memory[object]]] = WeakKeyDictionary()
_guard = Lock()


def memory_of(engine: Engine, kind: str, keep_s: float) -> Memory[object]:
    """The memory of a kind of thing for one database."""
    with _guard:
        return _rooms.setdefault(engine, {}).setdefault(kind, Memory(keep_s))
