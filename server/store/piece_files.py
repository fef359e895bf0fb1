"""Bytes of photos that come in pieces: `pieces/<account>/<sha256>` below the root of the evidence store.

Written through to the disk before the row (store/tablet_files.py) says so. What stands after a crash is the smaller of
the two: a longer file is cut where the row ends, a shorter one is gone on with from where it ends.
"""

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from enforcement.evidence.digests import Digests, digests_of
from server.store.evidence_store import PIECE, EvidenceStore, fsync_folder, is_stale, no_room_is_told

_NAME = re.compile(r"[0-9a-f]{64}")


class PieceFiles:
    """The folder. It shares the disk, and the room that must stay free on it, with the evidence store."""

    def __init__(self, store: EvidenceStore) -> None:
        """Name the folder; it is not touched yet."""
        self.store, self.root = store, store.root / "pieces"

    def path(self, user_id: int, sha256: str) -> Path:
        """Where the file of an account lies."""
        return self.root / str(user_id) / sha256

    def length(self, user_id: int, sha256: str) -> int:
        """How many bytes are on the disk; 0 where there is none."""
        try:
            return self.path(user_id, sha256).stat().st_size
        except FileNotFoundError:
            return 0

    def write(self, user_id: int, sha256: str, offset: int, data: bytes) -> None:
        """Put bytes at an offset and nothing behind them; on return they are on the disk. Raises StoreFull."""
        path = self.path(user_id, sha256)
        with no_room_is_told():
            path.parent.mkdir(parents=True, exist_ok=True)
            self.store.require_room(len(data))
            new = not path.exists()
            number = os.open(path, os.O_RDWR | os.O_CREAT, 0o640)
            with os.fdopen(number, "r+b") as file:
                file.truncate(offset)
                file.seek(offset)
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        if new:
            for folder in (path.parent, self.root, self.store.root):
                fsync_folder(folder)

    def open(self, user_id: int, sha256: str) -> BinaryIO:
        """The bytes that there are."""
        return self.path(user_id, sha256).open("rb")

    def digests(self, user_id: int, sha256: str) -> Digests:
        """Of the bytes that there are."""
        with self.open(user_id, sha256) as file:
            return digests_of(iter(lambda: file.read(PIECE), b""))

    def remove(self, user_id: int, sha256: str) -> None:
        """Take the bytes away; it is no fault where they are gone."""
        self.path(user_id, sha256).unlink(missing_ok=True)

    def strays(self) -> Iterator[tuple[int, str]]:
        """Account and hash of files that nobody wrote to for a day."""
        for path in self.root.glob("*/*"):
            with suppress(FileNotFoundError):
                if path.parent.name.isdigit() and _NAME.fullmatch(path.name) and is_stale(path):
                    yield int(path.parent.name), path.name
