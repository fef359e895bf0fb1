"""The information types of Annex Q: 01 OBD, 02 engine stream; the rest is reserved or the maker's own.

Reserved types and those of makers begin with the WORD length of their data where they were seen; so is 0x81,
a smoke meter, read. Their content stays raw.
"""

from __future__ import annotations

from telemetry.protocols.annexq.diagnostics import (
    COUNT_AT,
    NO_CODES_FROM,
    OBD_FIXED_SIZE,
    read_obd,
    write_obd,
)
from telemetry.protocols.annexq.layouts import Bodies, BodyKind, Counted, fixed
from telemetry.protocols.annexq.opaque import RESERVED_TYPES, USER_TYPES, WORD_PREFIXED
from telemetry.protocols.annexq.stream import (
    TRUCK_POSITION_AT,
    TRUCK_STREAM,
    TRUCK_STREAM_SIZE,
    read_truck_stream,
    write_truck_stream,
)

OBD, STREAM = 0x01, 0x02
TABLES = {STREAM: (TRUCK_STREAM, TRUCK_STREAM_SIZE, TRUCK_POSITION_AT)}

BODIES: Bodies = {
    **{code: WORD_PREFIXED for code in (*RESERVED_TYPES, *USER_TYPES)},
    OBD: BodyKind(Counted(COUNT_AT, OBD_FIXED_SIZE, 4, NO_CODES_FROM), read_obd, write_obd),
    STREAM: BodyKind(fixed(TRUCK_STREAM_SIZE), read_truck_stream, write_truck_stream, sample=True),
}
