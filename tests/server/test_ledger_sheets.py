"""Sheets of the ledgers over HTTP: template, upload, report, taking, the marked sheet mended and sent again."""

import io
import time
import zipfile
from collections.abc import Callable
from csv import writer
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text

from enforcement.ledgers.codes import Codes
from enforcement.ledgers.fields import LEDGERS
from enforcement.ledgers.values import read_value
from server.db import transaction
from server.documents import csv_files, workbooks
from server.flows import import_ledger, ledger_columns
from server.web.language import ZONE
from tests.server.conftest import Browser, City

pytestmark = pytest.mark.server
Browse = Callable[..., Browser]
HEAD = ("出入口编号", "道闸编号", "进出厂状态", "进出厂时间", "车牌号码", "号牌颜色", "燃料类型", "排放标准", "运输货物名称",
        "运输量", "运输量单位")  # fmt: skip


def at(minutes: int) -> str:
    """A time of yesterday as people type it."""
    moment = datetime.now(UTC).astimezone(ZONE) - timedelta(days=1)
    return (moment.replace(hour=1, minute=0, second=0) + timedelta(minutes=minutes)).strftime("%Y-%m-%d %H:%M:%S")


def row(minutes: int, plate: str = "辽N12345", **more: str) -> list[str]:
    values = {
        "direction": "进厂",
        "colour": "黄",
        "fuel": "柴油",
        "stage": "国五",
        "cargo": "煤炭",
        "n": "32.5",
        "unit": "吨",
    }
    values |= more
    return ["1", "01", values["direction"], values.get("at", at(minutes)), plate, values["colour"], values["fuel"],
            values["stage"], values["cargo"], values["n"], values["unit"]]  # fmt: skip


def csv(*rows: list[str], head: tuple[str, ...] = HEAD) -> bytes:
    out = io.StringIO()
    writer(out).writerows((head, *rows))
    return out.getvalue().encode()


def send(browser: Browser, content: bytes, ledger: str = "A", name: str = "台账.csv") -> str:
    answer = browser.post(f"/ledger-imports/new/{ledger}", {"file": (io.BytesIO(content), name)})
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def wait(browser: Browser, address: str) -> None:
    """Until the background work is done."""
    deadline = time.monotonic() + 120
    while "HX-Redirect" not in browser.get(f"{address}/progress").headers:
        assert time.monotonic() < deadline
        time.sleep(0.2)


def job(engine: Engine, address: str) -> Any:
    with transaction(engine) as connection:
        return connection.execute(
            text("SELECT * FROM ledger_batches WHERE id = :id"), {"id": int(address.rsplit("/", 1)[1])}
        ).one()


def count(engine: Engine, statement: str, **values: Any) -> int:
    with transaction(engine) as connection:
        return int(connection.execute(text(statement), values).scalar_one())


def take(browser: Browser, engine: Engine, content: bytes, ledger: str = "A") -> str:
    address = send(browser, content, ledger)
    wait(browser, address)
    assert browser.post(f"{address}/write").status_code == 303
    wait(browser, address)
    assert job(engine, address).state == "taken", browser.get(address).text
    return address


