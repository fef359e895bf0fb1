"""What the pages of the four registers share: list and export, the form, facts, doubts, timeline."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from flask import Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import Connection

from enforcement.registry.doubts import Warning_
from server.db import transaction
from server.flows.export_registry import entry_of, headers, hint, sheet_rows
from server.flows.registry_fields import Field, Kind
from server.flows.registry_forms import DoubtfulEntryError, First, RefusedEntryError, Saved, signature
from server.flows.registry_nouns import Noun
from server.store import audit, cases, registry_rows, subject_records
from server.store.audit import Actor
from server.store.paging import Query
from server.store.scopes import Scope
from server.web import registry_words  # noqa: F401 - its words join at import
from server.web.access import current_actor, current_scope, engine, may, work
from server.web.answers import list_file
from server.web.filter_choices import yes_no
from server.web.language import language, pick
from server.web.listing import View
from server.web.words import choices, word

Save = Callable[[Connection, Actor, Scope, Mapping[str, str], "int | None"], Saved]
Stream = Callable[[Connection, Query, Scope], Iterable[Mapping[str, Any]]]


def of(kind: str) -> Callable[[], list[tuple[str, str]]]:
    """The choices of a kind of words, asked for when the page is drawn."""
    return lambda: choices(kind)


def show_list(noun: Noun, shown: View, title: str, words_of: Mapping[str, str]) -> str:
    """The list of a register; a terminal's page is that of what it reports."""
    page = "devices.show" if noun.name == "terminals" else f"{noun.name}.show"
    return render_template("registry/list.html", noun=noun, page=page, view=shown, title=title, words_of=words_of)


def export(noun: Noun, query: Query, rows: Stream, kind: str) -> Response:
    """The list as a file that can be imported again; who took it is logged."""
    with work() as connection:
        answer = list_file(
            kind,
            noun.name,
            headers(noun, language()),
            sheet_rows(noun, rows(connection, query, current_scope()), language()),
        )
    with transaction(engine()) as connection:
        detail = {"format": kind, "filters": dict(query.values)}
        audit.append(connection, current_actor(), f"{noun.subject}.export", noun.subject, "list", detail)
    return answer


def label(one: Field) -> str:
    """The field's name in the language of the page."""
    return str(pick(one.zh, one.en))


def word_kind(noun: Noun, one: Field) -> str:
    """The kind of words a choice field shows."""
    own = {"state": f"{noun.subject}_state", "category": f"{noun.subject}_category", "stage": f"{noun.subject}_stage"}
    return own.get(one.name, "terminal_kind" if one.name == "kind" else one.name)


def shown(noun: Noun, one: Field, value: Any) -> str:
    """A value for a reader."""
    if value is None or value == "":
        return "–"
    if one.kind is Kind.CHOICE:
        return str(word(word_kind(noun, one), value))
    if one.kind is Kind.YES_NO:
        return str(_("yes") if value else _("no"))
    is_figure = one.kind in (Kind.WHOLE, Kind.NUMBER) and one.name not in ("lon", "lat")
    return f"{float(value):,.10g}" if is_figure else str(value)


def facts(noun: Noun, row: Mapping[str, Any], without: tuple[str, ...] = ()) -> list[tuple[str, str, str]]:
    """Name, label and value of every field."""
    values = entry_of(noun, row)
    return [
        (one.name, label(one), shown(noun, one, values[one.name])) for one in noun.fields if one.name not in without
    ]


def doubts(noun: Noun, row: Mapping[str, Any]) -> list[Warning_]:
    """What is odd about a stored row."""
    return noun.doubts(entry_of(noun, row))


def timeline(noun: Noun, number: int) -> list[dict[str, Any]]:
    """The history of a row in words: who, when, why, and each field before and after."""
    with work() as connection:
        rows = registry_rows.history(connection, noun.register.table, number)
    fields = noun.by_name
    for row in rows:
        row["lines"] = [line for change in row["changes"] if (line := _line(noun, fields, change))]
    return rows


def _line(noun: Noun, fields: Mapping[str, Field], change: Mapping[str, Any]) -> tuple[str, str, str] | None:
    column = change["column"]
    if column == "registration_number_raw":
        return None
    one = fields.get(column)
    if one is not None:
        return label(one), shown(noun, one, change["before"]), shown(noun, one, change["after"])
    names = {
        "enterprise_id": _("Enterprise"),
        "truck_id": _("Truck"),
        "machine_id": _("Machine"),
        "organisation_id": _("Organisation"),
        "location": _("Position"),
        "usual_location": _("Usual position"),
        "protocol": _("Protocol"),
    }
    return names.get(column, column), _plain(change["before"]), _plain(change["after"])


