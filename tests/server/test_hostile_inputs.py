"""Hostile text, pictures and tables through every form, upload and import, and out of every page and export.

The forms are read from the pages, the exports found in the application: what is added later is walked as well.
"""

import io
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Connection, Engine, text
from werkzeug.routing import IntegerConverter
from werkzeug.test import TestResponse

from server.api.inspections import EXAMPLE
from server.db import transaction
from server.documents.zone_files import ZoneFormat
from server.flows.registry_nouns import NOUNS
from server.store import audit
from tests.server.api_world import Program, make_token, make_world, unlimited_app
from tests.server.conftest import Browser, City, close_sent
from tests.server.hostile import Form, Page, alive, endless, running_cells
from tests.server.record_world import make_records
from tests.server.test_foreign import noun_of
from tests.server.test_repairs import Loop, loop  # noqa: F401 - a fixture

pytestmark = [pytest.mark.server, pytest.mark.shared]
Browse = Callable[..., Browser]
NOT_SENT = frozenset({"accounts.sign_out", "accounts.own_sessions", "accounts.sign_in_send"})  # they end the session
WHO = (
    "officer",
    "approver",
    "system_admin",
    "security_admin",
    "reviewer",
    "workshop",
    "station",
    "police",
    "enterprise",
)
SEED = '=HYPERLINK("http://x","<script>alert(1)</script><img src=x onerror=alert(1)>")'
MOST = 400_000  # bytes of a file; above 500,000 the test client leaves its own temporary file open
SHEETS = {"text/csv": "csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx"}
CODES = (
    "kind", "state", "status", "number", "code", "division", "law", "standing", "outcome", "source", "key", "plate_colour",
    "username", "password", "language", "device", "protocol", "layout", "coordinates", "fuel", "stage", "category",
    "branch", "rule", "word", "form", "purpose", "sha", "hash", "level", "unit", "type", "basis", "certainty", "action",
    "subject_id", "subject_kind", "serial", "credit", "vin", "pin", "template", "verification", "how", "reason", "day_kind",
    "certificate", "raw", "topic", "industry", "colour", "region", "prefix", "media", "noun", "column", "op", "caller",
    "answer", "schema", "parent", "table", "version", "home_city", "use", "use_nature", "drive", "address_of",
)  # fmt: skip
"""Columns whose words the platform chooses itself; text that people write is in the others."""


