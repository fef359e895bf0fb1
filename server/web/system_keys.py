"""Keys of other systems: made by the security administrator, shown once, ended here."""

from datetime import UTC, datetime

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from server.db import transaction
from server.flows import system_keys as flow
from server.flows.refusals import Refused
from server.flows.system_keys import Wanted
from server.store import organisations, system_keys
from server.web import words
from server.web.access import allow, current_actor, engine
from server.web.field_faults import by_field
from server.web.language import pick
from server.web.listing import Column, Filter, read, view
from server.web.words import choices

blueprint = Blueprint("system_keys", __name__, url_prefix="/system-keys")

words.add(
    "action",
    {
        "system_key.create": ("生成系统密钥", "system key made"),
        "system_key.revoke": ("撤销系统密钥", "system key revoked"),
    },
)
words.add("subject_kind", {"system_key": ("系统密钥", "system key")})
words.add(
    "key_scope",
    {
        "camera": ("抓拍设备上传", "cameras: send captures"),
        "station": ("检验维修机构数据", "stations: repairs and re-tests"),
        "gate": ("企业门禁", "gates of enterprises"),
    },
)
words.add("key_state", {"in_force": ("有效", "in force"), "ended": ("已失效", "ended")})

FILTERS = (
    Filter("q", _l("Name or organisation"), wide=True),
    Filter("scope", _l("What it is for"), "choice", lambda: choices("key_scope", *flow.SCOPES)),
    Filter("state", _l("State"), "choice", lambda: choices("key_state", "in_force", "ended")),
)
COLUMNS = (
    Column("name", _l("Name"), sort=True),
    Column("organisation", _l("Organisation"), sort=True),
    Column("scopes", _l("What it is for")),
    Column("created_at", _l("Made"), sort=True),
    Column("expires_at", _l("Ends"), sort=True),
    Column("last_used_at", _l("Last used"), wide=True),
    Column("state", _l("State")),
    Column("end", _l("Revoke")),
)


def _page(fresh: str | None = None, faults: dict[str, str] | None = None) -> str:
    query = read(request.args, FILTERS, COLUMNS, sort="created_at")
    with transaction(engine()) as connection:
        found = system_keys.find(connection, query)
        bodies = organisations.all_active(connection)
    return render_template(
        "system_keys/list.html",
        view=view(query, found, FILTERS, COLUMNS),
        bodies=[(row["id"], pick(row["name_zh"], row["name_en"])) for row in bodies],
        scopes=choices("key_scope", *flow.SCOPES),
        fresh=fresh,
        faults=faults or {},
        draft=request.form if faults else {},
        chosen=request.form.getlist("scopes") if faults else [],
    )


@blueprint.get("/")
@allow("system_keys.manage")
def index() -> str:
    """The keys, and the form for a new one."""
    return _page()


@blueprint.post("/")
@allow("system_keys.manage")
def create() -> ResponseReturnValue:
    """Make a key; the answer is the one page that ever shows it."""
    wanted = Wanted(
        " ".join(request.form.get("name", "").replace("\0", "").split())[:101],
        _number(request.form.get("organisation", "")),
        request.form.getlist("scopes"),
        _number(request.form.get("days", "")),
    )
    try:
        with transaction(engine()) as connection:
            issued = flow.issue(connection, current_actor(), wanted, datetime.now(UTC))
    except Refused as refused:
        return _page(faults=by_field(refused.faults)), 422
    return _page(fresh=issued.text)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


@blueprint.post("/<int:number>/revoke")
@allow("system_keys.manage")
def revoke(number: int) -> ResponseReturnValue:
    """End a key at once."""
    if number > 2_147_483_647:
        abort(404)
    with transaction(engine()) as connection:
        done = flow.revoke(connection, current_actor(), number)
    if not done:
        abort(404)
    flash(_("The key is revoked; the system that uses it is refused from now on."), "good")
    return redirect(url_for("system_keys.index"), 303)
