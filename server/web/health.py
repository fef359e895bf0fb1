"""Whether the platform lives: the database answers, and how old the last packet is."""

from typing import Any

from flask import Blueprint, jsonify
from sqlalchemy.exc import SQLAlchemyError

from server.db import transaction
from server.store import positions
from server.web.access import PUBLIC, allow, engine

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
@allow(PUBLIC)
def show() -> tuple[Any, int]:
    """200 while the database answers; the age of the last packet in seconds, null when there never was one."""
    try:
        with transaction(engine()) as connection:
            age_s = positions.last_packet_age_s(connection)
    except SQLAlchemyError:
        return jsonify(database="unreachable", last_packet_age_s=None), 503
    return jsonify(database="ok", last_packet_age_s=age_s), 200
