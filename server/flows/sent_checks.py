"""A check as a tablet sends it, what it is taken with, and why one is not taken (flows/take_check.py)."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from enforcement.rules.book import RuleBook
from enforcement.rules.calendar import Calendar
from server.flows.judge_inspection import InspectionDraft
from server.store.audit import Actor
from server.store.evidence_store import EvidenceStore
from server.store.users import Account


@dataclass(frozen=True, slots=True)
class SentFile:
    """A photo, paper or signature that a check names; the time by the device's clock, the place in WGS-84."""

    sha256: str
    bytes: int
    purpose: str
    name: str
    taken_at: datetime | None = None
    lon: float | None = None
    lat: float | None = None


@dataclass(frozen=True, slots=True)
class Base:
    """The version of an inspection that a correction was made from."""

    id: int
    version: int


@dataclass(frozen=True, slots=True)
class SentCheck:
    """A check as a tablet sends it. Times are by the clock of the device; `draft` has no time yet.

    `at`: of a correction only, by our clock, where the time itself is corrected. `body`: what two sendings of the same
    check have in common, as JSON. `device_verdict`: outcome, standing, offences as the tablet showed them.
    """

    key: UUID
    tablet: UUID
    draft: InspectionDraft
    device_at: datetime
    sent_at: datetime
    body: Mapping[str, Any]
    base: Base | None = None
    reason: str = ""
    at: datetime | None = None
    offset_ms: int | None = None
    begun_at: datetime | None = None
    ended_at: datetime | None = None
    accuracy_m: float | None = None
    files: Sequence[SentFile] = ()
    notice_number: str | None = None
    assignment_id: int | None = None
    device_verdict: Mapping[str, Any] | None = None
    unsent: int | None = None

    @property
    def body_sha256(self) -> str:
        """Of what it says; another check under the same key gives another."""
        text = json.dumps(self.body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Desk:
    """What a check is taken with: the open transaction, who sends, the rules, the calendar, the store, the time."""

    connection: Connection
    actor: Actor
    account: Account
    rules: RuleBook
    calendar: Calendar
    store: EvidenceStore
    now: datetime


@dataclass(frozen=True, slots=True)
class Taken:
    """The answer, whether the check is new, and whose pieces may go once this is committed."""

    answer: dict[str, Any]
    is_new: bool
    done_with: tuple[str, ...] = ()


class FilesMissing(Exception):
    """Photos that the check names are not here in full; it is recorded when they are. Carries their hashes."""

    def __init__(self, names: Sequence[str]) -> None:
        """Keep the hashes."""
        super().__init__(", ".join(names))
        self.names = list(names)


class OtherContent(Exception):
    """The key stands for something else. Carries the inspection, where it is the account's own."""

    def __init__(self, stands: Mapping[str, Any] | None) -> None:
        """Keep what stands."""
        super().__init__("the key was used")
        self.stands = stands


class Conflict(Exception):
    """The version that a correction was made from is not the one that stands. Carries the one that does."""

    def __init__(self, current: Mapping[str, Any]) -> None:
        """Keep what stands."""
        super().__init__("replaced meanwhile")
        self.current = current
