"""A tablet is made known, greets us again, is revoked or found again.

The tablet makes its id and the key of what it holds. Both are kept here: who signs in with the password gets the key
back, so that a forgotten PIN loses no check. An id belongs to one account for good.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection

from server.flows import reserve_numbers
from server.flows.refusals import Fault, Refused
from server.store import audit, tablets, users
from server.store.audit import Actor
from server.store.scopes import Scope
from server.store.tablets import Seen, Tablet
from server.store.users import Account

KEY_BYTES = 32
REASON_LEAST, REASON_MOST = 2, 200
DISCARDS_MOST = 200


class RevokedTablet(Exception):
    """The tablet was revoked; nothing was changed."""


class OtherAccount(Exception):
    """The id belongs to another account; nothing was changed."""


@dataclass(frozen=True, slots=True)
class Greeting:
    """What a tablet sends: its id, its name, its key, what it says of itself, drafts thrown away with why."""

    id: UUID
    name: str
    vault_key: bytes
    seen: Seen
    discarded: Sequence[tuple[str, str, str]] = ()  # key, subject, reason


def enrol(connection: Connection, actor: Actor, account: Account, greeting: Greeting) -> Tablet:
    """The tablet as we know it, with the key that counts; raises RevokedTablet, OtherAccount."""
    fresh = tablets.add(connection, greeting.id, account.id, account.organisation_id, greeting.name, greeting.vault_key)
    known = tablets.find_one(connection, greeting.id)
    assert known is not None
    if known.user_id != account.id:
        raise OtherAccount
    if known.revoked_at is not None:
        raise RevokedTablet
    if fresh:
        audit.append(connection, actor, "tablet.enrolled", "tablet", greeting.id, {"name": greeting.name})
    elif known.organisation_id != account.organisation_id:
        tablets.move(connection, greeting.id, account.organisation_id)
    tablets.note_contact(connection, greeting.id, greeting.seen)
    for key, subject, reason in greeting.discarded[:DISCARDS_MOST]:
        detail = {"key": key, "subject": subject, "reason": reason}
        audit.append(connection, actor, "tablet.draft_discarded", "tablet", greeting.id, detail)
    return known


def revoke(connection: Connection, actor: Actor, scope: Scope | None, tablet_id: UUID, reason: str) -> str | None:
    """Shut a tablet out and end the sessions of its account; its name, None where there is none to revoke."""
    found = tablets.find_in_scope(connection, scope, tablet_id)
    if found is None:
        return None
    if not REASON_LEAST <= len(reason) <= REASON_MOST:
        zh = f"请填写停用原因（{REASON_LEAST}至{REASON_MOST}字）。"
        raise Refused([Fault("reason", zh, f"Say why, in {REASON_LEAST} to {REASON_MOST} characters.")])
    if not tablets.revoke(connection, tablet_id, actor.user_id, reason):
        return None
    users.end_sessions(connection, found["user_id"])
    detail = {"name": found["name"], "account": found["username"], "reason": reason}
    audit.append(connection, actor, "tablet.revoked", "tablet", tablet_id, detail)
    reserve_numbers.void_all(connection, actor, tablet_id, f"终端已停用：{reason}")
    return str(found["name"])


def restore(connection: Connection, actor: Actor, scope: Scope | None, tablet_id: UUID) -> str | None:
    """Let a tablet in again that was found; its name, None where there is none to restore."""
    found = tablets.find_in_scope(connection, scope, tablet_id)
    if found is None or not tablets.restore(connection, tablet_id):
        return None
    detail = {"name": found["name"], "account": found["username"]}
    audit.append(connection, actor, "tablet.restored", "tablet", tablet_id, detail)
    return str(found["name"])
