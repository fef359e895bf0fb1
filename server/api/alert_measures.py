"""Measures of the emergency plan: those in force or to come, every revision; laying one down, withdrawing it."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from apiflask import APIBlueprint
from pydantic import Field, StringConstraints
from werkzeug.exceptions import NotFound

from enforcement.alerts.measures import EXEMPTIONS, Measure, PlaceKind, plain
from enforcement.registry.categories import MachineCategory, TruckCategory
from enforcement.registry.fuels import Fuel
from enforcement.registry.stages import Stage
from server.api.errors import refused_fields
from server.api.idempotency import creating
from server.api.kinds import NO_NUL, Absent, In, Moment, Out, PagesAsked
from server.api.operations import operation
from server.flows import alert_standing, keep_measures
from server.flows.refusals import Refused as FlowRefused
from server.web.access import current_actor, current_scope, work

blueprint = APIBlueprint("api_alert_measures", __name__, url_prefix="/api/v1/alert-measures", tag="Alerts")
Level = Literal["yellow", "orange", "red"]
KIND: Any = Literal[tuple(map(str, PlaceKind))]
STAGE: Any = Literal[tuple(map(str, Stage))]
TRUCK: Any = Literal[tuple(map(str, TruckCategory))]
MACHINE: Any = Literal[tuple(map(str, MachineCategory))]
FUEL: Any = Literal[tuple(map(str, Fuel))]
EXEMPTION: Any = Literal[EXEMPTIONS]
Words500 = Annotated[str, StringConstraints(min_length=2, max_length=500, pattern=NO_NUL)]
Why = Annotated[str, StringConstraints(min_length=4, max_length=500, pattern=NO_NUL)]
KEY = Annotated[str, StringConstraints(pattern="^[a-z][a-z0-9_]{2,40}$")]
AREA = Annotated[str, StringConstraints(pattern="^([0-9]{2}|[0-9]{4}|[0-9]{6})?$")]
CODE = Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=NO_NUL)]


class MeasurePlace(In):
    """Where it holds; an empty list asks for nothing."""

    kinds: list[KIND] = Field(default=[], description="Kinds of places, any of them.")
    industries: list[CODE] = Field(default=[], max_length=20, description="Industries, any of them.")
    grades: list[CODE] = Field(default=[], max_length=10, description="Performance grades, any of them.")
    but_grades: list[CODE] = Field(default=[], max_length=10, description="Performance grades that it spares.")
    trips_above: Annotated[float, Field(ge=0, le=100000)] | None = Field(
        default=None, description="Only with more goods vehicles in and out a day."
    )
    zone_codes: list[CODE] = Field(default=[], max_length=100, description="Only in these control zones.")
    but_people_supply: bool = Field(default=False, description="Spares places that supply people's needs.")


class MeasureTerms(In):
    """Of whom it speaks; an empty list asks for nothing."""

    stages: list[STAGE] = Field(default=[], description="Stages that it keeps out.")
    categories: list[TRUCK] = Field(default=[], description="Kinds of trucks.")
    machine_types: list[MACHINE] = Field(default=[], description="Kinds of machines.")
    fuels: list[FUEL] = Field(default=[], description="Fuels.")
    parity: bool = Field(default=False, description="Odd and even plates in turn.")


class MeasureNew(In):
    """A measure, or the next revision of one of the same key and area."""

    key: KEY = Field(description="Its name.")
    area: AREA = Field(default="", description="First digits of an area code; empty: everywhere.")
    levels: list[Level] = Field(min_length=1, max_length=3, description="Levels of alert.")
    subject: Literal["truck", "machine"] = Field(description="Of what it speaks.")
    place: MeasurePlace = Field(description="Where it holds.")
    terms: MeasureTerms = Field(description="Of whom it speaks.")
    effect: Literal["deny", "limit", "allow"] = Field(description="Keep out, let a person look, or let in.")
    exemptions: list[EXEMPTION] = Field(default=[], description="What is spared, by the register or the whitelist.")
    valid_from: Moment | None = Field(default=None, description="From when it counts, not past; null: from now on.")
    valid_to: Moment | None = Field(default=None, description="Until when; null: until revised or withdrawn.")
    legal_basis: Words500 = Field(description="Law.")
    certainty: Literal["confirmed", "unconfirmed"] = Field(description="Whether it was read in the plan.")
    source: Words500 = Field(description="Where it was read.")
    zh: Words500 = Field(description="What it says, in Chinese.")
    en: Words500 = Field(description="What it says, in English.")
    reason: Why = Field(description="Why it is laid down.")


class MeasureOut(Out):
    """One revision of a measure."""

    name: str = Field(description="What an answer names it by.", examples=["bulk_site_trucks#2"])
    key: str = Field(description="Its key.")
    revision: int = Field(description="Which revision; those below 101 came with the platform.")
    area: str = Field(description="First digits of an area code; empty: everywhere.")
    levels: list[str] = Field(description="Levels of alert.")
    subject: str = Field(description="Of what it speaks.")
    place: MeasurePlace = Field(description="Where it holds.")
    terms: MeasureTerms = Field(description="Of whom it speaks.")
    effect: str = Field(description="deny, limit or allow.")
    exemptions: list[str] = Field(description="What is spared.")
    valid_from: datetime = Field(description="From when it counts.")
    valid_to: datetime | None = Field(description="Until when.")
    legal_basis: str = Field(description="Law.")
    certainty: str = Field(description="confirmed or unconfirmed.")
    source: str = Field(description="Where it was read.")
    zh: str = Field(description="What it says, in Chinese.")
    en: str = Field(description="What it says, in English.")
    withdrawn: bool = Field(description="From `valid_from` on the key says nothing any more.")


class MeasureList(Out):
    """Revisions of measures: of one key and area the highest that has begun counts."""

    items: list[MeasureOut] = Field(description="The revisions.")


class MeasuresAsked(PagesAsked):
    """Which revisions."""

    key: KEY | Absent = Field(default=None, description="Of one key alone.")


class MeasureEnd(In):
    """From when it says nothing any more, and why."""

    key: KEY = Field(description="Its key.")
    area: AREA = Field(default="", description="Its area.")
    from_at: Moment | None = Field(default=None, description="From when, not past; null: from now on.")
    reason: Why = Field(description="Why.")


def _out(measure: Measure) -> MeasureOut:
    return MeasureOut.model_validate({"name": measure.name, **plain(measure)}, strict=False)


EXAMPLE = {
    "key": "bulk_site_trucks", "levels": ["orange", "red"], "subject": "truck",
    "place": {"kinds": ["large_user"], "trips_above": 10}, "terms": {"stages": ["0", "1", "2", "3", "4"]},
    "effect": "deny", "exemptions": ["people_supply"], "legal_basis": "CODE 263", "certainty": "confirmed",
    "source": "朝阳市重污染天气应急预案", "zh": "停止国四及以下车辆进出", "en": "No trucks of China IV and older",
    "reason": "市预案修订",
}  # fmt: skip


@operation(
    blueprint, "GET", "", allow="alerts.read", asks=MeasuresAsked, gives=MeasureList, summary="List measures",
    about="Every revision, shipped and of the bureau, by key.",
)  # fmt: skip
def index(query: MeasuresAsked) -> MeasureList:
    """Every revision."""
    with work() as connection:
        standing = alert_standing.current(connection)
    rows = [one for one in standing.measures if query.key in (None, one.key)]
    rows.sort(key=lambda one: (one.key, one.area, -one.revision))
    window = rows[(query.page - 1) * query.limit : query.page * query.limit]
    return MeasureList(items=[_out(one) for one in window])


@operation(
    blueprint, "POST", "", allow="alerts.edit", takes=MeasureNew, gives=MeasureOut, status=201,
    summary="Lay down a measure", about="Of the same key and area it is the next revision.", examples={"body": EXAMPLE},
)  # fmt: skip
def create(body: MeasureNew) -> MeasureOut:
    """Lay it down."""
    now = datetime.now(UTC)
    values = body.model_dump(mode="json", exclude={"reason"})
    values["valid_from"] = values["valid_from"] or now.isoformat()
    try:
        with creating() as connection:
            kept = keep_measures.revise(connection, current_actor(), current_scope(), values, body.reason, now)
    except FlowRefused as refused:
        raise refused_fields(refused) from refused
    return _out(kept)


@operation(
    blueprint, "POST", "/withdrawal", allow="alerts.edit", takes=MeasureEnd, gives=MeasureOut,
    summary="Withdraw a measure", about="The answer is the revision that ends it.",
)  # fmt: skip
def withdraw(body: MeasureEnd) -> MeasureOut:
    """End it."""
    place, now = (body.key, body.area), datetime.now(UTC)
    try:
        with work() as connection:
            kept = keep_measures.withdraw(
                connection, current_actor(), current_scope(), place, body.from_at, body.reason, now
            )
    except LookupError as error:
        raise NotFound from error
    except FlowRefused as refused:
        raise refused_fields(refused) from refused
    return _out(kept)
