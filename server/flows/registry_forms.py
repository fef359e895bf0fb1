"""Saving one row of a register from a form: read, refuse what cannot be, show doubts once, write, leave a trace.

What refuses: an entry that cannot be read, a key on file already (the first file is named), an area that is not the
account's, a change of stage without a reason. What only warns is shown and saved on the second asking.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from enforcement.registry.doubts import Warning_
from server.flows.registry_nouns import Fault, Noun, read_entry
from server.store import audit, enterprises, machines, registry_rows, terminals, trucks
from server.store.audit import Actor
from server.store.scopes import Scope

FirstOnFile = Callable[[Connection, Mapping[str, Any], int], "First | None"]


@dataclass(frozen=True, slots=True)
class First:
    """The row on file that a new one would double, and the field by which."""

    field: str
    id: int
    title: str


@dataclass(frozen=True, slots=True)
class Saved:
    """What came of it."""

    id: int
    changed: bool


class RefusedEntryError(Exception):
    """The form cannot be saved: faults by field, and the row on file it would double, if that is why."""

    def __init__(self, faults: list[Fault], first: First | None = None) -> None:
        super().__init__("; ".join(fault[2] for fault in faults))
        self.faults = faults
        self.first = first


class DoubtfulEntryError(Exception):
    """The form can be saved once its doubts have been seen."""

    def __init__(self, doubts: list[Warning_]) -> None:
        super().__init__("; ".join(doubt.en for doubt in doubts))
        self.doubts = doubts


def signature(doubts: list[Warning_]) -> str:
    """What the form sends back to say that these doubts were seen."""
    return ",".join(sorted(f"{doubt.field}:{doubt.code}" for doubt in doubts))


def save(
    connection: Connection,
    actor: Actor,
    scope: Scope,
    noun: Noun,
    entry: Mapping[str, str],
    number: int | None,
    first_on_file: FirstOnFile,
) -> Saved:
    """Save a new row (number None) or an existing one. `entry` also holds `reason` and `seen` (see signature)."""
    registry_rows.lock(connection, noun.register)
    before = registry_rows.find_one(connection, noun.register, number, scope) if number else None
    if number and before is None:
        raise LookupError(f"no {noun.subject} {number} in this scope")
    values, faults = read_entry(noun, entry)
    faults += _resolve(connection, noun, values)
    reason = " ".join(entry.get("reason", "").split())[:500]
    faults += [] if faults else _outside(scope, noun, values, before) + _unexplained(before, values, reason)
    if faults:
        raise RefusedEntryError(faults)
    _refuse_double(connection, values, number or 0, first_on_file)
    doubts = noun.doubts(values)
    if doubts and entry.get("seen", "") != signature(doubts):
        raise DoubtfulEntryError(doubts)
    return _store(connection, actor, noun, values, number, reason)


def _store(
    connection: Connection, actor: Actor, noun: Noun, values: dict[str, Any], number: int | None, reason: str
) -> Saved:
    registry_rows.speak_for(connection, actor.username, reason)
    kept = {name: value for name, value in values.items() if name in noun.register.incoming}
    if number is None:
        made = registry_rows.insert(connection, noun.register, kept)
        audit.append(
            connection, actor, f"{noun.subject}.create", noun.subject, made, {"reason": reason} if reason else {}
        )
        return Saved(made, True)
    changed = registry_rows.update(connection, noun.register, number, kept)
    if changed:
        audit.append(
            connection, actor, f"{noun.subject}.change", noun.subject, number, {"reason": reason} if reason else {}
        )
    return Saved(number, changed)


def _refuse_double(connection: Connection, values: dict[str, Any], but: int, first_on_file: FirstOnFile) -> None:
    first = first_on_file(connection, values, but)
    if first is None:
        return
    zh = f"已登记为“{first.title}”：一车（机）一档，不得重复登记，请在原档案上修改。"
    en = f"It is on file already as “{first.title}”: one subject, one file; change that file instead."
    raise RefusedEntryError([(first.field, zh, en)], first)


def _resolve(connection: Connection, noun: Noun, values: dict[str, Any]) -> list[Fault]:
    """Put the id behind each reference, or say that nothing of that name is on file."""
    finders: dict[str, Callable[[str], int | None]] = {
        "enterprise": lambda wording: enterprises.find_reference(connection, wording),
        "truck": lambda wording: _truck(connection, wording),
        "machine": lambda wording: machines.find_number(connection, wording),
    }
    faults: list[Fault] = []
    for reference, column in noun.references.items():
        wording = values.get(reference)
        values[column] = finders[reference](wording) if wording else None
        if wording and values[column] is None:
            zh = f"登记中没有“{wording}”：请先登记，或核对写法。"
            faults.append(
                (reference, zh, f"“{wording}” is not on file: register it first, or check how it is written.")
            )
    return faults


def _truck(connection: Connection, wording: str) -> int | None:
    plate, colour = wording.rsplit(" ", 1)
    found = trucks.find_key(connection, plate, colour)
    return int(found["id"]) if found else None


def _outside(scope: Scope, noun: Noun, values: Mapping[str, Any], before: Mapping[str, Any] | None) -> list[Fault]:
    """A county branch registers what lies in its county; the city takes what comes."""
    if scope.divisions is None or len(scope.divisions) <= 4 or "division" not in noun.register.incoming:
        return []
    if scope.covers(values.get("division")):
        return []
    zh = f"须为本辖区（{scope.divisions}）的行政区划代码。"
    return [("division", zh, f"It must be a division code of this account's area ({scope.divisions}).")]


def _unexplained(before: Mapping[str, Any] | None, values: Mapping[str, Any], reason: str) -> list[Fault]:
    if before is None or reason or "stage" not in before:
        return []
    if before["stage"] == values.get("stage") or before["stage"] is None:
        return []
    return [("reason", "更改排放阶段须说明理由。", "A change of the emission stage needs a reason.")]


def find_truck(connection: Connection, values: Mapping[str, Any], but: int) -> First | None:
    """The truck with this plate in this colour."""
    found = trucks.find_key(connection, values["plate"], values["plate_colour"])
    return First("plate", found["id"], found["plate"]) if found and found["id"] != but else None


def find_machine(connection: Connection, values: Mapping[str, Any], but: int) -> First | None:
    """The machine under any of its four identifiers."""
    same = machines.find_same(connection, values, but)
    return First(same[0], same[1]["id"], same[1]["title"]) if same else None


def find_enterprise(connection: Connection, values: Mapping[str, Any], but: int) -> First | None:
    """The enterprise with this credit code, or this name where there is no code."""
    found = enterprises.find_same(connection, values.get("credit_code") or "", values["name"], but)
    return First("credit_code" if values.get("credit_code") else "name", found["id"], found["name"]) if found else None


def find_terminal(connection: Connection, values: Mapping[str, Any], but: int) -> First | None:
    """The terminal that publishes under this name."""
    found = terminals.find_key(connection, values["kind"], values["device"])
    return First("device", found["id"], found["device"]) if found and found["id"] != but else None
