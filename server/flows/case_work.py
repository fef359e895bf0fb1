"""What a step of a case has in hand while it is taken, and the ways in which it is refused."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection

from enforcement.cases.states import CaseState, Transition
from enforcement.cases.steps import State
from enforcement.rules.book import RuleBook, day_of
from enforcement.rules.calendar import Calendar
from enforcement.sentences import Sentence
from server.flows.refusals import Fault
from server.store.audit import Actor
from server.store.users import Account


class MoveRefused(Exception):
    """The step is not taken, and nothing was changed; every fault names its field."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__("; ".join(fault.en for fault in faults))
        self.faults = faults


class Stale(Exception):
    """Somebody else was first: the case is not as it was when the page was drawn. Nothing was changed."""

    def __init__(self, person: str | None, at: datetime | None, action: str | None) -> None:
        super().__init__("the case has changed meanwhile")
        self.person, self.at, self.action = person, at, action


@dataclass(frozen=True, slots=True)
class Move:
    """One step as somebody asks for it. `values`: what the form of the step holds besides, as texts."""

    branch: str
    action: str
    version: int
    reason: str | None = None
    note: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    evidence: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Work:
    """A step under way: the case locked, the row of the table that applies, the key of the branch."""

    connection: Connection
    actor: Actor
    account: Account
    rules: RuleBook
    calendar: Calendar
    now: datetime
    case: Mapping[str, Any]
    key: str
    row: Transition
    move: Move
    documents: tuple[dict[str, Any], ...]

    @property
    def today(self) -> date:
        """The Beijing day of the step."""
        return day_of(self.now)

    def document(self, kind: str) -> dict[str, Any] | None:
        """The newest document of a kind that was not revoked."""
        found = [one for one in self.documents if one["kind"] == kind and one["state"] != "revoked"]
        return found[-1] if found else None


@dataclass(frozen=True, slots=True)
class Effect:
    """What a step did besides moving the branch: the referral it is about, and what its record says."""

    referral_id: int | None = None
    organisation_id: int | None = None  # whose clocks the step starts; None: the case's own bureau's
    rule_keys: tuple[str, ...] = ()
    detail: Mapping[str, Any] = field(default_factory=dict)
    outcome: str | None = None


def refusal(sentence: Sentence, field_: str = "action") -> MoveRefused:
    """A sentence as a refusal at a field."""
    return MoveRefused(Fault(field_, sentence.zh, sentence.en))


def state_of(case: Mapping[str, Any]) -> CaseState:
    """Where a stored case stands."""
    return CaseState(State(case["state"]), dict(case["states"]), subject=case["subject_kind"])


def held(documents: tuple[dict[str, Any], ...]) -> frozenset[str]:
    """What the case holds, as `enforcement.cases.steps.step` asks: kinds, and `<kind>.served`."""
    counting = [one for one in documents if one["state"] != "revoked"]
    served = {f"{one['kind']}.served" for one in counting if one["state"] == "served"}
    return frozenset({one["kind"] for one in counting} | served)
