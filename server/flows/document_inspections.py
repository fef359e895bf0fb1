"""What a document takes from the inspections that its case rests on: officers, instruments, who was present."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection

from enforcement.inspections.instruments import INSTRUMENT_NAMES
from server.store import documents

Content = Mapping[str, Any]
RECORDS = frozenset({"inspection_record", "scene_record"})
"""Forms that tell of the inspection itself, by those who made it."""


def values_of_inspections(connection: Connection, case_id: int, form: str) -> dict[str, str]:
    """Values by placeholder; nothing where the case rests on no inspection of officers."""
    found = documents.inspected(connection, case_id)
    values = {"instruments": "；".join(_each(_instrument(one) for content in found for one in content["instruments"]))}
    if form in RECORDS:
        values["officers"] = "、".join(_each(_officer(one) for content in found for one in content["officers"]))
        values["attendant"] = "、".join(_each(_present(content) for content in found))
    return {name: text for name, text in values.items() if text}


def _each(texts: Iterable[str]) -> list[str]:
    return [text for text in dict.fromkeys(texts) if text]


def _instrument(one: Content) -> str:
    name = INSTRUMENT_NAMES.get(one["kind"], (one["kind"], ""))[0]
    days = [proof["valid_to"] for proof in one.get("verifications") or []]
    until = f"，检定有效期至{max(days)}" if days else ""
    return f"{name} {one.get('model') or ''}（编号{one['serial']}{until}）"


def _officer(one: Content) -> str:
    return f"{one['name']}（{one['card_number']}）" if one.get("card_number") else str(one.get("name") or "")


def _present(content: Content) -> str:
    return str((content.get("party") or {}).get("name") or "")
