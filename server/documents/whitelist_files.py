"""Whitelist entries as a workbook: columns that enforcement.zones.whitelist reads back, and beside them what is known.

Times are local (Asia/Shanghai). What is imported waits for approval, whatever the file says of its state.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from enforcement.zones.whitelist import CITY_WIDE, HEADER
from server.documents import csv_files, workbooks
from server.documents.sheets import FileRefusedError, Sheet

__all__ = ["FileRefusedError", "headers", "read_sheet", "write_entries"]

ZONE = ZoneInfo("Asia/Shanghai")
MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SHOWN_ONLY = ("编号", "状态", "批准文号", "所有人", "企业", "仅门禁", "最高预警级别", "路线", "申请单位", "暂停")
HINTS = (
    (
        "号牌号码 Plate",
        "与号牌颜色一起填写；机械只填环保登记号码。 With its colour; for a machine the registration number alone.",
    ),
    ("管控区域 Zone", "控制区名称或代码；全市填“全市”。 Name or code of the zone; 全市 for the whole city."),
    ("有效期 Period", "如 2027-03-01 08:00，北京时间；只填日期时，止日当天有效。 As 2027-03-01 08:00, Beijing time."),
    ("状态 State", "导入时忽略：导入的条目均待审批。 Ignored on import: what is imported waits for approval."),
)


def headers(name: str) -> dict[str, str]:
    """What a browser needs to save the file."""
    return {"Content-Type": MEDIA_TYPE, "Content-Disposition": f'attachment; filename="{name}"'}


def read_sheet(data: bytes) -> Sheet:
    """The table of a workbook or CSV file. Raises FileRefusedError where the file as a whole cannot be taken."""
    if not data:
        raise FileRefusedError("请选择文件（.xlsx 或 .csv）", "Choose a file (.xlsx or .csv)")
    return workbooks.read(data) if workbooks.is_workbook(data) else csv_files.read(data)


def write_entries(rows: Iterable[Mapping[str, Any]]) -> bytes:
    """A workbook of the entries."""
    return workbooks.write("白名单", (*HEADER, *SHOWN_ONLY), (_cells(row) for row in rows), hints=HINTS)


def write_template() -> bytes:
    """An empty workbook for an import."""
    return workbooks.write("白名单", HEADER, (), hints=HINTS)


def _cells(row: Mapping[str, Any]) -> list[object]:
    return [
        row["plate"],
        row["plate_colour"],
        None if row["plate"] else row["machine_number"],
        row["zone_code"] or CITY_WIDE[0],
        row["purpose"],
        _local(row["valid_from"]),
        _local(row["valid_to"]),
        row["approver"],
        row["note"],
        row["id"],
        row["state"],
        row["document"],
        row["owner"],
        row["plant"],
        "是" if row["gates_only"] else "",
        row["level_to"],
        row["route"],
        row["applicant"],
        "是" if row["suspended"] else "",
    ]


def _local(at: dt.datetime) -> str:
    return at.astimezone(ZONE).strftime("%Y-%m-%d %H:%M:%S")
