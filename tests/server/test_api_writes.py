"""Nothing is done twice and nothing lost is overwritten, by every operation of the API that writes.

The operations are found in the application: each create is sent twice under one key, each change with an ETag of
another version.
"""

import io
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, text
from werkzeug.test import TestResponse

from server.api.description import VARIABLE
from server.api.operations import Operation
from server.db import transaction
from tests.server import evidence_files
from tests.server.api_world import Program, make_token, unlimited_app
from tests.server.conftest import Browser, City
from tests.server.record_world import make_records
from tests.server.test_repairs import Loop, loop  # noqa: F401 - a fixture
from tests.server.write_world import WriteWorld, Written, body_of

pytestmark = pytest.mark.server
Browse = Callable[..., Browser]
NOT_COUNTED = frozenset({"api_calls", "idempotency_keys", "packets", "alembic_version"})
TABLES = {
    "trucks": "trucks", "machines": "machines", "enterprises": "enterprises", "terminals": "terminals",
    "inspections": "inspections", "instruments": "instruments", "captures": "captures", "cases": "cases",
    "referrals": "referrals", "repairs": "repair_notices", "stations": "stations", "documents": "documents",
    "violations": "violations", "leads": "leads", "whitelist": "whitelist_entries", "zones": "zones",
    "evidence": "evidence_items", "watch-list": "watch_entries", "sites": "sites",
    "site-stays": "site_stays", "pleas": "pleas", "quarantine": "quarantine", "tokens": "api_tokens",
    "gates": "gates", "gate-lifts": "gate_lifts", "gate-devices": "gate_devices", "gate-policies": "gate_policies",
    "gate-checks": "gate_answers", "alerts": "alerts", "large-users": "large_users",
    "clean-transport": "clean_transport",
}  # fmt: skip
"""The table behind each noun of the addresses."""
SIGNS = frozenset({"POST /gates/{number}/heartbeat"})
"""Signs of life: they change nothing that anybody edits, and rest on no version."""


