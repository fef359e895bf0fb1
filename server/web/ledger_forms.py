"""Forms of the ledgers, drawn from the table of their fields: what each field is on a page, and what was typed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any

from enforcement.ledgers.codes import Code, Codes, code_list
from enforcement.ledgers.faults import ValueFault
from enforcement.ledgers.fields import LEDGERS, Field, Kind
from enforcement.ledgers.values import read_value
from server.web import form_values as form
from server.web import registry_words  # noqa: F401 - the words of its codes join at import
from server.web.frame import local
from server.web.language import language, pick
from server.web.words import choices, word

NOT_TYPED = frozenset({"enterprise_code", "answer_id", "source_key"})
"""Whose ledger it is, which answer it had and what the gate system calls it: nobody types these."""
PICTURES = "photo_"


@dataclass(frozen=True, slots=True)
class FormField:
    """One field as the template draws it."""

    name: str
    label: str
    kind: str
    options: list[tuple[str, str]]
    hint: str
    required: bool
    longest: int


def fields(ledger: str, draft: Mapping[str, Any]) -> list[FormField]:
    """The fields of a ledger that people type; what is in no list but stands in the draft can be kept."""
    return [_field(one, str(draft.get(one.name) or "")) for one in LEDGERS[ledger] if one.name not in NOT_TYPED]


def _field(one: Field, value: str) -> FormField:
    options = options_of(one)
    if options and value and value not in dict(options):
        options = [*options, (value, value)]
    kind = "select" if options else "date" if one.kind is Kind.DAY else "text"
    hint = pick(one.note_zh, one.note_en) if kind == "text" else ""
    return FormField(one.name, pick(one.zh, one.en), kind, options, hint, one.required, one.longest)


def options_of(one: Field) -> list[tuple[str, str]]:
    """(kept value, word) of a field's list."""
    if one.codes == "category":
        return choices("machine_category")
    if not one.codes:
        return []
    if one.codes in ("plate_colour", "fuel"):
        return choices(one.codes)
    return list(dict.fromkeys((row.value, pick(row.zh, row.en)) for row in code_list(one.codes)))


def named(name: str, value: Any) -> str:
    """A kept value of a list as people call it; what is in no list is shown as it is."""
    if value is None or value == "":
        return ""
    if name in ("plate_colour", "fuel", "machine_category"):
        return word(name, value)
    row = _by_value(name).get(value)
    return str(value) if row is None else str(pick(row.zh, row.en))


@cache
def _by_value(name: str) -> Mapping[str, Code]:
    return {row.value: row for row in code_list(name)}


def units() -> list[tuple[str, str]]:
    """Units of a quantity."""
    return [(row.value, pick(row.zh, row.en)) for row in code_list("unit")]


def typed(ledger: str) -> dict[str, object]:
    """What stands in the form, by field; empty fields are left out."""
    given = {one.name: form.text(one.name, 300) for one in LEDGERS[ledger] if one.name not in NOT_TYPED}
    return {name: text for name, text in given.items() if text}


def draft_of(ledger: str, row: Mapping[str, Any]) -> dict[str, str]:
    """A kept row as the form shows it."""
    photos = row.get("photos") or {}
    values = {one.name: row.get(one.name) for one in LEDGERS[ledger]}
    values |= {name: photos.get(name.removeprefix(PICTURES)) for name in values if name.startswith(PICTURES)}
    return {name: _text(value) for name, value in values.items()}


def draft_of_payload(ledger: str, payload: Mapping[str, Any]) -> dict[str, str]:
    """A refused row as the form shows it: what can be read stands as it would be kept, the rest as it came."""
    draft = {}
    for one in LEDGERS[ledger]:
        given = payload.get(one.name)
        try:
            draft[one.name] = _text(read_value(one, given, Codes()))
        except ValueFault:
            draft[one.name] = str(given)[:300]
    return draft


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return local(value)
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)


def changes(ledger: str, row: Mapping[str, Any]) -> dict[str, object]:
    """What the form says otherwise than the kept row; an emptied field is an empty text."""
    before = draft_of(ledger, row)
    now = {name: form.text(name, 300) for name in before if name not in NOT_TYPED}
    return {name: text for name, text in now.items() if text != before[name]}


def label(ledger: str, name: str) -> str:
    """A field's name in the language of the page; the name itself where the ledger has no such field."""
    found = {one.name: one for one in LEDGERS[ledger]}.get(name)
    return name if found is None else (found.en if language() == "en" else found.zh)
