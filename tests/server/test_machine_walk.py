"""A machine over the limit in a class III zone, from the readings to the end of its case (issue 3; APL 51 to 72).

Its owner is a person, so 5000 yuan need a hearing right; the days to ask for it run over the National Day holiday. A
second fine for the same act is refused, by the number of the first case.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Connection, Engine, text

from enforcement.rules.book import BEIJING
from server.db import transaction
from server.flows import open_case, record_retest, repair_work, rule_book
from server.flows.case_drafts import draft_of
from server.flows.case_work import MoveRefused
from server.flows.document_drafts import draft
from server.flows.inspection_subjects import SubjectGiven
from server.flows.judge_inspection import InspectionDraft
from server.flows.open_case import SameAct
from server.flows.record_inspection import record
from server.store import calendar_days, case_bundles, repairs
from server.store.scopes import Scope
from tests.server import case_world, inspection_city
from tests.server.conftest import Browser, City
from tests.server.test_documents import DECISION, NOTICE, Desk
from tests.server.test_repairs import Loop, loop  # noqa: F401 - a fixture

pytestmark = pytest.mark.server
Browse = Callable[..., Browser]
MACHINE, POINT = "3-6NA00377", (120.75, 41.57)
ZONE = "SRID=4326;MULTIPOLYGON(((120.70 41.55, 120.80 41.55, 120.80 41.60, 120.70 41.60, 120.70 41.55)))"
SEEN = datetime(2026, 9, 22, 10, 0, tzinfo=BEIJING)
NOTICED, SERVED = datetime(2026, 9, 25, 9, 0, tzinfo=BEIJING), datetime(2026, 9, 28, 16, 0, tzinfo=BEIJING)
LAST_DAY = date(2026, 10, 10)
"""Five working days from 28 September: 29, 30, then 8, 9 and the make-up Saturday, 10 October."""
HEARD = datetime(2026, 10, 12, 9, 0, tzinfo=BEIJING)
DECIDED, TOLD = datetime(2026, 10, 13, 9, 0, tzinfo=BEIJING), datetime(2026, 10, 14, 15, 0, tzinfo=BEIJING)


@dataclass(frozen=True, slots=True)
class Yard:
    """The machine, and the opacimeter that was checked before both series."""

    machine_id: int
    opacimeter: int


@pytest.fixture(scope="module")
def yard(engine: Engine, city: City) -> Yard:
    with transaction(engine) as connection:
        _zone(connection)
        machine: int = connection.execute(
            text(
                "INSERT INTO machines (registration_number, pin, division, stage, fuel, category, power_kw, owner)"
                " VALUES (:r, 'PINWALK1', '211302', '3', 'diesel', 'excavator', 120, '张三') RETURNING id"
            ),
            {"r": MACHINE},
        ).scalar_one()
        opacimeter = inspection_city.instrument(connection, city, "opacimeter", "walk-1")
        for kind in ("zero", "span", "filter", "leak"):
            connection.execute(
                text("INSERT INTO instrument_checks (instrument_id, kind, at, passed) VALUES (:i, :k, :at, true)"),
                {"i": opacimeter, "k": kind, "at": SEEN - timedelta(hours=1)},
            )
    return Yard(machine, opacimeter)


def _zone(connection: Connection) -> None:
    zone_id = connection.execute(
        text(
            "INSERT INTO zones (code, name_zh, name_en, division) VALUES ('ZW', '三类区', 'Class III', '211302') RETURNING id"
        )
    ).scalar_one()
    connection.execute(
        text(
            "INSERT INTO zone_versions (zone_id, number, geometry, terms, valid_from) VALUES"
            " (:z, 1, ST_GeomFromEWKT(:g), cast(:t AS jsonb), '2026-01-01')"
        ),
        {"z": zone_id, "g": ZONE, "t": json.dumps({"applies_to": ["machine"], "smoke_class": "III"})},
    )


class Walk:
    """A case of the machine, step by step, each by the account whose step it is."""

    def __init__(self, engine: Engine, city: City, desk: Desk, yard: Yard) -> None:
        self.engine, self.city, self.desk, self.yard = engine, city, desk, yard

    def inspected(self, at: datetime) -> int:
        """Two officers measure it where it works; 0.6 is over class III (0.5), not over class II (0.8)."""
        content = {
            "kind": "machine_spot", "at": at.isoformat(), "methods": {"machine_smoke": {"peaks": [0.6, 0.6, 0.6]}},
            "officers": inspection_city.OFFICERS, "weather": inspection_city.WEATHER,
        }  # fmt: skip
        given = InspectionDraft(content, SubjectGiven(MACHINE), *POINT, "工地", "211302", (self.yard.opacimeter,))
        with transaction(self.engine) as connection:
            actor = case_world.actor(case_world.account(connection, self.city, "officer"))
            rules = rule_book.current(connection)
            return record(connection, actor, Scope("2113"), rules, given, at + timedelta(minutes=20)).id

    def opened(self, inspection: int, at: datetime, another_act: str = "") -> int:
        with transaction(self.engine) as connection:
            one = case_world.account(connection, self.city, "officer")
            rules, calendar = rule_book.current(connection), calendar_days.load_calendar(connection)
            made = draft_of(connection, one.scope, [("inspection", inspection)])
            made = replace(made, party=replace(made.party, kind="person", name="张三", code="211302199001010011"))
            return open_case.open_case(
                connection, case_world.actor(one), one, one.scope, rules, calendar, made, another_act, at
            )

    def take(self, case_id: int, by: str, action: str, now: datetime | None = None, **more: Any) -> None:
        with transaction(self.engine) as connection:
            case_world.take(connection, self.city, case_id, by, "main", action, now=now, **more)

    def told(self, case_id: int) -> None:
        """Filed, the prior notice issued with the hearing right and served."""
        self.take(case_id, "approver", "file", SEEN + timedelta(days=1))
        notice = self.desk.issue(case_id, "prior_notice", NOTICE, at=NOTICED)
        self.take(case_id, "officer", "notify", NOTICED)
        self.desk.serve(notice, SERVED.date(), at=SERVED)
        self.take(case_id, "officer", "serve_notice", SERVED)

    def discussed(self, case_id: int) -> int:
        """Nobody asked for a hearing; discussed; the decision is written: its document."""
        self.take(case_id, "officer", "end_pleading", HEARD)
        self.take(case_id, "approver", "discuss", HEARD)
        return self.desk.issue(case_id, "decision", {**DECISION, "discussed_on": "2026年10月12日"}, "approver", DECIDED)

    def case(self, case_id: int) -> dict[str, Any]:
        return case_world.row(self.engine, case_id)

    def due(self, case_id: int, kind: str) -> date:
        with transaction(self.engine) as connection:
            found: date = connection.execute(
                text("SELECT due_on FROM deadlines WHERE case_id = :c AND kind = :k"), {"c": case_id, "k": kind}
            ).scalar_one()
        return found


@pytest.fixture(scope="module")
def walk(engine: Engine, city: City, web: Flask, yard: Yard) -> Walk:
    return Walk(engine, city, Desk(web, engine, city), yard)


def test_a_machine_from_its_readings_to_the_end_and_never_a_second_fine(walk: Walk, loop: Loop) -> None:  # noqa: F811
    case_id = walk.opened(walk.inspected(SEEN), SEEN + timedelta(hours=1))
    case = walk.case(case_id)
    assert (case["state"], case["offences"], case["states"]) == ("failed", ["over_limit"], {"repair": "owed"})
    _notice_needs_the_hearing_right(walk, case_id)
    walk.told(case_id)
    assert walk.due(case_id, "hearing_request") == LAST_DAY
    _no_decision_while_the_days_run(walk, case_id)
    decision = walk.discussed(case_id)
    _never_on_the_spot(walk, case_id)
    walk.take(case_id, "approver", "decide", DECIDED, amount="5000", decided_on=DECIDED.date())
    walk.desk.serve(decision, TOLD.date(), "approver", TOLD)
    walk.take(case_id, "officer", "serve", TOLD)
    assert walk.due(case_id, "payment") == date(2026, 10, 29)
    with pytest.raises(MoveRefused) as refused:
        walk.take(case_id, "officer", "pay", TOLD + timedelta(days=3), paid_on="2026-12-31")
    assert [fault.field for fault in refused.value.faults] == ["paid_on"]
    walk.take(case_id, "officer", "pay", TOLD + timedelta(days=3), paid_on="2026-10-16")
    with pytest.raises(MoveRefused, match="repair"):
        walk.take(case_id, "officer", "close")
    _repaired(walk, loop, case_id)
    walk.take(case_id, "officer", "close")
    case = walk.case(case_id)
    assert (case["state"], case["outcome"], case["states"]) == ("closed", "penalised", {"repair": "passed"})
    _no_second_fine(walk, case_id)


def _notice_needs_the_hearing_right(walk: Walk, case_id: int) -> None:
    walk_without = {name: value for name, value in NOTICE.items() if name != "hearing"}
    assert "hearing_right_missing" in walk.desk.refusals(case_id, "prior_notice", walk_without, at=NOTICED)


def _no_decision_while_the_days_run(walk: Walk, case_id: int) -> None:
    """The last day included; on the day after, only the discussion is lacking."""
    for day, refusals in (
        (date(2026, 10, 8), {"hearing_days_run", "discussion_missing"}),
        (LAST_DAY, {"hearing_days_run", "discussion_missing"}),
        (LAST_DAY + timedelta(days=1), {"discussion_missing"}),
    ):
        at = datetime(day.year, day.month, day.day, 20, tzinfo=BEIJING)
        assert walk.desk.refusals(case_id, "decision", DECISION, "approver", at) == refusals


def _never_on_the_spot(walk: Walk, case_id: int) -> None:
    """5000 is more than may be decided on the spot: neither the document nor the step."""
    with transaction(walk.engine) as connection:
        one = case_world.account(connection, walk.city, "officer")
        rules, calendar = rule_book.current(connection), calendar_days.load_calendar(connection)
        made = draft(connection, one, rules, calendar, case_id, "decision_on_the_spot", DECISION, DECIDED)
    assert "not_on_the_spot" in {refusal.code for refusal in made.refusals}
    with pytest.raises(MoveRefused) as refused:
        walk.take(case_id, "approver", "decide", DECIDED, amount="5000", decided_on=DECIDED.date(), on_the_spot="yes")
    assert [fault.field for fault in refused.value.faults] == ["on_the_spot"]


def _repaired(walk: Walk, loop: Loop, case_id: int) -> None:  # noqa: F811
    """A workshop repairs it; a station tests it where it works, so that class III counts again."""
    now = datetime.now(UTC)
    walk.desk.issue(case_id, "repair_notice", {"typed": "1", "contact": "0421-1", "retest_rule": "复检"}, at=now)
    with transaction(walk.engine) as connection:
        notice = repairs.open_of_case(connection, case_id) or {}
        rules, calendar = rule_book.current(connection), calendar_days.load_calendar(connection)
        workshop = case_world.account(connection, walk.city, "workshop")
        who = (connection, case_world.actor(workshop), workshop, rules, calendar)
        work = repair_work.begin(*who, notice["id"], notice["version"], "WX-M1", now, now)
        done = repair_work.Work(
            items=("更换颗粒捕集器",), readings_after=({"name": "烟度", "value": 0.4, "unit": "m⁻¹"},),
            certificate="HG-M1", finished_at=now,
        )  # fmt: skip
        assert repair_work.put_work(*who, work, 1, done, now) == "repaired"
    with transaction(walk.engine) as connection:
        station = case_world.account(connection, walk.city, "station")
        rules, calendar = rule_book.current(connection), calendar_days.load_calendar(connection)
        notice = repairs.lock(connection, notice["id"]) or {}
        judged = record_retest.preview(connection, station, rules, notice, _test(now, 0.6), now)
        assert judged.row["outcome"] == "failed", "0.6 passes class II and fails the class III of the place"
        _, state = record_retest.record_retest(
            connection, case_world.actor(station), station, rules, calendar, notice["id"], notice["version"],
            _test(now, 0.4), "m-1", now,
        )  # fmt: skip
        assert state == "passed"


def _test(at: datetime, k: float) -> InspectionDraft:
    record = {"at": at.isoformat(), "methods": {"machine_smoke": {"peaks": [k, k, k]}}, "officers": [{"name": "甲"}]}
    return InspectionDraft(record, SubjectGiven(""), *POINT)


def _no_second_fine(walk: Walk, case_id: int) -> None:
    """Measured again two hours later: the same act. A case of its own needs a reason, and is never fined."""
    first = walk.case(case_id)["number"]
    again = walk.inspected(SEEN + timedelta(hours=2))
    with pytest.raises(SameAct) as same:
        walk.opened(again, SEEN + timedelta(hours=3))
    assert same.value.case["number"] == first
    second = walk.opened(again, SEEN + timedelta(hours=3), "当事人称系另一次作业")
    walk.told(second)
    walk.discussed(second)
    with pytest.raises(MoveRefused) as refused:
        walk.take(second, "approver", "decide", DECIDED, amount="5000", decided_on=DECIDED.date())
    (fault,) = refused.value.faults
    assert first in fault.zh and first in fault.en and "APL 29" in fault.en
    with transaction(walk.engine) as connection:
        assert case_bundles.rows_of(connection, second, None)["penalties"] == []
    assert walk.case(second)["state"] == "discussed"
