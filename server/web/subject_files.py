"""One file per truck and machine (一车一档、一机一档): facts, telemetry of the last days, timeline of everything."""

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, abort, render_template, request, url_for
from werkzeug.datastructures import MultiDict

from server.flows.registry_nouns import MACHINES, TRUCKS, Noun
from server.store import machines, subject_files, trucks
from server.store.subject_files import Entry, Place
from server.web import registry_pages as pages
from server.web import words
from server.web.access import allow, current_scope, may, work
from server.web.frame import record_address
from server.web.watch_words import why_watched

blueprint = Blueprint("subject_files", __name__)
PAGE = 50

words.add(
    "file_kind",
    {
        "registry": ("登记变更", "registry"),
        "visit": ("进出控制区", "visit to a zone"),
        "violation": ("违规", "violation"),
        "whitelist": ("白名单", "whitelist"),
        "inspection": ("检查", "inspection"),
        "capture": ("黑烟抓拍", "capture"),
        "case": ("案件", "case"),
        "penalty": ("处罚", "penalty"),
        "repair_notice": ("维修复检通知", "repair notice"),
        "repair": ("维修", "repair"),
    },
)
words.add("file_registry", {"registered": ("登记", "registered"), "changed": ("变更", "changed")})
words.add("file_visit", {"forbidden": ("有禁止情形", "forbidden"), "allowed": ("允许", "allowed")})
words.add("file_penalty", {"decided": ("已处罚", "decided"), "revoked": ("已撤销", "revoked")})

NEEDS = {
    "registry": "registry.read",
    "visit": "violations.read",
    "violation": "violations.read",
    "whitelist": "whitelist.read",
    "inspection": "inspections.read",
    "capture": "captures.read",
    "case": "cases.read",
    "penalty": "cases.read",
    "repair_notice": "repairs.read",
    "repair": "repairs.read",
}
STATE_WORDS = {
    "registry": "file_registry",
    "visit": "file_visit",
    "violation": "status",
    "whitelist": "whitelist_state",
    "inspection": "inspection_outcome",
    "capture": "capture_status",
    "case": "case_state",
    "penalty": "file_penalty",
    "repair_notice": "repair_state",
    "repair": "repair_state",
}
RECORDS_OF = {"penalty": ("case", "case_id"), "repair": ("repair_notice", "notice_id"), "visit": ("zone", "zone_id")}


def address_of(entry: Entry) -> str | None:
    """The page of the record behind an entry; None where the account may not open it or there is none."""
    kind, name = RECORDS_OF.get(entry.kind, (entry.kind, ""))
    return record_address(kind, entry.detail.get(name) if name else entry.id)


def _asked_kinds() -> list[str]:
    allowed = [kind for kind in subject_files.KINDS if may(NEEDS[kind])]
    chosen = [kind for kind in request.args.getlist("kind") if kind in allowed]
    return chosen or allowed


def _before(args: MultiDict[str, str]) -> Place | None:
    at, _, rest = args.get("before", "").partition("~")
    kind, _, number = rest.partition("~")
    try:
        return Place(datetime.fromtimestamp(int(at) / 1e6, UTC), kind, int(number)) if at else None
    except (ValueError, OverflowError, OSError):
        return None


def _page(noun: Noun, subject: str, row: dict[str, Any], number: int) -> str:
    kinds, before, now = _asked_kinds(), _before(request.args), datetime.now(UTC)
    with work() as connection:
        scope = current_scope()
        found = subject_files.entries(connection, scope, subject, number, kinds, before, PAGE + 1)
        allowed = [kind for kind in subject_files.KINDS if may(NEEDS[kind])]
        counts = subject_files.counts(connection, scope, subject, number, allowed)
        sent = subject_files.telemetry(connection, subject, number, now) if may("telemetry.read") else []
        truck_id, machine_id = (number, None) if subject == "truck" else (None, number)
        watched = why_watched(
            connection, truck_id, machine_id, row.get("plate") or row.get("registration_number") or ""
        )
    shown = found[:PAGE]
    following = None
    if len(found) > PAGE:
        last = shown[-1].place
        mark = f"{round(last.at.timestamp() * 1e6)}~{last.kind}~{last.id}"
        following = url_for(request.endpoint or "", number=number, kind=request.args.getlist("kind"), before=mark)
    return render_template(
        "subject_files/show.html",
        noun=subject,
        row=row,
        facts=pages.facts(noun, row),
        entries=shown,
        address_of=address_of,
        state_words=STATE_WORDS,
        counts=counts,
        chosen=request.args.getlist("kind"),
        sent=sent,
        watched=watched,
        following=following,
        first=before is None,
    )


@blueprint.get("/trucks/<int:number>/file")
@allow("registry.read")
def truck(number: int) -> str:
    """The file of a truck."""
    with work() as connection:
        row = trucks.find_one(connection, number, current_scope()) or abort(404)
    return _page(TRUCKS, "truck", row, number)


@blueprint.get("/machines/<int:number>/file")
@allow("registry.read")
def machine(number: int) -> str:
    """The file of a machine."""
    with work() as connection:
        row = machines.find_one(connection, number, current_scope()) or abort(404)
    return _page(MACHINES, "machine", row, number)
