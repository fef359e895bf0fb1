"""Starts and layout (HJ 1239.3-2021 4.4, 4.5.2, 5.6.3).

Terminals start with `##`, platforms with `~~` (as do terminals of one maker). The data unit of reports has
layout C; frames of layout A or B are Annex Q's and not read here.
"""

from __future__ import annotations

from telemetry.protocols.annexq.envelope import PLATFORM_START, TERMINAL_START
from telemetry.protocols.annexq.layouts import Shape

PROTOCOL = "hj1239"
STARTS = (TERMINAL_START, PLATFORM_START)
C = Shape("C", head=8, record_time=True, trailing_signature=True)
SHAPES = (C,)
