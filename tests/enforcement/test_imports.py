"""Files of subjects: words, codes, full width, Excel days; each refused row with its place and cause."""

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enforcement.imports import cells
from enforcement.imports.columns import Codes, ImportKind, columns_of
from enforcement.imports.rows import parse_rows
from enforcement.registry.fuels import FuelCodes
from enforcement.registry.plates import PlateCodes, PlateColour
from enforcement.registry.records import known_by
from enforcement.registry.subjects import Fitted, Truck

TRUCK = [
    "号牌号码",
    "号牌颜色",
    "车辆识别代号",
    "车辆类型",
    "燃料类型",
    "排放阶段",
    "总质量（kg）",
    "注册登记日期",
    "联网状态",
]
ROW = ["辽N12345", "黄", "LFWSRXRJ6H1E00001", "H11", "B", "国五", 25000.0, "2018-03-05", "是"]


def trucks(*rows, header=TRUCK, **more):
    return parse_rows(ImportKind.TRUCK, header, rows, **more)


def refused(parsed):
    return [(item.row, item.column, item.code) for item in parsed.refused]


def test_words_and_codes():
    parsed = trucks(ROW)
    ((row, truck),) = parsed.good
    assert (row, refused(parsed), parsed.warnings) == (2, [], ())
    assert (truck.plate_colour, truck.category, truck.fuel) == ("yellow", "heavy_goods", "diesel")
    assert (truck.stage, truck.gross_mass_kg, truck.device) == ("5", 25000, Fitted.YES)
    assert truck.registered_on == date(2018, 3, 5)


def test_english_header_and_english_words():
    header = [
        "Plate",
        "Plate colour",
        "VIN",
        "Category",
        "Fuel",
        "Stage",
        "Gross mass",
        "Registered on",
        "Device",
    ]
    row = [
        "辽N12345",
        "yellow",
        "lfwsrxrj6h1e00001",
        "heavy_goods",
        "diesel",
        "5",
        "25,000",
        "2018/3/5",
        "yes",
    ]
    assert trucks(row, header=header).good == trucks(ROW).good


def test_numbers_follow_the_interface_of_the_file():
    row = ["辽N12345", 1, "", "", "C"]
    own = trucks(row).good[0][1]
    codes = Codes(PlateCodes.GATE, FuelCodes.SHIFTED)
    gate = trucks(row, codes=codes).good[0][1]
    assert (own.plate_colour, own.fuel) == ("blue", "electric")
    assert (gate.plate_colour, gate.fuel) == ("yellow", "mixed_oil")


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (43164, date(2018, 3, 5)),
        (43164.0, date(2018, 3, 5)),
        (datetime(2018, 3, 5), date(2018, 3, 5)),  # noqa: DTZ001 - as a spreadsheet gives it
        (date(2018, 3, 5), date(2018, 3, 5)),
        ("２０１８年３月５日", date(2018, 3, 5)),
        ("20180305", date(2018, 3, 5)),
        ("2018.3.5", date(2018, 3, 5)),
    ],
)
def test_days(cell, expected):
    assert cells.day(cell) == expected


def test_moments_and_ends():
    assert cells.moment("2026-08-15 07:30").isoformat() == "2026-08-15T07:30:00+08:00"
    assert cells.moment(46249.5).isoformat() == "2026-08-15T12:00:00+08:00"
    assert cells.moment("2026-08-15").isoformat() == "2026-08-15T00:00:00+08:00"
    assert cells.until("2026-08-15").isoformat() == "2026-08-16T00:00:00+08:00"
    assert cells.until("2026-08-15 18:00").isoformat() == "2026-08-15T18:00:00+08:00"


def test_every_fault_has_row_column_and_cause():
    parsed = trucks(
        ROW,
        ["辽N22222", "紫", "", "H11", "B", "国七", "many", "2018-13-05", "maybe"],
        ["", "黄"],
        [],
        ["辽N33333"],
        [None] * 9,
    )
    assert refused(parsed) == [
        (3, "号牌颜色", "not_in_list"),
        (3, "排放阶段", "not_in_list"),
        (3, "总质量", "not_a_number"),
        (3, "注册登记日期", "not_a_day"),
        (3, "联网状态", "not_in_list"),
        (4, "号牌号码", "empty"),
        (6, "号牌颜色", "empty"),
    ]
    assert len(parsed.good) == 1
    assert all(item.zh and item.en for item in parsed.refused)


