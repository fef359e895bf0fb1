"""Whether an inspection carries a case: officers with cards, instruments, weather (APL 42; enforcement.md 1.6)."""

from __future__ import annotations

from collections.abc import Iterator

from enforcement.inspections.instruments import INSTRUMENT_NAMES, Standing, rules_of, standing
from enforcement.inspections.records import Inspection
from enforcement.measurements import Method, Readings
from enforcement.measurements.readings import FuelSample, UreaCheck
from enforcement.measurements.readings_json import fields_of
from enforcement.measurements.wording import METHOD_NAMES
from enforcement.rules.book import Rule, RuleBook, find_rule, get_rule
from enforcement.sentences import Pair, Sentence, said


def standing_of(
    rules: RuleBook, inspection: Inspection, area: str
) -> tuple[Standing, tuple[Sentence, ...], tuple[Rule, ...]]:
    """Legal or screening, what is lacking, and the rows that say so."""
    at = inspection.at
    _, instruments = standing(rules, inspection.instruments, at, area)
    asked = (_officers, _methods, _screening)
    pairs = tuple(pair for ask in asked for pair in ask(rules, inspection, area))
    lacking = (*(reason for _, reason in pairs if reason is not None), *instruments)
    rows = (*(rule for rule, _ in pairs), *rules_of(rules, inspection.instruments, at, area))
    return (Standing.SCREENING if lacking else Standing.LEGAL), lacking, tuple(dict.fromkeys(rows))


_Pairs = Iterator[tuple[Rule, Sentence | None]]


def _officers(rules: RuleBook, inspection: Inspection, area: str) -> _Pairs:
    kinds = get_rule(rules, "officers.kinds", inspection.at, area)
    yield kinds, None
    if inspection.kind not in kinds.words:
        return
    least = get_rule(rules, "officers.minimum", inspection.at, area)
    cards = {number for officer in inspection.officers if (number := officer.card_number.strip())}
    if len(cards) >= least.number:
        yield least, None
        return
    yield (
        least,
        said("officers_too_few", n=len(cards), least=least.number),
    )


def _screening(rules: RuleBook, inspection: Inspection, area: str) -> _Pairs:
    rule = get_rule(rules, "inspection.screening_kinds", inspection.at, area)
    if inspection.kind not in rule.words:
        yield rule, None
        return
    yield (
        rule,
        said("single_record"),
    )


def _methods(rules: RuleBook, inspection: Inspection, area: str) -> _Pairs:
    recorded = get_rule(rules, "inspection.instrument_kinds", inspection.at, area)
    yield recorded, None
    if inspection.kind not in recorded.words:
        return
    used = {instrument.kind for instrument in inspection.instruments}
    for method, readings in inspection.methods.items():
        needed = find_rule(rules, f"method.{method}.instruments", inspection.at, area)
        if needed is not None and _uses_instruments(readings):
            yield needed, _without_instrument(method, [kind for kind in needed.words if kind not in used])
        asked = find_rule(rules, f"method.{method}.weather", inspection.at, area)
        if asked is not None:
            lacking = [name for name in asked.words if getattr(inspection.weather, name, None) is None]
            yield asked, _without_weather(method, lacking)


def _uses_instruments(readings: Readings) -> bool:
    """A look at the tank needs no urea meter; a laboratory's report no kit."""
    match readings:
        case UreaCheck():
            return readings.concentration_pct is not None
        case FuelSample():
            return readings.sulphur_mg_kg is not None and not readings.report_no
    return True


def _without_instrument(method: Method, lacking: list[str]) -> Sentence | None:
    return _lacking("instrument_missing", method, [INSTRUMENT_NAMES.get(kind, (kind, kind)) for kind in lacking])


def _without_weather(method: Method, lacking: list[str]) -> Sentence | None:
    labels = {item.name: item.metadata for item in fields_of(Method.REMOTE_SENSING)}
    return _lacking("weather_missing", method, [(labels[name]["zh"], labels[name]["en"]) for name in lacking])


def _lacking(sentence: str, method: Method, words: list[Pair]) -> Sentence | None:
    if not words:
        return None
    names = "、".join(zh for zh, _ in words), ", ".join(en for _, en in words)
    return said(sentence, method=METHOD_NAMES[method], names=names)
