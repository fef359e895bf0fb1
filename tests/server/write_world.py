"""A record for every operation of the API that writes, the account that may, and a body that is right for it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask
from sqlalchemy import Connection, Engine, text

from server.api.operations import Operation
from server.db import transaction
from tests.server import case_rows, records
from tests.server import case_world as world
from tests.server.api_world import Program, make_token
from tests.server.conftest import Browser, City
from tests.server.test_documents import NOTICE
from tests.server.test_repairs import Loop


@dataclass(frozen=True, slots=True)
class Written:
    """Who calls, with what in the address, and the body over the example of the description."""

    who: str
    names: dict[str, Any] = field(default_factory=dict)
    body: dict[str, Any] = field(default_factory=dict)


Make = Callable[["WriteWorld"], Written]


class WriteWorld:
    """Makes what an operation needs, anew at every call."""

    def __init__(self, web: Flask, engine: Engine, city: City, browse: Callable[..., Browser], loop: Loop) -> None:
        self.web, self.engine, self.city, self.browse, self.loop = web, engine, city, browse, loop
        self.made = 0
        self.programs = {
            name: Program(web, make_token(engine, city.accounts[name]))
            for name in ("officer", "police", "reviewer", "station", "workshop", "enterprise", "approver")
        }

    def program(self, who: str) -> Program:
        """The program of an account, always with the same token."""
        return self.programs[who]

    def plate(self) -> str:
        self.made += 1
        return f"辽N5{self.made:04}"

    def ready(self, address: str) -> Written:
        """What the operation `POST /trucks` needs; KeyError for one that nobody has thought of."""
        return WRITES[address](self)

    def file(self, case_id: int, *kinds: str) -> str:
        """Papers for a case; its number."""
        with transaction(self.engine) as connection:
            for kind in kinds:
                world.paper(connection, case_id, kind, self.city.organisations["city"])
            return str(one(connection, "SELECT number FROM cases WHERE id = :id", id=case_id))

    def capture(self, **values: Any) -> int:
        with transaction(self.engine) as connection:
            owner = records.truck(connection, enterprise_id=self.city.enterprise_id)
            return world.capture(connection, self.city, owner[0], **values)

    def case(self) -> int:
        """A filed case of a capture."""
        with transaction(self.engine) as connection:
            owner = records.truck(connection, enterprise_id=self.city.enterprise_id)
            number = world.opened(connection, self.city, ("capture", world.capture(connection, self.city, owner[0])))
            for action in ("fail", "file"):
                world.take(connection, self.city, number, "officer", "main", action)
        return number

    def version(self, table: str, number: int) -> int:
        with transaction(self.engine) as connection:
            return int(one(connection, f"SELECT version FROM {table} WHERE id = :id", id=number))

    def referral(self) -> tuple[str, int]:
        """(number of a referral to the police, its case)."""
        case_id = self.case()
        self.file(case_id, "transfer_letter")
        to = {"to": self.city.organisations["police"], "basis": "行政处罚法第26条"}
        with transaction(self.engine) as connection:
            world.take(connection, self.city, case_id, "officer", "police", "refer", **to)
            number = one(connection, "SELECT number FROM referrals WHERE case_id = :id", id=case_id)
        return str(number), case_id

    def notice(self) -> dict[str, Any]:
        """A notice that the workshop has looked up."""
        notice = self.loop.notice(self.plate())
        assert self.loop.look_up("workshop", notice) == 303
        return notice

    def work(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """A notice with the workshop's open work order."""
        notice, browser, now = self.notice(), self.browse("workshop"), datetime.now(UTC)
        given = {"version": notice["version"], "work_order": f"WX-{notice['id']}", "accepted_at": self.loop_time(now)}
        assert browser.post(f"/repairs/{notice['id']}/begin", given).status_code == 303
        return self.loop.row(notice["id"]), self.loop.work(notice)

    @staticmethod
    def loop_time(at: datetime) -> str:
        return (at + timedelta(hours=8)).strftime("%Y-%m-%dT%H:%M")


