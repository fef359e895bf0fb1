"""Rows of the rule book as the bureau keeps them: append-only, of one place in the book the highest revision counts."""

import json
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import psycopg
from sqlalchemy import Connection, text

NEWEST = """SELECT DISTINCT ON (rule, area, valid_from) id, rule, area, valid_from, valid_to, revision, value, unit,
  legal_basis, certainty, source, zh, en, withdrawn, shipped
FROM rule_rows ORDER BY rule, area, valid_from, revision DESC"""
COLUMNS = ("rule", "area", "valid_from", "valid_to", "value", "unit", "legal_basis", "certainty", "source", "zh", "en")


def last_id(connection: Connection) -> int:
    """Number of the newest row; 0 when there is none. Whoever remembers rows asks whether it moved."""
    number: int = connection.execute(text("SELECT coalesce(max(id), 0) FROM rule_rows")).scalar_one()
    return number


def newest(connection: Connection) -> list[dict[str, Any]]:
    """Of each place in the book its highest revision, the withdrawn ones too."""
    return [dict(row) for row in connection.execute(text(NEWEST)).mappings()]


def newest_for_worker(connection: psycopg.Connection) -> list[dict[str, Any]]:
    """The same over a worker's connection."""
    with connection.cursor(row_factory=psycopg.rows.dict_row) as cursor:
        return cursor.execute(NEWEST).fetchall()


def lock(connection: Connection) -> None:
    """Hold the book until the transaction ends: two administrators change it one after the other."""
    connection.execute(text("LOCK TABLE rule_rows IN SHARE ROW EXCLUSIVE MODE"))


def add(connection: Connection, row: Mapping[str, Any], shipped: bool, by: int | None, reason: str | None) -> int:
    """Add the next revision of a place in the book; its number."""
    number: int = connection.execute(
        text(
            "INSERT INTO rule_rows (rule, area, valid_from, valid_to, revision, value, unit, legal_basis, certainty,"
            " source, zh, en, withdrawn, shipped, reason, recorded_by) VALUES (:rule, :area, :valid_from, :valid_to,"
            " (SELECT coalesce(max(revision), 0) + 1 FROM rule_rows"
            "  WHERE rule = :rule AND area = :area AND valid_from = :valid_from),"
            " cast(:value AS jsonb), :unit, :legal_basis, :certainty, :source, :zh, :en, :withdrawn, :shipped,"
            " :reason, :by) RETURNING id"
        ),
        {
            **{name: row[name] for name in COLUMNS},
            "value": json.dumps(row["value"], ensure_ascii=False),
            "withdrawn": row.get("withdrawn", False),
            "shipped": shipped,
            "reason": reason,
            "by": by,
        },
    ).scalar_one()
    return number


def history(connection: Connection, rule: str) -> list[dict[str, Any]]:
    """Every revision of a rule, newest first, with who recorded it."""
    rows = connection.execute(
        text(
            "SELECT r.*, u.name AS recorded_by_name FROM rule_rows r LEFT JOIN users u ON u.id = r.recorded_by"
            " WHERE r.rule = :rule ORDER BY r.id DESC"
        ),
        {"rule": rule},
    )
    return [dict(row) for row in rows.mappings()]


def put_shipped(connection: Connection, rows: Iterable[Mapping[str, Any]]) -> int:
    """Record the rows that came with the platform where they are new or say something new; how many.

    A place that an administrator changed stays as the bureau keeps it.
    """
    kept = {(row["rule"], row["area"], row["valid_from"]): row for row in newest(connection)}
    added = 0
    for row in rows:
        found = kept.get((row["rule"], row["area"], row["valid_from"]))
        if found is None or (found["shipped"] and _content(found) != _content(row)):
            add(connection, row, True, None, None)
            added += 1
    return added


def _content(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name].isoformat() if isinstance(row[name], date) else row[name] for name in COLUMNS)
