"""A doubt about a field: shown, never in the way of saving (enforcement.md 10: warn, do not block)."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Warning_:
    """What is odd about one field; `code` is what a machine reads."""

    field: str
    code: str
    zh: str
    en: str


def half_width(text: str) -> str:
    """Upper case, half-width characters, no spaces of any kind."""
    folded = unicodedata.normalize("NFKC", text).upper()
    return "".join(letter for letter in folded if not letter.isspace() and letter.isprintable())
