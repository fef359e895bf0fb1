"""A row of a ledger, read field by field: every fault is found, not only the first."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields as dataclass_fields
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from enforcement.ledgers.codes import Codes
from enforcement.ledgers.faults import RowFault, ValueFault, shown
from enforcement.ledgers.fields import Field
from enforcement.ledgers.values import read_value

Values = dict[str, Any]


def read_fields(
    raw: Mapping[str, object], fields: tuple[Field, ...], codes: Codes
) -> tuple[Values, tuple[RowFault, ...]]:
    """Every field of the table that could be read, None where nothing stands, and every fault."""
    values: Values = {}
    known = {field.name for field in fields}
    faults = [_unknown(name) for name in raw if name not in known]
    for field in fields:
        given = raw.get(field.name)
        try:
            values[field.name] = read_value(field, given, codes)
        except ValueFault as fault:
            faults.append(RowFault(field.name, fault.code, shown(given), f"{field.zh}：{fault.zh}", fault.en))
            continue
        if field.required and values[field.name] is None:
            faults.append(RowFault(field.name, "missing", shown(given), f"缺少{field.zh}。", f"{field.en} is missing."))
    return values, tuple(faults)


def _unknown(name: object) -> RowFault:
    zh = f"没有“{shown(name)}”这个字段，请核对字段名。"
    return RowFault(shown(name), "unknown_field", "", zh, f"There is no field {shown(name)!r}: check its name.")


def content_hash(record: Any, but: frozenset[str] = frozenset()) -> bytes:
    """SHA-256 of what a record says, the same however it was written down."""
    said = {one.name: getattr(record, one.name) for one in dataclass_fields(record) if one.name not in but}
    return hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=False, default=written).encode()).digest()


def written(value: object) -> object:
    """A value in one way only: times in UTC, numbers without trailing zeros."""
    if isinstance(value, datetime):
        return round(value.timestamp() * 1e6)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    return str(value)


def photos_of(values: Values) -> dict[str, str]:
    """The pictures beside the main one, by what they show."""
    named = {name.removeprefix("photo_"): value for name, value in values.items() if name.startswith("photo_")}
    return {name: value for name, value in named.items() if value}
