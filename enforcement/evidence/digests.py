"""Evidence: hashes of what was kept, the list of what belongs together, and whether bytes are still what they were.

A file is named by its SHA-256 and has an SM3 beside it (GB/T 32905), so that either may fall: evidence is complete and
unchanged since creation (Electronic Signature Law 5, 8). Hashes are a table: another algorithm is one more row. Sizes
are bytes, digests lower-case hex.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Protocol


class Hasher(Protocol):
    """What an algorithm must offer (hashlib's objects do)."""

    def update(self, data: bytes, /) -> None: ...

    def hexdigest(self) -> str: ...


ALGORITHMS: Mapping[str, Callable[[], Hasher]] = MappingProxyType(
    {"sha256": hashlib.sha256, "sm3": lambda: hashlib.new("sm3")}
)
"""Every kept file has each of these."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is taken: bytes by kind of file, pixels of a picture, and the room that must stay free on the disk."""

    image_bytes: int = 32 * 2**20
    video_bytes: int = 512 * 2**20
    document_bytes: int = 32 * 2**20
    pixels: int = 64_000_000
    free_bytes: int = 512 * 2**20

    @property
    def largest_bytes(self) -> int:
        return max(self.image_bytes, self.video_bytes, self.document_bytes)


@dataclass(frozen=True, slots=True)
class Digests:
    """Length and digests of some bytes."""

    bytes: int
    by_algorithm: Mapping[str, str]

    @property
    def sha256(self) -> str:
        return self.by_algorithm["sha256"]

    @property
    def sm3(self) -> str:
        return self.by_algorithm["sm3"]


class Digester:
    """Takes bytes piece by piece; all algorithms see them once."""

    def __init__(self, algorithms: Mapping[str, Callable[[], Hasher]] = ALGORITHMS) -> None:
        """Begin with no bytes."""
        self._hashers = {name: make() for name, make in algorithms.items()}
        self.bytes = 0

    def update(self, piece: bytes) -> None:
        """The next bytes."""
        self.bytes += len(piece)
        for hasher in self._hashers.values():
            hasher.update(piece)

    def digests(self) -> Digests:
        """Of all bytes so far."""
        return Digests(self.bytes, {name: hasher.hexdigest() for name, hasher in self._hashers.items()})


def digests_of(pieces: Iterable[bytes]) -> Digests:
    """Length and digests of bytes that come in pieces; nothing but the present piece is held."""
    digester = Digester()
    for piece in pieces:
        digester.update(piece)
    return digester.digests()


def verify(kept: Digests, pieces: Iterable[bytes]) -> tuple[str, ...]:
    """What no longer agrees: "bytes" for the length, else names of algorithms; empty: nothing was changed."""
    now = digests_of(pieces)
    wrong = [name for name, digest in sorted(kept.by_algorithm.items()) if now.by_algorithm[name] != digest]
    return tuple(wrong if now.bytes == kept.bytes else ["bytes", *wrong])


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a bundle: its path there, its digests, and what else the manifest says of it."""

    path: str
    digests: Digests
    about: Mapping[str, Any] = field(default_factory=dict)


def manifest(entries: Sequence[Entry], about: Mapping[str, Any]) -> dict[str, Any]:
    """The list of files by path, under what it is the list of."""
    files = [
        {"path": one.path, "bytes": one.digests.bytes, **one.digests.by_algorithm, **one.about}
        for one in sorted(entries, key=lambda one: one.path)
    ]
    return {**about, "files": files}


def sums(entries: Sequence[Entry], algorithm: str) -> str:
    """Lines as `sha256sum` and `sm3sum` write and check them: digest, two spaces, path."""
    ordered = sorted(entries, key=lambda one: one.path)
    return "".join(f"{one.digests.by_algorithm[algorithm]}  {one.path}\n" for one in ordered)
