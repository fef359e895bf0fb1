"""The watch list: entries that officers made, and every reason that holds today, the derived ones too.

`watch_reasons_sql` is one query for all of them, (kind, subject_id, reason, from_on, until_on, division, record_kind,
record_id), of registered trucks and machines; `until_on` is the last Beijing day, null where no day is set. Its
parameters come from `watch_values`. A condition on kind and subject_id reaches the index of each source.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, text

from enforcement.registry.watch_reasons import watch_numbers
from enforcement.rules.book import RuleBook, day_of
from server.store.paging import Found, Listing, MaybeNull, Query, count_capped, escape_like
from server.store.scopes import Scope

TODAY = "(now() AT TIME ZONE 'Asia/Shanghai')::date"

_OF_NOUN = """
SELECT cast('{noun}' AS text) AS kind, w.{noun}_id AS subject_id, w.reason, w.from_on, w.until_on, w.division,
  cast('watch_entry' AS text) AS record_kind, cast(w.id AS bigint) AS record_id FROM watch_entries w
  WHERE w.{noun}_id IS NOT NULL AND w.state = 'active'
  AND w.from_on <= cast(:watch_today AS date) AND coalesce(w.until_on, 'infinity') >= cast(:watch_today AS date)
UNION ALL
SELECT '{noun}', n.{noun}_id, 'repair_overdue', n.due_on + 1, NULL, n.division, 'repair_notice', n.id
  FROM repair_notices n WHERE n.{noun}_id IS NOT NULL AND n.closed_at IS NULL AND n.due_on < cast(:watch_today AS date)
UNION ALL
SELECT '{noun}', i.{noun}_id, 'failed_twice',
  cast((array_agg(i.inspected_at ORDER BY i.inspected_at DESC))[cast(:watch_failed AS int)] AT TIME ZONE 'Asia/Shanghai' AS date),
  NULL, (array_agg(i.division ORDER BY i.inspected_at DESC))[1], 'inspection', max(i.id)
  FROM inspections i WHERE i.{noun}_id IS NOT NULL AND i.outcome = 'failed' AND i.status = 'recorded'
  AND i.inspected_at >= cast(:watch_since AS timestamptz)
  GROUP BY i.{noun}_id HAVING count(*) >= cast(:watch_failed AS int)
