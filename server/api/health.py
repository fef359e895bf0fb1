"""Whether the platform lives."""

from typing import Literal

from apiflask import APIBlueprint
from pydantic import Field
from sqlalchemy.exc import SQLAlchemyError

from server.api.errors import refuse
from server.api.kinds import Out
from server.api.operations import operation
from server.db import transaction
from server.store import positions
from server.web.access import PUBLIC, engine

blueprint = APIBlueprint("api_health", __name__, url_prefix="/api/v1/health", tag="Health")


class Health(Out):
    """The database answers."""

    database: Literal["ok"] = Field(description="It answers.")
    last_packet_age_s: float | None = Field(description="Age of the newest packet, seconds; null: there never was one.")


@operation(blueprint, "GET", "", allow=PUBLIC, gives=Health, refuses=(503,), summary="Health")
def show() -> Health:
    """Whether the database answers, and how old the newest packet is."""
    try:
        with transaction(engine()) as connection:
            age_s = positions.last_packet_age_s(connection)
    except SQLAlchemyError as fault:
        raise refuse(503) from fault
    return Health(database="ok", last_packet_age_s=age_s)
