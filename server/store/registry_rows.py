"""What the four registers share in SQL: a page of rows, one row, its history, saving one, merging thousands.

Each register (trucks, machines, enterprises, terminals) is a `Register`: its columns and expressions. Values are
bound; only names that a `Register` declares reach a statement.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection, text

from server.store.paging import EXPORT_CAP, Found, Listing, MaybeNull, Query, escape_like
from server.store.scopes import Scope

NO_BUREAU_HERE = "left({0}, 4) NOT IN (SELECT left(o.division, 4) FROM organisations o WHERE o.kind <> 'partner')"


@dataclass(frozen=True, slots=True)
class Register:
    """A register's table and how its rows are read and written.

    `incoming` names what a form or a sheet gives, with its SQL type; `counted` is the part of `source` that filters
    speak of; `written` gives the expression over the incoming row `i` for a column that is not simply `i.<column>`;
    `defaults` stands in where a new row leaves a column empty.
    """

    table: str
    select: str
    source: str
    counted: str
    division: str
    enterprise: str
    incoming: Mapping[str, str]
    filters: Mapping[str, str]
    contains: frozenset[str]
    sorts: Mapping[str, str]
    default_sort: str
    written: Mapping[str, str] = field(default_factory=dict)
    defaults: Mapping[str, str] = field(default_factory=dict)
    in_no_column: frozenset[str] = frozenset()

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the table that are written."""
        return (*(name for name in self.incoming if name not in self.in_no_column), *self.written)

    def expression(self, column: str) -> str:
        return self.written.get(column, f"i.{column}")

    def given_by(self, column: str) -> tuple[str, ...]:
        """The incoming names a column rests on."""
        return ("lon", "lat") if column in self.written else (column,)

    @property
    def definition(self) -> str:
        return ", ".join(f"{name} {kind}" for name, kind in self.incoming.items())


def within(scope: Scope, register: Register) -> tuple[str, dict[str, Any]]:
    """The scope as SQL. A county sees its own; a city also what has no area, and areas no bureau here answers for."""
    clause, values = scope.condition(register.division, register.enterprise)
    if scope.divisions is not None and len(scope.divisions) <= 4:
        foreign = NO_BUREAU_HERE.format(register.division)
        clause = f"({clause}) OR {register.division} IS NULL OR {foreign}"
    return clause, values


def find(connection: Connection, register: Register, query: Query, scope: Scope) -> Found:
    """A page of the register."""
    clauses, values = _where(register, query, scope)
    return _listing(register).find(connection, query, clauses, values)


def _listing(register: Register) -> Listing:
    """Without NULLS LAST: an index read either way must be able to give the order."""
    sorts = {name: MaybeNull(column) for name, column in register.sorts.items()}
    return Listing(register.select, register.source, register.counted, "t.id", sorts, register.default_sort)


def page_statement(register: Register, query: Query, clauses: str) -> str:
    """How a page of the register is asked for."""
    return _listing(register).statement(query, clauses)


def stream(
    connection: Connection, register: Register, query: Query, scope: Scope, at_most: int = EXPORT_CAP
) -> Iterator[dict[str, Any]]:
    """All rows of a list for an export, fetched as they are written."""
    clauses, values = _where(register, query, scope)
    rows = connection.execution_options(stream_results=True, yield_per=2000).execute(
        text(
            f"SELECT {register.select} FROM {register.source} WHERE {clauses}"
            f" ORDER BY {_listing(register).order(query)} LIMIT :at_most"
        ),
        {**values, "at_most": at_most},
    )
    for row in rows.mappings():
        yield dict(row)


def _where(register: Register, query: Query, scope: Scope) -> tuple[str, dict[str, Any]]:
    values = {
        name: escape_like(value.strip()) if name in register.contains else value.strip()
        for name, value in query.values.items()
        if value.strip()
    }
    return replace(query, values=values).conditions(register.filters, within(scope, register))


