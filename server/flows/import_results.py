"""Results of test stations and remote sensors out of a file: each row an inspection, or the whole file refused.

A row that was imported before (same report and attempt, same record) is counted and changes nothing. A fault names
row and column; while one stands nothing of the file is written.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from enforcement.rules.book import BEIJING, RuleBook
from server.documents.sheets import FileRefusedError, Sheet
from server.flows import record_inspection
from server.flows.inspection_subjects import SubjectGiven
from server.flows.judge_inspection import InspectionDraft
from server.flows.record_inspection import OtherContent
from server.flows.refusals import Refused
from server.flows.registry_codes import PLATE_COLOURS, WRITTEN, fold, reading_table
from server.flows.result_columns import COLUMNS, METHOD_OF, VALUES, ResultColumn
from server.store import audit
from server.store.audit import Actor
from server.store.scopes import Scope

MOST_ROWS = 5_000
MOST_FAULTS = 200
_TIMES = (
    "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y%m%d%H%M%S",
)  # fmt: skip
_WORDS = {
    "合格": "passed", "不合格": "failed", "晴": "clear", "多云": "cloudy", "阴": "cloudy", "雨": "rain", "雪": "snow",
    "雾": "fog", "扬沙": "dust",
}  # fmt: skip
_VALUE = re.compile(r"values\.(\d+)\.(\w+)$")
_COLOURS = reading_table(PLATE_COLOURS, WRITTEN["plate_colour"])
_PLAIN = ("plate", "plate_colour", "at", "division", "place", "lon", "lat")


@dataclass(frozen=True, slots=True)
class ResultFault:
    """Why a row is not taken: its number in the file, the column's header, what to do."""

    row: int
    column: str
    zh: str
    en: str


@dataclass(slots=True)
class ResultReport:
    """What became of a file: nothing is written while `faults` holds one."""

    recorded: int = 0
    repeated: int = 0
    rows: int = 0
    faults: list[ResultFault] = field(default_factory=list)


def import_results(
    connection: Connection,
    actor: Actor,
    scope: Scope,
    rules: RuleBook,
    kind: str,
    sheet: Sheet,
    home: str,
    now: datetime,
) -> ResultReport:
    """Record every row, in the caller's transaction. Raises FileRefusedError where the header is not that of the kind.

    `home` is the area of a row that names none and has no point.
    """
    columns = _columns(kind, sheet)
    report = ResultReport(rows=len(sheet.rows))
    attempt = connection.begin_nested()
    spoilt = {fault.row: fault for fault in sheet.faults}
    for number, cells in zip(sheet.numbers, sheet.rows, strict=True):
        if len(report.faults) >= MOST_FAULTS:
            break
        if number in spoilt:
            one = spoilt[number]
            report.faults.append(ResultFault(number, one.column, one.zh, one.en))
            continue
        given = {column.name: cells[at].strip() for column, at in columns}
        _take(connection, actor, scope, rules, kind, (number, given), home, now, report)
    if report.faults:
        attempt.rollback()
        return ResultReport(rows=report.rows, faults=report.faults)
    attempt.commit()
    detail = {"kind": kind, "rows": report.rows, "recorded": report.recorded, "repeated": report.repeated}
    audit.append(connection, actor, "inspection.import", "inspection", "file", detail)
    return report


def _columns(kind: str, sheet: Sheet) -> list[tuple[ResultColumn, int]]:
    known = {fold(name): one for one in COLUMNS[kind] for name in (one.header, one.zh, one.en, one.name)}
    found = [(known[fold(header)], at) for at, header in enumerate(sheet.header) if fold(header) in known]
    names = [column.name for column, _ in found]
    twice = next((column for column, _ in found if names.count(column.name) > 1), None)
    if twice is not None:
        raise FileRefusedError(f"表头“{twice.zh}”重复。", f"The header {twice.en} stands twice.")
    missing = [one for one in COLUMNS[kind] if one.required and one.name not in names]
    if missing:
        raise FileRefusedError(
            f"表头缺少：{'、'.join(one.zh for one in missing)}。请对照模板。",
            f"The header lacks: {', '.join(one.en for one in missing)}. Compare it with the template.",
        )
    if len(sheet.rows) > MOST_ROWS:
        raise FileRefusedError(
            f"文件有 {len(sheet.rows)} 行，上限 {MOST_ROWS} 行：请拆分后分次导入。",
            f"The file has {len(sheet.rows)} rows, at most {MOST_ROWS} are taken: split it.",
        )
    return found