def test_from_file_to_ledger_and_the_mended_sheet_adds_what_was_missing(browse: Browse, engine: Engine) -> None:
    plant = browse("enterprise")
    content = csv(row(1), row(2, colour="粉"), row(3, stage="7", n="-3"), row(4, direction="出厂"))
    address = send(plant, content)
    wait(plant, address)
    page = plant.get(address).text
    assert "粉" in page and "代码 7" in page and "国五" not in page
    assert count(engine, "SELECT count(*) FROM ledger_passages") == 0  # reading writes nothing
    assert plant.post(f"{address}/write").status_code == 303
    wait(plant, address)
    done = job(engine, address)
    assert (done.taken_n, done.refused_n, done.rows_n) == (2, 2, 4)
    assert count(engine, "SELECT count(*) FROM ledger_refusals WHERE settled_at IS NULL") == 2
    assert "未重复操作" in plant.post(f"{address}/write", follow_redirects=True).text

    given = workbooks.read(plant.get(f"{address}/marked.xlsx").data)
    assert given.header == (*HEAD, "结果", "原因", "拒收编号")
    assert [line[-3] for line in given.rows] == ["通过", "拒收", "拒收", "通过"]
    assert "号牌颜色" in given.rows[1][-2] and given.rows[1][-1].isdigit() and given.rows[0][-1] == ""
    mended = [line[:] for line in given.rows]
    mended[1][5], mended[2][7], mended[2][9] = "黄", "国六", "30"
    again = take(plant, engine, csv(*mended, head=given.header))
    done = job(engine, again)
    assert (done.taken_n, done.repeated_n, done.refused_n) == (2, 2, 0)
    assert count(engine, "SELECT count(*) FROM ledger_passages WHERE state = 'taken'") == 4
    assert count(engine, "SELECT count(*) FROM ledger_refusals WHERE settled_how = 'sent_again'") == 2
    assert job(engine, take(plant, engine, content.replace("粉".encode(), "黄".encode()))).taken_n == 0


def test_marked_cells_have_colour_and_comment(browse: Browse, engine: Engine) -> None:
    plant = browse("enterprise")
    address = send(plant, csv(row(10, colour="紫"), row(11)))
    wait(plant, address)
    data = plant.get(f"{address}/marked.xlsx").data
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        comments = archive.read("xl/comments1.xml").decode()
    assert 'ref="F2"' in comments and comments.count("<comment ") == 1 and "紫" in comments
    english = browse("enterprise")
    english.post("/language", {"locale": "en"})
    assert workbooks.read(english.get(f"{address}/marked.xlsx").data).header[-3:] == ("result", "reason", "refusal")
    english.post("/language", {"locale": "zh"})


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("ledger", ["A", "B", "C"])
def test_what_a_template_offers_is_read_again(browse: Browse, ledger: str, language: str) -> None:
    plant = browse("enterprise")
    data = plant.get(f"/ledger-imports/template/{ledger}.xlsx").data
    sheet = ledger_columns.open_ledger_sheet(ledger, data)
    assert sheet.unknown == () and len(sheet.places) == len(LEDGERS[ledger]) and len(sheet) == 0
    for one in LEDGERS[ledger]:
        values = [str(read_value(one, word, Codes())) for word in ledger_columns.offered(one, language)]
        assert len(values) == len(set(values))
        if one.example:
            assert read_value(one, one.example, Codes()) is not None


def test_the_examples_of_a_template_make_a_good_row(browse: Browse, engine: Engine) -> None:
    plant = browse("enterprise")
    for ledger in "ABC":
        fields = [one for one in LEDGERS[ledger] if one.example and one.name not in ("enterprise_code", "passed_at")]
        head = tuple(one.en for one in fields) + (("Time",) if ledger == "A" else ())
        line = [one.example for one in fields] + ([at(30)] if ledger == "A" else [])
        done = job(engine, take(plant, engine, csv(line, head=head), ledger))
        assert (ledger, done.taken_n, done.refused_n) == (ledger, 1, 0)


def bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        for number in range(8):
            archive.writestr(f"xl/worksheets/sheet{number}.xml", b"0" * (100 * 1024 * 1024))
    return out.getvalue()


def formula() -> bytes:
    import xlsxwriter

    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEAD)
        sheet.write_formula(1, 0, "=1+1")
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (formula, "公式"),
        (bomb, "展开后超过"),
        (lambda: csv(row(1), head=("甲", *HEAD[1:])), "表头缺少：出入口编号"),
        (lambda: csv(row(1), head=(HEAD[0], HEAD[0], *HEAD[2:])), "重复"),
        (lambda: b"\xff\xd8\xff\xe0", "JPEG"),
        (lambda: b'"a\n' * 5, "无法读取"),
        (lambda: b"PK\x03\x04 not a zip", "不是有效的"),
        (lambda: "甲".encode("utf-16"), "UTF-16"),
    ],
)
def test_hostile_files_are_refused_with_the_reason(
    browse: Browse, engine: Engine, content: Callable[[], bytes], said: str
) -> None:
    plant = browse("enterprise")
    address = send(plant, content(), name="../../<b>.xlsx")
    wait(plant, address)
    page = plant.get(address).text
    assert said in page and "&lt;b&gt;" in page, page
    assert job(engine, address).state == "refused"
    assert plant.get(f"{address}/marked.xlsx").status_code == 404
    assert plant.post(f"{address}/write").status_code == 303 and job(engine, address).state == "refused"


