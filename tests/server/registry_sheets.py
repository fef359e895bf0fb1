"""Sheets for the tests of imports, and a way to put one through both steps."""

import csv
import io
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Engine

from server.db import transaction
from server.flows import import_registry
from server.store import registry_imports
from server.store.audit import Actor

ACTOR = Actor(None, "tester")
TRUCK_HEAD = ("号牌号码", "号牌颜色", "VIN", "排放阶段", "阶段判定依据", "总质量(kg)", "行政区划代码", "所有人")


def sheet(head: Sequence[str], *rows: Sequence[object], encoding: str = "utf-8") -> bytes:
    """A CSV file."""
    out = io.StringIO()
    csv.writer(out).writerows([head, *rows])
    return out.getvalue().encode(encoding)


def upload(
    engine: Engine, noun: str, content: bytes, divisions: str | None = None, name: str = "x.csv"
) -> dict[str, Any]:
    """Step one: keep the file and read it; the import as the page shows it."""
    with transaction(engine) as connection:
        number = import_registry.begin(connection, ACTOR, noun, name, content, divisions)
    import_registry.read(engine, number)
    return state(engine, number)


def write(engine: Engine, number: int, mode: str = "whole") -> dict[str, Any]:
    """Step two."""
    with transaction(engine) as connection:
        assert registry_imports.claim(connection, number, ("read",), "writing", mode)
    import_registry.write(engine, number, mode, ACTOR)
    return state(engine, number)


def bring(engine: Engine, noun: str, content: bytes, mode: str = "whole") -> dict[str, Any]:
    """Both steps."""
    return write(engine, upload(engine, noun, content)["id"], mode)


def state(engine: Engine, number: int) -> dict[str, Any]:
    """The import with its notes."""
    with transaction(engine) as connection:
        found = registry_imports.find_one(connection, number)
        assert found is not None
        return {**found, "notes": registry_imports.notes(connection, number, None, 100_000)}


def counts(job: dict[str, Any]) -> tuple[int, int, int, int]:
    """(new, changed, unchanged, refused)."""
    return job["new_n"], job["changed_n"], job["unchanged_n"], job["refused_n"]