def _take(
    connection: Connection,
    actor: Actor,
    scope: Scope,
    rules: RuleBook,
    kind: str,
    row: tuple[int, Mapping[str, str]],
    home: str,
    now: datetime,
    report: ResultReport,
) -> None:
    number, given = row
    faults = list(_cell_faults(kind, number, given))
    if faults:
        report.faults += faults
        return
    try:
        draft = _draft(kind, given, home)
        key = _key(kind, given)
        found = record_inspection.record(connection, actor, scope, rules, draft, now, "import", key, quiet=True)
    except Refused as refused:
        report.faults += [_placed(kind, number, _named(one.field, given), one.zh, one.en) for one in refused.faults]
    except OtherContent as other:
        zh = f"该记录已导入为 {other.number}，但内容不同：请更正原记录。"
        en = f"It was imported as {other.number} with other content: correct that one."
        report.faults.append(_placed(kind, number, "report_no" if kind == "periodic" else "record_no", zh, en))
    else:
        report.recorded += found.created
        report.repeated += not found.created


def _cell_faults(kind: str, number: int, given: Mapping[str, str]) -> Iterator[ResultFault]:
    for column in COLUMNS[kind]:
        if column.required and not given.get(column.name):
            yield ResultFault(number, column.zh, "必填。", "Fill it in.")
    if given.get("plate_colour") and fold(given["plate_colour"]) not in _COLOURS:
        yield _placed(kind, number, "plate_colour", "无法识别的颜色。", "This colour is not known.")
    if given.get("at") and _time(given["at"]) is None:
        yield _placed(kind, number, "at", "应为时间，如 2026-11-20 08:30。", "A time, like 2026-11-20 08:30.")
    division = given.get("division", "")
    if division and not (len(division) == 6 and division.isascii() and division.isdigit()):
        yield _placed(kind, number, "division", "应为六位区划代码。", "An area code of six digits.")
    for name in ("lon", "lat"):
        if given.get(name) and not isinstance(_number(given[name]), float):
            yield _placed(kind, number, name, "应为数字。", "A number.")


def _named(field: str, given: Mapping[str, str]) -> str:
    """The column that a fault of the flow speaks of; the groups of values are counted without the empty ones."""
    found = _VALUE.search(field)
    filled = [number for number in range(1, VALUES + 1) if _group(given, number)]
    return f"values.{filled[int(found[1])]}.{found[2]}" if found and int(found[1]) < len(filled) else field


def _placed(kind: str, number: int, name: str, zh: str, en: str) -> ResultFault:
    """A fault of the flow at the column of the file that it speaks of."""
    last = name.rsplit(".", 1)[-1]
    wanted = {"subject": "plate", "colour": "plate_colour"}.get(name, last)
    found = next((one for one in COLUMNS[kind] if one.name in (name, wanted)), None)
    return ResultFault(number, found.zh if found else name, zh, en)


def _key(kind: str, given: Mapping[str, str]) -> str:
    if kind == "periodic":
        return f"periodic:{given['station']}:{given['report_no']}:{given.get('attempt') or '1'}"[:200]
    return f"remote:{given['record_no']}"[:200]


def _draft(kind: str, given: Mapping[str, str], home: str) -> InspectionDraft:
    at, lon, lat = _time(given["at"]), _number(given.get("lon", "")), _number(given.get("lat", ""))
    record = {
        "kind": kind,
        "at": at.isoformat() if at else None,
        "methods": {str(METHOD_OF[kind]): _readings(kind, given)},
    }
    subject = SubjectGiven(given["plate"], _COLOURS[fold(given["plate_colour"])], "truck")
    return InspectionDraft(
        record,
        subject,
        lon if isinstance(lon, float) else None,
        lat if isinstance(lat, float) else None,
        given.get("place", ""),
        given.get("division") or home,
    )


def _readings(kind: str, given: Mapping[str, str]) -> dict[str, Any]:
    names = [column.name for column in COLUMNS[kind] if column.name not in _PLAIN]
    texts = {"report_no", "station", "method_code", "lane", "record_no"}
    found: dict[str, Any] = {
        name: text if name in texts else _WORDS.get(text, _number(text))
        for name in names
        if (text := given.get(name, "")) and not name.startswith("values.")
    }
    values = [_group(given, number) for number in range(1, VALUES + 1)]
    return found | ({"values": [one for one in values if one]} if any(values) else {})


def _group(given: Mapping[str, str], number: int) -> dict[str, Any]:
    texts = {name: given.get(f"values.{number}.{name}", "") for name in ("name", "value", "limit", "unit")}
    numbers = {name: _number(text) for name, text in texts.items() if name in ("value", "limit") and text}
    return {name: text for name, text in texts.items() if name in ("name", "unit") and text} | numbers


def _number(text: str) -> float | str:
    """A finite number, or the text as it is: the readings' own reader says what is wrong with it."""
    try:
        found = float(text)
    except ValueError:
        return text
    return found if abs(found) < 1e12 else text


def _time(text: str) -> datetime | None:
    for form in _TIMES:
        try:
            found = datetime.strptime(text, form).replace(tzinfo=BEIJING)
        except ValueError:
            continue
        return found if 1950 <= found.year <= 2200 else None
    return None
