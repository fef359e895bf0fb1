"""What three peaks of smoke and their mean make an officer ask (GB 3847-2018 annex A; GB 36886-2018)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from enforcement.rules.book import Rule, RuleBook, get_rule
from enforcement.sentences import Sentence, said


def series_doubts(
    rules: RuleBook, standard: str, peaks: Sequence[float], mean: float, at: datetime, area: str
) -> tuple[tuple[Sentence, ...], tuple[Rule, ...]]:
    """Peaks of k that lie far apart, or that are the same to the last digit, with the rows asked."""
    spread = round(max(peaks) - min(peaks), 6)
    absolute = get_rule(rules, f"{standard}.spread_max_k", at, area)
    share = get_rule(rules, f"{standard}.spread_max_share_pct", at, area)
    doubts = []
    if spread > absolute.number and spread > share.number / 100 * mean:
        doubts.append(said("spread", spread=spread))
    if spread == 0 and mean > 0:
        doubts.append(said("identical_peaks"))
    return tuple(doubts), (absolute, share)
