"""Starts and layouts (GB/T 32960.3 clause 6, 7).

The header carries an answer flag. Reports of 2016 are a time and {type, body}; an early library forgot the
time. Frames of 2025 start with `$$` and have other bodies, which are kept raw.
"""

from __future__ import annotations

from telemetry.protocols.annexq.envelope import EV_2025_START, TERMINAL_START
from telemetry.protocols.annexq.layouts import Shape

PROTOCOL = "gb32960"
STARTS = (TERMINAL_START, EV_2025_START)
TIMED = Shape("2016", head=6, answered=True)
UNTIMED = Shape("untimed", head=0, answered=True)
SHAPES = (TIMED, UNTIMED)
EDITION_2025 = "2025"
