"""What a case would say if it were opened from a violation, a capture or an inspection, or from several of them.

The facts are copied as they stand: a later change of the source changes no case. A source that cannot carry a case
(not confirmed, void as evidence, a screening) is refused with the reason.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from enforcement.rules.penalties import Offence
from server.store import case_grounds
from server.store.scopes import Scope

Source = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Party:
    """Whom the case is against: a person or a unit, with its name and credit or identity code as far as known."""

    name: str | None = None
    kind: str | None = None
    code: str | None = None
    enterprise_id: int | None = None


@dataclass(frozen=True, slots=True)
class CaseDraft:
    """A case before it is opened. `facts["sources"]` holds each source with items, rules, zone versions."""

    sources: tuple[Source, ...]
    subject_kind: str
    truck_id: int | None
    machine_id: int | None
    subject_text: str
    acted_from: datetime
    acted_to: datetime
    division: str
    place: str | None
    lon: float | None
    lat: float | None
    offences: tuple[str, ...]
    facts: Mapping[str, Any]
    party: Party = Party()

    @property
    def subject(self) -> tuple[str, object]:
        """What says that two drafts are about the same thing."""
        number = self.truck_id if self.subject_kind == "truck" else self.machine_id
        return self.subject_kind, number if number is not None else self.subject_text


class SourceRefused(Exception):
    """A source that cannot carry a case; says why in both languages."""

    def __init__(self, source: Source, zh: str, en: str) -> None:
        super().__init__(en)
        self.source, self.zh, self.en = source, zh, en


def draft_of(connection: Connection, scope: Scope, sources: Sequence[Source]) -> CaseDraft:
    """The draft of one or several sources about one subject.

    Raises LookupError for a source outside the scope, SourceRefused for one that cannot carry a case.
    """
    if not sources:
        raise LookupError("a case needs a source")
    drafts = [_READERS[kind](connection, scope, number) for kind, number in dict.fromkeys(sources)]
    joined = drafts[0]
    for draft in drafts[1:]:
        joined = join(joined, draft)
    return joined


def join(one: CaseDraft, other: CaseDraft) -> CaseDraft:
    """Two drafts about the same subject as one."""
    if one.subject != other.subject:
        raise SourceRefused(
            other.sources[0],
            f"“{other.subject_text}”与“{one.subject_text}”不是同一车辆或机械，应分别立案。",
            f"{other.subject_text} and {one.subject_text} are not the same truck or machine: open a case for each.",
        )
    return replace(
        one,
        sources=tuple(dict.fromkeys((*one.sources, *other.sources))),
        acted_from=min(one.acted_from, other.acted_from),
        acted_to=max(one.acted_to, other.acted_to),
        offences=tuple(dict.fromkeys((*one.offences, *other.offences))),
        facts={"sources": [*one.facts["sources"], *other.facts["sources"]]},
        place=one.place or other.place,
        lon=one.lon if one.lon is not None else other.lon,
        lat=one.lat if one.lat is not None else other.lat,
    )


def case_draft_of_violation(connection: Connection, scope: Scope, number: int) -> CaseDraft:
    """A confirmed violation: the forbidden stay in the zone, with the verdict as it was judged."""
    row = _found(case_grounds.violation(connection, scope, number), number)
    if row["status"] != "confirmed":
        raise SourceRefused(
            ("violation", number),
            f"疑似违法记录{row['number']}尚未确认，不能立案；请先确认。",
            f"Violation {row['number']} is not confirmed: confirm it before a case is opened.",
        )
    verdict = row["verdict"]
    named = [one["offence"] for one in verdict.get("proposals", []) if one.get("offence")]
    fallback = Offence.TRUCK_ZONE_BREACH if row["truck_id"] else Offence.ZONE_BREACH
    fact = {
        "sentence": verdict.get("sentence"),
        "reasons": verdict.get("reasons", []),
        "rules": verdict.get("rules", []),
        "questions": verdict.get("questions", []),
        "zones": [
            {"version_id": one.get("version_id"), "version": one.get("version"), **(one.get("zone") or {})}
            for one in verdict.get("segments", [])
        ],
        "items": [],
        "manifest_sha256": (row["evidence"] or {}).get("manifest_sha256"),
    }
    offences = tuple(dict.fromkeys(named)) or (str(fallback),)
    return _draft("violation", row, row["first_at"], row["last_at"], offences, fact, verdict)


def case_draft_of_capture(connection: Connection, scope: Scope, number: int) -> CaseDraft:
    """A capture that two people have confirmed and that stands as evidence (APL 41)."""
    row = _found(case_grounds.capture(connection, scope, number), number)
    source = ("capture", number)
    if row["standing"] != "evidence":
        raise SourceRefused(
            source,
            f"抓拍记录{row['number']}不具备证据效力（设备审核、点位公告等不全），不能作为立案依据。",
            f"Capture {row['number']} is void as evidence (a ground of its device was missing): it carries no case.",
        )
    if row["status"] != "confirmed":
        raise SourceRefused(
            source,
            f"抓拍记录{row['number']}未经两级审核确认，不能立案。",
            f"Capture {row['number']} was not confirmed by two reviews: it carries no case.",
        )
    level = None if row["ringelmann"] is None else float(row["ringelmann"])
    fact = {
        "sentence": {
            "code": "black_smoke_seen",
            "zh": f"{row['place']}的电子抓拍设备{row['device']}记录到该车排放黑烟"
            + (f"，林格曼黑度{level:g}级。" if level is not None else "。"),
            "en": f"Camera {row['device']} at {row['place']} recorded black smoke"
            + (f", Ringelmann {level:g}." if level is not None else "."),
        },
        "items": [
            {"name": "ringelmann", "value": level, "limit": None,
             "unit": "Ringelmann", "margin": None, "over": True, "rule": None}
        ],
        "rules": [],
        "questions": [],
        "zones": [],
    }  # fmt: skip
    at = row["captured_at"]
    return _draft("capture", row, at, at, (str(Offence.FAILED_INSPECTION),), fact, fact)


def case_draft_of_inspection(connection: Connection, scope: Scope, number: int) -> CaseDraft:
    """A failed inspection with legal standing."""
    row = _found(case_grounds.inspection(connection, scope, number), number)
    source = ("inspection", number)
    if row["status"] != "recorded" or row["outcome"] != "failed":
        raise SourceRefused(
            source,
            f"检查记录{row['number']}未判为不合格或已撤回，不能立案。",
            f"Inspection {row['number']} did not fail, or was withdrawn: it carries no case.",
        )
    if row["standing"] != "legal":
        raise SourceRefused(
            source,
            f"检查记录{row['number']}仅为筛查（仪器检定或人员等要件不全），不能作为处罚依据；请重新检测。",
            f"Inspection {row['number']} is a screening (instrument or officers were not in order): measure again.",
        )
    verdict, at = row["verdict"], row["inspected_at"]
    fallback = Offence.FAILED_INSPECTION if row["truck_id"] else Offence.OVER_LIMIT
    offences = tuple(row["offences"]) or (str(fallback),)
    return _draft("inspection", row, at, at, offences, _inspection_fact(verdict, row), verdict)


def _inspection_fact(verdict: Mapping[str, Any], row: Mapping[str, Any]) -> dict[str, Any]:
    """Items, rules and sentences of every judgement in the verdict."""
    parts = [verdict, *verdict.get("judgements", [])]
    sentences = [one["sentence"] for one in parts if one.get("sentence")]
    return {
        "sentence": {
            "code": "inspection_failed",
            "zh": "".join(one["zh"] for one in sentences),
            "en": " ".join(one["en"] for one in sentences),
        }
        if sentences
        else None,
        "items": [item for one in parts for item in one.get("items", [])],
        "rules": list({rule["key"]: rule for one in parts for rule in one.get("rules", [])}.values()),
        "questions": [doubt for one in parts for doubt in one.get("doubts", [])],
        "zones": [_zone(one) for one in verdict.get("zones", [])]
        or [{"version_id": number} for number in row["zone_version_ids"]],
        "version": row["version"],
    }


def _zone(one: Mapping[str, Any]) -> dict[str, Any]:
    named = {"zh": one.get("name_zh"), "en": one.get("name_en")}
    return {"version_id": one.get("version_id"), "version": one.get("version"), "code": one.get("code"), **named}


def _found(row: dict[str, Any] | None, number: int) -> dict[str, Any]:
    if row is None:
        raise LookupError(number)
    return row


def _draft(
    kind: str,
    row: Mapping[str, Any],
    acted_from: datetime,
    acted_to: datetime,
    offences: tuple[str, ...],
    fact: Mapping[str, Any],
    verdict: Any,
) -> CaseDraft:
    is_machine = row["machine_id"] is not None or (row["truck_id"] is None and row.get("kind") == "machine_spot")
    text = row["plate"] or row["machine_number"] or row.get("subject_text") or row.get("plate_read")
    said = {
        "kind": kind,
        "id": row["id"],
        "number": row["number"],
        "at": acted_from.isoformat(),
        "to": acted_to.isoformat(),
        "place": row["place"],
        "law": row["law"],
        "offences": list(offences),
        "sha256": _hash(verdict),
        **fact,
    }
    return CaseDraft(
        sources=((kind, row["id"]),),
        subject_kind="machine" if is_machine else "truck",
        truck_id=row["truck_id"],
        machine_id=row["machine_id"],
        subject_text=text or row["number"],
        acted_from=acted_from,
        acted_to=acted_to,
        division=row["division"],
        place=row["place"],
        lon=row["lon"],
        lat=row["lat"],
        offences=offences,
        facts={"sources": [said]},
        party=_party(row),
    )


def _party(row: Mapping[str, Any]) -> Party:
    if row["enterprise_id"] is not None:
        return Party(row["enterprise"], "unit", row["enterprise_code"], row["enterprise_id"])
    return Party(name=row["truck_owner"] or row["machine_owner"])


def _hash(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()


_READERS = {
    "violation": case_draft_of_violation,
    "capture": case_draft_of_capture,
    "inspection": case_draft_of_inspection,
}
KINDS = tuple(_READERS)
"""Kinds of sources that a case can be opened from."""
