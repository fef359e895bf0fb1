"""Starts and layout (HJ 1239.3-2021 4.4, 4.5.2, 5.6.3).

Terminals start with `##` (one maker's constant is `~~`), platforms with `~~`. The data unit of reports has layout
C. A frame of layout A or B is Annex Q's and not read here, but looked at: a frame both could claim is flagged.
"""

from __future__ import annotations

from telemetry.protocols.annexq.envelope import PLATFORM_START, TERMINAL_START
from telemetry.protocols.annexq.layouts import Shape

PROTOCOL = "hj1239"
STARTS = (TERMINAL_START, PLATFORM_START)
C = Shape("C", head=8, record_time=True, trailing_signature=True)
SHAPES = (C,)
