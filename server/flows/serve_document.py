"""A document reaches somebody, or is revoked. Clocks that service starts are started by the step of the case.

Serving is written down once (how, to whom, on which day); a revoked document keeps its number, which is never used
again (APL 61; civil procedure for the ways of service).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection

from enforcement.rules.book import day_of
from server.flows.refusals import Fault, Refused
from server.store import audit, documents, repairs
from server.store.audit import Actor
from server.store.users import Account

WAYS = ("in_person", "post", "electronic", "left", "public_notice")
TEXT_MOST, REASON_LEAST = 200, 4


@dataclass(frozen=True, slots=True)
class Service:
    """How, to whom and on which Beijing day a document was served."""

    how: str
    to: str
    on: date | None


def _locked(connection: Connection, account: Account, number: int) -> dict[str, Any]:
    found = documents.lock(connection, account.scope, number)
    if found is None:
        raise LookupError(number)
    own = {one["id"] for one in documents.issuers(connection, account.organisation_id)}
    above = account.organisation_kind == "ecology" and len(account.scope.divisions or "") < 6
    if found["organisation_id"] not in own and not above:
        raise Refused([Fault("state", "该文书由其他单位制作", "The document is another body's")])
    return found


def serve(
    connection: Connection, actor: Actor, account: Account, number: int, service: Service, now: datetime | None = None
) -> None:
    """Write down that it was served. Raises LookupError outside the scope, Refused."""
    found = _locked(connection, account, number)
    faults = list(_service_faults(found, service, day_of(now or datetime.now(UTC))))
    if faults:
        raise Refused(faults)
    values = {"served_on": service.on, "served_how": service.how, "served_to": service.to.strip()}
    documents.serve(connection, number, {**values, "served_by": account.id})
    audit.append(connection, actor, "document.serve", "document", number, {"number": found["number"], **values})


def _service_faults(found: Mapping[str, Any], service: Service, today: date) -> Iterator[Fault]:
    if found["state"] != "issued":
        yield Fault("state", "该文书已送达或已撤销，请刷新页面", "It is served or revoked already: load the page again")
    if service.how not in WAYS:
        yield Fault("how", "请选择送达方式", "Choose how it was served")
    if not 1 <= len(service.to.strip()) <= TEXT_MOST:
        yield Fault("to", "请填写签收人或受送达人", "Say who received it")
    issued = day_of(found["issued_at"])
    if service.on is None or not issued <= service.on <= today:
        yield Fault("on", f"送达日期应在{issued}至{today}之间", f"The day must be from {issued} to {today}")


def revoke(connection: Connection, actor: Actor, account: Account, number: int, reason: str) -> None:
    """It no longer counts. Raises LookupError outside the scope, Refused."""
    found = _locked(connection, account, number)
    faults = []
    if found["state"] == "revoked":
        faults.append(Fault("state", "该文书已撤销", "It is revoked already"))
    if not REASON_LEAST <= len(reason.strip()) <= TEXT_MOST:
        zh, en = (
            f"请填写撤销理由（{REASON_LEAST}至{TEXT_MOST}字）",
            f"Give the reason, {REASON_LEAST} to {TEXT_MOST} characters",
        )
        faults.append(Fault("reason", zh, en))
    faults += _notice_faults(connection, number)
    if faults:
        raise Refused(faults)
    documents.revoke(connection, number, account.id, reason.strip())
    detail = {"number": found["number"], "reason": reason.strip()}
    audit.append(connection, actor, "document.revoke", "document", number, detail)


def _notice_faults(connection: Connection, number: int) -> list[Fault]:
    """A repair that is under way rests on its notice: the case says first that none is owed."""
    open_one = repairs.open_of_document(connection, number)
    if open_one is None:
        return []
    zh = (
        f"维修通知{open_one}依据本文书办理且尚未办结：请先在案件中办理“无需维修”，再撤销文书；"
        "仍需维修的，再“要求维修”并重新签发。"
    )
    en = (
        f'The repair notice {open_one} rests on it and is open: take the step "No repair is owed" in the case first; '
        "where a repair is still owed, require it again and issue a new notice."
    )
    return [Fault("reason", zh, en)]
