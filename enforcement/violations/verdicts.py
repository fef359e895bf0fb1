"""What a forbidden visit amounts to: a lead with its reasons in words, until an officer decides.

The verdict cites the zone versions, rule rows and whitelist as they stood at the time of the fixes and the
law of the day of the act (CODE 1057, APL 37). A position alone is a lead; a case needs an on-site check.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from enforcement.checks import all_reasons
from enforcement.registry.subjects import Machine, Subject
from enforcement.rules.acts import ONE_ACT
from enforcement.rules.book import BEIJING, Rule, RuleBook, get_rule, moment
from enforcement.rules.laws import Law, citation, continuing_act_question, law_of
from enforcement.rules.penalties import Offence, Proposal, proposed
from enforcement.sentences import Sentence
from enforcement.visits.records import Segment, Visit, VisitSettings
from enforcement.zones.reasons import Reason, ReasonCode, codes_in
from enforcement.zones.terms import ZoneTerms
from enforcement.zones.whitelist import WhitelistEntry, entries_of


class Weight(StrEnum):
    """Whether the data make a violation likely, or only something to look into. Both await an officer."""

    VIOLATION = "violation"
    LEAD = "lead"


@dataclass(frozen=True, slots=True)
class JudgedSegment:
    """One forbidden stretch under one zone version, and why."""

    version_id: int
    first_at: datetime
    last_at: datetime
    inside_fixes: int
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why a visit was flagged, by which rows, and what might follow once it is confirmed on the spot."""

    weight: Weight
    law: Law
    acted_from: datetime
    acted_to: datetime
    segments: tuple[JudgedSegment, ...]
    reasons: tuple[Reason, ...]
    rules: tuple[Rule, ...]
    proposals: tuple[Proposal, ...]
    questions: tuple[Sentence, ...]
    why: Sentence
    consequence: Sentence


def judge(
    visit: Visit,
    subject: Subject | None,
    terms_of: Mapping[int, ZoneTerms],
    rules: RuleBook,
    whitelist: Sequence[WhitelistEntry],
    settings: VisitSettings,
    zone_name: tuple[str, str],
    device_name: str = "",
    decided_at: datetime | None = None,
) -> Verdict | None:
    """The verdict on the forbidden part of a visit; None when that part does not reach the minimums.

    `terms_of` holds the terms of each zone version the visit met, `zone_name` is (Chinese, English).
    """
    forbidden = visit.forbidden(settings)
    if not forbidden:
        return None
    segments = tuple(_judged(segment, subject, terms_of, rules) for segment in forbidden)
    reasons = _distinct(segments)
    first, last = segments[0].first_at, segments[-1].last_at
    proposals = _proposals(reasons, rules, first, decided_at)
    name = subject.name if subject else device_name
    return Verdict(
        Weight.VIOLATION if any(reason.is_firm for reason in reasons) else Weight.LEAD,
        law_of(rules, first),
        first,
        last,
        segments,
        reasons,
        _rules_used(reasons, proposals, rules, first),
        proposals,
        _questions(proposals, rules, first, last, _late_leave(whitelist, subject, visit, forbidden)),
        _why(name, zone_name, segments, reasons, subject),
        _consequence(proposals),
    )


def _judged(
    segment: Segment, subject: Subject | None, terms_of: Mapping[int, ZoneTerms], rules: RuleBook
) -> JudgedSegment:
    """The reasons kept in the segment's code, in today's words where the record still gives them."""
    at = moment(segment.first_us)
    terms = terms_of[segment.version_id]
    worded = {reason.code: reason for reason in all_reasons(subject, terms, rules, at)}
    reasons = tuple(worded.get(code) or _changed_since(code) for code in codes_in(segment.code))
    return JudgedSegment(segment.version_id, at, moment(segment.last_us), segment.inside_fixes, reasons)


def _changed_since(code: ReasonCode) -> Reason:
    zh = f"判定时的原因（{code}）与现登记信息不符，登记信息可能已更正，需核实。"
    en = f"The reason at the time ({code}) no longer follows from the record, which may have been corrected."
    return Reason(code, zh, en, is_firm=False)


def _distinct(segments: Sequence[JudgedSegment]) -> tuple[Reason, ...]:
    """Each reason once, firm before open; the first wording counts."""
    found: dict[ReasonCode, Reason] = {}
    for segment in segments:
        for reason in segment.reasons:
            found.setdefault(reason.code, reason)
    return tuple(sorted(found.values(), key=lambda reason: not reason.is_firm))