UNION ALL
SELECT '{noun}', c.{noun}_id, 'open_case', cast(c.opened_at AT TIME ZONE 'Asia/Shanghai' AS date), NULL, c.division,
  'case', c.id FROM cases c WHERE c.{noun}_id IS NOT NULL AND c.closed_at IS NULL"""
watch_reasons_sql = " UNION ALL ".join(_OF_NOUN.format(noun=noun) for noun in ("truck", "machine"))


def watch_values(rules: RuleBook, now: datetime) -> dict[str, Any]:
    """What the parameters of `watch_reasons_sql` stand for at `now` (aware)."""
    numbers = watch_numbers(rules, now)
    return {
        "watch_today": day_of(now), "watch_since": numbers.failed_since, "watch_failed": numbers.failed_checks,
    }  # fmt: skip


def reasons_of(
    connection: Connection, values: Mapping[str, Any], kind: str, subject_id: int, scope: Scope | None = None
) -> list[dict[str, Any]]:
    """Every reason for which one truck or machine (`kind`) is watched now, the oldest first.

    With a `scope`, records outside its area are told by their reason alone: `record_id` is None.
    """
    clause, more = ("true", {}) if scope is None else scope.condition("w.division")
    rows = connection.execute(
        text(
            f"SELECT w.kind, w.subject_id, w.reason, w.from_on, w.until_on, w.record_kind,"
            f" CASE WHEN {clause} THEN w.record_id END AS record_id, e.note"
            f" FROM ({watch_reasons_sql}) w"
            " LEFT JOIN watch_entries e ON w.record_kind = 'watch_entry' AND e.id = w.record_id"
            " WHERE w.kind = :kind AND w.subject_id = :subject ORDER BY w.from_on, w.record_id"
        ),
        {**values, **more, "kind": kind, "subject": subject_id},
    )
    return [dict(row) for row in rows.mappings()]


_STANDING = f"""CASE WHEN w.state = 'withdrawn' THEN 'withdrawn' WHEN w.until_on < {TODAY} THEN 'ended'
  WHEN w.from_on > {TODAY} THEN 'planned' ELSE 'active' END"""
_COLUMNS = f"""w.*, {_STANDING} AS standing, t.plate, t.plate_colour AS truck_colour, t.owner AS truck_owner,
  coalesce(m.registration_number, m.pin, m.machine_code, m.engine_number) AS machine_number,
  coalesce(t.owner, m.owner) AS owner, g.name_zh AS division_zh, g.name_en AS division_en,
  o.name_zh AS organisation_zh, o.name_en AS organisation_en,
  (SELECT u.name FROM users u WHERE u.id = w.created_by) AS maker,
  (SELECT u.name FROM users u WHERE u.id = w.withdrawn_by) AS withdrawer"""
_SOURCE = """watch_entries w LEFT JOIN trucks t ON t.id = w.truck_id LEFT JOIN machines m ON m.id = w.machine_id
  LEFT JOIN divisions g ON g.code = w.division JOIN organisations o ON o.id = w.organisation_id"""

FILTERS: dict[str, str] = {
    "q": "w.subject_text ILIKE :q",
    "reason": "w.reason = :reason",
    "standing": f"{_STANDING} = :standing",
    "division": "w.division = :division",
    "subject": "CASE :subject WHEN 'truck' THEN w.machine_id IS NULL AND w.plate_colour IS NOT NULL"
    " ELSE w.plate_colour IS NULL END",
    "truck": "w.truck_id = cast(:truck AS int)",
    "machine": "w.machine_id = cast(:machine AS int)",
}
SORTS = {
    "created_at": "w.created_at",
    "from_on": "w.from_on",
    "until_on": MaybeNull("w.until_on"),
    "subject": "w.subject_text",
    "reason": "w.reason",
}
_LISTING = Listing(_COLUMNS, _SOURCE, "watch_entries w", "w.id", SORTS, "created_at")


def find(connection: Connection, scope: Scope, query: Query) -> Found:
    """A page of entries in the scope."""
    clauses, values = query.conditions(FILTERS, scope.condition("w.division"))
    if "q" in values:
        values["q"] = escape_like(values["q"].strip().upper().replace("·", "").replace(" ", ""))
    return _LISTING.find(connection, query, clauses, values)


def find_one(connection: Connection, scope: Scope, number: int, hold: bool = False) -> dict[str, Any] | None:
    """One entry of the scope; `hold` locks it until the transaction ends."""
    clause, values = scope.condition("w.division")
    lock = " FOR UPDATE OF w" if hold else ""
    row = connection.execute(
        text(f"SELECT {_COLUMNS} FROM {_SOURCE} WHERE w.id = :id AND {clause}{lock}"), {"id": number, **values}
    ).one_or_none()
    return None if row is None else dict(row._mapping)


_NEW = (
    "truck_id", "machine_id", "subject_text", "plate_colour", "reason", "note", "division", "organisation_id", "from_on",
    "until_on", "created_by",
)  # fmt: skip


def add(connection: Connection, values: Mapping[str, Any]) -> int | None:
    """Keep an entry; its id, None where one for the same subject and reason holds in part of that time."""
    number: int | None = connection.execute(
        text(
            f"INSERT INTO watch_entries ({', '.join(_NEW)}) VALUES ({', '.join(f':{name}' for name in _NEW)})"
            " ON CONFLICT DO NOTHING RETURNING id"
        ),
        {name: values[name] for name in _NEW},
    ).scalar_one_or_none()
    return number


def same(connection: Connection, values: Mapping[str, Any], but: int | None = None) -> int | None:
    """The active entry for the same subject and reason whose days overlap, but this one."""
    found: int | None = connection.execute(
        text(
            "SELECT id FROM watch_entries WHERE state = 'active' AND reason = :reason"
            " AND id IS DISTINCT FROM cast(:but AS int) AND truck_id IS NOT DISTINCT FROM cast(:truck_id AS int)"
            " AND machine_id IS NOT DISTINCT FROM cast(:machine_id AS int) AND subject_text = :subject_text"
            " AND plate_colour IS NOT DISTINCT FROM cast(:plate_colour AS text)"
            " AND daterange(from_on, until_on, '[]') && daterange(cast(:from_on AS date), cast(:until_on AS date), '[]')"
            " ORDER BY id LIMIT 1"
        ),
        {**values, "but": but},
    ).scalar()
    return found


def change(connection: Connection, number: int, note: str, until_on: date | None) -> int:
    """Another note and last day of a locked entry; the new version."""
    version: int = connection.execute(
        text(
            "UPDATE watch_entries SET note = :note, until_on = :until_on, version = version + 1 WHERE id = :id"
            " RETURNING version"
        ),
        {"id": number, "note": note, "until_on": until_on},
    ).scalar_one()
    return version


def withdraw(connection: Connection, number: int, user_id: int | None, reason: str) -> None:
    """End a locked entry now, with why."""
    connection.execute(
        text(
            "UPDATE watch_entries SET state = 'withdrawn', withdrawn_at = now(), withdrawn_by = :user,"
            " withdrawn_reason = :reason, version = version + 1 WHERE id = :id"
        ),
        {"id": number, "user": user_id, "reason": reason},
    )


def lock_subject(connection: Connection, kind: str, subject: str) -> None:
    """One at a time writes entries of a subject; held until the transaction ends."""
    connection.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:subject, 62))"), {"subject": f"{kind}:{subject}"}
    )


def any_entry(connection: Connection) -> bool:
    """Whether there is an entry at all."""
    return bool(connection.execute(text("SELECT EXISTS (SELECT FROM watch_entries)")).scalar())


def identity_of(connection: Connection, truck_id: int | None, machine_id: int | None) -> dict[str, Any]:
    """text (plate or machine number), colour and division as registered; each None where nothing is."""
    row = connection.execute(
        text(
            "SELECT coalesce(t.plate, m.registration_number, m.pin, m.machine_code, m.engine_number) AS text,"
            " t.plate_colour AS colour, coalesce(t.division, m.division) AS division"
            " FROM (SELECT 1) one LEFT JOIN trucks t ON t.id = cast(:truck AS int)"
            " LEFT JOIN machines m ON m.id = cast(:machine AS int)"
        ),
        {"truck": truck_id, "machine": machine_id},
    ).one()
    return dict(row._mapping)


_DERIVED = f"""({watch_reasons_sql}) w LEFT JOIN trucks t ON w.kind = 'truck' AND t.id = w.subject_id
  LEFT JOIN machines m ON w.kind = 'machine' AND m.id = w.subject_id"""
_NUMBER = "coalesce(t.plate, m.registration_number, m.pin, m.machine_code, m.engine_number)"
DERIVED_FILTERS: dict[str, str] = {
    "q": f"{_NUMBER} ILIKE :q",
    "reason": "w.reason = :reason",
    "division": "w.division = :division",
    "subject": "w.kind = :subject",
}
DERIVED_SORTS = {"from_on": "w.from_on", "subject": _NUMBER, "reason": "w.reason"}


def find_derived(connection: Connection, scope: Scope, values: Mapping[str, Any], query: Query) -> Found:
    """A page of what is watched because of records; `values` are those of `watch_values`."""
    clauses, more = query.conditions(DERIVED_FILTERS, scope.condition("w.division"))
    if "q" in more:
        more["q"] = escape_like(more["q"].strip().upper().replace("·", "").replace(" ", ""))
    bound = {**values, **more}
    source = f"{_DERIVED} WHERE w.record_kind <> 'watch_entry' AND {clauses}"
    rows = connection.execute(
        text(
            f"SELECT w.*, t.plate, t.plate_colour, {_NUMBER} AS number, coalesce(t.owner, m.owner) AS owner,"
            " (SELECT g.name_zh FROM divisions g WHERE g.code = w.division) AS division_zh,"
            " (SELECT g.name_en FROM divisions g WHERE g.code = w.division) AS division_en"
            f" FROM {source} ORDER BY {query.order(DERIVED_SORTS, 'from_on', 'w.record_id')} LIMIT :limit OFFSET :offset"
        ),
        {**bound, **query.window},
    )
    return Found([dict(row) for row in rows.mappings()], *count_capped(connection, source, bound))


def of_text(connection: Connection, subject_text: str, today: date) -> list[dict[str, Any]]:
    """Entries that hold for a plate or number which no register held when they were made."""
    rows = connection.execute(
        text(
            "SELECT w.reason, w.from_on, w.until_on, 'watch_entry' AS record_kind, w.id AS record_id, w.note, w.division"
            " FROM watch_entries w WHERE w.subject_text = :text AND w.truck_id IS NULL AND w.machine_id IS NULL"
            " AND w.state = 'active' AND w.from_on <= :today AND coalesce(w.until_on, 'infinity') >= :today ORDER BY w.id"
        ),
        {"text": subject_text, "today": today},
    )
    return [dict(row) for row in rows.mappings()]


def watched(
    connection: Connection, scope: Scope, values: Mapping[str, Any], most: int, entries_only: bool = False
) -> list[dict[str, Any]]:
    """Subjects watched today, each once: kind, subject_id, text, colour, reasons, note; the newest reason first.

    Subjects that officers put down come before those that follow from records alone.
    """
    clause, more = scope.condition("w.division")
    only = "AND w.record_kind = 'watch_entry'" if entries_only else ""
    rows = connection.execute(
        text(
            f"WITH held AS ({watch_reasons_sql} UNION ALL"
            " SELECT CASE WHEN e.plate_colour IS NULL THEN 'machine' ELSE 'truck' END, NULL, e.reason, e.from_on,"
            " e.until_on, e.division, 'watch_entry', e.id FROM watch_entries e WHERE e.truck_id IS NULL"
            " AND e.machine_id IS NULL AND e.state = 'active' AND e.from_on <= cast(:watch_today AS date)"
            " AND coalesce(e.until_on, 'infinity') >= cast(:watch_today AS date)),"
            " named AS (SELECT w.*, e.note, coalesce(e.subject_text, t.plate, m.registration_number, m.pin,"
            " m.machine_code, m.engine_number) AS text, coalesce(e.plate_colour, t.plate_colour) AS colour FROM held w"
            " LEFT JOIN watch_entries e ON w.record_kind = 'watch_entry' AND e.id = w.record_id"
            " LEFT JOIN trucks t ON w.kind = 'truck' AND t.id = w.subject_id"
            f" LEFT JOIN machines m ON w.kind = 'machine' AND m.id = w.subject_id WHERE {clause} {only})"
            " SELECT kind, subject_id, text, colour, array_agg(DISTINCT reason ORDER BY reason) AS reasons,"
            " coalesce(string_agg(DISTINCT note, '；') FILTER (WHERE note <> ''), '') AS note, max(from_on) AS from_on,"
            " kind || ':' || coalesce(cast(subject_id AS text), text) AS key"
            " FROM named GROUP BY kind, subject_id, text, colour"
            " ORDER BY bool_or(record_kind = 'watch_entry') DESC, max(from_on) DESC, text LIMIT :most"
        ),
        {**values, **more, "most": most},
    )
    return [dict(row) for row in rows.mappings()]
