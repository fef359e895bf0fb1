"""Accounts of terminals on the broker: who has one, and the hash of its password."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text


@dataclass(frozen=True, slots=True)
class BrokerTerminal:
    """A terminal as the broker knows it; `issued_at` None: it has no account."""

    id: int
    kind: str
    device: str
    state: str
    issued_at: datetime | None


def find_terminal(connection: Connection, terminal_id: int) -> BrokerTerminal | None:
    """One terminal with its account."""
    row = connection.execute(
        text(
            "SELECT t.id, t.kind, t.device, t.state, b.issued_at FROM terminals t "
            "LEFT JOIN broker_accounts b ON b.terminal_id = t.id WHERE t.id = :id"
        ),
        {"id": terminal_id},
    ).first()
    return BrokerTerminal(*row) if row else None


def find_number(connection: Connection, kind: str, device: str) -> int | None:
    """The number of the terminal of this kind and name."""
    found = connection.execute(
        text("SELECT id FROM terminals WHERE kind = :kind AND device = :device"), {"kind": kind, "device": device}
    )
    return found.scalar()


def keep(connection: Connection, terminal_id: int, password_hash: str, user_id: int | None) -> None:
    """Give a terminal its account, or a new password: the old one ends with it."""
    connection.execute(
        text(
            "INSERT INTO broker_accounts (terminal_id, password_hash, issued_by) VALUES (:id, :hash, :user) "
            "ON CONFLICT (terminal_id) DO UPDATE SET password_hash = excluded.password_hash, issued_at = now(), "
            "issued_by = excluded.issued_by"
        ),
        {"id": terminal_id, "hash": password_hash, "user": user_id},
    )


def withdraw(connection: Connection, terminal_id: int) -> bool:
    """Take a terminal's account away; False if it had none."""
    found = connection.execute(text("DELETE FROM broker_accounts WHERE terminal_id = :id"), {"id": terminal_id})
    return bool(found.rowcount)


def lines(connection: Connection) -> list[str]:
    """`kind/device:hash` of every account whose terminal is in use, in order."""
    rows = connection.execute(
        text(
            "SELECT t.kind, t.device, b.password_hash FROM broker_accounts b JOIN terminals t ON t.id = b.terminal_id "
            "WHERE t.state = 'active' ORDER BY t.kind, t.device"
        )
    )
    return [f"{kind}/{device}:{hashed}" for kind, device, hashed in rows]
