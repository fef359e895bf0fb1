"""What tests of cases stand on: confirmed violations, captures, inspections, documents of a case, and one step."""

import json
from datetime import UTC, date, datetime
from itertools import count
from typing import Any

from sqlalchemy import Connection, Engine, text

from server.db import transaction
from server.flows import move_case, rule_book
from server.flows.case_drafts import draft_of
from server.flows.case_work import Move
from server.flows.move_case import move
from server.flows.open_case import open_case
from server.store import calendar_days, cases, users
from server.store.audit import Actor
from server.store.scopes import Scope
from server.store.users import Account
from tests.server import records
from tests.server.conftest import City

numbers = count(1)
ACT = datetime(2026, 9, 1, 1, 0, tzinfo=UTC)


def confirmed(
    connection: Connection, place: records.Zone, city: City, owner: tuple[int, int] | None = None, **values: Any
) -> int:
    """A confirmed violation of a truck; its id."""
    number = records.violation(connection, place, owner, first_at=values.pop("first_at", ACT), **values)
    connection.execute(
        text(
            "UPDATE violations SET status = 'confirmed', decided_by = :u, decided_at = now(),"
            " decision_reason = 'track_clear', decision_note = '核对无误', evidence = '{\"manifest_sha256\": \"ab\"}'"
            " WHERE id = :id"
        ),
        {"u": city.accounts["officer"], "id": number},
    )
    return number


def machine(connection: Connection, enterprise_id: int | None = None, owner: str | None = None) -> int:
    """A machine of the register."""
    n = next(numbers)
    found: int = connection.execute(
        text(
            "INSERT INTO machines (registration_number, machine_code, category, stage, fuel, division, owner,"
            " enterprise_id) VALUES (:r, :c, 'loader', '2', 'diesel', '211302', :o, :e) RETURNING id"
        ),
        {"r": f"2-FCB{n:05}", "c": f"MC{n:012}", "o": owner, "e": enterprise_id},
    ).scalar_one()
    return found


def inspection(connection: Connection, city: City, **values: Any) -> int:
    """An inspection that failed with legal standing, unless the values say otherwise."""
    n = next(numbers)
    verdict = {
        "items": [{"name": "mean_k", "value": 1.95, "limit": 1.61, "unit": "m-1", "margin": -0.34, "over": True,
                   "rule": {"key": "smoke_k.I@2018-12-01", "legal_basis": "GB 36886", "certainty": "confirmed"}}],
        "rules": [{"key": "smoke_k.I@2018-12-01", "id": "smoke_k.I", "value": 1.61, "unit": "m-1",
                   "legal_basis": "GB 36886", "certainty": "confirmed", "zh": "Ⅰ类限值", "en": "Class I limit"}],
        "sentence": {"code": "failed", "zh": "光吸收系数超过限值。", "en": "The coefficient is over the limit."},
    }  # fmt: skip
    found: int = connection.execute(
        text(
            "INSERT INTO inspections (number, kind, source, truck_id, machine_id, subject_text, organisation_id,"
            " inspected_at, place, division, methods, content, verdict, outcome, standing, offences, law, status)"
            " VALUES (:number, :kind, 'page', :truck, :machine, :subject, :o, :at, '双塔区工地', :division,"
            " '{machine_smoke}', '{}', cast(:verdict AS jsonb), :outcome, :standing, :offences, 'CODE', :status)"
            " RETURNING id"
        ),
        {
            "number": f"I20260901-{n:06}",
            "kind": "machine_spot" if values.get("machine_id") else "roadside",
            "truck": values.get("truck_id"),
            "machine": values.get("machine_id"),
            "subject": values.get("subject_text", f"S{n}"),
            "o": city.organisations["city"],
            "at": values.get("at", ACT),
            "division": values.get("division", "211302"),
            "verdict": json.dumps(verdict, ensure_ascii=False),
            "outcome": values.get("outcome", "failed"),
            "standing": values.get("standing", "legal"),
            "offences": values.get("offences", ["over_limit"] if values.get("machine_id") else ["failed_inspection"]),
            "status": values.get("status", "recorded"),
        },
    ).scalar_one()
    return found


