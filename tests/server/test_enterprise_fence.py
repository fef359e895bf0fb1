"""The database itself: under the role of a fenced account, enterprise A reads its own rows alone and writes none of B's."""

import json
from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from server.db import Fence, transaction
from tests.server.conftest import City
from tests.server.two_enterprises import Firm, two

pytestmark = pytest.mark.server
Firms = tuple[Firm, Firm]
PUBLIC = frozenset(
    {
        "divisions", "organisations", "calendar_days", "rule_rows", "alerts", "alert_measures", "grade_promises",
        "stations", "idempotency_keys", "api_calls",
    }
)  # fmt: skip
"""Reference that is no enterprise's: read without a row policy."""
NOT_OURS = frozenset({"leads"})
"""Tables of the bureau that name an enterprise; the role has no right to them at all."""
OWN_ELSEWHERE = {"machines", "trucks", "terminals", "inspections", "cases", "violations", "captures", "repair_notices",
                 "evidence_items"}  # fmt: skip


@pytest.fixture(scope="module")
def firms(engine: Engine, city: City) -> Firms:
    with transaction(engine) as connection:
        return two(connection, city)


@pytest.fixture
def fenced(engine: Engine, city: City, firms: Firms) -> Iterator[Connection]:
    """A transaction as the enterprise's account has it; nothing of it stays."""
    fence = Fence(firms[0].id, None, city.organisations["enterprise"])
    with engine.connect() as connection, connection.begin() as begun:
        connection.execute(text("SET LOCAL ROLE platform_fenced"))
        for name, value in (
            ("enterprise", fence.enterprise_id),
            ("division", ""),
            ("organisation", fence.organisation_id),
        ):
            connection.execute(text("SELECT set_config('app.' || :n, :v, true)"), {"n": name, "v": str(value)})
        yield connection
        begun.rollback()


def granted(connection: Connection, right: str) -> set[str]:
    rows = connection.execute(
        text(
            "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public'"
            " AND c.relkind IN ('r', 'p') AND NOT c.relispartition"
            " AND (has_table_privilege('platform_fenced', c.oid, :right)"
            " OR has_any_column_privilege('platform_fenced', c.oid, :right) AND :right <> 'DELETE')"
        ),
        {"right": right},
    )
    return set(rows.scalars())


def with_enterprise(connection: Connection) -> set[str]:
    rows = connection.execute(
        text(
            "SELECT table_name FROM information_schema.columns JOIN information_schema.tables t USING (table_name)"
            " WHERE column_name = 'enterprise_id' AND t.table_type = 'BASE TABLE' AND t.table_schema = 'public'"
        )
    )
    return set(rows.scalars())


def test_every_table_with_rows_of_enterprises_has_a_row_policy_or_no_right(engine: Engine) -> None:
    with transaction(engine) as connection:
        held = set(connection.execute(text("SELECT relname FROM pg_class WHERE relrowsecurity")).scalars())
        readable, named = granted(connection, "SELECT"), with_enterprise(connection)
        writable = granted(connection, "INSERT") | granted(connection, "UPDATE") | granted(connection, "DELETE")
    assert (readable & named) - held == set()
    assert named & NOT_OURS & (readable | writable) == set()
    assert "audit_log" not in readable | writable and "packets" not in writable


def test_each_table_shows_the_rows_of_its_own_enterprise_and_no_other(
    fenced: Connection, engine: Engine, firms: Firms
) -> None:
    own, other = firms
    with transaction(engine) as connection:
        tables = sorted(with_enterprise(connection) & granted(connection, "SELECT"))
        there = {
            table: connection.execute(
                text(
                    f"SELECT count(*) FILTER (WHERE enterprise_id = :a), count(*) FILTER (WHERE enterprise_id = :b) FROM {table}"
                ),
                {"a": own.id, "b": other.id},
            ).one()
            for table in tables
        }
    empty = [table for table, (a, b) in there.items() if not (a and b)]
    assert set(empty) <= {"alert_normals"}, empty
    for table in tables:
        rows = fenced.execute(text(f"SELECT enterprise_id, count(*) FROM {table} GROUP BY enterprise_id"))
        seen = {row[0]: row[1] for row in rows}
        assert seen == ({own.id: there[table][0]} if there[table][0] else {}), table


