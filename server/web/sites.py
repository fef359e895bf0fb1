"""Sites of enterprises: the list, one site with its map and the machines on it, its boundary for maps."""

import datetime as dt
import json
from typing import Any

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from server.store import audit, machines_on_site, site_boundaries, site_stays, sites
from server.store.paging import Query
from server.web import site_words  # noqa: F401 - its words join at import
from server.web.access import allow, current_scope, work
from server.web.answers import tagged
from server.web.exports import KINDS, export, head_of, kind_asked
from server.web.filter_choices import areas_of_scope
from server.web.frame import local
from server.web.language import pick
from server.web.listing import Column, Filter, read, view, whole
from server.web.map import page_data
from server.web.words import choices, word

blueprint = Blueprint("sites", __name__, url_prefix="/sites")
STAYS_SHOWN = 20

FILTERS = (
    Filter("q", _l("Name, address, enterprise"), wide=True),
    Filter("kind", _l("Kind"), "choice", lambda: choices("site_kind")),
    Filter("state", _l("State"), "choice", lambda: choices("site_state")),
    Filter("division", _l("Area"), "choice", areas_of_scope),
    Filter("enterprise", "", "number"),
)
COLUMNS = (
    Column("name", _l("Site"), sort=True),
    Column("enterprise", _l("Enterprise")),
    Column("kind", _l("Kind")),
    Column("division", _l("Area"), sort=True, wide=True),
    Column("boundary", _l("Boundary")),
    Column("present_n", _l("Machines present"), numeric=True),
    Column("state", _l("State")),
    Column("address", _l("Address"), extra=True),
    Column("contractor", _l("Contractor"), extra=True),
    Column("begins_on", _l("First day"), extra=True),
    Column("ends_on", _l("Last day"), extra=True),
    Column("created_at", _l("Entered"), sort=True, extra=True),
)


def now_utc() -> dt.datetime:
    """The time of this request."""
    return dt.datetime.now(dt.UTC)


@blueprint.get("/")
@allow("sites.read")
def index() -> ResponseReturnValue:
    """The list, or the same as a file."""
    query = read(request.args, FILTERS, COLUMNS, sort="name", descending=False)
    with work() as connection:
        found = sites.find(connection, current_scope(), whole(query) if kind_asked() else query)
    if kind_asked():
        lines = [_line(row) for row in found.rows]
        return export("sites", head_of(COLUMNS), lines, query, "site.export", ("site", "list"))
    return render_template("sites/list.html", view=view(query, found, FILTERS, COLUMNS, exports=KINDS))


def _line(row: dict[str, Any]) -> list[str | int | float | None]:
    return [
        row["name"], row["enterprise"], word("site_kind", row["kind"]),
        pick(row["division_zh"], row["division_en"]) or row["division"],
        f"{row['area_m2'] / 1e6:.4f} km²" if row["area_m2"] else "", row["present_n"], word("site_state", row["state"]),
        row["address"], row["contractor"], row["begins_on"].isoformat() if row["begins_on"] else "",
        row["ends_on"].isoformat() if row["ends_on"] else "", local(row["created_at"]),
    ]  # fmt: skip


@blueprint.get("/<int:number>")
@allow("sites.read")
def show(number: int) -> ResponseReturnValue:
    """One site."""
    return page(number, {})


def page(number: int, faults: dict[str, str], code: int = 200) -> ResponseReturnValue:
    """One site with what is wrong in a form that was sent from it."""
    scope = current_scope()
    with work() as connection:
        row = sites.find_one(connection, scope, number) or abort(404)
        machines = machines_on_site.side_by_side(connection, number, row["zone_id"])
        stays = site_stays.find(connection, scope, Query({"site": str(number)}, "entered_at", True, 1, STAYS_SHOWN))
        boundaries = site_boundaries.versions(connection, row["zone_id"])
        timeline = [] if scope.fence else audit.of_subject(connection, "site", number)
    shown = render_template(
        "sites/show.html", row=row, machines=machines, stays=stays, boundaries=boundaries, timeline=timeline,
        faults=faults, draft=request.form, map_data=page_data(), now=now_utc(), fenced=scope.fence is not None,
    )  # fmt: skip
    return shown, code


@blueprint.get("/<int:number>/shape.json")
@allow("sites.read")
def shape(number: int) -> ResponseReturnValue:
    """The newest boundary of a site, for the map."""
    with work() as connection:
        row = sites.find_one(connection, current_scope(), number) or abort(404)
        geometry = site_boundaries.geometry_of(connection, row["zone_id"])
    features = [{"type": "Feature", "properties": {"id": row["version_id"], "name": row["name"]}, "geometry": geometry}]
    return tagged({"type": "FeatureCollection", "features": features if geometry else []})


@blueprint.get("/<int:number>/boundary.geojson")
@allow("sites.read")
def boundary(number: int) -> ResponseReturnValue:
    """The newest boundary as a file."""
    with work() as connection:
        row = sites.find_one(connection, current_scope(), number) or abort(404)
        geometry = site_boundaries.geometry_of(connection, row["zone_id"]) or abort(404)
    told = {"id": row["id"], "name": row["name"], "enterprise": row["enterprise"], "version": row["boundary_number"]}
    body = {"type": "FeatureCollection", "features": [{"type": "Feature", "properties": told, "geometry": geometry}]}
    headers = {"Content-Disposition": f"attachment; filename=site-{number}.geojson"}
    return json.dumps(body, ensure_ascii=False), 200, {"Content-Type": "application/geo+json", **headers}


@blueprint.get("/layer.json")
@allow("sites.read")
def layer() -> ResponseReturnValue:
    """The boundaries in force that the account may see, for the map."""
    with work() as connection:
        return tagged(site_boundaries.layer(connection, current_scope(), now_utc()))
