"""Imports of sheets: every fault named at its place, all or nothing, twice the same, hostile files refused."""

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook
from sqlalchemy import Engine, text

from server.db import connect_engine, transaction
from server.documents.sheets import FileRefusedError
from server.flows import export_registry
from server.flows.read_sheet import open_sheet
from server.flows.registry_nouns import NOUNS, TRUCKS
from server.store import registry_imports, registry_rows, trucks
from server.store.paging import Query
from server.store.scopes import Scope
from tests.server.registry_sheets import TRUCK_HEAD, bring, counts, sheet, state, upload, write

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def engine(database_url: str) -> Iterator[Engine]:
    one = connect_engine(database_url)
    yield one
    one.dispose()


@pytest.fixture(autouse=True)
def _empty(engine: Engine) -> None:
    with transaction(engine) as connection:
        connection.execute(text("TRUNCATE terminal_states, terminals, trucks, machines, enterprises CASCADE"))


def number_of(engine: Engine, table: str) -> int:
    with transaction(engine) as connection:
        found: int = connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
        return found


def truck(i: int, **changes: object) -> list[object]:
    row = {
        "p": f"辽N{i:05}",
        "c": "黄",
        "v": "LFWSRXRJ6H1E00001",
        "s": "国五",
        "b": "随车清单",
        "m": 25000,
        "d": "211302",
        "o": f"车主{i}",
    }
    return list((row | changes).values())


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_each_encoding_gives_the_same_trucks(engine: Engine, encoding: str) -> None:
    job = bring(engine, "trucks", sheet(TRUCK_HEAD, truck(1), encoding=encoding))
    assert job["state"] == "written", job["fault_en"]
    with transaction(engine) as connection:
        row = connection.execute(text("SELECT plate, plate_colour, stage, owner, gross_mass_kg FROM trucks")).one()
    assert row == ("辽N00001", "yellow", "5", "车主1", 25000)


def test_english_headers_and_any_order(engine: Engine) -> None:
    head = ("Owner", "plate colour", "PLATE", "Emission stage", "Basis of the stage")
    assert counts(
        bring(engine, "trucks", sheet(head, ("Li", "yellow-green", "辽N12345D", "China VI-b", "vehicle list")))
    ) == (1, 0, 0, 0)


def test_the_second_import_changes_nothing_and_leaves_no_history(engine: Engine) -> None:
    content = sheet(TRUCK_HEAD, truck(1), truck(2))
    assert counts(bring(engine, "trucks", content)) == (2, 0, 0, 0)
    before = number_of(engine, "registry_history")
    assert counts(bring(engine, "trucks", content)) == (0, 0, 2, 0)
    assert number_of(engine, "registry_history") == before


def test_a_sheet_of_some_columns_changes_only_those_and_an_empty_cell_nothing(engine: Engine) -> None:
    bring(engine, "trucks", sheet(TRUCK_HEAD, truck(1)))
    job = bring(engine, "trucks", sheet(("号牌号码", "号牌颜色", "所有人", "总质量"), ("辽N00001", "黄", "新车主", "")))
    assert counts(job) == (0, 1, 0, 0)
    with transaction(engine) as connection:
        assert connection.execute(text("SELECT owner, gross_mass_kg, vin FROM trucks")).one() == (
            "新车主",
            25000,
            "LFWSRXRJ6H1E00001",
        )
        history = registry_rows.history(
            connection, "trucks", connection.execute(text("SELECT id FROM trucks")).scalar_one()
        )
    assert history[0]["actor"] == "tester" and history[0]["reason"] == f"x.csv (#{job['id']})"
    assert history[0]["changes"] == [{"column": "owner", "before": "车主1", "after": "新车主"}]


