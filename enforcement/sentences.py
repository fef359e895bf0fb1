"""A sentence for a user, in Chinese and English side by side; a list of them joins into one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


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
