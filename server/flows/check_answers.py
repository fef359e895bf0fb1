"""What a tablet is told of a check: the verdict, each file by its hash, the notice; and inspections as it edits them.

An answer is read from what is recorded, so that the same check gives the same answer however often it is sent.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from server.store import instruments, reserved_numbers, tablet_checks
from server.store.scopes import Scope

BACK = timedelta(days=14)
READ_AT_THE_PLACE = ("stage", "fuel", "category", "power_kw", "rated_power_kw")
SAID = ("methods", "officers", "weather", "checklist", "party", "note")


def answer(
    connection: Connection, key: UUID, files: Sequence[tuple[str, str]], notice_number: str | None
) -> dict[str, Any]:
    """The answer to a check that stands under a key; `files` are the hashes and purposes that it named."""
    found = tablet_checks.find(connection, key)
    if found is None:
        raise LookupError(key)
    row, verdict = found["row"], found["row"]["verdict"]
    kept = tablet_checks.files_of(connection, [found["inspection_id"]], True)[found["inspection_id"]]
    return {
        "id": found["inspection_id"],
        "number": found["number"],
        "version": found["version"],
        "at": row["inspected_at"],
        "offset_used_ms": found["offset_used_ms"],
        "outcome": row["outcome"],
        "standing": row["standing"],
        "offences": row["offences"],
        "sentences": [{name: one[name] for name in ("code", "zh", "en")} for one in verdict["sentences"]],
        "files": [{"sha256": sha256, "item_id": _item(kept, sha256, purpose)} for sha256, purpose in files],
        "notice": _notice(connection, notice_number),
        "same_verdict": is_same(found["device_verdict"], row),
    }


def _item(kept: Sequence[Mapping[str, Any]], sha256: str, purpose: str) -> int:
    """The item of a hash, for this purpose where there are several."""
    own = [one for one in kept if one["sha256"] == sha256]
    number: int = next((one for one in own if one["purpose"] == purpose), own[0])["item_id"]
    return number


def _notice(connection: Connection, number: str | None) -> dict[str, Any] | None:
    found = reserved_numbers.notice_of(connection, number) if number else None
    if found is None:
        return None
    told = {name: found[name] for name in ("id", "number", "state", "withdrawn_reason")}
    return {**told, "due_on": found["due_on"].isoformat()}


def is_same(shown: Mapping[str, Any] | None, row: Mapping[str, Any]) -> bool:
    """Whether the tablet showed at the place what is recorded; one that showed nothing did not differ."""
    if shown is None:
        return True
    same = all(shown.get(name) == row[name] for name in ("outcome", "standing"))
    return same and sorted(shown.get("offences") or []) == sorted(row["offences"] or [])


def listed(
    connection: Connection, scope: Scope, organisation_id: int, since: datetime | None = None
) -> list[dict[str, Any]]:
    """The newest inspections of an organisation in full, as a tablet lists and edits them."""
    return _told(connection, scope, tablet_checks.recent(connection, scope, organisation_id, BACK, since))


def current(connection: Connection, scope: Scope, number: int) -> dict[str, Any]:
    """One inspection as it stands, in the same form. Raises LookupError outside the scope."""
    rows = tablet_checks.recent(connection, scope, 0, BACK, only=number)
    if not rows:
        raise LookupError(number)
    return _told(connection, scope, rows)[0]


def _told(connection: Connection, scope: Scope, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    files = tablet_checks.files_of(connection, [row["id"] for row in rows])
    registered = {
        (one["kind"], one["maker"], one["serial"]): one["id"]
        for one in instruments.usable(connection, scope, retired=True)
    }
    return [_one(row, files[row["id"]], registered) for row in rows]


def _one(
    row: Mapping[str, Any], files: Sequence[Mapping[str, Any]], registered: Mapping[tuple[str, str, str], int]
) -> dict[str, Any]:
    plain = ("id", "number", "version", "status", "source", "kind", "subject_text", "outcome", "standing", "offences",
             "place", "lon", "lat", "assignment_id", "recorded_by", "content")  # fmt: skip
    subject = row["verdict"].get("subject") or {}
    read = subject.get("read") or {}
    colour = row["plate_colour"] or subject.get("colour") or None
    used = [(one["kind"], one["maker"], one["serial"]) for one in row["content"].get("instruments", [])]
    check = {
        "kind": row["kind"], "subject": row["subject_text"], "colour": colour, "subject_kind": subject.get("kind"),
        **{name: read.get(name) for name in READ_AT_THE_PLACE},
        "lon": row["lon"], "lat": row["lat"], "place": row["place"] or "",
        **{name: row["content"].get(name) for name in SAID},
        "instrument_ids": [registered[one] for one in used if one in registered],
    }  # fmt: skip
    times = {"at": row["inspected_at"], "recorded_at": row["recorded_at"], "changed_at": row["changed_at"]}
    return {
        **{name: row[name] for name in plain},
        **{name: at.isoformat() for name, at in times.items()},
        "colour": colour,
        "subject_kind": subject.get("kind"),
        "check": check,
        "files": [dict(one) for one in files],
    }