def test_every_refused_cell_is_named_with_row_column_value_and_what_would_be_right(engine: Engine) -> None:
    rows = (truck(1), truck(2, c="粉红", m="heavy"), truck(3, b=""), truck(1), truck(5, p=""))
    job = upload(engine, "trucks", sheet(TRUCK_HEAD, *rows))
    refused = [(n["row_no"], n["field"], n["value"]) for n in job["notes"] if n["refused"]]
    assert refused == [
        (3, "plate_colour", "粉红"), (3, "gross_mass_kg", "heavy"), (4, "stage_basis", ""),
        (5, "plate", "辽N00001"), (6, "plate", ""),
    ]  # fmt: skip
    assert counts(job) == (1, 0, 0, 4)
    said = {(n["row_no"], n["field"]): n for n in job["notes"]}
    assert "blue, yellow" in said[3, "plate_colour"]["en"] and "蓝、黄" in said[3, "plate_colour"]["zh"]
    assert "row 2" in said[5, "plate"]["en"]


def test_all_or_nothing_writes_nothing_and_skip_writes_the_rest(engine: Engine) -> None:
    job = upload(engine, "trucks", sheet(TRUCK_HEAD, truck(1), truck(2, c="粉红"), truck(3)))
    refused = write(engine, job["id"], "whole")
    assert refused["state"] == "read" and number_of(engine, "trucks") == 0
    assert write(engine, job["id"], "skip")["state"] == "written" and number_of(engine, "trucks") == 2


def test_a_row_with_a_doubtful_vin_is_warned_and_taken(engine: Engine) -> None:
    job = bring(engine, "trucks", sheet(TRUCK_HEAD, truck(1, v="LFWSRXRJ9H1E00000")))
    assert job["state"] == "written" and job["warned_n"] == 1
    assert [(n["field"], n["refused"]) for n in job["notes"]] == [("vin", False)]


MACHINE_HEAD = ("环保登记号码", "产品识别码", "机械环保代码", "发动机号", "发动机制造商", "机械类型")


def test_one_machine_one_file(engine: Engine) -> None:
    bring(
        engine,
        "machines",
        sheet(
            MACHINE_HEAD,
            ("2-6NA00001", "PIN1", "CODE1", "E1", "厂", "挖掘机"),
            ("2-6NA00002", "PIN2", "", "E2", "厂", "叉车"),
        ),
    )
    rows = (
        ("2-6NA00009", "PIN1", "", "", "", ""),  # the same PIN under another number
        ("2-6NA00002", "PIN9", "", "", "", ""),  # the number of another machine
        ("", "PIN2", "CODE1", "", "", ""),  # identifiers of two machines
        ("环２-6na 00001", "", "", "", "", "装载机"),  # the same number written otherwise: an update
        ("3-6NA00003", "", "", "E1", "别的厂", ""),  # the same engine number of another maker: another machine
        ("", "PIN7", "", "E2", "厂", ""),  # the engine is on file under another PIN
    )
    job = upload(engine, "machines", sheet(MACHINE_HEAD, *rows))
    refused = {n["row_no"]: n for n in job["notes"] if n["refused"]}
    assert set(refused) == {2, 3, 4, 7} and counts(job) == (1, 1, 0, 4)
    assert "2-6NA00001" in refused[2]["zh"] and refused[2]["first_id"] is not None
    assert "2-6NA00002" in refused[7]["en"]


def test_terminals_are_bound_by_plate_and_colour_or_any_number(engine: Engine) -> None:
    bring(engine, "trucks", sheet(TRUCK_HEAD, truck(1)))
    bring(engine, "machines", sheet(MACHINE_HEAD, ("", "PIN1", "", "", "", "挖掘机")))
    head = ("终端类型", "设备号", "绑定货车", "绑定机械")
    rows = (
        ("jt808", "13900000001", "辽N00001 黄", ""),
        ("nrmm", "DEV00000000000001", "", "pin1"),
        ("hdv", "LFWSRXRJ6H1E00001", "辽N00001 蓝", ""),
        ("json", "a/b", "", ""),
    )
    job = bring(engine, "terminals", sheet(head, *rows), "skip")
    assert counts(job) == (2, 0, 0, 2)
    assert {n["field"] for n in job["notes"] if n["refused"]} == {"truck", "device"}
    with transaction(engine) as connection:
        bound = connection.execute(
            text("SELECT truck_id IS NOT NULL, machine_id IS NOT NULL FROM terminals ORDER BY kind")
        ).all()
    assert bound == [(True, False), (False, True)]


