"""Evidence is looked at, copied, checked anew or set aside: each leaves a row, what goes out also an audit row."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from enforcement.evidence.digests import Digests, verify
from server.documents.pictures import write_copy
from server.store import audit, evidence_items, evidence_reads
from server.store.audit import Actor
from server.store.evidence_store import EvidenceStore, StoreDamaged

THUMBNAIL_PX = 320
LEAVES = frozenset({"download", "share"})  # copies that go out of the platform
REASON_LEAST, REASON_MOST = 4, 500


@dataclass(frozen=True, slots=True)
class Recheck:
    """What reading the bytes again gave: `wrong` names what differs ("missing", "bytes", algorithms)."""

    wrong: tuple[str, ...]

    @property
    def holds(self) -> bool:
        return not self.wrong


def look(connection: Connection, actor: Actor, item: Mapping[str, Any], how: str) -> None:
    """Write down that somebody looked (view, thumbnail) or took a copy (download, share)."""
    evidence_reads.log(connection, actor, [item["id"]], how)
    if how in LEAVES:
        detail = {"name": item["name"], "sha256": item["sha256"], "owner_kind": item["owner_kind"]}
        audit.append(
            connection, actor, f"evidence.{how}", "evidence", item["id"], {**detail, "owner_id": item["owner_id"]}
        )


def is_picture(item: Mapping[str, Any]) -> bool:
    """Whether copies without a place can be made of it."""
    return bool(item["media_type"].startswith("image/"))


def picture(store: EvidenceStore, item: Mapping[str, Any], thumbnail: bool) -> Path:
    """A copy of a picture in the cache, upright, without its place: small, or in full; raises StoreDamaged."""
    most = THUMBNAIL_PX if thumbnail else None
    name = f"{item['sha256']}-{most or 'full'}.jpg"
    with store.open(item["sha256"]) as file:
        return store.cached(name, lambda target: write_copy(file, item["media_type"], target, most))


def recheck(connection: Connection, store: EvidenceStore, actor: Actor, item: Mapping[str, Any]) -> Recheck:
    """Read the bytes of an item and compare both hashes; the outcome goes into the audit log."""
    kept = Digests(item["bytes"], {"sha256": item["sha256"], "sm3": item["sm3"]})
    try:
        wrong = verify(kept, store.pieces(item["sha256"]))
    except StoreDamaged:
        wrong = ("missing",)
    detail = {"holds": not wrong, "wrong": list(wrong), "sha256": item["sha256"], "sm3": item["sm3"]}
    audit.append(connection, actor, "evidence.recheck", "evidence", item["id"], detail)
    return Recheck(wrong)


def set_aside(connection: Connection, actor: Actor, item: Mapping[str, Any], reason: str) -> bool:
    """An item no longer counts, with the reason; the bytes stay. False: it was set aside before."""
    assert actor.user_id is not None
    done = evidence_items.set_aside(connection, item["id"], reason, actor.user_id)
    if done:
        detail = {"reason": reason, "owner_kind": item["owner_kind"], "owner_id": item["owner_id"]}
        audit.append(connection, actor, "evidence.set_aside", "evidence", item["id"], detail)
    return done
