"""A site is entered, changed and closed by an officer; its boundary is drawn, and drawn again as a new version.

The boundary is a zone of kind `site` whose terms forbid nothing: ingest keeps visits to it as to any zone, so that
machines on site by telemetry can be laid beside the register of stays.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shapely import MultiPolygon
from sqlalchemy import Connection

from enforcement.rules.book import BEIJING
from enforcement.zones.terms import ZoneTerms
from enforcement.zones.terms_json import to_json
from geo.metres import area_m2
from server.flows.refusals import Fault, Refused
from server.store import audit, enterprises, site_boundaries, sites, zones
from server.store.audit import Actor
from server.store.scopes import Scope
from server.store.zones import NewVersion

NAME_MOST, TEXT_MOST, REASON_LEAST = 100, 200, 4
LARGEST_KM2 = 200.0
EARLIEST = dt.date(2010, 1, 1)


class StaleSite(Exception):
    """Somebody else has changed the site; nothing was written."""


@dataclass(frozen=True, slots=True)
class SiteDraft:
    """What is asked for. `shape` None: no boundary yet, or the one there is stays."""

    enterprise_id: int | None
    division: str
    name: str
    kind: str
    address: str = ""
    contractor: str = ""
    permit: str = ""
    contact: str = ""
    phone: str = ""
    begins_on: dt.date | None = None
    ends_on: dt.date | None = None
    shape: MultiPolygon | None = None
    crs_declared: str = "wgs84"
    source: str = ""


def create(connection: Connection, actor: Actor, scope: Scope, draft: SiteDraft, now: dt.datetime) -> int:
    """A new site; its id. Raises Refused."""
    faults = _faults(draft)
    if draft.enterprise_id is None or enterprises.find_one(connection, draft.enterprise_id, scope) is None:
        faults.append(Fault("enterprise", "请选择本辖区内的企业", "Choose an enterprise of your area"))
    if not scope.covers(draft.division) or len(draft.division) != 6:
        faults.append(Fault("division", "请选择本辖区内的所在地", "Choose a place in your area"))
    if faults or draft.enterprise_id is None:
        raise Refused(faults)
    values = {**_values(draft), "enterprise_id": draft.enterprise_id, "division": draft.division}
    number = sites.insert(connection, {**values, "created_by": actor.user_id})
    if number is None:
        raise Refused([_same_name()])
    audit.append(connection, actor, "site.add", "site", number, values)
    if draft.shape is not None:
        _draw(connection, actor, _held(connection, scope, number, 1), draft, _first_day(draft, now))
    return number


def change(
    connection: Connection, actor: Actor, scope: Scope, number: int, version: int, draft: SiteDraft, now: dt.datetime
) -> None:
    """Other facts, and a new version of the boundary where one was drawn. Raises Refused, LookupError, StaleSite."""
    row = _held(connection, scope, number, version)
    faults = _faults(draft) + _closed(row)
    if sites.same_name(connection, row["enterprise_id"], draft.name.strip(), but=number) is not None:
        faults.append(_same_name())
    if faults:
        raise Refused(faults)
    before = {name: row[name] for name in sites.WRITTEN}
    after = _values(draft)
    if after != before:
        sites.update(connection, number, after)
        if row["zone_id"] and after["name"] != before["name"]:
            site_boundaries.rename(connection, row["zone_id"], after["name"])
        changed = {name: [before[name], after[name]] for name in after if after[name] != before[name]}
        audit.append(connection, actor, "site.change", "site", number, changed)
    if draft.shape is not None:
        first = row["zone_id"] is None
        _draw(connection, actor, row, draft, _first_day(draft, now) if first else now)


def close(
    connection: Connection, actor: Actor, scope: Scope, number: int, version: int, reason: str, now: dt.datetime
) -> None:
    """Nobody works there any more: the boundary ends, the site stays. Raises Refused, LookupError, StaleSite."""
    row = _held(connection, scope, number, version)
    faults = _closed(row)
    if len(reason.strip()) < REASON_LEAST:
        zh, en = f"请写明关闭理由（至少 {REASON_LEAST} 字）", f"Give the reason ({REASON_LEAST} characters at least)"
        faults.append(Fault("reason", zh, en))
    if row["present_n"]:
        zh, en = "仍有机械登记为在场，请先登记出场", "Machines stand registered as present: record their leaving first"
        faults.append(Fault("reason", zh, en))
    if faults:
        raise Refused(faults)
    newest = site_boundaries.newest(connection, row["zone_id"]) if row["zone_id"] else None
    if newest is not None and newest["valid_to"] is None and newest["valid_from"] < now:
        zones.close_version(connection, newest["id"], now)
    sites.close(connection, number)
    audit.append(connection, actor, "site.close", "site", number, {"reason": reason.strip()})


def far_from_enterprise(connection: Connection, draft: SiteDraft, limit_m: float) -> float | None:
    """How many metres the boundary lies from the enterprise's registered place, where that is beyond the limit.

    A boundary in the coordinates of another map lies off by half a kilometre; one in another county was not meant.
    """
    if draft.shape is None or draft.enterprise_id is None:
        return None
    found = site_boundaries.distance_m(connection, draft.shape, draft.enterprise_id)
    return found if found is not None and found > limit_m else None


def _draw(connection: Connection, actor: Actor, row: Mapping[str, Any], draft: SiteDraft, at: dt.datetime) -> None:
    """The next version of the boundary, from `at` on; it closes the one before it."""
    zone_id = row["zone_id"]
    if draft.shape is None:
        return
    if zone_id is None:
        zone_id = site_boundaries.add(
            connection, f"SITE-{row['id']}", draft.name.strip(), row["division"], actor.user_id
        )
    sites.bind(connection, row["id"], zone_id)
    newest = site_boundaries.newest(connection, zone_id)
    if newest is not None and at <= newest["valid_from"]:
        zh, en = "现行边界刚刚生效，请稍后再试", "The boundary in force began just now: try again in a moment"
        raise Refused([Fault("coordinates", zh, en)])
    if newest is not None and (newest["valid_to"] is None or newest["valid_to"] > at):
        zones.close_version(connection, newest["id"], at)
    order = 1 if newest is None else newest["number"] + 1
    version = NewVersion(draft.shape, to_json(ZoneTerms()), at, None, draft.crs_declared, draft.source[:200] or None)
    version_id = zones.add_version(connection, zone_id, order, version, actor.user_id)
    detail = {"version_id": version_id, "number": order, "from": at.isoformat(), "crs": draft.crs_declared}
    audit.append(connection, actor, "site.boundary", "site", row["id"], {**detail, "area_m2": area_m2(draft.shape)})


def _held(connection: Connection, scope: Scope, number: int, version: int) -> dict[str, Any]:
    row = sites.find_one(connection, scope, number, hold=True)
    if row is None:
        raise LookupError(number)
    if row["version"] != version:
        raise StaleSite(row["version"])
    return row


def _first_day(draft: SiteDraft, now: dt.datetime) -> dt.datetime:
    """A site that is entered late has had its boundary since its first day."""
    if draft.begins_on is None:
        return now
    return min(now, dt.datetime.combine(draft.begins_on, dt.time(), BEIJING))


def _values(draft: SiteDraft) -> dict[str, Any]:
    texts = ("address", "contractor", "permit", "contact", "phone")
    return {
        "name": draft.name.strip(), "kind": draft.kind, "begins_on": draft.begins_on, "ends_on": draft.ends_on,
        **{name: getattr(draft, name).strip() or None for name in texts},
    }  # fmt: skip


def _faults(draft: SiteDraft) -> list[Fault]:
    faults = []
    if not 1 <= len(draft.name.strip()) <= NAME_MOST:
        faults.append(
            Fault("name", f"请填写名称（最长 {NAME_MOST} 字）", f"Give a name of at most {NAME_MOST} characters")
        )
    if draft.kind not in sites.KINDS:
        faults.append(Fault("kind", "请选择类型", "Choose the kind"))
    for name in ("address", "contractor", "permit", "contact", "phone"):
        if len(getattr(draft, name)) > TEXT_MOST:
            faults.append(Fault(name, f"最长 {TEXT_MOST} 字", f"At most {TEXT_MOST} characters"))
    if draft.begins_on and draft.begins_on < EARLIEST:
        faults.append(Fault("begins_on", "不得早于 2010 年", "It cannot begin before 2010"))
    if draft.begins_on and draft.ends_on and draft.ends_on < draft.begins_on:
        faults.append(Fault("ends_on", "应不早于开始日期", "It must not come before the first day"))
    if draft.shape is not None and area_m2(draft.shape) > LARGEST_KM2 * 1e6:
        zh, en = (
            f"边界超过 {LARGEST_KM2:.0f} 平方公里，请核对",
            f"The boundary is larger than {LARGEST_KM2:.0f} km²: check it",
        )
        faults.append(Fault("coordinates", zh, en))
    return faults


def _closed(row: Mapping[str, Any]) -> list[Fault]:
    if row["state"] == "active":
        return []
    return [Fault("name", "该场地已关闭，不能修改", "The site is closed; it is not changed any more")]


def _same_name() -> Fault:
    return Fault("name", "该企业已有同名场地", "The enterprise has a site of this name")
