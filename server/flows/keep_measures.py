"""Measures of the emergency plan as the bureau keeps them: a new revision from a moment on, confirmed, withdrawn.

Nothing is overwritten and nothing reaches back: an answer given before names the revision it rested on.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from enforcement.alerts.measures import FIRST_OWN_REVISION, Measure, plain, read_measure
from enforcement.json_records import RecordFault
from enforcement.rules.book import Certainty
from server.flows import alert_standing
from server.flows.refusals import Fault, Refused
from server.store import alerts, audit
from server.store.audit import Actor
from server.store.scopes import Scope

REASON_LEAST, REASON_MOST, TEXT_MOST = 4, 500, 500
Place = tuple[str, str]  # key, area


def revise(
    connection: Connection, actor: Actor, scope: Scope, values: Mapping[str, Any], reason: str, now: datetime
) -> Measure:
    """A new measure, or the next revision of one; `values` as `Measure` in JSON, without revision. Raises Refused."""
    alerts.hold_measures(connection)
    faults = _reason_faults(reason)
    try:
        given = read_measure({**values, "revision": FIRST_OWN_REVISION})
    except RecordFault as fault:
        raise Refused(faults + [Fault(one.field, one.zh, one.en) for one in fault.faults]) from fault
    faults += _faults(scope, given, now)
    if faults:
        raise Refused(faults)
    return _put(connection, actor, "measure.revise", given, reason)


def confirm(
    connection: Connection, actor: Actor, scope: Scope, place: Place, source: str, reason: str, now: datetime
) -> Measure:
    """The bureau has read it in its plan: from now on it is confirmed, with where. Raises Refused, LookupError."""
    alerts.hold_measures(connection)
    newest = get(connection, place, now)
    faults = _reason_faults(reason) + _area_faults(scope, newest.area)
    if not 2 <= len(source.strip()) <= TEXT_MOST:
        faults.append(Fault("source", "请写明出处（预案或文件）", "Name the plan or document"))
    if newest.certainty is Certainty.CONFIRMED:
        faults.append(Fault("source", "该措施已核实", "It is confirmed already"))
    if faults:
        raise Refused(faults)
    kept = replace(newest, certainty=Certainty.CONFIRMED, source=source.strip(), valid_from=max(now, newest.valid_from))
    return _put(connection, actor, "measure.confirm", kept, reason)


def withdraw(
    connection: Connection, actor: Actor, scope: Scope, place: Place, from_at: datetime | None, reason: str,
    now: datetime,
) -> Measure:  # fmt: skip
    """From a moment on the key says nothing any more in this area. Raises Refused, LookupError."""
    alerts.hold_measures(connection)
    newest = get(connection, place, now)
    begins = from_at or now
    faults = _reason_faults(reason) + _area_faults(scope, newest.area)
    if begins < now:
        faults.append(_past("from_at"))
    if faults:
        raise Refused(faults)
    gone = replace(newest, withdrawn=True, valid_from=begins, valid_to=None)
    return _put(connection, actor, "measure.withdraw", gone, reason)


def get(connection: Connection, place: Place, now: datetime) -> Measure:
    """The newest revision of a key and area that is not withdrawn. Raises LookupError."""
    rows = revisions(connection, place)
    if not rows or rows[0].withdrawn:
        raise LookupError(place)
    return rows[0]


def revisions(connection: Connection, place: Place) -> list[Measure]:
    """Every revision of a key and area, newest first."""
    standing = alert_standing.current(connection)
    found = [one for one in standing.measures if (one.key, one.area) == place]
    return sorted(found, key=lambda one: -one.revision)


def _put(connection: Connection, actor: Actor, action: str, measure: Measure, reason: str) -> Measure:
    before = revisions(connection, (measure.key, measure.area))
    revision = max([FIRST_OWN_REVISION, *(one.revision + 1 for one in before)])
    kept = replace(measure, revision=revision)
    number = alerts.add_measure(connection, plain(kept), reason.strip(), actor.user_id)
    detail = {"key": kept.name, "reason": reason.strip(), "valid_from": kept.valid_from.isoformat()}
    audit.append(connection, actor, action, "alert_measure", number, detail)
    return kept


def _reason_faults(reason: str) -> list[Fault]:
    if REASON_LEAST <= len(reason.strip()) <= REASON_MOST:
        return []
    zh = f"请写明理由（{REASON_LEAST} 至 {REASON_MOST} 字）"
    return [Fault("reason", zh, f"Give the reason ({REASON_LEAST} to {REASON_MOST} characters)")]


def _area_faults(scope: Scope, area: str) -> list[Fault]:
    if scope.covers(area) if area else scope.divisions is not None and len(scope.divisions) <= 4:
        return []
    return [Fault("area", "只能规定本辖区的措施", "Only measures of your own area")]


def _past(field: str) -> Fault:
    return Fault(field, "生效时间不能早于现在", "It cannot begin in the past")


def _faults(scope: Scope, given: Measure, now: datetime) -> list[Fault]:
    faults = _area_faults(scope, given.area)
    if not (3 <= len(given.key) <= 41 and given.key.isascii() and given.key.replace("_", "a").isalnum()
            and given.key[0].isalpha() and given.key.islower()):  # fmt: skip
        faults.append(Fault("key", "请用小写字母、数字和下划线", "Lower case letters, digits and underscores"))
    if given.area and not (given.area.isdigit() and len(given.area) in (2, 4, 6)):
        zh, en = "请填写行政区划代码前 2、4 或 6 位", "Give 2, 4 or 6 digits of an area code"
        faults.append(Fault("area", zh, en))
    if given.valid_from < now:
        faults.append(_past("valid_from"))
    for name in ("zh", "en", "legal_basis", "source"):
        if not 2 <= len(getattr(given, name).strip()) <= TEXT_MOST:
            faults.append(Fault(name, f"请填写 2 至 {TEXT_MOST} 字", f"Write 2 to {TEXT_MOST} characters"))
    return faults
