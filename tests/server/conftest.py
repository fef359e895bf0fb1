"""The web application over a fresh database, with one account for each role and a way to be signed in as it."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, text
from werkzeug.test import TestResponse

from server.app import create_app
from server.config import load
from server.db import transaction
from server.flows.manage_accounts import Draft, create_account
from server.store import organisations
from server.store.audit import PLATFORM
from server.store.users import Role

PASSWORD = "Diesel-2026-test"
CITY, COUNTY, OTHER_COUNTY = "211300", "211324", "211322"
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@pytest.fixture(scope="module")
def web(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The application, with CSRF and everything else as in service."""
    store = tmp_path_factory.mktemp("evidence")
    app = create_app(load({"DATABASE_URL": database_url, "SECRET_KEY": "s" * 40, "EVIDENCE_DIR": str(store)}))
    app.testing = True
    yield app
    app.extensions["engine"].dispose()


@pytest.fixture(scope="module")
def engine(web: Flask) -> Engine:
    """The engine of the application."""
    found: Engine = web.extensions["engine"]
    return found


@dataclass(frozen=True, slots=True)
class City:
    """A small city: organisations by code, accounts by user name, the enterprise of the enterprise account."""

    organisations: dict[str, int]
    accounts: dict[str, int]
    enterprise_id: int


@pytest.fixture(scope="module")
def city(engine: Engine) -> City:
    """A bureau, two county branches, an enterprise, a station, a partner; an account a role, named by it."""
    with transaction(engine) as connection:
        made: dict[str, int] = {}
        for code, kind, level, division in (
            ("city", "ecology", "city", CITY),
            ("county", "ecology", "county", COUNTY),
            ("other", "ecology", "county", OTHER_COUNTY),
            ("enterprise", "enterprise", "body", "211302"),
            ("station", "station", "body", "211302"),
            ("partner", "partner", "city", "210700"),
            ("police", "police", "city", CITY),
            ("transport", "transport", "city", CITY),
        ):
            made[code] = organisations.create(
                connection, kind=kind, level=level, code=code, name_zh=f"单位{code}", name_en=code, division=division
            )
        enterprise_id = connection.execute(
            text("INSERT INTO enterprises (name, organisation_id) VALUES ('宏达运输', :o) RETURNING id"),
            {"o": made["enterprise"]},
        ).scalar_one()
        accounts: dict[str, int] = {}
        homes = {Role.ENTERPRISE: "enterprise", Role.STATION: "station", Role.PARTNER: "partner"}
        people = [(role.value, homes.get(role, "city"), role.value) for role in Role]
        people += [("officer2", "city", "officer"), ("county", "county", "officer"), ("other", "other", "officer")]
        people += [("police", "police", "officer"), ("transport", "transport", "officer")]
        for username, home, role in people:
            draft = Draft(username, f"姓名{username}", made[home], frozenset({role}))
            accounts[username] = create_account(connection, PLATFORM, draft, PASSWORD)
    return City(made, accounts, enterprise_id)


def close_sent(answer: TestResponse) -> None:
    """Close what the test client sent: it spools a large form into a file of its own and leaves it to the collector."""
    sent = answer.request.environ.get("wsgi.input")
    if sent is not None:
        sent.close()


class Browser:
    """A signed-in test client that sends the CSRF token of the page it is on."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.client.get(path, **options)

    def token(self) -> str:
        found = TOKEN.search(self.client.get("/account").text) or TOKEN.search(self.client.get("/sign-in").text)
        assert found is not None
        return found.group(1)

    def post(self, path: str, data: dict[str, Any] | None = None, **options: Any) -> TestResponse:
        answer = self.client.post(path, data={"csrf_token": self.token(), **(data or {})}, **options)
        close_sent(answer)
        return answer


@pytest.fixture(scope="module")
def browse(web: Flask, city: City, engine: Engine) -> Callable[..., Browser]:
    """`browse("officer")`: signed in as that account; `browse(None)`: as nobody; a password goes through the form."""

    def open_as(username: str | None, password: str | None = None) -> Browser:
        browser = Browser(web.test_client())
        if username is None:
            return browser
        if password is not None:
            browser.post("/sign-in", {"username": username, "password": password})
            return browser
        with transaction(engine) as connection:
            epoch = connection.execute(
                text("SELECT session_epoch FROM users WHERE username = :u"), {"u": username}
            ).scalar_one()
        now = int(datetime.now(UTC).timestamp())
        with browser.client.session_transaction() as session:
            session.update(_user_id=f"{city.accounts[username]}:{epoch}", _fresh=True, began=now, seen=now)
        return browser

    return open_as
