"""A case as a bundle, one archive that anybody can verify off-line; and who may read and add evidence of a case."""

from datetime import UTC, datetime

from flask import Blueprint, Response, abort, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import Connection

from server.documents.bundles import zipped
from server.flows import rule_book
from server.flows.bundle_case import Bundle, BundleBroken, Exporter, bundle_case, record
from server.flows.keep_evidence import Owner
from server.store import case_bundles
from server.web import evidence_owners
from server.web.access import allow, current_account, current_actor, current_scope, may, work
from server.web.evidence_uploads import evidence_store
from server.web.frame import record_address
from server.web.language import pick

blueprint = Blueprint("bundles", __name__, url_prefix="/bundles")


def _can_read(connection: Connection, case_id: int) -> bool:
    """The bureaus that hold the case; the party is shown its evidence with the documents, not here."""
    if current_account().organisation_kind == "enterprise":
        return False
    return may("cases.read") and case_bundles.owner_of(connection, current_scope(), case_id) is not None


def _writer(kind: str) -> evidence_owners.Writer:
    def owner(connection: Connection, case_id: int) -> Owner | None:
        found = case_bundles.owner_of(connection, current_scope(), case_id) if may("cases.work") else None
        if found is None:
            return None
        return Owner(kind, case_id, found["division"], found["enterprise_id"], current_account().organisation_id)

    return owner


for case_kind in ("case", "objection"):
    evidence_owners.register(case_kind, _can_read, _writer(case_kind))


@blueprint.get("/<int:number>")
@allow("cases.export")
def download(number: int) -> ResponseReturnValue:
    """The bundle of a case, sent as it is read."""
    try:
        bundle = _bundle(number)
    except LookupError:
        abort(404)
    except BundleBroken as fault:
        text = _(
            "Nothing was exported: %(what)s no longer gives the hash it was kept with.", what=", ".join(fault.what[:5])
        )
        flash(text, "over")
        return redirect(record_address("case", number) or url_for("home.show"), 303)
    answer = Response(zipped(bundle.parts, bundle.folder), mimetype="application/zip")
    answer.headers.set("Content-Disposition", "attachment", filename=f"{bundle.folder}.zip")
    answer.headers["X-Bundle-Seal"] = bundle.seal
    return answer


def _bundle(number: int) -> Bundle:
    account = current_account()
    who = f"{pick(account.organisation_zh, account.organisation_en)} {account.name}"
    exporter = Exporter(who, account.organisation_id, datetime.now(UTC))
    with work() as connection:
        rules = rule_book.current(connection)
        bundle = bundle_case(connection, evidence_store(), current_scope(), rules, number, exporter)
        record(connection, current_actor(), number, bundle)
    return bundle
