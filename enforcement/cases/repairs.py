"""The loop of inspection and maintenance: failed, repaired, tested again (enforcement.md 3; CODE 229, before APPCL 60).

What is over the limit must be repaired. The inspection station must find the record of the maintenance station before
it tests again: without one there is no re-test. Overdue is not a state, it follows from the day.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from enforcement.cases.states import NONE, Branch, State, Transition
from enforcement.cases.table import ALL, APPROVER, ECOLOGY, row
from enforcement.rules.book import RuleBook, get_rule
from enforcement.rules.laws import citation
from enforcement.rules.penalties import Offence
from enforcement.sentences import Sentence


class RepairState(StrEnum):
    """`owed` stands in the case alone, before a notice; the others are those of a notice too."""

    OWED = "owed"
    ISSUED = "issued"
    IN_REPAIR = "in_repair"
    REPAIRED = "repaired"
    PASSED = "passed"
    FAILED_AGAIN = "failed_again"
    WITHDRAWN = "withdrawn"
    SCRAPPED = "scrapped"


_R = RepairState
DONE = frozenset({_R.PASSED, _R.WITHDRAWN, _R.SCRAPPED})
_B = Branch.REPAIR
_STATION = (("station",), ("station",))
_TESTER = (("station", "ecology"), ("station", "officer", "inspector"))
_WAITING = (_R.OWED, _R.ISSUED, _R.IN_REPAIR, _R.REPAIRED, _R.FAILED_AGAIN)
_OWING = (State.FAILED, State.FILED, State.NOTICED, State.NOTICE_SERVED, State.HEARING, State.HEARD, State.REVIEWED,
          State.DISCUSSED, State.DECIDED, State.SERVED, State.ENFORCING, State.PAID)  # fmt: skip

# fmt: off
REPAIRS: tuple[Transition, ...] = (
    row(_B, "owe", [NONE, _R.WITHDRAWN], _R.OWED, ("要求维修", "Require a repair"), by=(ECOLOGY, ALL), when=_OWING),
    row(_B, "notify", [_R.OWED, _R.FAILED_AGAIN], _R.ISSUED, ("下达维修（复检）告知书", "Issue the repair notice"),
        by=(("ecology", "police"), ALL), document="repair_notice", starts=("repair",)),
    row(_B, "begin_repair", [_R.ISSUED], _R.IN_REPAIR, ("维修站接车", "The station takes it in"), by=_STATION),
    row(_B, "finish_repair", [_R.IN_REPAIR], _R.REPAIRED, ("维修完成并上传记录", "Repaired, record uploaded"),
        by=_STATION),
    row(_B, "pass_retest", [_R.REPAIRED], _R.PASSED, ("复检合格", "Passed the re-test"), by=_TESTER, stops=("repair",)),
    row(_B, "fail_retest", [_R.REPAIRED], _R.FAILED_AGAIN, ("复检不合格", "Failed the re-test"), by=_TESTER,
        stops=("repair",)),
    row(_B, "pass_elsewhere", _WAITING, _R.PASSED, ("认可其他机构的复检合格", "Accept a re-test passed elsewhere"),
        by=(ECOLOGY, APPROVER), reason=True, stops=("repair",)),
    row(_B, "waive", _WAITING, _R.WITHDRAWN, ("无需维修", "No repair is owed"), by=(ECOLOGY, APPROVER), reason=True,
        stops=("repair",)),
    row(_B, "scrap", _WAITING, _R.SCRAPPED, ("报废或停用", "Scrapped or out of use"), by=(ECOLOGY, ALL), reason=True,
        stops=("repair",)),
)
# fmt: on
_EMISSION = frozenset(
    {
        Offence.OVER_LIMIT,
        Offence.FAILED_INSPECTION,
        Offence.DEVICE_MISSING,
        Offence.TAMPERING,
        Offence.VISIBLE_SMOKE,
    }
)  # fmt: skip


def owes_repair(offences: Collection[Offence]) -> bool:
    """Whether one of these offences means that something must be repaired (a zone breach alone does not)."""
    return bool(_EMISSION & frozenset(offences))


@dataclass(frozen=True, slots=True)
class RepairRecord:
    """What the maintenance station uploaded."""

    station_code: str
    work_order: str
    accepted_at: datetime
    finished_at: datetime | None
    item_count: int


@dataclass(frozen=True, slots=True)
class Retest:
    """A test again: when, where, and at which station the first one failed (None: on the road or at a site)."""

    at: datetime
    station_code: str | None
    first_station_code: str | None = None


def retest_refusal(
    rules: RuleBook, state: str, record: RepairRecord | None, test: Retest, area: str = ""
) -> Sentence | None:
    """Why this re-test may not be made; None if it may."""
    if state != RepairState.REPAIRED or record is None or record.finished_at is None:
        return _no_record()
    if record.item_count < 1:
        return _no_items()
    if test.at < record.finished_at:
        return _before_repair()
    place = get_rule(rules, "repair.retest_place", test.at, area).value
    if place == "original_station" and test.first_station_code not in (None, test.station_code):
        return _other_station(test.first_station_code)
    return None


def scrap_advice(rules: RuleBook, failed_retests: int, at: datetime, area: str = "") -> Sentence | None:
    """Still failing after repair: what the law says (CODE 229, before APPCL 60)."""
    rule = get_rule(rules, "repair.scrap_advice_after", at, area)
    if failed_retests < rule.number:
        return None
    return Sentence(
        "scrap_advice",
        f"维修后复检{failed_retests}次仍不合格，应告知强制报废的规定（{citation(rule.legal_basis).zh}）。",
        f"It failed {failed_retests} re-tests after repair: tell the owner of mandatory scrapping "
        f"({citation(rule.legal_basis).en}).",
    )


def is_overdue(state: str, due_on: date, today: date) -> bool:
    """Whether the repair is late: the last day is over and no re-test passed."""
    return state not in DONE and today > due_on


def _no_record() -> Sentence:
    return Sentence(
        "no_repair_record",
        "未查到维修完成记录，不得复检；请先由维修站上传维修记录。",
        "No record of a finished repair was found: no re-test. The maintenance station must upload it first.",
    )


def _no_items() -> Sentence:
    return Sentence(
        "no_repair_items",
        "维修记录未列维修项目，不得复检；请维修站补充。",
        "The repair record names no item that was repaired: no re-test. The maintenance station must complete it.",
    )


def _before_repair() -> Sentence:
    return Sentence(
        "retest_before_repair",
        "复检时间早于维修完成时间，请核对。",
        "The re-test is earlier than the end of the repair; check the times.",
    )


def _other_station(first: str | None) -> Sentence:
    return Sentence(
        "retest_elsewhere",
        f"复检应在原检验机构（{first}）进行。",
        f"The re-test belongs to the station that tested first ({first}).",
    )