def find_one(connection: Connection, register: Register, row_id: int, scope: Scope) -> dict[str, Any] | None:
    """One row with everything the list has, if the scope covers it."""
    clause, values = within(scope, register)
    row = (
        connection.execute(
            text(f"SELECT {register.select} FROM {register.source} WHERE t.id = :row_id AND ({clause})"),
            {**values, "row_id": row_id},
        )
        .mappings()
        .first()
    )
    return dict(row) if row else None


def lock(connection: Connection, register: Register) -> None:
    """One writer of keys at a time: forms and imports of a register wait for each other, readers do not."""
    connection.execute(text("SELECT pg_advisory_xact_lock(hashtext(:name))"), {"name": f"registry:{register.table}"})


def speak_for(connection: Connection, actor: str, reason: str = "") -> None:
    """Tell the history trigger who changes rows in this transaction, and why."""
    connection.execute(
        text("SELECT set_config('app.actor', :actor, true), set_config('app.reason', :reason, true)"),
        {"actor": actor, "reason": reason},
    )


def insert(connection: Connection, register: Register, values: Mapping[str, Any]) -> int:
    """Add one row; its id. A breach of a unique index rises as IntegrityError."""
    columns = register.columns
    expressions = ", ".join(_with_default(register, column) for column in columns)
    number: int = connection.execute(
        text(
            f"INSERT INTO {register.table} ({', '.join(columns)}) SELECT {expressions}"
            f" FROM jsonb_to_record(cast(:row AS jsonb)) AS i({register.definition}) RETURNING id"
        ),
        {"row": _json(values)},
    ).scalar_one()
    return number


def update(connection: Connection, register: Register, row_id: int, values: Mapping[str, Any]) -> bool:
    """Write the columns of one row that are given; false when nothing differed."""
    targets = [c for c in register.columns if all(name in values for name in register.given_by(c))]
    setting = ", ".join(f"{c} = {_with_default(register, c)}" for c in targets)
    differs = " OR ".join(f"t.{c} IS DISTINCT FROM {_with_default(register, c)}" for c in targets)
    done = connection.execute(
        text(
            f"UPDATE {register.table} t SET {setting}, updated_at = now()"
            f" FROM jsonb_to_record(cast(:row AS jsonb)) AS i({register.definition})"
            f" WHERE t.id = :row_id AND ({differs})"
        ),
        {"row": _json(values), "row_id": row_id},
    )
    return done.rowcount > 0


def _with_default(register: Register, column: str) -> str:
    expression = register.expression(column)
    default = register.defaults.get(column)
    return f"coalesce({expression}, {default})" if default else expression


def _json(values: Mapping[str, Any]) -> str:
    return json.dumps({name: value for name, value in values.items() if value != ""}, default=str, ensure_ascii=False)


def history(connection: Connection, table: str, row_id: int, at_most: int = 200) -> list[dict[str, Any]]:
    """What happened to a row, newest first: when, who, why, and each column that changed with before and after."""
    rows = connection.execute(
        text(
            """
SELECT h.id, h.at, h.actor, h.reason, h.before IS NULL AS created,
  (SELECT jsonb_agg(jsonb_build_object('column', n.key, 'before', h.before -> n.key, 'after', n.value) ORDER BY n.key)
   FROM jsonb_each(h.after) n
   WHERE n.key NOT IN ('id', 'created_at', 'updated_at')
     AND n.value IS DISTINCT FROM coalesce(h.before -> n.key, 'null'::jsonb)) AS changes
FROM registry_history h WHERE h.noun = :noun AND h.row_id = :row_id ORDER BY h.at DESC, h.id DESC LIMIT :at_most"""
        ),
        {"noun": table, "row_id": row_id, "at_most": at_most},
    )
    return [{**row, "changes": row["changes"] or []} for row in rows.mappings()]


def names_of(connection: Connection, sql: str, values: Sequence[Any]) -> dict[str, int]:
    """Rows of `SELECT name, id ... = ANY(:values)` as a mapping."""
    return {row[0]: row[1] for row in connection.execute(text(sql), {"values": list(values)})}
