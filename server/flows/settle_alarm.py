"""Somebody has seen to an alarm."""

from sqlalchemy import Connection

from server.store import audit, tasks
from server.store.audit import Actor


def settle_alarm(connection: Connection, actor: Actor, number: int) -> bool:
    """Settle it; False when it was settled before or never was."""
    if not tasks.settle_alarm(connection, number, actor.user_id):
        return False
    audit.append(connection, actor, "alarm.settled", "alarm", number)
    return True
