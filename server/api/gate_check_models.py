"""What the API gives and takes of a gate's question and its answer."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from server.api.gate_models import COLOUR, BarrierNo, Direction, EntranceNo, text
from server.api.kinds import Absent, Day, Id32, In, Out, PageAsked, PageOf, Text200, YesNo

AnswerCode = Literal["allow", "deny", "check"]
Source = Literal["platform", "list", "policy"]
Level = Literal["yellow", "orange", "red"]


class GateAt(In):
    """A gate by its numbers, as the ledger has them."""

    entrance: EntranceNo = Field(description="Number of the entrance.", examples=["1"])
    barrier: BarrierNo = Field(description="Number of the barrier.", examples=["01"])


class GateQuestion(In):
    """A truck stands before the barrier."""

    plate: text(30, 2) = Field(description="Its plate.", examples=["辽NA1234"])  # type: ignore[valid-type]
    colour: COLOUR = Field(description="Colour of the plate: plate and colour together name a truck.")
    gate: Id32 | GateAt = Field(description="Id of the gate, or its entrance and barrier.")
    direction: Direction = Field(description="Into the plant or out of it.")
    enterprise: text(100) = Field(  # type: ignore[valid-type]
        default="", description="Credit code or name; the key knows it already, and another one is refused."
    )


class AlertTold(Out):
    """The alert that the answer rests on."""

    id: int = Field(description="Its id.", examples=[3])
    level: Level = Field(description="Its level.", examples=["orange"])
    document: str = Field(description="The document that announced it.", examples=["朝政预〔2026〕3号"])


class MeasureTold(Out):
    """A measure that the answer rests on."""

    name: str = Field(description="Its key and revision.", examples=["bulk_sites_china4#1"])
    zh: str = Field(description="What it says, in Chinese.")
    en: str = Field(description="What it says, in English.")


class GateCheck(Out):
    """The answer, as it was given."""

    id: int = Field(description="Its id: a lift or a passage may name it.", examples=[17])
    asked_at: datetime = Field(description="When it was asked.")
    gate_id: int = Field(description="The gate.")
    enterprise_id: int = Field(description="The enterprise.")
    plate: str = Field(description="The plate, as it was read.", examples=["辽NA1234"])
    colour: str = Field(description="Its colour.", examples=["yellow"])
    direction: Direction = Field(description="In or out.")
    answer: AnswerCode = Field(description="`check`: a person looks before the barrier opens.")
    allow: bool = Field(description="Whether the barrier opens by itself.")
    reason_code: str = Field(description="Why, as a code.", examples=["kept_out"])
    reason_zh: str = Field(description="Why, in Chinese.")
    reason_en: str = Field(description="Why, in English.")
    stage: str = Field(description="Emission stage: 0 to 6, 6a, 6b, D electric, X unknown.", examples=["5"])
    fuel: str = Field(description="Fuel.", examples=["diesel"])
    known_by: str = Field(description="Who knows the truck: `register`, `ledger` of this plant, or `nobody`.")
    law: str | None = Field(description="The law in force that day.", examples=["CODE"])
    rules: list[str] = Field(description="Rows of the rule book it rests on.")
    measures: list[str] = Field(description="Measures it rests on, key and revision.")
    alert: AlertTold | None = Field(description="The alert it rests on.")
    whitelist_id: int | None = Field(description="The whitelist entry that lets it in.")
    valid_until: datetime | None = Field(description="Until then the same question need not be asked again.")
    display: str = Field(description="Text for the board: plate, stage, alert, pass or stop.")
    source: Source = Field(description="`platform`: answered here; else what a gate that was cut off did by itself.")


class GateCheckExplained(GateCheck):
    """The answer with the sentences of its measures."""

    measures_told: list[MeasureTold] = Field(description="Its measures, as they were worded.")


class GateCheckFilters(PageAsked):
    """The filters of the list."""

    plate: Text200 | Absent = Field(default=None, description="Plate, from its beginning.")
    enterprise: Id32 | Absent = Field(default=None, description="Id of the enterprise.")
    gate: Id32 | Absent = Field(default=None, description="Id of the gate.")
    answer: AnswerCode | Absent = Field(default=None, description="What was answered.")
    kept_back: YesNo | Absent = Field(default=None, description="Whether the barrier stayed shut.")
    direction: Direction | Absent = Field(default=None, description="In or out.")
    source: Source | Absent = Field(default=None, description="Who answered.")
    alert: Id32 | Absent = Field(default=None, description="Id of the alert it rests on.")
    from_: Day | Absent = Field(default=None, alias="from", description="First local day.")
    to: Day | Absent = Field(default=None, description="Last local day.")
    sort: Literal["asked_at", "-asked_at"] | Absent = Field(
        default=None, description="Order; - for the other direction."
    )


class GateCheckPage(PageOf):
    """A page of answers."""

    items: list[GateCheck] = Field(description="The rows of the page.")
