"""Names of those who sent or settled something: the tables of accounts are closed to fenced ones."""

from collections.abc import Iterable

from sqlalchemy import Connection, text


def names_of(connection: Connection, user_ids: Iterable[int | None]) -> dict[int, str]:
    """Names by account; asked outside the fence for rows that the fence has let through."""
    return _names(connection, "users", user_ids)


def systems_of(connection: Connection, key_ids: Iterable[int | None]) -> dict[int, str]:
    """Names of other systems by their keys."""
    return _names(connection, "system_keys", key_ids)


def _names(connection: Connection, table: str, ids: Iterable[int | None]) -> dict[int, str]:
    wanted = sorted({one for one in ids if one is not None})
    if not wanted:
        return {}
    rows = connection.execute(text(f"SELECT id, name FROM {table} WHERE id = ANY(:ids)"), {"ids": wanted})
    return {row.id: row.name for row in rows}
