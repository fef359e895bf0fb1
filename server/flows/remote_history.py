"""The rule of HJ 845 over a truck's records: consecutive hits of one pollutant within the window count as failed."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from enforcement.measurements import Method
from enforcement.measurements.remote_sensing import INVALID, Pollutant
from enforcement.measurements.remote_sensing_history import RemoteResult, RemoteState, RemoteVerdict, verdict
from enforcement.rules.book import RuleBook
from server.store import inspections

BACK = timedelta(days=800)  # longer than any window a rule may name
REMOTE = str(Method.REMOTE_SENSING)


def of_truck(
    connection: Connection,
    rules: RuleBook,
    truck_id: int,
    at: datetime,
    area: str = "",
    joining: Iterable[RemoteResult] = (),
    without: int | None = None,
) -> RemoteVerdict | None:
    """Where the truck stands at a moment; None where it has no record of remote sensing.

    `joining` are records that are being written, `without` the inspection that is being corrected.
    """
    rows = [row for row in inspections.history(connection, truck_id, at - BACK, at) if row["id"] != without]
    results = [*(found for row in rows if (found := result_of(row)) is not None), *joining]
    if not results:
        return None
    retests = [row["inspected_at"] for row in rows if _is_retest(row)]
    return verdict(rules, results, retests, at, area)


def result_of(row: Mapping[str, Any]) -> RemoteResult | None:
    """The record of a stored inspection; None where it was no remote sensing."""
    judgements = row["verdict"].get("judgements", [])
    one = next((judgement for judgement in judgements if judgement["method"] == REMOTE), None)
    return None if one is None else record_of(one, row["inspected_at"], row["number"])


def record_of(judgement: Mapping[str, Any], at: datetime, key: str) -> RemoteResult:
    """A judgement as a verdict keeps it, as one record of the history."""
    known = [item for item in judgement["items"] if item["over"] is not None]
    return RemoteResult(
        key,
        at,
        all(doubt["code"] != INVALID for doubt in judgement["doubts"]),
        frozenset(Pollutant(item["name"]) for item in known),
        frozenset(Pollutant(item["name"]) for item in known if item["over"]),
    )


def completes_chain(found: RemoteVerdict | None, key: str) -> bool:
    """Whether the record is one of the hits that made the truck fail."""
    return found is not None and found.state is RemoteState.FAILED and key in {hit.key for hit in found.hits}


def _is_retest(row: Mapping[str, Any]) -> bool:
    """A test of the exhaust that was passed and may be relied on begins the count anew."""
    return row["outcome"] == "passed" and row["standing"] == "legal" and REMOTE not in row["methods"]
