"""An enterprise's account against every route: pages, API, exports, files, maps. Nothing it gets bears another's mark.

Two enterprises have a record in every noun (two_enterprises). Every address is asked for three times over: with its own
records, with the other's (answered as one that does not exist), and as a list in each form it can be taken away in.
"""

import io
import zipfile
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from sqlalchemy import Engine, text
from werkzeug.routing import IntegerConverter, Rule, UUIDConverter
from werkzeug.test import TestResponse

from server.db import transaction
from server.store.users import Role
from server.web.access import PERMISSIONS, PUBLIC, permission_of
from tests.server.api_world import Program, make_token, unlimited_app
from tests.server.conftest import Browser, City, close_sent
from tests.server.two_enterprises import Firm, two

pytestmark = pytest.mark.server
Browse = Callable[..., Browser]
Firms = tuple[Firm, Firm]
NOWHERE = 999_999_999
TABLES = {
    "trucks": "trucks", "machines": "machines", "terminals": "terminals", "devices": "terminals", "telemetry": "terminals",
    "violations": "violations", "inspections": "inspections", "captures": "captures", "cases": "cases",
    "bundles": "cases", "documents": "documents", "repairs": "repair_notices", "evidence": "evidence_items", "leads": "leads",
    "whitelist": "whitelist_entries", "gates": "gates", "gate_devices": "gate_devices", "gate_codes": "gates",
    "gate_answers": "gate_answers", "gate_checks": "gate_answers", "gate_lifts": "gate_lifts", "gate_lists": "gate_lists",
    "ledgers": "ledger_passages", "ledger_reviews": "ledger_passages", "ledger_refusals": "ledger_refusals",
    "ledger_imports": "ledger_batches", "ledger_batches": "ledger_batches", "plant_vehicles": "plant_vehicles",
    "plant_machines": "plant_machines", "legal_holds": "legal_holds", "large_users": "large_users",
    "grades": "performance_grades", "verifications": "verification_tasks", "clean_transport": "clean_transport",
    "sites": "sites", "site_stays": "site_stays", "pleas": "pleas",
}  # fmt: skip
"""The table whose ids the addresses of a blueprint hold."""
OF_ENTERPRISE = frozenset({"enterprises", "gate_policies", "ledger_review", "ledger_scores"})
"""Blueprints whose addresses hold the number of an enterprise."""
LISTS = ("format=csv", "format=xlsx", "limit=200", "")


