"""Captures by hand: one with its files, and files added to one that waits."""

import secrets
from dataclasses import replace
from datetime import UTC, datetime

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from enforcement.registry.plates import PlateColour
from server.flows import rule_book, take_capture
from server.flows.add_capture_files import PURPOSES, Decided, add_files
from server.flows.keep_evidence import Upload, UploadFault
from server.flows.refusals import Fault, Refused
from server.flows.take_capture import CaptureFacts, OtherFacts
from server.store import capture_devices
from server.web import captures as pages
from server.web.access import allow, current_actor, current_scope, work
from server.web.captures import blueprint, device_choices
from server.web.evidence_uploads import evidence_store, takes_evidence, uploads
from server.web.field_faults import by_field
from server.web.language import ZONE, pick
from server.web.words import choices

TEXTS = {"lane": 60, "plate": 20, "trailer_plate": 20, "body_colour": 60}
NUMBERS = {"ringelmann": (0, 5), "clock_drift_s": (-86_400, 86_400), "speed_kmh": (0, 300)}


def files_given(before: str = "") -> list[Upload]:
    """Every file of the form by its purpose, with the SHA-256 that its sender gives it; raises UploadFault.

    `before` is how the names of the form's file fields begin; the pages have a text field `plate` besides.
    """
    given: list[Upload] = []
    for purpose in PURPOSES:
        files, claims = uploads(before + purpose, purpose), request.form.getlist(f"sha256_{purpose}")
        if claims and len(claims) != len(files):
            zh, en = "SHA-256 的个数与文件数不符。", "there must be one SHA-256 a file."
            raise UploadFault(purpose, zh, en, f"sha256_{purpose}")
        given += [replace(one, claimed_sha256=claims[n].lower()) if claims else one for n, one in enumerate(files)]
    unknown = sorted(set(request.files) - {before + purpose for purpose in PURPOSES})
    if unknown or not given:
        names = ", ".join(PURPOSES)
        zh, en = f"请在 {names} 字段中附上文件。", f"attach files in the fields {names}."
        raise UploadFault((unknown or ["–"])[0][:60], zh, en)
    return given


@blueprint.get("/new")
@allow("captures.upload")
def new() -> str:
    """The form for one capture; its key makes that a form sent twice is one capture."""
    return _form({"source_key": f"upload-{secrets.token_hex(12)}"}, {})


def _form(values: dict[str, str], faults: dict[str, str]) -> str:
    return render_template(
        "captures/new.html",
        values=values,
        faults=faults,
        devices=device_choices(),
        colours=[pair for pair in choices("plate_colour") if pair[0] != "none"],
        categories=choices("truck_category"),
    )


@blueprint.post("/new")
@allow("captures.upload")
@takes_evidence
def add() -> ResponseReturnValue:
    """Take one capture with its files, whole or not at all."""
    try:
        given, now = files_given("file_"), datetime.now(UTC)
        with work() as connection:
            rules = rule_book.current(connection)
            facts = _facts(_device_code(connection))
            taken = take_capture.take(connection, current_actor(), current_scope(), rules, facts, now)
            add_files(connection, evidence_store(), current_actor(), current_scope(), rules, taken.id, given)
    except Refused as refused:
        return _form(request.form.to_dict(), by_field(refused.faults)), 422
    except UploadFault as fault:
        return _form(request.form.to_dict(), {"files": pick(fault.zh, fault.en)}), 422
    except (OtherFacts, Decided):
        flash(_("This form was sent before with other content. Nothing was changed."), "due")
        return redirect(url_for("captures.index"), 303)
    flash(_("The capture is kept and waits for review."), "good")
    return redirect(url_for("captures.show", number=taken.id), 303)


def _device_code(connection: object) -> str:
    asked = request.form.get("device", "")
    known = capture_devices.choices(connection, current_scope())  # type: ignore[arg-type]
    return next((row["code"] for row in known if str(row["id"]) == asked), "")


def _facts(code: str) -> CaptureFacts:
    """The form as facts; raises Refused with every fault."""
    form, faults = request.form, []
    if not code:
        faults.append(Fault("device", "请选择抓拍设备。", "Choose a camera."))
    texts = {name: form.get(name, "").replace("\0", "").strip() for name in TEXTS}
    for name, most in TEXTS.items():
        if len(texts[name]) > most:
            faults.append(Fault(name, f"最多{most}字。", f"At most {most} characters."))
    numbers = {name: _number(name, faults) for name in NUMBERS}
    at = _moment(faults)
    key = form.get("source_key", "").replace("\0", "")[:100] or f"upload-{secrets.token_hex(12)}"
    colour = form.get("plate_colour", "")
    if faults:
        raise Refused(faults)
    return CaptureFacts(
        code,
        key,
        at,
        **{name: text or None for name, text in texts.items()},  # type: ignore[arg-type]
        **numbers,  # type: ignore[arg-type]
        plate_colour=colour if colour in set(PlateColour) else None,
        vehicle_type=form.get("vehicle_type", "")[:60] or None,
    )


def _number(name: str, faults: list[Fault]) -> float | None:
    text, (low, high) = request.form.get(name, "").strip(), NUMBERS[name]
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not low <= value <= high:
        faults.append(Fault(name, f"请填写{low}至{high}之间的数。", f"Give a number from {low} to {high}."))
    return value


def _moment(faults: list[Fault]) -> datetime:
    """The moment of the form, Beijing time."""
    try:
        return datetime.fromisoformat(request.form.get("captured_at", "").strip()).replace(tzinfo=ZONE)
    except ValueError:
        zh, en = "请填写拍摄时间，如 2026-11-24 08:15:30。", "Give the time, like 2026-11-24 08:15:30."
        faults.append(Fault("captured_at", zh, en))
        return datetime.now(UTC)


@blueprint.post("/<int:number>/files")
@allow("captures.upload")
@takes_evidence
def add_files_to(number: int) -> ResponseReturnValue:
    """Add files to a capture that waits."""
    try:
        given = files_given("file_")
        with work() as connection:
            rules = rule_book.current(connection)
            kept = add_files(connection, evidence_store(), current_actor(), current_scope(), rules, number, given)
    except LookupError:
        abort(404)
    except UploadFault as fault:
        return pages.page(number, {"files": pick(fault.zh, fault.en)}), 422
    except Decided:
        flash(_("The capture is decided; files now belong to the case. Nothing was changed."), "due")
        return redirect(url_for("captures.show", number=number), 303)
    flash(_("%(n)s file(s) kept.", n=sum(item.new for item in kept)), "good")
    return redirect(url_for("captures.show", number=number), 303)
