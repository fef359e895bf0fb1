"""Received N of M, by serial numbers, and the gaps by name (design.md, the way of a frame, step 5).

Serials are compared along collect time, within a counter: JT/T 808 counts all messages of a terminal together, the
other protocols count each command; a re-issued stream frame (command 3) carries the serial of the live one
(command 2). A smaller serial is a wrap when the counter stood near 65535, else a new beginning at 1 (log-in, new
day). A jump that the elapsed time cannot explain is a renumbering, not a loss. In layout A of GB 17691 every record
of a frame has a serial of its own: a frame stands for as many numbers as it has records. Where no serial tells,
silence of more than `silence_s` is named as a stretch of time without data and counted as nothing: the engine may
have been off.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, text

LAYOUT_A_STRIDE = 40  # type, serial and a stream record of 37 bytes; server/flows/packet_rows.py
MOST_PER_SECOND = 4  # no terminal sends more packets than this; a larger jump of the serial is a renumbering

_JUDGED = f"""
WITH picked AS (
  SELECT p.measured_at, p.last_at, p.received_at, p.serial, p.command, p.samples_n,
    CASE WHEN t.kind = 'jt808' THEN 0 WHEN p.command = 3 THEN 2 ELSE p.command END AS counter,
    CASE WHEN p.stream_stride = {LAYOUT_A_STRIDE} THEN be2(p.raw, 31 + (p.samples_n - 1) * {LAYOUT_A_STRIDE})
         ELSE p.serial END AS serial_last
  FROM packets p JOIN terminals t ON t.id = p.terminal_id
  WHERE p.terminal_id = :terminal_id AND p.measured_at < :to_at
    AND p.measured_at >= cast(:from_at AS timestamptz) - interval '1 day'
), ordered AS (
  SELECT picked.*, lag(serial_last) OVER counted AS serial_before, lag(last_at) OVER counted AS counted_before
  FROM picked WHERE serial >= 0 WINDOW counted AS (PARTITION BY counter ORDER BY measured_at, serial)
), stepped AS (
  SELECT ordered.*, CASE
    WHEN serial_before IS NULL OR serial <= serial_before AND serial_last >= serial_before THEN 0
    WHEN serial > serial_before THEN serial - serial_before - 1
    WHEN serial_before >= 65000 AND serial <= 500 THEN 65535 - serial_before + serial
    ELSE greatest(serial - 1, 0) END AS step
  FROM ordered
), judged AS (
  SELECT stepped.*,
    CASE WHEN step <= {MOST_PER_SECOND} * (extract(epoch FROM measured_at - counted_before) + 2) THEN step ELSE 0 END
      AS missing, serial < serial_before AND NOT (serial_before >= 65000 AND serial <= 500) AS begun_anew
  FROM stepped WHERE measured_at >= :from_at
)"""  # fmt: skip


@dataclass(frozen=True, slots=True)
class Day:
    """One local day of one terminal: packets and samples, serial numbers that came and that are missing, silences."""

    day: date
    received: int
    counted: int
    missing: int
    samples: int
    gaps: int
    silences: int
    silent_s: float

    @property
    def expected(self) -> int:
        """Serial numbers that came, and those that are missing between them."""
        return self.counted + self.missing


@dataclass(frozen=True, slots=True)
class Gap:
    """A named gap: serials `first` to `last` did not come between two moments; or silence (`missing` 0)."""

    kind: str
    from_at: datetime
    to_at: datetime
    first: int | None
    last: int | None
    missing: int


def days(connection: Connection, terminal_id: int, from_at: datetime, to_at: datetime, silence_s: int) -> list[Day]:
    """Completeness per local day (Asia/Shanghai) with any packet in [from, to), newest first."""
    rows = connection.execute(
        text(
            _JUDGED
            + """
, losses AS (
  SELECT (measured_at AT TIME ZONE 'Asia/Shanghai')::date AS day,
    sum((serial_last - serial + 65536) % 65536 + 1)::int AS counted, sum(missing)::int AS missing,
    count(*) FILTER (WHERE missing > 0) AS gaps FROM judged GROUP BY 1
), silences AS (
  SELECT (measured_at AT TIME ZONE 'Asia/Shanghai')::date AS day, samples_n,
    extract(epoch FROM measured_at - lag(last_at) OVER (
      PARTITION BY (measured_at AT TIME ZONE 'Asia/Shanghai')::date ORDER BY measured_at)) AS pause_s
  FROM picked WHERE measured_at >= :from_at
), received AS (
  SELECT day, count(*) AS received, sum(samples_n)::int AS samples,
    count(*) FILTER (WHERE pause_s > :silence_s) AS silences,
    coalesce(sum(pause_s) FILTER (WHERE pause_s > :silence_s), 0)::float8 AS silent_s FROM silences GROUP BY 1
)
SELECT r.day, r.received, coalesce(l.counted, 0), coalesce(l.missing, 0), r.samples, coalesce(l.gaps, 0),
  r.silences, r.silent_s
FROM received r LEFT JOIN losses l USING (day) ORDER BY r.day DESC"""
        ),
        _values(terminal_id, from_at, to_at) | {"silence_s": silence_s},
    )
    return [Day(*row) for row in rows]


def gaps(
    connection: Connection, terminal_id: int, from_at: datetime, to_at: datetime, silence_s: int, at_most: int = 200
) -> list[Gap]:
    """The gaps of [from, to) by name, in order of time."""
    rows = connection.execute(
        text(
            _JUDGED
            + """
, silences AS (
  SELECT lag(last_at) OVER (ORDER BY measured_at) AS from_at, measured_at AS to_at
  FROM picked WHERE measured_at >= :from_at
)
SELECT CASE WHEN begun_anew THEN 'restart' ELSE 'serial' END AS kind, coalesce(counted_before, measured_at) AS from_at,
  measured_at AS to_at, CASE WHEN begun_anew THEN 1 ELSE (serial_before + 1) % 65536 END AS first,
  (serial + 65535) % 65536 AS last, missing FROM judged WHERE missing > 0
UNION ALL
SELECT 'silence', from_at, to_at, NULL, NULL, 0 FROM silences WHERE to_at - from_at > make_interval(secs => :silence_s)
ORDER BY 3, 1 LIMIT :at_most"""
        ),
        _values(terminal_id, from_at, to_at) | {"silence_s": silence_s, "at_most": at_most},
    )
    return [Gap(*row) for row in rows]


def _values(terminal_id: int, from_at: datetime, to_at: datetime) -> dict[str, Any]:
    return {"terminal_id": terminal_id, "from_at": from_at, "to_at": to_at}
