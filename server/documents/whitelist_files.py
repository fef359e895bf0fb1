"""Whitelist entries as a workbook: the same columns out and in, headers in both languages.

Times are local (Asia/Shanghai); a zone is named by its code, the whole city by 全市 or `city`.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from server.documents import csv_files, workbooks
from server.documents.sheets import FileRefusedError

__all__ = ["COLUMNS", "EntryCells", "FileRefusedError", "headers", "read_entries", "write_entries"]

ZONE = ZoneInfo("Asia/Shanghai")
MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

# Field -> header out; a header in is known by either half of it.
COLUMNS: dict[str, str] = {
    "subject": "车牌或机械编号 Subject",
    "colour": "车牌颜色 Plate colour",
    "zone": "区域代码 Zone",
    "purpose": "用途 Purpose",
    "valid_from": "开始时间 From",
    "valid_to": "结束时间 Until",
    "document": "批准文号 Document",
    "note": "说明 Note",
}
SHOWN_ONLY: dict[str, str] = {"id": "编号 No.", "state": "状态 State", "approver": "批准人 Approved by", "owner": "所有人 Owner"}
MUST = ("subject", "zone", "purpose", "valid_from", "valid_to")


@dataclass(frozen=True, slots=True)
class EntryCells:
    """One row as it stands in the file, by field; `row` is its number there."""

    row: int
    cells: Mapping[str, str]


def headers(name: str) -> dict[str, str]:
    """What a browser needs to save the file."""
    return {"Content-Type": MEDIA_TYPE, "Content-Disposition": f'attachment; filename="{name}"'}


def write_entries(rows: Iterable[Mapping[str, Any]]) -> bytes:
    """A workbook of the entries; of none: the template for an import."""
    header = [*COLUMNS.values(), *SHOWN_ONLY.values()]
    hints = [
        ("区域代码 Zone", "控制区代码；全市填“全市”。 Code of the zone; 全市 or city for the whole city."),
        ("开始时间 From", "如 2027-03-01 08:00，北京时间。 As 2027-03-01 08:00, Beijing time."),
        ("状态 State", "导入时忽略：导入的条目均待审批。 Ignored on import: what is imported waits for approval."),
    ]
    return workbooks.write("白名单 Whitelist", header, (_cells(row) for row in rows), hints=hints)


def _cells(row: Mapping[str, Any]) -> list[object]:
    return [
        row["plate"] or row["machine_number"],
        row["plate_colour"],
        row["zone_code"] or "全市",
        row["purpose"],
        _local(row["valid_from"]),
        _local(row["valid_to"]),
        row["document"],
        row["note"],
        row["id"],
        row["state"],
        row["approver"],
        row["owner"],
    ]


def _local(at: dt.datetime) -> str:
    return at.astimezone(ZONE).strftime("%Y-%m-%d %H:%M:%S")


def read_entries(data: bytes) -> list[EntryCells]:
    """The rows of a workbook or CSV file. Raises FileRefusedError where the file as a whole cannot be taken."""
    if not data:
        raise FileRefusedError("请选择文件（.xlsx 或 .csv）", "Choose a file (.xlsx or .csv)")
    sheet = workbooks.read(data) if workbooks.is_workbook(data) else csv_files.read(data)
    fields = [_field(header) for header in sheet.header]
    missing = [COLUMNS[name] for name in MUST if name not in fields]
    if missing:
        names = "、".join(missing)
        raise FileRefusedError(
            f"缺少列：{names}。请从模板开始", f"Columns are missing: {names}. Begin with the template"
        )
    return [_entry(number, fields, cells) for number, cells in zip(sheet.numbers, sheet.rows, strict=True)]


def _field(header: str) -> str | None:
    plain = header.strip().lower()
    for name, title in COLUMNS.items():
        zh, _, en = title.partition(" ")
        if plain in (name, zh, en.lower(), title.lower()):
            return name
    return None


def _entry(number: int, fields: Sequence[str | None], cells: Sequence[str]) -> EntryCells:
    return EntryCells(number, {name: cell.strip() for name, cell in zip(fields, cells, strict=True) if name})
