"""A person corrects a row of a ledger, strikes it out, or settles what waits; what it said stays, with the reason."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from enforcement.ledgers.codes import Codes
from enforcement.ledgers.faults import RowFault
from enforcement.ledgers.fields import LEDGERS
from enforcement.ledgers.passages import Passage, read_passage
from enforcement.ledgers.plant import PlantMachine, PlantVehicle, read_machine, read_vehicle
from enforcement.ledgers.repeats import EXISTS
from enforcement.registry.plates import PlateCodes
from server.flows import ledger_changes, ledger_intake, take_passages, take_plant
from server.flows.refusals import Fault, Refused
from server.store import audit, ledger_rows, ledger_tables
from server.store.audit import Actor
from server.store.ledger_tables import TABLES, LedgerTable

REASON_LEAST, REASON_MOST = 2, 500
CONFIRMED = "confirmed"  # a code: pages have its words
OURS = Codes(plate=PlateCodes.JTT697)  # a form says colours and fuels by their own names; both greens have a code here
PHOTOS = "photo_"
Read = Callable[[Mapping[str, object], Codes, datetime], Any]
READERS: dict[str, Read] = {"A": read_passage, "B": read_vehicle, "C": read_machine}


class Changed(Exception):
    """Somebody else has changed the row; nothing was written. Carries the version that stands."""

    def __init__(self, version: int) -> None:
        super().__init__(f"version {version} stands")
        self.version = version


@dataclass(frozen=True, slots=True)
class _Held:
    """A row that is held for a change."""

    table: LedgerTable
    row: Mapping[str, Any]
    reason: str

    @property
    def enterprise_id(self) -> int:
        found: int = self.row["enterprise_id"]
        return found


def correct(
    connection: Connection, actor: Actor, ledger: str, row_id: int, version: int, changes: Mapping[str, object],
    reason: str, now: datetime, codes: Codes = OURS,
) -> None:  # fmt: skip
    """Give fields of a row (by their names in the ledger's table) other values.

    Raises Refused with every fault, LookupError, Changed.
    """
    held = _hold(connection, ledger, row_id, version, reason)
    _refuse_closed(held)
    wanted = {**as_given(held.table, held.row), **changes}
    wanted.pop("source_key", None)
    read = _read(connection, held, wanted, changes, codes, now)
    if ledger_tables.key_is_taken(connection, held.table, held.enterprise_id, read.place, row_id):
        raise Refused([Fault("passed_at" if ledger == "A" else held.table.key[0], EXISTS.zh, EXISTS.en)])
    values = _values(connection, read)
    before = dict(held.row)
    ledger_changes.correct_rows(
        connection, actor, held.table, held.enterprise_id, {row_id: values}, held.reason, now, by_hand=True
    )
    after = ledger_tables.rows_as_json(connection, held.table, [row_id])[row_id]
    fields = sorted(name for name in held.table.content if before.get(name) != after.get(name))
    if not fields:
        raise Refused([Fault("reason", "内容没有变化", "Nothing would be changed")])
    _log(connection, actor, "ledger.correct", held, row_id, {"fields": fields})


def strike_out(
    connection: Connection, actor: Actor, ledger: str, row_id: int, version: int, reason: str, now: datetime
) -> None:
    """Take a row out of the ledger: it stays to be seen and counts nowhere. Raises Refused, LookupError, Changed."""
    held = _hold(connection, ledger, row_id, version, reason)
    _refuse_closed(held)
    _move(connection, actor, held, row_id, "void", "ledger.strike_out", now)


def confirm_pending(connection: Connection, actor: Actor, row_id: int, version: int, now: datetime) -> None:
    """The gatekeeper confirms what a driver entered. Raises Refused, LookupError, Changed."""
    held = _hold(connection, "A", row_id, version, CONFIRMED)
    _refuse_settled(held)
    _move(connection, actor, held, row_id, "taken", "ledger.confirm", now)


def refuse_pending(connection: Connection, actor: Actor, row_id: int, version: int, reason: str, now: datetime) -> None:
    """The gatekeeper refuses what a driver entered. Raises Refused, LookupError, Changed."""
    held = _hold(connection, "A", row_id, version, reason)
    _refuse_settled(held)
    _move(connection, actor, held, row_id, "refused", "ledger.refuse", now)


def _hold(connection: Connection, ledger: str, row_id: int, version: int, reason: str) -> _Held:
    """The row as it stands, its enterprise's ledgers and the row itself held."""
    table, reason = TABLES[ledger], reason.strip()
    enterprise_id = ledger_tables.enterprise_of(connection, table, row_id)
    if enterprise_id is None:
        raise LookupError(row_id)
    ledger_tables.lock(connection, enterprise_id)
    row = ledger_tables.rows_as_json(connection, table, [row_id])[row_id]
    if row["version"] != version:
        raise Changed(row["version"])
    if not REASON_LEAST <= len(reason) <= REASON_MOST or not reason.isprintable():
        zh, en = (
            f"请填写原因（{REASON_LEAST} 至 {REASON_MOST} 字）",
            f"Give a reason, {REASON_LEAST} to {REASON_MOST} characters",
        )
        raise Refused([Fault("reason", zh, en)])
    return _Held(table, row, reason)


def _refuse_closed(held: _Held) -> None:
    if held.row["state"] in ("void", "refused"):
        raise Refused([Fault("reason", "该条记录已作废或退回", "The row was struck out or refused")])


def _refuse_settled(held: _Held) -> None:
    if held.row["state"] != "pending":
        raise Refused([Fault("reason", "该条记录不在待确认状态", "The row does not wait for anybody")])


def _move(
    connection: Connection, actor: Actor, held: _Held, row_id: int, state: str, action: str, now: datetime
) -> None:
    ledger_tables.set_state(connection, held.table, row_id, state)
    ledger_changes.note(connection, actor, held.table, held.enterprise_id, {row_id: held.row}, held.reason, now)
    _log(connection, actor, action, held, row_id, {})


def _log(
    connection: Connection, actor: Actor, action: str, held: _Held, row_id: int, detail: Mapping[str, Any]
) -> None:
    told = {"enterprise_id": held.enterprise_id, "reason": held.reason, **detail}
    audit.append(connection, actor, action, held.table.subject, row_id, told)


def as_given(table: LedgerTable, row: Mapping[str, Any]) -> dict[str, object]:
    """A stored row as a source would say it: what a form shows, and what a correction changes."""
    photos = row.get("photos") or {}
    given: dict[str, object] = {}
    for field in LEDGERS[table.ledger]:
        name = field.name
        value = photos.get(name.removeprefix(PHOTOS)) if name.startswith(PHOTOS) else row.get(name)
        if isinstance(value, bool):
            value = "yes" if value else "no"
        if isinstance(value, datetime | date):
            value = value.isoformat()
        if isinstance(value, Decimal):
            value = format(value.normalize(), "f")
        if value is not None:
            given[name] = value
    return given


def _read(
    connection: Connection, held: _Held, wanted: Mapping[str, object], changes: Mapping[str, object], codes: Codes,
    now: datetime,
) -> Any:  # fmt: skip
    known = ledger_intake.codes_of(connection, held.enterprise_id, now, codes)
    read = READERS[held.table.ledger](wanted, known, now)
    if not isinstance(read, tuple) and getattr(read, "answer_id", None) is not None:
        read = _with_answer(connection, held, read)
    if isinstance(read, tuple):  # how old a row is, is no fault of a correction that leaves its time alone
        read_faults: list[RowFault] = [one for one in read if one.code != "too_old" or "passed_at" in changes]
        if read_faults:
            raise Refused([Fault(one.field or "reason", one.zh, one.en) for one in read_faults])
        limits = replace(known.limits, keep_months=12_000) if known.limits else None
        read = READERS[held.table.ledger](wanted, replace(known, limits=limits), now)
    if isinstance(read, Passage):
        read = take_passages.doubting_gate(read, ledger_rows.gates_of(connection, held.enterprise_id))
    return read


def _with_answer(connection: Connection, held: _Held, read: Passage) -> Passage | tuple[RowFault, ...]:
    assert read.answer_id is not None
    known = ledger_rows.answers_of(connection, held.enterprise_id, [read.answer_id])
    return read if known else (take_passages.answer_unknown(read.answer_id),)


def _values(connection: Connection, read: Passage | PlantVehicle | PlantMachine) -> dict[str, Any]:
    if isinstance(read, Passage):
        return take_passages.values_of(connection, [read])[0]
    if isinstance(read, PlantVehicle):
        return take_plant.vehicle_values(connection, [read])[0]
    return take_plant.machine_values(connection, [read])[0]
