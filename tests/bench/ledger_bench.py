"""A plant's year of ledger (half by API batches over HTTP, half by sheets), 500 sites with 10,000,000 rows: pages timed.

The plant's rows come in as a gate system and an enterprise send them; the other sites are filled set by set. Pages are
asked for through the whole application; totals are held against pandas over the plant's raw rows, and over all rows
for the sums of the city. Environment: BENCH_LEDGER_ROWS (rows in all), BENCH_LEDGER_PLANT (rows of the plant),
BENCH_LEDGER_PAGES.
"""

import io
import json
import os
import random
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import pandas as pd
import xlsxwriter
from flask.testing import FlaskClient
from ingest_bench import Place
from sqlalchemy import Connection, Engine, text

from enforcement.ledgers.fields import LEDGER_A
from enforcement.rules.book import BEIJING
from server import db
from server.app import create_app
from server.config import load
from server.db import transaction
from server.flows import clean_shares, import_ledger, ledger_columns, rule_book, score_ledgers, system_keys
from server.flows.clean_shares import Period
from server.flows.load_reference import load_reference
from server.flows.manage_accounts import Draft, create_account
from server.flows.review_alerts import review_alerts
from server.flows.system_keys import Wanted
from server.launch import databases
from server.launch.ports import free_port
from server.store import organisations
from server.store.audit import PLATFORM
from server.store.scopes import Scope

