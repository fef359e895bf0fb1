"""A device in a zone that belongs to no active record: only ever a lead (notice 655 of 2019)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from enforcement.registry.subjects import Subject, SubjectState
from enforcement.rules.book import RuleBook
from enforcement.zones.reasons import Reason, ReasonCode
from enforcement.zones.terms import Purpose, ZoneTerms

ID = "unregistered_visit"
ZH = "未登记终端进入管控区域"
EN = "A device without a record in a zone"


def reasons(
    subject: Subject | None,
    terms: ZoneTerms,
    rules: RuleBook,
    at: datetime,
    purposes: Collection[Purpose] = (),
) -> tuple[Reason, ...]:
    """A lead when nothing is registered for the device, or when what is registered is out of use."""
    if subject is None:
        zh = "终端未关联已登记的车辆或机械，需核实身份。"
        en = "The device belongs to no registered truck or machine; find out whose it is."
        return (Reason(ReasonCode.UNREGISTERED, zh, en, is_firm=False),)
    if subject.state in (SubjectState.SCRAPPED, SubjectState.CANCELLED):
        zh = f"登记状态为“{subject.state}”，仍在区域内活动，需核实。"
        en = f"The record is {subject.state}, yet it moves in the zone; check it."
        return (Reason(ReasonCode.NOT_ACTIVE, zh, en, is_firm=False),)
    return ()
