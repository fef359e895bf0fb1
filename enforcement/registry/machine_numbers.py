"""Environmental registration numbers of machines, S-PCCnnnnn (notice 655 of 2019; enforcement.md 4.1, 4.2).

The grammar is inferred from published numbers: warn, never block, older local codes exist.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from enforcement.registry.doubts import Warning_, half_width
from enforcement.sentences import Sentence

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
        zh = f"环保登记号码“{number}”不符合常见格式（如2-6NA00001），请核对。"
        en = f"Registration number {number!r} has no usual form (like 2-6NA00001); check it."
        return (Warning_("registration_no", "machine_number_form", zh, en),)
    if stage in (None, "X") or parts.stage in ("X", stage):
        return ()
    zh = f"环保登记号码的阶段位为{parts.stage}，登记的排放阶段为{stage}，请核对。"
    en = f"The number says stage {parts.stage}, the register says {stage}; check them."
    return (Warning_("registration_no", "machine_number_stage", zh, en),)


def tamper_alert(seen: str, registered: str) -> Sentence | None:
    """A number read on a machine differs from the register: a better stage may have been painted on."""
    seen, registered = normalise_machine_number(seen), normalise_machine_number(registered)
    if seen == registered:
        return None
    if seen[1:] == registered[1:]:
        return Sentence(
            "stage_repainted",
            f"机身号码{seen}与登记号码{registered}仅阶段位不同，疑似改喷号码，请现场核查。",
            f"The machine bears {seen}, the register says {registered}: only the stage differs. It may "
            "have been repainted; check on the spot.",
        )
    return Sentence(
        "number_differs",
        f"机身号码{seen}与登记号码{registered}不一致，请现场核查。",
        f"The machine bears {seen}, the register says {registered}; check on the spot.",
    )
