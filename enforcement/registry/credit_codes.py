"""Unified social credit codes (GB 32100): 18 characters, two check characters (enforcement.md 10.5)."""

from __future__ import annotations

import re

from enforcement.registry.doubts import Warning_, half_width

_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_ORGANISATION = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_FORM = re.compile(rf"[{_ALPHABET}]{{18}}")


def normalise_credit_code(text: str) -> str:
    """Upper case, half-width, without spaces and dashes."""
    return half_width(text).replace("-", "")


def credit_check_character(code: str) -> str:
    """The character that the last place should hold."""
    total = sum(weight * _ALPHABET.index(letter) for weight, letter in zip(_WEIGHTS, code[:17], strict=True))
    return _ALPHABET[(31 - total % 31) % 31]


def organisation_check_character(code: str) -> str:
    """The character that the organisation code inside (places 9 to 17) should end with."""
    digits = zip(_ORGANISATION_WEIGHTS, code[8:16], strict=True)
    rest = (11 - sum(weight * _ORGANISATION.index(letter) for weight, letter in digits) % 11) % 11
    return "X" if rest == 10 else str(rest)


def check_credit_code(code: str) -> tuple[Warning_, ...]:
    """Doubts about a normalised code; even published decisions contain typing errors."""
    if not _FORM.fullmatch(code):
        zh = f"统一社会信用代码“{code}”应为18位数字或大写字母（不含I、O、S、V、Z）。"
        en = f"Credit code {code!r} should have 18 digits or letters, none of I, O, S, V, Z."
        return (Warning_("credit_code", "credit_code_form", zh, en),)
    found = []
    if code[17] != credit_check_character(code):
        zh, en = (
            f"统一社会信用代码“{code}”校验位不符。",
            f"Credit code {code!r}: the check character is wrong.",
        )
        found.append(Warning_("credit_code", "credit_code_check", zh, en))
    if code[16] != organisation_check_character(code):
        zh = f"统一社会信用代码“{code}”中的组织机构代码校验位不符。"
        en = f"Credit code {code!r}: the check character of the organisation code inside is wrong."
        found.append(Warning_("credit_code", "organisation_code_check", zh, en))
    return tuple(found)
