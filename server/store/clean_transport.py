"""Tonnes that came or went otherwise than by road, and shares of bulk goods by enterprise, industry and month."""

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, text

from enforcement.ledgers.shares import ShareTerms
from server.store.paging import Found, Listing, Query
from server.store.scopes import Scope

_SOURCE = "clean_transport c JOIN enterprises e ON e.id = c.enterprise_id"
_COLUMNS = """c.id, c.enterprise_id, e.name AS enterprise, e.industry, c.division, c.month, c.direction, c.mode, c.cargo,
  c.tonnes, c.document, c.recorded_at, c.version, c.history,
  (SELECT u.name FROM users u WHERE u.id = c.recorded_by) AS recorded_by_name"""
FILTERS: dict[str, str] = {
    "enterprise": "c.enterprise_id = cast(:enterprise AS int)",
    "division": "c.division = :division",
    "mode": "c.mode = :mode",
    "direction": "c.direction = :direction",
    "cargo": "c.cargo = :cargo",
    "from": "c.month >= date_trunc('month', cast(:from AS date))",
    "to": "c.month <= cast(:to AS date)",
}
SORTS = {"recorded_at": "c.recorded_at", "month": "c.month", "tonnes": "c.tonnes"}
LISTING = Listing(_COLUMNS, _SOURCE, "clean_transport c", "c.id", SORTS, "recorded_at")


def find(connection: Connection, scope: Scope, query: Query) -> Found:
    """A page of entries of the scope."""
    clauses, values = query.conditions(FILTERS, scope.condition("c.division", "c.enterprise_id"))
    return LISTING.find(connection, query, clauses, values)


def find_one(connection: Connection, scope: Scope, number: int, hold: bool = False) -> dict[str, Any] | None:
    """One entry of the scope; `hold` locks it until the transaction ends."""
    clause, values = scope.condition("c.division", "c.enterprise_id")
    lock = " FOR UPDATE OF c" if hold else ""
    row = connection.execute(
        text(f"SELECT {_COLUMNS} FROM {_SOURCE} WHERE c.id = :id AND {clause}{lock}"), {"id": number, **values}
    ).one_or_none()
    return None if row is None else dict(row._mapping)


def add(connection: Connection, values: Mapping[str, Any]) -> int | None:
    """Keep an entry; its id, None where one of this enterprise, month, direction, way and cargo is on file."""
    number: int | None = connection.execute(
        text(
            "INSERT INTO clean_transport (enterprise_id, division, month, direction, mode, cargo, tonnes, document,"
            " recorded_by) VALUES (:enterprise_id, :division, :month, :direction, :mode, :cargo, :tonnes, :document,"
            " :recorded_by) ON CONFLICT DO NOTHING RETURNING id"
        ),
        dict(values),
    ).scalar_one_or_none()
    return number


def same(connection: Connection, values: Mapping[str, Any]) -> int | None:
    """The entry on file for the same enterprise, month, direction, way and cargo."""
    number: int | None = connection.execute(
        text(
            "SELECT id FROM clean_transport WHERE enterprise_id = :enterprise_id AND month = :month"
            " AND direction = :direction AND mode = :mode AND cargo = :cargo"
        ),
        {name: values[name] for name in ("enterprise_id", "month", "direction", "mode", "cargo")},
    ).scalar_one_or_none()
    return number


def change(connection: Connection, number: int, values: Mapping[str, Any], older: Mapping[str, Any]) -> None:
    """Other tonnes and document of a locked entry; what it said before goes to its history."""
    connection.execute(
        text(
            "UPDATE clean_transport SET tonnes = :tonnes, document = :document, version = version + 1,"
            " history = history || cast(:older AS jsonb) WHERE id = :id"
        ),
        {"id": number, **values, "older": json.dumps([dict(older)], ensure_ascii=False, default=str)},
    )


_SUMS = """
WITH road AS (
  SELECT m.enterprise_id, m.month,
    coalesce(sum(m.tonnes) FILTER (WHERE m.fuel = ANY (:new_energy)), 0) AS new_energy,
    coalesce(sum(m.tonnes) FILTER (WHERE m.fuel <> ALL (:new_energy) AND m.stage = ANY (:six)), 0) AS six,
    coalesce(sum(m.tonnes) FILTER (WHERE m.fuel <> ALL (:new_energy) AND m.stage <> ALL (:six)), 0) AS other_road
  FROM ledger_months m WHERE m.month BETWEEN :first AND :last AND m.cargo = ANY (:bulk) {of_m} GROUP BY 1, 2),
ways AS (
  SELECT c.enterprise_id, c.month, sum(c.tonnes) AS other_ways FROM clean_transport c
  WHERE c.month BETWEEN :first AND :last AND c.cargo = ANY (:bulk) {of_c} GROUP BY 1, 2)
SELECT e.id, e.name, e.industry, e.division, month, coalesce(w.other_ways, 0) AS other_ways,
  coalesce(r.new_energy, 0) AS new_energy, coalesce(r.six, 0) AS six, coalesce(r.other_road, 0) AS other_road
FROM road r FULL JOIN ways w USING (enterprise_id, month) JOIN enterprises e ON e.id = enterprise_id WHERE {where}"""
SHARE_FILTERS: dict[str, str] = {
    "enterprise": "e.id = cast(:enterprise AS int)",
    "industry": "e.industry = :industry",
    "division": "e.division = :division",
    "q": "strpos(lower(e.name), lower(:q)) > 0",
}


def sums(
    connection: Connection, scope: Scope, terms: ShareTerms, first: date, last: date, filters: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Tonnes of bulk goods by way, by enterprise and month, of the months from `first` to `last`."""
    clauses, values = Query(filters).conditions(SHARE_FILTERS, scope.condition("e.division", "e.id"))
    one = "enterprise" in values
    of = {f"of_{t}": f"AND {t}.enterprise_id = cast(:enterprise AS int)" if one else "" for t in ("m", "c")}
    rows = connection.execute(
        text(_SUMS.format(where=clauses, **of)),
        {
            **values, "first": first, "last": last, "bulk": sorted(terms.bulk), "six": sorted(terms.six),
            "new_energy": sorted(terms.new_energy),
        },
    )  # fmt: skip
    return [dict(row) for row in rows.mappings()]


def enterprise_named(connection: Connection, scope: Scope, wording: str) -> dict[str, Any] | None:
    """An enterprise of the scope by its number, credit code or name."""
    clause, values = scope.condition("e.division", "e.id")
    row = connection.execute(
        text(
            "SELECT e.id, e.name, e.division, e.industry FROM enterprises e"
            f" WHERE (cast(e.id AS text) = :wording OR e.credit_code = :wording OR e.name = :wording) AND {clause}"
            " ORDER BY (cast(e.id AS text) = :wording) DESC, e.id LIMIT 1"
        ),
        {"wording": wording, **values},
    ).one_or_none()
    return None if row is None else dict(row._mapping)


def lock(connection: Connection, enterprise_id: int) -> None:
    """One at a time writes entries of an enterprise; held until the transaction ends."""
    connection.execute(
        text("SELECT pg_advisory_xact_lock(hashtext('clean transport'), :enterprise)"), {"enterprise": enterprise_id}
    )


def month_of(at: date | datetime) -> date:
    """The first day of a month."""
    return date(at.year, at.month, 1)
