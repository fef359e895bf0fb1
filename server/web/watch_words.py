"""Words of the watch list, and why a subject is watched as pages tell it."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection

from enforcement.registry.watch_reasons import WATCH_WORDS
from enforcement.rules.book import day_of
from server.flows import rule_book
from server.store import watch_entries
from server.web import words
from server.web.access import current_scope, may

words.add("watch_reason", {reason.value: pair for reason, pair in WATCH_WORDS.items()})
words.add(
    "watch_standing",
    {
        "active": ("关注中", "watched"),
        "planned": ("未到起日", "not begun"),
        "ended": ("已到期", "ended"),
        "withdrawn": ("已撤销", "withdrawn"),
    },
)
words.add("unit", {"min": ("分钟", "min")})
words.add("subject_kind", {"watch_entry": ("重点关注", "watch list entry")})
words.add(
    "action",
    {
        "watch.add": ("列入重点关注", "put on the watch list"),
        "watch.change": ("修改重点关注", "watch list entry changed"),
        "watch.withdraw": ("撤销重点关注", "taken off the watch list"),
        "watch.export": ("导出重点关注名单", "watch list exported"),
    },
)


def why_watched(
    connection: Connection, truck_id: int | None, machine_id: int | None, text: str = ""
) -> list[dict[str, Any]]:
    """Every reason that holds today, with its record where the account may see it; none without the permission."""
    if not may("watch.read"):
        return []
    now, scope = datetime.now(UTC), current_scope()
    found = watch_entries.of_text(connection, text, day_of(now)) if text else []
    for row in found:
        if not scope.covers(row["division"]):
            row |= {"record_id": None, "note": ""}
    number = truck_id or machine_id
    if number is None:
        return found
    values = watch_entries.watch_values(rule_book.current(connection), now)
    kind = "truck" if truck_id else "machine"
    return watch_entries.reasons_of(connection, values, kind, number, scope) + found
