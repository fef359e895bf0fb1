"""A bundle: one ZIP that a stranger checks off-line. Files go out as they are read; the same parts give the same bytes.

Every part has its digests before the first byte leaves, so that the list of sums (and its own hash, the seal) can be
written down first. A part that no longer gives its digests breaks the archive off rather than going out.
"""

import json
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from enforcement.evidence.digests import Digester, Digests, Entry, digests_of, manifest, sums

FILES = Path(__file__).parent / "bundle_files"
MIDNIGHT = (1980, 1, 1, 0, 0, 0)  # of every entry: the archive tells no times of its own
PACKED = frozenset({"json", "jsonl", "geojson", "txt", "py", ""})  # pictures and films do not shrink
PIECE = 2**20


class PartChanged(Exception):
    """A file of the bundle does not give the digests it was listed with."""


@dataclass(frozen=True, slots=True)
class Part:
    """A file of the bundle: path with /, digests, and its bytes whenever they are asked for."""

    path: str
    digests: Digests
    pieces: Callable[[], Iterable[bytes]]
    about: Mapping[str, Any] = field(default_factory=dict)


def data_part(path: str, data: bytes) -> Part:
    """A part that is held in memory."""
    return Part(path, digests_of([data]), lambda: [data])


def json_part(path: str, content: Any) -> Part:
    """A part of JSON: keys in order, readable, in UTF-8."""
    text = json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True)
    return data_part(path, (text + "\n").encode())


def lines_part(path: str, rows: Sequence[Any]) -> Part:
    """A part of JSON, a row a line."""
    return data_part(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode())


def closed(parts: Sequence[Part], about: Mapping[str, Any], words: Mapping[str, str]) -> list[Part]:
    """All parts with the script, the text that explains, the manifest and the two lists of sums."""
    readme = FILES.joinpath("README.txt").read_text(encoding="utf-8")
    for name, value in {**words, "rule": "=" * 60}.items():
        readme = readme.replace("{" + name + "}", value)
    whole = [
        *parts,
        data_part("README.txt", readme.encode()),
        data_part("verify.py", FILES.joinpath("verify.py").read_bytes()),
    ]
    whole.append(json_part("manifest.json", manifest([_entry(one) for one in whole], about)))
    whole.append(data_part("SM3SUMS", sums([_entry(one) for one in whole], "sm3").encode()))
    whole.append(data_part("SHA256SUMS", sums([_entry(one) for one in whole], "sha256").encode()))
    return sorted(whole, key=lambda one: one.path)


def seal_of(parts: Sequence[Part]) -> str:
    """The SHA-256 of the list of sums: whoever has it has the whole bundle."""
    return next(one.digests.sha256 for one in parts if one.path == "SHA256SUMS")


def _entry(part: Part) -> Entry:
    return Entry(part.path, part.digests, part.about)


class _Sink:
    """Where the archive is written to: bytes wait here until they are sent on."""

    def __init__(self) -> None:
        self.waiting: list[bytes] = []

    def write(self, piece: bytes) -> int:
        self.waiting.append(bytes(piece))
        return len(piece)

    def flush(self) -> None:
        """Nothing is held back."""

    def taken(self) -> bytes:
        sent, self.waiting = b"".join(self.waiting), []
        return sent


def zipped(parts: Sequence[Part], folder: str) -> Iterator[bytes]:
    """The archive, piece by piece; everything lies in one folder. Raises PartChanged."""
    sink = _Sink()
    with zipfile.ZipFile(sink, "w") as archive:  # type: ignore[call-overload]
        for part in parts:
            with archive.open(_info(part, folder), "w") as target:
                for piece in _checked(part):
                    target.write(piece)
                    yield sink.taken()
            yield sink.taken()
    yield sink.taken()


def _info(part: Part, folder: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(f"{folder}/{part.path}", MIDNIGHT)
    info.compress_type = zipfile.ZIP_DEFLATED if part.path.rpartition(".")[2] in PACKED else zipfile.ZIP_STORED
    info.external_attr = 0o644 << 16
    info.create_system = 3
    info.file_size = part.digests.bytes  # large films get the wide fields
    return info


def _checked(part: Part) -> Iterator[bytes]:
    digester = Digester()
    for piece in part.pieces():
        digester.update(piece)
        yield piece
    if digester.digests() != part.digests:
        raise PartChanged(part.path)
