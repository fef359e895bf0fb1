"""The four registers as JSON: models made of the fields that forms and sheets read, so that one list holds for all."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, StringConstraints, create_model
from sqlalchemy import Connection

from server.api import versions
from server.api.errors import Fault, First, Refused, error_of, invalid
from server.api.idempotency import claim_in
from server.api.kinds import NO_NUL, Day, Division, Id32, In, Out, PageAsked, Text200, YesNo, optional
from server.db import transaction
from server.flows.export_registry import entry_of
from server.flows.registry_fields import Field as RegisterField
from server.flows.registry_fields import Kind
from server.flows.registry_forms import DoubtfulEntryError, RefusedEntryError, Saved, signature
from server.flows.registry_nouns import Noun
from server.store import registry_rows
from server.store.audit import Actor
from server.store.scopes import Scope
from server.web.access import current_actor, current_scope, engine

Save = Callable[[Connection, Actor, Scope, Mapping[str, str], "int | None"], Saved]
UNITS = {"gross_mass_kg": "kg", "reference_torque_nm": "N m", "power_kw": "kW, net", "accuracy_m": "m",
         "lon": "degrees WGS-84", "lat": "degrees WGS-84"}  # fmt: skip


class Warned(Out):
    """A doubt about what was saved; it blocks nothing."""

    field: str = Field(description="The field it is about.", examples=["vin"])
    code: str = Field(description="What is odd, as a word.", examples=["vin_check_digit"])
    message_zh: str = Field(description="In Chinese.")
    message_en: str = Field(description="In English.")


class SavedRecord(Out):
    """What came of a write."""

    id: int = Field(description="The record's id.", examples=[17])
    changed: bool = Field(description="False where every field was as it is already.")
    warnings: list[Warned] = Field(description="Formats and check digits that look wrong; they never block.")


def _described(one: RegisterField) -> str:
    unit = f" ({UNITS[one.name]})" if one.name in UNITS else ""
    hint = f"; {one.hint_en}" if one.hint_en else ""
    return f"{one.zh} / {one.en.split(' (')[0]}{unit}{hint}."


def _type_in(one: RegisterField) -> Any:
    limits: dict[Kind, Any] = {
        Kind.WHOLE: Annotated[int, Field(ge=int(one.low), le=int(one.high))],
        Kind.NUMBER: Annotated[float, Field(ge=one.low, le=one.high)],
        Kind.DATE: Day,
        Kind.YES_NO: bool,
    }
    if one.kind is Kind.CHOICE:
        return Literal[tuple(one.words)]
    if one.name == "division":
        return Division
    return limits.get(one.kind, Annotated[str, StringConstraints(max_length=one.longest, pattern=NO_NUL)])


def _type_out(one: RegisterField) -> Any:
    kinds: dict[Kind, Any] = {Kind.WHOLE: int, Kind.NUMBER: float, Kind.DATE: Day, Kind.YES_NO: bool}
    return kinds.get(one.kind, str)


REASON = Annotated[str, StringConstraints(max_length=500, pattern=NO_NUL)]


def body_model(noun: Noun, name: str, partial: bool) -> type[BaseModel]:
    """What POST (all required fields) or PATCH (any fields; null clears one) takes."""
    fields: dict[str, Any] = {}
    for one in noun.fields:
        kind = _type_in(one)
        told = Field(default=... if one.required and not partial else None, description=_described(one))
        fields[one.name] = (optional(kind) if one.required and partial else kind if one.required else kind | None, told)
    fields["reason"] = (REASON | None, Field(default=None, description="Why; needed where the emission stage changes."))
    made: type[BaseModel] = create_model(name, __base__=In, __doc__=f"{noun.en[:-1]} as it is written.", **fields)
    return made


def record_model(noun: Noun, name: str, **more: Any) -> type[BaseModel]:
    """A record as it is given: the register's fields, and what the platform adds."""
    fields: dict[str, Any] = {"id": (int, Field(description="The record's id.", examples=[17]))}
    for one in noun.fields:
        fields[one.name] = (_type_out(one) | None, Field(default=None, description=_described(one)))
    fields |= {
        "enterprise_id": (int | None, Field(default=None, description="The enterprise's id.")),
        "division_zh": (str | None, Field(default=None, description="The area's name in Chinese.")),
        "division_en": (str | None, Field(default=None, description="The area's name in English.")),
        "created_at": (datetime, Field(description="When it was registered.")),
        "updated_at": (datetime, Field(description="When it was last changed.")),
        **more,
    }
    made: type[BaseModel] = create_model(name, __base__=Out, __doc__=f"{noun.en[:-1]} on file.", **fields)
    return made


