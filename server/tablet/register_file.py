"""The register file: trucks and machines of a city in blocks of columns, a line of JSON each, gzipped as it is made.

The first line says what it is (register, revision, city, full or since when), the last one how many rows were sent
and which subjects are gone: a file without it was cut off. The reader is static/tablet/register/file.js.
"""

import gzip
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from io import BytesIO
from typing import Any

from server.tablet import columns

FORMAT = 1
DAY_ZERO = date(1899, 12, 31).toordinal()  # days are counted from 1900-01-01 as 1; 0: not known

Facts = dict[str, Any]
Rows = Sequence[tuple[str, int, str]]
Column = Callable[[Sequence[Facts]], Any]


def _text(name: str) -> Column:
    return lambda rows: columns.texts([row.get(name, "") for row in rows])


def _sorted(name: str) -> Column:
    return lambda rows: columns.sorted_texts([row.get(name, "") for row in rows])


def _words(name: str) -> Column:
    return lambda rows: columns.words([str(row.get(name, "")) for row in rows])


def _headed(name: str) -> Column:
    return lambda rows: columns.headed([row.get(name, "") for row in rows])


def _day(name: str) -> Column:
    return lambda rows: columns.numbers([day_number(row.get(name)) for row in rows])


def _sparse(name: str) -> Column:
    return lambda rows: columns.sparse([row.get(name) for row in rows])


def day_number(day: str | None) -> int:
    """A day written 2026-11-24 as a number; 0 where there is none, and for a day before 1900."""
    return 0 if day is None else max(0, date.fromisoformat(day).toordinal() - DAY_ZERO)


def _last(rows: Sequence[Facts]) -> dict[str, Any]:
    """The last results: how many each row has; the first day of each and the days between it and the next; what."""
    lists = [row.get("last", ()) for row in rows]
    days: list[int] = []
    for results in lists:
        before = None
        for day, _, _ in results:
            number = day_number(day)
            days.append(number if before is None else max(0, before - number))
            before = number
    what = columns.words([f"{kind} {outcome}" for results in lists for _, kind, outcome in results])
    return {"n": columns.numbers([len(results) for results in lists]), "d": columns.numbers(days), **what}


_SHARED: dict[str, Column] = {
    **{
        name: _words(name)
        for name in ("category", "fuel", "stage", "stage_basis", "after_treatment", "device", "state")
    },
    **{name: _words(name) for name in ("division", "owner", "enterprise")},
    "last": _last,
    **{name: _sparse(name) for name in ("cases", "notice", "watch", "permits")},
}
COLUMNS: dict[str, dict[str, Column]] = {
    "truck": {
        "plate": _sorted("plate"), "colour": _words("colour"), "vin": _headed("vin"),
        "registered_on": _day("registered_on"), **_SHARED,
    },
    "machine": {
        "registration_no": _sorted("registration_no"), "pin": _headed("pin"), "machine_code": _headed("machine_code"),
        "engine_no": _sparse("engine_no"), "maker": _words("maker"), "model": _words("model"),
        "power_kw": _words("power_kw"), "built_on": _day("built_on"), **_SHARED,
    },
}  # fmt: skip
"""How each fact of a subject is written; `file.js` holds the same table."""


def block(kind: str, ids: Sequence[int], rows: Sequence[Facts]) -> dict[str, Any]:
    """Rows of one kind as columns."""
    made = {name: write(rows) for name, write in COLUMNS[kind].items()}
    return {"kind": kind, "n": len(ids), "id": columns.steps(ids), **made}


def lines(head: dict[str, Any], portions: Iterable[Rows], gone: Sequence[tuple[str, int]]) -> Iterator[bytes]:
    """The file line by line. `head` is its first line without the format."""
    yield _line({"format": FORMAT, **head})
    sent = {"truck": 0, "machine": 0}
    for portion in portions:
        for kind, count in sent.items():
            held = [(number, json.loads(facts)) for of, number, facts in portion if of == kind]
            if held:
                sent[kind] = count + len(held)
                yield _line(block(kind, [number for number, _ in held], [facts for _, facts in held]))
    yield _line({"end": sent, "gone": {kind: [number for of, number in gone if of == kind] for kind in sent}})


def _line(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def gzipped(parts: Iterable[bytes]) -> bytes:
    """The same bytes for the same lines, whenever they are made; never held whole but gzipped."""
    out = BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb", compresslevel=6, mtime=0, filename="") as file:
        for part in parts:
            file.write(part)
    return out.getvalue()