def one(connection: Connection, statement: str, **values: Any) -> Any:
    return connection.execute(text(statement), values).scalar_one()


def _inspection(made: WriteWorld) -> Written:
    with transaction(made.engine) as connection:
        number = one(
            connection,
            "INSERT INTO inspections (number, kind, source, subject_text, organisation_id, inspected_at, division,"
            " methods, content, verdict, outcome, standing, law) SELECT 'J20260901-' || 500000 + :n, 'roadside', 'page',"
            " '辽N00001', :o, now(), '211302', '{}', '{}', '{}', 'failed', 'screening', 'CODE' RETURNING id",
            n=made.made, o=made.city.organisations["city"],
        )  # fmt: skip
    made.made += 1
    return Written("officer", {"number64": number})


def _watched(made: WriteWorld) -> dict[str, int]:
    with transaction(made.engine) as connection:
        number = one(
            connection,
            "INSERT INTO watch_entries (subject_text, plate_colour, reason, division, organisation_id, from_on) VALUES"
            " (:text, 'yellow', 'smoke_reported', '211302', :o, '2026-09-01') RETURNING id",
            text=made.plate(), o=made.city.organisations["city"],
        )  # fmt: skip
    return {"number": number}


def _site(made: WriteWorld) -> int:
    made.made += 1
    with transaction(made.engine) as connection:
        return int(one(
            connection, "INSERT INTO sites (enterprise_id, division, name, kind) VALUES (:e, '211302', :n, 'plant')"
            " RETURNING id", e=made.city.enterprise_id, n=f"场地{made.made}",
        ))  # fmt: skip


def _stay(made: WriteWorld) -> dict[str, int]:
    site = _site(made)
    with transaction(made.engine) as connection:
        number = one(
            connection, "INSERT INTO site_stays (site_id, enterprise_id, machine_text, entered_at)"
            " VALUES (:s, :e, :m, '2026-09-01') RETURNING id", s=site, e=made.city.enterprise_id, m=f"3-6N{made.made:05}",
        )  # fmt: skip
    return {"number64": number}


STAY = {"machine": "3-6NA00077", "entered_at": "2026-09-02T07:30:00+08:00", "reason": "录错时间"}


def _confirmed(made: WriteWorld) -> int:
    with transaction(made.engine) as connection:
        owner = records.truck(connection, enterprise_id=made.city.enterprise_id)
        number = records.violation(connection, records.zone(connection), owner, enterprise_id=made.city.enterprise_id)
        connection.execute(
            text(
                "UPDATE violations SET status = 'confirmed', decided_at = now(), decided_by = :u,"
                " decision_reason = 'track_clear' WHERE id = :id"
            ),
            {"id": number, "u": made.city.accounts["officer"]},
        )
        return number


def _plea(made: WriteWorld) -> dict[str, int]:
    with transaction(made.engine) as connection:
        number = one(
            connection, "INSERT INTO pleas (number, enterprise_id, division, violation_id, content, person) VALUES"
            " (gen_random_uuid()::text, :e, '211302', :v, '轨迹显示车辆停放在场外', '王强') RETURNING id",
            e=made.city.enterprise_id, v=_confirmed(made),
        )  # fmt: skip
    return {"number": number}


def _leave(who: str) -> Make:
    """A request for a truck of its own."""

    def make(made: WriteWorld) -> Written:
        plate = made.plate()
        with transaction(made.engine) as connection:
            records.truck(connection, plate, enterprise_id=made.city.enterprise_id)
        return Written(who, {}, {"subject": plate})

    return make


def _open(made: WriteWorld) -> Written:
    return Written("officer", {}, {"sources": [{"kind": "capture", "id": made.capture()}]})


def _step(made: WriteWorld) -> Written:
    number = made.case()
    body = {
        "version": made.version("cases", number),
        "branch": "objection",
        "action": "object",
        "reason": "other",
        "note": "当事人提出异议",
    }
    return Written("officer", {"case": made.file(number)}, body)


