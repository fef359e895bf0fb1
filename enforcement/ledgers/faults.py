"""Why a row of a ledger was not taken: each fault names its field, what stood there and what would be right."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RowFault:
    """What is wrong with one field of a row; `field` is empty where it is the row as a whole."""

    field: str
    code: str
    value: str
    zh: str
    en: str


class ValueFault(ValueError):
    """A value cannot be read as what its field holds; the reader of the row adds the field."""

    def __init__(self, code: str, zh: str, en: str) -> None:
        super().__init__(en)
        self.code, self.zh, self.en = code, zh, en


def shown(value: object) -> str:
    """A value as it is quoted in a fault: short, and nothing that a page or a log cannot print."""
    text = "" if value is None else str(value)
    clean = "".join(sign if sign.isprintable() else "�" for sign in text)
    return clean if len(clean) <= 80 else clean[:79] + "…"