def capture(connection: Connection, city: City, truck_id: int | None, **values: Any) -> int:
    """A confirmed capture with evidence standing, unless the values say otherwise."""
    n = next(numbers)
    device = connection.execute(
        text(
            "INSERT INTO capture_devices (code, name, place, lon, lat, division, organisation_id)"
            " VALUES (:c, '抓拍', '珠江路口', 120.45, 41.57, '211302', :o) RETURNING id"
        ),
        {"c": f"CAM{n}", "o": city.organisations["city"]},
    ).scalar_one()
    found: int = connection.execute(
        text(
            "INSERT INTO captures (number, device_id, source_key, body_sha256, captured_at, division, plate,"
            " plate_colour, truck_id, ringelmann, standing, status, law) VALUES (:number, :device, :key, sha256('a'),"
            " :at, :division, :plate, 'yellow', :truck, 3, :standing, :status, 'CODE') RETURNING id"
        ),
        {
            "number": f"K20260901-{n:06}",
            "device": device,
            "key": str(n),
            "at": values.get("at", ACT),
            "division": values.get("division", "211302"),
            "plate": values.get("plate", "辽N00000"),
            "truck": truck_id,
            "standing": values.get("standing", "evidence"),
            "status": values.get("status", "confirmed"),
        },
    ).scalar_one()
    return found


def paper(connection: Connection, case_id: int, kind: str, organisation_id: int, served_on: date | None = None) -> int:
    """A document of a case, issued or served."""
    n = next(numbers)
    found: int = connection.execute(
        text(
            "INSERT INTO documents (case_id, kind, organisation_id, word, year, serial, number, state, content,"
            " template, law, served_on, served_how, served_to) VALUES (:c, :kind, :o, '测', 2026, :n, :number, :state, '{}',"
            " 't', 'CODE', :served, :how, :whom) RETURNING id"
        ),
        {
            "c": case_id,
            "kind": kind,
            "o": organisation_id,
            "n": n,
            "number": f"朝环测〔2026〕{n}号",
            "state": "served" if served_on else "issued",
            "served": served_on,
            "how": "in_person" if served_on else None,
            "whom": "当事人" if served_on else None,
        },
    ).scalar_one()
    return found


def account(connection: Connection, city: City, username: str) -> Account:
    """An account of the test city."""
    found = users.find_account(connection, city.accounts[username])
    assert found is not None
    return found


def actor(one: Account) -> Actor:
    """The account as the audit log names it."""
    return Actor(one.id, one.username, one.organisation_id)


def opened(connection: Connection, city: City, *sources: tuple[str, int], by: str = "officer", **more: Any) -> int:
    """A case opened from these sources."""
    one = account(connection, city, by)
    book, calendar = rule_book.current(connection), calendar_days.load_calendar(connection)
    draft = draft_of(connection, one.scope, sources)
    return open_case(connection, actor(one), one, one.scope, book, calendar, draft, **more)


def take(connection: Connection, city: City, case_id: int, by: str, branch: str, action: str, **more: Any) -> int:
    """One step by an account, with the newest version; values: reason, note, now, version, and entries of the form."""
    one = account(connection, city, by)
    book, calendar = rule_book.current(connection), calendar_days.load_calendar(connection)
    now, reason, note = more.pop("now", None), more.pop("reason", None), more.pop("note", "")
    version = more.pop("version", None) or version_of(connection, case_id)
    asked = Move(branch, action, version, reason, note, {name: str(value) for name, value in more.items()})
    return move(connection, actor(one), one, one.scope, book, calendar, case_id, asked, now)


def recorded(connection: Connection, city: City, case_id: int, by: str, action: str) -> int:
    """A step of the repair branch, as the flows of notices, repairs and re-tests take it with their own record."""
    one = account(connection, city, by)
    book, calendar = rule_book.current(connection), calendar_days.load_calendar(connection)
    case = cases.lock(connection, Scope(), case_id)
    assert case is not None
    asked = Move("repair", action, case["version"])
    return move_case.take(connection, actor(one), one, book, calendar, case, asked, datetime.now(UTC))


def version_of(connection: Connection, case_id: int) -> int:
    """The version of a case now."""
    found: int = connection.execute(text("SELECT version FROM cases WHERE id = :id"), {"id": case_id}).scalar_one()
    return found


def row(engine: Engine, case_id: int) -> dict[str, Any]:
    """A case as it is stored."""
    with transaction(engine) as connection:
        found = connection.execute(text("SELECT * FROM cases WHERE id = :id"), {"id": case_id}).one()
        return dict(found._mapping)