def _refer(made: WriteWorld) -> Written:
    number = made.case()
    body = {"version": made.version("cases", number), "to": made.city.organisations["police"]}
    return Written("officer", {"case": made.file(number, "transfer_letter")}, body)


def _answer(made: WriteWorld) -> Written:
    referral, case_id = made.referral()
    return Written("police", {"referral": referral}, {"version": made.version("cases", case_id)})


def _document(made: WriteWorld) -> Written:
    with transaction(made.engine) as connection:
        number = case_rows.case(connection, made.city.organisations["city"])
    values = {name: value for name, value in NOTICE.items() if name != "typed"}
    return Written("officer", {}, {"case_id": number, "form": "prior_notice", "values": values})


def _begin(made: WriteWorld) -> Written:
    notice = made.notice()
    body = {
        "version": notice["version"],
        "work_order": f"WA-{notice['id']}",
        "accepted_at": datetime.now(UTC).isoformat(),
    }
    return Written("workshop", {"number64": notice["id"]}, body)


def _work(made: WriteWorld) -> Written:
    notice, work = made.work()
    return Written("workshop", {"number64": notice["id"], "number": work["id"]}, {"version": work["version"]})


def _retest(made: WriteWorld) -> Written:
    notice, _ = made.work()
    assert made.loop.finish(notice).status_code == 303
    with transaction(made.engine) as connection:
        inspection = case_rows.inspection(
            connection, made.city.organisations["station"], truck_id=notice["truck_id"], outcome="passed",
            subject_text=notice["subject_text"], inspected_at=datetime.now(UTC) + timedelta(minutes=5),
        )  # fmt: skip
    body = {"version": made.version("repair_notices", notice["id"]), "inspection_id": inspection}
    assert made.loop.look_up("station", notice) == 303
    return Written("station", {"number64": notice["id"]}, body)


def _review(made: WriteWorld) -> Written:
    number = made.capture(status="first_review")
    with transaction(made.engine) as connection:
        named = one(
            connection, "UPDATE captures SET number = 'B20260901-' || id WHERE id = :id RETURNING number", id=number
        )
    return Written("reviewer", {"capture": named})


def _files(made: WriteWorld) -> Written:
    return Written("officer", _review(made).names)


def _register(table: str, insert: str) -> Make:
    def make(made: WriteWorld) -> Written:
        made.made += 1
        with transaction(made.engine) as connection:
            number = one(connection, f"{insert} RETURNING id", n=f"{made.made:05}")
        return Written("officer", {"number": number}, {})

    return make


def gate(made: WriteWorld) -> int:
    """A gate of the enterprise of the enterprise account."""
    made.made += 1
    with transaction(made.engine) as connection:
        return int(
            one(
                connection,
                "INSERT INTO gates (enterprise_id, division, entrance_no, barrier_no, name)"
                " VALUES (:e, '211302', :n, '01', '门') RETURNING id",
                e=made.city.enterprise_id,
                n=f"W{made.made % 1000:03}",
            )
        )


def _gate_new(made: WriteWorld) -> Written:
    with transaction(made.engine) as connection:
        one(connection, "UPDATE enterprises SET division = '211302' WHERE id = :e RETURNING id",
            e=made.city.enterprise_id)  # fmt: skip
    made.made += 1
    return Written("enterprise", {}, {"entrance_no": f"N{made.made % 1000:03}"})


