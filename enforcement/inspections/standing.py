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
from enforcement.sentences import Sentence


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
        Sentence(
            "officers_too_few",
            f"持执法证人员{len(cards)}名，少于{least.number:g}名，结果仅作筛查，不得作为处罚依据。",
            f"{len(cards)} officers with enforcement cards, fewer than {least.number:g}: a screening that no penalty "
            "may rest on.",
        ),
    )


def _screening(rules: RuleBook, inspection: Inspection, area: str) -> _Pairs:
    rule = get_rule(rules, "inspection.screening_kinds", inspection.at, area)
    if inspection.kind not in rule.words:
        yield rule, None
        return
    yield (
        rule,
        Sentence(
            "single_record",
            "单次遥感记录仅作筛查，是否不合格按连续超标规则判定。",
            "A single record of remote sensing is a screening; the rule of consecutive hits decides.",
        ),
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
    if not lacking:
        return None
    zh, en = METHOD_NAMES[method]
    names = [INSTRUMENT_NAMES.get(kind, (kind, kind)) for kind in lacking]
    return Sentence(
        "instrument_missing",
        f"{zh}未登记所用仪器：{'、'.join(name for name, _ in names)}，结果仅作筛查。",
        f"{en}: no {', '.join(name for _, name in names)} is recorded; the result is a screening.",
    )


def _without_weather(method: Method, lacking: list[str]) -> Sentence | None:
    if not lacking:
        return None
    zh, en = METHOD_NAMES[method]
    labels = {item.name: item.metadata for item in fields_of(Method.REMOTE_SENSING)}
    return Sentence(
        "weather_missing",
        f"{zh}未记录气象条件：{'、'.join(labels[name]['zh'] for name in lacking)}，结果仅作筛查。",
        f"{en}: the weather lacks {', '.join(labels[name]['en'] for name in lacking)}; the result is a screening.",
    )
