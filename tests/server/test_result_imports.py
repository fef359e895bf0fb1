"""Results of stations and sensors out of files: whole or not at all, once, hostile cells kept as text or refused."""

import csv
import io
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from enforcement.rules.book import BEIJING
from server.db import transaction
from server.documents import workbooks
from server.flows.import_results import ResultReport, import_results
from server.flows.read_sheet import open_sheet
from server.flows.result_columns import COLUMNS
from server.flows.rule_book import current
from server.store.audit import Actor
from server.store.scopes import Scope
from tests.server import inspection_city as town
from tests.server.conftest import Browser, City

pytestmark = pytest.mark.server
Browse = Callable[..., Browser]
PERIODIC = {
    "号牌号码": "辽NRI001", "号牌颜色": "黄", "检测时间": "2026-11-20 08:30", "检验方法代码": "6", "检验结论": "合格",
    "检验报告编号": "B-1", "检验机构": "朝阳检测站", "项目1": "光吸收系数", "数值1": "0.8", "限值1": "1.2", "单位1": "m-1",
}  # fmt: skip
REMOTE = {
    "号牌号码": "辽NRI001", "号牌颜色": "黄牌", "检测时间": "2026/11/20 08:30:05", "记录编号": "R-1", "不透光度（%）": "45",
    "车速（km/h）": "40", "加速度（m/s²）": "0.3", "比功率（kW/t）": "5", "风速（m/s）": "1", "气温（°C）": "8",
    "相对湿度（%）": "40", "气压（kPa）": "101", "烟羽CO₂（%）": "5", "车牌识别置信度": "0.99", "天气": "晴",
}  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def trucks(engine: Engine, city: City) -> dict[str, int]:
    with transaction(engine) as connection:
        return {plate: town.add_truck(connection, plate) for plate in ("辽NRI001", "辽NRI002", "辽NRI003")}


def sheet(rows: Sequence[dict[str, str]]) -> bytes:
    head = list(dict.fromkeys(name for row in rows for name in row))
    out = io.StringIO()
    writer = csv.DictWriter(out, head)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode("utf-8-sig")


def take(engine: Engine, city: City, kind: str, data: bytes) -> ResultReport:
    actor = Actor(city.accounts["officer"], "officer", city.organisations["city"])
    now = datetime(2026, 11, 24, 12, tzinfo=BEIJING)
    with transaction(engine) as connection:
        return import_results(
            connection, actor, Scope("2113"), current(connection), kind, open_sheet(data), "211300", now
        )


def rows(engine: Engine) -> list[dict[str, Any]]:
    with transaction(engine) as connection:
        found = connection.execute(text("SELECT * FROM inspections ORDER BY inspected_at, id"))
        return [dict(row) for row in found.mappings()]


def test_a_periodic_report_is_recorded_once(engine: Engine, city: City, trucks: dict[str, int]) -> None:
    first = take(engine, city, "periodic", sheet([PERIODIC]))
    again = take(engine, city, "periodic", sheet([PERIODIC]))
    assert ((first.recorded, first.repeated), (again.recorded, again.repeated)) == ((1, 0), (0, 1)), first.faults
    row = rows(engine)[-1]
    assert (row["kind"], row["source"], row["outcome"], row["truck_id"]) == (
        "periodic", "import", "passed", trucks["辽NRI001"],
    )  # fmt: skip
    values = row["content"]["methods"]["periodic_report"]["values"]
    assert [(one["name"], one["value"], one["limit"]) for one in values] == [("光吸收系数", 0.8, 1.2)]


def test_the_same_report_with_another_result_is_refused(engine: Engine, city: City) -> None:
    changed = {**PERIODIC, "检验报告编号": "B-2"}
    take(engine, city, "periodic", sheet([changed]))
    report = take(engine, city, "periodic", sheet([{**changed, "检验结论": "不合格"}]))
    assert [(fault.row, fault.column) for fault in report.faults] == [(2, "检验报告编号")]


