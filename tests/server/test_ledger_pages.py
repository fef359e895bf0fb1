"""The ledgers as people use them: lists, records, rows by hand, corrections, striking out, refused rows."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text

from server.db import transaction
from server.documents import csv_files, workbooks
from server.flows.take_passages import take
from server.store.audit import PLATFORM
from server.web.language import ZONE
from tests.server.conftest import Browser, City
from tests.server.ledger_world import Plant, make_plant, passage_row

pytestmark = pytest.mark.server
Browse = Callable[..., Browser]
BASE: dict[str, dict[str, Any]] = {
    "/ledgers": {"entrance_no": "1", "barrier_no": "01", "direction": "in", "plate": "辽N77001", "plate_colour": "yellow",
                 "fuel": "diesel", "stage": "5", "cargo": "coal", "quantity": "30", "unit": "t"},
    "/plant-vehicles": {"internal_no": "NB-001", "fuel": "diesel", "stage": "5"},
    "/plant-machines": {"registration_number": "3-6NA00123", "fuel": "diesel", "stage": "3", "category": "loader"},
}  # fmt: skip
NUMBER = re.compile(r"/(\d+)$")


@pytest.fixture(scope="module")
def plant(engine: Engine, city: City) -> Plant:
    """The enterprise of the account `enterprise`, with a gate."""
    return make_plant(engine, "", city.enterprise_id)


@pytest.fixture(scope="module")
def other(engine: Engine, city: City) -> Plant:
    """Another plant with rows of its own."""
    made = make_plant(engine, "他厂")
    with transaction(engine) as connection:
        now = datetime.now(UTC)
        rows = [passage_row(60 + n, now, plate=f"辽G{n:05}", source_key=f"o{n}") for n in range(5)]
        take(connection, PLATFORM, made.source, [*rows, passage_row(9, now, stage="7", source_key="bad")], now)
    return made


def ago(minutes: int) -> str:
    return (datetime.now(UTC) - timedelta(minutes=minutes)).astimezone(ZONE).strftime("%Y-%m-%d %H:%M:%S")


def enter(browser: Browser, base: str, **changes: str) -> str:
    """The address of a row entered by hand."""
    more = {"passed_at": ago(90)} if base == "/ledgers" else {}
    answer = browser.post(f"{base}/new", {**BASE[base], **more, **changes})
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def version(engine: Engine, table: str, address: str) -> Any:
    found = NUMBER.search(address)
    assert found is not None
    with transaction(engine) as connection:
        return connection.execute(text(f"SELECT * FROM {table} WHERE id = :id"), {"id": int(found[1])}).one()


TABLES = {"/ledgers": "ledger_passages", "/plant-vehicles": "plant_vehicles", "/plant-machines": "plant_machines"}


@pytest.mark.parametrize("base", list(BASE))
def test_a_row_by_hand_is_corrected_and_struck_out(browse: Browse, engine: Engine, plant: Plant, base: str) -> None:
    user, officer = browse("enterprise"), browse("officer")
    assert user.get(f"{base}/new").status_code == 200
    address = enter(user, base)
    row = version(engine, TABLES[base], address)
    assert (row.source, row.state, row.version, row.enterprise_id) == ("hand", "taken", 1, plant.enterprise_id)
    assert address.rsplit("/", 1)[1] in user.get(f"{base}/").text.split("<tbody>")[1]
    edit = user.get(f"{address}/edit").text
    assert ('value="5" selected' in edit) or ('value="3" selected' in edit)
    sent = {**BASE[base], "stage": "4", "version": 1}
    if base == "/ledgers":
        sent["passed_at"] = row.passed_at.astimezone(ZONE).strftime("%Y-%m-%d %H:%M:%S")
    assert user.post(f"{address}/edit", {**sent, "reason": ""}).status_code == 422
    assert user.post(f"{address}/edit", {**sent, "reason": "看错了", "version": 9}).status_code == 409
    assert user.post(f"{address}/edit", {**sent, "reason": "看错了", "stage": "7"}).status_code == 422
    assert user.post(f"{address}/edit", {**sent, "reason": "随车清单为国四"}).status_code == 303
    page = officer.get(address).text
    assert "随车清单为国四" in page and "<del>" in page and "<ins>" in page
    row = version(engine, TABLES[base], address)
    assert (row.stage, row.version) == ("4", 2)
    assert user.post(f"{address}/strike", {"version": 2, "reason": ""}).status_code == 422
    assert user.post(f"{address}/strike", {"version": 2, "reason": "重复登记"}).status_code == 303
    assert version(engine, TABLES[base], address).state == "void"
    assert "重复登记" in user.get(address).text and user.get(f"{address}/edit").status_code == 404
    assert user.post(f"{address}/strike", {"version": 3, "reason": "再来一次"}).status_code == 422


@pytest.mark.parametrize("base", list(BASE))
def test_faults_stand_at_their_fields_and_nothing_is_written(
    browse: Browse, engine: Engine, plant: Plant, base: str
) -> None:
    user = browse("enterprise")
    with transaction(engine) as connection:
        before = connection.execute(text(f"SELECT count(*) FROM {TABLES[base]}")).scalar_one()
    answer = user.post(f"{base}/new", {**BASE[base], "stage": "7", "engine_number": "甲" * 300})
    assert answer.status_code == 422 and "代码 7" in answer.text and 'aria-invalid="true"' in answer.text
    with transaction(engine) as connection:
        assert connection.execute(text(f"SELECT count(*) FROM {TABLES[base]}")).scalar_one() == before
        assert connection.execute(text("SELECT count(*) FROM ledger_refusals WHERE batch_id IN (SELECT id FROM"
                                       " ledger_batches WHERE source = 'hand')")).scalar_one() == 0  # fmt: skip
    address = enter(user, base, **({"plate": "辽N88001"} if base == "/ledgers" else {}))
    if base != "/ledgers":  # a person may enter again what was struck out, and not what stands
        again = user.post(f"{base}/new", BASE[base])
        assert again.status_code == 422 and "已有相同" in again.text
    user.post(f"{address}/strike", {"version": 1, "reason": "测试数据"})


def test_the_list_filters_sorts_and_exports(browse: Browse, engine: Engine, plant: Plant, other: Plant) -> None:
    user, officer = browse("enterprise"), browse("officer")
    now = datetime.now(UTC)
    rows = [
        passage_row(300 + n, now, plate=f"辽N{n:05}", stage=("5", "6")[n % 2], direction=("1", "2")[n % 2],
                    source_key=f"list{n}")
        for n in range(60)
    ]  # fmt: skip
    with transaction(engine) as connection:
        take(connection, PLATFORM, plant.source, [*rows, passage_row(5, now, vin="LFWSRXRJ9H1E00000", plate="辽N54321",
                                                                     source_key="odd")], now)  # fmt: skip
    page = user.get("/ledgers/?plate=辽n·54321").text
    assert page.count("<tr tabindex") == 1 and "VIN 校验位不符" in page
    assert user.get("/ledgers/?doubts=yes").text.count("<tr tabindex") == 1
    assert user.get("/ledgers/?stage=6&direction=out&source=gate").text.count("<tr tabindex") == 30
    day = (now - timedelta(days=3)).date().isoformat()
    assert "没有符合" in user.get(f"/ledgers/?to={day}").text
    assert "辽G" not in user.get("/ledgers/?sort=-passed_at").text and "他厂" not in user.get("/ledgers/").text
    everything = officer.get(f"/ledgers/?enterprise={other.enterprise_id}").text
    assert everything.count("<tr tabindex") == 5 and "他厂" in everything
    file = user.get("/ledgers/?format=csv&stage=6")
    assert len(csv_files.read(file.data).rows) == 30 and "attachment" in file.headers["Content-Disposition"]
    assert workbooks.read(user.get("/ledgers/?format=xlsx&stage=6").data).header[0] == "号牌"
    with transaction(engine) as connection:
        told = connection.execute(
            text("SELECT detail FROM audit_log WHERE action = 'ledger.export' ORDER BY id DESC LIMIT 1")
        ).scalar_one()
    assert told["rows"] == 30 and told["filters"] == {"stage": "6"}


def test_a_bureau_chooses_the_enterprise_and_sees_the_leads_of_a_passage(
    browse: Browse, engine: Engine, plant: Plant, other: Plant
) -> None:
    officer, user = browse("officer"), browse("enterprise")
    assert f'<option value="{other.enterprise_id}">他厂' in officer.get("/ledgers/").text
    assert 'name="enterprise"' not in user.get("/ledgers/").text
    with transaction(engine) as connection:
        passage = connection.execute(
            text("SELECT max(id) FROM ledger_passages WHERE enterprise_id = :e"), {"e": plant.enterprise_id}
        ).scalar_one()
        lead = connection.execute(
            text(
                "INSERT INTO leads (kind, key, division, first_at, last_at, passage_id) VALUES ('unknown_device', 'p1',"
                " '211302', now(), now(), :p) RETURNING id"
            ),
            {"p": passage},
        ).scalar_one()
    assert f"/leads/{lead}" in officer.get(f"/ledgers/{passage}").text
    assert f"/leads/{lead}" not in user.get(f"/ledgers/{passage}").text


def test_refused_rows_are_mended_by_hand_or_left_out(browse: Browse, engine: Engine, plant: Plant) -> None:
    user, officer, now = browse("enterprise"), browse("officer"), datetime.now(UTC)
    bad = [passage_row(30, now, stage="7", plate="辽N60001", source_key="r1"),
           passage_row(31, now, plate_colour="9", plate="辽N60002", source_key="r2")]  # fmt: skip
    with transaction(engine) as connection:
        take(connection, PLATFORM, plant.source, [*bad, bad[0]], now)
        first, second = connection.execute(
            text("SELECT id FROM ledger_refusals WHERE enterprise_id = :e AND source_key IN ('r1', 'r2') ORDER BY source_key"),
            {"e": plant.enterprise_id},
        ).scalars()  # fmt: skip
    listed = user.get("/ledger-refusals/").text
    assert "辽N60001" in listed and "代码 7" in listed
    page = user.get(f"/ledger-refusals/{first}").text
    assert "代码 7" in page and "<dd>2</dd>" in page
    form = user.get(f"/ledgers/new?refusal={first}").text
    assert 'value="辽N60001"' in form and 'value="diesel" selected' in form and 'value="in" selected' in form
    sent = {**BASE["/ledgers"], "plate": "辽N60001", "passed_at": ago(30), "refusal": first}
    assert user.post("/ledgers/new", sent).status_code == 303
    assert "已人工补录" in user.get(f"/ledger-refusals/{first}").text
    assert user.post(f"/ledger-refusals/{second}/drop", {"reason": ""}).status_code == 422
    assert user.post(f"/ledger-refusals/{second}/drop", {"reason": "试运行数据"}).status_code == 303
    assert "试运行数据" in officer.get(f"/ledger-refusals/{second}").text
    assert user.post(f"/ledger-refusals/{second}/drop", {"reason": "再来一次"}).status_code == 422
    assert officer.post(f"/ledger-refusals/{second}/drop", {"reason": "再来一次"}).status_code == 403
    assert csv_files.read(user.get("/ledger-refusals/?open=no&format=csv").data).rows


def test_nothing_of_another_plant(browse: Browse, engine: Engine, plant: Plant, other: Plant) -> None:
    user = browse("enterprise")
    with transaction(engine) as connection:
        passage = connection.execute(
            text("SELECT max(id) FROM ledger_passages WHERE enterprise_id = :e"), {"e": other.enterprise_id}
        ).scalar_one()
        refusal, batch = connection.execute(
            text("SELECT max(id), max(batch_id) FROM ledger_refusals WHERE enterprise_id = :e"),
            {"e": other.enterprise_id},
        ).one()
    for address in (f"/ledgers/{passage}", f"/ledger-refusals/{refusal}", f"/ledger-imports/{batch}", f"/ledgers/{passage}/edit",
                    f"/ledger-imports/{batch}/progress", f"/gate-codes/{other.gate_id}"):  # fmt: skip
        assert user.get(address).status_code == 404, address
    for address in (f"/ledgers/{passage}/strike", f"/ledger-reviews/{passage}/confirm", f"/ledger-reviews/{passage}/refuse",
                    f"/ledger-refusals/{refusal}/drop", f"/gate-codes/{other.gate_id}/renew"):  # fmt: skip
        assert user.post(address, {"version": 1, "reason": "不是我的"}).status_code == 404, address
    form = user.get(f"/ledgers/new?refusal={refusal}").text
    assert "被拒行" not in form.split("<form")[2]
    assert "他厂" not in user.get("/ledger-imports/").text and "他厂" not in user.get("/ledger-refusals/").text


def test_the_bureau_reads_and_does_not_write(browse: Browse, plant: Plant) -> None:
    officer = browse("officer")
    for base in BASE:
        assert officer.get(f"{base}/").status_code == 200
        assert officer.get(f"{base}/new").status_code == 403
        assert officer.post(f"{base}/new", BASE[base]).status_code == 403
    assert officer.get("/ledger-reviews/").status_code == 403
    assert browse("station").get("/ledgers/").status_code == 403
