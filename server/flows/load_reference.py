"""Reference data that the platform runs on: administrative areas, the bureaus that answer for them, the rule book.

Boundaries come from a published package (geo.divisions), English names and bureaus from data files. Running it again
changes nothing; what a bureau has edited since stays.
"""

from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import Engine

from geo.divisions import Level, UnknownDivisionError, find_division
from server.db import transaction
from server.flows.rule_book import record_shipped
from server.store import divisions, organisations
from server.store.divisions import DivisionRow

DATA = Path(__file__).resolve().parent.parent / "demo_city"
LEVELS = {Level.PROVINCE: "province", Level.CITY: "city", Level.DISTRICT: "county"}


def load_reference(engine: Engine) -> dict[str, int]:
    """Load areas, organisations and shipped rules; how many rows of each were added or changed."""
    with transaction(engine) as connection:
        areas = sum(divisions.put_division(connection, *_area(code, name)) for code, name in _names().items())
        bodies = organisations.put_organisations(connection, _read("organisations.yaml"))
        rules = record_shipped(connection)
    return {"divisions": areas, "organisations": bodies, "rules": rules}


def _names() -> dict[str, str]:
    """Codes with English names, wider areas first: a parent stands before its parts."""
    names: dict[str, str] = _read("divisions.yaml")
    return dict(sorted(names.items(), key=lambda item: (_rank(item[0]), item[0])))


def _rank(code: str) -> int:
    return 0 if code.endswith("0000") else 1 if code.endswith("00") else 2


def _area(code: str, name_en: str) -> tuple[DivisionRow, Any]:
    found = find_division(code)
    if found is None:
        raise UnknownDivisionError(code)
    row = DivisionRow(code, found.parent, LEVELS[found.level], found.name, name_en)
    return row, found.geometry


def _read(name: str) -> Any:
    return yaml.safe_load((DATA / name).read_text(encoding="utf-8"))