PASSAGE = (
    "INSERT INTO ledger_passages (enterprise_id, division, passed_at, entrance_no, barrier_no, direction, plate,"
    " plate_colour, fuel, stage, source, state, content_sha256) VALUES (:e, '211302', now() - interval '1 hour', '1', '01',"
    " 'in', :n, 'yellow', 'diesel', '5', 'phone', '{state}', sha256(cast(:n AS text)::bytea)) RETURNING id"
)
PLANT_VEHICLE = (
    "INSERT INTO plant_vehicles (enterprise_id, division, internal_no, fuel, stage, source, content_sha256)"
    " VALUES (:e, '211302', :n, 'diesel', '5', 'hand', sha256(cast(:n AS text)::bytea)) RETURNING id"
)
PLANT_MACHINE = (
    "INSERT INTO plant_machines (enterprise_id, division, pin, fuel, stage, source, content_sha256)"
    " VALUES (:e, '211302', :n, 'diesel', '3', 'hand', sha256(cast(:n AS text)::bytea)) RETURNING id"
)
CARRIED = (
    "INSERT INTO clean_transport (enterprise_id, division, month, direction, mode, cargo, tonnes, document)"
    " VALUES (:e, '211302', date '2020-01-01' + make_interval(months => cast(right(:n, 2) AS int)), 'in', 'rail', 'coal', 1,"
    " '单据') RETURNING id"
)


def _own(statement: str, name: str, body: dict[str, Any]) -> Make:
    """A row of the enterprise of the enterprise account."""

    def make(made: WriteWorld) -> Written:
        plate = made.plate()
        with transaction(made.engine) as connection:
            number = one(connection, statement, e=made.city.enterprise_id, n=plate)
        return Written("enterprise", {name: number}, body)

    return make


def _alert(body: dict[str, Any]) -> Make:
    """An alert in force, alone in its area."""

    def make(made: WriteWorld) -> Written:
        with transaction(made.engine) as connection:
            connection.execute(text(CITY_AREA))
            connection.execute(text(ENDED))
            number = one(
                connection, "INSERT INTO alerts (level, division, from_at, document, authority, issued_on) VALUES"
                " ('yellow', '211300', now() - interval '1 hour', '朝政预〔2026〕1号', '朝阳市人民政府', current_date)"
                " RETURNING id",
            )  # fmt: skip
        return Written("approver", {"number": number}, body)

    return make


CITY_AREA = (
    "INSERT INTO divisions (code, level, name_zh, name_en, geometry) VALUES ('211300', 'city', '朝阳市', 'Chaoyang',"
    " ST_Multi(ST_MakeEnvelope(119, 40, 121, 42, 4326))) ON CONFLICT DO NOTHING"
)
ENDED = (
    "UPDATE alerts SET state = 'withdrawn', withdrawn_at = now(), withdrawn_reason = '让位' WHERE state = 'active'"
    " AND division = '211300'"
)


def _new_alert(made: WriteWorld) -> Written:
    with transaction(made.engine) as connection:
        connection.execute(text(CITY_AREA))
        connection.execute(text(ENDED))
    return Written("approver")


def _new_carried(made: WriteWorld) -> Written:
    made.made += 1
    return Written("enterprise", {}, {"month": f"20{10 + made.made % 10}-03-01"})


def _later(hours: float) -> str:
    return (datetime.now(UTC) + timedelta(hours=hours)).isoformat()


