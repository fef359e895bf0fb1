"""A registered truck or machine where a zone forbids it (CODE 230, 1127 para. 2; before: APPCL 61, 114).

Unknown data never make a ban: they make a lead that says what is not known.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from enforcement.registry.fuels import CLEAN, Fuel
from enforcement.registry.stages import Stage, StageBasis, meets, stage_name
from enforcement.registry.subjects import Fitted, Machine, Subject, Truck
from enforcement.rules.book import RuleBook, get_rule
from enforcement.rules.penalties import Offence
from enforcement.sentences import Sentence, joined, said
from enforcement.zones.reasons import Reason, ReasonCode
from enforcement.zones.terms import Purpose, SubjectKind, ZoneTerms

ID = "banned_visit"
ZH = "禁入区域内行驶或作业"
EN = "Presence in a zone that forbids it"


def reasons(
    subject: Subject | None,
    terms: ZoneTerms,
    rules: RuleBook,
    at: datetime,
    purposes: Collection[Purpose] = (),
) -> tuple[Reason, ...]:
    """Why the terms forbid this subject; empty = allowed. Hours and whitelist are asked elsewhere."""
    if subject is None or _kind(subject) not in terms.applies_to or _is_exempt(subject, terms, purposes):
        return ()
    bound = _is_bound(subject, terms)
    if bound is False:
        return ()
    found = tuple(_found(subject, terms, rules, at))
    if bound is None and found:
        return (*(replace(reason, is_firm=False) for reason in found), _scope_unknown())
    return found


def _kind(subject: Subject) -> SubjectKind:
    return SubjectKind.TRUCK if isinstance(subject, Truck) else SubjectKind.MACHINE


def _is_exempt(subject: Subject, terms: ZoneTerms, purposes: Collection[Purpose]) -> bool:
    clean = subject.fuel in CLEAN or subject.stage is Stage.ELECTRIC
    held = {*purposes, Purpose.CLEAN_ENERGY} if clean else set(purposes)
    return bool(terms.exemptions & held)


def _is_bound(subject: Subject, terms: ZoneTerms) -> bool | None:
    """Whether the scope of the terms takes the subject in; None when its data do not say."""
    types = terms.truck_categories if isinstance(subject, Truck) else terms.machine_types
    answers = {_within(subject.category, types), _within(subject.fuel, terms.fuels)}
    if False in answers:
        return False
    return None if None in answers else True


def _within(value: StrEnum, listed: Collection[StrEnum]) -> bool | None:
    if not listed or value in listed:
        return True
    return None if value == "unknown" else False


def _found(subject: Subject, terms: ZoneTerms, rules: RuleBook, at: datetime) -> Iterator[Reason]:
    yield from _stage(subject, terms, rules, at)
    yield from _banned_type(subject, terms)
    yield from _banned_fuel(subject, terms)
    if terms.coding_required and isinstance(subject, Machine) and not subject.is_coded:
        yield _reason(said("not_coded"), offence=Offence.UNREGISTERED_MACHINE)
    yield from _device(subject, terms)


def _stage(subject: Subject, terms: ZoneTerms, rules: RuleBook, at: datetime) -> Iterator[Reason]:
    is_truck = isinstance(subject, Truck)
    least = terms.min_truck_stage if is_truck else terms.min_machine_stage
    if least is None:
        return
    rule_id = "stages.truck" if is_truck else "stages.machine"
    stage = subject.stage
    if stage is Stage.UNKNOWN and subject.fuel in CLEAN:
        stage = Stage.ELECTRIC
    answer = meets(stage, least, get_rule(rules, rule_id, at).words)
    if answer is None:
        words = {"stage": stage_name(stage, is_truck), "least": stage_name(least, is_truck)}
        yield _reason(said("zone_stage_unknown", **words), is_firm=False, rule_ids=(rule_id,))
    elif not answer:
        yield _too_low(subject, stage, least, terms, rule_id)


def _too_low(subject: Subject, stage: Stage, least: Stage, terms: ZoneTerms, rule_id: str) -> Reason:
    is_truck = isinstance(subject, Truck)
    low = said("stage_too_low", stage=stage_name(stage, is_truck), least=stage_name(least, is_truck))
    inferred = subject.stage_basis is StageBasis.DATE
    sentence = joined(low.code, (low, said("stage_inferred"))) if inferred else low
    return _reason(sentence, is_firm=not inferred, offence=_offence(subject, terms), rule_ids=(rule_id,))


def _banned_type(subject: Subject, terms: ZoneTerms) -> Iterator[Reason]:
    is_truck = isinstance(subject, Truck)
    banned = terms.banned_truck_categories if is_truck else terms.banned_machine_types
    answer = _within(subject.category, banned) if banned else False
    if answer:
        yield _reason(said("type_banned", category=subject.category), offence=_offence(subject, terms))
    elif answer is None:
        yield _reason(said("type_unknown"), is_firm=False)


def _banned_fuel(subject: Subject, terms: ZoneTerms) -> Iterator[Reason]:
    if subject.fuel in terms.banned_fuels:
        yield _reason(said("fuel_banned", fuel=subject.fuel), offence=_offence(subject, terms))
    elif terms.banned_fuels and subject.fuel is Fuel.UNKNOWN:
        yield _reason(said("fuel_unknown"), is_firm=False)


def _device(subject: Subject, terms: ZoneTerms) -> Iterator[Reason]:
    if not terms.device_required or subject.device is Fitted.YES:
        return
    if subject.device is Fitted.NO:
        yield _reason(said("no_device"), offence=Offence.DEVICE_MISSING)
    else:
        yield _reason(said("device_unknown"), is_firm=False)


def _offence(subject: Subject, terms: ZoneTerms) -> Offence:
    return terms.truck_offence if isinstance(subject, Truck) else terms.machine_offence


def _reason(
    sentence: Sentence, *, is_firm: bool = True, offence: Offence | None = None, rule_ids: tuple[str, ...] = ()
) -> Reason:
    return Reason(ReasonCode(sentence.code), sentence.zh, sentence.en, is_firm, offence, rule_ids)


def _scope_unknown() -> Reason:
    return _reason(said("scope_unknown"), is_firm=False)
