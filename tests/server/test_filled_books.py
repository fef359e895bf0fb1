"""Templates with drop-downs and marked sheets: what a person fills in reads again as it was typed."""

import io
import zipfile

from python_calamine import CalamineWorkbook

from server.documents import filled_books, workbooks
from server.documents.filled_books import CODES, NOTES, FilledColumn, MarkedRow

COLUMNS = (
    FilledColumn("车牌号码", "plate", "辽N12345", True),
    FilledColumn("号牌颜色", "one of the list", "黄", True, ("蓝", "黄", "=危险")),
    FilledColumn("VIN", "", "LFWSRXRJ6H1E00001"),
)


def part(data: bytes, name: str) -> str:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read(name).decode()


def test_a_template_has_headers_lists_and_notes() -> None:
    data = filled_books.template("台账", COLUMNS)
    read = workbooks.read(data)
    assert read.header == ("车牌号码", "号牌颜色", "VIN") and read.rows == []
    assert CalamineWorkbook.from_filelike(io.BytesIO(data)).sheet_names == ["台账", CODES, NOTES]
    sheet = part(data, "xl/worksheets/sheet1.xml")
    assert sheet.count("<dataValidation ") == 1 and 'type="list"' in sheet and 'sqref="B2:B20001"' in sheet
    assert f"'{CODES}'!$A$2:$A$4" in sheet.replace("&apos;", "'")
    codes = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_name(CODES).to_python()
    assert [row[0] for row in codes] == ["号牌颜色", "蓝", "黄", "'=危险"]
    assert "plate" in part(data, "xl/comments1.xml")


def test_a_marked_sheet_reads_again_as_it_was_typed() -> None:
    header = ("车牌号码", "号牌颜色")
    rows = [
        MarkedRow(("辽N12345", "粉"), {1: "no such colour"}, "拒收", "号牌颜色: no such colour", "17"),
        MarkedRow(("=1+1", "黄"), {}, "可写入"),
    ]
    data = filled_books.marked("x", header, ("结果", "原因", "编号"), rows)
    read = workbooks.read(data)
    assert read.header == (*header, "结果", "原因", "编号")
    assert read.rows == [["辽N12345", "粉", "拒收", "号牌颜色: no such colour", "17"], ["=1+1", "黄", "可写入", "", ""]]
    comments, styles = part(data, "xl/comments1.xml"), part(data, "xl/styles.xml")
    assert 'ref="B2"' in comments and comments.count("<comment ") == 1 and "F6C9C6" in styles


def test_a_marked_sheet_with_many_faults_keeps_reasons_and_stops_commenting() -> None:
    rows = (MarkedRow(("x",), {0: "wrong"}, "拒收", "wrong", str(n)) for n in range(50))
    data = filled_books.marked("x", ("a",), ("r", "w", "k"), rows, comments=10)
    assert part(data, "xl/comments1.xml").count("<comment ") == 10
    assert all(row[2] == "wrong" for row in workbooks.read(data).rows)
