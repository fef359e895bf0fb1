"""A page of a list: which filters, which order, which rows; counts are exact up to a cap.

A store module names its filters as `{name: SQL}`; only names in that table reach the statement, values are bound.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, text

COUNT_CAP = (
    10_000  # above it a list says "more than": an exact count of a large table is slow and tells nobody anything
)
EXPORT_CAP = 100_000


class Nullable(str):
    """A sort expression that may be null: such rows come last either way, at the price of an index."""


class MaybeNull(str):
    """A sort expression that may be null and stays where an index has such rows: last upwards, first downwards."""


@dataclass(frozen=True, slots=True)
class Query:
    """What the address of a list asks for; `after`: the page goes on behind the row with this id (a cursor)."""

    values: Mapping[str, str] = field(default_factory=dict)
    sort: str = ""
    descending: bool = True
    page: int = 1
    size: int = 50
    after: int | None = None

    @property
    def window(self) -> dict[str, int]:
        return {"limit": self.size, "offset": 0 if self.after is not None else (self.page - 1) * self.size}

    @property
    def direction(self) -> str:
        return "DESC" if self.descending else "ASC"

    def conditions(
        self, filters: Mapping[str, str], *more: tuple[str, Mapping[str, Any]]
    ) -> tuple[str, dict[str, Any]]:
        """WHERE from the filters that are set, joined with the conditions given (scope and the like)."""
        used = {name: value for name, value in self.values.items() if value and name in filters}
        clauses = [filters[name] for name in used]
        values: dict[str, Any] = dict(used)
        for clause, extra in more:
            clauses.append(clause)
            values.update(extra)
        return " AND ".join(f"({clause})" for clause in clauses) or "true", values

    def order(self, columns: Mapping[str, str], default: str, tie: str) -> str:
        """ORDER BY of a known column, with a unique one after it so that pages never overlap.

        NULLS LAST stands only where there may be nulls: an index gives the order without it.
        """
        column = columns.get(self.sort, columns[default])
        last = " NULLS LAST" if isinstance(column, Nullable) else ""
        return f"{column} {self.direction}{last}, {tie} {self.direction}"

    def behind(
        self,
        connection: Connection,
        source: str,
        columns: Mapping[str, str],
        default: str,
        tie: str,
        given: Mapping[str, Any] | None = None,
    ) -> tuple[str, dict[str, Any]]:
        """A condition for the rows behind the cursor, in the same order; none without a cursor.

        `source` is the FROM of the list, `given` what its parameters stand for. The place is the cursor's row as it stands now: a list that changes between
        two pages neither repeats nor skips a row that stayed where it was.
        """
        if self.after is None:
            return "true", {}
        column = columns.get(self.sort, columns[default])
        found = connection.execute(
            text(f"SELECT {column} AS place FROM {source} WHERE {tie} = :cursor_id"),
            {**(given or {}), "cursor_id": self.after},
        ).one_or_none()
        if found is None:
            return "false", {}
        sign, values = "<" if self.descending else ">", {"cursor_id": self.after, "cursor_at": found.place}
        nulls_last = isinstance(column, Nullable) or not self.descending
        if found.place is None:
            others = "" if nulls_last else f" OR {column} IS NOT NULL"
            return f"{column} IS NULL AND {tie} {sign} :cursor_id{others}", {"cursor_id": self.after}
        nulls = f" OR {column} IS NULL" if isinstance(column, Nullable | MaybeNull) and nulls_last else ""
        return f"({column}, {tie}) {sign} (:cursor_at, :cursor_id){nulls}", values


@dataclass(frozen=True, slots=True)
class Found:
    """Rows of the page, and how many there are in all (`capped`: at least so many)."""

    rows: list[dict[str, Any]]
    total: int
    capped: bool = False


def count_capped(
    connection: Connection, from_where: str, values: Mapping[str, Any], cap: int = COUNT_CAP
) -> tuple[int, bool]:
    """Count rows of `FROM ... WHERE ...`, giving up above the cap."""
    number: int = connection.execute(
        text(f"SELECT count(*) FROM (SELECT 1 FROM {from_where} LIMIT :count_cap) AS counted"),
        {**values, "count_cap": cap + 1},
    ).scalar_one()
    return min(number, cap), number > cap


def escape_like(text_: str) -> str:
    """A user's text as a LIKE pattern for its middle."""
    escaped = text_.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


@dataclass(frozen=True, slots=True)
class Listing:
    """What a list shows of each row and from where, and its orders.

    `narrow` is the FROM that filters and orders need, `key` the row's id.
    """

    columns: str
    source: str
    narrow: str
    key: str
    sorts: Mapping[str, str]
    default_sort: str

    def order(self, query: Query) -> str:
        """ORDER BY of the list."""
        return query.order(self.sorts, self.default_sort, self.key)

    def statement(self, query: Query, clauses: str) -> str:
        """The ids of the page first, along an index; what is joined for show is looked up for these alone."""
        order = self.order(query)
        return (
            f"WITH page AS MATERIALIZED (SELECT {self.key} FROM {self.narrow} WHERE {clauses} ORDER BY {order}"
            f" LIMIT :limit OFFSET :offset) SELECT {self.columns} FROM {self.source}"
            f" WHERE {self.key} IN (SELECT page.id FROM page) ORDER BY {order}"
        )

    def find(
        self, connection: Connection, query: Query, clauses: str, values: Mapping[str, Any], counted: str = ""
    ) -> Found:
        """A page and how many rows there are in all; `counted` is a FROM that counts the same with fewer joins."""
        behind, place = query.behind(connection, self.narrow, self.sorts, self.default_sort, self.key)
        statement = self.statement(query, f"({clauses}) AND ({behind})")
        rows = connection.execute(text(statement), {**values, **place, **query.window})
        found = [dict(row) for row in rows.mappings()]
        return Found(found, *count_capped(connection, f"{counted or self.narrow} WHERE {clauses}", values))
