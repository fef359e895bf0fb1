"""The uploaded sheet of a ledger given back: faulty cells marked, a reason a row, the number that its mending settles.

Of a long file only the faulty rows come back; what was taken stands in the ledger anyway, and sending it again would
change nothing.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Connection

from server.documents import filled_books
from server.documents.filled_books import MarkedRow
from server.flows.ledger_columns import ENDS, NAMES, SheetOfLedger, labels, open_ledger_sheet
from server.store import ledger_refusals, ledger_sheets

WHOLE_UP_TO = 20_000  # rows that come back whole


def marked(connection: Connection, number: int, language: str) -> bytes:
    """The marked sheet of a file whose report is kept."""
    job = ledger_sheets.get_file(connection, number)
    sheet = open_ledger_sheet(job["ledger"], job["content"])
    refusals = ledger_refusals.of_batch(connection, number)
    rows = _rows(job, sheet, refusals, language)
    name = NAMES[job["ledger"]][language == "en"]
    return filled_books.marked(name, sheet.header[: sheet.width], ENDS[language], rows)


def _rows(
    job: Mapping[str, Any], sheet: SheetOfLedger, refusals: Mapping[int, int], language: str
) -> Iterator[MarkedRow]:
    english, names = language == "en", labels(job["ledger"], language)
    said: dict[int, list[tuple[str, str]]] = {}
    for row, field, _value, zh, en in (job["report"] or {}).get("faults", []):
        said.setdefault(row, []).append((field, en if english else zh))
    for entry in sheet.entries():
        faults = said.get(entry.row, [])
        if not faults and len(sheet) > WHOLE_UP_TO:
            continue
        outcome = ("refused" if english else "拒收") if faults else ("good" if english else "通过")
        cells = {sheet.places.get(field, 0): text for field, text in reversed(faults)}
        reason = " ".join(_with_name(names.get(field, ""), text, english) for field, text in faults)
        key = str(refusals[entry.row]) if entry.row in refusals else ""
        yield MarkedRow(entry.cells[: sheet.width], cells, outcome, reason, key)


def _with_name(name: str, text: str, english: bool) -> str:
    return text if not name or text.startswith(name) else f"{name}{': ' if english else '：'}{text}"