def test_text_that_a_spreadsheet_would_run_stays_text(browse: Browse, engine: Engine) -> None:
    plant = browse("enterprise")
    take(plant, engine, csv([*row(40), "=cmd|' /C calc'!A0"], head=(*HEAD, "车队名称")))
    with transaction(engine) as connection:
        fleet = connection.execute(text("SELECT fleet FROM ledger_passages WHERE fleet IS NOT NULL")).scalars().all()
    assert "=cmd|' /C calc'!A0" in fleet
    file = plant.get("/ledgers/?format=csv&columns=fleet").data
    assert "'=cmd|" in file.decode() and csv_files.read(file).rows


def test_gb18030_and_a_rounded_number(browse: Browse, engine: Engine) -> None:
    plant = browse("enterprise")
    content = csv(row(50)).decode().encode("gb18030")
    assert job(engine, take(plant, engine, content)).taken_n == 1
    import xlsxwriter

    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, (*HEAD, "联系电话"))
        sheet.write_row(1, 0, [*row(51), 1.3900000000000001e17])
    done = job(engine, take(plant, engine, out.getvalue()))
    assert (done.taken_n, done.refused_n) == (0, 1) and "15" in done.report["faults"][0][3]


def test_whose_sheet_it_is(browse: Browse, engine: Engine, city: City) -> None:
    plant = browse("enterprise")
    address = take(plant, engine, csv(row(60)))
    assert browse("officer").get(address).status_code == 200  # the bureau reads
    assert browse("officer").get("/ledger-imports/new/A").status_code == 403
    for username in ("other", "station", "partner"):
        assert browse(username).get(address).status_code in (403, 404)
    assert plant.get("/ledger-imports/new/D").status_code == 404
    assert plant.post("/ledger-imports/new/A", {"file": (io.BytesIO(b""), "x.csv")}).status_code == 422
    with transaction(engine) as connection:
        owners = connection.execute(text("SELECT DISTINCT enterprise_id FROM ledger_passages")).scalars().all()
    assert owners == [city.enterprise_id]


def test_work_that_broke_off_begins_again_and_takes_nothing_twice(browse: Browse, engine: Engine) -> None:
    plant = browse("enterprise")
    address = take(plant, engine, csv(row(70), row(71)))
    before = count(engine, "SELECT count(*) FROM ledger_passages")
    with transaction(engine) as connection:
        connection.execute(
            text("UPDATE ledger_batches SET state = 'writing', beat_at = now() - interval '5 min' WHERE id = :id"),
            {"id": int(address.rsplit("/", 1)[1])},
        )
    assert "处理中断" in plant.get(address).text
    assert plant.post(f"{address}/read").status_code == 303
    wait(plant, address)
    assert plant.post(f"{address}/write").status_code == 303
    wait(plant, address)
    done = job(engine, address)
    assert (done.state, done.taken_n, done.repeated_n) == ("taken", 0, 2)
    assert count(engine, "SELECT count(*) FROM ledger_passages") == before


def test_a_long_sheet_is_taken_whole(browse: Browse, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_ledger, "PORTION", 500)
    plant = browse("enterprise")
    rows = [row(100 + n % 900, f"辽N{n:05}", stage="7" if n % 100 == 0 else "国五") for n in range(2_500)]
    done = job(engine, take(plant, engine, csv(*rows)))
    assert (done.rows_n, done.taken_n, done.refused_n) == (2_500, 2_475, 25)