@pytest.fixture(scope="module")
def web(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The application without a limit of calls."""
    app = unlimited_app(database_url, tmp_path_factory.mktemp("evidence"))
    yield app
    app.extensions["engine"].dispose()


@pytest.fixture(scope="module")
def made(web: Flask, engine: Engine, city: City, browse: Browse, loop: Loop) -> WriteWorld:  # noqa: F811
    return WriteWorld(web, engine, city, browse, loop)


def operations(web: Flask) -> dict[str, Operation]:
    """Every operation by method and address: `POST /trucks`."""
    found = {}
    for rule in web.url_map.iter_rules():
        view = web.view_functions[rule.endpoint]
        if hasattr(view, "operation"):
            path = VARIABLE.sub(r"{\1}", rule.rule).removeprefix("/api/v1")
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
                found[f"{method} {path}"] = view.operation
    return found


def send(made: WriteWorld, address: str, spec: Operation, written: Written, **headers: str) -> TestResponse:
    """Call an operation: the making of tokens as a page does, all others as a program."""
    method, path = address.split(" ")
    for name, value in written.names.items():
        path = path.replace(f"{{{name}}}", str(value))
    body = body_of(spec, written)
    if spec.secret:
        browser = made.browse(written.who)
        headers |= {"X-CSRFToken": browser.token(), "Content-Type": "application/json"}
        return browser.client.open(f"/api/v1{path}", method=method, data=json.dumps(body), headers=headers)
    program = made.program(written.who)
    if spec.files:
        form = {"scene": (io.BytesIO(evidence_files.jpeg()), "a.jpg")}
        return program.client.open(f"/api/v1{path}", method=method, data=form, headers={**program.headers, **headers})
    return program.send(method, path, body, **headers)


def counts(engine: Engine) -> dict[str, int]:
    """How many rows every table has."""
    with transaction(engine) as connection:
        tables = connection.execute(
            text("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')")
        ).scalars()
        return {
            one: connection.execute(text(f'SELECT count(*) FROM "{one}"')).scalar_one()
            for one in sorted(tables)
            if one not in NOT_COUNTED and not one.startswith("packets_")
        }


def test_every_create_is_done_once_under_a_key(web: Flask, made: WriteWorld) -> None:
    creates = {address: spec for address, spec in operations(web).items() if spec.status == 201}
    assert len(creates) >= 11 and all(spec.creates for spec in creates.values())
    for n, (address, spec) in enumerate(creates.items()):
        written, key = made.ready(address), {"Idempotency-Key": f"create-{n:04}"}
        before = counts(made.engine)
        first = send(made, address, spec, written, **key)
        assert first.status_code == 201, (address, first.text)
        after_first = counts(made.engine)
        assert after_first != before
        again = send(made, address, spec, written, **key)
        if spec.secret:
            assert (again.status_code, again.json["code"]) == (409, "answer_lost"), again.text  # type: ignore[index]
        else:
            assert (again.status_code, again.json) == (201, first.json), (address, again.text)
            assert again.headers["Idempotency-Replayed"] == "true"
        assert counts(made.engine) == after_first, address


def test_a_record_with_a_version_is_given_with_its_tag(web: Flask, engine: Engine, city: City) -> None:
    """Where the table keeps a version or the time of the last change, the answer carries an ETag, and says so."""
    with transaction(engine) as connection:
        world = make_records(connection, city)
        versioned = set(
            connection.execute(
                text(
                    "SELECT DISTINCT table_name FROM information_schema.columns"
                    " WHERE table_schema = 'public' AND column_name IN ('version', 'updated_at')"
                )
            ).scalars()
        )
        connection.execute(
            text("INSERT INTO stations (code, kind, name, division) VALUES ('S9', 'inspection', '站', '211324')")
        )
        station = connection.execute(text("SELECT id FROM stations WHERE code = 'S9'")).scalar_one()
    program = Program(web, make_token(engine, city.accounts["officer"]))
    seen = set()
    for address, spec in operations(web).items():
        found = re.fullmatch(r"GET /([\w-]+)/\{(\w+)\}", address)
        if found is None or TABLES[found[1]] not in versioned:
            continue
        number = (
            station
            if found[1] == "stations"
            else world.numbers.get(found[2], world.ids.get(found[1].replace("-", "_")))
        )
        answer = program.get(f"/{found[1]}/{number}")
        assert answer.status_code == 200, (address, answer.text)
        assert answer.headers.get("ETag") and spec.versioned, address
        assert program.get(f"/{found[1]}/{number}").headers["ETag"] == answer.headers["ETag"], address
        seen.add(found[1])
    assert seen >= {"trucks", "inspections", "instruments", "captures", "cases", "referrals", "repairs", "stations"}


def test_every_change_of_such_a_record_honours_if_match(web: Flask, made: WriteWorld) -> None:
    found = operations(web)
    tagged = {address.split(" ")[1] for address, spec in found.items() if address.startswith("GET") and spec.versioned}
    changes = {
        address: spec
        for address, spec in found.items()
        if spec.writes and any(address.split(" ")[1].startswith(path) for path in tagged) and address not in SIGNS
    }
    assert len(changes) >= 14
    for address, spec in changes.items():
        assert spec.versioned, address
        written = made.ready(address)
        before = counts(made.engine)
        late = send(made, address, spec, written, **{"If-Match": '"1-v0-000000000000"'})
        assert late.status_code == 412, (address, late.text)
        assert counts(made.engine) == before, address
        done = send(made, address, spec, written, **{"If-Match": tag_of(made, address, written)})
        assert done.status_code in {200, 201}, (address, done.text)


def tag_of(made: WriteWorld, address: str, written: Written) -> str:
    """The ETag of the record as its reader gets it."""
    path, name = re.findall(r"^\w+ (/[\w/-]+)/\{(\w+)\}", address)[0]
    answer: Any = made.program(written.who).get(f"{path}/{written.names[name]}")
    assert answer.status_code == 200, (address, answer.text)
    tag: str = answer.headers["ETag"]
    return tag
