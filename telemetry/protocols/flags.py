"""What is odd about a sample or a packet, as bits. Odd is not wrong: nothing is dropped for a flag.

The decoders set the flags they can see in the bytes; `telemetry.quality` adds those that need a clock or a
neighbour. Stored as integers, so a bit never changes its meaning.
"""

from __future__ import annotations

from enum import IntFlag


class Flag(IntFlag):
    """Of one sample."""

    NO_FIX = 1 << 0  # position status says invalid: the coordinates are the last known ones
    COORD_ZERO = 1 << 1  # 0/0
    COORD_OUTSIDE_CHINA = 1 << 2  # outside 73..135 E, 3..54 N
    TIME_UNKNOWN = 1 << 3  # collect time of six zero bytes, or none
    TIME_FUTURE = 1 << 4  # more than 5 minutes ahead of the receipt
    LATE = 1 << 5  # more than 60 s old although sent as live
    NOX_SENSOR_OFF = 1 << 6  # raw 0000 (-200 ppm): sensor not lit off, never part of an average
    SENTINEL = 1 << 7  # at least one field was sent as "not available" or as an error code
    OUT_OF_RANGE = 1 << 8  # at least one field was outside what the table allows; it is null
    JUMP = 1 << 9  # implied speed from the fix before is impossible
    TIME_ASSUMED = 1 << 10  # the record carries no time of its own: packet time + i seconds
    COORD_SWAPPED = 1 << 11  # longitude and latitude look exchanged
    TIME_IMPLAUSIBLE = 1 << 12  # before 2016 or otherwise not the time of a connected terminal


class PacketFlag(IntFlag):
    """Of one packet."""

    SIGNATURE_PRESENT = 1 << 0
    SIGNATURE_MISSING = 1 << 1  # the device's profile says it signs
    VIN_MISMATCH_OBD = 1 << 2  # the VIN in the OBD body is not the one in the header
    HEX_TEXT = 1 << 3  # arrived as text
    REISSUED = 1 << 4  # command 03, or a blind-zone report: stored by the terminal, sent later
    AMBIGUOUS_LAYOUT = 1 << 5  # more than one layout of the data unit consumes it exactly
    GCJ02_DECLARED = 1 << 6  # the terminal says its coordinates went through the map plug-in
    TSP_HEADER = 1 << 7  # truck data under the answer-flag header of a telematics provider
    UNTIMED = 1 << 8  # the time before the information is missing (an early GB/T 32960 library)
    BODY_UNKNOWN = 1 << 9  # something was kept raw because its layout is not known
    TLV_DAMAGED = 1 << 10  # an additional item overruns the body; what parsed is kept
    HEADER_TOLERATED = 1 << 11  # header version and attributes disagree; the reading that fits was used
    TRAILING_BYTES = 1 << 12  # bytes behind the last known field
    ASSEMBLED = 1 << 13  # put together from several sub-packets
    ENCRYPTION_CLAIMED = 1 << 15  # the header says encrypted, the data unit is in the clear
    LAYOUT_CHANGED = 1 << 14  # the layout remembered for the device does not fit this packet


NO_FLAGS = Flag(0)
NO_PACKET_FLAGS = PacketFlag(0)
