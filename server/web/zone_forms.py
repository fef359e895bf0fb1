"""The form of a zone version: fields to terms and period and back, every fault at its field."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from werkzeug.datastructures import MultiDict

from enforcement.zones.terms import ZoneTerms
from enforcement.zones.terms_json import ZoneTermsFault, from_json, to_json
from server.web.language import ZONE, pick

WINDOWS = 4
SETS = (
    "applies_to",
    "machine_types",
    "truck_categories",
    "fuels",
    "exemptions",
    "banned_machine_types",
    "banned_truck_categories",
    "banned_fuels",
)
CHOICES = ("min_machine_stage", "min_truck_stage", "smoke_class")
FLAGS = ("device_required", "coding_required", "black_smoke_ban")
TEXTS = ("authority", "authority_code", "authority_level", "machine_offence", "truck_offence")
NUMBERS = ("min_dwell_s", "min_inside_fixes", "exit_fixes", "max_gap_s", "edge_accuracy_m")
DOCUMENT = ("number", "title", "issued_on", "file")
Faults = dict[str, str]
Fields = MultiDict[str, str]


@dataclass(frozen=True, slots=True)
class TermsForm:
    """What the form says: terms where they can be read, and the faults by field."""

    terms: ZoneTerms | None
    valid_from: dt.datetime | None
    valid_to: dt.datetime | None
    faults: Faults = field(default_factory=dict)


def read_terms(form: Fields) -> TermsForm:
    """Terms and period out of the fields."""
    faults: Faults = {}
    begins = _moment(form, "valid_from", faults, required=True)
    ends = _moment(form, "valid_to", faults, required=False)
    terms = None
    try:
        terms = from_json(_document(form, faults))
    except ZoneTermsFault as fault:
        for one in fault.faults:
            faults.setdefault(_field_of(one.path), pick(one.zh, one.en))
    return TermsForm(terms, begins, ends, faults)


def _document(form: Fields, faults: Faults) -> dict[str, Any]:
    """The fields as the JSON that `from_json` judges; a number that is none is left for it to refuse."""
    value: dict[str, Any] = {name: form.getlist(name) for name in SETS}
    value |= {name: form.get(name) or None for name in CHOICES}
    value |= {name: form.get(name) == "yes" for name in FLAGS}
    value |= {name: text for name in TEXTS if (text := form.get(name, "").strip()[:200])}
    value |= {name: _number(form.get(name, "")) for name in NUMBERS if form.get(name, "").strip()}
    value["document"] = {name: form.get(f"document.{name}", "").strip()[:300] for name in DOCUMENT}
    value["document"]["issued_on"] = value["document"]["issued_on"] or None
    value["windows"] = [_window(form, number) for number in _windows(form)]
    return value


def _number(text: str) -> float | str:
    try:
        number = float(text)
    except ValueError:
        return text
    return int(number) if number.is_integer() else number


def _windows(form: Fields) -> list[int]:
    return [n for n in range(WINDOWS) if form.get(f"windows.{n}.from") or form.get(f"windows.{n}.to")]


def _window(form: Fields, number: int) -> dict[str, Any]:
    place = f"windows.{number}"
    days = form.getlist(f"{place}.days")
    return {
        "from": form.get(f"{place}.from", ""),
        "to": form.get(f"{place}.to", ""),
        **({"days": days} if days else {}),
    }


def _field_of(path: str) -> str:
    """windows[0].from and document.title, as the fields are called."""
    plain = path.replace("[", ".").replace("]", "")
    return plain.removesuffix(".$") if plain.startswith(("windows", "document")) else plain.partition(".")[0]


def _moment(form: Fields, name: str, faults: Faults, required: bool) -> dt.datetime | None:
    text = form.get(name, "").strip()
    if not text and not required:
        return None
    try:
        return dt.datetime.fromisoformat(text).replace(tzinfo=ZONE)
    except ValueError:
        faults[name] = pick("请填写日期时间，如 2026-09-01 00:00", "Give a date and time, as 2026-09-01 00:00")
        return None


def write_terms(terms: ZoneTerms, valid_from: dt.datetime | None = None) -> Fields:
    """The fields that `read_terms` reads back to the same terms."""
    form: Fields = MultiDict()
    for name, value in to_json(terms).items():
        if name == "windows":
            for number, window in enumerate(value):
                _write(form, f"windows.{number}", window)
        elif name == "document":
            _write(form, name, value)
        else:
            _set(form, name, value)
    if valid_from is not None:
        form["valid_from"] = valid_from.astimezone(ZONE).strftime("%Y-%m-%dT%H:%M")
    return form


def _write(form: Fields, place: str, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        _set(form, f"{place}.{name}", value)


def _set(form: Fields, name: str, value: Any) -> None:
    if isinstance(value, list):
        form.setlist(name, [str(item) for item in value])
    elif isinstance(value, bool):
        form[name] = "yes" if value else "no"
    elif value is not None:
        form[name] = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
