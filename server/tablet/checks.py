"""Checks come in from tablets: recorded once and whole, or refused with why (docs/tablet_sync.md)."""

from datetime import UTC, datetime

from flask import Blueprint, Response, jsonify

from server.flows import rule_book, take_check
from server.flows.keep_evidence import UploadFault
from server.flows.refusals import Fault, Refused
from server.flows.reserve_numbers import TabletRefused
from server.flows.sent_checks import Conflict, Desk, FilesMissing, OtherContent, SentCheck, Taken
from server.store import calendar_days
from server.store.evidence_store import StoreDamaged, StoreFull
from server.store.piece_files import PieceFiles
from server.tablet.bodies import read_body
from server.tablet.check_bodies import SentIn
from server.tablet.files import store_full
from server.tablet.problems import Problem
from server.web.access import allow, current_account, current_actor, work
from server.web.evidence_uploads import evidence_store

blueprint = Blueprint("tablet_sync_checks", __name__, url_prefix="/tablet/sync/checks")

MISSING = ("照片尚未传完，请先发送所列文件。", "Photos are not here in full: send the files listed first.")
CONFLICT = (
    "该检查已被他人修改，您的更正未保存，也未覆盖；请对照后重新更正。",
    "Somebody has changed the inspection; your correction was not kept, nothing was overwritten. Compare and redo it.",
)
OTHER = ("该编号已用于另一次检查，未作任何更改。", "This key stands for another check; nothing was changed.")
DAMAGED = (
    "证据库中同一文件已损坏，检查未保存，请联系系统管理员。",
    "The store's own copy of a file is damaged; the check was not kept. Tell the administrator.",
)


@blueprint.post("")
@allow("tablet.use")
def take() -> tuple[Response, int]:
    """Record a check with everything that belongs to it: 201, or 200 where it stood already."""
    sent = read_body(SentIn).sent(current_account().division)
    taken = _taken(sent)
    pieces = PieceFiles(evidence_store())
    for sha256 in taken.done_with:  # committed: should this be lost, `evidence tidy` does it
        pieces.remove(current_account().id, sha256)
    return jsonify(taken.answer), 201 if taken.is_new else 200


def _taken(sent: SentCheck) -> Taken:
    try:
        with work() as connection:
            rules, calendar = rule_book.current(connection), calendar_days.load_calendar(connection)
            now = datetime.now(UTC)
            desk = Desk(connection, current_actor(), current_account(), rules, calendar, evidence_store(), now)
            return take_check.take(desk, sent)
    except TabletRefused as refused:
        raise Problem(403, refused.code, (refused.zh, refused.en)) from refused
    except FilesMissing as missing:
        raise Problem(409, "files_missing", MISSING, missing=missing.names) from missing
    except Conflict as conflict:
        raise Problem(409, "conflict", CONFLICT, current=conflict.current) from conflict
    except OtherContent as other:
        raise Problem(409, "other_content", OTHER, current=other.stands) from other
    except LookupError:
        raise Problem(404) from None
    except Refused as refused:
        raise Problem(422, faults=refused.faults) from refused
    except UploadFault as fault:
        raise _file_problem(sent, fault) from fault


def _file_problem(sent: SentCheck, fault: UploadFault) -> Problem:
    if isinstance(fault.__cause__, StoreFull):
        return store_full(fault.__cause__)
    if isinstance(fault.__cause__, StoreDamaged):
        return Problem(500, "store_damaged", DAMAGED)
    place = next((n for n, one in enumerate(sent.files) if one.sha256 == fault.claimed_sha256), None)
    return Problem(422, faults=[Fault("files" if place is None else f"files.{place}", fault.zh, fault.en)])