def test_an_enterprise_gets_its_code_later(engine: Engine) -> None:
    head = ("统一社会信用代码", "企业名称")
    bring(engine, "enterprises", sheet(head, ("", "甲公司")))
    assert counts(bring(engine, "enterprises", sheet(head, ("91410482MA3X945T1D", "甲公司")))) == (0, 1, 0, 0)
    assert number_of(engine, "enterprises") == 1


def test_a_county_imports_only_its_own(engine: Engine) -> None:
    bring(engine, "trucks", sheet(TRUCK_HEAD, truck(1)))
    rows = (truck(1, d="211324"), truck(2, d="211324"), truck(3, d="211322"), truck(4, d=""))
    job = upload(engine, "trucks", sheet(TRUCK_HEAD, *rows), divisions="211324")
    assert counts(job) == (1, 0, 0, 3)
    assert [n["row_no"] for n in job["notes"] if n["refused"]] == [2, 4, 5]


def test_an_export_can_be_imported_again_unchanged(engine: Engine) -> None:
    bring(
        engine,
        "enterprises",
        sheet(
            ("统一社会信用代码", "企业名称", "经度", "纬度", "电话"),
            ("91410482MA3X945T1D", "甲公司", 120.5, 41.5, "+86 421 2600000"),
        ),
    )
    bring(
        engine,
        "trucks",
        sheet((*TRUCK_HEAD, "所属企业", "备注"), [*truck(1), "甲公司", "'引号"], [*truck(2), "", 'a,b"c']),
    )
    bring(
        engine,
        "machines",
        sheet(
            (*MACHINE_HEAD, "经度", "纬度", "出厂日期"),
            ("2-6NA00001", "P1", "C1", "E1", "厂", "挖掘机", 120.1, 41.2, "2020/1/2"),
        ),
    )
    bring(
        engine,
        "terminals",
        sheet(("终端类型", "设备号", "绑定货车", "逐帧应答"), ("jt808", "13900000001", "辽N00001 黄", "否")),
    )
    for noun in NOUNS.values():
        for language in ("zh", "en"):
            with transaction(engine) as connection:
                rows = list(registry_rows.stream(connection, noun.register, Query(), Scope()))
            content = sheet(export_registry.headers(noun, language), *export_registry.sheet_rows(noun, rows, language))
            job = upload(engine, noun.name, content)
            assert counts(job) == (0, 0, len(rows), 0), (noun.name, language, job["notes"])


def test_a_workbook_reads_as_its_csv(engine: Engine) -> None:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, TRUCK_HEAD)
        page.write_row(1, 0, truck(1))
    assert counts(upload(engine, "trucks", buffer.getvalue())) == (1, 0, 0, 0)


def test_a_number_rounded_by_the_spreadsheet_is_refused(engine: Engine) -> None:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, ("终端类型", "设备号"))
        page.write_row(1, 0, ("jt808", 12345678901234567890))
    job = upload(engine, "terminals", buffer.getvalue())
    assert counts(job) == (0, 0, 0, 1) and "15 digits" in job["notes"][0]["en"]


def workbook_of(**parts: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/").replace("_xml", ".xml"), content)
    return out.getvalue()


def with_formula() -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, TRUCK_HEAD)
        page.write_formula("B2", '=HYPERLINK("http://x","y")')
    return out.getvalue()


