"""Requests for the whitelist: by an enterprise for its own business, by an officer for somebody."""

import datetime as dt
from typing import Any

from flask import flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import Connection

from enforcement.zones.terms import Purpose
from server.db import transaction
from server.flows import keep_evidence, whitelist_entries
from server.flows.keep_evidence import UploadFault
from server.flows.refusals import Fault, Refused
from server.store import enterprises, whitelist
from server.store.whitelist import NewEntry
from server.web import form_values
from server.web.access import allow, current_actor, current_scope, engine, work
from server.web.evidence_uploads import evidence_store, takes_evidence, uploads
from server.web.field_faults import by_field
from server.web.language import ZONE
from server.web.whitelist import blueprint, owner_of, zone_choices

PURPOSES_KNOWN = frozenset(str(purpose) for purpose in Purpose)
GATES = "gates"  # in place of a zone: it opens gates in an alert, and gives no leave in a zone


def _places() -> list[tuple[str, str]]:
    return [(GATES, _("gates only, in an alert")), *zone_choices()]


def _form(draft: Any, faults: dict[str, str], applies: bool) -> str:
    return render_template("whitelist/new.html", draft=draft, faults=faults, zones=_places(), applies=applies)


@blueprint.get("/new")
@allow("whitelist.edit")
def new() -> ResponseReturnValue:
    """The form of a request by the bureau."""
    return _form(request.args, {}, applies=False)


@blueprint.get("/apply")
@allow("whitelist.apply")
def apply() -> ResponseReturnValue:
    """The form of an enterprise."""
    return _form(request.args, {}, applies=True)


@blueprint.post("/new")
@allow("whitelist.edit")
@takes_evidence
def add() -> ResponseReturnValue:
    """Keep a request, or give the form back with what is wrong."""
    return _kept(applies=False)


@blueprint.post("/apply")
@allow("whitelist.apply")
@takes_evidence
def send() -> ResponseReturnValue:
    """Keep an application with its papers, or give the form back with what is wrong."""
    return _kept(applies=True)


def _kept(applies: bool) -> ResponseReturnValue:
    papers = uploads("files", "document")
    try:
        entry = _read(applies)
        with keep_evidence.checked(evidence_store(), papers) as looked_through, work() as connection:
            now = dt.datetime.now(dt.UTC)
            number = whitelist_entries.request_entry(connection, current_actor(), entry, now)
            if looked_through:
                kept = whitelist.find_entry(connection, number, current_scope())
                if kept is None:
                    raise LookupError(number)  # an account always sees what it has just asked for
                owner = owner_of(connection, kept)
                keep_evidence.keep_checked(connection, evidence_store(), current_actor(), owner, looked_through)
    except UploadFault as fault:
        return _form(request.form, by_field([Fault("files", fault.zh, fault.en)]), applies), 422
    except Refused as refused:
        return _form(request.form, by_field(refused.faults), applies), 422
    flash(_("The request is kept; it is reviewed first and holds once the city has approved it."), "good")
    return redirect(url_for("whitelist.show", number=number), 303)


def _read(applies: bool) -> NewEntry:
    """The form as a request; names are looked up outside the fence: a plant applies for the trucks of its carriers."""
    faults: list[Fault] = []
    begins, ends = _local_moment("valid_from", faults), _local_moment("valid_to", faults)
    place, purpose = _place(faults), _purpose(faults)
    with transaction(engine()) as connection:
        truck, machine = _subject(connection, applies, faults)
        plant = _plant(connection, faults)
    if faults:
        raise Refused(faults)
    text = form_values.text
    return NewEntry(
        truck, machine, None if place in (GATES, "city") else int(place), purpose, begins, ends,
        text("document", 200) or None, text("note", 500) or None, None, plant,
        current_scope().enterprise_id if applies else None, None if applies else text("applicant", 100) or None,
        text("route", 300) or None, text("level_to", 10) or None, place == GATES,
    )  # fmt: skip


def _subject(connection: Connection, applies: bool, faults: list[Fault]) -> tuple[int | None, int | None]:
    words, colour = form_values.text("subject", 60), form_values.text("colour", 20)
    truck, machine, fault = whitelist_entries.find_subject(connection, words, colour)
    if applies and fault is None and truck is not None and not colour:
        fault = Fault("colour", "请选择车牌颜色", "Choose the plate colour")
    if applies and machine is not None and not _is_own(machine):
        fault = Fault("subject", "只能为本单位的机械申请", "Apply for machines of your own")
    faults += [fault] if fault else []
    return (None, None) if fault else (truck, machine)


def _is_own(machine: int) -> bool:
    with work() as connection:
        return whitelist.machine_visible(connection, machine)


def _plant(connection: Connection, faults: list[Fault]) -> int | None:
    wording = form_values.text("plant", 100)
    found = enterprises.find_reference(connection, wording) if wording else None
    if wording and found is None:
        faults.append(
            Fault(
                "plant",
                "未登记该单位：请填写全称或统一社会信用代码",
                "No such enterprise: give full name or credit code",
            )
        )
    return found


def _local_moment(name: str, faults: list[Fault]) -> dt.datetime:
    """A field of the form as a time; a date alone is its first second."""
    try:
        return dt.datetime.fromisoformat(request.form.get(name, "").strip()).replace(tzinfo=ZONE)
    except ValueError:
        faults.append(Fault(name, "请填写日期时间，如 2027-03-01 08:00", "Give a date and time, as 2027-03-01 08:00"))
        return dt.datetime.now(dt.UTC)


def _place(faults: list[Fault]) -> str:
    chosen = form_values.text("zone", 20)
    if chosen in {code for code, _text in _places()}:
        return chosen
    faults.append(Fault("zone", "请选择区域、“全市”或“仅门禁”", "Choose a zone, the whole city, or gates only"))
    return GATES


def _purpose(faults: list[Fault]) -> str:
    purpose = form_values.text("purpose", 40)
    if purpose not in PURPOSES_KNOWN:
        faults.append(Fault("purpose", "请选择用途", "Choose a purpose"))
    return purpose


@blueprint.get("/subjects")
@allow("whitelist.edit")
def subjects() -> ResponseReturnValue:
    """Trucks and machines whose number holds the words: what the form's field offers."""
    return _offers()


@blueprint.get("/own-subjects")
@allow("whitelist.apply")
def own_subjects() -> ResponseReturnValue:
    """The same of an enterprise's own."""
    return _offers()


def _offers() -> ResponseReturnValue:
    asked = request.args.get("q", "").replace("\x00", "").strip()[:40]
    if len(asked) < 2:
        return jsonify([])
    with work() as connection:
        return jsonify(whitelist.search_subjects(connection, asked, current_scope().divisions))
