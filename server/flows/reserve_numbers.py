"""Numbers of repair notices for tablets: reserved ahead, used once each, void with a reason. None is unexplained."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from enforcement.rules.book import day_of
from server.flows.refusals import Fault, Refused
from server.store import audit, reserved_numbers, tablet_checks
from server.store.audit import Actor
from server.store.users import Account

MOST = 50  # that a tablet holds: a notice a check is rare, and what is lost with it leaves a gap to explain
REASON_LEAST, REASON_MOST = 4, 500


class TabletRefused(Exception):
    """The tablet may not send: `code` is "revoked" for its own account, "tablet_unknown" for anybody else."""

    def __init__(self, code: str, zh: str, en: str) -> None:
        """Keep what the device shows."""
        super().__init__(en)
        self.code, self.zh, self.en = code, zh, en


class NumberUsed(Exception):
    """The number stands on a notice that is recorded; it cannot become void."""


def own_tablet(connection: Connection, account: Account, tablet_id: UUID) -> dict[str, Any]:
    """The row of a tablet that the account sends from, locked. Raises TabletRefused."""
    row = tablet_checks.hold_tablet(connection, tablet_id)
    if row is None or row["user_id"] != account.id:
        zh = "平台上没有该账号的这台终端登记，请联网重新登录以登记。"
        raise TabletRefused("tablet_unknown", zh, "The account has not enrolled this tablet: sign in on it again.")
    if row["revoked_at"] is not None:
        zh, en = f"该终端已停用：{row['revoked_reason']}", f"The tablet was revoked: {row['revoked_reason']}"
        raise TabletRefused("revoked", zh, en)
    return row


def reserve(
    connection: Connection, actor: Actor, account: Account, tablet_id: UUID, want: int, now: datetime
) -> list[str]:
    """Top a tablet's numbers up to `want`; all that it may give out now. Raises TabletRefused, Refused."""
    if not 0 <= want <= MOST:
        raise Refused([Fault("want", f"应为 0 至 {MOST}", f"From 0 to {MOST}")])
    own_tablet(connection, account, tablet_id)
    there = reserved_numbers.reserved(connection, tablet_id)
    if len(there) >= want:
        return there
    added = reserved_numbers.reserve(connection, tablet_id, day_of(now).year, want - len(there))
    audit.append(connection, actor, "tablet.numbers", "tablet", tablet_id, {"numbers": added})
    return sorted([*there, *added])


def void(
    connection: Connection, actor: Actor, account: Account, tablet_id: UUID, number: str | None, reason: str
) -> list[str]:
    """One number, or all that are left, is not used any more; void already is no fault.

    Raises TabletRefused, Refused, LookupError where the tablet never had it, NumberUsed.
    """
    if not REASON_LEAST <= len(reason.strip()) <= REASON_MOST:
        zh = f"请写明理由（{REASON_LEAST} 至 {REASON_MOST} 字）"
        raise Refused([Fault("reason", zh, f"Give the reason, {REASON_LEAST} to {REASON_MOST} characters")])
    own_tablet(connection, account, tablet_id)
    if number is not None:
        held = reserved_numbers.hold(connection, number)
        if held is None or held["tablet_id"] != tablet_id:
            raise LookupError(number)
        if held["state"] == "used":
            raise NumberUsed(number)
    return void_all(connection, actor, tablet_id, reason, number)


def void_all(
    connection: Connection, actor: Actor, tablet_id: UUID, reason: str, number: str | None = None
) -> list[str]:
    """Make void what a tablet has left, as when it is wiped or revoked; who may do so the caller has asked."""
    done = reserved_numbers.void(connection, tablet_id, reason.strip()[:REASON_MOST], number)
    if done:
        audit.append(connection, actor, "tablet.numbers_void", "tablet", tablet_id, {"numbers": done, "reason": reason})
    return done


def held_for(connection: Connection, tablet_id: UUID, number: str) -> Mapping[str, Any]:
    """A number that stands on a paper handed out from this tablet, locked. Raises Refused.

    One that was made void meanwhile counts: the paper is out, and a number tells more with its notice than without.
    """
    held = reserved_numbers.hold(connection, number)
    if held is None or held["tablet_id"] != tablet_id:
        zh, en = "该通知编号不是为本终端预留的", "This number was not reserved for this tablet"
        raise Refused([Fault("notice.number", zh, en)])
    if held["state"] == "used":
        zh, en = "该通知编号已用于另一次检查", "This number stands on the notice of another check"
        raise Refused([Fault("notice.number", zh, en)])
    return held
