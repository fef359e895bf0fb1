"""Vehicle identification numbers (GB 16735): 17 characters, the ninth a check digit (enforcement.md 10.4)."""

from __future__ import annotations

import re

from enforcement.registry.doubts import Warning_, half_width

_VALUES = dict(zip("ABCDEFGHJKLMNPRSTUVWXYZ", map(int, "12345678123457923456789"), strict=True))
_VALUES |= {digit: int(digit) for digit in "0123456789"}
_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
_FORM = re.compile(r"[A-HJ-NPR-Z0-9]{17}")


def normalise_vin(text: str) -> str:
    """Upper case, half-width, without spaces and dashes."""
    return half_width(text).replace("-", "")


def has_vin_form(vin: str) -> bool:
    """17 characters without I, O and Q."""
    return _FORM.fullmatch(vin) is not None


def vin_check_digit(vin: str) -> str:
    """The digit that the ninth place should hold."""
    rest = sum(weight * _VALUES[letter] for weight, letter in zip(_WEIGHTS, vin, strict=True)) % 11
    return "X" if rest == 10 else str(rest)


def check_vin(vin: str) -> tuple[Warning_, ...]:
    """Doubts about a normalised VIN; imported and old vehicles rightly fail the check digit."""
    if not has_vin_form(vin):
        zh = f"车辆识别代号“{vin}”应为17位，且不含I、O、Q。"
        en = f"VIN {vin!r} should have 17 characters without I, O and Q."
        return (Warning_("vin", "vin_form", zh, en),)
    wanted = vin_check_digit(vin)
    if vin[8] == wanted:
        return ()
    zh = f"车辆识别代号“{vin}”的校验位应为{wanted}，请核对（进口或旧车可能不符）。"
    en = f"VIN {vin!r}: the check digit should be {wanted}; check it (imported or old vehicles may differ)."
    return (Warning_("vin", "vin_check_digit", zh, en),)
