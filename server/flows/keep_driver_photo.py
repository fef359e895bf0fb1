"""The picture that a driver sends with an entry is kept as evidence of the passage, and the row names it."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from server.flows.keep_evidence import Owner, Upload
from server.flows.keep_evidence import keep as keep_evidence
from server.store import passage_photos
from server.store.audit import Actor
from server.store.evidence_store import EvidenceStore


def keep(
    connection: Connection, store: EvidenceStore, gate: Mapping[str, Any], number: int, files: Sequence[Upload],
    address: str | None,
) -> None:  # fmt: skip
    """Keep the picture of a passage that waits; raises UploadFault."""
    owner = Owner("passage", number, gate["division"], gate["enterprise_id"])
    items = keep_evidence(connection, store, Actor(None, "driver", None, address), owner, files)
    passage_photos.add(connection, number, {one.purpose: f"item:{one.id}" for one in items})
