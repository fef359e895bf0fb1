"""Evidence: one item with its hashes and who looked, its pictures and files, the check of its bytes."""

from pathlib import Path
from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from server.db import transaction
from server.flows import read_evidence
from server.flows.keep_evidence import UploadFault, keep
from server.store import audit, evidence_items, evidence_reads
from server.store.evidence_store import StoreDamaged
from server.web import evidence_owners, evidence_words  # noqa: F401  the words join at import
from server.web.access import allow, current_actor, current_scope, engine, may, safe_next, work
from server.web.evidence_uploads import evidence_store, takes_evidence, uploads
from server.web.frame import record_address
from server.web.language import pick
from server.web.words import word

blueprint = Blueprint("evidence", __name__, url_prefix="/evidence")
MOST_READS = 200
SHUT_IN = "default-src 'none'; style-src 'unsafe-inline'; media-src 'self'; sandbox"
THUMBNAIL_KEPT_S = 600


def _get(number: int) -> dict[str, Any]:
    with work() as connection:
        item = evidence_items.find_one(connection, number)
        if item is None or not evidence_owners.item_readable(connection, item):
            abort(404)
    return item


def _look(item: dict[str, Any], how: str) -> None:
    with work() as connection:
        read_evidence.look(connection, current_actor(), item, how)


@blueprint.get("/<int:number>")
@allow("evidence.read")
def show(number: int) -> str:
    """One item: what it is, its hashes, its way, who looked."""
    return _page(number, {})


def _page(number: int, faults: dict[str, str]) -> str:
    item = _get(number)
    with transaction(engine()) as connection:  # the reader has let the item through
        chain = audit.of_subject(connection, "evidence", number)
        reads = evidence_reads.of_item(connection, number, MOST_READS) if current_scope().fence is None else []
        counts = evidence_reads.counts(connection, number) if current_scope().fence is None else {}
    with work() as connection:
        family = evidence_items.of_owner(connection, item["owner_kind"], item["owner_id"])
        writable = evidence_owners.writable(connection, item["owner_kind"], item["owner_id"]) is not None
    return render_template(
        "evidence/show.html",
        item=item,
        chain=chain,
        reads=reads,
        counts=counts,
        family=family,
        faults=faults,
        can_set_aside=writable and may("evidence.add") and item["set_aside"] is None,
    )


@blueprint.get("/<int:number>/thumbnail")
@allow("evidence.read")
def thumbnail(number: int) -> ResponseReturnValue:
    """A small picture, without its place."""
    item = _get(number)
    answer = _picture(item, thumbnail=True)
    _look(item, "thumbnail")
    answer.headers["Cache-Control"] = f"private, max-age={THUMBNAIL_KEPT_S}"
    return answer


@blueprint.get("/<int:number>/view")
@allow("evidence.read")
def view(number: int) -> ResponseReturnValue:
    """To be looked at on a page: pictures upright and without their place, videos and PDF as they are."""
    item = _get(number)
    if read_evidence.is_picture(item):
        answer = _picture(item, thumbnail=False)
    elif item["media_type"].startswith("video/"):
        answer = _original(item)
    else:
        abort(404)
    if request.range is None or request.range.ranges[0][0] == 0:  # a player asks for one piece after the other
        _look(item, "view")
    return answer


@blueprint.get("/<int:number>/share")
@allow("evidence.read")
def share(number: int) -> ResponseReturnValue:
    """A copy to pass on: a picture without its place and whatever else the camera wrote into it."""
    item = _get(number)
    if not read_evidence.is_picture(item):
        abort(404)
    answer = _picture(item, thumbnail=False)
    _look(item, "share")
    stem, copy = Path(item["name"]).stem, _("without place")
    answer.headers.set("Content-Disposition", "attachment", filename=f"{stem}-{copy}.jpg")
    return answer


@blueprint.get("/<int:number>/download")
@allow("evidence.read")
def download(number: int) -> ResponseReturnValue:
    """The original, byte for byte."""
    item = _get(number)
    answer = _original(item)
    _look(item, "download")
    answer.headers.set("Content-Disposition", "attachment", filename=item["name"])
    return answer


def _picture(item: dict[str, Any], thumbnail: bool) -> Response:
    if not read_evidence.is_picture(item):
        abort(404)
    try:
        path = read_evidence.picture(evidence_store(), item, thumbnail)
    except StoreDamaged:
        abort(404)
    return _sent(path, "image/jpeg")


def _original(item: dict[str, Any]) -> Response:
    path = evidence_store().path(item["sha256"])
    if not path.is_file():
        abort(404)
    return _sent(path, item["media_type"])


def _sent(path: Path, media_type: str) -> Response:
    answer = send_file(path.resolve(), mimetype=media_type, conditional=True, etag=False)
    answer.headers["Cache-Control"] = "private, no-store"
    answer.headers["Content-Security-Policy"] = SHUT_IN
    return answer


@blueprint.post("/<int:number>/recheck")
@allow("evidence.check")
def recheck(number: int) -> ResponseReturnValue:
    """Read the bytes again and compare both hashes."""
    item = _get(number)
    with work() as connection:
        found = read_evidence.recheck(connection, evidence_store(), current_actor(), item)
    if found.holds:
        flash(_("The bytes were read again: length, SHA-256 and SM3 are those that were kept."), "good")
    else:
        wrong = ", ".join(word("evidence_wrong", code) for code in found.wrong)
        flash(
            _(
                "The file is no longer what was kept (%(wrong)s). Do not use it; tell the system administrator.",
                wrong=wrong,
            ),
            "over",
        )
    return redirect(url_for("evidence.show", number=number), 303)


@blueprint.post("/<int:number>/set-aside")
@allow("evidence.add")
def set_aside(number: int) -> ResponseReturnValue:
    """It no longer counts, with a reason; nothing is removed."""
    item = _get(number)
    reason = request.form.get("reason", "").strip()
    with work() as connection:
        if evidence_owners.writable(connection, item["owner_kind"], item["owner_id"]) is None:
            abort(403)
    if not read_evidence.REASON_LEAST <= len(reason) <= read_evidence.REASON_MOST:
        return _page(number, {"reason": str(_("Write a reason of 4 to 500 characters."))}), 422
    with work() as connection:
        done = read_evidence.set_aside(connection, current_actor(), item, reason)
    if done:
        flash(_("The item no longer counts. It stays on file with its reason."), "good")
    else:
        flash(_("It was set aside before. Nothing was changed."), "due")
    return redirect(url_for("evidence.show", number=number), 303)


@blueprint.post("/of/<kind>/<int:number>")
@allow("evidence.add")
@takes_evidence
def upload(kind: str, number: int) -> ResponseReturnValue:
    """Add files to what they belong to."""
    with work() as connection:
        owner = evidence_owners.writable(connection, kind, number) or abort(404)
    given = uploads("files", request.form.get("purpose", "other")[:40] or "other")
    try:
        with work() as connection:
            kept = keep(connection, evidence_store(), current_actor(), owner, given)
        flash(_("%(n)s file(s) kept.", n=len(kept)) if kept else _("Choose a file first."), "good" if kept else "due")
    except UploadFault as fault:
        flash(pick(fault.zh, fault.en), "over")
    return redirect(_back(kind, number), 303)


def _back(kind: str, number: int) -> str:
    asked = request.form.get("next")
    return safe_next(asked) if asked else record_address(kind, number) or url_for("home.show")