@pytest.mark.parametrize(
    ("kind", "changes", "column"),
    [
        ("periodic", {"号牌号码": ""}, "号牌号码"),
        ("periodic", {"号牌颜色": "紫"}, "号牌颜色"),
        ("periodic", {"检测时间": "昨天"}, "检测时间"),
        ("periodic", {"检测时间": "2027-01-01 00:00"}, "检测时间"),
        ("periodic", {"检测时间": "1980-01-01 00:00"}, "检测时间"),
        ("periodic", {"检验方法代码": "5"}, "检验方法代码"),
        ("periodic", {"检验结论": "大概合格"}, "检验结论"),
        ("periodic", {"数值1": "一点二"}, "数值1"),
        ("remote_sensing", {"不透光度（%）": "NaN"}, "不透光度"),
        ("remote_sensing", {"不透光度（%）": "1e400"}, "不透光度"),
        ("remote_sensing", {"不透光度（%）": "101"}, "不透光度"),
        ("remote_sensing", {"气温（°C）": "热"}, "气温"),
        ("remote_sensing", {"记录编号": ""}, "记录编号"),
        ("remote_sensing", {"区划代码": "110000"}, "经度"),
    ],
)
def test_one_wrong_row_leaves_nothing_behind(
    engine: Engine, city: City, kind: str, changes: dict[str, str], column: str
) -> None:
    before = len(rows(engine))
    good = PERIODIC if kind == "periodic" else REMOTE
    number = "检验报告编号" if kind == "periodic" else "记录编号"
    report = take(engine, city, kind, sheet([{**good, number: "GOOD-1"}, {**good, number: "BAD-1", **changes}]))
    assert [(fault.row, fault.column.split("（")[0]) for fault in report.faults] == [(3, column)]
    assert all(fault.zh and fault.en for fault in report.faults)
    assert (report.recorded, len(rows(engine))) == (0, before)


def test_two_consecutive_hits_fail_the_truck(
    engine: Engine, city: City, trucks: dict[str, int], browse: Browse
) -> None:
    def hit(number: str, at: str, opacity: str = "45") -> dict[str, str]:
        return {**REMOTE, "号牌号码": "辽NRI002", "记录编号": number, "检测时间": at, "不透光度（%）": opacity}

    take(engine, city, "remote_sensing", sheet([hit("H-1", "2026-09-01 08:00"), hit("H-2", "2026-09-20 08:00", "10")]))
    take(engine, city, "remote_sensing", sheet([hit("H-3", "2026-10-01 08:00")]))
    own = [row for row in rows(engine) if row["truck_id"] == trucks["辽NRI002"]]
    assert [row["verdict"]["remote"]["state"] for row in own] == ["reminder", "clean", "reminder"], "a pass between"
    assert all(row["offences"] == [] and row["standing"] == "screening" for row in own)
    take(engine, city, "remote_sensing", sheet([hit("H-4", "2026-10-20 08:00")]))
    last = [row for row in rows(engine) if row["truck_id"] == trucks["辽NRI002"]][-1]
    assert last["verdict"]["remote"]["state"] == "failed"
    assert last["offences"] == ["failed_inspection"] and last["outcome"] == "failed"
    assert len(last["verdict"]["remote"]["hits"]) == 2
    officer = browse("officer")
    assert "判定不合格" in officer.get(f"/trucks/{trucks['辽NRI002']}").text
    assert "连续2次" in officer.get(f"/inspections/{last['id']}").text


def test_a_remote_record_that_is_not_valid_counts_for_nothing(
    engine: Engine, city: City, trucks: dict[str, int]
) -> None:
    rain = {**REMOTE, "号牌号码": "辽NRI003", "天气": "雨"}
    given = [{**rain, "记录编号": f"W-{day}", "检测时间": f"2026-10-{day} 08:00"} for day in (10, 11)]
    take(engine, city, "remote_sensing", sheet(given))
    own = [row for row in rows(engine) if row["truck_id"] == trucks["辽NRI003"]]
    assert [(row["outcome"], row["offences"]) for row in own] == [("not_judged", [])] * 2


