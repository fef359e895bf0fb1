"""A photo comes from a tablet piece by piece and may be gone on with after any break.

The bytes are on the disk before the row says so, and the row is committed before the answer. Whatever was lost, the
device is told how much stands and sends the rest; a whole file that does not give its hash is dropped and begun anew.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from sqlalchemy import Connection

from server.flows.refusals import Fault, Refused
from server.store import tablet_files
from server.store.evidence_store import EvidenceStore
from server.store.piece_files import PieceFiles

MOST_PIECE = 2**20  # bytes; a tablet sends a quarter of it
MOST_FILES, MOST_BYTES = 500, 2**30  # that may wait for an account's checks: more than a day of photos
GIVEN_UP = timedelta(days=1)  # after which files make room, where the account has reached its limit
STALE = timedelta(days=14)


class Outcome(StrEnum):
    """What became of a piece."""

    KEPT = "kept"
    OFFSET = "offset"  # it does not begin where what stands ends; nothing was written
    HASH = "hash"  # all bytes are there and give another hash; they were dropped


@dataclass(frozen=True, slots=True)
class Standing:
    """How much of a file is here, and whether that is all of it, with the right hash."""

    received: int
    bytes: int

    @property
    def is_complete(self) -> bool:
        """Only a file whose hash was right is ever whole by its row."""
        return self.received == self.bytes


class TooMany(Exception):
    """More waits for the checks of this account than may; nothing was written."""


def standing(connection: Connection, files: PieceFiles, user_id: int, sha256: str) -> Standing | None:
    """What stands of a file; None: nothing of it was ever sent, or its check is recorded."""
    row = tablet_files.find(connection, user_id, sha256)
    return None if row is None else Standing(min(row.received, files.length(user_id, sha256)), row.bytes)


def receive(
    connection: Connection, store: EvidenceStore, user_id: int, sha256: str, offset: int, total: int, data: bytes
) -> tuple[Outcome, Standing]:
    """Take a piece; commit whatever the outcome is. Raises Refused, TooMany, StoreFull."""
    _check(store, offset, total, data)
    files = PieceFiles(store)
    if tablet_files.find(connection, user_id, sha256) is None:
        _require_place(connection, files, user_id, total)
    row = tablet_files.hold(connection, user_id, sha256, total)
    stands = min(row.received, files.length(user_id, sha256)) if row.bytes == total else 0  # another length: anew
    if offset != stands:
        tablet_files.put(connection, user_id, sha256, total, stands)
        return Outcome.OFFSET, Standing(stands, total)
    files.write(user_id, sha256, offset, data)
    received = offset + len(data)
    if received == total and files.digests(user_id, sha256).sha256 != sha256:
        tablet_files.put(connection, user_id, sha256, total, 0)
        return Outcome.HASH, Standing(0, total)
    tablet_files.put(connection, user_id, sha256, total, received)
    return Outcome.KEPT, Standing(received, total)


def _check(store: EvidenceStore, offset: int, total: int, data: bytes) -> None:
    most = max(store.limits.image_bytes, store.limits.document_bytes)
    if total > most:
        zh, en = f"文件超过 {most // 2**20} MB 的上限", f"The file is larger than {most // 2**20} MB"
        raise Refused([Fault("bytes", zh, en)])
    if not 0 < len(data) <= MOST_PIECE:
        raise Refused([Fault("body", "每段应为 1 字节至 1 MiB", "A piece has 1 byte to 1 MiB")])
    if offset + len(data) > total:
        zh, en = "该段超出文件的总长度", "The piece goes beyond the end of the file"
        raise Refused([Fault("offset", zh, en)])


def _require_place(connection: Connection, files: PieceFiles, user_id: int, total: int) -> None:
    """What was given up makes room where the account holds too much; its devices still have all of it."""
    if _has_place(connection, user_id, total):
        return
    for owner, sha256 in tablet_files.drop_stale(connection, GIVEN_UP, user_id):
        files.remove(owner, sha256)  # should the transaction fail, what stands is what is on the disk: nothing
    if not _has_place(connection, user_id, total):
        raise TooMany


def _has_place(connection: Connection, user_id: int, total: int) -> bool:
    count, waiting = tablet_files.waiting(connection, user_id)
    return count < MOST_FILES and waiting + total <= MOST_BYTES
