"""Officers go through a verification: a verdict and a note for each item, then the score; or it is voided with why."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from enforcement.ledgers.verification import ItemVerdict, Method, Part, score
from server.flows.refusals import Fault, Refused
from server.store import audit, verification_tasks
from server.store.audit import Actor
from server.store.scopes import Scope

NOTE_MOST, REASON_LEAST = 1000, 4


class StaleTask(Exception):
    """Somebody else changed the task meanwhile."""


@dataclass(frozen=True, slots=True)
class ItemFound:
    """What was found of an item; `stage`: the real stage, `seen`: vehicles on the video; `photos`: new items."""

    verdict: str
    note: str = ""
    stage: str = ""
    seen: int | None = None
    photos: tuple[int, ...] = ()


def judge(
    connection: Connection, actor: Actor, scope: Scope, number: int, item_id: int, found: ItemFound, now: datetime
) -> None:
    """Write the verdict of an item; a newer one takes its place. Raises Refused, LookupError."""
    _open_task(connection, scope, number, None)
    item = next((one for one in verification_tasks.items_of(connection, number) if one["id"] == item_id), None)
    if item is None or item["part"] == Part.NORMAL_DAY:
        raise LookupError(item_id)
    faults = _faults(found)
    if faults:
        raise Refused(faults)
    photos = list(dict.fromkeys([*item["found"].get("photos", []), *found.photos]))
    given = {"stage": found.stage, "seen": found.seen, "photos": photos}
    facts = {name: value for name, value in given.items() if value not in ("", None, [])}
    values = {"verdict": found.verdict, "note": found.note or None, "found": facts, "at": now, "by": actor.user_id}
    verification_tasks.judge(connection, item_id, values)
    verification_tasks.touch(connection, number)
    detail = {"item": item_id, "part": item["part"], "ordinal": item["ordinal"], "verdict": found.verdict,
              "before": item["verdict"], "note": found.note}  # fmt: skip
    audit.append(connection, actor, "verification.item", "verification", number, detail)


def _faults(found: ItemFound) -> list[Fault]:
    faults = []
    if found.verdict not in set(ItemVerdict):
        faults.append(Fault("verdict", "请选择结论", "Choose what was found"))
    if found.verdict in {ItemVerdict.FAULT, ItemVerdict.UNCLEAR} and len(found.note) < REASON_LEAST:
        faults.append(Fault("note", "不符合或不确定时请说明（至少 4 字）", "Say why, in 4 characters or more"))
    if len(found.note) > NOTE_MOST:
        faults.append(Fault("note", f"至多 {NOTE_MOST} 字", f"At most {NOTE_MOST} characters"))
    return faults


def finish(
    connection: Connection, actor: Actor, scope: Scope, number: int, version: int, conclusion: str, now: datetime
) -> float | None:
    """Close a task whose items are all judged; its score. Raises Refused, LookupError, StaleTask."""
    task = _open_task(connection, scope, number, version)
    items = [one for one in verification_tasks.items_of(connection, number) if one["part"] != Part.NORMAL_DAY]
    missing = sum(one["verdict"] is None for one in items)
    faults = []
    if missing:
        faults.append(Fault("conclusion", f"还有 {missing} 项未核查", f"{missing} items have no verdict yet"))
    if not REASON_LEAST <= len(conclusion) <= NOTE_MOST:
        faults.append(Fault("conclusion", "请填写结论（4 至 1000 字）", "Give the conclusion in 4 to 1000 characters"))
    if faults:
        raise Refused(faults)
    value = task_score(task["method"], items)
    values = {"score": value, "conclusion": conclusion, "at": now, "by": actor.user_id}
    verification_tasks.finish(connection, number, values)
    audit.append(connection, actor, "verification.finish", "verification", number, {"score": value})
    return value


def task_score(method: Mapping[str, Any], items: list[dict[str, Any]]) -> float | None:
    """The score by the method that was kept when the task was drawn."""
    verdicts: dict[Part, list[ItemVerdict]] = {}
    for one in items:
        if one["verdict"] is not None:
            verdicts.setdefault(Part(one["part"]), []).append(ItemVerdict(one["verdict"]))
    return score(verdicts, _method(method))


def _method(kept: Mapping[str, Any]) -> Method:
    return Method(
        {Part(part): n for part, n in kept["draws"].items()},
        {Part(part): weight for part, weight in kept["weights"].items()}, kept["video_min"], kept["unclear_counts"],
    )  # fmt: skip


def void(connection: Connection, actor: Actor, scope: Scope, number: int, version: int, reason: str) -> None:
    """Drop a task that is open. Raises Refused, LookupError, StaleTask."""
    _open_task(connection, scope, number, version)
    if not REASON_LEAST <= len(reason) <= 500:
        raise Refused([Fault("reason", "请填写 4 至 500 字的原因", "Give the reason in 4 to 500 characters")])
    verification_tasks.void(connection, number, reason)
    audit.append(connection, actor, "verification.void", "verification", number, {"reason": reason})


def _open_task(connection: Connection, scope: Scope, number: int, version: int | None) -> dict[str, Any]:
    task = verification_tasks.find_one(connection, scope, number, hold=True)
    if task is None:
        raise LookupError(number)
    if version is not None and task["version"] != version:
        raise StaleTask(number)
    if task["state"] != "open":
        raise Refused([Fault("conclusion", "该任务已结束", "The task is closed")])
    return task
