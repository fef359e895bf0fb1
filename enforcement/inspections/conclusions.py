"""What an inspection amounts to: the judgements of its methods, its standing, offences and the law of its day.

The outcome is that of the measurements; a breach of a zone's terms adds an offence, not a failed test.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from enforcement import measurements
from enforcement.inspections.instruments import Standing
from enforcement.inspections.records import (
    OFFICER_KINDS,
    ChecklistEntry,
    Inspection,
    InspectionFault,
    InspectionKind,
    Officer,
    Party,
    Signature,
    Weather,
    from_json,
    to_json,
)
from enforcement.inspections.standing import standing_of
from enforcement.inspections.zones import ZoneObjection, strictest_class, zone_objections
from enforcement.measurements import Judgement, Measured, Outcome
from enforcement.measurements.judgement import TAILPIPE
from enforcement.measurements.wording import OUTCOME_NAMES
from enforcement.rules.book import Certainty, Rule, RuleBook, get_rule
from enforcement.rules.laws import Law, law_of
from enforcement.rules.penalties import Offence
from enforcement.sentences import Sentence, said
from enforcement.zones.terms import Purpose, ZoneTerms

__all__ = [
    "OFFICER_KINDS",
    "ChecklistEntry",
    "Conclusion",
    "Inspection",
    "InspectionFault",
    "InspectionKind",
    "Officer",
    "Party",
    "Signature",
    "Weather",
    "conclude",
    "from_json",
    "to_json",
]


@dataclass(frozen=True, slots=True)
class Conclusion:
    """The verdict; `sentences` begin with the outcome, `rules` are all rows it rests on."""

    outcome: Outcome
    standing: Standing
    judgements: tuple[Judgement, ...]
    offences: tuple[Offence, ...]
    law: Law
    sentences: tuple[Sentence, ...]
    rules: tuple[Rule, ...]


def conclude(
    rules: RuleBook,
    inspection: Inspection,
    subject: Measured,
    zone_terms: Sequence[ZoneTerms],
    area: str,
    purposes: Collection[Purpose] = (),
) -> Conclusion:
    """What the inspection amounts to by the rules of its day and place.

    `zone_terms` are those of the zone versions in force at the point at that hour, `area` the GB/T 2260 code of the
    place, `purposes` what the subject is shown to be out for. Raises RuleMissing before the rule book begins.
    """
    placed = replace(subject, zone_smoke_class=strictest_class(subject, zone_terms))
    judgements = tuple(
        measurements.judge(method, rules, readings, placed, inspection.at, area)
        for method, readings in inspection.methods.items()
    )
    objections = zone_objections(rules, inspection.methods, placed, zone_terms, inspection.at, purposes)
    standing, lacking, rows = standing_of(rules, inspection, area)
    outcome = outcome_of(judgements)
    law = get_rule(rules, "law.air", inspection.at)
    measured_by = (rule for judgement in judgements for rule in judgement.rules)
    objected_by = (rule for objection in objections for rule in objection.rules)
    held = tuple(dict.fromkeys((*measured_by, *objected_by, *rows, law)))
    return Conclusion(
        outcome,
        standing,
        judgements,
        _offences(judgements, objections),
        law_of(rules, inspection.at),
        (_headline(outcome), *lacking, *(objection.sentence for objection in objections), *_to_confirm(held)),
        held,
    )


def outcome_of(judgements: Sequence[Judgement]) -> Outcome:
    """Failed if any method failed; passed if every test of the exhaust passed or, without one, every method."""
    if any(judgement.outcome is Outcome.FAILED for judgement in judgements):
        return Outcome.FAILED
    tests = [judgement for judgement in judgements if judgement.method in TAILPIPE] or judgements
    passed = bool(tests) and all(judgement.outcome is Outcome.PASSED for judgement in tests)
    return Outcome.PASSED if passed else Outcome.NOT_JUDGED


def _offences(judgements: Sequence[Judgement], objections: Sequence[ZoneObjection]) -> tuple[Offence, ...]:
    measured = [offence for judgement in judgements for offence in judgement.offences]
    zoned = [objection.offence for objection in objections if objection.offence is not None]
    return tuple(dict.fromkeys((*measured, *zoned)))


def _headline(outcome: Outcome) -> Sentence:
    return said("headline", outcome=outcome, words=OUTCOME_NAMES[outcome])


def _to_confirm(rules: Sequence[Rule]) -> tuple[Sentence, ...]:
    open_rows = [rule for rule in rules if rule.certainty is Certainty.UNCONFIRMED]
    if not open_rows:
        return ()
    return (said("rules_unconfirmed", n=len(open_rows)),)
