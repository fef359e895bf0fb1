"""The security administrator gives another system a key, or ends it; its text is shown once and never kept."""

import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from server.flows.api_tokens import Issued, digest
from server.flows.refusals import Fault, Refused
from server.store import audit, organisations, system_keys
from server.store.audit import Actor
from server.store.system_keys import SystemKey

PREFIX = "dsk_"
FORM = re.compile(r"dsk_[A-Za-z0-9_-]{43}")
SCOPES = ("camera", "station", "gate")
LONGEST_DAYS = 732


@dataclass(frozen=True, slots=True)
class Wanted:
    """A key as it is asked for; `days` is how long it holds."""

    name: str
    organisation_id: int | None
    scopes: Collection[str]
    days: int | None


def issue(connection: Connection, actor: Actor, wanted: Wanted, now: datetime) -> Issued:
    """Make a key; raises Refused with every fault."""
    known = {row["id"] for row in organisations.all_active(connection)}
    found = _faults(wanted, known)
    if found or wanted.organisation_id is None or wanted.days is None:
        raise Refused(found)
    text = PREFIX + secrets.token_urlsafe(32)
    scopes = sorted(wanted.scopes)
    expires_at = now + timedelta(days=wanted.days)
    number = system_keys.add(
        connection, wanted.name, wanted.organisation_id, scopes, digest(text), expires_at, actor.user_id
    )
    detail = {"name": wanted.name, "organisation_id": wanted.organisation_id, "scopes": scopes,
              "expires_at": expires_at.isoformat()}  # fmt: skip
    audit.append(connection, actor, "system_key.create", "system_key", number, detail)
    return Issued(number, text)


def _faults(wanted: Wanted, known: Collection[int]) -> list[Fault]:
    faults = []
    if not (2 <= len(wanted.name) <= 100 and wanted.name.isprintable()):
        faults.append(Fault("name", "请填写系统名称（2 至 100 字）", "Name the system in 2 to 100 characters"))
    if wanted.organisation_id not in known:
        faults.append(Fault("organisation", "请选择所属单位", "Choose the organisation it belongs to"))
    if not wanted.scopes or not set(wanted.scopes) <= set(SCOPES):
        faults.append(Fault("scopes", "请选择用途", "Choose what it is for"))
    if wanted.days is None or not 1 <= wanted.days <= LONGEST_DAYS:
        zh, en = f"有效天数应为 1 至 {LONGEST_DAYS}", f"It holds for 1 to {LONGEST_DAYS} days"
        faults.append(Fault("days", zh, en))
    return faults


def revoke(connection: Connection, actor: Actor, number: int) -> bool:
    """End a key at once; false where there is none in force."""
    row = system_keys.revoke(connection, number)
    if row is None:
        return False
    audit.append(connection, actor, "system_key.revoke", "system_key", number, {"name": row["name"]})
    return True


def holder_of(connection: Connection, text: str) -> SystemKey | None:
    """The key in force with this text."""
    return system_keys.find_holder(connection, digest(text)) if FORM.fullmatch(text) else None
