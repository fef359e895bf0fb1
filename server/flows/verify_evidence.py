"""The whole evidence store against its rows: every file read anew, every stray named.

A file without a row is no evidence: the upload was undone, or its process killed, after the file was written and before
the row was committed. It is taken away after a day, under a claim on its hash, so that nobody keeps the same content
meanwhile.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Engine

from enforcement.evidence.digests import verify as differing
from server.db import transaction
from server.flows.receive_piece import STALE
from server.store import audit, evidence_files, tablet_files
from server.store.audit import Actor
from server.store.evidence_store import EvidenceStore, StoreDamaged
from server.store.piece_files import PieceFiles

COMMAND_LINE = Actor(None, "command line")
MOST_NAMED = 100  # faults that the audit row names


@dataclass(frozen=True, slots=True)
class FileFault:
    """A file that is not what was kept: "missing", "bytes", or the algorithms that differ."""

    sha256: str
    wrong: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Verified:
    """What reading the store gave."""

    files: int
    bytes: int
    faults: Sequence[FileFault]
    unclaimed: int
    left_behind: int


@dataclass(frozen=True, slots=True)
class Tidied:
    """What was taken away."""

    files: int
    left_behind: int
    pieces: int


def verify(engine: Engine, store: EvidenceStore) -> Verified:
    """Read every file on record and compare; the outcome goes into the audit log."""
    with transaction(engine) as connection:
        found = _read_all(connection, store)
    with transaction(engine) as connection:
        detail = {
            "files": found.files,
            "bytes": found.bytes,
            "faults": len(found.faults),
            "wrong": [fault.sha256 for fault in found.faults[:MOST_NAMED]],
        }
        audit.append(connection, COMMAND_LINE, "evidence.verify", "evidence_store", "all", detail)
    return found


def _read_all(connection: Connection, store: EvidenceStore) -> Verified:
    files = read = 0
    faults = []
    for sha256, kept in evidence_files.every(connection):
        files, read = files + 1, read + kept.bytes
        try:
            wrong = differing(kept, store.pieces(sha256))
        except StoreDamaged:
            wrong = ("missing",)
        if wrong:
            faults.append(FileFault(sha256, wrong))
    unclaimed = sum(not evidence_files.is_on_record(connection, name) for name in store.names())
    return Verified(files, read, faults, unclaimed, len(store.left_behind()))


def tidy(engine: Engine, store: EvidenceStore) -> Tidied:
    """Take away files without a row that are older than a day, stale uploads, and photos that never came in full."""
    taken = sum(_discarded(engine, store, name) for name in store.names())
    return Tidied(taken, store.sweep(), _tidy_pieces(engine, PieceFiles(store)))


def _tidy_pieces(engine: Engine, files: PieceFiles) -> int:
    """How many pieces of photos went: nobody went on with them for two weeks, or they have no row."""
    with transaction(engine) as connection:
        stale = tablet_files.drop_stale(connection, STALE)
    for user_id, sha256 in stale:
        files.remove(user_id, sha256)
    strays = list(files.strays())  # looked for before the rows: what comes meanwhile has a row by then
    with transaction(engine) as connection:
        known = tablet_files.names(connection)
    lost = [one for one in strays if one not in known]
    for user_id, sha256 in lost:
        files.remove(user_id, sha256)
    return len(stale) + len(lost)


def _discarded(engine: Engine, store: EvidenceStore, sha256: str) -> bool:
    """Whether the file had no row and went; the claim is undone, so nothing of it stays in the database."""
    with engine.connect() as connection:
        try:
            return evidence_files.claim(connection, sha256) and store.discard(sha256)
        finally:
            connection.rollback()
