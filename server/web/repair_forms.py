"""What a station types about its work, as the flow takes it: one entry a line; a reading is item, value, unit."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from server.flows.repair_work import Work
from server.web.language import ZONE

_READING = re.compile(r"(?P<name>.+?)\s+(?P<value>-?\d+(?:[.,]\d+)?)\s*(?P<unit>\S{0,20})")
_PART = re.compile(r"(?P<name>.+?)(?:\s*[×xX*]\s*(?P<amount>\d{1,6}))?")


def work_of(form: Mapping[str, str], finish: bool) -> Work:
    """The form as work; `finish`: with the time at which it was finished."""
    return Work(
        tuple(re.split(r"[\s,，、;；]+", form.get("fault_codes", "").strip()))
        if form.get("fault_codes", "").strip()
        else (),
        tuple(_lines(form, "items")),
        tuple(_part(line) for line in _lines(form, "parts")),
        tuple(_reading(line) for line in _lines(form, "readings_before")),
        tuple(_reading(line) for line in _lines(form, "readings_after")),
        form.get("certificate", ""),
        moment_of(form.get("finished_at", "")) if finish else None,
    )


def _lines(form: Mapping[str, str], name: str) -> list[str]:
    return [line.strip() for line in form.get(name, "").splitlines() if line.strip()]


def _part(line: str) -> dict[str, Any]:
    found = _PART.fullmatch(line)
    return {"name": found["name"] if found else line, "amount": int(found["amount"] or 1) if found else 1}


def _reading(line: str) -> dict[str, Any]:
    found = _READING.fullmatch(line)
    if found is None:
        return {"name": line, "value": None, "unit": ""}
    return {"name": found["name"], "value": float(found["value"].replace(",", ".")), "unit": found["unit"]}


def moment_of(text: str) -> datetime | None:
    """A local date and time of a form."""
    try:
        return datetime.fromisoformat(text.strip()).replace(tzinfo=ZONE)
    except ValueError:
        return None


def typed(work: Mapping[str, Any]) -> dict[str, str]:
    """Stored work as the form shows it."""

    def readings(name: str) -> str:
        rows = (work[name] or {}).get("rows", [])
        return "\n".join(f"{one['name']} {one['value']:g} {one['unit']}".strip() for one in rows)

    return {
        "fault_codes": " ".join(work["fault_codes"]),
        "items": "\n".join(work["items"]),
        "parts": "\n".join(f"{one['name']} ×{one.get('amount', 1)}" for one in work["parts"]),
        "readings_before": readings("readings_before"),
        "readings_after": readings("readings_after"),
        "certificate": work["certificate"] or "",
    }
