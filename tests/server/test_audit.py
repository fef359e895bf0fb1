"""The audit log: appended only, chained, verified on a button; a change is found at its place."""

from collections.abc import Callable

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from server.db import transaction
from server.store import audit
from server.store.audit import Actor
from tests.server.conftest import Browser

pytestmark = pytest.mark.server
Browse = Callable[..., Browser]
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
