"""Merging a sheet of many rows into a register: COPY to a temporary table, match, compare, write in bulk.

An empty cell leaves what is on file, so a sheet of some columns changes only those. The caller holds the
transaction; the temporary table dies with it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from server.store.registry_rows import Register

PORTION = 5_000


@dataclass(frozen=True, slots=True)
class Clash:
    """A row of the sheet that contradicts the register: the column, and the row on file it runs into."""

    row: int
    column: str
    value: str
    row_id: int
    title: str


@dataclass(frozen=True, slots=True)
class Counts:
    """What writing would do, or did."""

    new: int
    changed: int
    unchanged: int


def open_incoming(connection: Connection, register: Register, references: Sequence[str]) -> None:
    """An empty table `incoming` with the register's columns, the text of references, and the matched id."""
    extra = "".join(f", {name} text" for name in references)
    connection.execute(
        text(
            "CREATE TEMP TABLE incoming"
            f" (row_no int PRIMARY KEY, row_id int, {register.definition}{extra}) ON COMMIT DROP"
        )
    )


def copy(
    connection: Connection,
    columns: Sequence[str],
    rows: Iterable[tuple[int, Mapping[str, Any]]],
) -> None:
    """Fill `incoming` with (row number, values)."""
    cursor = connection.connection.driver_connection.cursor()  # type: ignore[union-attr]
    names = ", ".join(("row_no", *columns))
    with cursor, cursor.copy(f"COPY incoming ({names}) FROM STDIN") as stream:
        for number, values in rows:
            stream.write_row((number, *(values.get(name) for name in columns)))
    connection.execute(text("ANALYZE incoming"))


def resolve(connection: Connection, statements: Sequence[str]) -> None:
    """Run the register's statements that set `row_id` and the ids behind references."""
    for statement in statements:
        connection.execute(text(statement))


def unresolved(connection: Connection, reference: str, column: str) -> list[tuple[int, str]]:
    """Rows whose reference names nothing on file."""
    rows = connection.execute(
        text(f"SELECT row_no, {reference} FROM incoming WHERE {reference} IS NOT NULL AND {column} IS NULL ORDER BY 1")
    )
    return [(row[0], row[1]) for row in rows]


def clashes(connection: Connection, statement: str) -> list[Clash]:
    """Rows that `statement` finds: row_no, column, value, row_id, title."""
    return [Clash(*row) for row in connection.execute(text(statement))]


def outside(connection: Connection, register: Register, divisions: str) -> list[tuple[int, str]]:
    """Rows that would change or make something outside the area."""
    rows = connection.execute(
        text(
            f"SELECT i.row_no, coalesce({_incoming_division(register)}, {register.division}, '')"
            f" FROM incoming i LEFT JOIN ({register.source}) ON t.id = i.row_id"
            f" WHERE NOT coalesce({_incoming_division(register)}, {register.division}, '') LIKE :prefix"
            f" OR t.id IS NOT NULL AND NOT coalesce({register.division}, '') LIKE :prefix ORDER BY 1"
        ),
        {"prefix": divisions + "%"},
    )
    return [(row[0], row[1]) for row in rows]


def _incoming_division(register: Register) -> str:
    return "i.division" if "division" in register.incoming else "NULL::text"


def drop_rows(connection: Connection, numbers: Sequence[int]) -> None:
    """Take refused rows out of `incoming`."""
    connection.execute(text("DELETE FROM incoming WHERE row_no = ANY(:numbers)"), {"numbers": list(numbers)})


def count(connection: Connection, register: Register, given: Sequence[str]) -> Counts:
    """New, changed and unchanged rows, were they written now."""
    row = connection.execute(
        text(
            f"SELECT count(*) FILTER (WHERE t.id IS NULL),"
            f" count(*) FILTER (WHERE t.id IS NOT NULL AND ({_differs(register, given)})), count(*)"
            f" FROM incoming i LEFT JOIN {register.table} t ON t.id = i.row_id"
        )
    ).one()
    return Counts(row[0], row[1], row[2] - row[0] - row[1])


def _targets(register: Register, given: Sequence[str]) -> list[str]:
    return [column for column in register.columns if all(name in given for name in register.given_by(column))]


def _differs(register: Register, given: Sequence[str]) -> str:
    tests = [
        f"{e} IS NOT NULL AND {e} IS DISTINCT FROM t.{column}"
        for column, e in ((c, register.expression(c)) for c in _targets(register, given))
    ]
    return " OR ".join(f"({test})" for test in tests) or "false"


def write(connection: Connection, register: Register, given: Sequence[str], low: int, high: int) -> None:
    """Write the rows numbered low <= row < high: change what differs, then add what is new."""
    targets = _targets(register, given)
    setting = ", ".join(f"{c} = coalesce({register.expression(c)}, t.{c})" for c in targets)
    bounds = {"low": low, "high": high}
    connection.execute(
        text(
            f"UPDATE {register.table} t SET {setting}, updated_at = now() FROM incoming i"
            f" WHERE t.id = i.row_id AND i.row_no >= :low AND i.row_no < :high AND ({_differs(register, given)})"
        ),
        bounds,
    )
    columns = [*targets, *(c for c in register.defaults if c not in targets)]
    values = ", ".join(_value(register, column, column in targets) for column in columns)
    connection.execute(
        text(
            f"INSERT INTO {register.table} ({', '.join(columns)}) SELECT {values} FROM incoming i"
            " WHERE i.row_id IS NULL AND i.row_no >= :low AND i.row_no < :high ORDER BY i.row_no"
        ),
        bounds,
    )


def _value(register: Register, column: str, given: bool) -> str:
    default = register.defaults.get(column)
    expression = register.expression(column)
    if not given:
        return default or "NULL"
    return f"coalesce({expression}, {default})" if default else expression


def portions(connection: Connection) -> list[tuple[int, int]]:
    """Ranges of row numbers of at most PORTION rows each, so that progress can be told."""
    top: int = connection.execute(text("SELECT coalesce(max(row_no), 0) + 1 FROM incoming")).scalar_one()
    return [(low, min(low + PORTION, top)) for low in range(0, top, PORTION)]