def test_the_page_takes_its_own_template_back(browse: Browse, engine: Engine) -> None:
    officer = browse("officer")
    for kind in COLUMNS:
        answer = officer.get(f"/inspections/template-{kind}.xlsx")
        assert answer.status_code == 200
        assert workbooks.read(answer.data).header == tuple(one.header for one in COLUMNS[kind])
    assert officer.get("/inspections/template-other.xlsx").status_code == 404
    names = {one.header: PERIODIC.get(one.zh, "") for one in COLUMNS["periodic"]} | {
        "检验报告编号 report number": "P-1"
    }
    files = {"kind": "periodic", "file": (io.BytesIO(sheet([names])), "a.csv")}
    page = officer.post("/inspections/import", files, content_type="multipart/form-data")
    assert page.status_code == 200 and "已录入 1 条" in page.text, page.text


@pytest.mark.parametrize("data", [b"", b"\x00\x01\x02", b"PK\x03\x04 not a workbook", "没有,表头\n1,2\n".encode()])
def test_a_file_that_is_none_is_refused(browse: Browse, data: bytes) -> None:
    files = {"kind": "periodic", "file": (io.BytesIO(data), "a.csv")}
    answer = browse("officer").post("/inspections/import", files, content_type="multipart/form-data")
    assert answer.status_code == 422 and 'id="f-file-fault"' in answer.text


def test_an_inspector_imports_nothing(browse: Browse) -> None:
    assert browse("inspector").get("/inspections/import").status_code == 403


# --- hostile cells ---


def payloads(shared_dir: Path) -> list[str]:
    folder = shared_dir / "data" / "hostile_inputs"
    found = [line for path in sorted(folder.glob("*.txt")) for line in path.read_text("utf-8", "replace").splitlines()]
    found += [str(one) for one in json.loads((folder / "blns.json").read_text("utf-8"))]
    return list(dict.fromkeys(line for line in found if line.strip()))


@pytest.mark.shared
def test_hostile_cells_are_kept_as_text_or_refused_and_run_nowhere(
    engine: Engine, city: City, browse: Browse, shared_dir: Path
) -> None:
    texts = payloads(shared_dir)
    for name in ("号牌号码", "检测时间", "检验方法代码", "数值1"):  # nothing of these is a plate, a time, a number
        before = len(rows(engine))
        report = take(
            engine, city, "periodic", sheet([{**PERIODIC, "检验报告编号": "X", name: one} for one in texts[:150]])
        )
        assert report.faults and len(rows(engine)) == before
    kept = [one for one in texts if len(one) < 190 and one.isprintable()][:150]
    given = [{**PERIODIC, "检验报告编号": f"HX-{n}", "地点": one} for n, one in enumerate(kept)]
    report = take(engine, city, "periodic", sheet(given))
    assert report.recorded == len(kept), report.faults[:3]
    page = browse("officer").get("/inspections/?columns=place&columns=number").text
    assert "<script>alert" not in page
    answer = browse("officer").get("/inspections/?format=csv")
    cells = [cell for row in csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


@pytest.mark.shared
def test_a_foreign_table_is_refused_by_its_header(engine: Engine, city: City, shared_dir: Path, browse: Browse) -> None:
    before = len(rows(engine))
    for path in sorted((shared_dir / "data" / "inspection_records").glob("*.csv")):
        files = {"kind": "remote_sensing", "file": (io.BytesIO(path.read_bytes()[:2_000_000]), path.name)}
        answer = browse("officer").post("/inspections/import", files, content_type="multipart/form-data")
        assert answer.status_code == 422 and "表头" in answer.text
    assert len(rows(engine)) == before
