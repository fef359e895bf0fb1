"""A zone is drawn, a new version of it published, an old one ended (enforcement.md 4.4; CODE 230, before it APPCL 61).

A version is never changed. A new one begins later than the newest and closes it at that moment; what its beginning in
the past would alter in judgements that exist is listed (see weigh_zone) and altered by nobody but an officer.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection

from enforcement.rules.book import RuleBook
from enforcement.sentences import Sentence
from enforcement.zones.terms import ZoneTerms, authority_warning
from geo.zones import ZoneVersion
from server.flows.refusals import Fault, Refused
from server.store import audit, zones
from server.store.audit import Actor
from server.store.scopes import Scope
from server.store.zones import NewVersion, ZoneVersionRow

BEIJING = dt.timezone(dt.timedelta(hours=8))
EARLIEST = dt.datetime(2010, 1, 1, tzinfo=dt.UTC)
CODE_MOST = 40


@dataclass(frozen=True, slots=True)
class NewZone:
    """Name and place of a zone; both stay when its versions change."""

    code: str
    name_zh: str
    name_en: str
    division: str


@dataclass(frozen=True, slots=True)
class Published:
    """The ids of what was published."""

    zone_id: int
    version_id: int
    number: int


def doubts(rules: RuleBook, division: str, terms: ZoneTerms, valid_from: dt.datetime) -> list[Sentence]:
    """What an officer has to acknowledge before the version is published."""
    warning = authority_warning(rules, terms.authority_level, valid_from)
    found = [] if warning is None else [warning]
    if not terms.document.number:
        found.append(
            Sentence(
                "no_document",
                "未填写依据文件的文号：控制区须由政府公告划定，执法时须能出示。",
                "No number of the notice is given: a zone rests on a government's notice, which must be shown.",
            )
        )
    if terms.authority_code and terms.authority_code[:4] != division[:4]:
        found.append(
            Sentence(
                "authority_elsewhere",
                "发布机关的区划代码与控制区所在地不一致，请核对。",
                "The issuing authority's division differs from the zone's: check it.",
            )
        )
    return found


def try_publish(
    connection: Connection, scope: Scope, zone_id: int | None, zone: NewZone, version: NewVersion
) -> list[Fault]:
    """What would be refused, without doing it; `zone_id` None: a new zone."""
    if zone_id is None:
        faults = [*_zone_faults(scope, zone), *_period_faults(version)]
        if zones.find_zone_id(connection, zone.code) is not None:
            faults.append(_taken(zone))
        return faults
    return list(_version_faults(connection, scope, zone_id, version))


def _version_faults(connection: Connection, scope: Scope, zone_id: int, version: NewVersion) -> Iterator[Fault]:
    yield from _period_faults(version)
    zone = zones.find_zone(connection, zone_id, version.valid_from)
    newest = zones.find_newest_version(connection, zone_id)
    if zone is None or not scope.covers(zone.division):
        yield _elsewhere()
    if newest is not None and version.valid_from <= newest.valid_from:
        yield _too_early(newest)


def create_zone(connection: Connection, actor: Actor, scope: Scope, zone: NewZone, version: NewVersion) -> Published:
    """A new zone with its first version. Raises Refused."""
    faults = [*_zone_faults(scope, zone), *_period_faults(version)]
    if faults:
        raise Refused(faults)
    zone_id = zones.add_zone(
        connection, zone.code, zone.name_zh, zone.name_en or zone.name_zh, zone.division, actor.user_id
    )
    if zone_id is None:
        raise Refused([_taken(zone)])
    return _add(connection, actor, zone_id, 1, version)


def publish_version(connection: Connection, actor: Actor, scope: Scope, zone_id: int, version: NewVersion) -> Published:
    """The next version of a zone; it closes the one before it. Raises Refused, LookupError."""
    if not zones.hold_zone(connection, zone_id):
        raise LookupError(f"zone {zone_id}")
    faults = list(_version_faults(connection, scope, zone_id, version))
    if faults:
        raise Refused(faults)
    newest = zones.find_newest_version(connection, zone_id)
    if newest is not None and (newest.valid_to is None or newest.valid_to > version.valid_from):
        zones.close_version(connection, newest.id, version.valid_from)
    return _add(connection, actor, zone_id, 1 if newest is None else newest.number + 1, version)


def end_zone(connection: Connection, actor: Actor, scope: Scope, zone_id: int, at: dt.datetime, reason: str) -> None:
    """The newest version ends at `at` and none follows. Raises Refused, LookupError."""
    if not zones.hold_zone(connection, zone_id):
        raise LookupError(f"zone {zone_id}")
    zone = zones.find_zone(connection, zone_id, at)
    newest = zones.find_newest_version(connection, zone_id)
    faults = []
    if zone is None or not scope.covers(zone.division):
        faults.append(_elsewhere())
    if len(reason.strip()) < 2:
        faults.append(Fault("reason", "请写明依据（文号或理由）", "Give the document or the reason"))
    if newest is None or at <= newest.valid_from or (newest.valid_to is not None and newest.valid_to <= at):
        faults.append(
            Fault("at", "终止时间应在最新版本生效之后、终止之前", "It should lie within the newest version's time")
        )
    if faults or newest is None:
        raise Refused(faults)
    zones.close_version(connection, newest.id, at)
    detail = {"version_id": newest.id, "at": at.isoformat(), "reason": reason.strip()}
    audit.append(connection, actor, "zone.end", "zone", zone_id, detail)


def as_zone_version(row: ZoneVersionRow) -> ZoneVersion:
    """A version as `geo.zones` locates in it."""
    ends = None if row.valid_to is None else _us(row.valid_to)
    return ZoneVersion(row.id, row.zone_id, row.geometry, _us(row.valid_from), ends)


def _us(at: dt.datetime) -> int:
    return round(at.timestamp() * 1_000_000)


def _add(connection: Connection, actor: Actor, zone_id: int, number: int, version: NewVersion) -> Published:
    version_id = zones.add_version(connection, zone_id, number, version, actor.user_id)
    detail = {
        "version_id": version_id,
        "number": number,
        "valid_from": version.valid_from.isoformat(),
        "crs_declared": version.crs_declared,
        "source": version.source,
        "terms": dict(version.terms),
    }
    audit.append(connection, actor, "zone.publish", "zone", zone_id, detail)
    return Published(zone_id, version_id, number)


def _zone_faults(scope: Scope, zone: NewZone) -> Iterator[Fault]:
    if not zone.code or len(zone.code) > CODE_MOST or not zone.code.replace("-", "").replace("_", "").isalnum():
        yield Fault("code", "代码由字母、数字和连字符组成，最长 40 位", "Letters, figures and hyphens, 40 at most")
    if not zone.name_zh.strip():
        yield Fault("name_zh", "请填写中文名称", "Give the Chinese name")
    if len(zone.division) != 6 or not zone.division.isdigit():
        yield Fault("division", "请选择所在地", "Choose the division")
    elif not scope.covers(zone.division):
        yield _elsewhere()


def _period_faults(version: NewVersion) -> Iterator[Fault]:
    if version.valid_from < EARLIEST:
        yield Fault("valid_from", "生效时间不得早于 2010 年", "It cannot begin before 2010")
    if version.valid_to is not None and version.valid_to <= version.valid_from:
        yield Fault("valid_to", "失效时间应晚于生效时间", "It must end after it begins")


def _taken(zone: NewZone) -> Fault:
    return Fault("code", f"代码 {zone.code} 已被使用", f"The code {zone.code} is taken")


def _elsewhere() -> Fault:
    return Fault("division", "该控制区不在您的管辖范围内", "This zone lies outside your area")


def _too_early(newest: ZoneVersionRow) -> Fault:
    begins = newest.valid_from.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M")
    return Fault(
        "valid_from",
        f"应晚于第 {newest.number} 版的生效时间 {begins}：已生效的版本不能追溯修改",
        f"It must be later than {begins}, when version {newest.number} begins: a version in force is never rewritten",
    )