def _proposals(
    reasons: Sequence[Reason], rules: RuleBook, at: datetime, decided_at: datetime | None
) -> tuple[Proposal, ...]:
    """One a kind of offence that firm reasons speak of; open ones propose nothing."""
    offences = dict.fromkeys(reason.offence for reason in reasons if reason.is_firm and reason.offence)
    return tuple(proposed(rules, offence, at, decided_at=decided_at) for offence in offences if offence)


def _rules_used(
    reasons: Sequence[Reason], proposals: Sequence[Proposal], rules: RuleBook, at: datetime
) -> tuple[Rule, ...]:
    names = dict.fromkeys(["law.air", *(name for reason in reasons for name in reason.rule_ids)])
    rows = [get_rule(rules, name, at) for name in names] + [proposal.rule for proposal in proposals]
    return tuple({row.key: row for row in rows}.values())


def _late_leave(
    whitelist: Sequence[WhitelistEntry], subject: Subject | None, visit: Visit, forbidden: Sequence[Segment]
) -> Sentence | None:
    """Leave that touches the forbidden part was entered after it was judged, or covers only a part."""
    entries = entries_of(whitelist, subject) if subject else ()
    first, last = forbidden[0].first_us, forbidden[-1].last_us
    if not any(
        entry.zone_id in (None, visit.zone_id) and entry.valid_from_us <= last and entry.valid_to_us > first
        for entry in entries
    ):
        return None
    return Sentence(
        "whitelist_overlaps",
        "白名单与该时段有重叠，可能为事后录入或仅覆盖部分时段，请核对。",
        "A whitelist entry overlaps this period; it was entered later or covers a part of it. Check it.",
    )


def _questions(
    proposals: Sequence[Proposal], rules: RuleBook, first: datetime, last: datetime, leave: Sentence | None
) -> tuple[Sentence, ...]:
    asked = [question for proposal in proposals for question in proposal.questions]
    asked += [item for item in (continuing_act_question(rules, first, last), leave) if item]
    if len(proposals) > 1:
        asked.append(ONE_ACT)
    return tuple({question.code: question for question in asked}.values())


def _why(
    name: str,
    zone_name: tuple[str, str],
    segments: Sequence[JudgedSegment],
    reasons: Sequence[Reason],
    subject: Subject | None,
) -> Sentence:
    """Why was I flagged, in plain words."""
    first, last = segments[0].first_at, segments[-1].last_at
    fixes = sum(segment.inside_fixes for segment in segments)
    seconds = round((last - first).total_seconds())
    zh_kind, en_kind = _kind(subject)
    start, end = (f"{at.astimezone(BEIJING):%Y-%m-%d %H:%M:%S}" for at in (first, last))
    zh = f"{start}至{end}（北京时间），{zh_kind}“{name}”位于“{zone_name[0]}”内，区内定位点{fixes}个，历时{seconds}秒。"
    en = (
        f"From {start} to {end} (Beijing time) the {en_kind} {name} was inside {zone_name[1]}: "
        f"{fixes} fixes inside over {seconds} seconds."
    )
    return Sentence(
        "why_flagged",
        zh + "原因：" + "".join(reason.zh for reason in reasons),
        en + " Because: " + " ".join(reason.en for reason in reasons),
    )


def _kind(subject: Subject | None) -> tuple[str, str]:
    if subject is None:
        return "终端", "device"
    return ("机械", "machine") if isinstance(subject, Machine) else ("货车", "truck")


def _consequence(proposals: Sequence[Proposal]) -> Sentence:
    """What might follow; never more than a lead."""
    zh, en = "本记录为线索，须经现场核查。", "This is a lead and needs an on-site check."
    for proposal in proposals:
        basis = citation(proposal.rule.legal_basis)
        if proposal.amount_cny is None:
            zh += f"查实后依据{basis.zh}处理，法律未规定具体金额。"
            en += f" If confirmed: {basis.en}; the law names no amount."
        else:
            zh += f"查实后依据{basis.zh}，拟罚款{proposal.amount_cny}元。"
            en += f" If confirmed: {basis.en}, a fine of {proposal.amount_cny} yuan is proposed."
    if any(proposal.offence is Offence.TRUCK_ZONE_BREACH for proposal in proposals):
        zh += "由公安交管部门处理。"
        en += " For the traffic police."
    return Sentence("consequence", zh, en)
