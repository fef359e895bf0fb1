"""No one sees what is not theirs: every address of a record, asked for by every account it does not belong to."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask, url_for
from sqlalchemy import Engine
from werkzeug.routing import IntegerConverter, Rule, UUIDConverter

from server.db import transaction
from server.web.access import PUBLIC, permission_of
from tests.server.api_world import Program, make_token
from tests.server.conftest import Browser, City
from tests.server.record_world import RecordWorld, make_records

pytestmark = pytest.mark.server
Browse = Callable[..., Browser]
NOTHING = RecordWorld({}, {})
FOREIGN = ("other", "police", "transport", "partner", "station", "enterprise")
OPEN = frozenset(
    {
        "zones",  # published by law, with every version
        "alerts", "alert_measures",  # official warnings are public; whose figures a bureau sees: test_alert_pages
        "alert_reviews",
        "rules", "organisations", "calendar", "stations",  # reference that every bureau works by
        "accounts", "system_keys", "api_token_pages", "broker_accounts",  # held by a role; no area
        "imports", "inspection_imports",  # one's own uploads, tested with them
        "quarantine",  # frames of devices that nobody knows have no area
    }
)  # fmt: skip
"""Blueprints whose addresses name no record of an area or a party."""
REGISTER = frozenset({"trucks", "machines", "enterprises", "terminals", "devices"})
"""Traffic police and transport look vehicles and firms of the whole city up (OPEN_TO: registry.read)."""


@pytest.fixture(scope="module")
def world(engine: Engine, city: City) -> RecordWorld:
    with transaction(engine) as connection:
        return make_records(connection, city)


def noun_of(endpoint: str) -> str:
    """The noun that an endpoint is about: `api_trucks.show`, `subject_files.truck`."""
    blueprint, _, view = endpoint.partition(".")
    if blueprint == "subject_files":
        return f"{view}s"
    return {
        "telemetry": "terminals",
        "bundles": "cases",
        "case_openings": "cases",
        "case_clocks": "cases",
        "capture_desk": "captures",
        "ledger_reviews": "ledgers",
        "gate_codes": "gates",
    }.get(blueprint.removeprefix("api_"), blueprint.removeprefix("api_"))


def addresses(app: Flask, world: RecordWorld, account: str) -> Iterator[tuple[str, str, str]]:
    """(method, address, address) of every route that names one record: with the record of the world, and with none."""
    adapter = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        noun = noun_of(rule.endpoint)
        if not rule.arguments or rule.endpoint == "static" or noun in OPEN:
            continue
        if account in {"police", "transport"} and noun in REGISTER:
            continue
        if account == "transport" and noun == "repairs":  # supervises every repair of its area (enforcement.md 7.1)
            continue
        if permission_of(app, rule.endpoint) == PUBLIC:
            continue
        there = {name: _value(rule, name, noun, world) for name in rule.arguments}
        nowhere = {name: _value(rule, name, noun, NOTHING) for name in rule.arguments}
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            pair = (adapter.build(rule.endpoint, values, method=method) for values in (there, nowhere))
            yield method, *pair  # type: ignore[misc]


def _value(rule: Rule, name: str, noun: str, world: RecordWorld) -> object:
    if isinstance(rule._converters[name], IntegerConverter):
        return 1 if name in {"at_us", "version"} else world.ids.get(noun, 999_999_999)
    if isinstance(rule._converters[name], UUIDConverter):
        return world.numbers.get("tablet", "00000000-0000-4000-8000-000000000000")
    return world.numbers.get(name, "nothing")


def differing(pairs: list[tuple[str, str, str]], ask: Callable[[str, str], int]) -> list[tuple[str, str, int, int]]:
    """Where a foreign record answers otherwise than one that does not exist: that alone would tell of it."""
    assert pairs
    found = []
    for method, there, nowhere in pairs:
        given, expected = ask(method, there), ask(method, nowhere)
        if given != expected or given == 200 or given >= 500:
            found.append((method, there, given, expected))
    return found


@pytest.mark.parametrize("account", FOREIGN)
def test_pages_of_a_foreign_record_are_not_there(
    web: Flask, browse: Browse, engine: Engine, city: City, world: RecordWorld, account: str
) -> None:
    browser = browse(account)
    form = {"csrf_token": browser.token()}

    def ask(method: str, address: str) -> int:
        return browser.client.open(address, method=method, data=form if method != "GET" else None).status_code

    pairs = [one for one in addresses(web, world, account) if not one[1].startswith("/api/")]
    assert differing(pairs, ask) == []


@pytest.mark.parametrize("account", FOREIGN)
def test_the_api_does_not_know_a_foreign_record(
    web: Flask, engine: Engine, city: City, world: RecordWorld, account: str
) -> None:
    program = Program(web, make_token(engine, city.accounts[account]))

    def ask(method: str, address: str) -> int:
        body: dict[str, str] | None = None if method == "GET" else {}
        return program.send(method, address.removeprefix("/api/v1"), body).status_code

    pairs = [one for one in addresses(web, world, account) if one[1].startswith("/api/v1")]
    assert differing(pairs, ask) == []


def test_the_owner_sees_the_tablet_of_the_world(browse: Browse, world: RecordWorld) -> None:
    assert browse("county").get(f"/tablets/{world.numbers['tablet']}").status_code == 200


def test_the_owner_sees_every_record_of_the_world(web: Flask, browse: Browse, world: RecordWorld) -> None:
    """The other way round: were an address wrong, the tests above would pass for the wrong reason."""
    browser = browse("county")
    for blueprint, number in world.ids.items():
        endpoint = f"{blueprint}.show"
        if endpoint in web.view_functions:
            with web.test_request_context():
                address = url_for(endpoint, number=number)
            assert browser.get(address).status_code == 200, address
