"""A check comes in from a tablet: inspection, photos, signature, notice and how it came, in one transaction.

All of it is recorded or none. What is sent again under its key gives the same answer and changes nothing; a version
that somebody else has replaced is never written over.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from server.documents.media_types import family
from server.flows import check_answers, device_clocks, record_inspection, repair_notices, reserve_numbers
from server.flows.device_clocks import Offsets
from server.flows.judge_inspection import InspectionDraft
from server.flows.keep_evidence import Checked, Item, Owner, Upload, checked, keep_checked
from server.flows.refusals import Fault, Refused
from server.flows.sent_checks import Base, Conflict, Desk, FilesMissing, OtherContent, SentCheck, Taken
from server.store import audit, inspections, reserved_numbers, tablet_checks, tablet_files
from server.store.piece_files import PieceFiles

BEFORE_ENROLMENT = timedelta(days=30)  # a tablet may be enrolled anew; a clock that lost its battery is years behind


def take(desk: Desk, sent: SentCheck) -> Taken:
    """Record a check, or say again what was recorded of it.

    Raises TabletRefused, Refused, UploadFault, LookupError (a base that the account does not see) and the faults above.
    """
    connection = desk.connection
    tablet = reserve_numbers.own_tablet(connection, desk.account, sent.tablet)
    tablet_checks.hold_key(connection, sent.key)
    before = tablet_checks.find(connection, sent.key)
    if before is not None:
        return _again(desk, sent, before)
    within = device_clocks.tolerance(desk.rules, desk.now, desk.account.division)
    earliest = tablet["enrolled_at"] - BEFORE_ENROLMENT
    offsets = device_clocks.settle(sent.device_at, sent.offset_ms, sent.sent_at, desk.now, earliest, within)
    kept = _kept_before(desk, sent)
    with _uploads(desk, sent, offsets, kept) as files:
        inspection_id, version = _record(desk, sent, offsets)
        row = inspections.find_one(connection, desk.account.scope, inspection_id) or {}
        _keep(desk, row, files)
        record_inspection.note(connection, desk.actor, row, version, sent.reason)
        notice = _notice(desk, sent, row)
        linked = _linked(desk, sent, inspection_id)
        _write_down(desk, sent, offsets, row, version, {**notice, "assignment": linked})
    names = sorted({one.sha256 for one in sent.files})
    tablet_files.drop(connection, desk.account.id, names)
    tablet_checks.seen(connection, sent.tablet, offsets.at_send_ms, sent.unsent)
    return Taken(_answer(desk, sent), True, tuple(names))


def _again(desk: Desk, sent: SentCheck, before: Mapping[str, Any]) -> Taken:
    own = before["user_id"] == desk.account.id
    if not own or before["body_hex"] != sent.body_sha256:
        stands = {"id": before["inspection_id"], "number": before["number"], "version": before["version"]}
        raise OtherContent(stands if own else None)
    return Taken(_answer(desk, sent), False)


def _answer(desk: Desk, sent: SentCheck) -> dict[str, Any]:
    named = [(one.sha256, one.purpose) for one in sent.files]
    return check_answers.answer(desk.connection, sent.key, named, sent.notice_number)


def _kept_before(desk: Desk, sent: SentCheck) -> frozenset[str]:
    """Hashes that the corrected inspection has as evidence: they need not be sent again.

    A correction that cannot be made is told before its photos are asked for.
    """
    if sent.base is None:
        return frozenset()
    _stands(desk, sent.base, inspections.find_one(desk.connection, desk.account.scope, sent.base.id))
    return frozenset(one["sha256"] for one in tablet_checks.files_of(desk.connection, [sent.base.id])[sent.base.id])


@contextmanager
def _uploads(desk: Desk, sent: SentCheck, offsets: Offsets, kept: frozenset[str]) -> Iterator[list[Checked]]:
    """The files of a check, looked through before the inspection is written. Raises FilesMissing, Refused."""
    wanted = [one for one in sent.files if one.sha256 not in kept]
    pieces, user_id = PieceFiles(desk.store), desk.account.id
    rows = tablet_files.hold_all(desk.connection, user_id, [one.sha256 for one in wanted])
    here = {name for name, row in rows.items() if row.received == row.bytes == pieces.length(user_id, name)}
    missing = sorted({one.sha256 for one in wanted} - here)
    if missing:
        raise FilesMissing(missing)
    with ExitStack() as stack:
        uploads = []
        for place, one in enumerate(wanted):
            stream = stack.enter_context(pieces.open(user_id, one.sha256))
            _require_picture_or_paper(stream.read(4096), one.name, place)
            stream.seek(0)
            taken_at = one.taken_at and _corrected(one.taken_at, offsets, desk.now)
            uploads.append(Upload(one.name, stream, one.purpose, taken_at, one.lon, one.lat, one.sha256))
        yield stack.enter_context(checked(desk.store, uploads))


def _require_picture_or_paper(head: bytes, name: str, place: int) -> None:
    kind = family(head)
    if not kind.startswith("image/") and kind != "application/pdf":
        zh, en = f"{name}：不是图片或 PDF", f"{name}: neither a picture nor a PDF"
        raise Refused([Fault(f"files.{place}", zh, en)])


def _corrected(at: datetime, offsets: Offsets, now: datetime) -> datetime:
    """A time by the device's clock, by ours; nothing was done after it arrived."""
    return min(at + timedelta(milliseconds=offsets.used_ms), now)


