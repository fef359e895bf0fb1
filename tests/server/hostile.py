"""Hostile text of the shared data, the forms of a page, and whether a page or a sheet has let any of it live."""

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import cycle
from pathlib import Path
from random import Random
from typing import Any

from python_calamine import CalamineWorkbook

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
NEVER = frozenset(
    {"iframe", "object", "embed", "base", "applet", "frame", "frameset", "marquee", "math", "layer", "bgsound", "xss",
     "video:hostile", "isindex", "plaintext", "xmp"}
)  # fmt: skip
TEXT = frozenset(
    {"text", "search", "tel", "email", "url", "number", "date", "datetime-local", "time", "month", "textarea"}
)


def texts(shared: Path) -> list[str]:
    """Every hostile text, in an order that is always the same."""
    folder = shared / "hostile_inputs"
    found: list[str] = list(json.loads((folder / "blns.json").read_text()))
    for name in ("csv_injection_payloads", "path_traversal_deep", "sqli_generic_fuzz", "xss_intruders"):
        found += (folder / f"{name}.txt").read_text(errors="replace").splitlines()
    found += ["nul\0byte", "\x1b[31m", "\ud7ff\ufffe", "=1+1", "{{7*7}}", "${7*7}", "%s%n", "'" * 50]
    Random(3).shuffle(found)
    return found


def endless(shared: Path) -> Iterator[str]:
    return cycle(texts(shared))


# --- forms ---


@dataclass(slots=True)
class Field:
    """A field of a form; `choices` of a select."""

    name: str
    kind: str
    value: str = ""
    choices: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Form:
    """A form as a page has it."""

    action: str
    method: str
    fields: list[Field] = field(default_factory=list)

    @property
    def texts(self) -> list[str]:
        return [one.name for one in self.fields if one.kind in TEXT]

    @property
    def files(self) -> list[str]:
        return [one.name for one in self.fields if one.kind == "file"]

    def values(self) -> dict[str, Any]:
        """What a hurried user sends: what is there, the first choice, something in each empty line."""
        found: dict[str, Any] = {}
        for one in self.fields:
            if one.kind == "file" or (one.kind in {"radio", "checkbox"} and not one.value):
                continue
            first = next((choice for choice in one.choices if choice), "")
            found.setdefault(one.name, one.value or first or ("测试1" if one.kind == "textarea" else ""))
        return found

    def all_hostile(self, some: Iterator[str]) -> dict[str, Any]:
        """Hostile text in everything but the token of the page: hidden fields and choices, too."""
        return {one.name: one.value if one.name == "csrf_token" else next(some)
                for one in self.fields if one.kind != "file"}  # fmt: skip


class Page(HTMLParser):
    """Reads the forms of a page, its links, and what of it is alive that should not be."""

    def __init__(self, html: str, address: str) -> None:
        super().__init__()
        self.address, self.forms, self.links, self.alive = address, [], [], []  # type: ignore[var-annotated]
        self._form: Form | None = None
        self._select: Field | None = None
        self._area: Field | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self._look(tag, given)
        if tag == "a" and given.get("href", "").startswith("/"):
            self.links.append(given["href"])
        if tag == "form":
            self._form = Form(given.get("action") or self.address, given.get("method", "get").lower())
            self.forms.append(self._form)
        elif self._form is not None and tag in {"input", "select", "textarea", "button"} and given.get("name"):
            self._add(tag, given)
        elif tag == "option" and self._select is not None:
            self._select.choices.append(given.get("value", ""))
            if "selected" in given:
                self._select.value = given.get("value", "")

    def _add(self, tag: str, given: dict[str, str]) -> None:
        kind = {"select": "select", "textarea": "textarea", "button": "button"}.get(tag) or given.get("type", "text")
        value = given.get("value", "")
        if kind in {"checkbox", "radio"} and "checked" not in given:
            value = ""
        one = Field(given["name"], kind, value)
        assert self._form is not None
        self._form.fields.append(one)
        self._select = one if tag == "select" else self._select
        self._area = one if tag == "textarea" else None

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self._area.value += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        self._select = None if tag == "select" else self._select
        self._area = None if tag == "textarea" else self._area

    def _look(self, tag: str, given: dict[str, str]) -> None:
        """Note what no template of the platform writes: handlers, scripts in the page, foreign addresses, odd tags."""
        told = f"<{tag} {given}>"[:300]
        script = (
            tag == "script" and not given.get("src", "").startswith("/") and given.get("type") != "application/json"
        )
        address = " ".join(
            given.get(name, "") for name in ("src", "href", "action", "formaction", "xlink:href")
        ).lower()
        foreign = any(word in address for word in ("javascript:", "vbscript:", "data:text"))
        picture = tag in {"img", "video", "audio", "source", "link"} and not (
            given.get("src", given.get("href", "/")) or "/"
        ).startswith(("/", "data:image/", "blob:"))
        if script or foreign or picture or tag in NEVER or any(name.startswith("on") for name in given):
            self.alive.append(told)


def alive(html: str) -> list[str]:
    """What lives in a page that should be text."""
    found: list[str] = Page(html, "/").alive
    return found


# --- sheets ---


def running_cells(data: bytes, kind: str) -> list[str]:
    """Cells of a CSV or a workbook that a spreadsheet would run."""
    return [cell for cell in (_csv_cells(data) if kind == "csv" else _xlsx_cells(data)) if _runs(cell)]


def _runs(cell: str) -> bool:
    if not cell.startswith(FORMULA):
        return False
    try:
        float(cell)
    except ValueError:
        return True
    return False


def _csv_cells(data: bytes) -> Iterator[str]:
    for row in csv.reader(io.StringIO(data.decode("utf-8-sig"))):
        yield from row


def _xlsx_cells(data: bytes) -> Iterator[str]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in archive.namelist():
            if name.startswith("xl/worksheets/sheet"):
                yield from (f"={found.decode()}" for found in re.findall(rb"<f[ >].{0,80}", archive.read(name)))
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    for title in book.sheet_names:
        for row in book.get_sheet_by_name(title).to_python():
            yield from (cell for cell in row if isinstance(cell, str))
