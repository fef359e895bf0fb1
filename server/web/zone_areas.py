"""The area in the form of a zone: read, converted once to WGS-84, repaired on request, its faults by place."""

from dataclasses import dataclass, field
from typing import Any

import shapely
from flask import request
from flask_babel import gettext as _
from flask_babel import ngettext

from geo.crs import Crs
from geo.faults import FaultCode, ImportFault
from geo.imported import Imported, ReadOptions
from server.documents.coordinate_lists import write_coordinates
from server.documents.zone_files import CHINA_BOX
from server.store.zones import ZoneRow
from server.web.language import pick
from server.web.zone_forms import Faults, Fields

CRS_NAMES = frozenset(str(crs) for crs in Crs)
UNSAID = frozenset({FaultCode.ORIENTATION, FaultCode.REPAIRED})  # of no use to who draws; the repair is told in full


def uploaded(field_name: str = "file") -> tuple[str, bytes]:
    """Name and content of the uploaded file; empty where none was sent."""
    upload = request.files.get(field_name)
    if upload is None:
        return "", b""
    with upload.stream:
        return (upload.filename or "").replace("\x00", "")[:120], upload.read()


@dataclass(slots=True)
class Draft:
    """The form as it stands, what is wrong with it, and what was read from its drawing."""

    zone: ZoneRow | None
    fields: Fields
    faults: Faults = field(default_factory=dict)
    places: list[ImportFault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def place_of(fault: ImportFault) -> dict[str, Any]:
    """A fault as the map and the list beside it show it."""
    return {"lon": fault.lon, "lat": fault.lat, "text": pick(fault.zh, fault.en)}


def _crs(fields: Fields) -> Crs:
    asked = fields.get("crs", "wgs84")
    return Crs(asked) if asked in CRS_NAMES else Crs.WGS84


def options_of(fields: Fields, mend: bool = False) -> ReadOptions:
    """How the form wants its coordinates read."""
    return ReadOptions(crs=_crs(fields), expected=CHINA_BOX, mend=mend)


def take_geometry(draft: Draft, found: Imported) -> shapely.MultiPolygon | None:
    """The area that was read, or None with its faults in the draft; the form then speaks WGS-84."""
    draft.places.extend(found.faults)
    draft.notes.extend(pick(note.zh, note.en) for note in found.notes if note.code not in UNSAID)
    if not found.zones:
        count = len(found.faults)
        draft.faults["coordinates"] = ngettext(
            "The area cannot be taken: %(num)d fault, listed beside the map.",
            "The area cannot be taken: %(num)d faults, listed beside the map.",
            count,
        )
        return None
    geometry = found.zones[0].geometry
    declared = _crs(draft.fields)
    if declared is not Crs.WGS84:
        draft.fields["crs_declared"] = str(declared)
        draft.fields["crs"] = "wgs84"
        draft.notes.append(_("The coordinates were converted once from %(crs)s to WGS-84.", crs=declared.upper()))
    draft.fields["coordinates"] = write_coordinates(geometry)
    return geometry


def tell_repair(draft: Draft, found: Imported) -> None:
    """Say what a repair did to the area."""
    repaired = found.zones[0].repaired if found.zones else None
    if repaired is None:
        return
    change = "–" if repaired.change_pct is None else f"{repaired.change_pct:+.3f} %"
    before, after = f"{repaired.area_before_m2:,.0f}", f"{repaired.area_after_m2:,.0f}"
    draft.notes.append(
        _("Repaired as asked: %(before)s m² became %(after)s m² (%(change)s). Look at the map before you publish.",
          before=before, after=after, change=change)
    )  # fmt: skip
