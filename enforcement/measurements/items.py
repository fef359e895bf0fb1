"""Values against limits, and items put together to a judgement."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from enforcement.measurements.judgement import Item, Judgement, Method, Outcome
from enforcement.measurements.wording import judgement_sentence
from enforcement.rules.book import Rule
from enforcement.rules.penalties import Offence
from enforcement.rules.smoke_limits import is_over
from enforcement.sentences import Sentence

_DIGITS = 6  # what a sum of readings may be off by is not above a limit


def at_most(name: str, value: float | None, rule: Rule, raised: float = 0.0) -> Item:
    """A value that may reach, not pass, the limit of the rule, raised by so much; None was not measured."""
    limit = round(rule.number + raised, _DIGITS)
    if value is None:
        return Item(name, None, limit, rule.unit, None, None, rule)
    return Item(name, value, limit, rule.unit, round(limit - value, _DIGITS), is_over(value, limit), rule)


def at_least(name: str, value: float | None, rule: Rule) -> Item:
    """A value that may reach, not fall below, the number of the rule."""
    if value is None:
        return Item(name, None, rule.number, rule.unit, None, None, rule)
    margin = round(value - rule.number, _DIGITS)
    return Item(name, value, rule.number, rule.unit, margin, value < rule.number, rule)


def between(name: str, value: float, least: Rule, most: Rule) -> Item:
    """A value in a span, against the bound it breaks or lies nearer to."""
    low, high = at_least(name, value, least), at_most(name, value, most)
    return low if (low.margin or 0) < (high.margin or 0) else high


def found(name: str, value: str, wanted: str | None, over: bool | None, rule: Rule | None) -> Item:
    """Something that was looked at, in a word of `wording.VALUE_NAMES`."""
    return Item(name, value, wanted, "", None, over, rule)


def open_(item: Item) -> Item:
    """The item without an answer: shown, never judged."""
    return Item(item.name, item.value, item.limit, item.unit, item.margin, None, item.rule)


def outcome_of(items: Iterable[Item]) -> Outcome:
    """Failed if any item is over; passed if every item could be compared."""
    answers = [item.over for item in items]
    if True in answers:
        return Outcome.FAILED
    return Outcome.NOT_JUDGED if None in answers or not answers else Outcome.PASSED


def judged(
    method: Method,
    items: Sequence[Item],
    *,
    offences: Iterable[Offence] = (),
    rules: Iterable[Rule] = (),
    doubts: Iterable[Sentence | None] = (),
    outcome: Outcome | None = None,
) -> Judgement:
    """The judgement of these items; `offences` count only where the outcome is failed."""
    outcome = outcome or outcome_of(items)
    held = [item.rule for item in items if item.rule is not None]
    return Judgement(
        str(method),
        outcome,
        tuple(items),
        tuple(dict.fromkeys(offences)) if outcome is Outcome.FAILED else (),
        tuple(dict.fromkeys((*held, *rules))),
        tuple(doubt for doubt in doubts if doubt is not None),
        judgement_sentence(method, outcome, items),
    )


def not_judged(method: Method, *doubts: Sentence) -> Judgement:
    """Nothing could be said; the doubts say why."""
    return judged(method, (), doubts=doubts)
