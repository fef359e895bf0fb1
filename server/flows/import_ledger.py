"""A sheet of a ledger in two steps: read it and report, then take its good rows, a portion a transaction.

Taking is idempotent row by row: a sheet that broke off half-way, or was mended and sent again, adds only what was
missing. The work runs under the fence of the enterprise, beside the request that began it.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Engine

from enforcement.ledgers.codes import Codes
from enforcement.ledgers.faults import RowFault
from enforcement.ledgers.passages import read_passage
from enforcement.ledgers.plant import read_machine, read_vehicle
from server.db import Fence, transaction
from server.documents.sheets import FileRefusedError
from server.flows import ledger_intake, take_passages, take_plant
from server.flows.ledger_columns import Entry, SheetOfLedger, open_ledger_sheet
from server.flows.ledger_intake import Source, Taken
from server.store import audit, ledger_refusals, ledger_sheets
from server.store.audit import Actor

log = logging.getLogger(__name__)
PORTION = 2_000  # rows of one transaction
MOST_KEPT = 20_000  # faults kept for the report; a sheet with more is wrong as a whole
Progress = Callable[[int, int], None]
Told = list[int | str]
"""A faulty cell as the report keeps it: row, field, value, zh, en."""
_READERS: Mapping[str, Callable[..., object]] = {"A": read_passage, "B": read_vehicle, "C": read_machine}
TAKERS: Mapping[str, Callable[..., Taken]] = {
    "A": take_passages.take,
    "B": take_plant.take_vehicles,
    "C": take_plant.take_machines,
}
_FAILED = (
    "处理中出错，已写入的行仍然有效：请重试，重复的行不会再次写入；仍然出错请把文件编号告知管理员。",
    "An error stopped the work; rows already taken stand. Try again, no row is taken twice; if it stays, give the"
    " administrator the number of the file.",
)


def begin(
    connection: Connection, actor: Actor, enterprise_id: int, division: str, ledger: str, file_name: str,
    content: bytes,
) -> int:  # fmt: skip
    """Keep the uploaded file; its batch is in state `reading` until `read` has run."""
    values = {
        "enterprise_id": enterprise_id, "division": division, "ledger": ledger, "file_name": file_name[:200],
        "content": content, "user_id": actor.user_id,
    }  # fmt: skip
    number = ledger_sheets.create(connection, values)
    detail = {"ledger": ledger, "file": file_name[:200], "bytes": len(content)}
    audit.append(connection, actor, "ledger.upload", "ledger_batch", number, detail)
    return number


def read(engine: Engine, fence: Fence | None, number: int) -> None:
    """First step: look at every row and keep what is wrong with it. Writes to no ledger."""
    _guarded(engine, fence, number, lambda: _read(engine, fence, number))


def write(engine: Engine, fence: Fence | None, number: int, actor: Actor) -> None:
    """Second step: take the good rows; faulty ones are kept as refused, with every fault."""
    _guarded(engine, fence, number, lambda: _write(engine, fence, number, actor))


def _guarded(engine: Engine, fence: Fence | None, number: int, step: Callable[[], None]) -> None:
    """Whatever goes wrong becomes a state of the file that its page can show."""
    try:
        step()
    except FileRefusedError as fault:
        with transaction(engine, fence) as connection:
            ledger_sheets.finish(connection, number, "refused", fault_zh=fault.zh, fault_en=fault.en)
    except Exception:
        log.exception("ledger sheet %d failed", number)
        with transaction(engine, fence) as connection:
            ledger_sheets.finish(connection, number, "failed", fault_zh=_FAILED[0], fault_en=_FAILED[1])


def _tell(engine: Engine, fence: Fence | None, number: int) -> Progress:
    def progress(done: int, of: int) -> None:
        with transaction(engine, fence) as connection:
            ledger_sheets.beat(connection, number, done, of)

    return progress


def _read(engine: Engine, fence: Fence | None, number: int) -> None:
    progress, now = _tell(engine, fence, number), datetime.now(UTC)
    with transaction(engine, fence) as connection:
        job = ledger_sheets.get_file(connection, number)
        codes = ledger_intake.codes_of(connection, job["enterprise_id"], now, Codes())
    sheet = open_ledger_sheet(job["ledger"], job["content"])
    progress(0, len(sheet))
    faults, refused = _look_through(sheet, job["ledger"], codes, now, progress)
    report = {"unknown": sheet.unknown, "faults": faults}
    with transaction(engine, fence) as connection:
        ledger_sheets.finish(
            connection, number, "read", report=report, rows_n=len(sheet), done_n=len(sheet), refused_n=refused
        )


def _look_through(
    sheet: SheetOfLedger, ledger: str, codes: Codes, now: datetime, progress: Progress
) -> tuple[list[Told], int]:
    """Every fault that the rows have by themselves, and how many rows have one."""
    told: list[Told] = []
    refused = 0
    for done, entry in enumerate(sheet.entries(), start=1):
        found = _spoilt(sheet, entry) or _READERS[ledger](entry.raw, codes, now)
        if isinstance(found, tuple):
            refused += 1
            told += _told(entry.row, found) if len(told) < MOST_KEPT else []
        if done % PORTION == 0:
            progress(done, len(sheet))
    return told, refused


def _spoilt(sheet: SheetOfLedger, entry: Entry) -> tuple[RowFault, ...]:
    """A number that the spreadsheet has rounded is not what was typed."""
    if entry.row not in sheet.spoilt:
        return ()
    name, value, zh, en = sheet.spoilt[entry.row]
    return (RowFault(name, "rounded", value, zh, en),)


def _told(row: int, faults: Sequence[RowFault]) -> list[Told]:
    return [[row, one.field, one.value, one.zh, one.en] for one in faults]


def _write(engine: Engine, fence: Fence | None, number: int, actor: Actor) -> None:
    progress = _tell(engine, fence, number)
    with transaction(engine, fence) as connection:
        job = ledger_sheets.get_file(connection, number)
        ledger_sheets.begin_counts(connection, number)
    sheet = open_ledger_sheet(job["ledger"], job["content"])
    progress(0, len(sheet))
    told: list[Told] = []
    done = 0
    entries = sheet.entries()
    while portion := list(islice(entries, PORTION)):
        with transaction(engine, fence) as connection:
            told += _take(connection, actor, job, sheet, portion)
        done += len(portion)
        progress(done, len(sheet))
    report = {"unknown": sheet.unknown, "faults": told[:MOST_KEPT]}
    with transaction(engine, fence) as connection:
        ledger_sheets.finish(connection, number, "taken", report=report)


def _take(
    connection: Connection, actor: Actor, job: Mapping[str, Any], sheet: SheetOfLedger, portion: Sequence[Entry]
) -> list[Told]:
    """Take a portion; its faults. A row that mends a refused one settles it."""
    now = datetime.now(UTC)
    source = Source(job["enterprise_id"], job["division"], "sheet", None, job["file_name"], actor.user_id)
    rows = [_raw(sheet, entry) for entry in portion]
    taken = _take_rows(connection, actor, source, job, rows, [entry.row for entry in portion], now)
    mended = [
        entry.mends
        for entry, result in zip(portion, taken.results, strict=True)
        if entry.mends is not None and not result.faults
    ]
    if mended:
        ledger_refusals.settle(connection, job["enterprise_id"], mended, "sent_again", actor.user_id, "", now)
    faulty = [(entry, result) for entry, result in zip(portion, taken.results, strict=True) if result.faults]
    return [one for entry, result in faulty for one in _told(entry.row, _spoilt(sheet, entry) or result.faults)]


def _take_rows(
    connection: Connection, actor: Actor, source: Source, job: Mapping[str, Any], rows: list[dict[str, object]],
    positions: list[int], now: datetime,
) -> Taken:  # fmt: skip
    take = TAKERS[job["ledger"]]
    return take(connection, actor, source, rows, now, batch_id=job["id"], positions=positions)


def _raw(sheet: SheetOfLedger, entry: Entry) -> dict[str, object]:
    """The row as it is taken: a cell that was rounded goes as a list, which no field takes."""
    if entry.row not in sheet.spoilt:
        return entry.raw
    name = sheet.spoilt[entry.row][0]
    return {**entry.raw, name: [entry.raw.get(name)]}
