"""Set held frames aside: they are not taken in, their bytes and the reason stay."""

from collections.abc import Sequence

from sqlalchemy import Connection

from server.store import audit, quarantine
from server.store.audit import Actor


def set_aside(connection: Connection, actor: Actor, numbers: Sequence[int], reason: str) -> list[int]:
    """The numbers that were held and are set aside now; each has its row in the audit log up to a hundred."""
    done = quarantine.set_aside(connection, numbers, reason, actor.user_id)
    if 0 < len(done) <= 100:
        for number in done:
            audit.append(connection, actor, "quarantine.set_aside", "quarantine", number, {"reason": reason})
    elif done:
        detail = {"reason": reason, "frames": len(done), "first": done[0], "last": done[-1]}
        audit.append(connection, actor, "quarantine.set_aside", "quarantine", "many", detail)
    return done