WRITES: dict[str, Make] = {
    "POST /alerts": _new_alert,
    "POST /alerts/{number}/level": lambda made: _alert({"from_at": _later(0.1)})(made),
    "POST /alerts/{number}/lifting": lambda made: _alert({"to_at": _later(-0.1)})(made),
    "POST /alerts/{number}/withdrawal": _alert({"reason": "录入错误"}),
    "POST /alert-measures": lambda _: Written("approver"),
    "POST /clean-transport": _new_carried,
    "PATCH /clean-transport/{number}": _own(
        CARRIED, "number", {"tonnes": 12.5, "document": "更正单据", "reason": "录入错误"}
    ),
    "PATCH /ledger/passages/{number64}": _own(PASSAGE.format(state="taken"), "number64", {}),
    "POST /ledger/passages/{number64}/strike-out": _own(PASSAGE.format(state="taken"), "number64", {}),
    "POST /ledger/passages/{number64}/confirmation": _own(PASSAGE.format(state="pending"), "number64", {}),
    "POST /ledger/passages/{number64}/refusal": _own(PASSAGE.format(state="pending"), "number64", {}),
    "PATCH /ledger/plant-vehicles/{number64}": _own(PLANT_VEHICLE, "number64", {}),
    "POST /ledger/plant-vehicles/{number64}/strike-out": _own(PLANT_VEHICLE, "number64", {}),
    "PATCH /ledger/plant-machines/{number64}": _own(
        PLANT_MACHINE, "number64", {"reason": "标签看错", "changes": {"stage": "2"}}
    ),
    "POST /ledger/plant-machines/{number64}/strike-out": _own(PLANT_MACHINE, "number64", {}),
    "POST /gates": _gate_new,
    "PUT /gates/{number}": lambda made: Written("enterprise", {"number": gate(made)}),
    "POST /gate-devices": lambda made: Written("enterprise", {}, {"gate_id": gate(made)}),
    "POST /gate-lifts": lambda made: Written(
        "enterprise", {}, {"gate_id": gate(made), "at": datetime.now(UTC).isoformat(), "source_key": None}
    ),
    "POST /whitelist": _leave("officer"),
    "POST /whitelist/applications": _leave("enterprise"),
    "POST /trucks": lambda _: Written("officer"),
    "POST /machines": lambda _: Written("officer"),
    "POST /enterprises": lambda _: Written("officer"),
    "POST /terminals": lambda _: Written("officer", {}, {"truck": None}),
    "PATCH /trucks/{number}": _register(
        "trucks", "INSERT INTO trucks (plate, plate_colour, division) SELECT '辽M' || :n, 'yellow', '211302'"
    ),
    "PATCH /machines/{number}": _register(
        "machines", "INSERT INTO machines (registration_number, division) SELECT '3-6NB' || :n, '211302'"
    ),
    "PATCH /enterprises/{number}": _register(
        "enterprises", "INSERT INTO enterprises (name, division) SELECT '企业' || :n, '211302'"
    ),
    "PATCH /terminals/{number}": _register(
        "terminals", "INSERT INTO terminals (kind, device) SELECT 'hdv', 'device' || :n"
    ),
    "POST /inspections": lambda _: Written("officer"),
    "PATCH /inspections/{number64}": _inspection,
    "POST /inspections/{number64}/withdrawal": lambda made: Written(
        "officer", _inspection(made).names, {"reason": "录错车辆"}
    ),
    "POST /watch-list": lambda made: Written("officer", {}, {"subject": made.plate()}),
    "POST /watch-list/{number}/withdrawal": lambda made: Written("officer", _watched(made), {"reason": "已经查实"}),
    "POST /pleas": lambda made: Written("enterprise", {}, {"case_id": None, "violation_id": _confirmed(made)}),
    "POST /pleas/{number}/withdrawal": lambda made: Written("enterprise", _plea(made)),
    "POST /pleas/{number}/answer": lambda made: Written("officer", _plea(made)),
    "POST /site-stays": lambda made: Written(
        "officer", {}, {"site_id": _site(made), "entered_at": "2026-09-01T07:30:00+08:00"}
    ),
    "POST /site-stays/{number64}/leaving": lambda made: Written(
        "officer", _stay(made), {"left_at": "2026-09-02T07:30:00+08:00"}
    ),
    "PUT /site-stays/{number64}": lambda made: Written("officer", _stay(made), STAY),
    "POST /cases": _open,
    "POST /cases/{case}/steps": _step,
    "POST /cases/{case}/referrals": _refer,
    "POST /referrals/{referral}/answer": _answer,
    "POST /documents": _document,
    "POST /repairs/{number64}/work-orders": _begin,
    "PUT /repairs/{number64}/work-orders/{number}": _work,
    "POST /repairs/{number64}/retests": _retest,
    "POST /captures/{capture}/reviews": _review,
    "POST /captures/{capture}/files": _files,
    "POST /tokens": lambda _: Written("officer"),
}
"""How to make each write of the API work, by its address; a new operation without an entry fails the tests."""


def body_of(spec: Operation, written: Written) -> dict[str, Any]:
    """The example of the description with what the world has."""
    return {**spec.examples.get("body", {}), **written.body}
