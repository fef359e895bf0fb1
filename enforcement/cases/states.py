"""States of a case, its parallel branches, and the shape of a step (enforcement.md 7.4).

The main line is what the ecology bureau does; beside it run the referrals to the police, to transport and to other
cities, the repair of the vehicle or machine, and an objection. The rows lie in `table.py`, `referrals.py` and
`repairs.py`; `steps.py` puts them together and takes the steps.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from enforcement.sentences import Sentence


class State(StrEnum):
    """Where the main line stands."""

    LEAD = "lead"
    VERIFIED = "verified"
    TESTED = "tested"
    FAILED = "failed"
    FILED = "filed"
    NOTICED = "noticed"  # the prior notice is written (APL 44)
    NOTICE_SERVED = "notice_served"  # it reached the party; the days to ask for a hearing run (APL 64)
    HEARING = "hearing"  # the party asked for one
    HEARD = "heard"  # pleading and hearing are over
    REVIEWED = "reviewed"  # legal review (APL 58)
    DISCUSSED = "discussed"  # collective discussion (APL 57)
    DECIDED = "decided"
    SERVED = "served"
    ENFORCING = "enforcing"  # the court was asked (APL 72)
    PAID = "paid"
    CLOSED = "closed"
    EXEMPTED = "exempted"  # APL 33, CODE 1056
    EVIDENCE_INVALID = "evidence_invalid"
    REMOVED = "removed"


FINAL = frozenset({State.CLOSED, State.EXEMPTED, State.EVIDENCE_INVALID, State.REMOVED})
TRUCK, MACHINE = "truck", "machine"
BOTH = frozenset({TRUCK, MACHINE})
NONE = ""  # the state of a branch that was never begun


class Branch(StrEnum):
    """The main line and what runs beside it. A branch to another city has the key `city:` and its four digits."""

    MAIN = "main"
    POLICE = "police"
    TRANSPORT = "transport"
    CITY = "city"
    REPAIR = "repair"
    OBJECTION = "objection"


REFERRED = frozenset({Branch.POLICE, Branch.TRANSPORT, Branch.CITY})


@dataclass(frozen=True, slots=True)
class Transition:
    """One row: who may take this branch from where to where, with what, and which clocks (`clock.<kind>`) it moves.

    `subjects`: truck, machine. `when`: main states at which a step of a side branch may be taken; empty: any that is
    not final. `opens`: a branch that begins with this step, and its state. `needs_document`: a kind of document that
    the case must hold; `<kind>.served` where it must have been served.
    """

    branch: Branch
    action: str
    sources: frozenset[str]
    target: str
    kinds: frozenset[str]
    roles: frozenset[str]
    needs_reason: bool
    needs_document: str | None
    starts: tuple[str, ...]
    stops: tuple[str, ...]
    zh: str
    en: str
    subjects: frozenset[str] = BOTH
    when: frozenset[str] = frozenset()
    opens: tuple[tuple[Branch, str], ...] = ()

    @property
    def is_final(self) -> bool:
        """Whether the case ends with it; then every clock of the case stops."""
        return self.branch is Branch.MAIN and self.target in FINAL


@dataclass(frozen=True, slots=True)
class CaseState:
    """Where a case stands: the main line, each branch begun by its key, and whether it is of a truck or a machine."""

    main: State
    branches: Mapping[str, str] = field(default_factory=dict)
    subject: str = field(kw_only=True)

    def __post_init__(self) -> None:
        if self.subject not in BOTH:
            raise ValueError(f"a case is of a truck or a machine, not of {self.subject!r}")

    @property
    def is_final(self) -> bool:
        return self.main in FINAL

    def of(self, key: str) -> str:
        """State of the main line (`main`) or of a branch; "" where it was never begun."""
        return self.main if key == Branch.MAIN else self.branches.get(key, NONE)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a step is not taken, and which field of the form to look at: action, reason, note or document."""

    field: str
    sentence: Sentence


def branch_of(key: str) -> Branch | None:
    """The branch of a key; None where the key is none (`city` alone is the branch to a city not yet named)."""
    name, colon, city = key.partition(":")
    if name not in tuple(Branch) or (bool(colon) and (name != Branch.CITY or len(city) not in (4, 6))):
        return None
    return Branch(name) if not colon or city.isdecimal() else None
