"""The form in which an inspection station tests again: it gives the readings; subject and verdict are not its own."""

from datetime import UTC, datetime
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from enforcement.measurements import READINGS, Method
from server.db import transaction
from server.flows import record_retest, rule_book
from server.flows.inspection_subjects import SubjectGiven
from server.flows.judge_inspection import InspectionDraft
from server.flows.record_inspection import OtherContent
from server.flows.refusals import Refused
from server.store import calendar_days, repairs, stations
from server.store import repair_work as works
from server.web import form_values, inspection_verdicts, record_form
from server.web.access import allow, current_account, current_actor, current_scope, engine, work
from server.web.language import ZONE, pick
from server.web.repairs import blueprint

Faults = dict[str, str]


def _notice(number: int) -> dict[str, Any]:
    """The notice behind an address, for an inspection station that has looked it up."""
    with work() as connection:
        found = repairs.find_one(connection, current_scope(), number) or abort(404)
    if current_account().organisation_kind != "station":
        abort(404)  # a bureau records its inspections in its own form
    return found


@blueprint.get("/<int:number>/test")
@allow("retests.record")
def test(number: int) -> str:
    """The form."""
    notice = _notice(number)
    draft: MultiDict[str, str] = MultiDict(
        {"at": datetime.now(ZONE).strftime("%Y-%m-%dT%H:%M"), "tester": current_account().name}
    )
    with transaction(engine()) as connection:
        draft.update(_where_it_was(works.place_of(connection, notice["id"]), notice))
    return _form(notice, draft, {})


def _where_it_was(point: tuple[float, float] | None, notice: dict[str, Any]) -> dict[str, str]:
    """A machine is tested where it works: the zone there decides on its class. A truck comes to the station."""
    if point is None or record_retest.kind_of(notice) == "truck":
        return {}
    return {"lon": f"{point[0]:.6f}", "lat": f"{point[1]:.6f}"}


def _form(notice: dict[str, Any], draft: Any, faults: Faults) -> str:
    methods = record_retest.METHODS[record_retest.kind_of(notice)]
    with transaction(engine()) as connection:
        station = stations.of_organisation(connection, current_account().organisation_id)
    return render_template(
        "repairs/test.html", n=notice, draft=draft, faults=faults, station=station,
        kind=record_retest.kind_of(notice),
        fields={str(one): record_form.fields_of(READINGS[one], f"methods.{one}") for one in methods},
        key=draft.get("source_key") or f"retest:{notice['id']}:{datetime.now(UTC).timestamp():.6f}",
    )  # fmt: skip


@blueprint.post("/<int:number>/test")
@allow("retests.record")
def record_test(number: int) -> ResponseReturnValue:
    """Record it and count it as the re-test."""
    notice = _notice(number)
    try:
        with transaction(engine()) as connection:
            rules, calendar = rule_book.current(connection), calendar_days.load_calendar(connection)
            inspection, state = record_retest.record_retest(
                connection, current_actor(), current_account(), rules, calendar, number, _version(),
                _given(notice), form_values.text("source_key") or None,
            )  # fmt: skip
    except LookupError:
        abort(404)
    except Refused as refused:
        return _form(notice, request.form, _texts(refused)), 422
    except OtherContent as other:
        flash(_("This form was saved before as %(number)s.", number=other.number), "due")
        return redirect(url_for("repairs.show", number=number), 303)
    text = _("Passed: the notice is closed.") if state == "passed" else _("Failed again: it goes back to be repaired.")
    flash(f"{inspection} · {text}", "good" if state == "passed" else "due")
    return redirect(url_for("repairs.show", number=number), 303)


@blueprint.post("/<int:number>/test/preview")
@allow("retests.record")
def preview_test(number: int) -> str:
    """What the readings amount to, by the very rules that record them."""
    notice, judged, faults = _notice(number), None, {}
    try:
        with transaction(engine()) as connection:
            rules = rule_book.current(connection)
            judged = record_retest.preview(connection, current_account(), rules, notice, _given(notice))
    except Refused as refused:
        faults = _texts(refused)
    return render_template(
        "inspections/_preview.html", faults=faults, row=judged.row if judged else None,
        verdict=inspection_verdicts.read(judged.row["verdict"]) if judged else None,
    )  # fmt: skip


def _texts(refused: Refused) -> Faults:
    return {fault.field: str(pick(fault.zh, fault.en)) for fault in reversed(refused.faults)}


def _version() -> int:
    text = form_values.text("version")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _given(notice: dict[str, Any]) -> InspectionDraft:
    """What the form holds; a method counts where one of its readings was filled in."""
    at, form = form_values.moment("at"), request.form
    read = {
        str(one): record_form.read(READINGS[one], f"methods.{one}", form)
        for one in record_retest.METHODS[record_retest.kind_of(notice)]
    }
    record: dict[str, Any] = {
        "methods": {name: readings for name, readings in read.items() if _was_used(name, readings)},
        "officers": [{"name": name}] if (name := form_values.text("tester")[:100]) else [],
        "note": form_values.text("note"),
    }
    record |= {"at": at.isoformat()} if at else {}
    stage, fuel, category = (form_values.text(name)[:200] for name in ("stage", "fuel", "category"))
    subject = SubjectGiven("", "", "", stage, fuel, category, form_values.number("power_kw"))
    return InspectionDraft(record, subject, form_values.number("lon"), form_values.number("lat"))


def _was_used(name: str, readings: dict[str, Any]) -> bool:
    """A choice alone (the kind of reading) measures nothing; of the OBD check every answer counts."""
    measured = {"peaks", "smoke_100", "smoke_80", "nox_80_ppm", "ringelmann"}
    return bool(readings) if name == Method.OBD_CHECK else bool(measured & set(readings))