def _record(desk: Desk, sent: SentCheck, offsets: Offsets) -> tuple[int, int]:
    """The inspection or the next version of one: its id and version."""
    connection, scope = desk.connection, desk.account.scope
    if sent.base is None:
        return _record_new(desk, sent, offsets), 1
    row = _stands(desk, sent.base, inspections.find_one(connection, scope, sent.base.id, hold=True))
    draft = _at(sent.draft, sent.at or row["inspected_at"])
    version = record_inspection.correct(
        connection,
        desk.actor,
        scope,
        desk.rules,
        sent.base.id,
        sent.base.version,
        draft,
        sent.reason,
        desk.now,
        quiet=True,
    )
    return sent.base.id, version


def _record_new(desk: Desk, sent: SentCheck, offsets: Offsets) -> int:
    draft, scope = _at(sent.draft, _corrected(sent.device_at, offsets, desk.now)), desk.account.scope
    try:
        found = record_inspection.record(
            desk.connection, desk.actor, scope, desk.rules, draft, desk.now, "tablet", str(sent.key), quiet=True
        )
    except record_inspection.OtherContent as other:
        raise OtherContent(None) from other
    if not found.created:  # under the same key by the API: that is no check of this tablet
        raise OtherContent({"id": found.id, "number": found.number})
    return found.id


def _stands(desk: Desk, base: Base, row: dict[str, Any] | None) -> dict[str, Any]:
    """The inspection that is corrected. Raises LookupError, Conflict."""
    if row is None:
        raise LookupError(base.id)
    if row["version"] != base.version:
        raise Conflict(check_answers.current(desk.connection, desk.account.scope, base.id))
    return row


def _at(draft: InspectionDraft, at: datetime) -> InspectionDraft:
    return replace(draft, record={**draft.record, "at": at.isoformat()})


def _keep(desk: Desk, row: Mapping[str, Any], files: Sequence[Checked]) -> list[Item]:
    owner = Owner("inspection", row["id"], row["division"], row["enterprise_id"], row["organisation_id"])
    return keep_checked(desk.connection, desk.store, desk.actor, owner, files)


def _notice(desk: Desk, sent: SentCheck, row: Mapping[str, Any]) -> dict[str, Any]:
    """Put the notice that was handed out on file under its number; what the audit row says of it."""
    if sent.notice_number is None:
        return {}
    reserve_numbers.held_for(desk.connection, sent.tablet, sent.notice_number)
    notice_id, why = repair_notices.notice_handed_out(
        desk.connection, desk.actor, desk.account, desk.rules, desk.calendar, row, sent.notice_number
    )
    reserved_numbers.use(desk.connection, sent.notice_number, notice_id)
    return {"notice": sent.notice_number, "notice_withdrawn": why.en if why else None}


def _linked(desk: Desk, sent: SentCheck, inspection_id: int) -> str | None:
    """Link the check with its assignment; one that is not the account's is no reason to lose a check."""
    if sent.assignment_id is None:
        return None
    account = desk.account
    done = tablet_checks.link_assignment(
        desk.connection, inspection_id, sent.assignment_id, account.organisation_id, account.id
    )
    return str(sent.assignment_id) if done else f"{sent.assignment_id}: not an assignment of this account, not linked"


def _write_down(
    desk: Desk, sent: SentCheck, offsets: Offsets, row: Mapping[str, Any], version: int, more: Mapping[str, Any]
) -> None:
    values = {
        "key": sent.key, "inspection_id": row["id"], "version": version, "tablet_id": sent.tablet,
        "body_sha256": sent.body_sha256, "device_at": sent.device_at, "begun_at": sent.begun_at,
        "ended_at": sent.ended_at, "sent_at": sent.sent_at, "received_at": desk.now,
        "offset_at_check_ms": offsets.at_check_ms, "offset_at_send_ms": offsets.at_send_ms,
        "offset_used_ms": offsets.used_ms, "accuracy_m": sent.accuracy_m,
        "device_verdict": None if sent.device_verdict is None else dict(sent.device_verdict),
    }  # fmt: skip
    tablet_checks.add(desk.connection, values)
    told = {"number": row["number"], "version": version, "key": sent.key, "tablet": sent.tablet}
    clock = {name: values[name] for name in ("offset_at_check_ms", "offset_at_send_ms", "offset_used_ms")}
    files = [one.sha256 for one in sent.files]
    detail = {**told, **clock, "files": files, **{name: one for name, one in more.items() if one is not None}}
    audit.append(desk.connection, desk.actor, "tablet.check", "inspection", row["id"], detail)
