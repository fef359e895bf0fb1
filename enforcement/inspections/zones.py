"""What the zones at the point add to an inspection: smoke class, visible smoke, stage, coding, terminal."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from enforcement.checks import banned_visit
from enforcement.measurements.judgement import Measured, Method
from enforcement.measurements.readings import Device, DeviceCheck, DeviceState, Finding, Readings
from enforcement.registry.categories import MachineCategory, TruckCategory
from enforcement.registry.plates import PlateColour
from enforcement.registry.subjects import Fitted, Machine, Subject, Truck
from enforcement.rules.book import Rule, RuleBook, get_rule
from enforcement.rules.penalties import Offence
from enforcement.rules.smoke_limits import SmokeClass
from enforcement.sentences import Sentence, said
from enforcement.zones.terms import Purpose, ZoneTerms


@dataclass(frozen=True, slots=True)
class ZoneObjection:
    """What a zone objects to; `offence` only where it is shown, else it is a lead."""

    sentence: Sentence
    offence: Offence | None
    rules: tuple[Rule, ...] = ()


def strictest_class(subject: Measured, zone_terms: Iterable[ZoneTerms]) -> SmokeClass | None:
    """The strictest smoke class of the zones that bind the machine; what the caller already knew counts too."""
    if subject.is_truck:
        return None
    named = [terms.smoke_class for terms in zone_terms if _binds(terms, subject)]
    order = list(SmokeClass)
    return max((name for name in (*named, subject.zone_smoke_class) if name), key=order.index, default=None)


def zone_objections(
    rules: RuleBook,
    methods: Mapping[Method, Readings],
    subject: Measured,
    zone_terms: Sequence[ZoneTerms],
    at: datetime,
    purposes: Collection[Purpose] = (),
) -> tuple[ZoneObjection, ...]:
    """What the zones object to, each once: bans of `checks.banned_visit`, and visible smoke."""
    found = as_registered(subject, methods)
    objections: list[ZoneObjection] = []
    for terms in zone_terms:
        for reason in banned_visit.reasons(found, terms, rules, at, purposes):
            sentence = Sentence(reason.code, reason.zh, reason.en)
            rows = tuple(get_rule(rules, name, at) for name in reason.rule_ids)
            objections.append(ZoneObjection(sentence, reason.offence if reason.is_firm else None, rows))
        if _binds(terms, subject) and not terms.exemptions & set(purposes):
            objections += _smoke(methods, subject, terms)
    return tuple(dict.fromkeys(objections))


def as_registered(subject: Measured, methods: Mapping[Method, Readings]) -> Subject:
    """The subject as the checks of zones know it; the terminal is as it was found at the place."""
    if not subject.is_truck:
        machine = subject.category if isinstance(subject.category, MachineCategory) else MachineCategory.UNKNOWN
        return Machine(
            subject.registration_no,
            category=machine,
            fuel=subject.fuel,
            stage=subject.stage,
            device=_terminal(methods),
        )
    truck = subject.category if isinstance(subject.category, TruckCategory) else TruckCategory.UNKNOWN
    return Truck(
        "",
        PlateColour.OTHER,
        category=truck,
        fuel=subject.fuel,
        stage=subject.stage,
        device=_terminal(methods),
    )


def _terminal(methods: Mapping[Method, Readings]) -> Fitted:
    check = methods.get(Method.DEVICE_CHECK)
    parts = check.devices if isinstance(check, DeviceCheck) else ()
    states = [part.state for part in parts if part.device is Device.TERMINAL]
    if DeviceState.MISSING in states or DeviceState.REMOVED in states:
        return Fitted.NO
    return Fitted.YES if DeviceState.FITTED in states else Fitted.UNKNOWN


def _binds(terms: ZoneTerms, subject: Measured) -> bool:
    types: Collection[str] = terms.truck_categories if subject.is_truck else terms.machine_types
    of_type = not types or subject.category in types
    return subject.kind in terms.applies_to and of_type and (not terms.fuels or subject.fuel in terms.fuels)


def _smoke(methods: Mapping[Method, Readings], subject: Measured, terms: ZoneTerms) -> Iterator[ZoneObjection]:
    seen = any(getattr(readings, "visible_smoke", None) is Finding.YES for readings in methods.values())
    if terms.black_smoke_ban and seen:
        offence = terms.truck_offence if subject.is_truck else terms.machine_offence
        yield ZoneObjection(said("visible_smoke_banned"), offence)
