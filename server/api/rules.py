"""The rule book: every number of law with its validity, read by the date of the act."""

from datetime import UTC, date, datetime
from typing import Literal

from apiflask import APIBlueprint
from pydantic import Field

from enforcement.rules.book import Rule, day_of
from server.api.kinds import Absent, Asked, Day, Out, Text200
from server.api.operations import operation
from server.web.access import SIGNED_IN
from server.web.rule_book import book

blueprint = APIBlueprint("api_rules", __name__, url_prefix="/api/v1/rules", tag="Rules")


class RulesAsked(Asked):
    """Which rows."""

    at: Day | Absent = Field(default=None, description="The day of the act, local; else today.")
    prefix: Text200 | Absent = Field(default=None, description="Beginning of the id: telemetry.")


class RuleOut(Out):
    """One row of the rule book."""

    key: str = Field(description="Rule and row.", examples=["telemetry.gap_after_s@2016-01-01"])
    id: str = Field(description="The question it answers.", examples=["telemetry.gap_after_s"])
    value: float | int | bool | str | list[str] | None = Field(description="The answer, in `unit`.")
    unit: str = Field(description="Its unit.", examples=["s"])
    valid_from: Day = Field(description="From this day on.")
    valid_to: Day | None = Field(description="The first day on which it no longer holds; null: until further notice.")
    legal_basis: str = Field(description="Clause.")
    certainty: Literal["confirmed", "unconfirmed"] = Field(description="Read in the law, or to be confirmed.")
    source: str = Field(description="Where it was read.")
    zh: str = Field(description="In Chinese.")
    en: str = Field(description="In English.")


class Rules(Out):
    """Rows in force on a day."""

    at: Day = Field(description="The day.")
    items: list[RuleOut] = Field(description="The rows, by id.")


@operation(
    blueprint, "GET", "", allow=SIGNED_IN, asks=RulesAsked, gives=Rules, summary="Rules in force on a day",
    about="Law follows the date of the act: ask with the day of the act.",
)  # fmt: skip
def index(query: RulesAsked) -> Rules:
    """The rows in force."""
    day: date = query.at or day_of(datetime.now(UTC))
    rows = [row for row in book().rows if row.holds_on(day) and row.id.startswith(query.prefix or "")]
    return Rules(at=day, items=[_row(row) for row in sorted(rows, key=lambda row: row.id)])


def _row(row: Rule) -> RuleOut:
    value = list(row.value) if isinstance(row.value, tuple) else row.value
    return RuleOut.model_validate(
        {name: getattr(row, name) for name in Rule.__slots__} | {"key": row.key, "value": value}
    )
