"""A site is entered, changed and closed: its facts and the drawing of its boundary in one form."""

from typing import Any

import shapely
from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from enforcement.rules.book import find_rule
from server.documents.coordinate_lists import write_coordinates
from server.documents.zone_files import read_drawn, read_zone_file
from server.flows import keep_site, rule_book
from server.flows.keep_site import SiteDraft, StaleSite
from server.flows.refusals import Refused
from server.store import enterprises, site_boundaries, sites
from server.store.paging import Query
from server.web import form_values as form
from server.web.access import allow, current_actor, current_scope, work
from server.web.field_faults import by_field
from server.web.filter_choices import areas_of_scope
from server.web.map import page_data
from server.web.sites import blueprint, now_utc, page
from server.web.zone_areas import CRS_NAMES, Draft, options_of, place_of, take_geometry, tell_repair, uploaded

MOST_ENTERPRISES = 500
TEXTS = ("name", "kind", "address", "contractor", "permit", "contact", "phone")


@blueprint.get("/new")
@allow("sites.edit")
def new() -> ResponseReturnValue:
    """The form of a new site."""
    fields = MultiDict({"enterprise": request.args.get("enterprise", "")[:10], "kind": "plant"})
    return _form(Draft(None, fields), None)


@blueprint.get("/<int:number>/edit")
@allow("sites.edit")
def edit(number: int) -> ResponseReturnValue:
    """The form, filled."""
    row, geometry = _get(number)
    fields: MultiDict[str, str] = MultiDict({name: row[name] or "" for name in TEXTS})
    for name in ("begins_on", "ends_on"):
        fields[name] = row[name].isoformat() if row[name] else ""
    fields["version"] = str(row["version"])
    fields["coordinates"] = write_coordinates(geometry) if geometry else ""
    return _form(Draft(None, fields), row)


def _get(number: int) -> tuple[dict[str, Any], shapely.MultiPolygon | None]:
    with work() as connection:
        row = sites.find_one(connection, current_scope(), number) or abort(404)
        found = site_boundaries.geometry_of(connection, row["zone_id"])
    geometry: Any = shapely.geometry.shape(found) if found else None
    return row, geometry


@blueprint.post("/new")
@allow("sites.edit")
def add() -> ResponseReturnValue:
    """One of the buttons of a new site's form."""
    return _pressed(None, None)


@blueprint.post("/<int:number>/edit")
@allow("sites.edit")
def change(number: int) -> ResponseReturnValue:
    """One of the buttons of a site's form."""
    return _pressed(*_get(number))


def _pressed(row: dict[str, Any] | None, known: shapely.MultiPolygon | None) -> ResponseReturnValue:
    draft = Draft(None, MultiDict(request.form))
    action = request.form.get("action", "")
    if action in ("upload", "convert", "mend"):
        done = {"upload": _upload, "convert": _reread, "mend": _mend}[action](draft)
        return _form(draft, row, 200 if done else 422)
    return _save(draft, row, known)


def _upload(draft: Draft) -> bool:
    name, data = uploaded()
    if not data:
        draft.faults["file"] = _("Choose a file first")
        return False
    kind, found = read_zone_file(data, options_of(draft.fields, mend=draft.fields.get("mend_file") == "yes"))
    if take_geometry(draft, found) is None:
        return False
    draft.fields["source"] = f"{kind}: {name}"
    tell_repair(draft, found)
    return True


def _reread(draft: Draft) -> bool:
    drawn = read_drawn(draft.fields.get("coordinates", ""), options_of(draft.fields))
    return take_geometry(draft, drawn) is not None


def _mend(draft: Draft) -> bool:
    drawn = read_drawn(draft.fields.get("coordinates", ""), options_of(draft.fields, mend=True))
    geometry = take_geometry(draft, drawn)
    tell_repair(draft, drawn)
    return geometry is not None


