"""OBD check of a diesel vehicle; reported at first, decisive from a day of the rule book (GB 3847-2018 annex E)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from enforcement.measurements import gb3847
from enforcement.measurements.items import found, judged, not_judged, outcome_of
from enforcement.measurements.judgement import Item, Judgement, Measured, Method, Outcome
from enforcement.measurements.readings import Finding, ObdCheck
from enforcement.rules.book import Rule, RuleBook, get_rule
from enforcement.sentences import Sentence, said

_METHOD = Method.OBD_CHECK
# A finding of the readings: what it is called when bad, which answer is bad, and its words (good, bad).
_FINDINGS = (
    ("has_obd", "no_obd", Finding.NO, ("yes", "no")),
    ("mil_on", "mil_on", Finding.YES, ("not_lit", "lit")),
    ("mil_works", "mil_broken", Finding.NO, ("works", "broken")),
    ("communicates", "no_communication", Finding.NO, ("yes", "no")),
    ("is_ready", "not_ready", Finding.NO, ("complete", "not_complete")),
)
_NEEDED = ("mil_on", "communicates")  # without these two nothing was checked


def judge(rules: RuleBook, readings: ObdCheck, subject: Measured, at: datetime, area: str) -> Judgement:
    """Fails on the findings that the rule names, once the check decides."""
    fails, repeat, decisive, built = (
        get_rule(rules, f"obd.{name}", at, area) for name in ("fails_on", "repeat_on", "decisive", "built_from")
    )
    refusal = gb3847.not_covered(subject) or _too_old(subject, built)
    if refusal:
        return not_judged(_METHOD, refusal)
    items = tuple(_items(readings, fails, repeat))
    outcome = outcome_of(items)
    decides = decisive.value is True
    return judged(
        _METHOD,
        items,
        offences=gb3847.OFFENCES,
        rules=(fails, repeat, decisive, built),
        doubts=(None if decides else _only_reported(), _hidden_codes(readings), _not_ready(readings)),
        outcome=outcome if decides else Outcome.NOT_JUDGED,
    )


def _items(readings: ObdCheck, fails: Rule, repeat: Rule) -> Iterator[Item]:
    for name, code, bad, (good_word, bad_word) in _FINDINGS:
        answer = getattr(readings, name)
        if answer is Finding.UNKNOWN:
            if name in _NEEDED and readings.has_obd is not Finding.NO:
                yield Item(name, None, good_word, "", None, None, fails)
        elif answer is not bad:
            yield found(name, good_word, good_word, False, fails)
        elif code in fails.words:
            yield found(name, bad_word, good_word, True, fails)
        elif code in repeat.words:
            yield found(name, bad_word, good_word, None, repeat)


def _too_old(subject: Measured, built: Rule) -> Sentence | None:
    if subject.built_on is None or subject.built_on >= date.fromisoformat(str(built.value)):
        return None
    return said("built_before_obd", built=subject.built_on.isoformat(), first=built.value)


def _only_reported() -> Sentence:
    return said("obd_not_decisive")


def _hidden_codes(readings: ObdCheck) -> Sentence | None:
    if not readings.fault_codes or readings.mil_on is not Finding.NO:
        return None
    return said("codes_without_indicator", codes=", ".join(readings.fault_codes[:10]))


def _not_ready(readings: ObdCheck) -> Sentence | None:
    if readings.is_ready is not Finding.NO:
        return None
    return said("obd_not_ready")
