"""What three peaks of smoke and their mean make an officer ask (GB 3847-2018 annex A; GB 36886-2018)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from enforcement.rules.book import Rule, RuleBook, get_rule
from enforcement.sentences import Sentence


def series_doubts(
    rules: RuleBook, standard: str, peaks: Sequence[float], mean: float, at: datetime, area: str
) -> tuple[tuple[Sentence, ...], tuple[Rule, ...]]:
    """Peaks of k that lie far apart, or that are the same to the last digit, with the rows asked."""
    spread = round(max(peaks) - min(peaks), 6)
    absolute = get_rule(rules, f"{standard}.spread_max_k", at, area)
    share = get_rule(rules, f"{standard}.spread_max_share_pct", at, area)
    doubts = []
    if spread > absolute.number and spread > share.number / 100 * mean:
        doubts.append(
            Sentence(
                "spread",
                f"三次峰值相差{spread:g}，离散较大，请确认检测操作是否规范。",
                f"The three peaks differ by {spread:g}: check that the test was run properly.",
            )
        )
    if spread == 0 and mean > 0:
        doubts.append(
            Sentence(
                "identical_peaks",
                "三次峰值完全相同，请核对是否逐次读数。",
                "The three peaks are the same to the last digit: check that each was read.",
            )
        )
    return tuple(doubts), (absolute, share)