def test_a_missing_column_refuses_the_file_and_an_unknown_one_is_named():
    parsed = trucks(["辽N12345", "x"], header=["车牌号", "备注"])
    assert refused(parsed) == [(1, "号牌颜色", "column_missing")]
    assert [(item.row, item.doubt.code) for item in parsed.warnings] == [(1, "unknown_column")]
    assert refused(trucks(header=["车牌号", "号牌号码", "号牌颜色"])) == [(1, "号牌号码", "column_twice")]


def test_doubles_in_the_file_and_in_the_register_name_the_first():
    parsed = trucks(ROW, ROW, known={})
    assert refused(parsed) == [(3, "号牌号码和颜色", "duplicate")]
    assert "第2行" in parsed.refused[0].zh
    kept = known_by([Truck("辽N12345", PlateColour.YELLOW)])
    parsed = trucks(ROW, known=kept)
    assert refused(parsed) == [(2, "号牌号码和颜色", "duplicate")]
    assert "行）" not in parsed.refused[0].zh


def test_doubts_do_not_refuse():
    parsed = trucks(["辽NI2345", "蓝色", "LFWSRXRJ9H1E00000"])
    assert len(parsed.good) == 1
    assert [item.doubt.code for item in parsed.warnings] == ["plate_form", "vin_check_digit", "stage_unknown"]


MACHINE = ["环保登记编码", "产品识别码", "发动机编号", "发动机制造商", "机械类型", "排放阶段", "功率(kW)"]


def test_machines():
    rows = [
        ["环2-6NA00001", "PIN1", "e1", "玉柴", "装载机", "国Ⅱ", "162kW"],
        ["/", "/", "E2", "", "挖掘机", "国三", 100],
        ["", "", "E3", "玉柴", "2", "X", ""],
        ["", "PIN1", "", "", "叉车", "3", 40],
    ]
    parsed = parse_rows(ImportKind.MACHINE, MACHINE, rows)
    assert refused(parsed) == [(3, "环保登记号码", "no_key"), (5, "产品识别码", "duplicate")]
    first, second = (machine for _, machine in parsed.good)
    assert (first.registration_no, first.engine_no, first.power_kw) == ("2-6NA00001", "E1", 162)
    assert (second.category, second.power_kw, second.is_coded) == ("excavator", None, False)


def test_enterprises_and_terminals():
    parsed = parse_rows(ImportKind.ENTERPRISE, ["企业名称", "统一社会信用代码"], [["甲公司", "91410482ma3x945t1d"]])
    assert parsed.good[0][1].credit_code == "91410482MA3X945T1D"
    header = ["终端编号", "终端类型", "车架号"]
    parsed = parse_rows(ImportKind.TERMINAL, header, [[13800000000.0, "jt808", ""], ["13800000001", "fax", ""]])
    assert parsed.good[0][1].device == "13800000000"
    assert refused(parsed) == [(3, "终端类型", "not_in_list")]


any_cell = st.one_of(
    st.none(),
    st.text(max_size=12),
    st.integers(-(10**12), 10**12),
    st.floats(allow_nan=True, allow_infinity=True),
    st.booleans(),
    st.dates(),
    st.datetimes(),
)


@pytest.mark.parametrize("cell", [float("inf"), float("-inf"), float("nan"), 10**400, 1e308])
def test_a_number_that_is_no_day_is_refused(cell):
    with pytest.raises(cells.CellFault):
        cells.day(cell)
    with pytest.raises(cells.CellFault):
        cells.moment(cell)


@given(st.sampled_from(list(ImportKind)), st.lists(st.lists(any_cell, max_size=20), max_size=4))
def test_any_cells_give_a_record_or_a_refusal(kind, rows):
    header = [column.zh[0] for column in columns_of(kind, Codes())]
    parsed = parse_rows(kind, header, rows)
    filled = [n for n, row in enumerate(rows, 2) if any(cells.text(cell) for cell in row)]
    assert sorted({row for row, _ in parsed.good} | {item.row for item in parsed.refused}) == filled
