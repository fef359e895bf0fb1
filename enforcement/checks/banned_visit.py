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
        yield _reason(
            ReasonCode.NOT_CODED,
            "未进行编码登记，区域要求已编码登记。",
            "The machine is not coded; the zone demands it.",
            Offence.UNREGISTERED_MACHINE,
        )
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
        (zh, en), (least_zh, least_en) = stage_name(stage, is_truck), stage_name(least, is_truck)
        zh = f"排放阶段（{zh}）无法判断是否达到区域要求的{least_zh}，需核实。"
        en = f"Whether the stage ({en}) reaches the least stage of the zone ({least_en}) is not known."
        yield Reason(ReasonCode.STAGE_UNKNOWN, zh, en, is_firm=False, rule_ids=(rule_id,))
    elif not answer:
        yield _too_low(subject, stage, least, terms, rule_id)


def _too_low(subject: Subject, stage: Stage, least: Stage, terms: ZoneTerms, rule_id: str) -> Reason:
    is_truck = isinstance(subject, Truck)
    (zh, en), (least_zh, least_en) = stage_name(stage, is_truck), stage_name(least, is_truck)
    zh = f"排放阶段为{zh}，低于区域要求的{least_zh}。"
    en = f"The emission stage is {en}; the zone demands at least {least_en}."
    inferred = subject.stage_basis is StageBasis.DATE
    if inferred:
        zh += "阶段由日期推断，需核对铭牌或随车清单。"
        en += " The stage was inferred from a date: check the nameplate or the list."
    offence = terms.truck_offence if is_truck else terms.machine_offence
    return Reason(ReasonCode.STAGE_TOO_LOW, zh, en, not inferred, offence, (rule_id,))


def _banned_type(subject: Subject, terms: ZoneTerms) -> Iterator[Reason]:
    is_truck = isinstance(subject, Truck)
    banned = terms.banned_truck_categories if is_truck else terms.banned_machine_types
    answer = _within(subject.category, banned) if banned else False
    if answer:
        offence = terms.truck_offence if is_truck else terms.machine_offence
        zh, en = f"区域禁止该类型（{subject.category}）。", f"The zone bans this type ({subject.category})."
        yield _reason(ReasonCode.TYPE_BANNED, zh, en, offence)
    elif answer is None:
        zh, en = "类型未知，区域禁止部分类型，需核实。", "The type is unknown; the zone bans some types."
        yield Reason(ReasonCode.TYPE_UNKNOWN, zh, en, is_firm=False)


def _banned_fuel(subject: Subject, terms: ZoneTerms) -> Iterator[Reason]:
    if subject.fuel in terms.banned_fuels:
        offence = terms.truck_offence if isinstance(subject, Truck) else terms.machine_offence
        zh, en = f"区域禁止使用该燃料（{subject.fuel}）。", f"The zone bans this fuel ({subject.fuel})."
        yield _reason(ReasonCode.FUEL_BANNED, zh, en, offence)
    elif terms.banned_fuels and subject.fuel is Fuel.UNKNOWN:
        zh, en = "燃料未知，区域禁止部分燃料，需核实。", "The fuel is unknown; the zone bans some fuels."
        yield Reason(ReasonCode.FUEL_UNKNOWN, zh, en, is_firm=False)


def _device(subject: Subject, terms: ZoneTerms) -> Iterator[Reason]:
    if not terms.device_required or subject.device is Fitted.YES:
        return
    if subject.device is Fitted.NO:
        zh, en = "登记为未安装远程终端，区域要求安装。", "No remote terminal is fitted; the zone demands one."
        yield _reason(ReasonCode.NO_DEVICE, zh, en, Offence.DEVICE_MISSING)
    else:
        zh = "是否安装远程终端未知，区域要求安装，需核实。"
        en = "Whether a remote terminal is fitted is not known; the zone demands one."
        yield Reason(ReasonCode.DEVICE_UNKNOWN, zh, en, is_firm=False)


def _reason(code: ReasonCode, zh: str, en: str, offence: Offence) -> Reason:
    return Reason(code, zh, en, offence=offence)


def _scope_unknown() -> Reason:
    zh, en = (
        "类型或燃料未知，是否适用该区域规定需核实。",
        "Type or fuel is unknown: whether the terms bind it is open.",
    )
    return Reason(ReasonCode.SCOPE_UNKNOWN, zh, en, is_firm=False)
