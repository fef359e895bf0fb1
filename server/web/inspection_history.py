"""What an inspection says line by line, and what each version changed of the one before."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from enforcement.inspections.conclusions import ChecklistEntry, Inspection, Officer, Party, Weather
from enforcement.inspections.instruments import InstrumentCheck, InstrumentUsed, Verification
from enforcement.measurements import READINGS, Method, fields_of
from enforcement.measurements.readings import DeviceFound, ReportedValue
from server.web.frame import local, moment
from server.web.inspection_verdicts import value
from server.web.language import pick
from server.web.words import WORDS, word

_KINDS = (
    Inspection, Officer, Weather, ChecklistEntry, Party, InstrumentUsed, InstrumentCheck, Verification, DeviceFound,
    ReportedValue, *READINGS.values(),
)  # fmt: skip
LABELS: Mapping[str, Mapping[str, Any]] = {
    item.name: item.metadata for kind in reversed(_KINDS) for item in dataclasses.fields(kind) if item.metadata
}
COLUMNS: Mapping[str, tuple[str, str]] = {
    "subject_text": ("号牌或编号", "Plate or number"),
    "inspected_at": ("检查时间", "Inspected"),
    "lon": ("经度", "Longitude"),
    "lat": ("纬度", "Latitude"),
    "place": ("地点", "Place"),
    "division": ("区划", "Area"),
    "outcome": ("检查结论", "Outcome"),
    "standing": ("证据效力", "Standing"),
    "offences": ("涉嫌违法", "Offences"),
    "law": ("适用法律", "Law"),
    "status": ("状态", "Status"),
    "zone_version_ids": ("控制区版本", "Zone versions"),
}
WORDS_OF = {
    "outcome": "outcome", "standing": "standing", "law": "law", "status": "inspection_status", "offences": "offence",
    "sky": "sky", "kind": "instrument_kind", "answer": "finding", "signature": "signature", "item": "checklist",
    "quantity": "quantity", "procedure": "procedure", "state": "device_state", "device": "device", "dosing": "dosing",
    "method_code": "periodic_method", "result": "station_result",
}  # fmt: skip
FINDINGS = ("purged", "visible_smoke", "has_obd", "mil_on", "mil_works", "communicates", "is_ready", "sealed")
Line = tuple[str, str]


def lines_of(methods: Sequence[str], content: Mapping[str, Any]) -> dict[str, list[Line]]:
    """The readings of each method as (label, text), in the order of the form; what says nothing is left out."""
    found = content.get("methods") or {}
    return {word("method", name): _lines(Method(name), found[name]) for name in methods if name in found}


def _lines(method: Method, readings: Mapping[str, Any]) -> list[Line]:
    parts = [(word("device", one.get("device")), one) for one in readings.get("devices") or []]
    lines = [(label, " ".join((word("device_state", one.get("state")), one.get("note", "")))) for label, one in parts]
    for item in fields_of(method):
        given = {item.name: readings.get(item.name)}
        if item.name != "devices":
            lines += [(_label(path), _text(path, one)) for path, one in _flat(given, ())]
    return lines


def differences(versions: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The versions, newest first, each with (label, before, after) of what it changed."""
    found = []
    before: Mapping[str, Any] | None = None
    for version in versions:
        lines = [] if before is None else list(_changes(before["row"], version["row"]))
        found.append({**{name: version[name] for name in ("version", "at", "maker", "reason")}, "lines": lines})
        before = version
    return found[::-1]


def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    for name, words in COLUMNS.items():
        if before.get(name) != after.get(name):
            yield str(pick(*words)), _text((name,), before.get(name)), _text((name,), after.get(name))
    old, new = (dict(_flat(_without_at(row["content"]), ())) for row in (before, after))
    for path in [*old, *(path for path in new if path not in old)]:
        if old.get(path) != new.get(path):
            yield _label(path), _text(path, old.get(path)), _text(path, new.get(path))


def _without_at(content: Mapping[str, Any]) -> dict[str, Any]:
    return {name: given for name, given in content.items() if name != "at"}


def _flat(given: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(given, Mapping):
        for name, inner in given.items():
            yield from _flat(inner, (*path, str(name)))
    elif isinstance(given, list) and any(isinstance(inner, Mapping) for inner in given):
        for place, inner in enumerate(given, 1):
            yield from _flat(inner, (*path, str(place)))
    elif given not in (None, "", []):
        yield path, given


def _label(path: tuple[str, ...]) -> str:
    return " · ".join(_part(part) for part in path if part != "methods")


def _part(part: str) -> str:
    if part in COLUMNS:
        return str(pick(*COLUMNS[part]))
    if part in WORDS["method"]:
        return word("method", part)
    data = LABELS.get(part)
    return str(pick(data["zh"], data["en"])) if data else part


def _text(path: tuple[str, ...], given: Any) -> str:
    if given in (None, "", []):
        return "–"
    name = path[-1]
    if isinstance(given, list):
        return ", ".join(_text(path, one) for one in given)
    if name.endswith("_at") or name == "at":
        return local(moment(given))
    kind = "inspection_kind" if path == ("kind",) else "finding" if name in FINDINGS else WORDS_OF.get(name)
    kind = "measured_value" if len(path) == 1 and name == "kind" and given in WORDS["measured_value"] else kind
    text = word(kind, given) if kind else value(given) if not isinstance(given, str) else given
    unit = (LABELS.get(name) or {}).get("unit")
    return f"{text} {unit}" if unit and not isinstance(given, str) else text
