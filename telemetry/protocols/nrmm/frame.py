"""Layouts of the data unit (HJ 1014-2020 Annex H, HJ 1322-2023 Annex C).

Both begin with time, serial and one position for the whole report. HJ 1322 gives each record its collect time
and signs at the end. The identity is the 17-character environmental registration code.
"""

from __future__ import annotations

from telemetry.protocols.annexq.envelope import TERMINAL_START
from telemetry.protocols.annexq.layouts import Shape

PROTOCOL = "nrmm"
STARTS = (TERMINAL_START,)
HJ1322 = Shape("hj1322", head=17, record_time=True, trailing_signature=True)
HJ1014 = Shape("hj1014", head=17)
SHAPES = (HJ1322, HJ1014)
