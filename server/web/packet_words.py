"""One frame in words: what the decoder reads out of it, or why it cannot and at which byte."""

import json
from dataclasses import dataclass
from typing import Any

from server.web.language import pick
from telemetry.decode import decode, describe
from telemetry.protocols.errors import FrameError
from telemetry.samples import COLUMNS

NAMES = {column.name: (column.zh, column.en) for column in COLUMNS if column.name not in ("packet", "flags", "status")}
DEEPEST = 12
MOST_ITEMS = 400


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
    """The word of a field where the columns have one; else the name that the code gives it."""
    pair = NAMES.get(name)
    return str(pick(*pair)) if pair else name
