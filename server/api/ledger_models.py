"""Models that the three ledgers share in the API: rows as they are sent, what became of each, corrections."""

from typing import Annotated, Any, Literal

from pydantic import Field, JsonValue, StringConstraints, WithJsonSchema

from enforcement.ledgers import fields
from enforcement.ledgers.codes import Codes
from enforcement.registry.fuels import FuelCodes
from enforcement.registry.plates import PlateCodes
from server.api.kinds import NO_NUL, Id32, In, Out

MOST_ROWS = 1000
PLATES: Any = Literal[tuple(map(str, PlateCodes))]
FUELS: Any = Literal[tuple(map(str, FuelCodes))]
Why = Annotated[str, StringConstraints(min_length=2, max_length=500, pattern=NO_NUL)]


def row_schema(ledger: str) -> dict[str, Any]:
    """A row as the table of fields describes it; a value may be anything: what cannot be read is refused alone."""
    properties = {}
    for one in fields.LEDGERS[ledger]:
        said = f"{one.zh} · {one.en}. {'Needed. ' if one.required else ''}{one.note_en}".strip()
        told = {"description": said, "examples": [one.example] if one.example else []}
        properties[one.name] = {name: value for name, value in told.items() if value}
    return {"type": "object", "properties": properties}


RowA = Annotated[dict[str, JsonValue], WithJsonSchema(row_schema("A"))]
RowB = Annotated[dict[str, JsonValue], WithJsonSchema(row_schema("B"))]
RowC = Annotated[dict[str, JsonValue], WithJsonSchema(row_schema("C"))]


class CodesIn(In):
    """Which of the lists in use the rows are written in."""

    plate_colours: PLATES = Field(
        default="gate",
        description="List of plate colours: `gate` 0 blue 1 yellow 2 white 3 black 4 green 5 other; `jtt697`, "
        "`jtt415`, `etc` as in their standards.",
    )
    fuels: FUELS = Field(
        default="gat16",
        description="Letters of fuels: `gat16` is GA/T 16.9 (C electric); `shifted` the list with C mixed oil and "
        "N electric.",
    )

    @property
    def codes(self) -> Codes:
        return Codes(PlateCodes(self.plate_colours), FuelCodes(self.fuels))


class RowsIn(In):
    """A batch of rows, taken one by one."""

    codes: CodesIn = Field(default_factory=CodesIn, description="Which lists the codes are of.")


class RowFaultOut(Out):
    """What is wrong with one field of a row."""

    field: str = Field(default="", description="The field; empty: the row as a whole.")
    code: str = Field(default="", description="What, as a word.", examples=["not_in_list"])
    value: str = Field(default="", description="What stood there, at most 80 characters.")
    zh: str = Field(description="What, in Chinese.")
    en: str = Field(description="What, in English.")


class NoteOut(Out):
    """Why a row fared as it did."""

    code: str = Field(description="Why, as a word.", examples=["late_copy"])
    zh: str = Field(description="Why, in Chinese.")
    en: str = Field(description="Why, in English.")


class RowOut(Out):
    """What became of one row."""

    position: int = Field(description="Its place in the batch, from 0.")
    outcome: Literal["taken", "repeated", "corrected", "refused"] = Field(
        description="`repeated`: it is on file already; `corrected`: it replaced what its source had sent before."
    )
    id: int | None = Field(description="The row of the ledger; null: there is none.")
    faults: list[RowFaultOut] = Field(description="Every reason why it was refused.")
    note: NoteOut | None = Field(description="Why it fared so, where that is not plain.")


class BatchOut(Out):
    """What became of a batch."""

    batch: int = Field(description="Number of the batch.", examples=[17])
    taken: int = Field(description="New rows.")
    repeated: int = Field(description="Rows that are on file already.")
    corrected: int = Field(description="Rows that replaced older content.")
    refused: int = Field(description="Rows that were not taken; they are kept as refused rows.")
    rows: list[RowOut] = Field(description="Every row in the order sent.")


class ReasonIn(In):
    """Why."""

    reason: Why = Field(description="Why; it is kept with the row.")


class CorrectionIn(ReasonIn):
    """Other values for some fields of a row."""

    codes: CodesIn = Field(
        default_factory=lambda: CodesIn(plate_colours="jtt697"),
        description="Which lists the codes are of; the platform's own words (`yellow`, `diesel`) always count.",
    )


class HistoryOut(Out):
    """One correction of a row."""

    at: Any = Field(description="When.", json_schema_extra={"type": "string", "format": "date-time"})
    version: int = Field(description="The version that it made.")
    by_name: str = Field(description="Who.")
    reason: str = Field(description="Why.")
    before: dict[str, Any] = Field(description="The fields that changed, as they were.")
    after: dict[str, Any] = Field(description="The same fields since.")


Gate = Id32
