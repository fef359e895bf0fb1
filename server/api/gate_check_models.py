"""What the API gives and takes of a gate's question and its answer."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from server.api.gate_models import COLOUR, BarrierNo, Direction, EntranceNo, text
from server.api.kinds import Absent, Day, Id32, Id64, In, Moment, Out, PageAsked, PageOf, Text200, YesNo

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


class OfflineDecision(In):
    """What a gate did by itself."""

    gate: Id32 | GateAt = Field(description="Id of the gate, or its entrance and barrier.")
    at: Moment = Field(description="When.")
    plate: text(30, 2) = Field(description="Plate.")  # type: ignore[valid-type]
    colour: COLOUR = Field(description="Plate colour.")
    direction: Direction = Field(description="Into the plant or out of it.")
    answer: AnswerCode = Field(description="What the gate did.")
    source: Literal["list", "policy"] = Field(description="Whether it went by its list or by the policy.")
    list_id: Id64 | None = Field(default=None, description="`list_id` of the list it went by.")


class OfflineDecisions(In):
    """Decisions of gates that were cut off."""

    items: list[OfflineDecision] = Field(min_length=1, max_length=1000, description="The decisions, in any order.")


class OfflineFault(Out):
    """What is wrong with a field."""

    field: str = Field(description="The field.", examples=["list_id"])
    zh: str = Field(description="What is wrong, in Chinese.")
    en: str = Field(description="What is wrong, in English.")


class OfflineTaken(Out):
    """What became of one decision."""

    position: int = Field(description="Its place in the request, from 0.")
    outcome: Literal["taken", "repeated", "refused"] = Field(description="`repeated`: it was told before.")
    answer_id: int | None = Field(description="The answer as it is kept.")
    faults: list[OfflineFault] = Field(description="Why it was refused.")


class OfflineReceipt(Out):
    """What became of each decision."""

    items: list[OfflineTaken] = Field(description="In the order of the request.")


class GateList(Out):
    """The list that gates hold for when they are cut off."""

    algorithm: Literal["Ed25519"] = Field(description="How it is signed.")
    key_id: str = Field(description="Which key signed it.", examples=["56475aa75463474c"])
    signature: str = Field(description="Signature of the bytes of `content` (UTF-8), in base64.")
    content: str = Field(
        description="The list as one JSON text: `list_id`, `from_us`, `until_us` (microseconds since 1970), `trucks` "
        "[plate, colour, stage, fuel, spans], `spans` [[from, answer in, answer out], ...], `answers`, `others` (the "
        "spans of every truck that is not named), `when_unreachable`, `alerts`, `measures`."
    )


class GateListKey(Out):
    """The public half of the key that signs the lists."""

    algorithm: Literal["Ed25519"] = Field(description="How lists are signed.")
    key_id: str = Field(description="Name of the key: the beginning of its SHA-256.", examples=["56475aa75463474c"])
    public_key: str = Field(description="The 32 bytes of the key, hexadecimal.")
