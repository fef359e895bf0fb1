"""A verification is drawn: rows, days and minutes of a ledger by a seed that is kept (enforcement.md 5.7)."""

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Connection

from enforcement.ledgers.verification import Candidates, Draw, Method, Part, days_between, draw, method_of, response
from enforcement.rules.book import BEIJING, day_of, get_rule
from server.flows import rule_book
from server.flows.refusals import Fault, Refused
from server.store import audit, verification_tasks
from server.store.audit import Actor
from server.store.scopes import Scope

MOST_DAYS = 366
SEED_MOST = 60


@dataclass(frozen=True, slots=True)
class TaskDraft:
    """Whose ledger, which days, the alert it is about if it is about one; an empty seed is thrown here."""

    enterprise: str
    from_on: date | None
    to_on: date | None
    alert_id: int | None = None
    seed: str = ""


@dataclass(frozen=True, slots=True)
class Days:
    """Days of the period by whether an alert was in force, and vehicles that came in."""

    normal: list[date]
    alert: dict[date, Mapping[str, Any]]
    trips: Mapping[date, int]


def draw_task(connection: Connection, actor: Actor, scope: Scope, draft: TaskDraft, now: datetime) -> int:
    """Draw a task and keep it with what was drawn; its id. Raises Refused."""
    enterprise = verification_tasks.enterprise_named(connection, scope, draft.enterprise) if draft.enterprise else None
    faults = _faults(draft, enterprise, now)
    if faults or enterprise is None or draft.from_on is None or draft.to_on is None:
        raise Refused(faults)
    first, last, division = draft.from_on, draft.to_on, enterprise["division"] or ""
    passages = verification_tasks.passages_between(connection, enterprise["id"], first, last)
    if not passages:
        raise Refused([Fault("from_on", "该期间台账没有记录，无从抽取", "The ledger has no passage in these days")])
    rules = rule_book.current(connection)
    method = method_of(rules, now, division)
    back = int(get_rule(rules, "alert.normal_days_back", now).number)
    days = days_of(connection, enterprise["id"], division, draft, back)
    seed = draft.seed or secrets.token_hex(8)
    drawn = draw(seed, Candidates(passages, days.normal, list(days.alert), _moments(days, method, now)), method)
    values = {
        "day": f"{day_of(now):%Y%m%d}", "enterprise_id": enterprise["id"], "division": division,
        "alert_id": draft.alert_id, "from_on": first, "to_on": last, "seed": seed, "drawn_at": now,
        "drawn_by": actor.user_id, "rule_keys": list(method.rules),
        "method": _method_kept(method, days, drawn, passages),
    }  # fmt: skip
    items = list(_items(connection, enterprise["id"], drawn, days, method))
    number = verification_tasks.add(connection, values, items)
    detail = {"enterprise": enterprise["id"], "seed": seed, "from": first, "to": last, "items": len(items)}
    audit.append(connection, actor, "verification.draw", "verification", number, detail)
    return number


def days_of(connection: Connection, enterprise_id: int, division: str, draft: TaskDraft, back: int) -> Days:
    """Normal days are those of the period without any alert; where it has none, those of the time before it."""
    assert draft.from_on is not None and draft.to_on is not None
    first, last = draft.from_on, draft.to_on
    before = first - timedelta(days=back)
    any_alert = {row["day"] for row in verification_tasks.alert_days(connection, division, before, last)}
    meant = verification_tasks.alert_days(connection, division, first, last, draft.alert_id)
    normal = [day for day in days_between(first, last) if day not in any_alert]
    if not normal:
        normal = [day for day in days_between(before, first) if day not in any_alert and day < first]
    trips = verification_tasks.trips(connection, enterprise_id, before, last)
    return Days(normal, {row["day"]: row for row in meant}, trips)


def _moments(days: Days, method: Method, now: datetime) -> list[datetime]:
    """Beginnings of the cuts that may be drawn: of the alert days, or of normal ones where there was no alert."""
    per_day = 24 * 60 // method.video_min
    found = []
    for day in days.alert or days.normal:
        begin = datetime.combine(day, time(), BEIJING)
        found += [begin + timedelta(minutes=n * method.video_min) for n in range(per_day)]
    return [moment for moment in found if moment <= now]


def _method_kept(method: Method, days: Days, drawn: Draw, passages: list[int]) -> dict[str, Any]:
    found = response(days.trips, drawn.normal_days, drawn.alert_days)
    return {
        "draws": {part.value: n for part, n in method.draws.items()},
        "weights": {part.value: weight for part, weight in method.weights.items()},
        "video_min": method.video_min, "unclear_counts": method.unclear_counts,
        "passages": len(passages), "normal_days": len(days.normal), "alert_days": len(days.alert),
        "normal_mean": found.normal, "alert_mean": found.alert, "change_pct": found.change_pct,
    }  # fmt: skip


def _items(
    connection: Connection, enterprise_id: int, drawn: Draw, days: Days, method: Method
) -> Iterator[dict[str, Any]]:
    rows = verification_tasks.snapshots(connection, [*drawn.complete, *drawn.stage])
    for part, ids in ((Part.COMPLETE, drawn.complete), (Part.STAGE, drawn.stage)):
        for n, one in enumerate(ids, 1):
            yield {"part": part.value, "ordinal": n, "passage_id": one, "day": None, "drawn": rows[one]}
    for part, chosen in ((Part.NORMAL_DAY, drawn.normal_days), (Part.ALERT_DAY, drawn.alert_days)):
        for n, day in enumerate(chosen, 1):
            said = {"vehicles": days.trips.get(day, 0), "level": days.alert.get(day, {}).get("level")}
            yield {"part": part.value, "ordinal": n, "passage_id": None, "day": day, "drawn": said}
    for n, begin in enumerate(drawn.videos, 1):
        end = begin + timedelta(minutes=method.video_min)
        seen = verification_tasks.passages_at(connection, enterprise_id, begin, end)
        said = {"from": begin.isoformat(), "to": end.isoformat(), "passages": seen}
        yield {"part": Part.VIDEO.value, "ordinal": n, "passage_id": None, "day": day_of(begin), "drawn": said}


def _faults(draft: TaskDraft, enterprise: Mapping[str, Any] | None, now: datetime) -> list[Fault]:
    faults = []
    if enterprise is None:
        faults.append(
            Fault(
                "enterprise",
                "没有该企业，或不在管辖范围内",
                "There is no such enterprise, or it lies outside your area",
            )
        )
    if draft.from_on is None:
        faults.append(Fault("from_on", "请填写起日", "Give the first day"))
    if draft.to_on is None:
        faults.append(Fault("to_on", "请填写止日", "Give the last day"))
    if draft.from_on is not None and draft.to_on is not None:
        if not draft.from_on <= draft.to_on <= day_of(now):
            faults.append(Fault("to_on", "止日应在起日与今天之间", "It must lie between the first day and today"))
        elif (draft.to_on - draft.from_on).days >= MOST_DAYS:
            faults.append(Fault("to_on", f"期间至多 {MOST_DAYS} 天", f"At most {MOST_DAYS} days"))
    if len(draft.seed) > SEED_MOST or not draft.seed.isprintable():
        faults.append(Fault("seed", f"种子至多 {SEED_MOST} 个可见字符", f"At most {SEED_MOST} printable characters"))
    return faults
