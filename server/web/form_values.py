"""What a form field holds, as a value: None where it is empty or cannot be read; the flow says what is missing."""

from datetime import date, datetime
from math import isfinite

from flask import request

from server.web.language import ZONE


def text(name: str, most: int = 2000) -> str:
    """A text without control characters that no database takes."""
    return request.form.get(name, "").replace("\x00", "").strip()[:most]


def day(name: str) -> date | None:
    """A day."""
    try:
        found = date.fromisoformat(text(name))
    except ValueError:
        return None
    return found if 1950 <= found.year <= 2200 else None


def moment(name: str) -> datetime | None:
    """A local time of the form, aware."""
    try:
        found = datetime.fromisoformat(text(name))
    except ValueError:
        return None
    return found.replace(tzinfo=ZONE) if found.tzinfo is None and 1950 <= found.year <= 2200 else None


def number(name: str) -> float | None:
    """A finite number."""
    return number_of(text(name))


def number_of(given: str) -> float | None:
    """A finite number out of text, with a full-width or a plain point."""
    try:
        found = float(given.replace("．", "."))
    except ValueError:
        return None
    return found if isfinite(found) and abs(found) < 1e12 else None


def yes_no(name: str) -> bool | None:
    """yes or no."""
    return {"yes": True, "no": False}.get(text(name))
