"""What a gate answers, and what a visit is worth, while an alert is in force (enforcement.md 5.6, 6.2).

An answer is never silent about why. What nobody knows is for a person at the gate, not a refusal.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from enforcement.alerts import wording
from enforcement.alerts.levels import Alert, highest, reaches
from enforcement.alerts.measures import Effect, Measure, in_force
from enforcement.alerts.predicates import Place, covers, is_exempt, keeps_out, speaks_of
from enforcement.registry.subjects import Subject
from enforcement.rules.book import Rule, RuleBook, get_rule, moment
from enforcement.sentences import Sentence
from enforcement.zones.whitelist import WhitelistEntry, entries_of

__all__ = ("Answer", "GateAnswer", "Place", "answer")


class Answer(StrEnum):
    """What the gate does: open, stay shut, or let a person look."""

    ALLOW = "allow"
    DENY = "deny"
    CHECK = "check"


@dataclass(frozen=True, slots=True)
class GateAnswer:
    """The answer with its reasons; `measures` are names of rows; until `valid_until` it need not be asked again."""

    answer: Answer
    reason: Sentence
    measures: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()
    alert: Alert | None = None
    whitelist_id: int | None = None
    valid_until: datetime | None = None

    @property
    def is_logged(self) -> bool:
        """Whether the passage stands out and is kept for review even when allowed."""
        return self.alert is not None


@dataclass(frozen=True, slots=True)
class _Case:
    """One question, as the steps below hand it on."""

    alert: Alert
    place: Place
    subject: Subject
    leave: Sequence[WhitelistEntry]
    at: datetime


def answer(
    rules: RuleBook,
    measures: Iterable[Measure],
    alerts: Iterable[Alert],
    place: Place,
    subject: Subject,
    leave: Iterable[WhitelistEntry],
    at: datetime,
) -> GateAnswer:
    """Whether a truck or machine may pass at this place and moment."""
    measures, alerts, own = tuple(measures), tuple(alerts), entries_of(leave, subject)
    used = (get_rule(rules, "law.air", at), get_rule(rules, "alert.answer_valid_s", at, place.division))
    until = min(_changes(measures, alerts, place, own, at), default=None)
    cap = at + timedelta(seconds=used[1].number)
    until = cap if until is None else min(until, cap)
    alert = highest(alerts, place.division, at)
    if alert is None:
        return GateAnswer(Answer.ALLOW, wording.no_alert(), (), used, valid_until=until)
    case = _Case(alert, place, subject, own, at)
    speaking = [
        one
        for one in in_force(measures, at, place.division)
        if alert.level in one.levels and covers(one.place, place) and speaks_of(one, subject, at) is not False
    ]
    found = _decided(case, speaking)
    logged = alert if found[2] else None
    return GateAnswer(found[0], found[1], tuple(one.name for one in found[2]), used, logged, found[3], until)


_Found = tuple[Answer, Sentence, Sequence[Measure], int | None]


def _decided(case: _Case, speaking: Sequence[Measure]) -> _Found:
    """Answer, reason, the measures it rests on, the whitelist entry."""
    if not speaking:
        return Answer.ALLOW, wording.no_measure(case.alert), (), None
    let_in = [one for one in speaking if one.effect is Effect.ALLOW and _holds(case, one)]
    if let_in:
        return Answer.ALLOW, wording.let_in(case.alert, let_in[0]), let_in, None
    against = [one for one in speaking if one.effect is not Effect.ALLOW and _holds(case, one) is not False]
    if not against:
        return Answer.ALLOW, wording.stage_allowed(case.subject), speaking, None
    bound = [one for one in against if not is_exempt(one, case.subject)]
    if not bound:
        return Answer.ALLOW, wording.exempt(case.subject, against[0]), against, None
    left = {one.name: _leave(case, one) for one in bound}
    kept = [one for one in bound if left[one.name] is None]
    if not kept:
        entry = next(entry for entry in left.values() if entry is not None)
        return Answer.ALLOW, wording.whitelisted(case.subject, entry), bound, entry.entry_id
    return _kept(case, kept)


def _kept(case: _Case, kept: Sequence[Measure]) -> _Found:
    denied = [one for one in kept if one.effect is Effect.DENY and _holds(case, one)]
    if denied:
        return Answer.DENY, wording.kept_out(case.subject, case.alert, denied[0]), denied, None
    unknown = [one for one in kept if _holds(case, one) is None]
    if unknown:
        return Answer.CHECK, wording.unknown(case.subject, unknown[0]), kept, None
    return Answer.CHECK, wording.limited(case.alert, kept[0]), kept, None


def _holds(case: _Case, measure: Measure) -> bool | None:
    """Whether all of the measure's terms are met; None: some are not known and none is missed."""
    answers = (speaks_of(measure, case.subject, case.at), keeps_out(measure.terms, case.subject.stage))
    return False if False in answers else None if None in answers else True


def _leave(case: _Case, measure: Measure) -> WhitelistEntry | None:
    """An entry for a purpose that the measure spares, at this plant, in this level, at this moment."""
    at_us = round(case.at.timestamp() * 1e6)
    return next(
        (
            entry
            for entry in case.leave
            if entry.purpose in measure.exemptions
            and entry.valid_from_us <= at_us < entry.valid_to_us
            and entry.enterprise_id in (None, case.place.enterprise_id)
            and reaches(entry.level_to, case.alert.level)
        ),
        None,
    )


def _changes(
    measures: Iterable[Measure], alerts: Iterable[Alert], place: Place, leave: Iterable[WhitelistEntry], at: datetime
) -> Iterator[datetime]:
    """Moments to come that are known already, at which the answer may be another one."""
    for alert in alerts:
        if place.division.startswith(alert.area):
            yield from (one for one in (alert.from_at, alert.to_at) if one is not None and one > at)
    for measure in measures:
        if place.division.startswith(measure.area):
            yield from (one for one in (measure.valid_from, measure.valid_to) if one is not None and one > at)
    for entry in leave:
        edges = (moment(entry.valid_from_us), moment(entry.valid_to_us))
        yield from (one for one in edges if one > at)
