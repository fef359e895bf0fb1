"""The review desk: one capture at a time, by keyboard; the next is on the page before it is asked for."""

from datetime import UTC, datetime
from typing import Any

from flask import jsonify, render_template, request
from flask.typing import ResponseReturnValue

from enforcement.captures.reviews import RejectReason, Status
from server.flows import hold_capture, review_capture, rule_book
from server.flows.refusals import Refused
from server.flows.review_capture import ReviewRefused, Verdict
from server.store import capture_queue, captures
from server.web import capture_uploads  # noqa: F401 - its views join at import
from server.web.access import allow, current_account, current_actor, current_scope, work
from server.web.capture_facts import gather
from server.web.captures import blueprint
from server.web.language import pick

MOST_SKIPPED = 200
KEYS = {reason: str((place + 1) % 10) for place, reason in enumerate(RejectReason)}
"""Number keys of the reasons: 1 to 9, then 0."""


@blueprint.get("/desk")
@allow("captures.review")
def desk() -> str:
    """The desk with the next capture on it, or with the one asked for."""
    asked = _number(request.args.get("item", ""))
    return render_template("captures/desk.html", item=_item(asked, []), wanted=asked)


@blueprint.get("/desk/next")
@allow("captures.review")
def desk_next() -> ResponseReturnValue:
    """The one after those that the page has or has put off; 204 when nothing waits."""
    without = [number for text in request.args.get("not", "").split(",") if (number := _number(text))]
    item = _item(None, without[:MOST_SKIPPED])
    return render_template("captures/_desk_item.html", item=item) if item else ("", 204)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _item(asked: int | None, without: list[int]) -> dict[str, Any] | None:
    """Hold a capture and gather what the desk shows of it; None when nothing waits."""
    account, now = current_account(), datetime.now(UTC)
    with work() as connection:
        scope, rules = current_scope(), rule_book.current(connection)
        number = asked
        if asked is None or not hold_capture.hold_one(connection, scope, rules, account.id, asked, now):
            number = hold_capture.hold_next(connection, scope, rules, account.id, without, now)
        row = captures.find_one(connection, scope, number) if number else None
        if row is None:
            return None
        disputed = row["status"] == Status.DISPUTED  # who decides between two sees what they said; the second does not
        return {
            "c": row,
            "f": gather(connection, scope, row),
            "reviews": captures.reviews(connection, row["id"]) if disputed else [],
            "level": {Status.FIRST_REVIEW: 1, Status.SECOND_REVIEW: 2}.get(row["status"], 3),
            "waiting": capture_queue.waiting(connection, scope, account.id, now),
            "keys": KEYS,
        }


@blueprint.post("/desk/<int:number>")
@allow("captures.review")
def desk_review(number: int) -> ResponseReturnValue:
    """Keep a verdict; what is wrong comes back as JSON beside its field."""
    try:
        verdict = _verdict()
        with work() as connection:
            rules, now = rule_book.current(connection), datetime.now(UTC)
            status = review_capture.review(connection, current_actor(), current_scope(), rules, number, verdict, now)
    except Refused as refused:
        fault = refused.faults[0]
        return jsonify(field=fault.field, text=pick(fault.zh, fault.en)), 422
    except ReviewRefused as refused:
        return jsonify(code=refused.why.code, text=pick(refused.why.zh, refused.why.en)), 409
    except LookupError:
        return jsonify(code="gone", text=pick("没有该抓拍，或不在管辖范围内。", "No such capture in your area.")), 404
    return jsonify(status=status)


def _verdict() -> Verdict:
    form = request.form
    clean = {name: form.get(name, "").replace("\0", "") for name in ("result", "reason", "note", "plate")}
    return Verdict(
        clean["result"],
        _number(form.get("version", "")) or 0,
        clean["reason"] or None,
        clean["note"],
        clean["plate"][:40],
        form.get("plate_colour", "")[:20],
    )


@blueprint.post("/desk/release")
@allow("captures.review")
def desk_release() -> ResponseReturnValue:
    """Let go of one capture, or of all: the page is being left."""
    with work() as connection:
        capture_queue.release(connection, current_account().id, _number(request.form.get("item", "")))
    return "", 204
