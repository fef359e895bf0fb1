"""An inspection station tests again what was repaired, and records it: one transaction, an inspection and its re-test.

The station gives readings, never a verdict: they are judged by the rules of the day, as an officer's are
(`judge_inspection`). The subject is the notice's, the kind a periodic test, and smoke must be among what was measured
(CODE 229; enforcement.md 3).
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection

from enforcement.inspections.records import InspectionKind
from enforcement.measurements import Method
from enforcement.registry.plates import PlateKind, plate_kind
from enforcement.rules.book import RuleBook
from enforcement.rules.calendar import Calendar
from server.flows.judge_inspection import InspectionDraft, Judged, judge
from server.flows.record_inspection import record
from server.flows.refusals import Fault, Refused
from server.flows.repair_work import EVERYWHERE, own_station, refuse_retest, retest
from server.store import repairs
from server.store.audit import Actor
from server.store.users import Account

METHODS: Mapping[str, tuple[Method, ...]] = {
    "truck": (Method.FREE_ACCELERATION, Method.LUG_DOWN, Method.OBD_CHECK),
    "machine": (Method.MACHINE_SMOKE,),
}
"""What a station tests again, by the kind of the subject."""
_SMOKE = frozenset({Method.FREE_ACCELERATION, Method.LUG_DOWN, Method.MACHINE_SMOKE})


def kind_of(notice: Mapping[str, Any]) -> str:
    """Truck or machine; what no register holds is a truck where its number is a plate."""
    if notice["truck_id"] is not None or notice["machine_id"] is not None:
        return "truck" if notice["truck_id"] is not None else "machine"
    return "machine" if plate_kind(notice["subject_text"]) is PlateKind.UNKNOWN else "truck"


def draft_of(notice: Mapping[str, Any], station: Mapping[str, Any], given: InspectionDraft) -> InspectionDraft:
    """What the station gave as the periodic test of the notice's subject. Raises Refused without a reading of smoke."""
    methods = given.record.get("methods") or {}
    offered = {str(method) for method in METHODS[kind_of(notice)]}
    if not offered & {str(method) for method in _SMOKE} & set(methods) or set(methods) - offered:
        zh, en = "请填写至少一种烟度检测的读数", "Give the readings of one smoke test at least"
        raise Refused([Fault("methods", zh, en)])
    subject = replace(
        given.subject, text=notice["subject_text"], colour=notice["plate_colour"] or "", kind=kind_of(notice)
    )
    return replace(
        given,
        record={**given.record, "kind": str(InspectionKind.PERIODIC)},
        subject=subject,
        place=given.place or station["name"],
        division=station["division"],
        instrument_ids=(),
        retest_of=notice["inspection_id"],
    )


def preview(
    connection: Connection,
    account: Account,
    rules: RuleBook,
    notice: Mapping[str, Any],
    given: InspectionDraft,
    now: datetime | None = None,
) -> Judged:
    """What the readings would amount to; nothing is written. Raises Refused."""
    station = own_station(connection, account, "inspection")
    return judge(connection, EVERYWHERE, rules, draft_of(notice, station, given), now or datetime.now(UTC))


def record_retest(
    connection: Connection,
    actor: Actor,
    account: Account,
    rules: RuleBook,
    calendar: Calendar,
    number: int,
    version: int,
    given: InspectionDraft,
    key: str | None,
    now: datetime | None = None,
) -> tuple[str, str]:
    """Record the test and count it as the re-test: number of the inspection and state of the notice.

    Raises LookupError, Refused, OtherContent; then nothing is kept.
    """
    at = now or datetime.now(UTC)
    station = own_station(connection, account, "inspection")
    notice = repairs.lock(connection, number)
    if notice is None:
        raise LookupError(number)
    draft = draft_of(notice, station, given)
    refuse_retest(connection, rules, notice, _tested_at(draft, at), station)
    found = record(connection, actor, EVERYWHERE, rules, draft, at, "page", key)
    state = retest(connection, actor, account, rules, calendar, number, version, found.id, at)
    return found.number, state


def _tested_at(draft: InspectionDraft, now: datetime) -> datetime:
    """When it was tested; where the form does not say, the recording names the fault."""
    try:
        found = datetime.fromisoformat(str(draft.record.get("at")))
    except ValueError:
        return now
    return found if found.tzinfo else found.replace(tzinfo=UTC)