def test_tables_that_hang_on_an_enterprise_by_another_table_show_its_own_rows_alone(
    fenced: Connection, firms: Firms
) -> None:
    own, other = firms
    for table, column in (
        ("verification_items", "id"), ("whitelist_suspensions", "id"), ("whitelist_steps", "id"), ("whitelist_entries", "id"),
        ("zones", "id"), ("zone_versions", "id"), ("documents", "id"), ("trucks", "id"), ("terminals", "id"),
        ("enterprises", "id"),
    ):  # fmt: skip
        mine = own.id if table == "enterprises" else own.ids[table]
        theirs = other.id if table == "enterprises" else other.ids[table]
        seen = set(fenced.execute(text(f"SELECT {column} FROM {table}")).scalars())
        assert mine in seen, table
        assert theirs not in seen, table


def columns_of(connection: Connection, table: str) -> list[str]:
    rows = connection.execute(
        text(
            "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = :t"
            " AND is_generated = 'NEVER' ORDER BY ordinal_position"
        ),
        {"t": table},
    )
    return list(rows.scalars())


def refused(connection: Connection, statement: str, **values: object) -> str:
    """The SQLSTATE of a refusal; empty where it went through."""
    point = connection.begin_nested()
    try:
        done = connection.execute(text(statement), values)
    except DBAPIError as fault:
        point.rollback()
        return str(getattr(fault.orig, "sqlstate", "?"))
    point.rollback()
    return "" if done.rowcount else "no row"


def test_nothing_is_written_for_another_enterprise(fenced: Connection, engine: Engine, firms: Firms) -> None:
    own, other = firms
    with transaction(engine) as connection:
        tables = sorted(with_enterprise(connection) & (granted(connection, "INSERT") | granted(connection, "UPDATE")))
        columns = {table: columns_of(connection, table) for table in tables}
        rows = {
            table: connection.execute(
                text(f"SELECT to_jsonb(t) FROM {table} t WHERE enterprise_id = :b LIMIT 1"), {"b": other.id}
            ).scalar()
            for table in tables
        }
        inserting, updating = granted(connection, "INSERT"), granted(connection, "UPDATE")
    assert {
        "gates",
        "ledger_passages",
        "plant_vehicles",
        "plant_machines",
        "site_stays",
        "pleas",
        "clean_transport",
    } <= set(tables)
    for table in tables:
        if rows[table] is None:
            continue
        names = ", ".join(columns[table])
        if table in inserting:
            copy = f"INSERT INTO {table} ({names}) OVERRIDING SYSTEM VALUE SELECT {names} FROM jsonb_populate_record(NULL::{table}, :row)"
            assert refused(fenced, copy, row=json.dumps(rows[table])) == "42501", table
        if table in updating:
            take = f"UPDATE {table} SET enterprise_id = enterprise_id WHERE enterprise_id = :b"
            assert refused(fenced, take, b=other.id) in {"42501", "no row"}, table
            give = f"UPDATE {table} SET enterprise_id = :b WHERE enterprise_id = :a"
            assert refused(fenced, give, a=own.id, b=other.id) in {"42501", "no row"}, table


@pytest.mark.parametrize("table", ["whitelist_entries", "whitelist_steps", "site_stays", "pleas", "gate_answers"])
def test_nobody_deletes(fenced: Connection, table: str) -> None:
    assert refused(fenced, f"DELETE FROM {table}") == "42501"


def test_a_stay_at_a_foreign_site_and_a_plea_to_a_foreign_case_are_refused(fenced: Connection, firms: Firms) -> None:
    own, other = firms
    stay = "INSERT INTO site_stays (site_id, enterprise_id, machine_text, entered_at) VALUES (:s, :e, 'x', now())"
    assert refused(fenced, stay, s=other.ids["sites"], e=own.id) == "42501"
    assert refused(fenced, stay, s=own.ids["sites"], e=own.id) == ""
    plea = (
        "INSERT INTO pleas (number, enterprise_id, division, case_id, content, person)"
        " VALUES ('x', :e, '211302', :c, '1234567890', 'x')"
    )
    assert refused(fenced, plea, c=other.ids["cases"], e=own.id) == "42501"
    assert refused(fenced, plea, c=own.ids["cases"], e=own.id) == ""
