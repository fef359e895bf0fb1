"""The audit log: appended only, chained, verified on a button; a change is found at its place."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from server.db import Fence, transaction
from server.store import audit
from server.store.audit import Actor
from tests.server.conftest import Browser

pytestmark = pytest.mark.server
Browse = Callable[..., Browser]
ROOT = Path(__file__).parents[2]
SOMEBODY = Actor(None, "somebody", None, "10.1.2.3")


@pytest.fixture(autouse=True)
def rows(engine: Engine) -> None:
    with transaction(engine) as connection:
        for n in range(5):
            audit.append(connection, SOMEBODY, "account.change", "account", n, {"n": n, "<b>": "中文"})


def test_a_whole_chain_verifies(browse: Browse) -> None:
    browser = browse("auditor")
    answer = browser.post("/audit/verify")
    assert answer.status_code == 303
    assert "审计链完整" in browser.get("/audit/").text


@pytest.mark.parametrize(
    "change", ["UPDATE audit_log SET username = 'x' WHERE id = 2", "DELETE FROM audit_log", "TRUNCATE audit_log"]
)
def test_no_row_is_changed_or_removed(engine: Engine, change: str) -> None:
    with pytest.raises(DBAPIError, match="append-only"), transaction(engine) as connection:
        connection.execute(text(change))


@pytest.mark.parametrize(
    ("change", "said", "place"),
    [
        ("UPDATE audit_log SET detail = '{\"n\": 99}' WHERE id = :n", "内容被改动", 0),
        ("UPDATE audit_log SET username = 'other' WHERE id = :n", "内容被改动", 0),
        ("DELETE FROM audit_log WHERE id = :n", "前一行缺失或被改动", 1),
    ],
)
def test_what_somebody_changed_behind_our_back_is_found_at_its_place(
    browse: Browse, engine: Engine, change: str, said: str, place: int
) -> None:
    with engine.connect() as connection:  # rolled back at the end: the log of the other tests stays whole
        connection.execute(text("ALTER TABLE audit_log DISABLE TRIGGER USER"))
        victim = connection.execute(text("SELECT max(id) - 3 FROM audit_log")).scalar_one()
        connection.execute(text(change), {"n": victim})
        _, faults = audit.verify(connection)
        assert faults[0]["id"] == victim + place
        connection.rollback()
    assert said


def test_the_page_names_the_broken_place(browse: Browse, engine: Engine) -> None:
    with transaction(engine) as connection:
        connection.execute(text("ALTER TABLE audit_log DISABLE TRIGGER USER"))
        victim, was = connection.execute(text("SELECT id, username FROM audit_log ORDER BY id DESC LIMIT 1")).one()
        connection.execute(text("UPDATE audit_log SET username = 'forged' WHERE id = :n"), {"n": victim})
    try:
        page = browse("auditor").post("/audit/verify").text
        assert "审计链断裂" in page
        assert f'<td class="numeric">{victim}</td><td>内容被改动</td>' in page
    finally:
        with transaction(engine) as connection:
            connection.execute(text("UPDATE audit_log SET username = :u WHERE id = :n"), {"u": was, "n": victim})
            connection.execute(text("ALTER TABLE audit_log ENABLE TRIGGER USER"))


@contextmanager
def behind_our_back(engine: Engine, change: str) -> Iterator[int]:
    """The owner of the database switches the triggers off and changes a row; set right at the end."""
    with transaction(engine) as connection:
        connection.execute(text("ALTER TABLE audit_log DISABLE TRIGGER USER"))
        connection.execute(text("CREATE TABLE audit_as_it_was AS SELECT * FROM audit_log"))
        victim: int = connection.execute(text("SELECT max(id) - 3 FROM audit_log")).scalar_one()
        connection.execute(text(change), {"n": victim})
    try:
        yield victim
    finally:
        with transaction(engine) as connection:
            connection.execute(text("DELETE FROM audit_log"))
            connection.execute(text("INSERT INTO audit_log SELECT * FROM audit_as_it_was"))
            connection.execute(text("DROP TABLE audit_as_it_was"))
            connection.execute(text("ALTER TABLE audit_log ENABLE TRIGGER USER"))


def run_verify(database_url: str, *more: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "DATABASE_URL": database_url}
    command = [sys.executable, "-m", "server.cli", "audit", "verify", *more]
    return subprocess.run(command, env=environment, capture_output=True, text=True, cwd=ROOT)


INSERTED = (
    "INSERT INTO audit_log SELECT id + 4, at, user_id, 'nobody', organisation_id, address, action, subject_kind,"
    " subject_id, detail, previous_hash, hash FROM audit_log WHERE id = :n"
)


@pytest.mark.parametrize(
    ("change", "place", "said"),
    [
        ("UPDATE audit_log SET detail = '{}' WHERE id = :n", 0, "content changed"),
        ("UPDATE audit_log SET at = at - interval '1 hour' WHERE id = :n", 0, "content changed"),
        ("DELETE FROM audit_log WHERE id = :n", 1, "row before is missing or changed"),
        (INSERTED, 4, "content changed"),
    ],
)
def test_the_command_finds_a_row_changed_removed_or_put_in(
    database_url: str, engine: Engine, change: str, place: int, said: str
) -> None:
    good = run_verify(database_url)
    assert good.returncode == 0 and " 0 faults" in good.stdout, good.stdout + good.stderr
    with behind_our_back(engine, change) as victim:
        found = run_verify(database_url)
        assert found.returncode == 1
        assert f"{victim + place}: {said}\n" in found.stdout


def test_rows_cut_off_at_the_end_are_found_by_what_was_noted(database_url: str, engine: Engine) -> None:
    noted = run_verify(database_url).stdout.split()[-1]
    assert run_verify(database_url, "--noted", noted).returncode == 0
    with behind_our_back(engine, "DELETE FROM audit_log WHERE id > :n"):
        assert run_verify(database_url).returncode == 0, "the chain that is left is whole"
        found = run_verify(database_url, "--noted", noted)
        assert found.returncode == 1 and "noted" in found.stdout
    wrong = run_verify(database_url, "--noted", "nonsense")
    assert wrong.returncode == 2 and "--noted" in wrong.stderr


@pytest.mark.parametrize("fence", [None, Fence(1, None, 1)])
@pytest.mark.parametrize(
    "change",
    [
        "UPDATE audit_log SET username = 'x'", "DELETE FROM audit_log", "TRUNCATE audit_log",
        "UPDATE audit_log SET hash = hash", "MERGE INTO audit_log a USING (SELECT 1) s ON true WHEN MATCHED THEN DELETE",
    ],
)  # fmt: skip
def test_neither_role_of_the_platform_can_change_a_row(engine: Engine, fence: Fence | None, change: str) -> None:
    refused = pytest.raises(DBAPIError, match=r"append-only|permission denied")
    with refused, transaction(engine, fence) as connection:
        connection.execute(text(change))


def test_the_fenced_role_writes_through_the_chain_alone(engine: Engine) -> None:
    fence = Fence(1, None, 1)
    with pytest.raises(DBAPIError, match="permission denied"), transaction(engine, fence) as connection:
        connection.execute(text(INSERTED), {"n": 1})
    with pytest.raises(DBAPIError, match="must be owner"), transaction(engine, fence) as connection:
        connection.execute(text("ALTER TABLE audit_log DISABLE TRIGGER USER"))
    with transaction(engine, fence) as connection:
        audit.append(connection, SOMEBODY, "account.change", "account", 1)
    with transaction(engine) as connection:
        assert audit.verify(connection)[1] == []


def test_no_route_and_no_statement_changes_the_log(web: Flask) -> None:
    routes = {
        (rule.endpoint, method)
        for rule in web.url_map.iter_rules()
        if "audit" in rule.rule
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert routes == {("audit.index", "GET"), ("audit.verify", "POST")}
    writing = re.compile(r"(INSERT\s+INTO|UPDATE|DELETE\s+FROM|TRUNCATE|MERGE\s+INTO|ALTER\s+TABLE)\s+audit_log", re.I)
    found = [path.name for path in (ROOT / "server").rglob("*.py") if writing.search(path.read_text())]
    assert found == []
    later = [p.name for p in (ROOT / "migrations/versions").glob("*.py") if writing.search(p.read_text())]
    assert later == ["0001_accounts_and_audit.py"], "append_audit is the only way in"


def test_the_list_filters_and_shows_details_as_text(browse: Browse) -> None:
    page = browse("auditor").get("/audit/?action=account.change&username=somebody&subject_id=3").text
    assert "10.1.2.3" in page
    assert "<b>" not in page


def test_a_row_that_is_rolled_back_leaves_no_hole(engine: Engine) -> None:
    with engine.connect() as connection:
        audit.append(connection, SOMEBODY, "account.change", "account", 1)
        connection.rollback()
    with transaction(engine) as connection:
        audit.append(connection, SOMEBODY, "account.change", "account", 2)
        assert audit.verify(connection)[1] == []
