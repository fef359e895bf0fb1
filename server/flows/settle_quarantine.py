"""What becomes of held frames: replayed after a mend, or set aside with a reason. The bytes stay in either case."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, Engine

from server.db import transaction
from server.flows.replay_quarantine import replay
from server.store import audit, quarantine
from server.store.audit import Actor
from server.store.paging import Query
from server.store.scopes import Scope

PORTION = 500
MOST_AT_ONCE = 20_000
SHORTEST_REASON, LONGEST_REASON = 4, 500


class Portion(NamedTuple):
    """One stretch of a replay: up to which id, how many were taken again, how many are stored now."""

    last_id: int
    taken: int
    stored: int


def fault_of(reason: str) -> tuple[str, str] | None:
    """What is wrong with a reason, in both languages."""
    if SHORTEST_REASON <= len(reason) <= LONGEST_REASON:
        return None
    return (
        f"请写明搁置原因，{SHORTEST_REASON} 至 {LONGEST_REASON} 个字，例如“终端测试报文”。",
        f"Say why in {SHORTEST_REASON} to {LONGEST_REASON} characters, such as “test frames of the terminal”.",
    )


def set_aside(connection: Connection, actor: Actor, scope: Scope, numbers: Sequence[int], reason: str) -> int:
    """Settle held frames of the scope without taking them in; how many were held."""
    own = quarantine.among(connection, numbers, scope, ["held"])
    return _set_aside(connection, actor, own, reason, {})


def set_aside_found(connection: Connection, actor: Actor, scope: Scope, query: Query, reason: str) -> int:
    """The same for everything that the filters of a list find, up to `MOST_AT_ONCE`."""
    own = quarantine.matching(connection, query, scope, MOST_AT_ONCE)
    return _set_aside(connection, actor, own, reason, dict(query.values))


def _set_aside(
    connection: Connection, actor: Actor, own: Sequence[int], reason: str, filters: Mapping[str, str]
) -> int:
    settled = quarantine.set_aside(connection, own, reason, actor.user_id)
    if settled:
        detail = {"frames": len(settled), "reason": reason, "filters": dict(filters), "ids": settled[:100]}
        audit.append(connection, actor, "quarantine.set_aside", "quarantine", settled[0], detail)
    return len(settled)


def replay_some(engine: Engine, actor: Actor, scope: Scope, numbers: Sequence[int]) -> Portion:
    """Take these frames of the scope again; also those set aside before."""
    with transaction(engine) as connection:
        own = quarantine.among(connection, numbers, scope, ["held", "set_aside"])
    return _replay(engine, actor, own)


def replay_found(engine: Engine, actor: Actor, scope: Scope, query: Query, after: int) -> Portion:
    """The next portion of what the filters of a list find, above the id `after`."""
    with transaction(engine) as connection:
        own = quarantine.matching(connection, query, scope, PORTION, after)
    return _replay(engine, actor, own)


def _replay(engine: Engine, actor: Actor, own: Sequence[int]) -> Portion:
    stored = replay(engine, own, actor) if own else 0
    return Portion(max(own, default=0), len(own), stored)
