"""Numbers of repair notices given to a tablet ahead of use: reserved, then used once or void, with why."""

from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

SERIES = "repair_notice"


def reserved(connection: Connection, tablet_id: UUID) -> list[str]:
    """The numbers that a tablet may still give out, the lowest first."""
    rows = connection.execute(
        text(
            "SELECT number FROM reserved_numbers WHERE tablet_id = :tablet AND series = :series AND state = 'reserved'"
            " ORDER BY number"
        ),
        {"tablet": tablet_id, "series": SERIES},
    )
    return list(rows.scalars())


def reserve(connection: Connection, tablet_id: UUID, year: int, count: int) -> list[str]:
    """Take so many more from the sequence of all notices: W2026T-000123."""
    rows = connection.execute(
        text(
            "INSERT INTO reserved_numbers (number, series, tablet_id)"
            " SELECT 'W' || :year || 'T-' || lpad(nextval('repair_notice_numbers')::text, 6, '0'), :series, :tablet"
            " FROM generate_series(1, :count) RETURNING number"
        ),
        {"year": str(year), "series": SERIES, "tablet": tablet_id, "count": count},
    )
    return sorted(rows.scalars())


def hold(connection: Connection, number: str) -> dict[str, Any] | None:
    """A number that was reserved for some tablet, locked until the transaction ends."""
    row = connection.execute(
        text(
            "SELECT number, tablet_id, state, used_by, reason FROM reserved_numbers WHERE number = :number"
            " AND series = :series FOR UPDATE"
        ),
        {"number": number, "series": SERIES},
    ).one_or_none()
    return None if row is None else dict(row._mapping)


def use(connection: Connection, number: str, notice_id: int) -> None:
    """A held number is that of a notice from now on."""
    connection.execute(
        text(
            "UPDATE reserved_numbers SET state = 'used', used_by = :notice, reason = NULL, settled_at = now()"
            " WHERE number = :number"
        ),
        {"number": number, "notice": notice_id},
    )


def void(connection: Connection, tablet_id: UUID, reason: str, number: str | None = None) -> list[str]:
    """Reserved numbers of a tablet, one or all, are not to be used any more; those that were."""
    rows = connection.execute(
        text(
            "UPDATE reserved_numbers SET state = 'void', reason = :reason, settled_at = now()"
            " WHERE tablet_id = :tablet AND series = :series AND state = 'reserved'"
            " AND (cast(:number AS text) IS NULL OR number = :number) RETURNING number"
        ),
        {"tablet": tablet_id, "series": SERIES, "reason": reason, "number": number},
    )
    return sorted(rows.scalars())


def of_tablet(connection: Connection, tablet_id: UUID, most: int = 500) -> list[dict[str, Any]]:
    """Every number of a tablet and what became of it, the newest first."""
    rows = connection.execute(
        text(
            "SELECT r.number, r.state, r.reason, r.reserved_at, r.settled_at, r.used_by, n.subject_text,"
            " n.state AS notice_state, n.withdrawn_reason FROM reserved_numbers r"
            " LEFT JOIN repair_notices n ON n.id = r.used_by WHERE r.tablet_id = :tablet"
            " ORDER BY r.number DESC LIMIT :most"
        ),
        {"tablet": tablet_id, "most": most},
    )
    return [dict(row) for row in rows.mappings()]


def notice_of(connection: Connection, number: str) -> dict[str, Any] | None:
    """The notice under a number: id, number, last day, state and why it was withdrawn."""
    row = connection.execute(
        text(
            "SELECT id, number, due_on, state, withdrawn_reason, inspection_id FROM repair_notices WHERE number = :number"
        ),
        {"number": number},
    ).one_or_none()
    return None if row is None else dict(row._mapping)
