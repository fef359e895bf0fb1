"""An officer confirms or dismisses a flagged violation: once, by one person, with a coded reason and a note.

Confirming seals the evidence: the SHA-256 of every packet around the act, checked against the raw bytes as they are
kept, with the verdict and the versions it cites, under one manifest hash that also goes into the audit chain.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from server.flows.refusals import Fault
from server.store import audit, violations
from server.store.audit import Actor
from server.store.scopes import Scope

CONFIRM_REASONS = ("track_clear", "seen_on_site", "admitted", "seen_on_camera")
DISMISS_REASONS = (
    "position_fault",
    "exempt",
    "emergency",
    "registry_fault",
    "device_moved",
    "zone_fault",
    "repeated",
    "other",
)
REASONS: dict[str, tuple[str, ...]] = {"confirmed": CONFIRM_REASONS, "dismissed": DISMISS_REASONS}
NOTE_LEAST, NOTE_MOST = 4, 2000


@dataclass(frozen=True, slots=True)
class Decision:
    """What the officer says."""

    status: str
    reason: str
    note: str


@dataclass(frozen=True, slots=True)
class TakenBefore:
    """Somebody else was first, or the violation fell away; nothing was changed."""

    status: str
    decider: str | None
    decided_at: datetime | None


class EvidenceBroken(Exception):
    """A packet's raw bytes do not give the hash that was kept when it came; nothing was changed."""


def faults(decision: Decision) -> list[Fault]:
    """What is missing or wrong, field by field."""
    found = []
    if decision.reason not in REASONS.get(decision.status, ()):
        found.append(Fault("reason", "请选择理由", "Choose a reason"))
    if not NOTE_LEAST <= len(decision.note) <= NOTE_MOST:
        found.append(
            Fault(
                "note",
                f"请填写说明（{NOTE_LEAST} 至 {NOTE_MOST} 字）",
                f"Write a note of {NOTE_LEAST} to {NOTE_MOST} characters",
            )
        )
    return found


def decide(connection: Connection, actor: Actor, scope: Scope, number: int, decision: Decision) -> TakenBefore | None:
    """Decide; None when it is done. Raises LookupError outside the scope, EvidenceBroken on a changed packet."""
    found = violations.lock(connection, scope, number)
    if found is None:
        raise LookupError(number)
    if found["status"] != "flagged":
        return TakenBefore(found["status"], found["decider"], found["decided_at"])
    evidence = _sealed(connection, found) if decision.status == "confirmed" else None
    violations.decide(connection, number, decision.status, actor.user_id, decision.reason, decision.note, evidence)
    detail: dict[str, Any] = {"number": found["number"], "reason": decision.reason, "note": decision.note}
    if evidence is not None:
        detail |= {"manifest_sha256": evidence["manifest_sha256"], "packets": len(evidence["packets"])}
    audit.append(connection, actor, f"violation.{decision.status}", "violation", number, detail)
    return None


def _sealed(connection: Connection, found: Mapping[str, Any]) -> dict[str, Any]:
    hashes = violations.evidence_hashes(connection, found["terminal_id"], found["first_at"], found["last_at"])
    if any(kept != now for kept, now in hashes):
        raise EvidenceBroken(found["number"])
    return seal(found, [kept for kept, _ in hashes])


def seal(found: Mapping[str, Any], hashes: Sequence[str]) -> dict[str, Any]:
    """The manifest of a violation and its hash."""
    manifest = {
        "number": found["number"],
        "terminal_id": found["terminal_id"],
        "zone_version_id": found["zone_version_id"],
        "first_at": found["first_at"].isoformat(),
        "last_at": found["last_at"].isoformat(),
        "verdict_sha256": _hash(found["verdict"]),
        "packets": list(hashes),
    }
    return {**manifest, "manifest_sha256": _hash(manifest)}


def manifest_holds(evidence: Mapping[str, Any], verdict: Any) -> bool:
    """Whether the sealed manifest still gives its hash, and the verdict the hash in it."""
    manifest = {name: value for name, value in evidence.items() if name != "manifest_sha256"}
    return _hash(manifest) == evidence.get("manifest_sha256") and _hash(verdict) == evidence.get("verdict_sha256")


def _hash(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
