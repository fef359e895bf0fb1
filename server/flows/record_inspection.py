"""Inspections are recorded, corrected as new versions, and withdrawn with a reason; each in one transaction.

What is sent twice under one key is one inspection; a version that somebody else has replaced is not written over.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from enforcement.rules.book import RuleBook, day_of
from server.flows.inspection_subjects import plain
from server.flows.judge_inspection import InspectionDraft, content_of, judge
from server.flows.refusals import Fault, Refused
from server.store import audit, inspections
from server.store.audit import Actor
from server.store.scopes import Scope

REASON_LEAST, REASON_MOST = 4, 500
KEY_MOST = 200


@dataclass(frozen=True, slots=True)
class Recorded:
    """What was written, or what stood under the key already (`created` False)."""

    id: int
    number: str
    created: bool


class StaleVersion(Exception):
    """Somebody else has changed the inspection; nothing was written. Carries the version that stands."""

    def __init__(self, version: int) -> None:
        super().__init__(f"version {version} stands")
        self.version = version


class OtherContent(Exception):
    """The key was used before for something else. Carries the number of that inspection."""

    def __init__(self, number: str) -> None:
        super().__init__(number)
        self.number = number


def record(
    connection: Connection,
    actor: Actor,
    scope: Scope,
    rules: RuleBook,
    draft: InspectionDraft,
    now: datetime,
    source: str = "page",
    source_key: str | None = None,
    quiet: bool = False,
) -> Recorded:
    """Record an inspection. `quiet` leaves the audit row to the caller. Raises Refused, OtherContent."""
    key = _key(actor, source_key)
    before = inspections.by_source_key(connection, key) if key else None
    if before is not None:
        return _again(before, draft)
    number = inspections.next_number(connection, f"{day_of(now):%Y%m%d}")
    judged = judge(connection, scope, rules, draft, now, number)
    row = {
        **judged.row,
        "number": number,
        "source": source,
        "source_key": key,
        "organisation_id": actor.organisation_id,
        "retest_of": draft.retest_of,
        "recorded_by": actor.user_id,
    }
    found = inspections.insert(connection, row)
    if found is None:  # another request under the same key was quicker
        return _again(inspections.by_source_key(connection, str(key)) or {}, draft)
    inspections.add_version(connection, found, None, actor.user_id)
    if not quiet:
        note(connection, actor, {**row, "id": found}, 1)
    return Recorded(found, number, True)


def correct(
    connection: Connection,
    actor: Actor,
    scope: Scope,
    rules: RuleBook,
    number: int,
    version: int,
    draft: InspectionDraft,
    reason: str,
    now: datetime,
    quiet: bool = False,
) -> int:
    """Put a new version in place; its number. `quiet` leaves the audit row to `note`.

    Raises Refused, LookupError, StaleVersion.
    """
    row = _held(connection, scope, number, version)
    faults = _reason_faults(reason)
    if row["status"] != "recorded":
        faults.append(Fault("reason", "已撤回的检查不能更正", "What was withdrawn is not corrected"))
    if faults:
        raise Refused(faults)
    judged = judge(connection, scope, rules, draft, now, row["number"], number)
    inspections.replace(connection, number, judged.row)
    inspections.add_version(connection, number, reason.strip(), actor.user_id)
    if not quiet:
        note(connection, actor, {**judged.row, "id": number, "number": row["number"]}, version + 1, reason)
    return version + 1


def note(connection: Connection, actor: Actor, row: Mapping[str, Any], version: int, reason: str = "") -> None:
    """The audit row of a version that was written quietly.

    Whoever has files to keep with it does that first: the audit log is locked from its first row to the commit.
    """
    detail = _detail(row["number"], row)
    if version == 1:
        audit.append(connection, actor, "inspection.record", "inspection", row["id"], detail)
    else:
        more = {"version": version, "reason": reason.strip()}
        audit.append(connection, actor, "inspection.correct", "inspection", row["id"], {**detail, **more})


def withdraw(connection: Connection, actor: Actor, scope: Scope, number: int, version: int, reason: str) -> None:
    """Mark an inspection as withdrawn; it stays on file. Raises Refused, LookupError, StaleVersion."""
    row = _held(connection, scope, number, version)
    faults = _reason_faults(reason)
    if row["status"] != "recorded":
        faults.append(Fault("reason", "该检查已撤回", "It is withdrawn already"))
    if (case := inspections.case_of(connection, number)) is not None:
        zh = f"该检查已作为案件{case['number']}的依据，请先在案件中处理"
        faults.append(Fault("reason", zh, f"Case {case['number']} rests on it: settle that first"))
    if faults:
        raise Refused(faults)
    inspections.withdraw(connection, number)
    inspections.add_version(connection, number, reason.strip(), actor.user_id)
    detail = {"number": row["number"], "reason": reason.strip()}
    audit.append(connection, actor, "inspection.withdraw", "inspection", number, detail)


def _key(actor: Actor, given: str | None) -> str | None:
    """A key counts within the organisation that sends it: nobody learns of another's by guessing."""
    if given is None:
        return None
    if not 0 < len(given) <= KEY_MOST or not given.isprintable():
        zh, en = f"应为 1 至 {KEY_MOST} 个可见字符", f"1 to {KEY_MOST} printable characters"
        raise Refused([Fault("source_key", zh, en)])
    return key_within(actor, given)


def key_within(actor: Actor, given: str) -> str:
    """The key as it is stored."""
    return f"{actor.organisation_id}:{given}"


def _again(before: Mapping[str, Any], draft: InspectionDraft) -> Recorded:
    """The inspection that stands under the key, if it says the same; corrected since, it is still the same."""
    said = {**before["content"], "instruments": []}
    same = before["subject_text"] == plain(draft.subject.text) and said == content_of(draft)
    if before["version"] == 1 and not same:
        raise OtherContent(before["number"])
    return Recorded(before["id"], before["number"], False)


def _held(connection: Connection, scope: Scope, number: int, version: int) -> dict[str, Any]:
    row = inspections.find_one(connection, scope, number, hold=True)
    if row is None:
        raise LookupError(number)
    if row["version"] != version:
        raise StaleVersion(row["version"])
    return row


def _reason_faults(reason: str) -> list[Fault]:
    if REASON_LEAST <= len(reason.strip()) <= REASON_MOST:
        return []
    zh, en = (
        f"请写明理由（{REASON_LEAST} 至 {REASON_MOST} 字）",
        f"Give the reason ({REASON_LEAST} to {REASON_MOST} characters)",
    )
    return [Fault("reason", zh, en)]


def _detail(number: str, row: Mapping[str, Any]) -> dict[str, Any]:
    names = ("kind", "subject_text", "division", "outcome", "standing", "offences", "law")
    return {"number": number, **{name: row[name] for name in names}}
