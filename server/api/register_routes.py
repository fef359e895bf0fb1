"""The five operations of a register: list, one, add, change; the same for trucks, machines, enterprises, terminals."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from apiflask import APIBlueprint
from pydantic import BaseModel, Field, create_model
from sqlalchemy import Connection
from werkzeug.exceptions import NotFound

from server.api import registers, versions
from server.api.kinds import PageAsked, PageOf, page_values
from server.api.operations import operation
from server.api.registers import FindOne, Save, SavedRecord, asked_model, body_model, record_model, values_of
from server.flows.registry_nouns import Noun
from server.store.paging import Found, Query
from server.store.scopes import Scope
from server.web.access import current_scope, work

Find = Callable[[Connection, Query, Scope], Found]


@dataclass(frozen=True, slots=True)
class Face:
    """What one register brings along: `more` are fields beyond the register's own, `finish` fills what needs words."""

    noun: Noun
    title: str
    read: str
    edit: str
    find: Find
    find_one: FindOne
    writer: Save
    sort: str
    example: Mapping[str, Any]
    more: Mapping[str, Any]
    finish: Callable[[dict[str, Any]], dict[str, Any]] = dict


def routes(face: Face) -> APIBlueprint:
    """The blueprint of a register."""
    noun, title = face.noun, face.title
    blueprint = APIBlueprint(f"api_{noun.name}", __name__, url_prefix=f"/api/v1/{noun.name}", tag=title + "s")
    record = record_model(noun, title, **face.more)
    page = create_model(
        f"{title}Page",
        __base__=PageOf,
        items=(list[record], Field(description="The rows of the page.")),  # type: ignore[valid-type]
    )
    _reading(blueprint, face, record, page)
    _writing(blueprint, face)
    return blueprint


def _get(face: Face, number: int) -> dict[str, Any]:
    with work() as connection:
        row = face.find_one(connection, number, current_scope())
    if row is None:
        raise NotFound
    return row


def _reading(blueprint: APIBlueprint, face: Face, record: type[BaseModel], page: type[BaseModel]) -> None:
    what = face.noun.name

    @operation(
        blueprint, "GET", "", allow=face.read, asks=asked_model(face.noun, f"{face.title}Filters"), gives=page,
        summary=f"List {what}", about=f"The {what} of the account's area, with the same filters as the page.",
    )  # fmt: skip
    def index(query: PageAsked) -> BaseModel:
        with work() as connection:
            found = face.find(connection, query.query(face.sort, descending=False), current_scope())
        items = [record.model_validate(face.finish(values_of(face.noun, row))) for row in found.rows]
        return page(items=items, **page_values(query, found))

    @operation(
        blueprint, "GET", "/<int:number>", allow=face.read, gives=record, summary=f"One of the {what}", versioned=True,
        about="With its last position, where a terminal gave one.",
    )  # fmt: skip
    def show(number: int) -> BaseModel:
        row = _get(face, number)
        versions.tag_of(row)
        return record.model_validate(face.finish(values_of(face.noun, row)))


def _writing(blueprint: APIBlueprint, face: Face) -> None:
    what, noun = face.noun.name, face.noun
    refused = "A record that is on file already is refused with 409, which names the first."

    @operation(
        blueprint, "POST", "", allow=face.edit, takes=body_model(noun, f"{face.title}New", partial=False),
        gives=SavedRecord, status=201, refuses=(409,), summary=f"Register one of the {what}",
        about=f"{refused} Formats and check digits that look wrong come back as warnings and block nothing.",
        examples={"body": face.example, "answer": {"id": 17, "changed": True, "warnings": []}},
    )  # fmt: skip
    def add(body: BaseModel) -> SavedRecord:
        return registers.add(face.writer, body)

    @operation(
        blueprint, "PATCH", "/<int:number>", allow=face.edit,
        takes=body_model(noun, f"{face.title}Change", partial=True), gives=SavedRecord, refuses=(409, 412),
        versioned=True, summary=f"Change one of the {what}",
        about=f"Only the fields given are changed; null clears one. {refused}",
        examples={"body": {"state": "active"}, "answer": {"id": 17, "changed": True, "warnings": []}},
    )  # fmt: skip
    def change(body: BaseModel, number: int) -> SavedRecord:
        try:
            return registers.change(noun, face.writer, body, face.find_one, number)
        except LookupError:
            raise NotFound from None
