"""What is wrong with a penalty before it is recorded: amount, law, signer, procedure, double fine (APL 12, 29, 51).

The duties of a decision as a document are `document_duties.py`; here is what the penalty itself must keep.
"""

from __future__ import annotations

from calendar import isleap
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from enforcement.cases.parties import fine_refusal
from enforcement.rules.acts import Act, double_fine_refusal, family_of, one_act_question
from enforcement.rules.book import RuleBook, day_of, find_rule, get_rule
from enforcement.rules.laws import citation_faults, continuing_act_question
from enforcement.rules.penalties import Level, Offence, Proposal, on_the_spot_refusal, proposed, signer_refusal
from enforcement.sentences import Sentence


@dataclass(frozen=True, slots=True)
class Penalty:
    """A penalty as it is about to be recorded. `by`: kind of the bureau; `mitigated`: below the least fine (APL 32)."""

    offence: Offence
    subject_kind: str
    subject_id: int | str
    acted_from: datetime
    acted_to: datetime
    decided_at: datetime
    amount_cny: float
    legal_basis: str
    by: str
    signer: Level
    area: str = ""
    machines: int = 1
    is_person: bool = True
    on_the_spot: bool = False
    mitigated: bool = False
    found_at: datetime | None = None  # when a bureau learnt of the act; None: with the act itself, as on the spot
    harmed: bool = False
    plate: str | None = None
    category: str | None = None

    @property
    def act(self) -> Act:
        family = family_of(self.offence, self.subject_kind)
        return Act(self.subject_kind, self.subject_id, family, self.acted_from, self.acted_to)


Check = Callable[[RuleBook, Penalty], Sentence | None]


def penalty_faults(rules: RuleBook, penalty: Penalty, fined: Iterable[Act]) -> tuple[Sentence, ...]:
    """Why this penalty may not be recorded; empty where it may. `fined`: acts of the subject with a fine in force."""
    found = [*citation_faults(rules, penalty.legal_basis, penalty.acted_from)]
    found += [fault for check in _CHECKS if (fault := check(rules, penalty))]
    double = double_fine_refusal(rules, penalty.act, fined)
    return (*found, double) if double else tuple(found)


def most_of(proposals: Sequence[Proposal]) -> int | None:
    """The amount for one act under several paragraphs: the highest, never the sum; None where none has an amount."""
    return max((item.amount_cny for item in proposals if item.amount_cny is not None), default=None)


def reviewer_questions(
    rules: RuleBook, proposals: Sequence[Proposal], acted_from: datetime, acted_to: datetime, subject_kind: str
) -> tuple[Sentence, ...]:
    """What a legal reviewer must answer before a decision, each once; where there is any, the matter is complex."""
    asked = [question for proposal in proposals for question in proposal.questions]
    asked += [
        question
        for question in (
            continuing_act_question(rules, acted_from, acted_to),
            one_act_question([proposal.offence for proposal in proposals], subject_kind),
        )
        if question
    ]
    return tuple({question.code: question for question in asked}.values())


def range_of(rules: RuleBook, penalty: Penalty) -> tuple[float, float] | None:
    """Least and highest fine of the law of the day, for all machines together; None where the law names none."""
    at, area = penalty.acted_from, penalty.area
    fine = proposed(rules, penalty.offence, at, penalty.machines, area=area)
    least = find_rule(rules, f"{penalty.offence}.fine_min", at, area)
    most = find_rule(rules, f"{penalty.offence}.fine_max", at, area)
    if fine.amount_cny is None:
        return None
    same = [row for row in (least, most) if row is not None and row.area == fine.rule.area]
    if len(same) < 2:
        return float(fine.amount_cny), float(fine.amount_cny)
    return same[0].number, same[1].number


def _order(_: RuleBook, penalty: Penalty) -> Sentence | None:
    if penalty.decided_at >= penalty.acted_from:
        return None
    return Sentence(
        "decided_before_act",
        "处罚决定时间早于违法行为时间，请核对。",
        "The decision is earlier than the act; check the times.",
    )


