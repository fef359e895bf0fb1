"""Which law an act stands under, and what a document may cite (enforcement.md 0A; CODE 1057, 1242; APL 37).

The basis follows the day of the act, never the day of the decision. A document about an act that cites a
law which was not in force that day is refused.
"""

from __future__ import annotations

import re
from datetime import datetime
from enum import StrEnum

from enforcement.rules.book import RuleBook, day_of, get_rule
from enforcement.rules.citations import TITLES, written
from enforcement.sentences import Sentence


class Law(StrEnum):
    """The two laws on air that cases stand under."""

    APPCL = "APPCL"  # Air Pollution Prevention and Control Law, repealed 2026-08-15
    CODE = "CODE"  # Ecological Environment Code


# Words in a text that mean a law.
_MENTIONS = {
    Law.CODE: re.compile(r"\bCODE\b|生态环境法典|Ecological Environment Code"),
    Law.APPCL: re.compile(r"\bAPPCL\b|大气污染防治法|(?<!海洋)环境保护法|Air Pollution Prevention"),
}


def law_of(rules: RuleBook, at: datetime) -> Law:
    """The law in force on the Beijing day of the act."""
    return Law(str(get_rule(rules, "law.air", at).value))


def may_cite(rules: RuleBook, law: Law, acted_at: datetime) -> bool:
    """Whether a document about the act may rest on this law."""
    return law_of(rules, acted_at) is law


def citation_faults(rules: RuleBook, text: str, acted_at: datetime) -> tuple[Sentence, ...]:
    """One refusal for each law named in the text that was not in force on the day of the act."""
    right = law_of(rules, acted_at)
    named = [law for law, mention in _MENTIONS.items() if mention.search(text)]
    return tuple(_refusal(law, right, acted_at) for law in named if law is not right)


def _refusal(law: Law, right: Law, acted_at: datetime) -> Sentence:
    day = day_of(acted_at).isoformat()
    return Sentence(
        "law_not_in_force",
        f"行为发生于{day}，不能引用{TITLES[law][0]}，应引用{TITLES[right][0]}。",
        f"The act is of {day}: the {TITLES[law][1]} cannot be cited, cite the {TITLES[right][1]}.",
    )


def lighter_law_question(rules: RuleBook, acted_at: datetime, decided_at: datetime) -> Sentence | None:
    """An act under the old law, decided under the new: a reviewer asks whether the new one is lighter."""
    if law_of(rules, acted_at) is law_of(rules, decided_at):
        return None
    return Sentence(
        "lighter_law",
        "行为发生时与作出决定时适用的法律不同：适用行为时的法律；新法处罚较轻或不再处罚的，适用新法。请法制审核。",
        "The law changed between the act and the decision: the law of the day of the act applies, unless the "
        "new one is lighter or no longer punishes. For legal review.",
    )


def continuing_act_question(rules: RuleBook, first_at: datetime, last_at: datetime) -> Sentence | None:
    """An act that runs over the day the law changed."""
    if law_of(rules, first_at) is law_of(rules, last_at):
        return None
    return Sentence(
        "continuing_act",
        "行为跨越新旧法律交替之日，适用哪部法律请法制审核。",
        "The act runs over the day on which the law changed; which law applies is for legal review.",
    )


def citation(basis: str) -> Sentence:
    """A basis like `CODE 230; CODE 1127(2)` as it is written in a document."""
    parts = [written(part.strip()) for part in basis.split(";") if part.strip()]
    return Sentence("citation", "、".join(zh for zh, _ in parts), ", ".join(en for _, en in parts))
