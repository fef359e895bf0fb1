"""The public's question about one plate: no account, few questions a minute."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from apiflask import APIBlueprint
from flask import request
from pydantic import Field, StringConstraints

from enforcement.registry.plates import PlateColour
from server.api.errors import Refused, error_of
from server.api.kinds import Asked, Out
from server.api.operations import operation
from server.flows import answer_whitelist
from server.flows.answer_whitelist import TooManyError
from server.web.access import PUBLIC, engine

blueprint = APIBlueprint("api_whitelist_answer", __name__, url_prefix="/api/v1/public/whitelist", tag="Whitelist")
COLOUR: Any = Literal[tuple(map(str, PlateColour))]


class AnswerAsked(Asked):
    """One plate."""

    plate: Annotated[str, StringConstraints(pattern=r"^\w[\w· ]{2,14}$")] = Field(
        description="The plate.", examples=["辽N12345"]
    )
    colour: COLOUR = Field(description="Its colour.", examples=["yellow"])


class PublicLeave(Out):
    """Leave that holds now."""

    purpose: str = Field(description="What for, as a word.", examples=["people_supply"])
    until: datetime = Field(description="Until when.")
    level_to: str | None = Field(description="The highest level of alert it holds in; null: every level.")
    place: Literal["zone", "city", "gates"] = Field(
        description="`zone`: in the zone that was approved; `city`: in every zone; `gates`: at gates, in an alert."
    )


class WhitelistAnswer(Out):
    """What anybody may know of a plate; an unknown one is answered in the same form."""

    plate: str = Field(description="The plate that was asked for.", examples=["辽N12345"])
    plate_colour: str = Field(description="Its colour.", examples=["yellow"])
    valid: bool = Field(description="Whether it has leave now.")
    asked_at: datetime = Field(description="When it was answered.")
    leave: list[PublicLeave] = Field(description="Leave that holds now; empty where there is none.")


@operation(
    blueprint, "GET", "", allow=PUBLIC, asks=AnswerAsked, gives=WhitelistAnswer,
    summary="Whether a plate has leave now",
    about="Read-only and without an account. Limited for each address (rule `whitelist.public_answers`); beyond it 429 "
    "with Retry-After.",
)  # fmt: skip
def show(query: AnswerAsked) -> WhitelistAnswer:
    """Leave of a plate."""
    try:
        found = answer_whitelist.answer(
            engine(), request.remote_addr or "-", query.plate, query.colour, datetime.now(UTC)
        )
    except TooManyError as fault:
        raise Refused(429, error_of(429), {"Retry-After": str(fault.seconds_left)}) from fault
    return WhitelistAnswer.model_validate(found)
