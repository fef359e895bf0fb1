"""What tablets hold of every truck and machine, kept as it was last sent out; changed rows carry a new revision.

One statement computes the facts of all subjects and writes what differs. Nothing in the facts is true of a day alone:
what begins or ends with a day (a watch reason, a permit, a repair that falls overdue) stands there with its days, and
the tablet, which may be off line for a week, asks its own calendar. A city sees of a subject only what was recorded in
that city, as its lists do; rows of one city are sent to no other.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

KEEP_MARKS = "30 days"  # a tablet that was away longer gets the whole file
LONGEST = "10min"  # the first time every row is written: half a minute on a busy machine
TODAY = "(now() AT TIME ZONE 'Asia/Shanghai')::date"
PORTION = 4096  # rows a line of the file: what a cheap tablet reads without holding up a finger

# Records by subject and city, each set read along its own index. `city` is the first four digits of the division.
_RECORDS = f"""
open_cases AS (
  SELECT truck_id, machine_id, left(division, 4) AS city, count(*) AS n FROM cases
  WHERE closed_at IS NULL AND num_nonnulls(truck_id, machine_id) = 1 GROUP BY 1, 2, 3
), notices AS (
  SELECT DISTINCT ON (truck_id, machine_id, city) truck_id, machine_id, left(division, 4) AS city, number, due_on
  FROM repair_notices WHERE closed_at IS NULL AND num_nonnulls(truck_id, machine_id) = 1
  ORDER BY truck_id, machine_id, city, due_on, id
), failed AS (
  SELECT truck_id, machine_id, left(division, 4) AS city,
    (array_agg(inspected_at ORDER BY inspected_at DESC))[cast(:watch_failed AS int)] AS begun_at
  FROM inspections
  WHERE outcome = 'failed' AND status = 'recorded' AND inspected_at > now() - make_interval(months => :watch_months)
    AND num_nonnulls(truck_id, machine_id) = 1
  GROUP BY 1, 2, 3 HAVING count(*) >= cast(:watch_failed AS int)
), permits AS (
  SELECT truck_id, machine_id, jsonb_agg(jsonb_build_array(
    floor(extract(epoch FROM held_from))::bigint, floor(extract(epoch FROM held_to))::bigint,
    purpose, zone_id) ORDER BY held_to DESC, entry_id, held_from DESC) AS list
  FROM whitelist_leave WHERE held_to > now() AND NOT gates_only GROUP BY 1, 2
), entries AS (
  SELECT w.truck_id, w.machine_id, w.division, w.reason, w.from_on, w.until_on FROM watch_entries w
  WHERE w.state = 'active' AND (w.until_on IS NULL OR w.until_on >= {TODAY})
    AND num_nonnulls(w.truck_id, w.machine_id) = 1
  UNION ALL
  SELECT t.id, NULL, w.division, w.reason, w.from_on, w.until_on
  FROM watch_entries w JOIN trucks t ON t.plate = w.subject_text AND t.plate_colour = coalesce(w.plate_colour, t.plate_colour)
  WHERE w.state = 'active' AND (w.until_on IS NULL OR w.until_on >= {TODAY}) AND num_nonnulls(w.truck_id, w.machine_id) = 0
  UNION ALL
  SELECT NULL, m.id, w.division, w.reason, w.from_on, w.until_on
  FROM watch_entries w JOIN machines m ON m.registration_number = w.subject_text
  WHERE w.state = 'active' AND (w.until_on IS NULL OR w.until_on >= {TODAY}) AND num_nonnulls(w.truck_id, w.machine_id) = 0
), reasons AS (
  SELECT truck_id, machine_id, left(division, 4) AS city, reason, from_on, until_on FROM entries
  UNION ALL SELECT truck_id, machine_id, city, 'repair_overdue', due_on + 1, NULL FROM notices
  UNION ALL SELECT truck_id, machine_id, city, 'failed_twice', NULL,
    ((begun_at + make_interval(months => :watch_months)) AT TIME ZONE 'Asia/Shanghai')::date FROM failed
  UNION ALL SELECT v.truck_id, v.machine_id, left(v.division, 4), 'violation_confirmed', NULL, NULL FROM violations v
  WHERE v.status = 'confirmed' AND num_nonnulls(v.truck_id, v.machine_id) = 1 AND NOT EXISTS (
    SELECT FROM case_sources s JOIN cases c ON c.id = s.case_id
    WHERE s.kind = 'violation' AND s.source_id = v.id AND c.closed_at IS NOT NULL)
), watched AS (
  SELECT truck_id, machine_id, city,
    jsonb_agg(jsonb_build_array(reason, from_on, until_on) ORDER BY reason, from_on, until_on) AS list
  FROM (SELECT DISTINCT truck_id, machine_id, city, reason, from_on, until_on FROM reasons) r GROUP BY 1, 2, 3
)"""
# The three newest come off the index in its order: a second column to sort by would fetch every row of a subject.
_LAST = """LEFT JOIN LATERAL (
    SELECT jsonb_agg(jsonb_build_array((l.inspected_at AT TIME ZONE 'Asia/Shanghai')::date, l.kind, l.outcome)
      ORDER BY l.inspected_at DESC, l.id DESC) AS list
    FROM (SELECT i.inspected_at, i.id, i.kind, i.outcome FROM inspections i
          WHERE i.{noun}_id = s.id AND i.status = 'recorded' AND starts_with(i.division, left(s.division, 4))
          ORDER BY i.inspected_at DESC LIMIT 3) l
  ) last ON true
  LEFT JOIN open_cases c ON c.{noun}_id = s.id AND c.city = left(s.division, 4)
  LEFT JOIN notices n ON n.{noun}_id = s.id AND n.city = left(s.division, 4)
  LEFT JOIN watched w ON w.{noun}_id = s.id AND w.city = left(s.division, 4)
  LEFT JOIN permits p ON p.{noun}_id = s.id"""
_COMMON = """'category', CASE WHEN s.category = ANY (:{noun}_categories) THEN s.category ELSE 'other' END,
    'fuel', CASE WHEN s.fuel = ANY (:fuels) THEN s.fuel ELSE 'unknown' END,
    'stage', CASE WHEN s.stage = ANY (:stages) THEN s.stage ELSE 'X' END,
    'stage_basis', CASE WHEN s.stage_basis = ANY (:stage_bases) THEN s.stage_basis ELSE 'unknown' END,
    'after_treatment', CASE WHEN s.after_treatment = ANY (:after_treatments) THEN s.after_treatment ELSE 'unknown' END,
    'state', s.state, 'owner', nullif(s.owner, ''), 'enterprise', s.enterprise, 'division', s.division,
    'last', last.list, 'cases', c.n, 'notice', CASE WHEN n.number IS NOT NULL THEN jsonb_build_array(n.number, n.due_on) END,
    'watch', w.list, 'permits', p.list"""
_FITTED = "SELECT DISTINCT {noun}_id FROM terminals WHERE state = 'active' AND {noun}_id IS NOT NULL"

_FRESH = f"""WITH {_RECORDS}, fresh AS (
  SELECT 'truck' AS kind, s.id AS subject_id, s.division, jsonb_strip_nulls(jsonb_build_object(
    'plate', s.plate, 'colour', CASE WHEN s.plate_colour = ANY (:colours) THEN s.plate_colour ELSE 'other' END,
    'vin', nullif(s.vin, ''), 'registered_on', s.first_registered_on,
    'device', CASE WHEN d.truck_id IS NULL THEN 'unknown' ELSE 'yes' END, {_COMMON.format(noun="truck")})) AS facts
  FROM (SELECT t.*, e.name AS enterprise_name FROM trucks t LEFT JOIN enterprises e ON e.id = t.enterprise_id) x
  CROSS JOIN LATERAL (SELECT x.id, x.plate, x.plate_colour, x.vin, x.first_registered_on, x.category, x.fuel, x.stage,
    x.stage_basis, x.after_treatment, x.state, x.owner, x.enterprise_name AS enterprise,
    coalesce(x.division, cast(:homes AS jsonb) ->> left(x.plate, 2)) AS division) s
  {_LAST.format(noun="truck")}
  LEFT JOIN ({_FITTED.format(noun="truck")}) d ON d.truck_id = s.id
  UNION ALL
  SELECT 'machine', s.id, s.division, jsonb_strip_nulls(jsonb_build_object(
    'registration_no', nullif(s.registration_number, ''), 'pin', nullif(s.pin, ''),
    'machine_code', nullif(s.machine_code, ''), 'engine_no',
    CASE WHEN num_nonnulls(s.registration_number, s.pin, s.machine_code) = 0 THEN s.engine_number END,
    'maker', nullif(s.maker, ''), 'model', nullif(s.model, ''), 'power_kw', s.power_kw, 'built_on', s.built_on,
    'device', CASE WHEN d.machine_id IS NOT NULL OR s.device_fitted THEN 'yes'
                   WHEN NOT s.device_fitted THEN 'no' ELSE 'unknown' END, {_COMMON.format(noun="machine")}))
  FROM (SELECT m.*, e.name AS enterprise FROM machines m LEFT JOIN enterprises e ON e.id = m.enterprise_id) s
  {_LAST.format(noun="machine")}
  LEFT JOIN ({_FITTED.format(noun="machine")}) d ON d.machine_id = s.id
)"""
_WRITE = f"""{_FRESH}, changed AS (
  SELECT f.*, r.division AS before, r.left_cities FROM fresh f LEFT JOIN tablet_register r USING (kind, subject_id)
  WHERE r.subject_id IS NULL OR r.gone OR r.division IS DISTINCT FROM f.division OR r.facts <> f.facts
), written AS (
  INSERT INTO tablet_register (kind, subject_id, division, revision, gone, facts, left_cities)
  SELECT kind, subject_id, division, :revision, false, facts, CASE
      WHEN left(before, 4) IS DISTINCT FROM left(division, 4)
        THEN array_remove(array_append(coalesce(left_cities, '{{}}'), left(before, 4)), NULL)
      ELSE coalesce(left_cities, '{{}}') END
  FROM changed
  ON CONFLICT (kind, subject_id) DO UPDATE SET division = excluded.division, revision = excluded.revision,
    gone = false, facts = excluded.facts, left_cities = excluded.left_cities
  RETURNING 1
), gone AS (
  UPDATE tablet_register r SET gone = true, revision = :revision
  WHERE NOT r.gone AND CASE r.kind WHEN 'truck' THEN NOT EXISTS (SELECT FROM trucks t WHERE t.id = r.subject_id)
    ELSE NOT EXISTS (SELECT FROM machines m WHERE m.id = r.subject_id) END
  RETURNING 1
)
SELECT (SELECT count(*) FROM written) + (SELECT count(*) FROM gone)"""


@dataclass(frozen=True, slots=True)
class Mark:
    """A revision of the register: its number, what makes it ours, and when it was computed (aware)."""

    revision: int
    mark: str
    at: datetime

    @property
    def name(self) -> str:
        """How a tablet names it."""
        return f"{self.revision}-{self.mark}"


def lock(connection: Connection, wait: bool) -> bool:
    """Hold the register until the transaction ends, so that one process refreshes it; False: another does."""
    call = "pg_advisory_xact_lock" if wait else "pg_try_advisory_xact_lock"
    found = connection.execute(text(f"SELECT {call}(hashtext('tablet_register'))")).scalar_one()
    return found is not False


def refreshed_at(connection: Connection) -> datetime | None:
    """When it was last compared with the records; None: never."""
    at: datetime | None = connection.execute(text("SELECT at FROM tablet_register_refreshes")).scalar_one_or_none()
    return at


def refresh(connection: Connection, codes: Mapping[str, Any]) -> int:
    """Compute every subject anew, give what changed a new revision; how many changed. The caller holds the lock.

    `codes`: lists of known codes by name (colours, fuels, ...); `homes`, the area of a plate's two first signs; and
    `watch_failed` failed inspections in `watch_months` put a subject on the watch list.
    """
    connection.execute(text(f"SET LOCAL statement_timeout = '{LONGEST}'"))
    revision = connection.execute(text("SELECT nextval('tablet_register_revisions')")).scalar_one()
    changed: int = connection.execute(text(_WRITE), {**codes, "revision": revision}).scalar_one()
    if changed or find_mark(connection) is None:
        connection.execute(
            text(
                "INSERT INTO tablet_register_marks (revision, mark, at, changed) VALUES"
                " (:r, left(replace(gen_random_uuid()::text, '-', ''), 12), now(), :n)"
            ),
            {"r": revision, "n": changed},
        )
    connection.execute(text(f"DELETE FROM tablet_register_marks WHERE at < now() - interval '{KEEP_MARKS}'"
                            " AND revision < (SELECT max(revision) FROM tablet_register_marks)"))  # fmt: skip
    connection.execute(
        text(
            "INSERT INTO tablet_register_refreshes (one, at) VALUES (true, now())"
            " ON CONFLICT (one) DO UPDATE SET at = excluded.at"
        )
    )
    return changed


def find_mark(connection: Connection, name: str | None = None) -> Mark | None:
    """The newest revision, or the one that a tablet names; None where there is none such here."""
    number, _, mark = (name or "").partition("-")
    if name is not None and not (number.isascii() and number.isdigit() and len(number) < 19):
        return None
    which = "ORDER BY revision DESC LIMIT 1" if name is None else "WHERE revision = :r AND mark = :m"
    row = connection.execute(
        text(f"SELECT revision, mark, at FROM tablet_register_marks {which}"),
        {} if name is None else {"r": int(number), "m": mark},
    ).one_or_none()
    return None if row is None else Mark(*row)


def stream(connection: Connection, city: str, since: int | None = None) -> Iterator[Sequence[tuple[str, int, str]]]:
    """Portions of (kind, id, facts as JSON text) of a city (four digits), in the order of plates and numbers.

    Machines come after the trucks. `since`: only what changed after that revision.
    """
    later = "AND revision > :since" if since is not None else ""
    key = "coalesce(facts ->> 'plate', facts ->> 'registration_no', facts ->> 'pin', facts ->> 'machine_code', '')"
    rows = connection.execute(
        text(
            f"SELECT kind, subject_id, facts::text FROM tablet_register WHERE left(division, 4) = :city AND NOT gone {later}"
            f' ORDER BY kind DESC, {key} COLLATE "C", subject_id'
        ),
        {"city": city} if since is None else {"city": city, "since": since},
        execution_options={"stream_results": True, "max_row_buffer": PORTION},
    )
    for portion in rows.partitions(PORTION):
        yield [(row[0], row[1], row[2]) for row in portion]


def find_gone(connection: Connection, city: str, since: int) -> list[tuple[str, int]]:
    """(kind, id) of what left the register of a city after a revision."""
    rows = connection.execute(
        text(
            "SELECT kind, subject_id FROM tablet_register WHERE revision > :since AND ("
            " gone AND left(division, 4) = :city OR :city = ANY (left_cities) AND left(division, 4) IS DISTINCT FROM :city)"
            " ORDER BY kind DESC, subject_id"
        ),
        {"city": city, "since": since},
    )
    return [(row[0], row[1]) for row in rows]