@pytest.fixture(scope="module")
def web(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The application without a limit of calls."""
    app = unlimited_app(database_url, tmp_path_factory.mktemp("evidence"))
    yield app
    app.extensions["engine"].dispose()


@pytest.fixture(scope="module")
def firms(engine: Engine, city: City) -> Firms:
    with transaction(engine) as connection:
        return two(connection, city)


def noun_of(rule: Rule) -> str:
    blueprint, _, view = rule.endpoint.partition(".")
    noun = blueprint.removeprefix("api_")
    return f"{view}s" if noun == "subject_files" else noun


def values_of(rule: Rule, firm: Firm | None, numbers: dict[str, str]) -> dict[str, object]:
    """What stands in the address for a record of this firm; none: for one that does not exist."""
    noun = noun_of(rule)
    found: dict[str, object] = {}
    for name, converter in rule._converters.items():
        if isinstance(converter, IntegerConverter):
            of_firm = (
                firm.id if firm and noun in OF_ENTERPRISE else firm.ids.get(TABLES.get(noun, "")) if firm else None
            )
            found[name] = of_firm or NOWHERE
        elif isinstance(converter, UUIDConverter):
            found[name] = "00000000-0000-4000-8000-000000000000"
        else:
            found[name] = numbers.get(name, "A" if name == "ledger" else "csv" if name == "kind" else "nothing")
    return found


def rules(app: Flask) -> list[Rule]:
    """What an enterprise's account may ask for at all, and what it may not: every route but the public ones."""
    return [
        rule for rule in app.url_map.iter_rules()
        if rule.endpoint != "static" and permission_of(app, rule.endpoint) != PUBLIC
    ]  # fmt: skip


def numbers_of(engine: Engine, firm: Firm) -> dict[str, str]:
    tables = {"violation": "violations", "inspection": "inspections", "capture": "captures", "case": "cases",
              "notice": "repair_notices", "document": "documents"}  # fmt: skip
    with transaction(engine) as connection:
        return {
            name: connection.execute(
                text(f"SELECT number FROM {table} WHERE id = :i"), {"i": firm.ids[table]}
            ).scalar_one()
            for name, table in tables.items()
        }


def body_of(answer: TestResponse) -> str:
    """What an answer says, out of a workbook or archive too."""
    data = answer.get_data()
    answer.close()
    if data[:2] != b"PK":
        return data.decode("utf-8", "replace")
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        return "".join(packed.read(name).decode("utf-8", "replace") for name in packed.namelist())


class Caller:
    """The account, by page and by program: GET of an address, and any write without a right body."""

    def __init__(self, web: Flask, engine: Engine, city: City, browse: Browse) -> None:
        self.browser = browse("enterprise")
        self.program = Program(web, make_token(engine, city.accounts["enterprise"]))
        self.token = self.browser.token()

    def ask(self, method: str, address: str) -> TestResponse:
        if address.startswith("/api/"):
            return self.program.client.open(
                address, method=method, headers=self.program.headers, json=None if method == "GET" else {}
            )
        data = None if method == "GET" else {"csrf_token": self.token}
        answer = self.browser.client.open(address, method=method, data=data)
        close_sent(answer)
        return answer


@pytest.fixture(scope="module")
def caller(web: Flask, engine: Engine, city: City, browse: Browse) -> Caller:
    return Caller(web, engine, city, browse)


def marks(firm: Firm) -> tuple[str, ...]:
    return firm.mark, firm.mark[-5:]


def test_no_list_export_or_page_bears_the_mark_of_another(
    web: Flask, engine: Engine, firms: Firms, caller: Caller
) -> None:
    own, other = firms
    adapter, leaks, broken, shown = web.url_map.bind("localhost"), [], [], set()
    for rule in rules(web):
        if "GET" not in (rule.methods or ()):
            continue
        address = adapter.build(rule.endpoint, values_of(rule, own, numbers_of(engine, own)), method="GET")
        for query in LISTS if not rule.arguments else ("",):
            asked = f"{address}?{query}" if query else address
            answer = caller.ask("GET", asked)
            said, code = body_of(answer), answer.status_code
            if any(mark in said for mark in marks(other)):
                leaks.append(asked)
            if code >= 500:
                broken.append((asked, code))
            if code == 200 and own.mark in said:
                shown.add(noun_of(rule))
    assert leaks == []
    assert broken == []
    wanted = {"trucks", "machines", "violations", "cases", "documents", "repairs", "sites", "site_stays", "pleas", "gates",
              "gate_lifts", "ledgers", "plant_vehicles", "plant_machines", "ledger_refusals", "clean_transport", "home",
              "whitelist", "evidence"}  # fmt: skip
    assert wanted - shown == set()  # its own are there: were they not, the walk would prove nothing


def test_filters_that_name_the_other_find_nothing_of_it(web: Flask, firms: Firms, caller: Caller) -> None:
    _, other = firms
    adapter, leaks = web.url_map.bind("localhost"), []
    for rule in rules(web):
        if rule.arguments or "GET" not in (rule.methods or ()):
            continue
        address = adapter.build(rule.endpoint, {}, method="GET")
        named = f"enterprise={other.id}&site={other.ids['sites']}&case={other.ids['cases']}&gate={other.ids['gates']}"
        for query in (named, f"truck={other.ids['trucks']}&machine={other.ids['machines']}"):
            said = body_of(caller.ask("GET", f"{address}?{query}"))
            if any(mark in said for mark in marks(other)):
                leaks.append(f"{address}?{query}")
    for asked in (f"/search?q={other.mark}", f"/search?q=辽N{other.mark[-5:]}", f"/search?q=A{other.mark}"):
        said = body_of(caller.ask("GET", asked)).replace(f'value="{other.mark}"', "")
        assert other.ids["trucks"] and f"/trucks/{other.ids['trucks']}" not in said
        assert f"/cases/{other.ids['cases']}" not in said
    assert leaks == []


def test_a_record_of_another_is_answered_like_one_that_does_not_exist(
    web: Flask, engine: Engine, firms: Firms, caller: Caller
) -> None:
    _, other = firms
    adapter, wrong, asked_n = web.url_map.bind("localhost"), [], 0
    for rule in rules(web):
        if not rule.arguments:
            continue
        there_values, nowhere_values = values_of(rule, other, numbers_of(engine, other)), values_of(rule, None, {})
        if there_values == nowhere_values:
            continue
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            there, nowhere = (
                adapter.build(rule.endpoint, values, method=method) for values in (there_values, nowhere_values)
            )
            answers = [caller.ask(method, address) for address in (there, nowhere)]
            codes = [answer.status_code for answer in answers]
            said = body_of(answers[0])
            body_of(answers[1])
            asked_n += 1
            if codes[0] != codes[1] or codes[0] >= 500 or any(mark in said.replace(there, "") for mark in marks(other)):
                wrong.append((method, there, codes))
    assert wrong == []
    assert asked_n > 150


def test_nothing_of_the_other_was_changed_by_all_that(engine: Engine, firms: Firms) -> None:
    _, other = firms
    with transaction(engine) as connection:
        for table, key in other.ids.items():
            if table in {"files", "gate_policies", "ledger_scores"}:
                continue
            assert (
                connection.execute(text(f"SELECT count(*) FROM {table} WHERE id = :i"), {"i": key}).scalar_one() == 1
            ), table
        assert (
            connection.execute(text("SELECT state FROM pleas WHERE id = :i"), {"i": other.ids["pleas"]}).scalar_one()
            == "sent"
        )


def test_every_noun_of_the_platform_is_walked_or_named_as_none_of_an_enterprise(web: Flask) -> None:
    """A new blueprint with records has to say which table its addresses speak of."""
    unknown = set()
    for rule in rules(web):
        permission = str(permission_of(web, rule.endpoint))
        with_id = any(isinstance(one, IntegerConverter) for one in rule._converters.values())
        if with_id and Role.ENTERPRISE in PERMISSIONS.get(permission, frozenset()):
            unknown.add(noun_of(rule))
    assert unknown - set(TABLES) - OF_ENTERPRISE <= {
        "zones",
        "alerts",
        "alert_measures",
        "alert_reviews",
        "account",
        "accounts",
        "api_tokens",
        "tokens",
        "token_pages",
        "referrals",
    }
