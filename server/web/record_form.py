"""Form fields of a frozen dataclass whose fields carry their words and units (enforcement.json_records.entry).

`fields_of` says what to draw, `read` makes the JSON that the pure room reads and judges; whatever a field holds that
is no number goes through as typed, so that the fault names its place.
"""

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import MISSING, dataclass
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from werkzeug.datastructures import MultiDict

from server.web.form_values import number_of
from server.web.language import pick
from server.web.words import choices

Form = MultiDict[str, str]
_PARTS = re.compile(r"[,，;；、\s]+")


@dataclass(frozen=True, slots=True)
class FormField:
    """One field: kind is number, text, list, choice, yes_no, day, moment, series (so many numbers) or rows."""

    name: str
    label: str
    unit: str
    kind: str
    required: bool
    size: int = 1
    words: str = ""
    options: tuple[tuple[str, str], ...] = ()


def fields_of(kind: type[Any], prefix: str) -> list[FormField]:
    """The fields of a dataclass in order; `prefix` goes before each name in the form."""
    hints = get_type_hints(kind)
    return [_field(item, _plain_hint(hints[item.name]), prefix) for item in dataclasses.fields(kind) if item.metadata]


def _plain_hint(hint: Any) -> Any:
    if isinstance(hint, UnionType):
        return next(part for part in get_args(hint) if part is not NoneType)
    return hint


def _field(item: Any, hint: Any, prefix: str) -> FormField:
    data = item.metadata
    required = item.default is MISSING and item.default_factory is MISSING
    words = _words_of(hint)
    options = tuple(choices(words)) if words else ()
    label = str(pick(data["zh"], data["en"]))
    return FormField(
        f"{prefix}.{item.name}", label, data["unit"], _kind(hint, data), required, data["size"] or 1, words, options
    )


def _words_of(hint: Any) -> str:
    """The kind of words of an enum: its name with underscores, as server.web.inspection_words adds it."""
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return re.sub(r"(?<!^)(?=[A-Z])", "_", hint.__name__).lower()
    return ""


def _kind(hint: Any, data: Mapping[str, Any]) -> str:
    if get_origin(hint) is tuple:
        inner = get_args(hint)[0]
        if dataclasses.is_dataclass(inner):
            return "rows"
        return "series" if data["size"] else "list"
    if _words_of(hint):
        return "choice"
    return {"float": "number", "int": "number", "bool": "yes_no", "date": "day", "datetime": "moment"}.get(
        hint.__name__, "text"
    )


def read(kind: type[Any], prefix: str, form: Form) -> dict[str, Any]:
    """The JSON of what the form holds; an empty field is left out, so that its default or the fault speaks."""
    found: dict[str, Any] = {}
    for field in fields_of(kind, prefix):
        value = _value(field, form)
        if value is not None:
            found[field.name.removeprefix(f"{prefix}.")] = value
    return found


def _value(field: FormField, form: Form) -> Any:
    if field.kind == "series":
        typed = [form.get(f"{field.name}.{place}", "").strip()[:40] for place in range(field.size)]
        return [_number(text) for text in typed] if any(typed) else None
    text = form.get(field.name, "").replace("\x00", "").strip()[:2000]
    if not text or field.kind == "rows":
        return None
    if field.kind == "number":
        return _number(text)
    if field.kind == "list":
        return [part for part in _PARTS.split(text) if part]
    return text == "yes" if field.kind == "yes_no" else text


def _number(text: str) -> float | str:
    found = number_of(text)
    return text if found is None else found


def texts(kind: type[Any], prefix: str, value: Any) -> dict[str, str]:
    """What the form held when `read` made this JSON of it."""
    found: dict[str, str] = {}
    for field in fields_of(kind, prefix):
        given = (value if isinstance(value, Mapping) else {}).get(field.name.removeprefix(f"{prefix}."))
        if field.kind == "series" and isinstance(given, list):
            found |= {f"{field.name}.{place}": _text(one) for place, one in enumerate(given)}
        elif field.kind == "list" and isinstance(given, list):
            found[field.name] = ", ".join(map(str, given))
        elif field.kind != "rows" and given is not None:
            found[field.name] = _text(given)
    return found


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.10g}" if isinstance(value, float) else str(value)
