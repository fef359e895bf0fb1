"""Views that the four registers share: the list with its file, the page of what is fitted with terminals, the form."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection

from server.flows.registry_nouns import Noun
from server.store import terminals
from server.store.paging import Found, Query
from server.store.scopes import Scope
from server.web import registry_pages as pages
from server.web.access import allow, current_scope, work
from server.web.exports import KINDS, kind_asked
from server.web.inspected_subjects import of_subject
from server.web.listing import Column, Filter, read, view
from server.web.terminal_lines import small_map

Find = Callable[[Connection, Query, Scope], Found]


@dataclass(frozen=True, slots=True)
class RegisterList:
    """The list of a register: its filters, columns, first order and rows; `words_of` the kinds of its codes."""

    noun: Noun
    filters: Sequence[Filter]
    columns: Sequence[Column]
    sort: str
    words_of: Mapping[str, str]
    find: Find
    stream: Callable[[Connection, Query, Scope], Iterable[Mapping[str, Any]]]

    def answer(self, title: str) -> ResponseReturnValue:
        """The list, or the same list as a file."""
        query = read(request.args, self.filters, self.columns, sort=self.sort, descending=False)
        if kind := kind_asked():
            return pages.export(self.noun, query, self.stream, kind)
        with work() as connection:
            found = self.find(connection, query, current_scope())
        shown = view(query, found, self.filters, self.columns, KINDS)
        return pages.show_list(self.noun, shown, title, self.words_of)


def show_subject(noun: Noun, row: Mapping[str, Any], new_terminal: str, **more: Any) -> str:
    """The page of a truck or machine; `new_terminal` is the address of the form for one of its own."""
    column = {f"{noun.subject}_id": row["id"]}
    with work() as connection:
        bound = terminals.of_subject(connection, **column)
    return render_template(
        "registry/subject.html",
        subject=noun.subject,
        row=row,
        facts=pages.facts(noun, row),
        doubts=pages.doubts(noun, row),
        terminals=bound,
        records=pages.records(**column),
        inspected=of_subject(**column),
        timeline=pages.timeline(noun, row["id"]),
        map_data=small_map(dict(row)),
        new_terminal=new_terminal,
        **more,
    )


def add_forms(
    blueprint: Blueprint, permission: str, noun: Noun, save: pages.Save, get: Callable[[int], Mapping[str, Any]]
) -> None:
    """The form of a register's rows: empty and sent, then of a row on file and sent for it; `get` gives the row."""

    @blueprint.get("/new")
    @allow(permission)
    def new() -> str:
        return pages.ask(noun)

    @blueprint.post("/new")
    @allow(permission)
    def add() -> ResponseReturnValue:
        return pages.answer(noun, save)

    @blueprint.get("/<int:number>/edit")
    @allow(permission)
    def edit(number: int) -> str:
        return pages.ask(noun, get(number))

    @blueprint.post("/<int:number>/edit")
    @allow(permission)
    def change(number: int) -> ResponseReturnValue:
        return pages.answer(noun, save, get(number))
