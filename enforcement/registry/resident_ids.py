"""Identity numbers of persons (GB 11643), which may stand where an owner's credit code is asked for."""

from __future__ import annotations

import re
from datetime import date

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_FORM = re.compile(r"[1-9]\d{16}[\dX]", re.ASCII)


def is_resident_id(text: str) -> bool:
    """Form, day of birth and check character are right."""
    number = text.strip().upper()
    if not _FORM.fullmatch(number):
        return False
    try:
        date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return False
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, number, strict=False))
    return "10X98765432"[total % 11] == number[17]


def masked(text: str) -> str:
    """As lists and logs may show it: the first six and the last character."""
    return text if len(text) < 8 else f"{text[:6]}{'*' * (len(text) - 7)}{text[-1]}"
