"""A conclusion as the JSON that is stored beside the inspection: what pages, documents and cases read."""

from __future__ import annotations

from enforcement.inspections.conclusions import Conclusion
from enforcement.json_records import Json, plain
from enforcement.measurements import Item, Judgement, Method
from enforcement.measurements.wording import ITEM_NAMES, METHOD_NAMES
from enforcement.rules.book import Rule


def verdict_json(conclusion: Conclusion) -> dict[str, Json]:
    """Outcome, standing, law, offences, judgements, sentences and every rule row by its key."""
    return {
        "outcome": str(conclusion.outcome),
        "standing": str(conclusion.standing),
        "law": str(conclusion.law),
        "offences": [str(offence) for offence in conclusion.offences],
        "judgements": [judgement_json(judgement) for judgement in conclusion.judgements],
        "sentences": plain(conclusion.sentences),
        "rules": [_rule(rule) for rule in conclusion.rules],
    }


def judgement_json(judgement: Judgement) -> dict[str, Json]:
    """One method; `rules` are keys."""
    zh, en = METHOD_NAMES[Method(judgement.method)]
    return {
        "method": judgement.method,
        "zh": zh,
        "en": en,
        "outcome": str(judgement.outcome),
        "items": [_item(item) for item in judgement.items],
        "offences": [str(offence) for offence in judgement.offences],
        "doubts": plain(judgement.doubts),
        "sentence": plain(judgement.sentence),
        "rules": [rule.key for rule in judgement.rules],
    }


def _item(item: Item) -> dict[str, Json]:
    zh, en = ITEM_NAMES.get(item.name, (item.name, item.name))
    return {
        "name": item.name,
        "zh": zh,
        "en": en,
        "value": item.value if item.value is None or isinstance(item.value, float) else str(item.value),
        "limit": item.limit if item.limit is None or isinstance(item.limit, float) else str(item.limit),
        "unit": item.unit,
        "margin": item.margin,
        "over": item.over,
        "rule": item.rule.key if item.rule else None,
    }


def _rule(rule: Rule) -> dict[str, Json]:
    value = list(rule.value) if isinstance(rule.value, tuple) else rule.value
    names = ("unit", "legal_basis", "certainty", "source", "zh", "en")
    return {"key": rule.key, "id": rule.id, "value": value} | {name: str(getattr(rule, name)) for name in names}
