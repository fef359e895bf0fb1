"""The verdict of a violation (enforcement.violations.Verdict as JSON) as a page tells it.

Verdicts are kept for years: whatever an older one lacks is left out, never guessed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

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
    raw: Mapping[str, Any]


def _pair(value: Any) -> str:
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
        sentence=_pair(verdict.get("sentence")),
        reasons=_reasons(verdict, found["reason_codes"]),
        segments=[_segment(row) for row in _rows(verdict.get("segments"))],
        rules=[_rule(row) for row in _rows(verdict.get("rules"))],
        law=_law(verdict.get("law"), found["law"]),
        raw=verdict,
    )


def _reasons(verdict: Mapping[str, Any], codes: list[str]) -> list[dict[str, Any]]:
    rows = _rows(verdict.get("reasons"))
    if not rows:
        return [{"code": code, "word": word("reason", code), "text": ""} for code in codes]
    return [
        {
            "code": row.get("code", ""),
            "word": word("reason", row.get("code", "")),
            "text": _pair(row.get("sentence") or row),
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
        "version": row.get("version_id") or row.get("zone_version_id"),
        "text": _pair(row.get("sentence")),
    }


def _rule(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": row.get("id") or row.get("key") or "",
        "value": row.get("value"),
        "unit": row.get("unit") or "",
        "basis": _pair(row.get("citation")) or row.get("legal_basis") or "",
        "certainty": row.get("certainty") or "",
        "valid_from": row.get("valid_from") or "",
        "valid_to": row.get("valid_to") or "",
        "text": _pair(row.get("sentence") or row),
    }


def _law(value: Any, code: str) -> dict[str, Any]:
    detail = value if isinstance(value, Mapping) else {}
    return {"code": code, "word": word("law", code), "text": _pair(detail.get("sentence") or detail)}
