"""One frame in words: what the decoder reads out of it, or why it cannot and at which byte."""

import json
import re
from dataclasses import dataclass
from typing import Any

from server.web.frame_words import NAMES, VALUES
from server.web.language import pick
from telemetry.decode import decode, describe
from telemetry.description import unit_of
from telemetry.protocols.errors import FrameError

HIDDEN = re.compile(r"(\d+) bytes, not shown")  # a platform's password


@dataclass(frozen=True, slots=True)
class Said:
    """What a frame says; or the fault (`code`, `offset`, `detail`)."""

    message: dict[str, Any] | None = None
    code: str | None = None
    offset: int | None = None
    detail: str = ""

    @property
    def text(self) -> str:
        """The message as JSON, for an integrator."""
        return json.dumps(self.message, ensure_ascii=False, indent=1, default=str)


def explain(raw: bytes, kind: str | None, layout: str | None) -> Said:
    """Try to decode it."""
    try:
        return Said(message=describe(decode(raw, kind or None, layout)))
    except FrameError as fault:
        return Said(code=str(fault.code), offset=fault.offset, detail=fault.detail)
    except (
        ValueError,
        KeyError,
        IndexError,
        OverflowError,
    ) as fault:  # a decoder's own mistake must not hide the bytes
        return Said(code="platform_fault", offset=None, detail=f"{type(fault).__name__}: {fault}")


def label_of(name: str) -> str:
    """The word of a field; a key that nobody knows, out of a tracker's JSON, is shown as it came."""
    pair = NAMES.get(name)
    return str(pick(*pair)) if pair else name


def value_of(name: str, value: str) -> str:
    """The word of a code that stands as the value of a field; any other text as it is."""
    pair = VALUES.get(name, {}).get(value)
    if pair:
        return str(pick(*pair))
    hidden = HIDDEN.fullmatch(value)
    return str(pick(f"{hidden[1]}字节，不予显示", value)) if hidden else value


def unit_after(name: str) -> str:
    """The unit of a bare number, which its name ends in; "" where it ends in none."""
    unit = unit_of(name)
    return value_of("unit", unit) if unit else ""
