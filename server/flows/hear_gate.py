"""A heartbeat: the gate is alive, and so are the devices it names. What is on no file is said, not refused."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from server.store import gate_devices, gates
from server.store.scopes import Scope


def hear(
    connection: Connection, scope: Scope, number: int, devices: Sequence[tuple[str, str]], now: datetime
) -> list[int]:
    """Note the gate and its devices (kind, number); places in the list that are on no file. Raises LookupError."""
    if gates.find_one(connection, scope, number) is None:
        raise LookupError(number)
    gates.seen(connection, number, now)
    return gate_devices.seen(connection, number, devices, now) if devices else []
