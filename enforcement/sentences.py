"""A sentence for a user, in Chinese and English side by side; a list of them joins into one.

What a judgement says stands in sentences.yaml, so that the tablets say the same in the same words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

SENTENCES = Path(__file__).parent / "sentences.yaml"
Pair = tuple[str, str]  # Chinese, English


@dataclass(frozen=True, slots=True)
class Sentence:
    """What a page, a document or a report says; `code` is what a machine reads."""

    code: str
    zh: str
    en: str


def joined(code: str, sentences: Iterable[Sentence]) -> Sentence:
    """Several sentences as one paragraph in each language."""
    parts = tuple(sentences)
    return Sentence(code, "".join(part.zh for part in parts), " ".join(part.en for part in parts))


@cache
def texts() -> Mapping[str, Sentence]:
    """Every sentence of sentences.yaml by its name, its values still open."""
    rows = yaml.safe_load(SENTENCES.read_text(encoding="utf-8"))
    return {name: Sentence(row.get("code", name), row["zh"], row["en"]) for name, row in rows.items()}


def said(name: str, /, **values: object) -> Sentence:
    """The sentence of this name with its values; a pair fills each language with its own."""
    text = texts()[name]
    if not values:
        return text
    zh, en = ({key: _of(value, place) for key, value in values.items()} for place in (0, 1))
    return Sentence(text.code.format(**en), text.zh.format(**zh), text.en.format(**en))


def _of(value: object, place: int) -> object:
    return value[place] if isinstance(value, tuple) else value
