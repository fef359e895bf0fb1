"""An enterprise says what came and went otherwise than by road; a change keeps what it said before."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from enforcement.ledgers.codes import lists
from enforcement.ledgers.shares import Mode
from enforcement.rules.book import BEIJING
from server.flows.refusals import Fault, Refused
from server.store import audit, clean_transport
from server.store.audit import Actor
from server.store.scopes import Scope

MOST_TONNES = Decimal("100000000")
FIRST_YEAR = 2015
PLACES = Decimal("0.001")


class StaleEntry(Exception):
    """Somebody else changed the entry meanwhile."""


@dataclass(frozen=True, slots=True)
class CarriedOtherwise:
    """Tonnes of one cargo of a month that went one way; `document` names the paper that proves them."""

    month: date | None
    direction: str
    mode: str
    cargo: str
    tonnes: Decimal | None
    document: str


def record(
    connection: Connection, actor: Actor, enterprise_id: int, division: str, draft: CarriedOtherwise, now: datetime
) -> int:
    """Keep an entry; its id. Raises Refused."""
    faults = [*_what_faults(draft, now), *_tonnes_faults(draft.tonnes, draft.document)]
    if faults or draft.month is None or draft.tonnes is None:
        raise Refused(faults)
    values = {
        "enterprise_id": enterprise_id, "division": division, "month": clean_transport.month_of(draft.month),
        "direction": draft.direction, "mode": draft.mode, "cargo": draft.cargo, "tonnes": draft.tonnes.quantize(PLACES),
        "document": draft.document, "recorded_by": actor.user_id,
    }  # fmt: skip
    number = clean_transport.add(connection, values)
    if number is None:
        known = clean_transport.same(connection, values)
        zh = f"该月该方向、方式、货物已有记录（编号 {known}），请修改该记录。"
        en = f"Entry {known} has this month, direction, way and cargo already: change that one."
        raise Refused([Fault("month", zh, en)])
    audit.append(connection, actor, "clean_transport.record", "clean_transport", number, values)
    return number


def change(
    connection: Connection, actor: Actor, scope: Scope, number: int, version: int, tonnes: Decimal | None,
    document: str, reason: str, now: datetime,
) -> None:  # fmt: skip
    """Other tonnes or another document, with why. Raises Refused, LookupError, StaleEntry."""
    row = clean_transport.find_one(connection, scope, number, hold=True)
    if row is None:
        raise LookupError(number)
    if row["version"] != version:
        raise StaleEntry(number)
    faults = _tonnes_faults(tonnes, document)
    if not 4 <= len(reason) <= 500:
        faults.append(Fault("reason", "请填写 4 至 500 字的原因", "Give the reason in 4 to 500 characters"))
    if not faults and tonnes is not None and (tonnes.quantize(PLACES), document) == (row["tonnes"], row["document"]):
        faults.append(Fault("tonnes", "内容没有变化", "Nothing is different"))
    if faults or tonnes is None:
        raise Refused(faults)
    clean_transport.change(
        connection, number, {"tonnes": tonnes.quantize(PLACES), "document": document}, _older(row, actor, reason, now)
    )
    detail = {"before": row["tonnes"], "after": tonnes, "document": document, "reason": reason}
    audit.append(connection, actor, "clean_transport.change", "clean_transport", number, detail)


def _older(row: Mapping[str, Any], actor: Actor, reason: str, now: datetime) -> dict[str, Any]:
    return {
        "tonnes": row["tonnes"], "document": row["document"], "version": row["version"], "at": now.isoformat(),
        "by": actor.username, "reason": reason,
    }  # fmt: skip


def _what_faults(draft: CarriedOtherwise, now: datetime) -> list[Fault]:
    faults = []
    today = now.astimezone(BEIJING).date()
    if draft.month is None:
        faults.append(Fault("month", "请填写年月，例如 2026-10", "Give the month, like 2026-10"))
    elif not date(FIRST_YEAR, 1, 1) <= draft.month <= today:
        faults.append(
            Fault("month", f"年月应在 {FIRST_YEAR} 年至本月之间", f"It must lie between {FIRST_YEAR} and this month")
        )
    if draft.direction not in {"in", "out"}:
        faults.append(Fault("direction", "请选择运入或运出", "Choose in or out"))
    if draft.mode not in set(Mode):
        faults.append(Fault("mode", "请选择运输方式", "Choose the way of transport"))
    if draft.cargo not in {code.value for code in lists()["cargo"]}:
        faults.append(Fault("cargo", "请从清单中选择货物", "Choose a cargo of the list"))
    return faults


def _tonnes_faults(tonnes: Decimal | None, document: str) -> list[Fault]:
    faults = []
    if tonnes is None or not tonnes.is_finite() or not 0 <= tonnes <= MOST_TONNES:
        faults.append(
            Fault("tonnes", "请填写不小于 0 的吨数（至多三位小数）", "Give tonnes of 0 or more, up to three decimals")
        )
    elif tonnes != tonnes.quantize(PLACES):
        faults.append(Fault("tonnes", "吨数至多三位小数", "At most three decimals"))
    if not 2 <= len(document) <= 200:
        faults.append(
            Fault(
                "document",
                "请填写凭据（2 至 200 字）",
                "Name the paper that proves it (2 to 200 characters)",
            )
        )
    return faults
