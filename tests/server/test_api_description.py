"""The OpenAPI description is true: schemathesis attacks the API along it, as three accounts.

Every operation is called with valid and invalid data, unknown methods and missing credentials; no answer may be a 5xx,
a status or a body that the description does not know. `API_EXAMPLES` raises the number of examples an operation, and
above the usual number goes through every edge of every parameter for all accounts, not for the officer alone.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

import pytest
import schemathesis
from flask import Flask
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import from_schema
from schemathesis.engine.events import NonFatalError, ScenarioFinished
from sqlalchemy import Engine

from server.web.access import PERMISSIONS, PUBLIC, permission_of
from tests.server.api_world import World, make_token, make_world, unlimited_app
from tests.server.conftest import Browser, City
from tests.server.served import served

pytestmark = pytest.mark.server
USUAL = 10
EXAMPLES = int(os.environ.get("API_EXAMPLES", USUAL))
SEMANTIC = ("POST", "PUT", "PATCH")  # what is well formed may still contradict the register: a stage without its basis
ORDERED = ("/api/v1/terminals/{number}/samples", "/api/v1/positions")  # begin before end, west before east


@pytest.fixture(scope="module")
def web(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The application without a limit of calls."""
    app = unlimited_app(database_url, tmp_path_factory.mktemp("evidence"))
    yield app
    app.extensions["engine"].dispose()


@pytest.fixture(scope="module")
def world(engine: Engine, city: City) -> World:
    return make_world(engine, city)


@pytest.fixture(scope="module")
def description(web: Flask) -> dict[str, Any]:
    found: dict[str, Any] = web.test_client().get("/api/openapi.json").get_json()
    return found


