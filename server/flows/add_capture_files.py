"""Pictures and video come to a capture: kept as evidence, and its standing is judged anew."""

from collections.abc import Sequence

from sqlalchemy import Connection

from enforcement.captures.reviews import WAITING, Status
from enforcement.rules.book import RuleBook
from server.flows import capture_standing
from server.flows.keep_evidence import Item, Owner, Upload, keep
from server.store import audit, capture_rows
from server.store.audit import Actor
from server.store.evidence_store import EvidenceStore
from server.store.scopes import Scope

PURPOSES = ("scene", "smoke", "plate", "front", "video")
"""Wide view with the plume, the plume from behind, the plate, the tractor from the front, the film (2.2)."""
OPEN = (*WAITING, Status.DUPLICATE)


class Decided(Exception):
    """The capture is decided: what it was judged by stays as it was."""


def add_files(
    connection: Connection,
    store: EvidenceStore,
    actor: Actor,
    scope: Scope,
    rules: RuleBook,
    capture_id: int,
    uploads: Sequence[Upload],
) -> list[Item]:
    """Keep files; sent twice they are kept once. Raises LookupError, Decided, UploadFault; then nothing was kept."""
    row = capture_rows.lock(connection, scope, capture_id)
    if row is None:
        raise LookupError(capture_id)
    if row["status"] not in OPEN:
        raise Decided(row["number"])
    items = keep(connection, store, actor, Owner("capture", capture_id, row["division"]), uploads)
    fresh = [item for item in items if item.new]
    if fresh:
        capture_rows.touch(connection, capture_id)
        after = capture_rows.lock(connection, scope, capture_id) or row
        standing = capture_standing.judge(connection, rules, after).standing
        detail = {"number": row["number"], "sha256": [item.sha256 for item in fresh], "standing": standing}
        audit.append(connection, actor, "capture.files", "capture", capture_id, detail)
    return items
