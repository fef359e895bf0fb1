"""The form of an inspection: what it holds as a draft for the flow, and a stored inspection as what the form held."""

from collections.abc import Mapping
from typing import Any

from flask import request
from werkzeug.datastructures import MultiDict

from enforcement.inspections import checklists
from enforcement.inspections.conclusions import Party, Weather
from enforcement.measurements import READINGS, Method
from enforcement.measurements.readings import Device
from server.flows.inspection_subjects import SubjectGiven
from server.flows.judge_inspection import InspectionDraft
from server.web import form_values, record_form
from server.web.access import current_account
from server.web.language import ZONE
from server.web.record_form import FormField

OFFICERS = 3
DEVICES = "methods.device_check.devices"
CHECKLIST = tuple(point.item for point in checklists.points())
METHODS_OF: Mapping[str, tuple[Method, ...]] = {
    "roadside": (
        Method.FREE_ACCELERATION, Method.LUG_DOWN, Method.RINGELMANN, Method.OBD_CHECK, Method.DEVICE_CHECK,
        Method.UREA_CHECK, Method.FUEL_SAMPLE,
    ),
    "on_site": tuple(m for m in Method if m not in (Method.REMOTE_SENSING, Method.PERIODIC_REPORT)),
    "machine_spot": (
        Method.MACHINE_SMOKE, Method.RINGELMANN, Method.DEVICE_CHECK, Method.UREA_CHECK, Method.CODING_CHECK,
        Method.FUEL_SAMPLE,
    ),
    "periodic": (
        Method.PERIODIC_REPORT, Method.FREE_ACCELERATION, Method.LUG_DOWN, Method.RINGELMANN, Method.OBD_CHECK,
    ),
    "remote_sensing": (Method.REMOTE_SENSING,),
}  # fmt: skip
"""The methods that the form offers for each kind of inspection."""


def method_fields() -> dict[str, list[FormField]]:
    """The fields of every method; the list of devices and the values of a station are drawn apart."""
    return {
        str(method): [one for one in record_form.fields_of(kind, f"methods.{method}") if one.kind != "rows"]
        for method, kind in READINGS.items()
    }


def draft_of_form() -> InspectionDraft:
    """What the form holds."""
    numbers = [text for text in request.form.getlist("instruments") if text.isascii() and text.isdigit()]
    return InspectionDraft(
        _record(request.form),
        subject_of_form(request.form),
        form_values.number("lon"),
        form_values.number("lat"),
        form_values.text("place"),
        current_account().division,
        tuple(int(text) for text in numbers if len(text) < 10),
    )


def subject_of_form(form: Mapping[str, str]) -> SubjectGiven:
    """The subject as typed."""
    names = ("subject", "colour", "subject_kind", "stage", "fuel", "category")
    texts = [form.get(name, "").replace("\x00", "").strip()[:200] for name in names]
    powers = [form_values.number_of(form.get(name, "")) for name in ("power_kw", "rated_power_kw")]
    return SubjectGiven(*texts, *powers)  # type: ignore[arg-type]


def _record(form: MultiDict[str, str]) -> dict[str, Any]:
    at = form_values.moment("at")
    weather = record_form.read(Weather, "weather", form)
    party = record_form.read(Party, "party", form)
    record: dict[str, Any] = {
        "kind": form.get("kind", ""),
        "methods": {name: _readings(name, form) for name in form.getlist("method")[:20]},
        "officers": [one for place in range(OFFICERS) if (one := _officer(place, form))],
        "checklist": [
            {"item": item, "answer": answer} for item in CHECKLIST if (answer := form.get(f"checklist.{item}", ""))
        ],
        "note": form_values.text("note"),
    }
    record |= {"at": at.isoformat()} if at else {}
    record |= {"weather": weather} if weather else {}
    return record | ({"party": party} if set(party) - {"signature"} or party.get("signature") != "absent" else {})


def _officer(place: int, form: Mapping[str, str]) -> dict[str, str] | None:
    name, card = (form.get(f"officers.{place}.{one}", "").strip()[:100] for one in ("name", "card_number"))
    return {"name": name, "card_number": card} if name or card else None


def _readings(name: str, form: MultiDict[str, str]) -> Any:
    if name not in tuple(Method):
        return {}
    readings = record_form.read(READINGS[Method(name)], f"methods.{name}", form)
    if name == Method.DEVICE_CHECK:
        states = ((device, form.get(f"{DEVICES}.{device}", "")) for device in Device)
        readings["devices"] = [{"device": str(device), "state": state} for device, state in states if state]
    return readings


def texts_of(row: Mapping[str, Any], instruments: list[dict[str, Any]]) -> MultiDict[str, str]:
    """A stored inspection as the form that would make it."""
    content, read_there = row["content"], (row["verdict"].get("subject") or {}).get("read") or {}
    form: MultiDict[str, str] = MultiDict()
    form.update({name: str(value) for name, value in read_there.items() if name != "kind"})
    form["subject_kind"] = str((row["verdict"].get("subject") or {}).get("kind", ""))
    form.update({"subject": row["subject_text"], "kind": row["kind"], "place": row["place"] or ""})
    form["colour"] = row["plate_colour"] or read_there.get("colour", "")
    form["at"] = row["inspected_at"].astimezone(ZONE).strftime("%Y-%m-%dT%H:%M:%S")
    for name in ("lon", "lat"):
        form[name] = "" if row[name] is None else f"{row[name]:.6f}"
    form.setlist("method", list(content["methods"]))
    for name, readings in content["methods"].items():
        form.update(record_form.texts(READINGS[Method(name)], f"methods.{name}", readings))
        if name == Method.DEVICE_CHECK:
            form.update({f"{DEVICES}.{one['device']}": one["state"] for one in readings.get("devices", [])})
    for place, officer in enumerate(content.get("officers", [])):
        form.update({f"officers.{place}.{name}": str(value) for name, value in officer.items()})
    form.update(record_form.texts(Weather, "weather", content.get("weather")))
    form.update(record_form.texts(Party, "party", content.get("party")))
    form.update({f"checklist.{one['item']}": one["answer"] for one in content.get("checklist", [])})
    form["note"] = content.get("note", "")
    used = {(one["kind"], one["maker"], one["serial"]) for one in content.get("instruments", [])}
    chosen = [str(one["id"]) for one in instruments if (one["kind"], one["maker"], one["serial"]) in used]
    form.setlist("instruments", chosen)
    return form
