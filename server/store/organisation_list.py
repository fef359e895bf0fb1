"""The list of organisations, with the accounts each has."""

from dataclasses import replace

from sqlalchemy import Connection, text

from server.store.paging import Found, Query, count_capped, escape_like
from server.store.scopes import Scope

FILTERS = {
    "q": "o.name_zh ILIKE :q OR o.name_en ILIKE :q OR o.code ILIKE :q",
    "kind": "o.kind = :kind",
    "division": "o.division = :division",
    "active": "o.active = (:active = 'yes')",
}
SORTS = {"name_zh": "o.name_zh", "kind": "o.kind", "level": "o.level", "division": "o.division", "code": "o.code"}


BUREAUS = "o.kind NOT IN ('enterprise', 'station', 'partner')"
ACCOUNTS = "(SELECT count(*) FROM users u WHERE u.organisation_id = o.id AND u.active)"


def find(connection: Connection, query: Query, scope: Scope) -> Found:
    """A page of the organisations of the area; fenced accounts see the bureaus, without the number of accounts."""
    values = {name: escape_like(value) if name == "q" else value for name, value in query.values.items()}
    area = (BUREAUS, {}) if scope.fence else Scope(scope.divisions).condition("o.division")
    accounts = "NULL" if scope.fence else ACCOUNTS
    clauses, bound = replace(query, values=values).conditions(FILTERS, area)
    rows = connection.execute(
        text(
            "SELECT o.id, o.kind, o.level, o.code, o.name_zh, o.name_en, o.division, o.active, p.name_zh AS parent_zh,"
            " p.name_en AS parent_en, d.name_zh AS division_zh, d.name_en AS division_en,"
            f" {accounts} AS users_n"
            " FROM organisations o LEFT JOIN organisations p ON p.id = o.parent_id"
            " LEFT JOIN divisions d ON d.code = o.division"
            f" WHERE {clauses} ORDER BY {query.order(SORTS, 'division', 'o.id')} LIMIT :limit OFFSET :offset"
        ),
        {**bound, **query.window},
    )
    total, capped = count_capped(connection, f"organisations o WHERE {clauses}", bound)
    return Found([dict(row) for row in rows.mappings()], total, capped)
