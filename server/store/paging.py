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


@dataclass(frozen=True, slots=True)
class Query:
    """What the address of a list asks for."""

    values: Mapping[str, str] = field(default_factory=dict)
    sort: str = ""
    descending: bool = True
    page: int = 1
    size: int = 50

    @property
    def window(self) -> dict[str, int]:
        return {"limit": self.size, "offset": (self.page - 1) * self.size}

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
        """ORDER BY of a known column, with a unique one after it so that pages never overlap."""
        return f"{columns.get(self.sort, columns[default])} {self.direction} NULLS LAST, {tie} {self.direction}"


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
