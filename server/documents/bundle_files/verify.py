"""Checks a case bundle off-line, with nothing but Python 3.8 or later: `python3 verify.py` in its folder.

Every file of manifest.json is there, unchanged (length, SHA-256, and SM3 where this Python knows it), and nothing else
is; the two lists of sums say the same; every row of the audit extract gives its hash, and rows that follow each other
are linked. Ends with 0 when all holds, with 1 and a line for each fault when not.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Callable, Iterator

ROOT = os.path.dirname(os.path.abspath(__file__))
SUMS = {"SHA256SUMS": "sha256", "SM3SUMS": "sm3"}
UNLISTED: dict[str, set[str]] = {
    "manifest.json": {"manifest.json", *SUMS},
    "SHA256SUMS": {"SHA256SUMS"},
    "SM3SUMS": set(SUMS),
}


def known(algorithm: str) -> bool:
    """Whether this Python can compute a hash (SM3 comes with OpenSSL)."""
    try:
        hashlib.new(algorithm, b"")
        return True
    except ValueError:
        return False


def digests(path: str) -> dict[str, int | str]:
    """Length and hashes of a file, read in pieces."""
    hashers = {name: hashlib.new(name) for name in SUMS.values() if known(name)}
    length = 0
    with open(os.path.join(ROOT, path), "rb") as file:
        for piece in iter(lambda: file.read(1 << 20), b""):
            length += len(piece)
            for hasher in hashers.values():
                hasher.update(piece)
    return {"bytes": length, **{name: hasher.hexdigest() for name, hasher in hashers.items()}}


def files() -> set[str]:
    """Every path below the folder, with / between its parts."""
    found: set[str] = set()
    for folder, _, names in os.walk(ROOT):
        found |= {os.path.relpath(os.path.join(folder, name), ROOT).replace(os.sep, "/") for name in names}
    return found


def listed() -> Iterator[tuple[str, str, str, int | str]]:
    """What manifest.json and the two lists say of each path: (list, path, what, value)."""
    for one in json.loads(read("manifest.json"))["files"]:
        for what in ("bytes", "sha256", "sm3"):
            yield "manifest.json", one["path"], what, one[what]
    for name, algorithm in SUMS.items():
        for line in read(name).splitlines():
            digest, _, path = line.partition("  ")
            yield name, path, algorithm, digest


def read(path: str) -> str:
    """A text file of the bundle."""
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def file_faults() -> Iterator[str]:
    """Missing, added and changed files."""
    there = files()
    named: dict[str, set[str]] = {name: set() for name in UNLISTED}
    counted: dict[str, dict[str, int | str]] = {}
    for name, path, what, value in listed():
        named[name].add(path)
        if path not in there:
            continue
        if path not in counted:
            counted[path] = digests(path)
        now = counted[path]
        if now.get(what, value) != value:
            yield f"{path}: {what} 与 {name} 不符 / differs from {name}"
    for name, left_out in UNLISTED.items():
        yield from (f"{path}: 缺失（见 {name}）/ missing, named in {name}" for path in sorted(named[name] - there))
        yield from (f"{path}: 多余，{name} 未列 / not in {name}" for path in sorted(there - left_out - named[name]))


def audit_faults() -> Iterator[str]:
    """Rows of the audit extract that do not give their hash, are out of order, or not linked to the row before."""
    number, before = 0, None
    for line in read("audit.jsonl").splitlines():
        row = json.loads(line)
        content = json.loads(row["content"])
        told = hashlib.sha256(bytes.fromhex(row["previous_hash"]) + row["content"].encode("utf-8")).hexdigest()
        if told != row["hash"] or content[0] != row["id"]:
            yield f"audit.jsonl: 第 {row['id']} 条与其哈希不符 / row {row['id']} does not give its hash"
        if row["id"] <= number:
            yield f"audit.jsonl: 第 {row['id']} 条顺序有误 / row {row['id']} is out of order"
        if row["id"] == number + 1 and before is not None and row["previous_hash"] != before:
            yield f"audit.jsonl: 第 {row['id']} 条与前一条不相连 / row {row['id']} is not linked to the one before"
        number, before = row["id"], row["hash"]


def told(find: Callable[[], Iterator[str]]) -> list[str]:
    """Every fault found; a list that cannot be read is one more, and hides none of those before it."""
    faults: list[str] = []
    try:
        faults.extend(find())
    except (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError) as fault:
        faults.append(f"清单无法读取 / a list cannot be read: {fault!r}")
    return faults


def main() -> int:
    """Check everything and say what was found."""
    faults = [*told(file_faults), *told(audit_faults)]
    out = sys.stdout
    if hasattr(out, "reconfigure"):  # a console that knows no Chinese must not stop the check
        out.reconfigure(encoding="utf-8", errors="replace")
    for one in faults:
        out.write(f"✗ {one}\n")
    if not known("sm3"):
        out.write("本机 Python 不支持 SM3，只核对了 SHA-256 / this Python knows no SM3: SHA-256 alone was checked\n")
    if not faults:
        out.write(f"✓ 全部 {len(files())} 个文件完整、未改动 / all {len(files())} files are whole and unchanged\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
