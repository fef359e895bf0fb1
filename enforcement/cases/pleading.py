"""When a party may plead in its case (APL 44, 45), and which steps must not pass over a plea that nobody answered."""

from __future__ import annotations

from enforcement.cases.states import FINAL, State
from enforcement.sentences import Sentence

PLEADING = frozenset({State.NOTICE_SERVED, State.HEARING})
"""From the day the prior notice reached the party until the days to plead, or the hearing, are over."""
PASSES_OVER = frozenset({"end_pleading", "end_hearing", "decide", "exempt"})
"""Steps of the main line before which a plea is to be answered."""


def pleading_refusal(state: str) -> Sentence | None:
    """Why no plea is taken in a case that stands in this state; None: it is taken."""
    if state in PLEADING:
        return None
    if state in FINAL:
        return Sentence("case_ended", "案件已终结，不能再陈述申辩。", "The case has ended: no plea is taken any more.")
    if State(state) in (State.LEAD, State.VERIFIED, State.TESTED, State.FAILED, State.FILED, State.NOTICED):
        return Sentence(
            "not_noticed",
            "尚未送达事先告知书；收到告知书后可以陈述申辩。",
            "No prior notice was given yet: you may plead once you have it.",
        )
    return Sentence(
        "pleading_over",
        "陈述申辩期限已过；对处罚决定不服的，可依法申请行政复议或提起行政诉讼。",
        "The days to plead are over. Against a decision there is review by the government, or the court.",
    )


def unanswered_warning(action: str, waiting: int) -> Sentence | None:
    """What is said beside a step that would pass over pleas without an answer."""
    if action not in PASSES_OVER or not waiting:
        return None
    return Sentence(
        "plea_unanswered",
        f"有 {waiting} 件陈述申辩尚未答复：行政机关应当充分听取并复核当事人的意见。",
        f"{waiting} plea(s) wait for an answer: what the party says must be heard and checked first.",
    )
