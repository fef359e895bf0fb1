"""What a terminal reported, as columns, and how complete it is."""

from datetime import UTC, datetime, time, timedelta
from typing import Any, Literal

import numpy as np
import pandas as pd
from apiflask import APIBlueprint
from flask import Response
from pydantic import Field
from pydantic_core import to_json
from sqlalchemy import Connection
from werkzeug.exceptions import NotFound

from server.api.errors import Fault, invalid
from server.api.kinds import Absent, Asked, Day, Moment, Out, address
from server.api.operations import operation
from server.store import completeness, packets_read, terminals
from server.store.samples import samples
from server.web.access import current_scope, work
from server.web.language import ZONE
from server.web.telemetry_rules import number as rule_number
from telemetry.samples import COLUMNS

blueprint = APIBlueprint("api_telemetry", __name__, url_prefix="/api/v1/terminals", tag="Terminals")

MOST_SAMPLES = 86_400
STRETCH = timedelta(days=1)  # read at a time; a longer wish is answered in parts
EARLIEST, LATEST = datetime(2000, 1, 2, tzinfo=UTC), datetime(2099, 12, 30, tzinfo=UTC)
GIVEN = tuple(column for column in COLUMNS if column.name != "packet")
UNITS = {"us": "microseconds since 1970-01-01T00:00:00Z"}
DECIMALS = {"lon": 7, "lat": 7}


class SamplesAsked(Asked):
    """Which samples."""

    from_at: Moment = Field(alias="from", description="From this time on.")
    to_at: Moment = Field(alias="to", description="Up to, not including, this time; it must lie after `from`.")


class ColumnOut(Out):
    """One quantity: a value for each sample, null where it was not available."""

    name: str = Field(description="Name of the quantity.", examples=["speed_kmh"])
    unit: str = Field(description="Its unit; empty for codes and yes/no.", examples=["km/h"])
    zh: str = Field(description="Its name in Chinese.", examples=["车速"])
    en: str = Field(description="Its name in English.", examples=["vehicle speed"])
    values: list[float | int | bool | None] = Field(description="One value a sample, in order of time.")


class Samples(Out):
    """Samples in order of time, a column a quantity; of two that speak of one time the one received first."""

    terminal_id: int = Field(description="The terminal.", examples=[17])
    from_at: datetime = Field(serialization_alias="from", description="Begin of what is answered.")
    to_at: datetime = Field(serialization_alias="to", description="End of what is answered; `next` goes on from here.")
    rows: int = Field(description=f"Samples, at most {MOST_SAMPLES}.", examples=[360])
    columns: list[ColumnOut] = Field(description="The quantities, all of one length.")
    next: str | None = Field(description="The address that goes on; null when nothing is left.")


def _get(connection: Connection, number: int) -> None:
    if terminals.find_one(connection, number, current_scope()) is None:
        raise NotFound


@operation(
    blueprint, "GET", "/<int:number>/samples", allow="telemetry.read", asks=SamplesAsked, gives=Samples,
    summary="Samples of a terminal",
    about="A day at the most and 86,400 rows at the most an answer; `next` leads on to the following stretch that has "
    "any data. Positions are WGS-84 whatever the terminal speaks; nothing is left out, `flags` says what is odd.",
)  # fmt: skip
def show_samples(query: SamplesAsked, number: int) -> Response:
    """Samples of [from, to), or of as much of it as one answer holds."""
    if query.from_at >= query.to_at:
        raise invalid(
            [Fault(path="query.to", code="order", message_zh="须晚于 from。", message_en="It must be after from")]
        )
    begin, end = (min(max(at, EARLIEST), LATEST).astimezone(UTC) for at in (query.from_at, query.to_at))
    stop = min(begin + STRETCH, end) if begin < LATEST else LATEST
    with work() as connection:
        _get(connection, number)
        table = samples(connection, number, begin, stop)
        after = packets_read.neighbours(connection, number, begin, stop)[1]
    if len(table) > MOST_SAMPLES:
        stop = after = _at(int(table["at_us"].iloc[MOST_SAMPLES]))
        table = table.iloc[:MOST_SAMPLES]
    follows = address(**{"from": after.isoformat()}) if after is not None and after < end else None
    body = {
        "terminal_id": number, "from": begin, "to": stop, "rows": len(table),
        "columns": _columns(table), "next": follows,
    }  # fmt: skip
    return Response(to_json(body, inf_nan_mode="null"), mimetype="application/json")


