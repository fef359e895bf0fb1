"""The first page: what waits for me."""

from flask import Blueprint, render_template

from server.web.access import SIGNED_IN, allow

blueprint = Blueprint("home", __name__)


@blueprint.get("/")
@allow(SIGNED_IN)
def show() -> str:
    """What waits for this account, oldest first, then the map."""
    return render_template("home.html")
