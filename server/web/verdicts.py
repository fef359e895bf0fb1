"""The verdict of a violation (as server/flows/verdicts.py keeps it) as a page tells it.

Verdicts are kept for years: whatever an older one lacks is left out, never guessed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from enforcement.rules.laws import citation
from server.web.frame import moment
from server.web.language import pick
from server.web.words import word


@dataclass(frozen=True, slots=True)
class Why:
    """Sentences, reasons, stretches and rules of a verdict, in the language of the page."""

    sentence: str
    reasons: list[dict[str, Any]]
    segments: list[dict[str, Any]]
    rules: list[dict[str, Any]]
    law: dict[str, Any]
    consequence: str
    questions: list[str]
    is_firm: bool


def pair(value: Any) -> str:
    """A text that may be a pair {zh, en}, a plain text, or missing."""
    if isinstance(value, Mapping):
        return str(pick(value.get("zh", ""), value.get("en", "")) or "")
    return str(value) if isinstance(value, str) else ""


def _rows(value: Any) -> list[Mapping[str, Any]]:
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list) else []


def read(found: Mapping[str, Any]) -> Why:
    """The verdict of a violation row."""
    verdict = found["verdict"] if isinstance(found["verdict"], Mapping) else {}
    return Why(
        sentence=pair(verdict.get("sentence")),
        reasons=_reasons(verdict, found["reason_codes"]),
        segments=[_segment(row) for row in _rows(verdict.get("segments"))],
        rules=[rule_row(row) for row in _rows(verdict.get("rules"))],
        law=_law(verdict.get("law"), found["law"]),
        consequence=pair(verdict.get("consequence")),
        questions=[pair(row) for row in _rows(verdict.get("questions"))],
        is_firm=verdict.get("weight", "violation") == "violation",
    )


def _reasons(verdict: Mapping[str, Any], codes: list[str]) -> list[dict[str, Any]]:
    rows = _rows(verdict.get("reasons"))
    if not rows:
        return [{"code": code, "word": word("reason", code), "text": "", "is_firm": True} for code in codes]
    return [
        {
            "code": row.get("code", ""),
            "word": word("reason", row.get("code", "")),
            "text": pair(row.get("sentence") or row),
            "is_firm": row.get("is_firm", True),
        }
        for row in rows
    ]


def _segment(row: Mapping[str, Any]) -> dict[str, Any]:
    first, last = moment(row.get("first_at") or row.get("first_us")), moment(row.get("last_at") or row.get("last_us"))
    seconds = (last - first).total_seconds() if first and last else None
    return {
        "first_at": first,
        "last_at": last,
        "seconds": seconds,
        "fixes": row.get("inside_fixes") or row.get("fixes"),
        "version": row.get("version") or row.get("version_id"),
        "reasons": [word("reason", code) for code in row.get("reasons") or []],
    }


def rule_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """A rule row of a verdict, in words."""
    return {
        "id": row.get("id") or row.get("key") or "",
        "value": _value(row.get("value")),
        "unit": word("unit", row["unit"]) if row.get("unit") else "",
        "basis": _basis(row.get("legal_basis")),
        "certainty": row.get("certainty") or "",
        "valid_from": row.get("valid_from") or "",
        "valid_to": row.get("valid_to") or "",
        "text": pair(row.get("sentence") or row),
    }


def _value(value: Any) -> str:
    parts = value if isinstance(value, list | tuple) else [value]
    return ", ".join(word("rule_value", part) for part in parts)


def _basis(text: Any) -> str:
    if not isinstance(text, str) or not text:
        return ""
    written = citation(text)
    return str(pick(written.zh, written.en))


def _law(value: Any, code: str) -> dict[str, Any]:
    detail = value if isinstance(value, Mapping) else {}
    return {"code": code, "word": word("law", code), "text": pair(detail.get("sentence") or detail)}
