"""Days that the bureau keeps otherwise than the published holiday calendar: one row a day."""

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import Connection, text

from enforcement.rules.calendar import Calendar, DayKind


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """kind is workday, rest or holiday."""

    day: dt.date
    kind: str
    note: str | None


def list_calendar_days(connection: Connection, year: int | None = None) -> list[CalendarDay]:
    """All exceptions, or those of one year, in order."""
    rows = connection.execute(
        text(
            "SELECT day, kind, note FROM calendar_days "
            "WHERE CAST(:year AS int) IS NULL OR extract(year FROM day) = :year ORDER BY day"
        ),
        {"year": year},
    )
    return [CalendarDay(**row) for row in rows.mappings()]


def find_calendar_day(connection: Connection, day: dt.date) -> CalendarDay | None:
    """The exception of one day, locked for the transaction where there is one."""
    row = (
        connection.execute(text("SELECT day, kind, note FROM calendar_days WHERE day = :day FOR UPDATE"), {"day": day})
        .mappings()
        .first()
    )
    return None if row is None else CalendarDay(**row)


def put_calendar_day(connection: Connection, day: CalendarDay) -> None:
    """Keep the day as given."""
    connection.execute(
        text(
            "INSERT INTO calendar_days (day, kind, note) VALUES (:day, :kind, :note) "
            "ON CONFLICT (day) DO UPDATE SET kind = excluded.kind, note = excluded.note"
        ),
        {"day": day.day, "kind": day.kind, "note": day.note},
    )


def remove_calendar_day(connection: Connection, day: dt.date) -> bool:
    """Let the published calendar hold again; False where it did."""
    done = connection.execute(text("DELETE FROM calendar_days WHERE day = :day"), {"day": day})
    return done.rowcount > 0


_KINDS = {"workday": DayKind.WORKDAY, "rest": DayKind.REST_DAY, "holiday": DayKind.HOLIDAY}


def load_calendar(connection: Connection) -> Calendar:
    """The calendar that zone hours are judged by: the bureau's exceptions before the published days."""
    return Calendar({day.day: _KINDS[day.kind] for day in list_calendar_days(connection)})
