"""Where a frame ends and which layouts its data unit may have (GB 17691-2018 Q.6.4, Q.6.5).

A: time, then {type, serial, body}; B: time, serial, then {type, body, optional signature}; C (the MEE scheme
of 2018, later HJ 1239.3): send time, serial, then {type, collect time, body}, a signature at the end. They
are tried in the order C, A, B.
"""

from __future__ import annotations

from telemetry.protocols.annexq.envelope import TERMINAL_START
from telemetry.protocols.annexq.layouts import Shape

PROTOCOL = "gb17691"
STARTS = (TERMINAL_START,)
A = Shape("A", head=6, record_serial=True)
B = Shape("B", head=8, record_signature=True)
C = Shape("C", head=8, record_time=True, trailing_signature=True)
SHAPES = (C, A, B)
