"""The one search field: a direct hit goes to its page, more go to a list."""

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from server.store import search
from server.web.access import allow, current_scope, work
from server.web.frame import record_address

blueprint = Blueprint("search", __name__)


@blueprint.get("/search")
@allow("search.read")
def show() -> ResponseReturnValue:
    """What the text may mean."""
    asked = request.args.get("q", "").replace("\x00", "").strip()[:60]
    with work() as connection:
        hits = search.find(connection, current_scope(), asked)
    exact = [hit for hit in hits if hit["title"] and search.normalise(hit["title"]) == search.normalise(asked)]
    only = hits if len(hits) == 1 else exact if len(exact) == 1 else []
    address = record_address(only[0]["kind"], only[0]["number"]) if only else None
    if address:
        return redirect(address, 303)
    return render_template("search.html", asked=asked, hits=hits)
