"""Columns of text and numbers as short strings: what the register file is made of; `columns.js` reads the same.

A number is written in base 64 with a fixed width for its column (the first sign says how wide). Texts are joined by
`|`; what a text itself holds of `|` and `~` is written `~1` and `~0`. Nothing here knows trucks or machines.
"""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

SIGNS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_"
HEAD = 8  # signs of a VIN or product number that say maker and model: many machines share them
Words = dict[str, str]
"""A column of words that repeat: `w` the words joined, the most frequent first, `x` their numbers."""


def numbers(values: Sequence[int]) -> str:
    """Whole numbers from 0; the width is that of the largest."""
    largest, width = max(values, default=0), 1
    while largest >= 64**width:
        width += 1
    known: dict[int, str] = {}
    for value in values:
        if value not in known:
            known[value] = "".join(SIGNS[value >> 6 * place & 63] for place in reversed(range(width)))
    return f"{width}" + "".join([known[value] for value in values])


def steps(values: Sequence[int]) -> str:
    """Numbers that lie near each other: each as its step from the one before, 0, 1, -1, 2 as 0, 2, 1, 4."""
    return numbers([step << 1 if step >= 0 else -step * 2 - 1 for step in map(_minus, [0, *values], values)])


def _minus(before: int, value: int) -> int:
    return value - before


def texts(values: Sequence[str]) -> str:
    """Texts that hardly repeat."""
    joined = "".join(values)
    if "|" in joined or "~" in joined:
        values = [value.replace("~", "~0").replace("|", "~1") for value in values]
    return "|".join(values)


def words(values: Sequence[str]) -> Words:
    """Texts that repeat."""
    order = [word for word, _ in sorted(Counter(values).items(), key=lambda item: (-item[1], item[0]))]
    number = {word: place for place, word in enumerate(order)}
    return {"w": texts(order), "x": numbers([number[value] for value in values])}


def sorted_texts(values: Sequence[str]) -> str:
    """Texts in order: one sign for how many signs the text shares with the one before, then the rest."""
    if not values:
        return ""
    shared = [0, *(_shared(before, value) for before, value in pairwise(values))]
    return texts([SIGNS[n] + value[n:] for n, value in zip(shared, values, strict=True)])


def _shared(before: str, value: str) -> int:
    """Signs in common, 63 at most; a sign outside the basic plane, which is two to the reader, ends it."""
    n = 0
    for one, other in zip(before[:63], value, strict=False):
        if one != other or one > "\uffff":
            break
        n += 1
    return n


def headed(values: Sequence[str]) -> dict[str, Any]:
    """Numbers like a VIN: the first signs as words, the rest as texts."""
    return {"h": words([value[:HEAD] for value in values]), "r": texts([value[HEAD:] for value in values])}


def sparse(values: Sequence[Any]) -> dict[str, Any]:
    """Values that few rows have, as they are: the gap to the row before that has one, and the value."""
    rows = [row for row, value in enumerate(values) if value is not None]
    return {"at": [row - before for before, row in pairwise([0, *rows])], "is": [values[row] for row in rows]}