def _plain(value: Any) -> str:
    if isinstance(value, Mapping) and "coordinates" in value:
        return ", ".join(f"{part:.6f}" for part in value["coordinates"])
    return "–" if value is None else str(value)


def truck_wording(row: Mapping[str, Any]) -> str:
    """How a terminal's form names this truck."""
    return f"{row['plate']} {row['plate_colour']}"


def machine_wording(row: Mapping[str, Any]) -> str:
    """How a terminal's form names this machine."""
    return str(row["registration_number"] or row["pin"] or row["machine_code"] or "")


def records(truck_id: int | None = None, machine_id: int | None = None) -> dict[str, list[dict[str, Any]]]:
    """Cases, visits, violations and whitelist entries of a subject."""
    with work() as connection:
        return {
            "visits": subject_records.visits(connection, truck_id, machine_id),
            "violations": subject_records.violations(connection, truck_id, machine_id),
            "whitelist": subject_records.whitelist_entries(connection, truck_id, machine_id),
            "cases": cases.of_subject(connection, current_scope(), truck_id, machine_id) if may("cases.read") else [],
        }


def page_of(noun: str) -> str:
    """The endpoint of a record's page; a terminal's is with what it reports."""
    return "devices.show" if noun == "terminals" else f"{noun}.show"


def ask(noun: Noun, row: Mapping[str, Any] | None = None) -> str:
    """The form, empty (or with what the address gives) or with a stored row."""
    entry = {k: v for k, v in request.args.items()} if row is None else _entry_texts(noun, row)
    return _form(noun, entry, row)


def _entry_texts(noun: Noun, row: Mapping[str, Any]) -> dict[str, str]:
    values = entry_of(noun, row)
    texts: dict[str, str] = {}
    for one in noun.fields:
        value = values[one.name]
        if one.kind is Kind.YES_NO:
            texts[one.name] = "" if value is None else "yes" if value else "no"
        else:
            texts[one.name] = "" if value is None else str(value)
    return texts


def _form(
    noun: Noun,
    entry: Mapping[str, str],
    row: Mapping[str, Any] | None,
    faults: Mapping[str, str] | None = None,
    first: First | None = None,
    odd: list[Warning_] | None = None,
) -> str:
    fields = [
        {
            "name": one.name,
            "label": label(one),
            "required": one.required,
            "kind": str(one.kind),
            "hint": form_hint(one),
            "longest": one.longest,
            "options": _options(noun, one),
            "value": entry.get(one.name, ""),
        }
        for one in noun.fields
    ]
    return render_template(
        "registry/form.html",
        noun=noun,
        page_endpoint=page_of(noun.name),
        fields=fields,
        row=row,
        entry=entry,
        faults=faults or {},
        first=first,
        doubts=odd or [],
        seen=signature(odd) if odd else "",
    )


def form_hint(one: Field) -> str:
    """The hint below an entry; a select needs no list of its words."""
    return str(pick(one.hint_zh, one.hint_en)) if one.kind is Kind.CHOICE or not one.words else hint(one, language())


def _options(noun: Noun, one: Field) -> list[tuple[str, str]]:
    if one.kind is Kind.YES_NO:
        return yes_no()
    return [(code, word(word_kind(noun, one), code)) for code in one.words]


def answer(noun: Noun, save: Save, row: Mapping[str, Any] | None = None) -> ResponseReturnValue:
    """Save the form that was sent; or give it back with its faults, or with its doubts to be confirmed."""
    entry, number = request.form, row["id"] if row else None
    scope = current_scope()
    try:
        with transaction(engine()) as connection:  # writers are never fenced accounts; the scope holds them
            saved = save(connection, current_actor(), scope, entry, number)
    except RefusedEntryError as refused:
        faults = {name: str(pick(zh, en)) for name, zh, en in reversed(refused.faults)}
        return _form(noun, entry, row, faults, refused.first), 422
    except DoubtfulEntryError as doubtful:
        return _form(noun, entry, row, odd=doubtful.doubts), 422
    except LookupError:
        abort(404)
    flash(_("Saved.") if saved.changed else _("Nothing was changed: every field is as it was."), "good")
    return redirect(url_for(page_of(noun.name), number=saved.id), 303)