def _at(at_us: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at_us)


def _columns(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [
        {"name": c.name, "unit": UNITS.get(c.unit, c.unit), "zh": c.zh, "en": c.en, "values": _values(table, c.name)}
        for c in GIVEN
    ]


def _values(table: pd.DataFrame, name: str) -> list[Any]:
    values = table[name].to_numpy()
    if values.dtype.kind != "f":
        return list(values.tolist())
    return list(np.round(values.astype(np.float64), DECIMALS.get(name, 4)).tolist())


class CompletenessAsked(Asked):
    """Which days."""

    from_day: Day | Absent = Field(
        default=None, alias="from", description="The first day, local; else the day of the newest packet."
    )
    days: int = Field(default=1, ge=1, le=31, description="How many days from there.")


class DayOut(Out):
    """One local day."""

    day: Day = Field(description="The day, Asia/Shanghai.")
    received: int = Field(description="Packets received.", examples=[8640])
    counted: int = Field(description="Serial numbers that came.", examples=[8637])
    missing: int = Field(description="Serial numbers that are missing between them.", examples=[3])
    expected: int = Field(description="Both together: received N of M.", examples=[8640])
    samples: int = Field(description="Samples received.", examples=[86400])
    gaps: int = Field(description="Gaps in the serial numbers.", examples=[1])
    silences: int = Field(description="Pauses longer than the rule book's limit.", examples=[0])
    silent_s: float = Field(description="Their length together, seconds.", examples=[0.0])


class GapOut(Out):
    """One gap by name."""

    kind: Literal["serial", "restart", "silence"] = Field(description="Serial numbers missing, or no data at all.")
    from_at: datetime = Field(description="The last packet before it.")
    to_at: datetime = Field(description="The first packet after it.")
    first: int | None = Field(description="The first serial number that is missing.")
    last: int | None = Field(description="The last one.")
    missing: int = Field(description="How many; 0 for silence, which counts as nothing.")


class Completeness(Out):
    """Received N of M, and what is missing by name. No data and complete never look the same."""

    terminal_id: int = Field(description="The terminal.", examples=[17])
    pause_s: int = Field(description="From how long on a silence is named, seconds.", examples=[120])
    days: list[DayOut] = Field(description="Days with any packet, newest first; a day that is not here had none.")
    gaps: list[GapOut] = Field(description="The first 200 gaps in order of time.")


@operation(
    blueprint, "GET", "/<int:number>/completeness", allow="telemetry.read", asks=CompletenessAsked, gives=Completeness,
    summary="Completeness of a terminal", about="Packets received of those sent, by serial numbers, a day.",
)  # fmt: skip
def show_completeness(query: CompletenessAsked, number: int) -> Completeness:
    """Completeness of some days."""
    with work() as connection:
        _get(connection, number)
        newest = packets_read.newest_day(connection, number)
        day = query.from_day or (newest or datetime.now(UTC)).astimezone(ZONE).date()
        begin = datetime.combine(min(max(day, EARLIEST.date()), LATEST.date()), time(), ZONE)
        end = begin + timedelta(days=query.days)
        pause_s = int(rule_number("gap_after_s", max(begin, datetime(2016, 1, 2, tzinfo=UTC))))
        found = completeness.days(connection, number, begin, end, pause_s)
        gaps = completeness.gaps(connection, number, begin, end, pause_s)
    return Completeness(
        terminal_id=number,
        pause_s=pause_s,
        days=[DayOut.model_validate(one) for one in found],
        gaps=[GapOut.model_validate(one) for one in gaps],
    )