@pytest.fixture(scope="module")
def web(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The application without a limit of calls."""
    app = unlimited_app(database_url, tmp_path_factory.mktemp("evidence"))
    yield app
    app.extensions["engine"].dispose()


class Walk:
    """Every page of a world, as every account."""

    def __init__(self, web: Flask, engine: Engine, city: City, browse: Browse, ids: dict[str, int]) -> None:
        self.web, self.engine, self.ids = web, engine, ids
        self.browsers = {name: browse(name) for name in WHO}
        self.adapter = web.url_map.bind("localhost")

    def addresses(self) -> list[str]:
        """Pages that need no name in the address, and those of the records of the world."""
        found = []
        for rule in self.web.url_map.iter_rules():
            if "GET" not in (rule.methods or ()) or rule.rule.startswith(("/api/", "/static/")):
                continue
            for extra in self.values(rule.endpoint, rule.arguments):
                found.append(self.adapter.build(rule.endpoint, extra, method="GET"))
        return found

    def values(self, endpoint: str, names: set[str]) -> list[dict[str, Any]]:
        noun = noun_of(endpoint)
        if names == {"noun"}:
            return [{"noun": name} for name in NOUNS]
        if endpoint == "inspections.template":
            return [{"kind": kind} for kind in ("periodic", "remote_sensing")]
        if "kind" in names and endpoint.startswith("zones.export"):
            return [
                {"kind": str(kind), **({"number": self.ids["zones"]} if "number" in names else {})}
                for kind in ZoneFormat
            ]
        if names == {"rule"}:
            return [{"rule": "telemetry.gap_after_s"}]
        known = {"number": self.ids.get(noun), "case": self.ids["cases"], "terminal_id": self.ids["terminals"],
                 "organisation": self.ids["organisations"]}  # fmt: skip
        if names <= known.keys() and all(known[name] for name in names):
            return [{name: known[name] for name in names}]
        return []

    def pages(self) -> Iterator[tuple[Browser, str, TestResponse]]:
        """(browser, address, answer) of every page that an account may open."""
        addresses = self.addresses()
        for browser in self.browsers.values():
            for address in addresses:
                answer = browser.get(address)
                assert answer.status_code < 500, (address, answer.text[:500])
                if answer.status_code == 200:
                    yield browser, address, answer

    def forms(self) -> Iterator[tuple[Browser, Form, str]]:
        """(browser, form, endpoint) of every form, each once."""
        seen: set[tuple[str, frozenset[str]]] = set()
        for browser, address, answer in self.pages():
            if answer.mimetype != "text/html":
                continue
            for form in Page(answer.text, address).forms:
                endpoint = self.endpoint(form)
                key = endpoint, frozenset(one.name for one in form.fields)
                if endpoint not in NOT_SENT and key not in seen:
                    seen.add(key)
                    yield browser, form, endpoint

    def endpoint(self, form: Form) -> str:
        path = re.split("[?#]", form.action)[0]
        found, _ = self.adapter.match(path, method=form.method.upper())
        return str(found)


@pytest.fixture(scope="module")
def walk(web: Flask, engine: Engine, city: City, browse: Browse, loop: Loop) -> Walk:  # noqa: F811
    make_world(engine, city)
    notice = loop.notice("辽N66661")
    assert loop.look_up("workshop", notice) == 303
    with transaction(engine) as connection:
        records = make_records(connection, city)
        connection.execute(
            text("INSERT INTO stations (code, kind, name, division) VALUES ('S9', 'inspection', '站', '211324')")
        )
        newest = {
            name: connection.execute(text(f"SELECT max(id) FROM {table}")).scalar_one()
            for name, table in (("stations", "stations"), ("zones", "zones"), ("quarantine", "quarantine"))
        }
    body = {**EXAMPLE, "note": SEED, "place": SEED, "party": {"name": SEED, "statement": SEED}}
    program = Program(web, make_token(engine, city.accounts["officer"]))
    inspection = program.send("POST", "/inspections", {**body, "officers": [{"name": SEED[:90], "card_number": "061"}]})
    assert inspection.status_code == 201, inspection.text
    newest["inspections"] = inspection.get_json()["id"]
    ids = {**records.ids, **newest, "accounts": city.accounts["officer2"], "organisations": city.organisations["city"],
           "devices": records.ids["terminals"], "broker_accounts": records.ids["terminals"]}  # fmt: skip
    return Walk(web, engine, city, browse, ids)


def send(browser: Browser, form: Form, values: dict[str, Any]) -> TestResponse:
    """Send a form as a browser would, with whatever text."""
    if form.method == "get":
        return browser.get(form.action, query_string=values)
    answer = browser.client.post(form.action, data=values, content_type="multipart/form-data" if form.files else None)
    close_sent(answer)
    return answer


def judged(answer: TestResponse, told: object) -> int:
    """Never a 5xx, and nothing alive in the answer; the status."""
    assert answer.status_code < 500, (told, answer.status_code)
    if answer.mimetype == "text/html":
        assert alive(answer.text) == [], told
    status = answer.status_code
    answer.close()
    return status


@pytest.mark.timeout(900)
def test_every_form_takes_hostile_text_as_text_or_refuses_it(walk: Walk, shared_dir: Path) -> None:
    some, done, taken = endless(shared_dir / "data"), Counter[str](), Counter[str]()
    for browser, form, endpoint in list(walk.forms()):
        for name in form.texts:  # one field at a time beside what is right: most of it is kept
            values = {**form.values(), name: next(some)}
            status = judged(send(browser, form, values), (endpoint, values))
            taken[endpoint] += form.method == "post" and status in {302, 303}
            done[endpoint] += 1
        every = {**form.values(), **{name: next(some) for name in form.texts}}
        nul = {**form.values(), **dict.fromkeys(form.texts, "a\0b\x1b")}
        for values in (every, nul, form.all_hostile(some), form.all_hostile(some)):
            judged(send(browser, form, values), (endpoint, values))
            done[endpoint] += 1
    assert len(done) >= 60, sorted(done)
    assert len(+taken) >= 12, sorted(+taken)
    with transaction(walk.engine) as connection:
        assert audit.verify(connection)[1] == []


def seed(connection: Connection) -> int:
    """Put hostile text into every column that people write, past every check of the forms; how many columns took it."""
    columns = connection.execute(
        text(
            "SELECT c.table_name, c.column_name FROM information_schema.columns c JOIN information_schema.tables t"
            " USING (table_schema, table_name) WHERE table_schema = 'public' AND t.table_type = 'BASE TABLE'"
            " AND c.data_type = 'text' AND c.is_generated = 'NEVER' ORDER BY 1, 2"
        )
    ).all()
    taken = 0
    for table, column in columns:
        if table.startswith(("packets", "spatial_ref", "alembic", "audit", "login", "idempotency")) or column == "key":
            continue
        if any(word in column.split("_") or column == word for word in CODES):
            continue
        hold = connection.begin_nested()
        try:
            taken += connection.execute(text(f'UPDATE "{table}" SET "{column}" = :seed'), {"seed": SEED}).rowcount > 0
            hold.commit()
        except Exception:  # a check, a reference, a key, a row that may not change
            hold.rollback()
    return taken


@pytest.mark.timeout(900)
def test_what_is_kept_comes_back_as_text_on_every_page_and_in_every_export(walk: Walk, shared_dir: Path) -> None:
    with transaction(walk.engine) as connection:
        assert seed(connection) >= 30
    shown, sheets = 0, Counter[str]()
    for browser, address, answer in walk.pages():
        if answer.mimetype == "text/html":
            assert alive(answer.text) == [], address
            shown += "&lt;script&gt;alert(1)" in answer.text
        for kind in ("csv", "xlsx"):
            as_file = answer if answer.mimetype in SHEETS else browser.get(address, query_string={"format": kind})
            assert as_file.status_code < 500, (address, kind)
            if as_file.mimetype in SHEETS:
                cells = running_cells(as_file.data, SHEETS[as_file.mimetype])
                assert cells == [], (address, cells[:5])
                sheets[address] += 1
    assert shown >= 40, shown
    assert len(sheets) >= 18, sorted(sheets)
    for query in ("<script>", "'; DROP TABLE users; --", '=HYPERLINK("', "%", "_", "\\"):
        for browser in walk.browsers.values():
            judged(browser.get("/search", query_string={"q": query}), query)


def test_an_import_report_runs_nothing(walk: Walk) -> None:
    """The file that comes back with the faults of a sheet holds the cells of whoever sent it."""
    for noun in NOUNS:
        head, row = "名称,号牌号码,备注", f'"{SEED.replace(chr(34), chr(34) * 2)}",=1+1,@SUM(A1)'
        files = {"file": (io.BytesIO(f"{head}\n{row}\n".encode()), "=cmd.csv")}
        browser = walk.browsers["officer"]
        answer = browser.post(f"/imports/new/{noun}", files, content_type="multipart/form-data")
        assert answer.status_code in {302, 303, 422}, noun
        if answer.status_code == 422:
            continue
        number = answer.headers["Location"].rstrip("/").rsplit("/", 1)[1].split("?")[0]
        judged(browser.get(f"/imports/{number}"), noun)
        report = browser.get(f"/imports/{number}/report.xlsx")
        assert report.status_code < 500
        if report.mimetype in SHEETS:
            assert running_cells(report.data, "xlsx") == [], noun


def standing(walk: Walk) -> tuple[dict[str, int], list[str]]:
    """Rows of evidence, and files in its folder."""
    with transaction(walk.engine) as connection:
        rows = {
            table: connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
            for table in ("evidence_items", "evidence_files", "captures", "inspections", "whitelist_entries", "zones")
        }
    folder = Path(walk.web.extensions["evidence_store"].root)
    return rows, sorted(str(one.relative_to(folder)) for one in folder.rglob("*") if one.is_file())


@pytest.mark.timeout(900)
def test_every_upload_takes_a_hostile_file_whole_or_leaves_nothing(walk: Walk, shared_dir: Path) -> None:
    pictures = sorted((shared_dir / "data" / "images").glob("*/*"))
    tables = sorted((shared_dir / "data" / "inspection_records").glob("*.csv"))
    names, refused, kept = endless(shared_dir / "data"), Counter[str](), Counter[str]()
    for browser, form, endpoint in [one for one in walk.forms() if one[1].files]:
        for path in [*pictures, *tables]:
            before = standing(walk)
            name = f"{next(names)[:150]}{path.suffix}".replace("\0", "").replace("\n", " ").replace("\r", " ")
            files = {field: (io.BytesIO(path.read_bytes()[:MOST]), name) for field in form.files[:1]}
            answer = send(browser, form, {**form.values(), **files})
            status = judged(answer, (endpoint, path.name, name))
            if status >= 400:
                assert standing(walk) == before, (endpoint, path.name)
            (refused if status >= 400 else kept)[endpoint] += 1
    assert len(refused) >= 6, (refused, kept)
    assert sum(kept.values()) >= 20, kept
    judged(walk.browsers["officer"].get(f"/evidence/of/case/{walk.ids['cases']}"), "no such page")


def test_a_whole_number_in_an_address_is_all_that_an_address_takes(walk: Walk, shared_dir: Path) -> None:
    """Path traversal: addresses with hostile text find nothing, and break nothing."""
    some = endless(shared_dir / "data")
    for rule in walk.web.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or rule.endpoint == "static":
            continue
        for name in rule.arguments:
            if isinstance(rule._converters[name], IntegerConverter):
                continue
            for _ in range(15):
                word = next(some).replace("/", "%2F").replace("\0", "%00").replace("?", "%3F").replace("#", "%23")
                values = {one: 1 for one in rule.arguments} | {name: "MARK"}
                address = walk.adapter.build(rule.endpoint, values).replace("MARK", word or "x")
                assert walk.browsers["officer"].get(address).status_code < 500, address
