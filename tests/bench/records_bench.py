"""Lists and the one-file page over a city's years of records: 1,000,000 inspections, 300,000 cases; median and p99.

Pages are asked for as an officer's browser does, through the whole application (session, rights, templates), in one
process; the account page, which has the same frame and no list, is measured beside them in the same run.
"""

import os
import random
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from statistics import median, quantiles
from typing import Any

from flask.testing import FlaskClient
from ingest_bench import Place
from sqlalchemy import Engine, text

from server import db
from server.app import create_app
from server.config import load
from server.db import transaction
from server.flows.load_reference import load_reference
from server.flows.manage_accounts import Draft, create_account
from server.launch import databases
from server.store import organisations
from server.store.audit import PLATFORM

INSPECTIONS = int(os.environ.get("BENCH_INSPECTIONS", "1000000"))
CASES = int(os.environ.get("BENCH_CASES", "300000"))
TRUCKS = 50_000
ASKED = int(os.environ.get("BENCH_PAGES", "200"))

FILL = """
INSERT INTO trucks (plate, plate_colour, vin, category, fuel, stage, division)
SELECT '辽N' || upper(substr(md5(n::text), 1, 1)) || lpad(n::text, 5, '0'), 'yellow', 'LBENCH' || lpad(n::text, 11, '0'),
  'heavy_goods', 'diesel', (n % 7)::text, (ARRAY['211302','211303','211321','211322','211324','211381','211382'])[n % 7 + 1]
FROM generate_series(1, :trucks) n;

INSERT INTO inspections (number, kind, source, truck_id, subject_text, organisation_id, inspected_at, division, methods,
  content, verdict, outcome, standing, law)
SELECT 'J' || lpad(n::text, 9, '0'), (ARRAY['roadside','on_site','periodic','remote_sensing'])[n % 4 + 1], 'import', t.id,
  t.plate, :organisation, timestamptz '2026-11-24' - n * interval '75 seconds', t.division, ARRAY['free_acceleration'],
  '{"officers": [], "methods": {}}', '{"judgements": []}', CASE WHEN n % 11 = 0 THEN 'failed' ELSE 'passed' END,
  CASE WHEN n % 3 = 0 THEN 'screening' ELSE 'legal' END, 'CODE'
FROM generate_series(1, :inspections) n JOIN trucks t ON t.id = 1 + (n::bigint * 7919) % :trucks;

INSERT INTO cases (number, subject_kind, truck_id, subject_text, home_city, division, organisation_id, acted_from, acted_to,
  law, offences, facts, state, holder_id, opened_at, filed_at)
SELECT 'A' || lpad(n::text, 9, '0'), 'truck', t.id, t.plate, '2113', t.division, :organisation, a.at, a.at, 'CODE',
  ARRAY['failed_inspection'], '{}', CASE WHEN n % 20 = 0 THEN 'filed' ELSE 'closed' END, :organisation, a.at, a.at
FROM generate_series(1, :cases) n JOIN trucks t ON t.id = 1 + (n::bigint * 104729) % :trucks,
  LATERAL (SELECT timestamptz '2026-11-24' - n * interval '250 seconds' AS at) a;

INSERT INTO case_steps (case_id, branch, action, to_state, at)
SELECT c.id, 'main', 'open', 'lead', c.opened_at FROM cases c;

INSERT INTO deadlines (case_id, kind, rule_key, day_kind, days, starts_on, due_on, organisation_id, state)
SELECT c.id, 'case_decision', 'clock.case_decision@2021-07-15', 'calendar', 90, c.opened_at::date,
  c.opened_at::date + 90, :organisation, CASE WHEN c.state = 'filed' THEN 'running' ELSE 'met' END FROM cases c;

ANALYZE trucks; ANALYZE inspections; ANALYZE cases; ANALYZE case_steps; ANALYZE deadlines;
"""
Row = tuple[str, float, str, str]


def measure(place: Place) -> list[Row]:
    """Fill a database, ask for pages, give median and p99 of each kind of page."""
    url = databases.prepare(place.cluster, "bench_records")
    db.migrate(url)
    app = create_app(load({"DATABASE_URL": url, "SECRET_KEY": "b" * 40}))
    engine: Engine = app.extensions["engine"]
    load_reference(engine)
    user = _fill(engine)
    client = app.test_client()
    now = int(datetime.now(UTC).timestamp())
    with client.session_transaction() as session:
        session.update(_user_id=f"{user}:0", _fresh=True, began=now, seen=now)
    out = [row for name, address in PAGES.items() for row in _timed(client, name, address)]
    engine.dispose()
    return out


def _fill(engine: Engine) -> int:
    with transaction(engine) as connection:
        organisation = organisations.organisation_ids(connection)["211300-ecology"]
        draft = Draft("bench", "bench", organisation, frozenset({"officer"}))
        user = create_account(connection, PLATFORM, draft, "Diesel-2026-lists")
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        given = {"organisation": organisation, "trucks": TRUCKS, "inspections": INSPECTIONS, "cases": CASES}
        for statement in filter(None, (one.strip() for one in FILL.split(";\n"))):
            used = {name: value for name, value in given.items() if f":{name}" in statement}
            connection.execute(text(statement), used)
    return user


def _numbers() -> Iterator[int]:
    dice = random.Random(7)
    while True:
        yield dice.randrange(1, TRUCKS)


NUMBERS = _numbers()
PAGES: dict[str, Callable[[], str]] = {
    "frame_only": lambda: "/account",
    "inspections_newest": lambda: "/inspections/",
    "inspections_failed_of_a_kind": lambda: "/inspections/?outcome=failed&kind=roadside",
    "inspections_by_plate": lambda: f"/inspections/?q={next(NUMBERS):05}",
    "inspections_of_an_area": lambda: "/inspections/?division=211322",
    "inspections_page_200": lambda: "/inspections/?page=200",
    "cases_newest": lambda: "/cases/",
    "cases_open": lambda: "/cases/?state=filed",
    "cases_by_plate": lambda: f"/cases/?q={next(NUMBERS):05}",
    "case": lambda: f"/cases/{1 + next(NUMBERS) % CASES}",
    "deadlines": lambda: "/deadlines/",
    "one_file": lambda: f"/trucks/{next(NUMBERS)}/file",
    "home": lambda: "/",
}


def _timed(client: FlaskClient, name: str, address: Callable[[], str]) -> list[Row]:
    times: list[float] = []
    for n in range(ASKED + 5):
        where = address()
        begun = time.perf_counter()
        answer: Any = client.get(where)
        size = len(answer.data)
        if n >= 5:  # the first ones fill caches
            times.append((time.perf_counter() - begun) * 1000)
        if answer.status_code != 200 or not size:
            raise AssertionError(f"records bench: {where} gave {answer.status_code}")
    beside = f"{INSPECTIONS:,} inspections, {CASES:,} cases, {len(times)} pages"
    return [
        (f"pages.{name}_median_ms", median(times), "ms", beside),
        (f"pages.{name}_p99_ms", quantiles(times, n=100)[98], "ms", beside),
    ]
