"""Who may read and add evidence: whoever may read, or write, what it belongs to. Each kind of owner registers here.

`register("capture", can_read, writer)` stands in the module of that noun's pages. `can_read(connection, id)` says
whether the account may read the owner (permission and scope; the row policies hold besides); `writer(connection, id)`
gives the `Owner` that new evidence is kept under, or None where the account may add none. Both run inside `work()`.
"""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Connection

from server.flows.keep_evidence import Owner

Reader = Callable[[Connection, int], bool]
Writer = Callable[[Connection, int], Owner | None]
Beside = Callable[[Connection, str, int], bool]
_BESIDE: list[Beside] = []
_READERS: dict[str, Reader] = {}
_WRITERS: dict[str, Writer] = {}


def register_beside(reader: Beside) -> None:
    """Say of a way in besides the owner itself: what a case rests on is read by whoever reads the case."""
    _BESIDE.append(reader)


def register(kind: str, can_read: Reader, writer: Writer | None = None) -> None:
    """Say who may read the evidence of a kind of owner, and, where pages of ours may add to it, who may."""
    _READERS[kind] = can_read
    if writer is not None:
        _WRITERS[kind] = writer


def readable(connection: Connection, kind: str, owner_id: int) -> bool:
    """Whether the account may read the evidence of this owner; a kind that nobody registered is closed."""
    reader = _READERS.get(kind)
    own = reader is not None and reader(connection, owner_id)
    return own or any(beside(connection, kind, owner_id) for beside in _BESIDE)


def writable(connection: Connection, kind: str, owner_id: int) -> Owner | None:
    """What new evidence of this owner is kept under; None: the account may add none, or not this way."""
    writer = _WRITERS.get(kind)
    if writer is None or not readable(connection, kind, owner_id):
        return None
    return writer(connection, owner_id)


def item_readable(connection: Connection, item: Mapping[str, Any]) -> bool:
    """Whether the account may read an item."""
    return readable(connection, item["owner_kind"], item["owner_id"])
