"""A measure as the form has it and as a line says it: where it holds, and of whom it speaks."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from enforcement.alerts.measures import Measure, PlaceTerms, plain
from enforcement.zones.terms import SubjectKind
from server.store.scopes import Scope
from server.web import form_values as form
from server.web.language import ZONE, language
from server.web.words import word

PLACE_LISTS = ("kinds", "industries", "grades", "but_grades")
TERM_LISTS = ("stages", "categories", "machine_types", "fuels")
TEXTS = ("key", "area", "subject", "effect", "legal_basis", "certainty", "source", "zh", "en")


def own_area(scope: Scope, area: str) -> bool:
    """Whether the account answers for measures of this area; those of everywhere are the city's."""
    return scope.covers(area) if area else scope.divisions is not None and len(scope.divisions) <= 4


def read_form(given: MultiDict[str, str], valid_from: datetime, valid_to: datetime | None) -> dict[str, Any]:
    """The values of a form as `read_measure` takes them."""
    trips = form.number("trips_above")
    place: dict[str, Any] = {name: given.getlist(name) for name in PLACE_LISTS}
    codes = form.text("zone_codes").replace("，", ",").replace("、", ",").split(",")
    place |= {"zone_codes": [one.strip() for one in codes if one.strip()], "trips_above": trips}
    place["but_people_supply"] = "but_people_supply" in given
    terms: dict[str, Any] = {name: given.getlist(name) for name in TERM_LISTS}
    terms["parity"] = "parity" in given
    stages = given.getlist("machine_stages" if given.get("subject") == SubjectKind.MACHINE else "stages")
    return {
        **{name: form.text(name) for name in TEXTS},
        "levels": given.getlist("levels"), "exemptions": given.getlist("exemptions"), "place": place,
        "terms": {**terms, "stages": stages}, "valid_from": valid_from.isoformat(),
        "valid_to": valid_to.isoformat() if valid_to else None,
    }  # fmt: skip


def values_of(measure: Measure) -> MultiDict[str, str]:
    """The same the other way: what the form shows of a measure that is revised."""
    told = plain(measure)
    values: MultiDict[str, str] = MultiDict({name: told[name] for name in TEXTS})
    values["valid_to"] = measure.valid_to.astimezone(ZONE).strftime("%Y-%m-%dT%H:%M") if measure.valid_to else ""
    values["trips_above"] = "" if measure.place.trips_above is None else f"{measure.place.trips_above:g}"
    values["zone_codes"] = ", ".join(measure.place.zone_codes)
    lists = {name: told["place"][name] for name in PLACE_LISTS} | {name: told["terms"][name] for name in TERM_LISTS}
    lists |= {"levels": told["levels"], "exemptions": told["exemptions"]}
    if measure.subject is SubjectKind.MACHINE:
        lists["machine_stages"] = lists.pop("stages")
    for name, codes in lists.items():
        values.setlist(name, codes)
    for name, is_set in (("but_people_supply", measure.place.but_people_supply), ("parity", measure.terms.parity)):
        if is_set:
            values[name] = "yes"
    return values


def _listed(kind: str, codes: Iterable[str]) -> str:
    return ("、" if language() == "zh" else ", ").join(word(kind, one) for one in codes)


def place_text(terms: PlaceTerms) -> str:
    """Where it holds, in a line."""
    parts = [_listed("place_kind", terms.kinds)] if terms.kinds else []
    if terms.industries:
        parts.append(_listed("industry", terms.industries))
    if terms.grades:
        parts.append(_("grades %(list)s", list=_listed("grade", terms.grades)))
    if terms.but_grades:
        parts.append(_("but grades %(list)s", list=_listed("grade", terms.but_grades)))
    if terms.trips_above is not None:
        parts.append(_("more than %(n)s trucks a day", n=f"{terms.trips_above:g}"))
    if terms.zone_codes:
        parts.append(", ".join(terms.zone_codes))
    if terms.but_people_supply:
        parts.append(_("but people's supply"))
    return ("；" if language() == "zh" else "; ").join(parts) or str(_("everywhere"))


def terms_text(measure: Measure) -> str:
    """Of whom it speaks, in a line."""
    terms, is_truck = measure.terms, measure.subject is SubjectKind.TRUCK
    pairs = (
        ("truck_category", terms.categories), ("machine_category", terms.machine_types), ("fuel", terms.fuels),
        ("truck_stage" if is_truck else "machine_stage", terms.stages),
    )  # fmt: skip
    parts = [_listed(kind, codes) for kind, codes in pairs if codes]
    if terms.parity:
        parts.append(_("odd and even plates in turn"))
    return ("；" if language() == "zh" else "; ").join(parts) or str(_("all"))
