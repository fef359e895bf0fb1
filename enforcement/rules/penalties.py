"""What an offence would cost once confirmed on the spot, by the law of its day (enforcement.md 0A, 4.4, 7.3).

Nothing here decides: a proposal names its rule row and the questions a legal reviewer must answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from enforcement.rules.book import Certainty, Rule, RuleBook, find_rule, get_rule
from enforcement.rules.laws import Law, law_of, lighter_law_question
from enforcement.sentences import Sentence


class Offence(StrEnum):
    """Offences with a row `<offence>.fine` in the rule book."""

    ZONE_BREACH = "zone_breach"
    OVER_LIMIT = "over_limit"
    DEVICE_MISSING = "device_missing"
    TAMPERING = "tampering"
    UNREGISTERED_MACHINE = "unregistered_machine"
    TRUCK_ZONE_BREACH = "truck_zone_breach"
    FAILED_INSPECTION = "failed_inspection"
    VISIBLE_SMOKE = "visible_smoke"
    RETEST_MISSED = "retest_missed"


class Level(StrEnum):
    """Level of a government or of its bureau, lowest first."""

    TOWN = "town"
    COUNTY = "county"
    CITY = "city"
    PROVINCE = "province"
    NATION = "nation"

    def reaches(self, lowest: Level) -> bool:
        order = list(Level)
        return order.index(self) >= order.index(lowest)


@dataclass(frozen=True, slots=True)
class Proposal:
    """An amount for the person who decides; None = the law names no amount."""

    offence: Offence
    amount_cny: int | None
    machines: int
    law: Law
    rule: Rule
    questions: tuple[Sentence, ...]
    code: str | None = None  # of the police for the offence, where the jurisdiction has one
    points: int | None = None  # off the driver's licence


def proposed(
    rules: RuleBook,
    offence: Offence,
    acted_at: datetime,
    machines: int = 1,
    decided_at: datetime | None = None,
    area: str = "",
) -> Proposal:
    """The fine that the law of the day of the act provides for so many machines or vehicles.

    `area` is the GB/T 2260 code of the place of the act: a local statute goes before the national row.
    """
    if machines < 1:
        raise ValueError(f"a proposal needs at least one machine, not {machines}")
    rule = get_rule(rules, f"{offence}.fine", acted_at, area)
    each = not rule.unit.endswith("/decision")
    amount = None if rule.value is None else round(rule.number) * (machines if each else 1)
    questions = [
        _no_amount() if rule.value is None else None,
        _one_decision(machines) if not each and machines > 1 else None,
        _unconfirmed(rule) if rule.certainty is Certainty.UNCONFIRMED else None,
        _local(rule) if rule.area else None,
        lighter_law_question(rules, acted_at, decided_at) if decided_at else None,
    ]
    asked = tuple(item for item in questions if item)
    code, points = (_beside(rules, rule, name, acted_at) for name in ("code", "points"))
    return Proposal(
        offence, amount, machines, law_of(rules, acted_at), rule, asked,
        str(code.value) if code else None, round(points.number) if points else None,
    )  # fmt: skip


def _beside(rules: RuleBook, fine: Rule, name: str, at: datetime) -> Rule | None:
    """The row of the same offence and the same jurisdiction as the fine: a local fine has no national code."""
    row = find_rule(rules, f"{fine.id.partition('.')[0]}.{name}", at, fine.area)
    return row if row is not None and row.area == fine.area else None


def on_the_spot_refusal(rules: RuleBook, amount_cny: float, is_person: bool, acted_at: datetime) -> Sentence | None:
    """Why a fine may not be decided on the spot (APL 51); None if it may."""
    kind = "person" if is_person else "unit"
    limit = get_rule(rules, f"penalty.spot_limit_{kind}", acted_at)
    if amount_cny <= limit.number:
        return None
    return Sentence(
        "not_on_the_spot",
        f"罚款{amount_cny:g}元超过当场处罚限额{limit.number:g}元，应适用普通程序。",
        f"A fine of {amount_cny:g} yuan is above the limit of {limit.number:g} for a decision on the spot.",
    )


def signer_refusal(rules: RuleBook, level: Level, signed_at: datetime) -> Sentence | None:
    """Why a bureau of this level may not sign a penalty in its own name (CODE 53); None if it may."""
    rule = get_rule(rules, "penalty.lowest_signer", signed_at)
    if level.reaches(Level(str(rule.value))):
        return None
    return Sentence(
        "may_not_sign",
        f"该级机构当日不能以自己的名义作出处罚决定（{rule.zh}）。",
        f"A bureau of this level may not decide in its own name on that day ({rule.en}).",
    )


def late_charge(rules: RuleBook, amount_cny: float, due_on: date, paid_on: date, decided_at: datetime) -> float:
    """What is owed on top of a fine that was paid late (APL 72): so much a day, at most the fine itself, in yuan."""
    share = get_rule(rules, "penalty.late_share_per_day", decided_at).number / 100
    days = max(0, (paid_on - due_on).days)
    return round(min(amount_cny, amount_cny * share * days), 2)


def _no_amount() -> Sentence:
    return Sentence(
        "no_amount",
        "法律未规定具体金额，由主管部门依地方规定确定。",
        "The law names no amount; the bureau decides under local rules.",
    )


def _one_decision(machines: int) -> Sentence:
    return Sentence(
        "not_per_machine",
        f"当时的法律未规定按台处罚，{machines}台机械如何计罚请法制审核。",
        f"The law of that day does not count machines; how to fine {machines} of them is for legal review.",
    )


def _local(rule: Rule) -> Sentence:
    return Sentence(
        "local_amount",
        f"适用地方规定（{rule.legal_basis}），是否与上位法一致请法制审核。",
        f"A local statute applies ({rule.legal_basis}); whether it agrees with the law above it is for legal review.",
    )


def _unconfirmed(rule: Rule) -> Sentence:
    return Sentence(
        "rule_unconfirmed",
        f"依据“{rule.zh}”尚待主管部门确认。",
        f'The rule "{rule.en}" is still to be confirmed by the bureau.',
    )
