"""Pictures of a passage that are kept here: the row names the item by what it shows."""

import json
from collections.abc import Mapping

from sqlalchemy import Connection, text


def add(connection: Connection, number: int, photos: Mapping[str, str]) -> None:
    """Name pictures in the row of a passage that waits for the gatekeeper."""
    connection.execute(
        text(
            "UPDATE ledger_passages SET photos = coalesce(photos, '{}') || cast(:photos AS jsonb)"
            " WHERE id = :id AND state = 'pending'"
        ),
        {"id": number, "photos": json.dumps(dict(photos))},
    )
