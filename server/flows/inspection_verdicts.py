"""The verdict of an inspection as it is kept: judgements, rule rows, zone versions and subject as they were that day.

What is kept is complete in itself: a later change of a rule, a zone or the register changes no record.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from enforcement.inspections.conclusions import Conclusion
from enforcement.json_records import plain
from enforcement.measurements import Item, Judgement
from enforcement.measurements.remote_sensing_history import RemoteVerdict
from enforcement.rules.book import Rule

KEPT_OF_ZONE = ("version_id", "version", "code", "name_zh", "name_en", "valid_from", "valid_to", "terms")


def verdict_json(
    conclusion: Conclusion, zones: Sequence[Mapping[str, Any]], subject: Mapping[str, Any], smoke_class: str | None
) -> dict[str, Any]:
    """A conclusion as JSON; `rules` beside the judgements are those of the standing and the law."""
    own = {rule.key for judgement in conclusion.judgements for rule in judgement.rules}
    return {
        "outcome": str(conclusion.outcome),
        "standing": str(conclusion.standing),
        "law": str(conclusion.law),
        "sentences": [plain(one) for one in conclusion.sentences],
        "judgements": [_judgement(one) for one in conclusion.judgements],
        "offences": [str(one) for one in conclusion.offences],
        "rules": [rule_json(rule) for rule in conclusion.rules if rule.key not in own],
        "zones": [{name: plain(zone[name]) for name in KEPT_OF_ZONE} for zone in zones],
        "smoke_class": smoke_class,
        "subject": dict(subject),
        "remote": None,
    }


def _judgement(one: Judgement) -> dict[str, Any]:
    return {
        "method": one.method,
        "outcome": str(one.outcome),
        "items": [_item(item) for item in one.items],
        "offences": [str(offence) for offence in one.offences],
        "rules": [rule_json(rule) for rule in one.rules],
        "doubts": [plain(doubt) for doubt in one.doubts],
        "sentence": plain(one.sentence),
    }


def _item(item: Item) -> dict[str, Any]:
    values = {name: getattr(item, name) for name in ("name", "value", "limit", "unit", "margin", "over")}
    return {**values, "rule": item.rule.key if item.rule else None}


def rule_json(rule: Rule) -> dict[str, Any]:
    """A rule row as a verdict keeps it."""
    return {"key": rule.key, **plain(rule)}


def remote_json(found: RemoteVerdict) -> dict[str, Any]:
    """What the history of remote sensing amounts to."""
    return {
        "state": str(found.state),
        "pollutant": str(found.pollutant) if found.pollutant else None,
        "hits": [{"key": hit.key, "at": hit.at.isoformat()} for hit in found.hits],
        "rules": [rule_json(rule) for rule in found.rules],
        "sentence": plain(found.sentence),
    }
