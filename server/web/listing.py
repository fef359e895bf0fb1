"""A list page: filters, sort and page come from the address and stay in it; 50 rows a page; export links.

    query = read(request.args, FILTERS, COLUMNS, sort="first_at")     # -> store.paging.Query
    found = violations.find(connection, scope, query)                 # -> store.paging.Found
    return render_template("violations/list.html", view=view(query, found, FILTERS, COLUMNS))

In the template: `{% from "_listing.html" import listing %}{% call(row, column) listing(view) %}...{% endcall %}`;
the body is called for each cell and prints what `column.name` asks for.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.parse import urlencode

from flask import request
from werkzeug.datastructures import MultiDict

from server.store.paging import EXPORT_CAP, Found, Query

PAGE_SIZE = 50
DEEPEST = 2000  # pages; beyond it a filter is the way, not the pager

Choices = Sequence[tuple[str, str]] | Callable[[], Sequence[tuple[str, str]]]


@dataclass(frozen=True, slots=True)
class Filter:
    """One field of the filter row. kind: text, choice, date; number: a row's id that only links set, not shown."""

    name: str
    label: Any
    kind: str = "text"
    choices: Choices = ()
    wide: bool = False

    def options(self) -> Sequence[tuple[str, str]]:
        return self.choices() if callable(self.choices) else self.choices


@dataclass(frozen=True, slots=True)
class Column:
    """One column; `sort` where the store knows how to sort by its name, `extra` where it is hidden at first.

    A `wide` column is left out on a narrow screen, unless somebody chose columns.
    """

    name: str
    label: Any
    sort: bool = False
    numeric: bool = False
    extra: bool = False
    wide: bool = False


def read(
    args: MultiDict[str, str],
    filters: Sequence[Filter],
    columns: Sequence[Column],
    sort: str,
    descending: bool = True,
) -> Query:
    """What the address asks for; anything it gets wrong is left out rather than refused."""
    values = {f.name: text for f in filters if (text := _clean(f, args.get(f.name, "")))}
    asked = args.get("sort", "")
    known = {c.name for c in columns if c.sort}
    name, down = (asked.lstrip("-"), asked.startswith("-")) if asked.lstrip("-") in known else (sort, descending)
    page = args.get("page", "1")
    number = min(max(int(page), 1), DEEPEST) if page.isascii() and page.isdigit() and len(page) < 7 else 1
    return Query(values, name, down, number, PAGE_SIZE)


def _clean(one: Filter, text: str) -> str:
    text = text.replace("\x00", "").strip()[:200]
    if one.kind == "date" and text:
        try:
            return date.fromisoformat(text).isoformat()
        except ValueError:
            return ""
    if one.kind == "number" and not (text.isascii() and text.isdigit() and len(text) < 10):
        return ""
    if one.kind == "choice" and text not in {code for code, _ in one.options()}:
        return ""
    return text


def whole(query: Query) -> Query:
    """The same list without pages, for an export."""
    return Query(query.values, query.sort, query.descending, 1, EXPORT_CAP)


@dataclass(frozen=True, slots=True)
class View:
    """What the template needs: rows, count, and addresses that keep the rest of the list as it is."""

    query: Query
    found: Found
    filters: Sequence[Filter]
    columns: Sequence[Column]
    path: str
    kept: Mapping[str, str] = field(default_factory=dict)
    chosen: tuple[str, ...] = ()
    exports: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()

    @property
    def rows(self) -> list[dict[str, Any]]:
        return self.found.rows

    @property
    def shown(self) -> list[Column]:
        if not self.chosen:
            return [column for column in self.columns if not column.extra]
        return [column for column in self.columns if column.name in self.chosen]

    def address(self, **changes: Any) -> str:
        """The address of this list with some things changed; None takes a thing out."""
        sort = ("-" if self.query.descending else "") + self.query.sort
        values: dict[str, Any] = {**self.kept, **self.query.values, "sort": sort, "page": self.query.page}
        if self.chosen:
            values["columns"] = list(self.chosen)
        values.update(changes)
        return self.path + "?" + urlencode({k: v for k, v in values.items() if v is not None}, doseq=True)

    def sorted_by(self, column: Column) -> str:
        down = self.query.sort == column.name and not self.query.descending
        return self.address(sort=("-" if down else "") + column.name, page=1)

    def direction(self, column: Column) -> str:
        if self.query.sort != column.name:
            return "none"
        return "descending" if self.query.descending else "ascending"

    def cell_class(self, column: Column) -> str:
        return " ".join(["numeric"] * column.numeric + ["wide-only"] * (column.wide and not self.chosen))

    @property
    def pages(self) -> int:
        return max(1, -(-self.found.total // self.query.size))

    @property
    def has_next(self) -> bool:
        more = self.found.capped and len(self.rows) == self.query.size
        return (self.query.page < self.pages or more) and self.query.page < DEEPEST

    @property
    def first(self) -> int:
        return (self.query.page - 1) * self.query.size + 1


def view(
    query: Query,
    found: Found,
    filters: Sequence[Filter],
    columns: Sequence[Column],
    exports: Sequence[str] = (),
) -> View:
    """The list as the template shows it, at the address of this request."""
    names = {column.name for column in columns}
    chosen = tuple(name for name in request.args.getlist("columns") if name in names)
    dropped = tuple(f.name for f in filters if request.args.get(f.name, "").strip() and f.name not in query.values)
    return View(query, found, filters, columns, request.path, {}, chosen, tuple(exports), dropped)
