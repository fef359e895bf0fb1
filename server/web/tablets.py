"""Tablets: which devices inspectors use, when they were last heard of, what they still hold; shutting one out."""

from dataclasses import replace
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from server.flows import enrol_tablet
from server.flows.refusals import Refused
from server.store import tablets
from server.store.scopes import Scope
from server.web import words
from server.web.access import Role, allow, current_account, current_actor, current_scope, work
from server.web.field_faults import by_field
from server.web.listing import Column, Filter, read, view
from server.web.words import choices

blueprint = Blueprint("tablets", __name__, url_prefix="/tablets")

words.add(
    "action",
    {
        "tablet.enrolled": ("启用移动执法终端", "tablet enrolled"),
        "tablet.revoked": ("停用移动执法终端", "tablet revoked"),
        "tablet.restored": ("恢复移动执法终端", "tablet let in again"),
        "tablet.draft_discarded": ("终端上放弃检查草稿", "draft thrown away on a tablet"),
        "tablet.sign_in_refused": ("移动执法终端登录被拒", "log-in on a tablet refused"),
    },
)
words.add("subject_kind", {"tablet": ("移动执法终端", "tablet")})
words.add("tablet_state", {"active": ("在用", "in use"), "revoked": ("已停用", "revoked")})

FILTERS = (
    Filter("q", _l("Tablet, user name or name"), wide=True),
    Filter("state", _l("State"), "choice", lambda: choices("tablet_state")),
    Filter("unsent", _l("Unsent checks"), "choice", lambda: [("yes", _("some")), ("no", _("none"))]),
)
COLUMNS = (
    Column("name", _l("Tablet"), sort=True),
    Column("account", _l("Account"), sort=True),
    Column("organisation", _l("Organisation"), sort=True),
    Column("last_seen_at", _l("Last contact"), sort=True),
    Column("unsent", _l("Unsent checks"), sort=True, numeric=True),
    Column("clock_offset_ms", _l("Clock differs by"), numeric=True),
    Column("enrolled_at", _l("Enrolled"), sort=True, extra=True),
    Column("app_version", _l("App version"), extra=True),
    Column("state", _l("State")),
    Column("end", _l("Shut out")),
)


def _scope() -> Scope | None:
    """The security administrator answers for the devices of every organisation, as for its accounts."""
    return None if Role.SECURITY_ADMIN in current_account().roles else current_scope()


def _page(faults: dict[str, str] | None = None, wrong: UUID | None = None) -> str:
    query = read(request.args, FILTERS, COLUMNS, sort="last_seen_at")
    with work() as connection:
        found = tablets.find(connection, _scope(), query)
    shown = replace(view(query, found, FILTERS, COLUMNS), path=url_for("tablets.index"))  # a refusal stands elsewhere
    return render_template("tablets/list.html", view=shown, faults=faults or {}, wrong=wrong)


@blueprint.get("/")
@allow("tablets.manage")
def index() -> str:
    """All tablets of the scope, last heard of first."""
    return _page()


@blueprint.post("/<uuid:tablet>/revoke")
@allow("tablets.manage")
def revoke(tablet: UUID) -> ResponseReturnValue:
    """Shut a tablet out, with a reason."""
    reason = " ".join(request.form.get("reason", "").replace("\0", "").split())
    try:
        with work() as connection:
            name = enrol_tablet.revoke(connection, current_actor(), _scope(), tablet, reason)
    except Refused as refused:
        return _page(by_field(refused.faults), tablet), 422
    if name is None:
        abort(404)
    flash(_("%(name)s is revoked, and the sessions of its account have ended.", name=name), "good")
    return redirect(url_for("tablets.index"), 303)


@blueprint.post("/<uuid:tablet>/restore")
@allow("tablets.manage")
def restore(tablet: UUID) -> ResponseReturnValue:
    """Let a tablet in again that was found."""
    with work() as connection:
        name = enrol_tablet.restore(connection, current_actor(), _scope(), tablet)
    if name is None:
        abort(404)
    flash(_("%(name)s may be used again.", name=name), "good")
    return redirect(url_for("tablets.index"), 303)