HOSTILE = {
    "empty": (b"  \n", "empty"),
    "jpeg": (b"\xff\xd8\xff\xe0JFIF", "JPEG"),
    "old excel": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100), "xls"),
    "utf-16": ("号牌号码,号牌颜色\n".encode("utf-16"), "UTF-16"),
    "neither encoding": (b"\xff\xff\xff,\x81\n", "neither"),
    "no header": (b"1,2,3\n4,5,6\n", "lacks"),
    "header twice": ("号牌号码,车牌号,号牌颜色\n".encode(), "twice"),
    "unpaired quote": ('号牌号码,号牌颜色\n"辽N,黄\n'.encode(), "line"),
    "one huge cell": (b"plate,plate colour\n" + b"x" * 200_000 + b",y\n", "line"),
    "zip, no workbook": (workbook_of(readme=b"x"), "no workbook"),
    "damaged": (b"PK\x03\x04" + bytes(50), "valid"),
    "formula": (with_formula(), "B2 is a formula"),
    "macros": (workbook_of(xl__workbook_xml=b"<x/>", xl__vbaProject=b"", **{"xl__vbaProject.bin": b"x"}), "macros"),
    "broken workbook": (workbook_of(xl__workbook_xml=b"<x/>"), "damaged"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_with_the_reason(engine: Engine, name: str) -> None:
    content, said = HOSTILE[name]
    job = upload(engine, "trucks", content)
    assert job["state"] == "refused" and said in job["fault_en"], job["fault_en"]
    assert job["fault_zh"]


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"<x/>")
        with archive.open("xl/worksheets/sheet1.xml", "w") as part:
            for _ in range(650):
                part.write(bytes(1024 * 1024))
    with pytest.raises(FileRefusedError, match="unpacks"):
        open_sheet(out.getvalue())


def test_cells_that_a_spreadsheet_would_run_are_refused_and_never_exported_live(engine: Engine) -> None:
    for cell in ("=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0", "-2+3+cmd", "＝1", "\x07bell", "a\u202eb", "x" * 121):
        job = upload(engine, "trucks", sheet(TRUCK_HEAD, truck(1, o=cell)))
        assert [(n["field"], n["refused"]) for n in job["notes"]] == [("owner", True)], cell


@pytest.mark.shared
def test_naughty_strings_are_taken_as_they_are_or_refused_with_a_reason(engine: Engine, shared_dir: Path) -> None:
    strings = json.loads((shared_dir / "data/hostile_inputs/blns.json").read_text(encoding="utf-8"))
    rows = [truck(i, o=one) for i, one in enumerate(strings)]
    job = bring(engine, "trucks", sheet(TRUCK_HEAD, *rows), "skip")
    assert job["state"] == "written" and job["new_n"] + job["refused_n"] == len(strings)
    assert all(n["field"] == "owner" for n in job["notes"] if n["refused"])
    with transaction(engine) as connection:
        kept = {row["owner"] for row in trucks.stream(connection, Query(), Scope())}
    assert "Ω≈ç√∫˜µ≤≥÷" in kept


def test_the_report_marks_the_refused_cell_and_can_be_sent_again(engine: Engine) -> None:
    job = upload(engine, "trucks", sheet(TRUCK_HEAD, truck(1), truck(2, c="粉红")))
    with transaction(engine) as connection:
        content = registry_imports.get_content(connection, job["id"])
    data = export_registry.report(TRUCKS, open_sheet(content), job["notes"], "zh")
    rows = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()
    assert (
        rows[0][-2:] == ["结果", "原因"]
        and rows[1][-2] == "通过"
        and rows[2][-2] == "拒绝"
        and "号牌颜色" in str(rows[2][-1])
    )
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert b'ref="B3"' in archive.read("xl/comments1.xml")
    assert counts(upload(engine, "trucks", data)) == (1, 0, 0, 1)


def test_a_broken_off_import_can_be_taken_up_again(engine: Engine) -> None:
    job = upload(engine, "trucks", sheet(TRUCK_HEAD, truck(1)))
    with transaction(engine) as connection:
        assert registry_imports.claim(connection, job["id"], ("read",), "writing", "whole")
        assert not registry_imports.claim(connection, job["id"], ("read",), "writing", "whole")
        connection.execute(text("UPDATE registry_imports SET beat_at = now() - interval '2 minutes'"))
        assert state(engine, job["id"])["stalled"] is False
    assert state(engine, job["id"])["stalled"] is True
    with transaction(engine) as connection:
        assert registry_imports.claim(connection, job["id"], ("read",), "writing", "whole")


def test_a_large_sheet_tells_how_far_it_is_and_comes_in_whole(engine: Engine) -> None:
    job = bring(engine, "trucks", sheet(TRUCK_HEAD, *(truck(i) for i in range(12_000))))
    assert counts(job) == (12_000, 0, 0, 0) and job["done_n"] == 12_000 and number_of(engine, "trucks") == 12_000
