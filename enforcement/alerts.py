"""What a gate answers while a heavy-pollution alert is in force (enforcement.md 5.6, 6.2).

The measures are dated rule rows; an alert itself is entered by an authorised person with the document that announced
it (CODE 263). An answer is never silent about why, and what nobody knows is for a person at the gate, not a refusal.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from enforcement.registry.stages import TRUCK_NAMES, Stage
from enforcement.registry.subjects import Truck
from enforcement.rules.book import Rule, RuleBook, get_rule
from enforcement.sentences import Sentence
from enforcement.zones.whitelist import WhitelistEntry, entries_of


class AlertLevel(StrEnum):
    """Levels of a heavy-pollution alert, mildest first."""

    YELLOW = "yellow"
    ORANGE = "orange"
    RED = "red"


class Answer(StrEnum):
    """What the gate does: open, stay shut, or let a person look."""

    ALLOW = "allow"
    DENY = "deny"
    CHECK = "check"


@dataclass(frozen=True, slots=True)
class Alert:
    """An official alert: [from_at, to_at) in the area of a GB/T 2260 prefix; `to_at` None: not lifted yet."""

    level: AlertLevel
    area: str
    from_at: datetime
    to_at: datetime | None
    document: str

    def holds(self, area: str, at: datetime) -> bool:
        return area.startswith(self.area) and self.from_at <= at and (self.to_at is None or at < self.to_at)


@dataclass(frozen=True, slots=True)
class BulkSite:
    """A mine, coal yard, port or logistics site; `trips_per_day`: goods vehicles in and out on normal days."""

    area: str
    trips_per_day: float


@dataclass(frozen=True, slots=True)
class GateAnswer:
    """The answer with its reasons; `is_logged`: the entry stands out and is kept for review even when allowed."""

    answer: Answer
    reason: Sentence
    rules: tuple[Rule, ...] = ()
    alert: Alert | None = None
    whitelist_id: int | None = None

    @property
    def is_logged(self) -> bool:
        return self.alert is not None


def gate_answer(
    rules: RuleBook,
    alerts: Iterable[Alert],
    site: BulkSite,
    truck: Truck,
    leave: Iterable[WhitelistEntry],
    at: datetime,
) -> GateAnswer:
    """Whether a truck may pass the gate of a bulk-goods site at this moment."""
    levels = get_rule(rules, "alert.bulk_site.levels", at, site.area)
    trips = get_rule(rules, "alert.bulk_site.trips_above", at, site.area)
    held = [one for one in alerts if one.holds(site.area, at) and one.level in levels.words]
    if not held or site.trips_per_day <= trips.number or not truck.is_heavy:
        return GateAnswer(Answer.ALLOW, _free())
    alert = max(held, key=lambda one: list(AlertLevel).index(one.level))
    banned = get_rule(rules, "alert.bulk_site.banned_stages", at, site.area)
    used = (levels, trips, banned)
    if truck.stage is Stage.UNKNOWN:
        return GateAnswer(Answer.CHECK, _unknown(truck), used, alert)
    if truck.stage not in banned.words:
        return GateAnswer(Answer.ALLOW, _clean(truck), used, alert)
    purposes = get_rule(rules, "alert.bulk_site.leave_for", at, site.area)
    entry = _leave(leave, truck, purposes, at)
    if entry is not None:
        return GateAnswer(Answer.ALLOW, _left(truck, entry), (*used, purposes), alert, entry.entry_id)
    return GateAnswer(Answer.DENY, _kept_out(truck, alert), (*used, purposes), alert)


def _leave(leave: Iterable[WhitelistEntry], truck: Truck, purposes: Rule, at: datetime) -> WhitelistEntry | None:
    now_us = round(at.timestamp() * 1e6)
    return next(
        (
            entry
            for entry in entries_of(leave, truck)
            if entry.purpose in purposes.words and entry.valid_from_us <= now_us < entry.valid_to_us
        ),
        None,
    )


def _free() -> Sentence:
    return Sentence("no_measure", "当前没有限制该车进出的管控措施。", "No measure in force keeps this vehicle out.")


def _clean(truck: Truck) -> Sentence:
    zh, en = TRUCK_NAMES[truck.stage]
    return Sentence("stage_allowed", f"{zh}车辆，预警期间可以进出。", f"{en}: may enter during the alert.")


def _unknown(truck: Truck) -> Sentence:
    return Sentence(
        "stage_unknown",
        f"{truck.plate}排放阶段不明，请人工核对随车清单后放行或劝返。",
        f"The stage of {truck.plate} is not known: look at its vehicle list before it passes.",
    )


def _left(truck: Truck, entry: WhitelistEntry) -> Sentence:
    zh, en = TRUCK_NAMES[truck.stage]
    return Sentence(
        "whitelisted",
        f"{zh}车辆凭白名单（{entry.approver}批准）进出，已记录备查。",
        f"{en}, let in by the whitelist (approved by {entry.approver}); kept for review.",
    )


def _kept_out(truck: Truck, alert: Alert) -> Sentence:
    zh, en = TRUCK_NAMES[truck.stage]
    return Sentence(
        "kept_out",
        f"重污染天气预警期间（{alert.document}），{zh}重型货车不得进出大宗货物运输场所。",
        f"During the alert ({alert.document}) heavy trucks of {en} may not enter sites of bulk goods.",
    )
