"""What a row of a ledger says, group by group, as its record and its history show it."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from enforcement.ledgers.fields import LEDGERS, Field, Kind
from server.web.frame import local, moment, record_address
from server.web.language import pick
from server.web.ledger_forms import NOT_TYPED, PICTURES, named
from server.web.words import word

Fact = tuple[str, str, str | None]
Group = tuple[str, list[Fact]]
_GROUPS: dict[str, tuple[tuple[Any, tuple[str, ...]], ...]] = {
    "A": (
        (_l("Passage"), ("entrance_no", "barrier_no", "direction", "passed_at", "control_result", "photo", "video")),
        (_l("Vehicle"), ("plate", "plate_colour", "vehicle_type", "vin", "registered_on", "model", "usage", "owner",
                         "owner_phone", "fleet", "max_mass_kg", "rated_load_kg", "inspected_on")),
        (_l("Emissions"), ("fuel", "stage", "stage_basis", "networked", "engine_model", "engine_maker",
                           "engine_number", "photo_vehicle_list", "photo_licence_front", "photo_licence_back")),
        (_l("Cargo"), ("cargo", "quantity", "unit")),
    ),
    "B": (
        (_l("Vehicle"), ("internal_no", "plate", "plate_colour", "vin", "built_on", "registered_on", "model", "owner",
                         "gone_on", "gone_how")),
        (_l("Emissions"), ("fuel", "stage", "stage_basis", "networked", "engine_model", "engine_maker",
                           "engine_number", "photo_vehicle_list", "photo_licence_front", "photo_licence_back")),
    ),
    "C": (
        (_l("Machine"), ("registration_number", "category", "pin", "machine_code", "plate", "model", "built_on",
                         "power_kw", "owner", "entered_on", "left_on")),
        (_l("Emissions"), ("fuel", "stage", "engine_model", "engine_maker", "engine_number", "photo_machine_plate",
                           "photo_engine_plate", "photo_label")),
    ),
}  # fmt: skip


def groups_of(ledger: str, row: Mapping[str, Any]) -> list[Group]:
    """The facts of a row; what it does not say is left out."""
    fields = {one.name: one for one in LEDGERS[ledger]}
    groups = [(str(title), _facts(ledger, fields, names, row)) for title, names in _GROUPS[ledger]]
    if ledger == "A" and row.get("tonnes") is not None:
        groups[-1][1].append((_("Tonnes"), f"{row['tonnes']:,.3f}", None))
    number, kind = (row.get("machine_id"), "machine") if ledger == "C" else (row.get("truck_id"), "truck")
    if number:
        groups[0][1].append((_("In the register"), _("to the file"), record_address(kind, number)))
    return groups


def _facts(ledger: str, fields: Mapping[str, Field], names: tuple[str, ...], row: Mapping[str, Any]) -> list[Fact]:
    found: list[Fact] = []
    for name in names:
        value = _value(row, name)
        if value is not None and value != "":
            label = pick(fields[name].zh, fields[name].en)
            found.append((label, shown(ledger, fields[name], value), _address(fields[name], value)))
    return found


def _value(row: Mapping[str, Any], name: str) -> Any:
    if name.startswith(PICTURES):
        return (row.get("photos") or {}).get(name.removeprefix(PICTURES))
    return row.get(name)


def shown(ledger: str, one: Field, value: Any) -> str:
    """A kept value as people read it."""
    if one.kind is Kind.STAGE:
        return word("machine_stage" if ledger == "C" else "truck_stage", value)
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    if one.kind is Kind.TIME:
        return local(moment(value) if isinstance(value, str) else value)
    if one.kind is Kind.PICTURE:
        return str(_("kept here") if str(value).startswith("item:") else value)
    if one.kind in (Kind.NUMBER, Kind.MASS):
        return f"{float(value):,.3f}".rstrip("0").rstrip(".")
    return named("machine_category" if one.codes == "category" else one.codes, value) if one.codes else str(value)


def _address(one: Field, value: Any) -> str | None:
    """Pictures lead to where they lie; one of ours to its item, if the account may see it."""
    if one.kind is not Kind.PICTURE:
        return None
    text = str(value)
    return f"/evidence/{text.removeprefix('item:')}" if text.startswith("item:") else text


def lines_of(ledger: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """What a correction changed: field, before, after."""
    lines = []
    for one in LEDGERS[ledger]:
        old, new = _value(before, one.name), _value(after, one.name)
        if old != new and one.name not in NOT_TYPED:
            pair = ["" if value in (None, "") else shown(ledger, one, value) for value in (old, new)]
            lines.append((pick(one.zh, one.en), *pair))
    if before.get("state") != after.get("state") and "state" in after:
        pair = [word("passage_state", said.get("state")) for said in (before, after)]
        lines.append((str(_("State")), *pair))
    return [(label, old, new) for label, old, new in lines]
