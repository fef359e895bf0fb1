"""Zones of a file become zones and versions: what a code is, in which order versions follow, which terms they bear.

Our own GeoJSON brings its terms back whole. Other schemas bring name, area and time; their rules for vehicles are not
ours and are kept beside the version as its source, so that such a version bans nothing until an officer says what.
"""

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from enforcement.zones.terms import LegalDocument, ZoneTerms
from enforcement.zones.terms_json import ZoneTermsFault, from_json, to_json
from geo.crs import Crs
from geo.imported import Imported, ImportedZone, ReadOptions
from geo.metres import area_m2
from geo.validity import Repaired
from server.documents.zone_files import CHINA_BOX, ZoneFormat, read_zone_file
from server.flows import publish_zone
from server.flows.publish_zone import NewZone
from server.flows.refusals import Fault, Refused
from server.store import audit, zone_imports, zones
from server.store.audit import Actor
from server.store.scopes import Scope
from server.store.zone_imports import ZoneUpload
from server.store.zones import NewVersion


@dataclass(frozen=True, slots=True)
class Planned:
    """One zone of the file as it would be published."""

    code: str
    name_zh: str
    name_en: str
    division: str | None
    valid_from: dt.datetime | None
    valid_to: dt.datetime | None
    terms: ZoneTerms
    area_m2: float
    repaired: Repaired | None
    zone: ImportedZone


def read_upload(upload: ZoneUpload) -> tuple[ZoneFormat, Imported]:
    """What an uploaded file holds, as it was declared."""
    return read_zone_file(upload.content, ReadOptions(Crs(upload.crs), CHINA_BOX, mend=upload.mend))


def plan(found: Imported) -> list[Planned]:
    """The zones by code and time."""
    planned = [_planned(zone, number) for number, zone in enumerate(found.zones, 1)]
    first = dt.datetime.min.replace(tzinfo=dt.UTC)
    return sorted(planned, key=lambda one: (one.code, one.valid_from or first))


def _planned(zone: ImportedZone, number: int) -> Planned:
    given = zone.properties
    return Planned(
        code=_code(given, zone.name, number),
        name_zh=zone.name.strip()[:100],
        name_en=str(given.get("name_en") or zone.name).strip()[:100],
        division=str(given["division"]) if re.fullmatch(r"\d{6}", str(given.get("division", ""))) else None,
        valid_from=zone.valid_from,
        valid_to=zone.valid_to,
        terms=terms_of(zone),
        area_m2=area_m2(zone.geometry),
        repaired=zone.repaired,
        zone=zone,
    )


def _code(given: dict[str, Any], name: str, number: int) -> str:
    """The code the file gives; else letters and figures of the name; else a number."""
    for text in (given.get("code"), given.get("id"), name):
        plain = re.sub(r"[^A-Z0-9]+", "-", str(text or "").upper()).strip("-")[:40]
        if plain:
            return plain
    return f"IMPORT-{number}"


def terms_of(zone: ImportedZone) -> ZoneTerms:
    """The terms our own export wrote, or what other schemas say of the document."""
    given = zone.properties
    try:
        if isinstance(given.get("terms"), dict):
            return from_json(given["terms"])
    except ZoneTermsFault:
        pass  # not ours: only the document is taken
    link = next((str(given[name]) for name in ("url_arrete", "url_site_information") if given.get(name)), "")
    return ZoneTerms(document=LegalDocument(file=link[:300]), authority=str(given.get("issuing_authority") or "")[:100])


def take_upload(
    connection: Connection,
    actor: Actor,
    scope: Scope,
    upload: ZoneUpload,
    chosen: Sequence[int],
    division: str,
    now: dt.datetime,
) -> int:
    """Publish the chosen zones of an upload, all or none; how many versions. Raises Refused."""
    kind, found = read_upload(upload)
    planned = [one for number, one in enumerate(plan(found)) if number in set(chosen)]
    if not planned:
        raise Refused([Fault("take", "请至少选择一个控制区", "Choose at least one zone")])
    faults = [
        fault for one in planned for fault in _publish(connection, actor, scope, upload, kind, one, division, now)
    ]
    if faults:
        raise Refused(faults)
    zone_imports.mark_taken(connection, upload.id)
    detail = {"file": upload.file_name, "versions": len(planned), "crs": upload.crs, "mend": upload.mend}
    audit.append(connection, actor, "zone.import", "zone", f"import-{upload.id}", detail)
    return len(planned)


def _publish(
    connection: Connection,
    actor: Actor,
    scope: Scope,
    upload: ZoneUpload,
    kind: ZoneFormat,
    one: Planned,
    division: str,
    now: dt.datetime,
) -> Iterator[Fault]:
    """Publish one; its faults with the code before them."""
    version = NewVersion(
        geometry=one.zone.geometry,
        terms=to_json(one.terms),
        valid_from=one.valid_from or now,
        valid_to=one.valid_to,
        crs_declared=upload.crs,
        source=f"{kind}: {upload.file_name} {one.zone.path}"[:200],
    )
    zone_id = zones.find_zone_id(connection, one.code)
    try:
        if zone_id is None:
            zone = NewZone(one.code, one.name_zh, one.name_en, one.division or division)
            publish_zone.create_zone(connection, actor, scope, zone, version)
        else:
            publish_zone.publish_version(connection, actor, scope, zone_id, version)
    except Refused as refused:
        for fault in refused.faults:
            yield Fault(fault.field, f"{one.code}：{fault.zh}", f"{one.code}: {fault.en}")
