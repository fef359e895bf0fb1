"""The rule book that decisions go by: the rows that came with the platform, under those that the bureau keeps.

An administrator confirms a row, replaces it from a date on, or withdraws it; nothing is overwritten, and a decision
made before keeps the rows it used (its verdict holds them). Rows of the database go before the shipped files.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from threading import Lock
from typing import Any

import psycopg
from sqlalchemy import Connection

from enforcement.rules.book import Certainty, Rule, RuleBook, RuleBookFault, Value, checked, load
from server.flows.refusals import Fault, Refused
from server.store import audit, rule_rows
from server.store.audit import Actor

TEXT_LEAST, TEXT_MOST = 2, 500
Place = tuple[str, str, date]  # rule, area, first day

shipped = cache(load)

_books: dict[str, tuple[int, RuleBook]] = {}  # by database: number of the newest row, and the book with it
_guard = Lock()


def current(connection: Connection) -> RuleBook:
    """The book as it stands now; read again when a row was added."""
    name = connection.engine.url.render_as_string(hide_password=True)
    newest = rule_rows.last_id(connection)
    with _guard:
        known = _books.get(name)
    if known is not None and known[0] == newest:
        return known[1]
    book = _over(shipped(), rule_rows.newest(connection))
    with _guard:
        _books[name] = (newest, book)
    return book


def current_for_worker(connection: psycopg.Connection) -> RuleBook:
    """The same for a worker, who keeps it and is told when it changes (channel `watch`)."""
    return _over(shipped(), rule_rows.newest_for_worker(connection))


def _over(book: RuleBook, rows: Iterable[Mapping[str, Any]]) -> RuleBook:
    places: dict[Place, Rule] = {(row.id, row.area, row.valid_from): row for row in book.rows}
    for kept in rows:
        place = (kept["rule"], kept["area"], kept["valid_from"])
        if kept["withdrawn"]:
            places.pop(place, None)
        else:
            places[place] = rule_of(kept)
    return RuleBook(tuple(places.values()))


def rule_of(row: Mapping[str, Any]) -> Rule:
    """A row of the table as a rule."""
    value = tuple(row["value"]) if isinstance(row["value"], list) else row["value"]
    return Rule(
        row["rule"], value, row["unit"], row["valid_from"], row["valid_to"], row["legal_basis"],
        Certainty(row["certainty"]), row["source"], row["zh"], row["en"], row["area"], row["revision"],
    )  # fmt: skip


def row_of(rule: Rule) -> dict[str, Any]:
    """A rule as a row of the table."""
    value = list(rule.value) if isinstance(rule.value, tuple) else rule.value
    names = ("area", "valid_from", "valid_to", "unit", "legal_basis", "source", "zh", "en")
    return {"rule": rule.id, "value": value, "certainty": rule.certainty.value} | {n: getattr(rule, n) for n in names}


def record_shipped(connection: Connection) -> int:
    """Put the rows of the files on record; how many were new."""
    rule_rows.lock(connection)
    return rule_rows.put_shipped(connection, [row_of(rule) for rule in shipped().rows])


@dataclass(frozen=True, slots=True)
class Change:
    """What an administrator wants a rule to say from a day on, and why."""

    rule: str
    area: str
    valid_from: date
    value: Value
    legal_basis: str
    source: str
    certainty: Certainty
    reason: str


def confirm(connection: Connection, actor: Actor, place: Place, source: str, reason: str) -> int:
    """The bureau has read the row in the law: it is confirmed, with where. Raises Refused, LookupError."""
    rule_rows.lock(connection)
    rule = _get(current(connection), place)
    faults = [*_short("source", source), *_short("reason", reason)]
    if rule.certainty is Certainty.CONFIRMED:
        faults.append(Fault("reason", "该条已是已核实状态", "The row is confirmed already"))
    if faults:
        raise Refused(faults)
    kept = replace(rule, certainty=Certainty.CONFIRMED, source=source)
    return _put(connection, actor, "rule.confirm", kept, reason)


def change(connection: Connection, actor: Actor, wanted: Change) -> int:
    """Let a rule say something else from a day on; the row before it ends there. Raises Refused, LookupError."""
    rule_rows.lock(connection)
    book = current(connection)
    pattern = max(book.by_id.get(wanted.rule, ()), key=lambda row: row.valid_from, default=None)
    if pattern is None:
        raise LookupError(wanted.rule)
    faults = _faults(pattern, wanted)
    if faults:
        raise Refused(faults)
    own = [row for row in book.by_id[wanted.rule] if row.area == wanted.area]
    before = next((row for row in own if row.valid_from < wanted.valid_from and row.holds_on(wanted.valid_from)), None)
    after = next((row for row in own if row.valid_from > wanted.valid_from), None)
    same = next((row for row in own if row.valid_from == wanted.valid_from), None)
    if before is not None:
        closed = replace(before, valid_to=wanted.valid_from)
        _put(connection, actor, "rule.close", closed, wanted.reason)
    new = replace(
        same or before or pattern, area=wanted.area, valid_from=wanted.valid_from, value=wanted.value,
        valid_to=after.valid_from if after else None, legal_basis=wanted.legal_basis, source=wanted.source,
        certainty=wanted.certainty,
    )  # fmt: skip
    number = _put(connection, actor, "rule.change", new, wanted.reason)
    checked(current(connection).rows)  # whatever was done, no two rows of a rule and area may hold on one day
    return number


def withdraw(connection: Connection, actor: Actor, place: Place, reason: str) -> int:
    """Take a row out of the book: what the bureau added by mistake. Raises Refused, LookupError."""
    rule_rows.lock(connection)
    rule = _get(current(connection), place)
    faults = _short("reason", reason)
    if (rule.id, rule.area, rule.valid_from) in {(row.id, row.area, row.valid_from) for row in shipped().rows}:
        zh = "随平台提供的规则不能撤回，请改为自某日起变更。"
        faults.append(
            Fault("reason", zh, "A row that came with the platform is not withdrawn: change it from a day on")
        )
    if faults:
        raise Refused(faults)
    number = rule_rows.add(connection, {**row_of(rule), "withdrawn": True}, False, actor.user_id, reason)
    audit.append(connection, actor, "rule.withdraw", "rule", rule.id, {"key": rule.key, "reason": reason})
    return number


def _get(book: RuleBook, place: Place) -> Rule:
    found = [row for row in book.by_id.get(place[0], ()) if (row.area, row.valid_from) == place[1:]]
    if not found:
        raise LookupError(place)
    return found[0]


def _put(connection: Connection, actor: Actor, action: str, rule: Rule, reason: str) -> int:
    number = rule_rows.add(connection, row_of(rule), False, actor.user_id, reason)
    value = list(rule.value) if isinstance(rule.value, tuple) else rule.value
    detail = {"key": rule.key, "value": value, "valid_to": rule.valid_to, "reason": reason}
    audit.append(connection, actor, action, "rule", rule.id, detail)
    return number


def _short(name: str, given: str) -> list[Fault]:
    if TEXT_LEAST <= len(given) <= TEXT_MOST:
        return []
    return [Fault(name, f"请填写 {TEXT_LEAST} 至 {TEXT_MOST} 字", f"Write {TEXT_LEAST} to {TEXT_MOST} characters")]


def _faults(pattern: Rule, wanted: Change) -> list[Fault]:
    faults = [*_short("legal_basis", wanted.legal_basis), *_short("source", wanted.source)]
    faults += _short("reason", wanted.reason)
    if _shape(wanted.value) != _shape(pattern.value) and None not in (wanted.value, pattern.value):
        faults.append(Fault("value", "取值的类型与该规则不符", "The value is not of the kind that this rule has"))
    if wanted.area and not (wanted.area.isdigit() and len(wanted.area) in (2, 4, 6)):
        zh, en = (
            "请填写行政区划代码前 2、4 或 6 位，或留空表示全国",
            "Give 2, 4 or 6 digits of an area code, or nothing",
        )
        faults.append(Fault("area", zh, en))
    return faults


def _shape(value: Value) -> str:
    if isinstance(value, bool):
        return "yes or no"
    return "number" if isinstance(value, int | float) else type(value).__name__


def value_of(pattern: Rule, text: str) -> Value:
    """A value as typed, in the kind that the rule has: number, yes/no, list (commas), word; empty means none.

    Raises RuleBookFault.
    """
    text = text.strip()
    if not text:
        return None
    if isinstance(pattern.value, bool):
        if text.lower() not in {"yes", "no", "是", "否"}:
            raise RuleBookFault("yes / no")
        return text.lower() in {"yes", "是"}
    if isinstance(pattern.value, tuple):
        return tuple(part.strip() for part in text.replace("，", ",").replace("、", ",").split(",") if part.strip())
    if isinstance(pattern.value, str):
        return text
    try:
        number = float(text)
    except ValueError as fault:
        raise RuleBookFault(text) from fault
    if not abs(number) < 1e12:  # keeps out NaN and infinity, too
        raise RuleBookFault(text)
    return int(number) if number.is_integer() and "." not in text else number
