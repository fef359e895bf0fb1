"""How an inspection came in from a tablet, for its page: device, clock and its doubts, what the tablet showed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext as _

from enforcement.rules.book import RuleBook
from server.flows import check_answers, device_clocks
from server.flows.device_clocks import Offsets
from server.web.frame import duration
from server.web.language import pick
from server.web.words import add, word

add("action", {
    "tablet.check": ("移动执法上传", "sent from a tablet"),
    "tablet.numbers": ("预留通知编号", "numbers of notices reserved"),
    "tablet.numbers_void": ("作废预留编号", "reserved numbers made void"),
})  # fmt: skip
add("reserved_number", {
    "reserved": ("未使用", "not used yet"),
    "used": ("已使用", "used"),
    "void": ("已作废", "void"),
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class TabletLine:
    """One version as it came in. Times are aware; `clock`, `took` and the rest are text; empty: nothing to say."""

    version: int
    tablet_id: str
    tablet: str
    person: str
    device_at: datetime
    received_at: datetime
    took: str
    clock: str
    measured: str
    accuracy_m: float | None
    doubts: Sequence[str]
    differs: str


def lines_of(rows: Sequence[Mapping[str, Any]], rules: RuleBook, area: str) -> list[TabletLine]:
    """Rows of store/tablet_checks.of_inspection, the newest version first."""
    return [_line(row, rules, area) for row in rows]


def _line(row: Mapping[str, Any], rules: RuleBook, area: str) -> TabletLine:
    offsets = Offsets(row["offset_at_check_ms"], row["offset_at_send_ms"], row["offset_used_ms"])
    within = device_clocks.tolerance(rules, row["received_at"], area)
    doubts = device_clocks.doubts(offsets, within)
    return TabletLine(
        row["version"],
        str(row["tablet_id"]),
        row["tablet"],
        row["person"],
        row["device_at"],
        row["received_at"],
        _took(row["begun_at"], row["ended_at"]),
        clock(offsets.used_ms),
        _measured(offsets) if doubts else "",
        row["accuracy_m"],
        [pick(one.zh, one.en) for one in doubts],
        "" if check_answers.is_same(row["device_verdict"], row) else _shown(row["device_verdict"]),
    )


def _took(begun: datetime | None, ended: datetime | None) -> str:
    return duration((ended - begun).total_seconds()) if begun and ended and ended >= begun else ""


def clock(offset_ms: int | None) -> str:
    """How far a clock is off, in words: our clock minus that of the device."""
    if offset_ms is None:
        return "–"
    if abs(offset_ms) < 1000:
        return str(_("exact to a second"))
    days, rest = divmod(abs(offset_ms) // 1000, 86400)
    span = (_("%(n)s d ", n=days) if days else "") + duration(rest)
    return str(_("%(span)s slow", span=span) if offset_ms > 0 else _("%(span)s fast", span=span))


def _measured(offsets: Offsets) -> str:
    """What was measured, where it does not agree."""
    known = clock(offsets.at_check_ms) if offsets.at_check_ms is not None else _("not known")
    return str(_("at the check: %(known)s; at sending: %(sent)s", known=known, sent=clock(offsets.at_send_ms)))


def _shown(verdict: Mapping[str, Any]) -> str:
    """What the tablet showed at the place."""
    parts = [word("outcome", verdict.get("outcome")), word("standing", verdict.get("standing"))]
    return ", ".join([*parts, *(word("offence", code) for code in verdict.get("offences") or [])])
