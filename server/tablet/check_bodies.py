"""A check as a tablet sends it: the body of POST /tablet/sync/checks, and the check that the flow takes."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from enforcement.inspections.records import InspectionKind
from enforcement.registry.plates import PlateColour
from server.flows.inspection_subjects import SubjectGiven
from server.flows.judge_inspection import InspectionDraft
from server.flows.keep_evidence import MOST_FILES
from server.flows.sent_checks import Base, SentCheck, SentFile
from server.tablet.bodies import NO_NUL, Body, Moment, Sha256, Text100, Text200, Uuid

INT32, INT64 = 2**31 - 1, 2**63 - 1
MOST_MS = 10**13  # 300 years: as far as a clock can be off
KIND: Any = Literal[tuple(map(str, InspectionKind))]
COLOUR: Any = Literal[tuple(map(str, PlateColour))]
Id32 = Annotated[int, Field(ge=1, le=INT32)]
Milliseconds = Annotated[int, Field(ge=-MOST_MS, le=MOST_MS)]
Degrees = Annotated[float, Field(ge=-180, le=180)]
Readings = dict[str, Any]


class OfficerIn(Body):
    """Who inspected."""

    name: Text100
    card_number: Text100 = ""


class CheckIn(Body):
    """What was found at the place; names as in the JSON API and in `enforcement.inspections`.

    `at`: of a correction alone, where the time of the inspection itself is corrected.
    """

    kind: KIND
    subject: Text100
    at: Moment | None = None
    colour: COLOUR | None = None
    subject_kind: Literal["truck", "machine"] | None = None
    stage: Text100 | None = None
    fuel: Text100 | None = None
    category: Text100 | None = None
    power_kw: float | None = None
    rated_power_kw: float | None = None
    lon: float | None = None
    lat: float | None = None
    accuracy_m: Annotated[float, Field(ge=0, le=1e6)] | None = None
    place: Text200 = ""
    methods: dict[str, Readings]
    officers: list[OfficerIn] = Field(default_factory=list, max_length=20)
    weather: Readings | None = None
    checklist: list[Readings] = Field(default_factory=list, max_length=50)
    party: Readings | None = None
    note: Annotated[str, StringConstraints(max_length=2000, pattern=NO_NUL)] = ""
    instrument_ids: list[Id32] = Field(default_factory=list, max_length=20)


class FileIn(Body):
    """A photo, paper or signature that was sent before the check."""

    sha256: Sha256
    bytes: Annotated[int, Field(ge=1, le=INT64)]
    purpose: Annotated[str, StringConstraints(pattern="^[a-z_]{1,40}$")]
    name: Annotated[str, StringConstraints(min_length=1, max_length=300, pattern=NO_NUL)]
    taken_at: Moment | None = None
    lon: Degrees | None = None
    lat: Annotated[float, Field(ge=-90, le=90)] | None = None


class BaseIn(Body):
    """What a correction was made from."""

    id: Annotated[int, Field(ge=1, le=INT64)]
    version: Annotated[int, Field(ge=1, le=INT32)]


class NoticeIn(Body):
    """The notice that was handed out."""

    number: Annotated[str, StringConstraints(pattern="^W[0-9]{4}T-[0-9]{6,12}$")]


class AssignmentIn(Body):
    """What it was done for."""

    id: Id32
    subject_id: Id32 | None = None


class VerdictIn(Body):
    """What the tablet showed at the place."""

    outcome: Text100
    standing: Text100
    offences: list[Text100] = Field(default_factory=list, max_length=20)


class SentIn(Body):
    """A check; every time but `check.at` is by the clock of the device."""

    key: Uuid
    tablet: Uuid
    base: BaseIn | None = None
    reason: Annotated[str, StringConstraints(max_length=500, pattern=NO_NUL)] = ""
    device_at: Moment
    offset_ms: Milliseconds | None = None
    begun_at: Moment | None = None
    ended_at: Moment | None = None
    sent_at: Moment
    check: CheckIn
    files: list[FileIn] = Field(default_factory=list, max_length=MOST_FILES)
    notice: NoticeIn | None = None
    assignment: AssignmentIn | None = None
    device_verdict: VerdictIn | None = None
    unsent: Annotated[int, Field(ge=0, le=1_000_000)] | None = None

    def sent(self, division: str) -> SentCheck:
        """As the flow takes it; `division` is the account's, for a check without a point."""
        check = self.check
        return SentCheck(
            key=UUID(self.key),
            tablet=UUID(self.tablet),
            draft=_draft(check, division),
            device_at=self.device_at,
            sent_at=self.sent_at,
            body=self.model_dump(mode="json", exclude={"tablet", "sent_at", "unsent"}),
            base=Base(self.base.id, self.base.version) if self.base else None,
            reason=self.reason,
            at=check.at,
            offset_ms=self.offset_ms,
            begun_at=self.begun_at,
            ended_at=self.ended_at,
            accuracy_m=check.accuracy_m,
            files=tuple(SentFile(**{name: getattr(one, name) for name in FileIn.model_fields}) for one in self.files),
            notice_number=self.notice.number if self.notice else None,
            assignment_id=self.assignment.id if self.assignment else None,
            device_verdict=self.device_verdict.model_dump() if self.device_verdict else None,
            unsent=self.unsent,
        )


def _draft(check: CheckIn, division: str) -> InspectionDraft:
    record: dict[str, Any] = {
        "kind": check.kind,
        "methods": check.methods,
        "officers": [officer.model_dump() for officer in check.officers],
        "checklist": check.checklist,
        "note": check.note,
    }
    record |= {name: value for name in ("weather", "party") if (value := getattr(check, name)) is not None}
    subject = SubjectGiven(
        check.subject, check.colour or "", check.subject_kind or "", check.stage or "", check.fuel or "",
        check.category or "", check.power_kw, check.rated_power_kw,
    )  # fmt: skip
    return InspectionDraft(record, subject, check.lon, check.lat, check.place, division, tuple(check.instrument_ids))
