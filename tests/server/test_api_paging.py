"""Every list of the API that takes a cursor gives by it each row once, in every order; the others refuse it."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine

from server.db import transaction
from server.flows import api_tokens
from server.store.audit import PLATFORM
from tests.server.api_world import BEGIN, Program, make_token, make_world, unlimited_app
from tests.server.conftest import City
from tests.server.many_records import multiply
from tests.server.record_world import make_records

pytestmark = pytest.mark.server
COPIES = 5
ACCOUNTS = ("officer", "approver", "system_admin", "security_admin", "auditor")


@pytest.fixture(scope="module")
def web(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The application without a limit of calls."""
    app = unlimited_app(database_url, tmp_path_factory.mktemp("evidence"))
    yield app
    app.extensions["engine"].dispose()


@pytest.fixture(scope="module")
def programs(web: Flask, engine: Engine, city: City) -> list[Program]:
    """Programs of accounts that see the city, over some rows of everything."""
    make_world(engine, city)
    with transaction(engine) as connection:
        make_records(connection, city)
        multiply(connection, COPIES)
        for n in range(COPIES):
            api_tokens.issue(connection, PLATFORM, city.accounts["officer"], f"token {n}", BEGIN, 300)
    return [Program(web, make_token(engine, city.accounts[name])) for name in ACCOUNTS]


@pytest.fixture(scope="module")
def description(web: Flask) -> dict[str, Any]:
    found: dict[str, Any] = web.test_client().get("/api/openapi.json").get_json()
    return found


def lists(description: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], bool]]:
    """(path, parameters by name, whether the answer has pages) of every GET that gives `items` and needs no more."""
    for path, methods in description["paths"].items():
        one = methods.get("get")
        if one is None or "{" in path:
            continue
        content = one["responses"]["200"]["content"]
        if "application/json" not in content:
            continue  # a file
        schema = content["application/json"]["schema"]
        fields = description["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]["properties"]
        if "items" in fields:
            yield path, {p["name"]: p["schema"] for p in one["parameters"]}, "next_cursor" in fields


def ask(programs: list[Program], path: str, **query: Any) -> dict[str, Any]:
    """The list, as the first account that may see it gets it."""
    for program in programs:
        answer = program.get(path.removeprefix("/api/v1"), **query)
        if answer.status_code != 403:
            assert answer.status_code == 200, (path, query, answer.text)
            found: dict[str, Any] = answer.get_json()
            return found
    raise AssertionError(f"no account may see {path}")


def orders(parameters: dict[str, Any]) -> list[dict[str, str]]:
    """No order, and every order that the list knows."""
    return [{}, *({"sort": one} for one in _choices(parameters.get("sort", {})))]


def _choices(schema: dict[str, Any]) -> list[str]:
    found = schema.get("enum") or next((one["enum"] for one in schema.get("anyOf", []) if "enum" in one), [])
    return list(found)


def test_a_cursor_gives_every_row_once_in_every_order(programs: list[Program], description: dict[str, Any]) -> None:
    walked = [(path, parameters) for path, parameters, _ in lists(description) if "cursor" in parameters]
    assert len(walked) >= 15, [path for path, _ in walked]
    for path, parameters in walked:
        for order in orders(parameters):
            whole = ask(programs, path, limit=200, **order)["items"]
            assert len(whole) > COPIES, (path, len(whole))
            assert walk(programs, path, order) == whole, (path, order)


def walk(programs: list[Program], path: str, order: dict[str, str]) -> list[Any]:
    found: list[Any] = []
    cursor: dict[str, str] = {}
    for _ in range(100):
        page = ask(programs, path, limit=2, **order, **cursor)
        found += page["items"]
        if page["next_cursor"] is None:
            return found
        assert f"cursor={page['next_cursor']}" in page["next"]
        cursor = {"cursor": page["next_cursor"]}
    raise AssertionError(f"{path} {order} does not end")


def test_a_list_that_may_be_long_takes_a_cursor(description: dict[str, Any]) -> None:
    paged = {path for path, parameters, pages in lists(description) if pages and "cursor" not in parameters}
    assert paged == {"/api/v1/divisions", "/api/v1/tokens"}, "short lists, by number of the page alone"


def test_a_list_without_cursor_refuses_it_and_gives_none(programs: list[Program], description: dict[str, Any]) -> None:
    for path, parameters, pages in lists(description):
        if "cursor" in parameters:
            continue
        for program in programs:
            answer = program.get(path.removeprefix("/api/v1"), cursor="c1")
            assert answer.status_code in {403, 422}, (path, answer.text)
        if pages:
            assert ask(programs, path, limit=2)["next_cursor"] is None
