"""The files the app is made of, found on disk, with their hashes: what a tablet keeps to open without a network.

The version of the app is the hash of all of them and of the page and words that go with them. A file added below
static/tablet is part of the app without being listed anywhere.
"""

import hashlib
import re
from collections.abc import Iterable
from os.path import dirname, normpath
from pathlib import Path

IMPORTED = re.compile(r"""^(?:import|export)[^;"]*"(\.[^"]+)";""", re.M)
STATIC = Path(__file__).resolve().parent.parent / "static"
BESIDE = ("icon.svg", "icons.svg", "vendor/idb.js", "vendor/jsqr.js")
STYLES = ("tablet", "tablet_register", "tablet_check", "tablet_sync", "tablet_work")
WORKER = "tablet/worker.js"  # is fetched by the browser itself, under /tablet/worker.js


def names() -> list[str]:
    """Every file of the app, below static/, sorted."""
    modules = [path.relative_to(STATIC).as_posix() for path in (STATIC / "tablet").rglob("*") if path.is_file()]
    kept = [name for name in modules if name.endswith((".js", ".svg", ".json")) and name != WORKER]
    return sorted([*kept, *BESIDE, *styles()])


def styles() -> list[str]:
    """The style sheets that exist, the common one first."""
    found = [f"css/{name}.css" for name in STYLES]
    return [name for name in found if (STATIC / name).is_file()]


def modules() -> list[str]:
    """The modules of the app in the order of their names."""
    return [name for name in names() if name.startswith("tablet/") and name.endswith(".js")]


def at_the_door() -> list[str]:
    """The modules that the first screen needs: whatever app.js imports, and those import, at the start."""
    found, waiting = ["vendor/idb.js"], ["tablet/app.js"]
    while waiting:
        name = waiting.pop()
        found.append(name)
        for imported in IMPORTED.findall((STATIC / name).read_text(encoding="utf-8")):
            path = normpath(f"{dirname(name)}/{imported}")
            if path not in found and path not in waiting:
                waiting.append(path)
    return sorted(found)


def digest(content: bytes) -> str:
    """SHA-256 as the worker checks it, hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def contents() -> list[tuple[str, bytes]]:
    """(address, content) of every file."""
    return [(f"/static/{name}", (STATIC / name).read_bytes()) for name in names()]


def listed(made: Iterable[tuple[str, bytes]]) -> list[tuple[str, str]]:
    """(address, hash) of every file, and of what is made on request (address, content)."""
    return [(address, digest(content)) for address, content in [*contents(), *made]]


def version_of(files: Iterable[tuple[str, str]], worker: bytes) -> str:
    """The version of the app: 16 hexadecimal digits."""
    whole = "\n".join(f"{address} {sha256}" for address, sha256 in files)
    return digest(whole.encode() + worker)[:16]