def _save(draft: Draft, row: dict[str, Any] | None, known: shapely.MultiPolygon | None) -> ResponseReturnValue:
    shape = None
    if draft.fields.get("coordinates", "").strip():
        shape = take_geometry(draft, read_drawn(draft.fields["coordinates"], options_of(draft.fields)))
        if shape is None:
            return _form(draft, row, 422)
    drawn = shape if shape is None or known is None or not _same(shape, known) else None
    asked = _asked(draft, row, drawn)
    try:
        with work() as connection:
            far = _far(connection, asked)
            if far is not None and draft.fields.get("far_seen") != "yes":
                draft.faults["far_seen"] = _(
                    "The boundary lies %(km)s km from the enterprise's registered place: tick that this is right.",
                    km=f"{far / 1000:.1f}",
                )
                return _form(draft, row, 422)
            if row is None:
                number = keep_site.create(connection, current_actor(), current_scope(), asked, now_utc())
            else:
                number, version = row["id"], _version()
                keep_site.change(connection, current_actor(), current_scope(), number, version, asked, now_utc())
    except Refused as refused:
        draft.faults |= by_field(refused.faults)
        return _form(draft, row, 422)
    except StaleSite:
        draft.faults["name"] = _("Somebody else has changed it meanwhile. Look at it again.")
        return _form(draft, row, 409)
    flash(_("The site is saved."), "good")
    return redirect(url_for("sites.show", number=number), 303)


def _far(connection: Any, asked: SiteDraft) -> float | None:
    rule = find_rule(rule_book.current(connection), "site.boundary_far_m", now_utc())
    return None if rule is None else keep_site.far_from_enterprise(connection, asked, rule.number)


def _same(one: shapely.MultiPolygon, other: shapely.MultiPolygon) -> bool:
    """The coordinates of the form have seven places; a site that is saved unchanged gets no new boundary."""
    return bool(shapely.equals_exact(shapely.normalize(one), shapely.normalize(other), tolerance=2e-7))


def _version() -> int:
    text = form.text("version", 9)
    return int(text) if text.isascii() and text.isdigit() else 0


def _asked(draft: Draft, row: dict[str, Any] | None, shape: shapely.MultiPolygon | None) -> SiteDraft:
    number = form.text("enterprise", 9)
    enterprise = int(number) if number.isascii() and number.isdigit() else None
    declared = draft.fields.get("crs_declared", "wgs84")
    texts = {name: form.text(name, 400) for name in TEXTS[2:]}
    return SiteDraft(
        row["enterprise_id"] if row else enterprise,
        row["division"] if row else form.text("division", 6),
        form.text("name", 200),
        form.text("kind", 40),
        **texts,
        begins_on=form.day("begins_on"),
        ends_on=form.day("ends_on"),
        shape=shape,
        crs_declared=declared if declared in CRS_NAMES else "wgs84",
        source=form.text("source", 200),
    )


def _form(draft: Draft, row: dict[str, Any] | None, code: int = 200) -> ResponseReturnValue:
    with work() as connection:
        found = enterprises.find(connection, Query({}, "name", False, 1, MOST_ENTERPRISES), current_scope())
    shown = render_template(
        "sites/edit.html", row=row, draft=draft.fields, faults=draft.faults, notes=draft.notes,
        spots=[place_of(one) for one in draft.places], divisions=areas_of_scope(), map_data=page_data(),
        enterprises=[(str(one["id"]), one["name"]) for one in found.rows],
    )  # fmt: skip
    return shown, code


@blueprint.post("/<int:number>/close")
@allow("sites.edit")
def close(number: int) -> ResponseReturnValue:
    """Nobody works there any more, with the reason."""
    try:
        with work() as connection:
            keep_site.close(
                connection, current_actor(), current_scope(), number, _version(), form.text("reason", 500), now_utc()
            )
    except Refused as refused:
        return page(number, by_field(refused.faults), 422)
    except LookupError:
        abort(404)
    except StaleSite:
        return page(number, {"reason": _("Somebody else has changed it meanwhile. Look at it again.")}, 409)
    flash(_("The site is closed."), "good")
    return redirect(url_for("sites.show", number=number), 303)
