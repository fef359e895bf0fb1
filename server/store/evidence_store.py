"""The evidence store: a folder of write-once files named by their SHA-256.

`kept/ab/cd/<sha256>` are the files, whole and read-only; `incoming/` holds what is still being written, which no reader
ever sees; `pieces/` what comes in pieces from tablets (store/piece_files.py); `cache/` holds copies made for viewing and
may be deleted at any time. A file becomes visible by one link after its bytes are on the disk, so a crash leaves either
all of it or nothing.
"""

import errno
import os
import re
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from enforcement.evidence.digests import Digester, Digests, Limits, digests_of, verify

PIECE = 2**20
_NAME = re.compile(r"[0-9a-f]{64}")
STALE_S = 24 * 3600  # an upload that takes longer was abandoned


class StoreFull(Exception):
    """The disk of the store has no room; nothing was kept. The text says how much there is and is needed, in MB."""


class TooLarge(Exception):
    """More bytes than its kind may have; `most` says how many those are."""

    def __init__(self, most: int) -> None:
        """Remember the limit."""
        super().__init__(most)
        self.most = most


class StoreDamaged(Exception):
    """A kept file is missing or no longer gives its hash; it must come back from the backup."""


@dataclass(frozen=True, slots=True)
class Staged:
    """Bytes that are written and hashed but not kept yet."""

    path: Path
    digests: Digests


class EvidenceStore:
    """One folder. Folders below it are made when they are first needed."""

    def __init__(self, root: Path, limits: Limits) -> None:
        """Name the folder; it is not touched yet."""
        self.root, self.limits = root, limits
        self.kept, self.incoming, self.cache = root / "kept", root / "incoming", root / "cache"

    def path(self, sha256: str) -> Path:
        """Where the file with this digest lies, if it is kept."""
        return self.kept / sha256[:2] / sha256[2:4] / sha256

    @contextmanager
    def stage(self, stream: BinaryIO, most_bytes: Callable[[bytes], int]) -> Iterator[Staged]:
        """Write a stream to the disk; on leaving, it is gone unless `publish` kept it.

        `most_bytes` gets the first bytes and says how many there may be. Raises TooLarge and StoreFull.
        """
        self.incoming.mkdir(parents=True, exist_ok=True)
        path = self.incoming / f"{secrets.token_hex(16)}.part"
        try:
            with no_room_is_told():
                digests = self._write(path, stream, most_bytes)
            yield Staged(path, digests)
        finally:
            path.unlink(missing_ok=True)

    def _write(self, path: Path, stream: BinaryIO, most_bytes: Callable[[bytes], int]) -> Digests:
        digester, most = Digester(), 0
        with path.open("xb") as file:
            os.fchmod(file.fileno(), 0o440)
            while piece := stream.read(PIECE):
                most = most or most_bytes(piece)
                digester.update(piece)
                if digester.bytes > most:
                    raise TooLarge(most)
                self.require_room(len(piece))
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        return digester.digests()

    def require_room(self, needed: int) -> None:
        """Raise StoreFull where so many bytes would not leave enough room on the disk."""
        free = shutil.disk_usage(self.root).free
        if free - needed < self.limits.free_bytes:
            raise StoreFull(f"{free // 2**20} MB free, {self.limits.free_bytes // 2**20} MB must stay free")

    def publish(self, staged: Staged) -> bool:
        """Make staged bytes visible under their hash, for good; False: they were kept already.

        Raises StoreDamaged where a file of that name has other bytes.
        """
        target = self.path(staged.digests.sha256)
        with no_room_is_told():
            target.parent.mkdir(parents=True, exist_ok=True)
            new = True
            try:
                os.link(staged.path, target)  # unlike a rename it never replaces
            except FileExistsError:
                new = False
                if verify(staged.digests, self.pieces(staged.digests.sha256)):
                    raise StoreDamaged(f"{target} does not give its hash; restore it from the backup") from None
            for folder in (target.parent, target.parent.parent, self.kept, self.root):
                fsync_folder(folder)  # also where it was there: whoever linked it may have died before this
        return new

    def open(self, sha256: str) -> BinaryIO:
        """The bytes; raises StoreDamaged where they are missing."""
        try:
            return self.path(sha256).open("rb")
        except FileNotFoundError:
            raise StoreDamaged(f"{self.path(sha256)} is missing; restore it from the backup") from None

    def pieces(self, sha256: str) -> Iterator[bytes]:
        """The bytes in pieces of one MiB at the most."""
        with self.open(sha256) as file:
            while piece := file.read(PIECE):
                yield piece

    def cached(self, name: str, make: Callable[[BinaryIO], None]) -> Path:
        """A copy of the cache; it is made where it is not there (again)."""
        path = self.cache / name[:2] / name
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            part = path.with_name(f"{secrets.token_hex(8)}.part")
            try:
                with no_room_is_told(), part.open("xb") as file:
                    self.require_room(0)
                    make(file)
                part.replace(path)
            finally:
                part.unlink(missing_ok=True)
        return path

    def digests(self, sha256: str) -> Digests:
        """Read a kept file anew; raises StoreDamaged where it is missing."""
        return digests_of(self.pieces(sha256))

    def names(self) -> Iterator[str]:
        """The name of every kept file, in order."""
        if self.kept.is_dir():
            yield from sorted(path.name for path in self.kept.glob("??/??/*") if _NAME.fullmatch(path.name))

    def discard(self, sha256: str) -> bool:
        """Take away a file that no row ever named (flows/verify_evidence.py), unless it came within the last day."""
        path = self.path(sha256)
        stale = path.exists() and is_stale(path)
        if stale:
            path.unlink()
        return stale

    def left_behind(self) -> list[Path]:
        """What uploads that were killed left behind; it was never visible."""
        return [path for path in self.incoming.glob("*.part") if is_stale(path)]

    def sweep(self) -> int:
        """Remove what uploads that were killed left behind; how many there were."""
        left = self.left_behind()
        for path in left:
            path.unlink(missing_ok=True)
        return len(left)


def is_stale(path: Path) -> bool:
    """Whether nobody wrote to a file for a day."""
    return time.time() - path.stat().st_mtime > STALE_S


@contextmanager
def no_room_is_told() -> Iterator[None]:
    """A full disk, however the system says so, is StoreFull."""
    try:
        yield
    except OSError as fault:
        if fault.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise StoreFull(str(fault)) from fault
        raise


def fsync_folder(folder: Path) -> None:
    """Put the entries of a folder on the disk."""
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
