"""The queue of the review desk: who holds which capture, and which comes next."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, text

from enforcement.captures.reviews import WAITING
from server.store.paging import count_capped
from server.store.scopes import Scope

_FREE = """c.id <> ALL (:without) AND (c.held_by IS NULL OR c.held_by = :user OR c.held_until < :now)
  AND NOT EXISTS (SELECT FROM capture_reviews r WHERE r.capture_id = c.id AND r.by_user = :user)"""


def take_next(
    connection: Connection, scope: Scope, user_id: int, now: datetime, until: datetime, without: Sequence[int]
) -> int | None:
    """Hold the next capture for this person until a moment; its id, None when nothing waits.

    What is evidence goes first, and there what others have looked at already. Rows locked by another request at this
    moment are passed over, so two people never get the same one.
    """
    clause, values = scope.condition("c.division")
    for standing in ("evidence", "void"):
        for status in WAITING:
            found: int | None = connection.execute(
                text(
                    "UPDATE captures SET held_by = :user, held_until = :until WHERE id = (SELECT c.id FROM captures c"
                    f" WHERE c.standing = '{standing}' AND c.status = '{status}' AND {clause} AND {_FREE}"
                    " ORDER BY c.captured_at, c.id LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id"
                ),
                {"user": user_id, "now": now, "until": until, "without": list(without), **values},
            ).scalar()
            if found is not None:
                return found
    return None


def hold(connection: Connection, scope: Scope, user_id: int, capture_id: int, now: datetime, until: datetime) -> bool:
    """Hold one capture for this person, if nobody else holds it; whether it is held now."""
    clause, values = scope.condition("c.division")
    done = connection.execute(
        text(
            "UPDATE captures c SET held_by = :user, held_until = :until WHERE c.id = :id AND c.status = ANY (:waiting)"
            f" AND {clause} AND {_FREE}"
        ),
        {
            "id": capture_id,
            "user": user_id,
            "now": now,
            "until": until,
            "without": [],
            "waiting": [str(status) for status in WAITING],
            **values,
        },
    )
    return bool(done.rowcount)


def release(connection: Connection, user_id: int, capture_id: int | None = None) -> None:
    """Let go of one capture, or of all that this person holds."""
    connection.execute(
        text(
            "UPDATE captures SET held_by = NULL, held_until = NULL WHERE held_by = :user"
            " AND (cast(:id AS bigint) IS NULL OR id = :id)"
        ),
        {"user": user_id, "id": capture_id},
    )


def waiting(connection: Connection, scope: Scope, user_id: int, now: datetime) -> tuple[int, bool]:
    """How many captures this person could review now, counted up to the cap."""
    clause, values = scope.condition("c.division")
    return count_capped(
        connection,
        f"captures c WHERE c.status IN ('first_review', 'second_review', 'disputed') AND {clause} AND {_FREE}",
        {"user": user_id, "now": now, "without": [], **values},
        1000,
    )


def holder(connection: Connection, user_id: int) -> str:
    """The name of who holds a capture."""
    found: str = connection.execute(text("SELECT name FROM users WHERE id = :id"), {"id": user_id}).scalar_one()
    return found