def limitation_end(rules: RuleBook, acted_to: datetime, harmed: bool = False) -> date:
    """First Beijing day on which an act that nobody found is no longer penalised (APL 36; CODE 1054)."""
    rule = get_rule(rules, "limitation.harm_years" if harmed else "limitation.years", acted_to)
    day = day_of(acted_to)
    year = day.year + round(rule.number)
    is_gone = (day.month, day.day) == (2, 29) and not isleap(year)
    return date(year, 3, 1) if is_gone else day.replace(year=year)


def _limitation(rules: RuleBook, penalty: Penalty) -> Sentence | None:
    end = limitation_end(rules, penalty.acted_to, penalty.harmed)
    if penalty.found_at is None or day_of(penalty.found_at) < end:
        return None
    return Sentence(
        "limitation",
        f"该行为至{end}仍未被发现，已超过追责期限，不再给予处罚。",
        f"The act was not found before {end}: the time of limitation is over and it is not penalised.",
    )


def _amount(rules: RuleBook, penalty: Penalty) -> Sentence | None:
    limits = range_of(rules, penalty)
    if limits is None:
        return None
    least, most = limits
    if penalty.amount_cny > most:
        return Sentence(
            "amount_too_high",
            f"罚款{penalty.amount_cny:g}元超过法定上限{most:g}元。",
            f"A fine of {penalty.amount_cny:g} yuan is above the {most:g} that the law allows.",
        )
    if penalty.amount_cny < least and not penalty.mitigated:
        return Sentence(
            "amount_too_low",
            f"罚款{penalty.amount_cny:g}元低于法定下限{least:g}元；如减轻处罚，请注明理由（《行政处罚法》第32条）。",
            f"A fine of {penalty.amount_cny:g} yuan is below the least of {least:g}; say why it is mitigated (APL 32).",
        )
    return None


def _signer(rules: RuleBook, penalty: Penalty) -> Sentence | None:
    """CODE 53 is on ecology bureaus; the police decide at county level under RTSL."""
    return signer_refusal(rules, penalty.signer, penalty.decided_at) if penalty.by == "ecology" else None


def _spot(rules: RuleBook, penalty: Penalty) -> Sentence | None:
    if not penalty.on_the_spot:
        return None
    return on_the_spot_refusal(rules, penalty.amount_cny, penalty.is_person, penalty.decided_at)


def _authority(_: RuleBook, penalty: Penalty) -> Sentence | None:
    right = "ecology" if penalty.offence not in _POLICE else "police"
    if penalty.by == right:
        return None
    if right == "police":
        zh, en = "该行为由公安机关交通管理部门处罚，请移送。", "This offence is for the traffic police: refer the case."
    else:
        zh, en = "该行为由生态环境主管部门处罚。", "This offence is for the ecology bureau."
    return Sentence("wrong_authority", zh, en)


def _subject(_: RuleBook, penalty: Penalty) -> Sentence | None:
    """CODE 1127 speaks of machines, RTSL 90 and its kin of vehicles on the road."""
    right = "truck" if penalty.offence in _TRUCKS else "machine" if penalty.offence in _MACHINES else None
    if right in (None, penalty.subject_kind):
        return None
    zh = f"该处罚依据只适用于{'货车' if right == 'truck' else '非道路移动机械'}。"
    return Sentence("wrong_subject_kind", zh, f"This offence is one of a {right} only.")


def _trailer(_: RuleBook, penalty: Penalty) -> Sentence | None:
    return fine_refusal(penalty.plate or "", penalty.category)


_POLICE = frozenset({Offence.FAILED_INSPECTION, Offence.VISIBLE_SMOKE, Offence.TRUCK_ZONE_BREACH})
_TRUCKS = _POLICE | {Offence.RETEST_MISSED}
_MACHINES = frozenset({Offence.OVER_LIMIT, Offence.ZONE_BREACH, Offence.UNREGISTERED_MACHINE})
_CHECKS: tuple[Check, ...] = (_order, _limitation, _subject, _trailer, _authority, _amount, _signer, _spot)
