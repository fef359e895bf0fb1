"""The verdict of an inspection (server/flows/inspection_verdicts.py) as a page tells it, in its language."""

from collections.abc import Mapping
from typing import Any

from enforcement.measurements.wording import figure
from server.web.frame import moment
from server.web.language import pick
from server.web.verdicts import pair, rule_row
from server.web.words import word


def read(verdict: Mapping[str, Any]) -> dict[str, Any]:
    """Sentences, judgements, rules, zones and subject; whatever an older verdict lacks is left out."""
    judgements = [_judgement(one) for one in verdict.get("judgements") or []]
    return {
        "sentences": [{"code": one.get("code", ""), "text": pair(one)} for one in verdict.get("sentences") or []],
        "judgements": judgements,
        "rules": [rule_row(row) for row in verdict.get("rules") or []],
        "offences": [word("offence", code) for code in verdict.get("offences") or []],
        "law": word("law", verdict.get("law")),
        "zones": [_zone(zone) for zone in verdict.get("zones") or []],
        "smoke_class": verdict.get("smoke_class"),
        "subject": verdict.get("subject") or {},
        "remote": remote(verdict.get("remote")),
    }


def _judgement(one: Mapping[str, Any]) -> dict[str, Any]:
    rules = {row.get("key", ""): rule_row(row) for row in one.get("rules") or []}
    return {
        "method": word("method", one.get("method")),
        "outcome": one.get("outcome"),
        "sentence": pair(one.get("sentence")),
        "doubts": [pair(doubt) for doubt in one.get("doubts") or []],
        "items": [_item(item, rules) for item in one.get("items") or []],
        "rules": list(rules.values()),
        "offences": [word("offence", code) for code in one.get("offences") or []],
    }


def _item(item: Mapping[str, Any], rules: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    return {
        "name": word("measured_item", item.get("name")),
        "value": value(item.get("value"), item.get("limit")),
        "limit": value(item.get("limit"), item.get("value")),
        "margin": value(item.get("margin")),
        "unit": unit(item.get("unit")),
        "over": item.get("over"),
        "rule": rules.get(item.get("rule") or ""),
    }


def value(given: Any, beside: Any = None) -> str:
    """A reading: a figure without needless zeros, or the word for what was seen."""
    if isinstance(given, bool) or given is None:
        return "–" if given is None else str(pick("是" if given else "否", "yes" if given else "no"))
    return figure(given, beside) if isinstance(given, int | float) else word("measured_value", given)


def unit(code: Any) -> str:
    """A unit as it is written."""
    text = str(code or "")
    return {"m-1": "m⁻¹", "1/m": "m⁻¹"}.get(text, word("unit", text) if text else "")


def _zone(zone: Mapping[str, Any]) -> dict[str, Any]:
    terms = zone.get("terms") or {}
    return {
        "name": pick(zone.get("name_zh", ""), zone.get("name_en", "")),
        "version": zone.get("version"),
        "version_id": zone.get("version_id"),
        "valid_from": moment(zone.get("valid_from")),
        "valid_to": moment(zone.get("valid_to")),
        "smoke_class": terms.get("smoke_class"),
    }


def remote(found: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """What the history of remote sensing amounts to, in words."""
    if not found:
        return None
    return {
        "state": found.get("state"),
        "sentence": pair(found.get("sentence")),
        "hits": [{"number": hit.get("key"), "at": moment(hit.get("at"))} for hit in found.get("hits") or []],
        "rules": [rule_row(row) for row in found.get("rules") or []],
    }


def subject_facts(facts: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What the judgement knew of the subject: (label, text)."""
    kind = str(facts.get("kind", ""))
    read_there = facts.get("read") or {}
    known = {**{name: facts.get(name) for name in ("category", "stage", "fuel", "power_kw", "vin", "owner")}}
    lines = [
        (pick("类别", "Category"), word(f"{kind}_category", known["category"] or read_there.get("category"))),
        (pick("排放阶段", "Emission stage"), word(f"{kind}_stage", known["stage"] or read_there.get("stage"))),
        (pick("燃料", "Fuel"), word("fuel", known["fuel"] or read_there.get("fuel"))),
    ]
    if kind == "machine":
        lines.append((pick("净功率 kW", "Net power, kW"), value(known["power_kw"] or read_there.get("power_kw"))))
    if facts.get("owner"):
        lines.append((pick("所有人", "Owner"), str(facts["owner"])))
    return lines
