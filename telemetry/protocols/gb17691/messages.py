"""What an Annex Q terminal says; the classes are those of the family."""

from __future__ import annotations

from telemetry.protocols.annexq.messages import Login, Logout, Message, Record, Report, TimeSync

__all__ = ["Login", "Logout", "Message", "Record", "Report", "TimeSync"]
