"""A zone is drawn or its next version written: form, preview with what it would alter, publication; and its end.

One form, several buttons: `upload` reads a file into it, `convert` and `mend` give it back changed, `check` shows the
preview, `publish` publishes what the preview showed. Nothing is kept before that.
"""

import datetime as dt
from dataclasses import replace

import shapely
from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from enforcement.zones.terms import ZoneTerms
from enforcement.zones.terms_json import from_json, to_json
from geo.metres import area_m2
from server.documents.coordinate_lists import write_coordinates
from server.documents.zone_files import read_drawn, read_zone_file, rough_coordinates
from server.flows import publish_zone, weigh_zone
from server.flows.publish_zone import NewZone
from server.flows.refusals import Refused
from server.store import zones
from server.store.zones import NewVersion, ZoneRow
from server.web.access import allow, current_actor, current_scope, work
from server.web.field_faults import by_field
from server.web.language import pick
from server.web.map import page_data
from server.web.rule_book import book
from server.web.zone_areas import CRS_NAMES, Draft, options_of, place_of, take_geometry, tell_repair, uploaded
from server.web.zone_forms import Faults, Fields, TermsForm, read_terms, write_terms
from server.web.zone_words import terms_in_words
from server.web.zones import blueprint, division_choices, now_utc


def blank_fields() -> Fields:
    """A new zone: the defaults of the terms, the city's or county's own authority."""
    scope = current_scope().divisions or ""
    fields = write_terms(ZoneTerms())
    fields["division"] = scope if len(scope) == 6 else f"{scope}00" if len(scope) == 4 else ""
    fields["authority_code"] = fields["division"]
    fields["authority_level"] = "county" if len(scope) == 6 else "city"
    return fields


@blueprint.get("/new")
@allow("zones.edit")
def new() -> ResponseReturnValue:
    """The form of a new zone."""
    return form_page(Draft(None, blank_fields()))


@blueprint.get("/<int:number>/versions/new")
@allow("zones.edit")
def new_version(number: int) -> ResponseReturnValue:
    """The form of the next version, filled with the newest one."""
    zone = zone_in_scope(number)
    with work() as connection:
        newest = zones.find_newest_version(connection, number)
    fields = write_terms(from_json(dict(newest.terms))) if newest else blank_fields()
    if newest is not None:
        fields["coordinates"] = write_coordinates(newest.geometry)
    return form_page(Draft(zone, fields))


@blueprint.post("/new")
@allow("zones.edit")
def add() -> ResponseReturnValue:
    """One of the buttons of a new zone's form."""
    return _pressed(None)


@blueprint.post("/<int:number>/versions/new")
@allow("zones.edit")
def add_version(number: int) -> ResponseReturnValue:
    """One of the buttons of a version's form."""
    return _pressed(zone_in_scope(number))


def zone_in_scope(number: int) -> ZoneRow:
    """The zone, if the account may change it; 404 or 403 otherwise."""
    with work() as connection:
        zone = zones.find_zone(connection, number, now_utc()) or abort(404)
    if not current_scope().covers(zone.division):
        abort(403)
    return zone


def _pressed(zone: ZoneRow | None) -> ResponseReturnValue:
    draft = Draft(zone, MultiDict(request.form))
    press = {"upload": _upload, "convert": _reread, "mend": _mend, "edit": form_page}.get(
        request.form.get("action", "")
    )
    return press(draft) if press else _check(draft, publish=request.form.get("action") == "publish")


def form_page(draft: Draft, code: int = 200) -> ResponseReturnValue:
    """The form with its faults."""
    page = render_template(
        "zones/edit.html",
        zone=draft.zone,
        draft=draft.fields,
        faults=draft.faults,
        spots=[place_of(one) for one in draft.places],
        notes=draft.notes,
        divisions=division_choices(),
        map_data=page_data(),
    )
    return page, code


def _upload(draft: Draft) -> ResponseReturnValue:
    """Read a file into the form; of several zones the first, the import page takes all."""
    name, data = uploaded()
    if not data:
        draft.faults["file"] = _("Choose a file first")
        return form_page(draft, 422)
    kind, found = read_zone_file(data, options_of(draft.fields, mend=draft.fields.get("mend_file") == "yes"))
    if take_geometry(draft, found) is None:
        draft.fields["coordinates"] = rough_coordinates(data) or draft.fields.get("coordinates", "")
        return form_page(draft, 422)
    first = found.zones[0]
    draft.fields["source"] = f"{kind}: {name}"
    if draft.zone is None and not draft.fields.get("name_zh"):
        draft.fields["name_zh"] = first.name[:100]
    if len(found.zones) > 1:
        draft.notes.append(
            _("The file holds %(n)s zones; the first was taken. The import page takes all.", n=len(found.zones))
        )
    tell_repair(draft, found)
    return form_page(draft)


