"""Deadlines as pages tell them: how near the last day is, what is counted, what stops or lengthens the clock."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _

from enforcement.cases.clocks import soon_until, state_on
from enforcement.rules.book import BEIJING, RuleBook
from enforcement.rules.calendar import Calendar, calendar_doubt, working_days_between
from server.flows import case_clocks
from server.web.language import pick
from server.web.words import word


def soon_of(rules: RuleBook, calendar: Calendar, today: date) -> date:
    """The last day that counts as due soon."""
    return soon_until(rules, calendar, today, datetime.combine(today, datetime.min.time(), BEIJING))


def clock_lines(
    rules: RuleBook, calendar: Calendar, rows: Sequence[Mapping[str, Any]], today: date
) -> list[dict[str, Any]]:
    """Each deadline with its pace, the days left in words, and what may be done to it."""
    soon = soon_of(rules, calendar, today)
    return [
        {
            **row,
            "pace": pace_of(row, today, soon),
            "left": left(calendar, row, today),
            "doubt": _doubt(calendar, row),
            "extensions": [
                (one.id.rpartition(".")[2], str(pick(one.zh, one.en))) for one in case_clocks.extensions(rules, row)
            ],
            "pause_reasons": [(str(one), word("pause_reason", one)) for one in case_clocks.pause_reasons(rules, row)],
        }
        for row in rows
    ]


def pace_of(row: Mapping[str, Any], today: date, soon: date) -> str:
    """A key of the words `due`: how the deadline stands today."""
    if row["state"] != "running":
        return str(row["state"])
    return str(state_on(today, row["due_on"], soon))


def left(calendar: Calendar, row: Mapping[str, Any], today: date) -> str:
    """What is left of a running deadline, in the days that it counts in."""
    if row["state"] != "running":
        return ""
    late, due = row["due_on"] < today, row["due_on"]
    first, last = (due, today) if late else (today, due)
    working = row["day_kind"] == "working"
    days = working_days_between(calendar, first, last) if working else (last - first).days
    if late:
        text = _("%(n)s working days over", n=days) if working else _("%(n)s days over", n=days)
    elif due == today:
        text = _("today is the last day")
    else:
        text = _("%(n)s working days left", n=days) if working else _("%(n)s days left", n=days)
    return str(text)


def _doubt(calendar: Calendar, row: Mapping[str, Any]) -> str:
    if row["day_kind"] != "working" or row["state"] not in {"running", "paused"}:
        return ""
    doubt = calendar_doubt(calendar, row["starts_on"], row["due_on"])
    return str(pick(doubt.zh, doubt.en)) if doubt else ""
