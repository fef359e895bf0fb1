"""A terminal's own broker account: made once, kept as a hash, read by the broker, withdrawn."""

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from server.db import connect_engine
from server.flows import broker_passwords
from server.flows.broker_passwords import NoAccountError, password_hash
from server.launch.broker_files import read_devices
from server.store.audit import Actor

pytestmark = pytest.mark.server
ACTOR = Actor(None, "tester")


@pytest.fixture(scope="module")
def engine(database_url: str) -> Iterator[Engine]:
    one = connect_engine(database_url)
    yield one
    one.dispose()


@pytest.fixture
def terminal_id(engine: Engine) -> int:
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM broker_accounts"))
        connection.execute(text("DELETE FROM terminals WHERE device = 'SYNMACH0000000001'"))
        return int(
            connection.execute(
                text("INSERT INTO terminals (kind, device) VALUES ('nrmm', 'SYNMACH0000000001') RETURNING id")
            ).scalar_one()
        )


def test_the_broker_knows_the_hash_and_nobody_the_password(engine: Engine, terminal_id: int, tmp_path: Path) -> None:
    file = tmp_path / "broker" / "devices"
    name, password = broker_passwords.issue(engine, terminal_id, ACTOR, file)
    (account,) = read_devices(file.read_text(), lambda _: None)
    assert (account.name, name) == ("nrmm/SYNMACH0000000001",) * 2
    _, _, iterations, salt, _ = account.secret.split("$")
    assert iterations == "101"
    assert password_hash(password, base64.b64decode(salt)) == account.secret
    assert file.stat().st_mode & 0o077 == 0
    with engine.connect() as connection:
        kept = connection.execute(text("SELECT detail::text FROM audit_log ORDER BY id DESC LIMIT 1")).scalar_one()
    assert password not in kept


def test_a_second_password_ends_the_first(engine: Engine, terminal_id: int, tmp_path: Path) -> None:
    file = tmp_path / "devices"
    broker_passwords.issue(engine, terminal_id, ACTOR, file)
    first = file.read_text()
    broker_passwords.issue(engine, terminal_id, ACTOR, file)
    assert file.read_text() != first
    assert len(file.read_text().splitlines()) == 1


def test_a_withdrawn_or_suspended_account_is_not_written(engine: Engine, terminal_id: int, tmp_path: Path) -> None:
    file = tmp_path / "devices"
    broker_passwords.issue(engine, terminal_id, ACTOR, file)
    with engine.begin() as connection:
        connection.execute(text("UPDATE terminals SET state = 'suspended' WHERE id = :id"), {"id": terminal_id})
    broker_passwords.write_file(engine, file)
    assert file.read_text() == ""
    with pytest.raises(NoAccountError):
        broker_passwords.issue(engine, terminal_id, ACTOR, file)
    assert broker_passwords.withdraw(engine, terminal_id, ACTOR, file)
    assert not broker_passwords.withdraw(engine, terminal_id, ACTOR, file)