def operations(description: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [(path, method, one) for path, methods in description["paths"].items() for method, one in methods.items()]


# --- what it says ---


def test_every_route_is_described_and_every_description_has_a_route(web: Flask, description: dict[str, Any]) -> None:
    routes = {
        (rule.rule, method.lower())
        for rule in web.url_map.iter_rules()
        if rule.rule.startswith("/api/v1/")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert len(operations(description)) == len(routes)
    assert description["openapi"].startswith("3.1")


def test_every_operation_says_what_it_is_and_who_may_use_it(web: Flask, description: dict[str, Any]) -> None:
    permissions = {
        str(permission_of(web, rule.endpoint)) for rule in web.url_map.iter_rules() if rule.rule.startswith("/api/v1/")
    }
    assert permissions <= PERMISSIONS.keys() | {PUBLIC}
    for path, method, one in operations(description):
        assert one["summary"], (path, method)
        assert "Permission: " in one["description"], (path, method)
        named = one["description"].rsplit("Permission: ", 1)[1].strip("`.")
        assert named in PERMISSIONS or one["security"] == [], (path, method)
        assert {"422", "429"} <= one["responses"].keys()
        assert (one["security"] == []) == ("401" not in one["responses"])


def test_every_field_is_described_and_every_reference_leads_somewhere(description: dict[str, Any]) -> None:
    schemas = description["components"]["schemas"]
    missing = [
        f"{name}.{field}"
        for name, schema in schemas.items()
        for field, one in schema.get("properties", {}).items()
        if "description" not in one
    ]
    assert missing == []
    for _, _, one in operations(description):
        for parameter in one["parameters"]:
            assert parameter["description"]
    for reference in references(description):
        node: Any = description
        for part in reference.removeprefix("#/").split("/"):
            node = node[part]


def references(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [found for value in node.values() for found in references(value)]
    return [found for value in node for found in references(value)] if isinstance(node, list) else []


def test_the_description_is_open_and_nothing_else_is_served_with_it(web: Flask) -> None:
    client = web.test_client()
    answer = client.get("/api/openapi.json")
    assert answer.status_code == 200
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    for path in ("/docs", "/redoc", "/api/docs", "/openapi.json"):
        assert client.get(path, headers={"Accept": "application/json"}).status_code == 404


# --- whether it is true ---


@pytest.fixture(scope="module")
def address(web: Flask) -> Iterator[str]:
    """The application on loopback: schemathesis speaks HTTP to it."""
    with served(web) as listening:
        yield listening


def attack(
    address: str, description: dict[str, Any], headers: dict[str, str], without: tuple[str, ...], thorough: bool
) -> tuple[list[str], Counter[str]]:
    """Run schemathesis over all operations: what it objects to, and how often each operation gave each status."""
    config = SchemathesisConfig.from_dict(
        {
            "base-url": address,
            "headers": headers,
            "generation": {"max-examples": EXAMPLES, "deterministic": True, "with-security-parameters": False,
                           "database": "none"},
            "phases": {"stateful": {"enabled": False}, "coverage": {"enabled": thorough or EXAMPLES > USUAL}},
            "operations": [
                {"include-method": list(SEMANTIC), "checks": {"positive_data_acceptance": {"enabled": False}}},
                {"include-path": list(ORDERED), "checks": {"positive_data_acceptance": {"enabled": False}}},
            ],
        }
    )  # fmt: skip
    schema = schemathesis.openapi.from_dict(description, config=config)
    for name in without:
        schema = schema.exclude(name=name)
    objections: list[str] = []
    seen: Counter[str] = Counter()
    for event in from_schema(schema).execute():
        if isinstance(event, NonFatalError):
            objections.append(f"{event.label}: {event.value}")
        if isinstance(event, ScenarioFinished):
            objections += objections_of(event)
            for interaction in event.recorder.interactions.values():
                if interaction.response is not None:
                    seen[f"{event.label} {interaction.response.status_code}"] += 1
    return objections, seen


def with_records(description: dict[str, Any], world: World) -> dict[str, Any]:
    """The description with examples that lead to a record: numbers drawn from two thousand millions find nothing."""
    parts: dict[str, Any] = {
        "trucks/{number}": world.own_truck,
        "terminals/{number}": world.own_terminal,
        "terminals/{number}/samples": world.reporting,
        "terminals/{number}/completeness": world.reporting,
        "enterprises/{number}": 1,
        "violations/{violation}": world.confirmed,
        "violations/{violation}/decision": world.flagged,
        "captures/{capture}": world.capture,
        "captures/{capture}/reviews": world.capture,
        "captures/{capture}/files": world.capture,
        "leads/{number64}": world.lead,
        "quarantine/{number64}": world.held,
        "whitelist/{number}": world.entry,
        "zones/{code}": world.zone_code,
    }
    found = deepcopy(description)
    for path, part in parts.items():
        for one in found["paths"][f"/api/v1/{path}"].values():
            for parameter in one["parameters"]:
                if parameter["in"] == "path":
                    parameter["schema"]["examples"] = [part]
    return found


def objections_of(event: ScenarioFinished) -> list[str]:
    found = []
    for case_id, checks in event.recorder.checks.items():
        for check in checks:
            if check.failure_info is not None:
                failure = check.failure_info.failure
                sent = event.recorder.interactions[case_id].request
                body = (sent.body or b"")[:300]
                found.append(
                    f"{check.name}: {sent.method} {sent.uri} {body!r}: {failure.title}: {failure.message[:600]}"
                )
    return found


@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", ["officer", "enterprise", "auditor"])
def test_no_answer_breaks_the_description(
    address: str,
    description: dict[str, Any],
    browse: Callable[..., Browser],
    engine: Engine,
    city: City,
    world: World,
    name: str,
) -> None:
    if name == "officer":  # as a page would: with the cookie, and the token of the page
        browser = browse(name)
        cookie = browser.client.get_cookie("session")
        assert cookie is not None
        token = browser.token()
        cookie = browser.client.get_cookie("session")
        assert cookie is not None
        headers, without = {"Cookie": f"session={cookie.value}", "X-CSRFToken": token}, ()
    else:  # as a program would; it shall not revoke its own token on the way
        token = make_token(engine, city.accounts[name])
        headers, without = {"Authorization": f"Bearer {token}"}, ("DELETE /api/v1/tokens/{number}",)
    objections, seen = attack(address, with_records(description, world), headers, without, name == "officer")
    assert objections == [], "\n\n".join(objections)
    assert sum(seen.values()) > 200
    got_in = {label.rsplit(" ", 1)[0] for label in seen if label.endswith((" 200", " 201"))}
    expected = {"officer": 30, "enterprise": 15, "auditor": 6}[name]
    assert len(got_in) >= expected, sorted(got_in)
