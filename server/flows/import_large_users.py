"""A sheet of the yearly list becomes entries: whole, or not at all; each wrong cell is told by row and column."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from server.documents.sheets import FileRefusedError, Sheet
from server.flows import keep_large_users
from server.flows.keep_large_users import STAGES
from server.flows.refusals import Refused
from server.store import audit
from server.store.audit import Actor
from server.store.scopes import Scope

HEADER: Mapping[str, tuple[str, str]] = {
    "enterprise": ("企业（全称或统一社会信用代码）", "Enterprise (name or credit code)"),
    "list_version": ("清单版本", "List version"),
    "from_on": ("列入日期", "From"),
    "industry": ("行业", "Industry"),
    "kind": ("类别", "Kind"),
    "people_supply": ("民生保障", "Supplies people's needs"),
    "trips_normal": ("平日日均进出次数", "Passages a normal day"),
    "trips_alert": ("预警日均进出次数", "Passages an alert day"),
    "gate_state": ("门禁状态", "Gate"),
    "plan_file": ("应急运输方案", "Emergency plan"),
    "contact": ("联系人", "Contact"),
    "phone": ("电话", "Phone"),
    "reason_in": ("列入理由", "Reason"),
    **{f"fleet_{stage}": (f"车辆数 {stage}", f"Vehicles {stage}") for stage in STAGES},
}
NEEDED = ("enterprise", "list_version", "from_on", "industry", "kind", "trips_normal", "gate_state", "reason_in")
TITLES = tuple(zh for zh, _en in HEADER.values())


@dataclass(frozen=True, slots=True)
class RowFault:
    """A wrong cell: its row in the file, its column, why."""

    row: int
    column: str
    zh: str
    en: str


def import_sheet(connection: Connection, actor: Actor, scope: Scope, sheet: Sheet) -> tuple[int, list[RowFault]]:
    """Enter each row; with a fault in any none is kept. Raises FileRefusedError where the header is not the list's."""
    places = _places(sheet)
    attempt, faults = connection.begin_nested(), []
    for number, cells in zip(sheet.numbers, sheet.rows, strict=True):
        given = {name: cells[at].strip() for name, at in places.items()}
        try:
            keep_large_users.enter(connection, actor, scope, given)
        except Refused as refused:
            faults += [
                RowFault(number, HEADER.get(one.field, (one.field,))[0], one.zh, one.en) for one in refused.faults
            ]
    if faults:
        attempt.rollback()
        return 0, faults
    attempt.commit()
    audit.append(connection, actor, "large_user.import", "large_user", "file", {"rows": len(sheet.rows)})
    return len(sheet.rows), []


def _places(sheet: Sheet) -> dict[str, int]:
    names = {word.lower(): name for name, words in HEADER.items() for word in words}
    places = {
        names[title.strip().lower()]: at for at, title in enumerate(sheet.header) if title.strip().lower() in names
    }
    missing = [HEADER[name] for name in NEEDED if name not in places]
    if missing:
        zh, en = "、".join(one[0] for one in missing), ", ".join(one[1] for one in missing)
        raise FileRefusedError(f"表头缺少：{zh}。请使用模板。", f"The header lacks: {en}. Use the template.")
    return places
