"""Organisations: the tree of bureaus, county branches, enterprises, stations and partner cities."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, text


def create(connection: Connection, **values: Any) -> int:
    """Add an organisation (kind, level, code, name_zh, name_en, division, parent_id); its id."""
    values.setdefault("parent_id", None)
    number: int = connection.execute(
        text(
            "INSERT INTO organisations (parent_id, kind, level, code, name_zh, name_en, division)"
            " VALUES (:parent_id, :kind, :level, :code, :name_zh, :name_en, :division) RETURNING id"
        ),
        values,
    ).scalar_one()
    return number


def all_active(connection: Connection) -> list[dict[str, Any]]:
    """Every organisation in use, bureaus first."""
    rows = connection.execute(
        text(
            "SELECT id, parent_id, kind, level, code, name_zh, name_en, division FROM organisations"
            " WHERE active ORDER BY array_position(ARRAY['city', 'county', 'body'], level), division, name_zh, id"
        )
    )
    return [dict(row) for row in rows.mappings()]


def find_one(connection: Connection, organisation_id: int) -> dict[str, Any] | None:
    """An organisation in use by its number: kind, level, division, names."""
    row = connection.execute(
        text("SELECT id, kind, level, code, name_zh, name_en, division FROM organisations WHERE id = :id AND active"),
        {"id": organisation_id},
    ).one_or_none()
    return None if row is None else dict(row._mapping)


def names(connection: Connection, organisation_id: int) -> tuple[str, str]:
    """The names of an organisation, in Chinese and English."""
    row = connection.execute(
        text("SELECT name_zh, coalesce(name_en, name_zh) AS name_en FROM organisations WHERE id = :id"),
        {"id": organisation_id},
    ).one()
    return row.name_zh, row.name_en


def divisions_within(connection: Connection, prefix: str) -> list[dict[str, Any]]:
    """The administrative areas below a code, by code."""
    rows = connection.execute(
        text(
            "SELECT code, level, name_zh, name_en FROM divisions WHERE code LIKE :prefix AND level <> 'province'"
            " ORDER BY code"
        ),
        {"prefix": prefix + "%"},
    )
    return [dict(row) for row in rows.mappings()]


def put_organisations(connection: Connection, rows: Iterable[Mapping[str, Any]]) -> int:
    """Insert what is missing, parents first; an organisation on file is left as the bureau keeps it."""
    added = 0
    for row in rows:
        added += connection.execute(
            text(
                "INSERT INTO organisations (parent_id, kind, level, code, name_zh, name_en, division) VALUES "
                "((SELECT id FROM organisations WHERE code = :parent), :kind, :level, :code, :name_zh, "
                ":name_en, :division) ON CONFLICT (code) DO NOTHING"
            ),
            {"parent": None, **row},
        ).rowcount
    return added


def organisation_ids(connection: Connection) -> dict[str, int]:
    """The id of each organisation by its code."""
    return {code: key for code, key in connection.execute(text("SELECT code, id FROM organisations"))}


def bind_enterprise(connection: Connection, credit_code: str, organisation_code: str) -> None:
    """Say whose accounts an enterprise's are; the database fences them to its rows."""
    connection.execute(
        text(
            "UPDATE enterprises SET organisation_id = (SELECT id FROM organisations WHERE code = :organisation) "
            "WHERE credit_code = :credit AND organisation_id IS NULL"
        ),
        {"credit": credit_code, "organisation": organisation_code},
    )
