"""A file of zones is read, shown with its faults on the map, and what was chosen of it is published.

This module is the one that the application registers: it brings the pages of `zones` and `zone_drafts` with it.
"""

import json
from typing import Any

import shapely
from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import ngettext

from geo.imported import Imported
from server.flows import import_zones
from server.flows.refusals import Refused
from server.store import zone_imports
from server.store.zone_imports import ZoneUpload
from server.web import zone_drafts  # noqa: F401 - adds its routes to the blueprint
from server.web.access import allow, current_account, current_actor, current_scope, work
from server.web.language import pick
from server.web.map import page_data
from server.web.zone_areas import CRS_NAMES, uploaded
from server.web.zones import blueprint, division_choices, now_utc

MOST_DRAWN = 200_000  # vertices shown in the preview; beyond it shapes are thinned for the eye alone


@blueprint.get("/import")
@allow("zones.edit")
def choose_file() -> ResponseReturnValue:
    """The form for a file."""
    return render_template("zones/import.html", found=None, crs="wgs84", mend=False, fault="")


@blueprint.post("/import")
@allow("zones.edit")
def read_file() -> ResponseReturnValue:
    """Keep the file, go to its preview; what holds no zone at all is told at once."""
    name, data = uploaded()
    crs, mend = request.form.get("crs", "wgs84"), request.form.get("mend") == "yes"
    if not data or crs not in CRS_NAMES:
        fault = pick("请选择文件，并声明其坐标系", "Choose a file and say what its coordinates are")
        return render_template("zones/import.html", found=None, crs="wgs84", mend=mend, fault=fault), 422
    with work() as connection:
        number = zone_imports.keep_upload(connection, name or "zones", data, crs, mend, current_account().id)
        kept = zone_imports.find_upload(connection, number, current_account().id) or abort(404)
    return _preview(kept, [], None)


@blueprint.get("/import/<int:upload>")
@allow("zones.edit")
def show_file(upload: int) -> ResponseReturnValue:
    """The preview again."""
    return _preview(_own(upload), [], None)


def _own(number: int) -> ZoneUpload:
    with work() as connection:
        return zone_imports.find_upload(connection, number, current_account().id) or abort(404)


def _preview(upload: ZoneUpload, refused: list[str], division: str | None) -> ResponseReturnValue:
    kind, found = import_zones.read_upload(upload)
    page = render_template(
        "zones/import.html",
        found=found,
        kind=kind,
        crs=upload.crs,
        mend=upload.mend,
        fault="" if found.zones else pick("文件中没有可以采用的控制区。", "The file holds no zone that can be taken."),
        plan=import_zones.plan(found),
        shapes=_shapes(found),
        marks=[[one.lon, one.lat] for one in found.faults if one.lon is not None and one.lat is not None][:500],
        map_data=page_data(),
        divisions=division_choices(),
        division=division or "",
        refused=refused,
        upload=upload.id,
    )
    return page, 422 if refused or not found.zones else 200


def _shapes(found: Imported) -> dict[str, Any]:
    vertices = sum(shapely.get_num_coordinates(zone.geometry) for zone in found.zones)
    thin = 0.0 if vertices <= MOST_DRAWN else 0.0005
    features = [
        {
            "type": "Feature",
            "properties": {"name": zone.name},
            "geometry": json.loads(
                shapely.to_geojson(shapely.simplify(zone.geometry, thin) if thin else zone.geometry)
            ),
        }
        for zone in found.zones
    ]
    return {"type": "FeatureCollection", "features": features}


@blueprint.post("/import/<int:upload>")
@allow("zones.edit")
def take_file(upload: int) -> ResponseReturnValue:
    """Publish what was chosen, all or none."""
    kept = _own(upload)
    chosen = [int(text) for text in request.form.getlist("take") if text.isascii() and text.isdigit() and len(text) < 6]
    division = request.form.get("division", "")
    try:
        with work() as connection:
            count = import_zones.take_upload(
                connection, current_actor(), current_scope(), kept, chosen, division, now_utc()
            )
    except Refused as refused:
        return _preview(kept, [pick(fault.zh, fault.en) for fault in refused.faults], division)
    flash(ngettext("%(num)d version was published.", "%(num)d versions were published.", count), "good")
    return redirect(url_for("zones.index"), 303)
