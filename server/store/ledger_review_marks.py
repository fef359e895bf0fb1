"""How far each review of ledgers has come: what came in, or ended, before its mark was looked at."""

from datetime import datetime

from sqlalchemy import Connection, text


def find(connection: Connection, name: str) -> datetime | None:
    """The mark of a review; None: it never ran."""
    found: datetime | None = connection.execute(
        text("SELECT upto FROM ledger_review_marks WHERE name = :name"), {"name": name}
    ).scalar()
    return found


def put(connection: Connection, name: str, upto: datetime) -> None:
    """Move a mark; it never goes back."""
    connection.execute(
        text(
            "INSERT INTO ledger_review_marks AS m (name, upto) VALUES (:name, :upto)"
            " ON CONFLICT (name) DO UPDATE SET upto = greatest(m.upto, excluded.upto)"
        ),
        {"name": name, "upto": upto},
    )
