"""Gates of enterprises: the list, one gate with its devices, lifts and answers, its form."""

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from geo.crs import Crs
from server.db import transaction
from server.flows import gate_places, gate_rules, rule_book, save_gate
from server.flows.refusals import Refused
from server.flows.save_gate import StaleGate
from server.store import audit, enterprises, gate_answers, gate_devices, gate_lifts, gate_policies, gates
from server.store.paging import Query
from server.web import gate_words  # noqa: F401 - its words join at import
from server.web.access import allow, current_actor, current_scope, engine, work
from server.web.exports import KINDS, export, head_of, kind_asked
from server.web.field_faults import by_field
from server.web.filter_choices import areas_of_scope
from server.web.frame import local
from server.web.language import pick
from server.web.listing import Column, Filter, read, view, whole
from server.web.words import choices, word

blueprint = Blueprint("gates", __name__, url_prefix="/gates")
FILTERS = (
    Filter("q", _l("Gate, enterprise, address"), wide=True),
    Filter("online", _l("On line"), "choice", lambda: choices("gate_line")),
    Filter("state", _l("State"), "choice", lambda: choices("gate_state")),
    Filter("division", _l("Area"), "choice", areas_of_scope),
    Filter("enterprise", _l("Enterprise"), "number"),
)
COLUMNS = (
    Column("name", _l("Gate"), sort=True),
    Column("enterprise", _l("Enterprise"), sort=True),
    Column("numbers", _l("Entrance and barrier")),
    Column("online", _l("On line")),
    Column("last_seen_at", _l("Last heard of"), wide=True),
    Column("devices", _l("Devices on line"), numeric=True),
    Column("state", _l("State"), wide=True),
    Column("division", _l("Area"), sort=True, wide=True),
    Column("person", _l("In charge"), extra=True),
    Column("phone", _l("Phone"), extra=True),
)
TEXTS = ("name", "address", "person", "phone", "maintenance_firm", "maintenance_contact")


@blueprint.get("/")
@allow("gates.read")
def index() -> ResponseReturnValue:
    """Gates of the scope, or the same list as a file."""
    query = read(request.args, FILTERS, COLUMNS, sort="enterprise", descending=False)
    with work() as connection:
        late = gate_rules.offline_s(connection, datetime.now(UTC))
        found = gates.find(connection, current_scope(), whole(query) if kind_asked() else query, late)
    if kind_asked():
        return _export(query, found.rows)
    return render_template("gates/list.html", view=view(query, found, FILTERS, COLUMNS, exports=KINDS))


def _export(query: Query, rows: list[dict[str, Any]]) -> Response:
    lines = [
        [
            row["name"], row["enterprise"], f"{row['entrance_no']}-{row['barrier_no']}",
            word("gate_line", "yes" if row["online"] else "no"), local(row["last_seen_at"]),
            f"{row['devices_online']} / {row['devices_n']}", word("gate_state", row["state"]),
            pick(row["division_zh"], row["division_en"]) or row["division"], row["person"], row["phone"],
            row["lon"], row["lat"],
        ]
        for row in rows
    ]  # fmt: skip
    head = [*head_of(COLUMNS), _("Longitude"), _("Latitude")]
    return export("gates", head, lines, query, "gate.export", ("gate", "list"))


@blueprint.get("/<int:number>")
@allow("gates.read")
def show(number: int) -> str:
    """One gate."""
    now = datetime.now(UTC)
    with work() as connection:
        rules = rule_book.current(connection)
        late = gate_rules.seconds(rules, "offline_after_s", now)
        row = gates.find_one(connection, current_scope(), number, late) or abort(404)
        devices = gate_devices.of_gate(connection, number, late)
        lifts = gate_lifts.of_gate(connection, number)
        answers = gate_answers.of_gate(connection, number, row["enterprise_id"])
        policy = gate_policies.find_one(connection, current_scope(), row["enterprise_id"])
        doubts = gate_places.doubts(connection, row, gate_rules.seconds(rules, "far_m", now))
    with transaction(engine()) as connection:  # the scope has let it through
        timeline = audit.of_subject(connection, "gate", number)
    return render_template(
        "gates/show.html", row=row, devices=devices, lifts=lifts, answers=answers, policy=policy, timeline=timeline,
        doubts=[pick(one.zh, one.en) for one in doubts],
    )  # fmt: skip


def _form(number: int | None, draft: Any, faults: dict[str, str], row: Any = None, code: int = 200) -> Any:
    systems = choices("crs", *(str(one) for one in Crs))
    shown = render_template(
        "gates/form.html", number=number, draft=draft, faults=faults, row=row, systems=systems,
        own=current_scope().fence is not None,
    )  # fmt: skip
    return shown, code


@blueprint.get("/new")
@allow("gates.edit")
def new() -> ResponseReturnValue:
    """An empty form; the address may name the enterprise."""
    draft: dict[str, Any] = {"state": "active", "for_goods": "yes", "crs": "wgs84"}
    asked = request.args.get("enterprise", "")
    if asked.isascii() and asked.isdigit() and len(asked) < 10:
        with work() as connection:
            row = enterprises.find_one(connection, int(asked), current_scope())
        draft["enterprise"] = row["name"] if row else ""
    return _form(None, draft, {})  # type: ignore[no-any-return]


@blueprint.post("/new")
@allow("gates.edit")
def add() -> ResponseReturnValue:
    """Put one on file."""
    try:
        with work() as connection:
            kept = save_gate.add(connection, current_actor(), current_scope(), request.form)
    except Refused as refused:
        return _form(None, request.form, by_field(refused.faults), code=422)  # type: ignore[no-any-return]
    flash(_("The gate is kept."), "good")
    return redirect(url_for("gates.show", number=kept), 303)


def _get(number: int) -> dict[str, Any]:
    with work() as connection:
        return gates.find_one(connection, current_scope(), number) or abort(404)


@blueprint.get("/<int:number>/edit")
@allow("gates.edit")
def edit(number: int) -> ResponseReturnValue:
    """The form of one on file."""
    row = _get(number)
    draft = {name: row[name] or "" for name in (*TEXTS, "entrance_no", "barrier_no", "state")}
    draft |= {name: "" if row[name] is None else f"{row[name]:.6f}" for name in ("lon", "lat")}
    draft |= {"crs": "wgs84", "for_goods": "yes" if row["for_goods"] else "no"}
    return _form(number, draft, {}, row)  # type: ignore[no-any-return]


@blueprint.post("/<int:number>/edit")
@allow("gates.edit")
def change(number: int) -> ResponseReturnValue:
    """Change one."""
    row = _get(number)
    given = request.form.get("version", "")
    version = int(given) if given.isascii() and given.isdigit() and len(given) < 9 else 0
    try:
        with work() as connection:
            save_gate.change(connection, current_actor(), current_scope(), number, version, request.form)
    except Refused as refused:
        return _form(number, request.form, by_field(refused.faults), row, 422)  # type: ignore[no-any-return]
    except StaleGate:
        told = {"name": _("Somebody else has changed it meanwhile. Look at it again.")}
        return _form(number, request.form, told, row, 409)  # type: ignore[no-any-return]
    flash(_("The gate is kept."), "good")
    return redirect(url_for("gates.show", number=number), 303)
