"""The facts of a case as a page tells them: each source with its values and limits, rules, zone versions, doubts.

Facts are kept for years as they were when the case was opened: whatever an older one lacks is left out.
"""

from collections.abc import Mapping
from typing import Any

from enforcement.measurements.wording import figure
from enforcement.rules.laws import citation
from server.web import inspection_words  # noqa: F401 - its words join at import
from server.web.frame import moment
from server.web.language import pick
from server.web.words import word


def read(facts: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The sources in order, in the language of the page."""
    return [_source(one) for one in _rows(facts.get("sources"))]


def _rows(value: Any) -> list[Mapping[str, Any]]:
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list) else []


def _pair(value: Any) -> str:
    return str(pick(value.get("zh", ""), value.get("en", "")) or "") if isinstance(value, Mapping) else ""


def _source(one: Mapping[str, Any]) -> dict[str, Any]:
    rules = [_rule(row) for row in _rows(one.get("rules"))]
    return {
        "kind": one.get("kind"),
        "id": one.get("id"),
        "number": one.get("number"),
        "at": moment(one.get("at")),
        "to": moment(one.get("to")),
        "place": one.get("place"),
        "law": one.get("law"),
        "offences": one.get("offences") or [],
        "sentence": _pair(one.get("sentence")),
        "reasons": [_pair(row) for row in _rows(one.get("reasons"))],
        "questions": [_pair(row) for row in _rows(one.get("questions"))],
        "zones": _zones(one),
        "items": [_item(row, {rule["id"]: rule for rule in rules}) for row in _rows(one.get("items"))],
        "rules": rules,
        "sha256": one.get("sha256"),
        "manifest_sha256": one.get("manifest_sha256"),
    }


def _zones(one: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = {}
    for row in _rows(one.get("zones")):
        key = (row.get("code"), row.get("version") or row.get("version_id"))
        found[key] = {"name": _pair(row), "version": row.get("version"), "version_id": row.get("version_id")}
    return list(found.values())


def _item(row: Mapping[str, Any], rules: Mapping[str, Any]) -> dict[str, Any]:
    rule = row.get("rule")
    named = rules.get(rule) if isinstance(rule, str) else None
    return {
        "name": word("measured_item", row.get("name")),
        "value": _figure(row.get("value"), row.get("limit")),
        "limit": _figure(row.get("limit"), row.get("value")),
        "unit": word("unit", row["unit"]) if row.get("unit") else "",
        "margin": _figure(row.get("margin")),
        "over": row.get("over"),
        "rule": _rule(rule) if isinstance(rule, Mapping) else named or {"id": rule or "", "basis": "", "certainty": ""},
    }


def _figure(value: Any, beside: Any = None) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return figure(value, beside)
    return word("measured_value", value)


def _rule(row: Mapping[str, Any]) -> dict[str, Any]:
    value = row.get("value")
    parts = value if isinstance(value, list | tuple) else [value]
    basis = row.get("legal_basis")
    written = citation(basis) if isinstance(basis, str) and basis else None
    return {
        "id": row.get("key") or row.get("id") or "",
        "text": _pair(row.get("sentence") or row),
        "value": ", ".join(word("rule_value", part) for part in parts),
        "unit": word("unit", row["unit"]) if row.get("unit") else "",
        "basis": str(pick(written.zh, written.en)) if written else "",
        "certainty": row.get("certainty") or "",
    }
