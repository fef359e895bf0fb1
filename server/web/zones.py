"""Control zones: the list, a zone with its versions as a timeline, their shapes for the map, and files to take away."""

import datetime as dt
import json
from typing import Any

import shapely
from flask import Blueprint, Response, abort, current_app, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from enforcement.zones.terms_json import from_json
from geo.imported import ImportedZone
from server.documents.zone_files import MEDIA_TYPE, SUFFIX, ZoneFormat, write_zone_file
from server.store import audit, divisions, zones
from server.store.zones import ZoneRow, ZoneVersionRow
from server.web.access import allow, current_scope, work
from server.web.answers import tagged
from server.web.filter_choices import yes_no
from server.web.language import pick
from server.web.listing import Column, Filter, read, view
from server.web.map import page_data
from server.web.zone_words import terms_in_words

blueprint = Blueprint("zones", __name__, url_prefix="/zones")


def division_choices() -> list[tuple[str, str]]:
    """The platform's city and its counties."""
    prefix = str(current_app.extensions["settings"].city)[:4]
    with work() as connection:
        rows = divisions.list_divisions(connection, prefix)
    return [(row.code, pick(row.name_zh, row.name_en)) for row in rows]


FILTERS = (
    Filter("q", _l("Name or code"), wide=True),
    Filter("division", _l("Area"), "choice", division_choices),
    Filter("in_force", _l("In force now"), "choice", yes_no),
)
COLUMNS = (
    Column("code", _l("Code"), sort=True),
    Column("name", _l("Name"), sort=True),
    Column("division", _l("Area"), sort=True),
    Column("binds", _l("Binds")),
    Column("version", _l("Version"), numeric=True),
    Column("valid_from", _l("In force from"), sort=True),
    Column("state", _l("State")),
    Column("area_m2", _l("Size, km²"), sort=True, numeric=True),
)


def now_utc() -> dt.datetime:
    """The time of this request."""
    return dt.datetime.now(dt.UTC)


@blueprint.get("/")
@allow("zones.read")
def index() -> str:
    """The list."""
    query = read(request.args, FILTERS, COLUMNS, sort="code", descending=False)
    with work() as connection:
        found = zones.find(connection, query, now_utc())
    return render_template("zones/list.html", view=view(query, found, FILTERS, COLUMNS), now=now_utc())


@blueprint.get("/<int:number>")
@allow("zones.read")
def show(number: int) -> str:
    """One zone: the version in force, or the one asked for."""
    with work() as connection:
        zone = zones.find_zone(connection, number, now_utc()) or abort(404)
        versions = zones.list_versions(connection, number)
        timeline = [] if current_scope().fence else audit.of_subject(connection, "zone", number)
    chosen = _chosen(versions, zone)
    terms = from_json(dict(chosen.terms)) if chosen else None
    return render_template(
        "zones/show.html",
        zone=zone,
        versions=list(reversed(versions)),
        chosen=chosen,
        terms=terms,
        lines=terms_in_words(terms) if terms else [],
        vertices=_vertices(chosen) if chosen else 0,
        map_data=page_data(),
        timeline=timeline,
        editable=current_scope().covers(zone.division),
        now=now_utc(),
        formats=list(ZoneFormat),
    )


def _vertices(version: ZoneVersionRow) -> int:
    """Vertices as drawn: a ring's last, which repeats its first, is not counted."""
    rings = sum(len(part.interiors) + 1 for part in version.geometry.geoms)
    return int(shapely.get_num_coordinates(version.geometry)) - rings


def _chosen(versions: list[ZoneVersionRow], zone: ZoneRow) -> ZoneVersionRow | None:
    """The version asked for in the address; else the one that the list shows."""
    asked = request.args.get("version", "")
    by_number = {str(one.number): one for one in versions}
    if asked and asked not in by_number:
        abort(404)
    return by_number.get(asked) or next((one for one in versions if one.id == zone.version_id), None)


@blueprint.get("/<int:number>/shapes.json")
@allow("zones.read")
def shapes(number: int) -> Response:
    """The shapes of all versions of a zone, for the map."""
    with work() as connection:
        found = zones.list_versions(connection, number)
    features = [
        {
            "type": "Feature",
            "properties": {"id": one.id, "name": _("version %(number)s", number=one.number)},
            "geometry": json.loads(shapely.to_geojson(one.geometry)),
        }
        for one in found
    ]
    return tagged({"type": "FeatureCollection", "features": features})


@blueprint.get("/<int:number>/export/<kind>")
@allow("zones.read")
def export(number: int, kind: str) -> ResponseReturnValue:
    """All versions of one zone as a file."""
    with work() as connection:
        zone = zones.find_zone(connection, number, now_utc()) or abort(404)
        versions = zones.list_versions(connection, number)
    return _file(kind, zone.code, [exported(zone, one) for one in versions])


@blueprint.get("/export/<kind>")
@allow("zones.read")
def export_all(kind: str) -> ResponseReturnValue:
    """All versions of all zones as a file."""
    with work() as connection:
        by_id = {zone.id: zone for zone in zones.list_zones(connection, now_utc())}
        versions = zones.list_versions(connection)
    return _file(kind, "zones", [exported(by_id[one.zone_id], one) for one in versions])


def exported(zone: ZoneRow, version: ZoneVersionRow) -> ImportedZone:
    """A version in the neutral words that the writers of files take."""
    terms = from_json(dict(version.terms))
    properties: dict[str, Any] = {
        "id": f"{zone.code}-{version.number}",
        "code": zone.code,
        "name_en": zone.name_en,
        "division": zone.division,
        "version": version.number,
        "issuing_authority": terms.authority,
        "url_arrete": terms.document.file,
        "terms": dict(version.terms),
    }
    hours = "; ".join(f"{w.from_minute // 60:02}:{w.from_minute % 60:02}-{w.to_minute // 60:02}:{w.to_minute % 60:02}"
                      for w in terms.windows) or None  # fmt: skip
    return ImportedZone(zone.name_zh, version.geometry, version.valid_from, version.valid_to, hours, properties)


def _file(kind: str, name: str, found: list[ImportedZone]) -> ResponseReturnValue:
    if kind not in set(ZoneFormat):
        abort(404)
    wanted = ZoneFormat(kind)
    authority = str(current_app.extensions["settings"].city)
    answer = Response(write_zone_file(wanted, found, now_utc(), authority), content_type=MEDIA_TYPE[wanted])
    answer.headers.set("Content-Disposition", "attachment", filename=f"{name}.{SUFFIX[wanted]}")
    return answer