def asked_model(noun: Noun, name: str) -> type[PageAsked]:
    """The filters and orders of a list, those that the page of the register has."""
    kinds: dict[str, Any] = {"division": Division, "enterprise_id": Id32, "terminal": YesNo,
                             "bound": Literal["truck", "machine", "nothing"],
                             "line": Literal["online", "late", "offline", "never"]}  # fmt: skip
    told = {
        "q": "Part of a plate, number or name.", "terminal": "Whether a terminal is bound to it.",
        "bound": "What the terminal is bound to.", "line": "Whether it reports: by the age of its last packet.",
    }  # fmt: skip
    fields: dict[str, Any] = {}
    for filter_name in noun.register.filters:
        one = noun.by_name.get(filter_name)
        kind = kinds.get(filter_name) or (Literal[tuple(one.words)] if one and one.words else Text200)
        about = told.get(filter_name) or (_described(one) if one else "Only rows of this enterprise (its id).")
        fields[filter_name] = (optional(kind), Field(default=None, description=about))
    sorts = tuple(sign + sort for sort in noun.register.sorts for sign in ("", "-"))
    fields["sort"] = (optional(Literal[sorts]), Field(default=None, description="Order; - for the other direction."))
    made: type[PageAsked] = create_model(name, __base__=PageAsked, __doc__=f"{noun.en}: filters.", **fields)
    return made


def values_of(noun: Noun, row: Mapping[str, Any]) -> dict[str, Any]:
    """A stored row as the fields of its record."""
    return {**row, **entry_of(noun, row)}


def _text(value: Any) -> str:
    if value is None:
        return ""
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


FindOne = Callable[[Connection, int, Scope], "dict[str, Any] | None"]


def add(writer: Save, body: BaseModel) -> SavedRecord:
    """Write a new record; raises Refused (409 with the first, 422)."""
    with _refusing(), transaction(engine()) as connection:  # writers are never fenced accounts; the scope holds them
        claim_in(connection)
        return _written(connection, writer, _texts({}, body), None)


def change(noun: Noun, writer: Save, body: BaseModel, find_one: FindOne, number: int) -> SavedRecord:
    """Write the fields given of a record on file; raises LookupError outside the scope, Refused."""
    with _refusing(), transaction(engine()) as connection:
        registry_rows.lock(connection, noun.register)  # what is not given stays as it is at this moment
        row = find_one(connection, number, current_scope())
        if row is None:
            raise LookupError(number)
        versions.check(row)
        before = entry_of(noun, row)
        if row.get("registration_number_raw"):
            before["registration_number"] = row["registration_number_raw"]  # as it was written by whoever registered it
        return _written(connection, writer, _texts(before, body), number)


def _texts(before: Mapping[str, Any], body: BaseModel) -> dict[str, str]:
    return {name: _text(value) for name, value in {**before, **body.model_dump(exclude_unset=True)}.items()}


@contextmanager
def _refusing() -> Iterator[None]:
    try:
        yield
    except RefusedEntryError as refused:
        raise _refusal(refused) from refused


def _written(connection: Connection, writer: Save, entry: dict[str, str], number: int | None) -> SavedRecord:
    warnings: list[Warned] = []
    try:
        saved = writer(connection, current_actor(), current_scope(), entry, number)
    except DoubtfulEntryError as doubtful:  # a program cannot be asked again: it is told what is odd, and it is saved
        warnings = [
            Warned(field=one.field, code=str(one.code), message_zh=one.zh, message_en=one.en) for one in doubtful.doubts
        ]
        seen = entry | {"seen": signature(doubtful.doubts)}
        saved = writer(connection, current_actor(), current_scope(), seen, number)
    return SavedRecord(id=saved.id, changed=saved.changed, warnings=warnings)


def _refusal(refused: RefusedEntryError) -> Refused:
    faults = [
        Fault(path=f"body.{name}", code="on_file" if refused.first else "refused", message_zh=zh, message_en=en)
        for name, zh, en in refused.faults
    ]
    if refused.first is None:
        return invalid(faults)
    texts = ("on_file", faults[0].message_zh, faults[0].message_en)
    error = error_of(409, texts, faults=faults)
    error.first = First(id=refused.first.id, title=refused.first.title, field=refused.first.field)
    return Refused(409, error)


__all__ = ["add", "asked_model", "body_model", "change", "record_model", "values_of"]
