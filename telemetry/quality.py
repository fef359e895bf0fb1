"""A flag per row, and never a row fewer: what is odd about a sample is said, not repaired.

Thresholds are arguments; their defaults follow the platform rules suggested with HJ 1239.3 (clock skew up to
five minutes ahead is accepted, a live report older than a minute is late).
"""

from __future__ import annotations

from telemetry.protocols.flags import Flag, PacketFlag

__all__ = ["Flag", "PacketFlag"]