ROWS = int(os.environ.get("BENCH_LEDGER_ROWS", "10000000"))
PLANT_ROWS = int(os.environ.get("BENCH_LEDGER_PLANT", str(min(300_000, ROWS // 10))))
ASKED = int(os.environ.get("BENCH_LEDGER_PAGES", "30"))
SITES, BATCH, SHEET_ROWS, CHUNK = 500, 1000, 75_000, 250_000
START_S = 240  # a busy machine starts slowly
ROOT = Path(__file__).resolve().parents[2]
FIRST, DAYS = datetime(2025, 11, 1, tzinfo=BEIJING), 365
NEWEST_MONTH = "2026-10-01"
VEHICLES = (("H11", "B", "5"), ("H11", "B", "6"), ("Q11", "B", "5"), ("Q11", "B", "6"), ("Q11", "B", "4"),
            ("H17", "B", "3"), ("Q11", "E", "6"), ("Q11", "C", "D"))  # fmt: skip
CARGOES = (("1", "煤炭"), ("1", "铁矿石"), ("1", "石灰石"), ("2", "钢材"), ("2", "矿渣"), ("2", "空车"))
Row = tuple[str, float, str, str]

FILL = """
INSERT INTO ledger_passages (enterprise_id, division, entrance_no, barrier_no, direction, passed_at, received_at, judged_at,
  plate, plate_colour, vehicle_type, fuel, stage, cargo, quantity, unit, tonnes, source, source_key, content_sha256)
SELECT e.id, e.division, '1', '01', d.direction, d.at, d.at + interval '1 minute', d.at,
  '辽N' || lpad((n % 60000)::text, 5, '0'), 'yellow', v.type, v.fuel, v.stage, v.cargo, v.t, 't', v.t, 'gate', 's' || n,
  decode(md5(n::text) || md5(n::text), 'hex')
FROM generate_series(cast(:from AS bigint), cast(:to AS bigint)) n
CROSS JOIN LATERAL (SELECT CASE WHEN n % 2 = 0 THEN 'in' ELSE 'out' END AS direction, cast(:first AS timestamptz)
  + make_interval(secs => (n * 7919 % 31536000) + (n % 1000000) / 1e6) AS at) d
CROSS JOIN LATERAL (SELECT (ARRAY['H11','Q11','H17','Q11'])[n / 500 % 4 + 1] AS type,
  (ARRAY['diesel','diesel','diesel','natural_gas','electric'])[n / 2000 % 5 + 1] AS fuel,
  (ARRAY['5','6','4','6','D'])[n / 2000 % 5 + 1] AS stage, (ARRAY['coal','steel','limestone'])[n % 3 + 1] AS cargo,
  ((n * 31 % 400) / 10.0)::numeric(12, 3) AS t) v
JOIN bench_sites e ON e.place = n % :sites
"""


def measure(place: Place) -> list[Row]:
    """Import, fill, time, compare."""
    url = databases.prepare(place.cluster, "bench_ledgers")
    db.migrate(url)
    app = create_app(load({"DATABASE_URL": url, "SECRET_KEY": "b" * 40}))
    engine: Engine = app.extensions["engine"]
    load_reference(engine)
    world = _world(engine)
    sent = list(_plant_rows())
    out = [*_by_api(place, url, world, sent[: PLANT_ROWS // 2]), *_by_sheets(engine, world, sent[PLANT_ROWS // 2 :])]
    out += _fill(engine)
    out += _jobs(engine)
    out += _totals(engine, world, sent)
    client = app.test_client()
    with client.session_transaction() as session:
        now = int(datetime.now(UTC).timestamp())
        session.update(_user_id=f"{world['user']}:0", _fresh=True, began=now, seen=now)
    passage = _one(engine, "SELECT max(id) FROM ledger_passages")
    for name, address in _pages(world, passage).items():
        out += _timed(client, name, address)
    engine.dispose()
    return out


def _one(engine: Engine, statement: str, **values: Any) -> Any:
    with transaction(engine) as connection:
        return connection.execute(text(statement), values).scalar_one()


def _world(engine: Engine) -> dict[str, Any]:
    """A plant with gate and key, the other sites, an officer, an alert in the newest month."""
    with transaction(engine) as connection:
        city = organisations.organisation_ids(connection)["211300-ecology"]
        user = create_account(
            connection, PLATFORM, Draft("bench", "bench", city, frozenset({"officer"})), "Diesel-2026-lists"
        )
        body = organisations.create(
            connection, kind="enterprise", level="body", code="bench-plant", name_zh="钢厂", name_en="plant",
            division="211302",
        )  # fmt: skip
        insert = (
            "INSERT INTO enterprises (name, division, industry, organisation_id) VALUES ('钢厂', '211302', 'steel', :o)"
        )
        plant = connection.execute(text(insert + " RETURNING id"), {"o": body}).scalar_one()
        connection.execute(
            text("INSERT INTO gates (enterprise_id, division, entrance_no, barrier_no, name) VALUES (:e, '211302', '1', '01', '门')"),
            {"e": plant},
        )  # fmt: skip
        connection.execute(
            text(
                "INSERT INTO enterprises (name, division, industry) SELECT '企业' || n, (ARRAY['211302','211303','211321',"
                "'211322','211324','211381','211382'])[n % 7 + 1], (ARRAY['steel','cement','power','mining','logistics'])"
                "[n % 5 + 1] FROM generate_series(1, :n) n"
            ),
            {"n": SITES - 1},
        )
        connection.execute(
            text("CREATE TABLE bench_sites AS SELECT id, division, (row_number() OVER (ORDER BY id) - 1)::bigint AS place"
                 " FROM enterprises WHERE name LIKE '企业%'")
        )  # fmt: skip
        connection.execute(
            text(
                "INSERT INTO alerts (level, division, from_at, document, authority, issued_on) VALUES ('orange', '211300',"
                " '2026-10-20 08:00+08', '朝重污指〔2026〕1号', '市政府', '2026-10-19')"
            )
        )
        alert = connection.execute(text("SELECT max(id) FROM alerts")).scalar_one()
        key = system_keys.issue(connection, PLATFORM, Wanted("门禁", body, ["gate"], 30), datetime.now(UTC))
    return {"plant": plant, "user": user, "key": key.text, "alert": alert, "body": body}


def _plant_rows() -> Iterator[dict[str, Any]]:
    """A year of one plant as gate systems write it, with realistic codes."""
    dice = random.Random(11)
    for n in range(PLANT_ROWS):
        at = FIRST + timedelta(seconds=dice.randrange(DAYS * 86400))
        kind, fuel, stage = dice.choice(VEHICLES)
        direction, cargo = dice.choice(CARGOES)
        empty = cargo == "空车"
        yield {
            "entrance_no": "1", "barrier_no": "01", "direction": direction,
            "passed_at": at.strftime("%Y-%m-%d %H:%M:%S"), "plate": f"辽N{n % 100000:05}", "plate_colour": "1",
            "vehicle_type": kind, "fuel": fuel, "stage": stage, "cargo": cargo,
            "quantity": "0" if empty else f"{dice.uniform(5, 40):.3f}", "unit": "t", "source_key": f"p-{n}",
        }  # fmt: skip


@contextmanager
def _web(place: Place, url: str) -> Iterator[int]:
    port = free_port()
    environment = {
        **os.environ, "DATABASE_URL": url, "SECRET_KEY": "b" * 40, "WEB_PORT": str(port), "WEB_WORKERS": "1",
        "EVIDENCE_DIR": str(place.directory / "ledger-evidence"), "SECRETS_DIR": str(place.directory / "ledger-secrets"),
    }  # fmt: skip
    with (place.directory / "ledger-web.log").open("a") as log:
        child = subprocess.Popen(
            [sys.executable, "-m", "server.cli", "web"], cwd=ROOT, env=environment, stdout=log, stderr=log
        )
    try:
        end = time.monotonic() + START_S
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5):
                    break
            except OSError:
                if time.monotonic() > end or child.poll() is not None:
                    raise RuntimeError((place.directory / "ledger-web.log").read_text()[-2000:]) from None
                time.sleep(0.3)
        yield port
    finally:
        child.terminate()
        try:
            child.wait(START_S)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _by_api(place: Place, url: str, world: dict[str, Any], rows: list[dict[str, Any]]) -> list[Row]:
    times = []
    with _web(place, url) as port:
        for n in range(0, len(rows), BATCH):
            begun = time.perf_counter()
            answer = _post(port, world["key"], {"rows": rows[n : n + BATCH]})
            times.append((time.perf_counter() - begun) * 1000)
            if answer["refused"] or answer["taken"] + answer["repeated"] != len(rows[n : n + BATCH]):
                raise AssertionError(f"ledger bench: a batch gave {str(answer)[:500]}")
    spent = sum(times) / 1000
    beside = f"{len(rows):,} rows in batches of {BATCH}, one after another, over HTTP"
    return [
        ("ledgers.api_rows_per_s", len(rows) / spent, "rows/s", beside),
        ("ledgers.api_batch_median_ms", median(times), "ms", beside),
    ]


def _post(port: int, key: str, body: dict[str, Any]) -> dict[str, Any]:
    asked = urllib.request.Request(
        f"http://127.0.0.1:{port}/api/v1/ledger/passages", json.dumps(body).encode(),
        {"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
    )  # fmt: skip
    with urllib.request.urlopen(asked, timeout=120) as answer:
        found: dict[str, Any] = json.load(answer)
    return found


def _by_sheets(engine: Engine, world: dict[str, Any], rows: list[dict[str, Any]]) -> list[Row]:
    """What the page for sheets does: keep the file, read it, take its rows."""
    spent = 0.0
    for n in range(0, len(rows), SHEET_ROWS):
        content = _sheet(rows[n : n + SHEET_ROWS])
        begun = time.perf_counter()
        with transaction(engine) as connection:
            number = import_ledger.begin(connection, PLATFORM, world["plant"], "211302", "A", f"{n}.xlsx", content)
        import_ledger.read(engine, None, number)
        import_ledger.write(engine, None, number, PLATFORM)
        spent += time.perf_counter() - begun
        state = _one(engine, "SELECT state || ' ' || taken_n FROM ledger_batches WHERE id = :n", n=number)
        if not state.startswith("taken ") or state.endswith(" 0"):
            raise AssertionError(f"ledger bench: sheet {n} is {state}")
    return [
        ("ledgers.sheet_rows_per_s", len(rows) / spent, "rows/s", f"{len(rows):,} rows in sheets of {SHEET_ROWS:,}")
    ]


def _sheet(rows: list[dict[str, Any]]) -> bytes:
    held = io.BytesIO()
    book = xlsxwriter.Workbook(held, {"constant_memory": True, "in_memory": True})
    sheet = book.add_worksheet()
    fields = [one for one in LEDGER_A if one.name in rows[0]]
    for column, one in enumerate(fields):
        sheet.write_string(0, column, ledger_columns.header(one, "zh"))
    for line, row in enumerate(rows, 1):
        for column, one in enumerate(fields):
            sheet.write_string(line, column, str(row[one.name]))
    book.close()
    return held.getvalue()


def _fill(engine: Engine) -> list[Row]:
    wanted, begun = ROWS - PLANT_ROWS, time.perf_counter()
    for start in range(1, wanted + 1, CHUNK):
        with transaction(engine) as connection:
            connection.execute(text("SET LOCAL statement_timeout = 0"))
            values = {"from": start, "to": min(start + CHUNK - 1, wanted), "first": FIRST, "sites": SITES - 1}
            connection.execute(text(FILL), values)
    spent = time.perf_counter() - begun
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SET statement_timeout = 0"))
        connection.execute(text("VACUUM ANALYZE ledger_passages"))
        connection.execute(text("VACUUM ANALYZE ledger_months"))
        connection.execute(text("VACUUM ANALYZE ledger_days"))
    return [("ledgers.fill_rows_per_s", wanted / spent, "rows/s", f"{wanted:,} rows, every index and sum kept")]


def _jobs(engine: Engine) -> list[Row]:
    begun = time.perf_counter()
    with transaction(engine) as connection:
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        rules = rule_book.current(connection)
        made = score_ledgers.score_month(connection, rules, date.fromisoformat(NEWEST_MONTH), datetime.now(UTC))
    scored = time.perf_counter() - begun
    begun = time.perf_counter()
    judged = review_alerts(engine, datetime.now(UTC))
    spent = time.perf_counter() - begun
    return [
        ("ledgers.alert_review_s", spent, "s", f"first run of the job: {judged['passages']:,} passages judged"),
        ("ledgers.scores_of_a_month_s", scored, "s", f"{made} enterprises, {ROWS // 12:,} rows"),
    ]


def _totals(engine: Engine, world: dict[str, Any], sent: list[dict[str, Any]]) -> list[Row]:
    """1 where equal. Of the plant: against what was sent, by pandas; of the city: against all raw rows."""
    frame = pd.DataFrame(sent)
    frame["milli"] = (frame["quantity"].astype(float) * 1000).round().astype("int64")
    frame["month"] = frame["passed_at"].str[:7]
    frame["once"] = frame[["passed_at", "plate", "direction"]].agg("|".join, axis=1)
    frame = frame.drop_duplicates("once")
    with transaction(engine) as connection:
        plant = _sums(connection, world["plant"])
        checks = {
            "passages": len(frame) == int(plant["passages"].sum()),
            "tonnes": int(frame["milli"].sum()) == int(plant["milli"].sum()),
            **{
                f"by_{name}": _same(frame.groupby(sent_as)["milli"].sum(), plant.groupby(name)["milli"].sum())
                for name, sent_as in (
                    ("month", "month"),
                    ("stage", "stage"),
                    ("fuel", "fuel"),
                    ("direction", "direction"),
                )
            },
            "clean_shares": _shares_equal(connection, world["plant"], frame),
        }
    beside = f"{len(frame):,} rows of the plant, pandas over what was sent; 1: equal"
    out = [(f"ledgers.equal_{name}", float(equal), "", beside) for name, equal in checks.items()]
    return [*out, ("ledgers.equal_city", float(_city_equal(engine)), "", f"all {ROWS:,} raw rows; 1: equal")]


def _sums(connection: Connection, plant: int) -> pd.DataFrame:
    rows = connection.execute(text("SELECT * FROM ledger_months WHERE enterprise_id = :e"), {"e": plant})
    found = pd.DataFrame([dict(row) for row in rows.mappings()])
    found["milli"] = found["tonnes"].map(lambda tonnes: int(tonnes * 1000))
    found["month"] = found["month"].map(lambda month: month.strftime("%Y-%m"))
    found["fuel"] = found["fuel"].map({"diesel": "B", "electric": "C", "natural_gas": "E"})
    found["direction"] = found["direction"].map({"in": "1", "out": "2"})
    return found


def _same(one: "pd.Series[Any]", other: "pd.Series[Any]") -> bool:
    return {str(k): int(v) for k, v in one.items()} == {str(k): int(v) for k, v in other.items()}


def _shares_equal(connection: Connection, plant: int, frame: pd.DataFrame) -> bool:
    bulk = frame[frame["cargo"] != "空车"]
    energy = bulk["fuel"] == "C"
    whole = int(bulk["milli"].sum())
    strict, either = int(bulk["milli"][energy].sum()), int(bulk["milli"][energy | (bulk["stage"] == "6")].sum())
    rows = clean_shares.shares(
        connection, Scope(), rule_book.current(connection), "enterprise", Period(date(2025, 11, 1), date(2026, 10, 1)),
        {"enterprise": str(plant)},
    )  # fmt: skip
    found = rows[0].share
    told = (found.strict_pct or 0, found.or_six_pct or 0)
    return int(found.total * 1000) == whole and all(
        abs(pct - 100 * part / whole) < 1e-9 for pct, part in zip(told, (strict, either), strict=True)
    )


def _city_equal(engine: Engine) -> bool:
    """Sums kept by triggers against one pass over every raw row."""
    with transaction(engine) as connection:
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        raw = connection.execute(
            text(
                "SELECT stage, fuel, direction, count(*), sum(tonnes) FROM ledger_passages WHERE state = 'taken' GROUP BY 1, 2, 3"
            )
        )
        kept = connection.execute(
            text("SELECT stage, fuel, direction, sum(passages), sum(tonnes) FROM ledger_months GROUP BY 1, 2, 3")
        )
        return {tuple(row)[:3]: tuple(row)[3:] for row in raw} == {tuple(row)[:3]: tuple(row)[3:] for row in kept}


def _pages(world: dict[str, Any], newest: int) -> dict[str, Callable[[], str]]:
    dice, plant = random.Random(3), world["plant"]
    day = "from=2026-10-05&to=2026-10-05"
    return {
        "frame_only": lambda: "/account",
        "city_newest": lambda: "/ledgers/",
        "plant_newest": lambda: f"/ledgers/?enterprise={plant}",
        "plant_day_in": lambda: f"/ledgers/?enterprise={plant}&{day}&direction=in",
        "city_day_stage": lambda: f"/ledgers/?{day}&stage=4",
        "city_by_plate": lambda: f"/ledgers/?plate=%E8%BE%BDN{dice.randrange(60000):05}",
        "city_area": lambda: "/ledgers/?division=211322",
        "city_page_200": lambda: "/ledgers/?page=200",
        "passage": lambda: f"/ledgers/{dice.randrange(1, newest)}",
        "scores": lambda: f"/ledger-review/?month={NEWEST_MONTH}",
        "score_of_plant": lambda: f"/ledger-review/{plant}",
        "rows_behind_a_score": lambda: f"/ledger-review/{plant}/complete",
        "clean_city_year": lambda: "/clean-transport/?from=2025-11-01&to=2026-10-31",
        "clean_industries": lambda: "/clean-transport/?by=industry&from=2025-11-01&to=2026-10-31",
        "clean_plant_months": lambda: f"/clean-transport/?by=month&enterprise={plant}&from=2025-11-01&to=2026-10-31",
        "alert_live": lambda: f"/alerts/{world['alert']}/live",
        "alert_report": lambda: f"/alerts/{world['alert']}/report",
        "leads": lambda: "/leads/",
    }


def _timed(client: FlaskClient, name: str, address: Callable[[], str]) -> list[Row]:
    times: list[float] = []
    for n in range(ASKED + 2):
        where = address()
        begun = time.perf_counter()
        answer: Any = client.get(where)
        size = len(answer.data)
        if n >= 2:  # the first ones fill caches
            times.append((time.perf_counter() - begun) * 1000)
        if answer.status_code != 200 or not size:
            raise AssertionError(f"ledger bench: {where} gave {answer.status_code}")
    beside = f"{ROWS:,} passages, {SITES} sites, {len(times)} pages; aim under 1000"
    return [
        (f"ledgers.{name}_median_ms", median(times), "ms", beside),
        (f"ledgers.{name}_p99_ms", quantiles(times, n=100, method="inclusive")[98], "ms", beside),
    ]
