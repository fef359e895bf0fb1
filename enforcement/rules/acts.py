"""What one act is: an act has one fine, whatever saw it and whoever decides (APL 29; CODE 1055).

A terminal, a camera and an officer may all see the same act; both paragraphs of CODE 1127 may fit it. Offences of one
family, of one subject, on days that meet are one act until a legal reviewer says otherwise.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from enforcement.rules.book import RuleBook, day_of, get_rule
from enforcement.rules.penalties import Offence
from enforcement.sentences import Sentence

ONE_ACT = Sentence(
    "one_act_or_more",
    "同一行为不得给予两次以上罚款；是否构成数个行为请法制审核，金额不自动相加，构成一个行为的按数额较高的规定处罚。",
    "One act is not fined twice; whether this is one act is for legal review. Amounts are not added: if it is one act, "
    "the higher fine counts.",
)


class Family(StrEnum):
    """Offences that one act can be at once."""

    MACHINE_USE = "machine_use"  # CODE 1127, both paragraphs: banned, over the limit, without its device
    TRUCK_EMISSION = "truck_emission"  # CODE 1126, RTSL 90, local smoke rules
    TRUCK_ZONE = "truck_zone"
    TAMPERING = "tampering"  # CODE 1124
    REGISTRATION = "registration"
    RETEST = "retest"


_FAMILIES = {
    Offence.ZONE_BREACH: Family.MACHINE_USE,
    Offence.OVER_LIMIT: Family.MACHINE_USE,
    Offence.DEVICE_MISSING: Family.MACHINE_USE,
    Offence.TAMPERING: Family.TAMPERING,
    Offence.UNREGISTERED_MACHINE: Family.REGISTRATION,
    Offence.TRUCK_ZONE_BREACH: Family.TRUCK_ZONE,
    Offence.FAILED_INSPECTION: Family.TRUCK_EMISSION,
    Offence.VISIBLE_SMOKE: Family.TRUCK_EMISSION,
    Offence.RETEST_MISSED: Family.RETEST,
}


def family_of(offence: Offence, subject_kind: str = "machine") -> Family:
    """The family of an offence; a truck over the limit or without its device is one of truck emission."""
    family = _FAMILIES[offence]
    return Family.TRUCK_EMISSION if subject_kind == "truck" and family is Family.MACHINE_USE else family


@dataclass(frozen=True, slots=True)
class Act:
    """What one subject did from one moment to another. `subject_id`: number of the register, or the plate as read."""

    subject_kind: str
    subject_id: int | str
    family: Family
    acted_from: datetime
    acted_to: datetime

    def __post_init__(self) -> None:
        if self.acted_to < self.acted_from:
            raise ValueError(f"an act cannot end at {self.acted_to}, before it began at {self.acted_from}")

    @property
    def key(self) -> str:
        return act_key(self.subject_kind, self.subject_id, self.family, self.acted_from, self.acted_to)


def act_key(
    subject_kind: str, subject_id: int | str, offence_family: str, acted_from: datetime, acted_to: datetime
) -> str:
    """What a fine is unique by: subject, family, and the Beijing day on which the act began.

    The key stops the same act from being fined twice at once; that two keys are not the same act all the same (over
    midnight, over days) `same_act` says.
    """
    if acted_to < acted_from:
        raise ValueError(f"an act cannot end at {acted_to}, before it began at {acted_from}")
    return f"{subject_kind}:{subject_id}:{offence_family}:{day_of(acted_from).isoformat()}"


def same_act(rules: RuleBook, one: Act, other: Act) -> bool:
    """Whether two are one act: same subject and family, and days that meet or a gap no longer than the rule allows."""
    if (one.subject_kind, str(one.subject_id), one.family) != (other.subject_kind, str(other.subject_id), other.family):
        return False
    first, second = sorted((one, other), key=lambda act: act.acted_from)
    if day_of(second.acted_from) <= day_of(first.acted_to):
        return True
    gap = timedelta(hours=get_rule(rules, "act.gap_h", first.acted_from).number)
    return second.acted_from - first.acted_to <= gap


def double_fine_refusal(rules: RuleBook, act: Act, fined: Iterable[Act]) -> Sentence | None:
    """Why this act may not be fined: it, or what is one act with it, was fined already (not revoked)."""
    if not any(same_act(rules, act, earlier) for earlier in fined):
        return None
    return Sentence(
        "double_fine",
        "同一违法行为已有罚款决定，不得再次罚款（《行政处罚法》第29条）；如属另一行为，请法制审核后另行立案。",
        "The same act was fined already and is not fined again (APL 29). If it is another act, that is for legal "
        "review and a case of its own.",
    )


def one_act_question(offences: Collection[Offence], subject_kind: str = "machine") -> Sentence | None:
    """Several offences of one family in one case: one act or more is for the legal reviewer; amounts are not added."""
    families = [family_of(offence, subject_kind) for offence in dict.fromkeys(offences)]
    return None if len(families) == len(set(families)) else ONE_ACT