def _reread(draft: Draft) -> ResponseReturnValue:
    """Convert the declared coordinates, nothing else."""
    geometry = take_geometry(draft, read_drawn(draft.fields.get("coordinates", ""), options_of(draft.fields)))
    return form_page(draft, 200 if geometry is not None else 422)


def _mend(draft: Draft) -> ResponseReturnValue:
    """Repair the drawing and show what that changed; the officer looks before anything is kept."""
    found = read_drawn(draft.fields.get("coordinates", ""), options_of(draft.fields, mend=True))
    geometry = take_geometry(draft, found)
    tell_repair(draft, found)
    return form_page(draft, 200 if geometry is not None else 422)


def _check(draft: Draft, publish: bool) -> ResponseReturnValue:
    """Preview, or publish what the preview showed and nobody changed since."""
    terms = read_terms(draft.fields)
    draft.faults.update(terms.faults)
    geometry = take_geometry(draft, read_drawn(draft.fields.get("coordinates", ""), options_of(draft.fields)))
    if draft.faults or geometry is None or terms.terms is None or terms.valid_from is None:
        return form_page(draft, 422)
    version = _version(draft.fields, terms, geometry)
    return _publish(draft, terms, version) if publish else _preview(draft, terms, version)


def _version(fields: Fields, terms: TermsForm, geometry: shapely.MultiPolygon) -> NewVersion:
    declared = fields.get("crs_declared", "wgs84")
    return NewVersion(
        geometry=geometry,
        terms=to_json(terms.terms or ZoneTerms()),
        valid_from=terms.valid_from or now_utc(),
        valid_to=terms.valid_to,
        crs_declared=declared if declared in CRS_NAMES else "wgs84",
        source=fields.get("source", "")[:200] or None,
        note=fields.get("note", "")[:500] or None,
    )


def _new_zone(fields: Fields) -> NewZone:
    names = {name: fields.get(name, "").strip()[:100] for name in ("code", "name_zh", "name_en", "division")}
    return replace(NewZone(**names), code=names["code"].upper())


def _preview(draft: Draft, terms: TermsForm, version: NewVersion, faults: Faults | None = None) -> ResponseReturnValue:
    zone, said = draft.zone, terms.terms or ZoneTerms()
    division = zone.division if zone else draft.fields.get("division", "")
    with work() as connection:
        refused = publish_zone.try_publish(
            connection, current_scope(), zone.id if zone else None, _new_zone(draft.fields), version
        )
        effects = weigh_zone.weigh(connection, book(), zone.id if zone else None, version, said, now_utc())
    if refused:
        draft.faults = by_field(refused)
        return form_page(draft, 422)
    page = render_template(
        "zones/preview.html", zone=zone, draft=draft.fields, version=version, terms=said, effects=effects,
        lines=terms_in_words(said),
        doubts=publish_zone.doubts(book(), division, said, version.valid_from), notes=draft.notes,
        area=area_m2(version.geometry), faults=faults or {}, map_data=page_data(),
        shape={"type": "FeatureCollection", "features": [
            {"type": "Feature", "properties": {}, "geometry": shapely.geometry.mapping(version.geometry)}]},
    )  # fmt: skip
    return page, 422 if faults else 200


def _publish(draft: Draft, terms: TermsForm, version: NewVersion) -> ResponseReturnValue:
    zone, said = draft.zone, terms.terms or ZoneTerms()
    division = zone.division if zone else draft.fields.get("division", "")
    doubts = publish_zone.doubts(book(), division, said, version.valid_from)
    if {doubt.code for doubt in doubts} - set(draft.fields.getlist("acknowledged")):
        missing = {"acknowledged": _("Tick each doubt to say that you have checked it")}
        return _preview(draft, terms, version, missing)
    try:
        with work() as connection:
            if zone is None:
                done = publish_zone.create_zone(
                    connection, current_actor(), current_scope(), _new_zone(draft.fields), version
                )
            else:
                done = publish_zone.publish_version(connection, current_actor(), current_scope(), zone.id, version)
    except Refused as refused:
        draft.faults = by_field(refused.faults)
        return form_page(draft, 422)
    flash(_("Version %(number)s is published.", number=done.number), "good")
    return redirect(url_for("zones.show", number=done.zone_id), 303)


@blueprint.post("/<int:number>/end")
@allow("zones.edit")
def end(number: int) -> ResponseReturnValue:
    """The zone ends at a time, with the document or reason."""
    zone_in_scope(number)
    try:
        at = dt.datetime.fromisoformat(request.form.get("at", "")).replace(tzinfo=publish_zone.BEIJING)
        with work() as connection:
            publish_zone.end_zone(
                connection, current_actor(), current_scope(), number, at, request.form.get("reason", "")[:500]
            )
    except ValueError:
        flash(_("Not ended: give a date and time."), "over")
    except Refused as refused:
        flash(_("Not ended: %(why)s", why="; ".join(pick(one.zh, one.en) for one in refused.faults)), "over")
    else:
        flash(_("The zone ends at the time given."), "good")
    return redirect(url_for("zones.show", number=number), 303)
