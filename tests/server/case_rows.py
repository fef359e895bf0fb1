"""Cases and failed inspections for tests of documents and repairs, put into the tables as the flows would."""

import json
from datetime import UTC, datetime
from itertools import count
from typing import Any

from sqlalchemy import Connection, text

from server.store import cases

ACT = datetime(2026, 8, 20, 2, 15, tzinfo=UTC)
numbers = count(1)


def facts(value: float = 1.95, limit: float = 1.61, unit: str = "m⁻¹") -> dict[str, Any]:
    """One inspection as a source of a case, over its limit."""
    return {
        "sources": [
            {
                "kind": "inspection",
                "at": ACT.isoformat(),
                "sentence": {"zh": f"烟度均值{value:g}，超过限值{limit:g}。", "en": "Smoke is over the limit."},
                "items": [
                    {"name": "smoke_mean", "value": value, "limit": limit, "unit": unit, "margin": limit - value,
                     "over": value > limit}
                ],
                "rules": [{"key": "smoke_k.I@2018-12-01", "legal_basis": "GB 36886-2018, table 1"}],
            }
        ]
    }  # fmt: skip


def case(connection: Connection, organisation_id: int, **values: Any) -> int:
    """A filed case: of a machine over the limit, owned by a person, unless said otherwise."""
    row = {
        "subject_kind": "machine", "truck_id": None, "machine_id": None, "subject_text": "2-6NB00012",
        "home_city": None, "enterprise_id": None, "party_name": "张三", "party_kind": "person",
        "party_code": "211302199001010011", "division": "211302", "organisation_id": organisation_id,
        "acted_from": ACT, "acted_to": ACT, "place": "朝阳市双塔区货场", "lon": 120.45, "lat": 41.57, "law": "CODE",
        "offences": ["over_limit"], "facts": facts(), "state": "filed", "states": {}, "holder_id": organisation_id,
        "assigned_to": None, "opened_by": None, "filed_at": ACT, **values,
    }  # fmt: skip
    return cases.insert(connection, row, "20261124")[0]


def steps(connection: Connection, case_id: int, *actions: str) -> None:
    """Steps of the main line, as if they had been taken."""
    for action in actions:
        connection.execute(
            text("INSERT INTO case_steps (case_id, branch, action, to_state) VALUES (:c, 'main', :a, :a)"),
            {"c": case_id, "a": action},
        )


def inspection(connection: Connection, organisation_id: int, **values: Any) -> int:
    """An inspection with its judgement; failed and legal unless said otherwise."""
    n = next(numbers)
    verdict = {"judgements": [{"items": facts()["sources"][0]["items"]}], **facts()["sources"][0]}
    row = {
        "number": f"I20260820-{n:06}", "kind": "on_site", "truck_id": None, "machine_id": None,
        "subject_text": "2-6NB00012", "enterprise_id": None, "organisation_id": organisation_id, "inspected_at": ACT,
        "division": "211302", "outcome": "failed", "standing": "legal", "offences": ["over_limit"], "law": "CODE",
        "verdict": json.dumps(verdict), **values,
    }  # fmt: skip
    number: int = connection.execute(
        text(
            "INSERT INTO inspections (number, kind, source, truck_id, machine_id, subject_text, enterprise_id,"
            " organisation_id, inspected_at, division, methods, content, verdict, outcome, standing, offences, law)"
            " VALUES (:number, :kind, 'page', :truck_id, :machine_id, :subject_text, :enterprise_id, :organisation_id,"
            " :inspected_at, :division, '{machine_smoke}', '{}', cast(:verdict AS jsonb), :outcome, :standing,"
            " :offences, :law) RETURNING id"
        ),
        row,
    ).scalar_one()
    return number
