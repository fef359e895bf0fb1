"""Environmental registration numbers of machines, S-PCCnnnnn (notice 655 of 2019; enforcement.md 4.1, 4.2).

The grammar is inferred from published numbers: warn, never block, older local codes exist.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from enforcement.registry.doubts import Warning_, half_width
from enforcement.sentences import Sentence, said

# Provinces in the order of GB/T 2260; the third character is their place in this alphabet without I and O.
_LETTERS = "123456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_PROVINCES = (
    *(11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 34, 35, 36, 37, 41, 42, 43, 44, 45, 46),
    *(50, 51, 52, 53, 54, 61, 62, 63, 64, 65),
)
PROVINCE_OF = {letter: str(code) for letter, code in zip(_LETTERS, _PROVINCES, strict=False)}
_FORM = re.compile(r"([0-4DX])-?([1-9A-HJ-NP-Z])([0-9A-HJ-NP-Z])([0-9A-HJ-NP-Z])([0-9]{5})")
_DASHES = re.compile(r"[‐‑‒–—―−﹣－_一]")


@dataclass(frozen=True, slots=True)
class MachineNumber:
    """A number taken apart; the second character of the place is opaque."""

    stage: str
    province: str  # division code of the province, empty if the letter is not known
    city: str
    block: str
    serial: str


def normalise_machine_number(text: str) -> str:
    """Upper case, half-width, without 环, spaces and dots, one dash after the stage."""
    plain = re.sub(r"[环.·\s]", "", _DASHES.sub("-", half_width(_DASHES.sub("-", text))))
    found = _FORM.fullmatch(plain)
    return f"{found[1]}-{''.join(found.groups()[1:])}" if found else plain


def machine_number(number: str) -> MachineNumber | None:
    """The parts of a normalised number, if it has the usual form."""
    found = _FORM.fullmatch(number)
    if found is None:
        return None
    stage, province, city, block, serial = found.groups()
    return MachineNumber(stage, PROVINCE_OF.get(province, ""), city, block, serial)


def check_machine_number(number: str, stage: str | None = None) -> tuple[Warning_, ...]:
    """Doubts about a normalised number and about the stage it claims."""
    parts = machine_number(number)
    if parts is None:
        return (_doubt(said("machine_number_form", number=number, quoted=repr(number))),)
    if stage in (None, "X") or parts.stage in ("X", stage):
        return ()
    return (_doubt(said("machine_number_stage", digit=parts.stage, stage=stage)),)


def _doubt(sentence: Sentence) -> Warning_:
    return Warning_("registration_no", sentence.code, sentence.zh, sentence.en)


def tamper_alert(seen: str, registered: str) -> Sentence | None:
    """A number read on a machine differs from the register: a better stage may have been painted on."""
    seen, registered = normalise_machine_number(seen), normalise_machine_number(registered)
    if seen == registered:
        return None
    if seen[1:] == registered[1:]:
        return said("stage_repainted", seen=seen, registered=registered)
    return said("number_differs", seen=seen, registered=registered)
