"""The off-line list of an enterprise's gates: made, signed and kept; given again while it is young and nothing changed.

Like a gate's question it reads trucks of every owner, outside the fence.
"""

import gzip
import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import Connection

from enforcement.alerts.ed25519 import public_key
from enforcement.alerts.offline import Law, Listed, canonical, key_id, make_list, midnights, seal
from enforcement.rules.book import RuleBook
from enforcement.zones.whitelist import at_gates
from server.flows import alert_standing, gate_rules
from server.flows.alert_standing import Standing
from server.flows.ask_gate import standing_now
from server.flows.gate_memory import memory_of
from server.flows.gate_subjects import read_subject
from server.store import alert_leave, audit, enterprises, gate_lists, gate_policies
from server.store.audit import Actor
from server.store.scopes import Scope

REMEMBERED_S = 86_400.0


def newest(connection: Connection, actor: Actor, enterprise_id: int, key: bytes, now: datetime) -> bytes:
    """The list that holds now, as JSON, gzipped. Raises LookupError where the enterprise is not on file."""
    rules, standing = standing_now(connection)
    policy = gate_policies.find_one(connection, Scope(), enterprise_id)
    if policy is None:
        raise LookupError(enterprise_id)
    fresh_s = gate_rules.seconds(rules, "list_fresh_s", now)
    which = (
        enterprise_id,
        standing.revision,
        policy["when_unreachable"],
        policy["list_hours"],
        key_id(public_key(key)),
    )

    def look_up() -> object:
        return now, make(connection, actor, enterprise_id, policy, key, now)

    memory = memory_of(connection.engine, "list", REMEMBERED_S)
    made_at, number = cast("tuple[datetime, int]", memory.get(which, look_up))
    content = gate_lists.content_of(connection, number) if (now - made_at).total_seconds() < fresh_s else None
    if content is not None:
        return content
    memory.drop(which)
    number = cast("tuple[datetime, int]", memory.get(which, look_up))[1]
    return gate_lists.content_of(connection, number) or b""


def make(
    connection: Connection, actor: Actor, enterprise_id: int, policy: Mapping[str, Any], key: bytes, now: datetime
) -> int:
    """Make a list and keep it; its number."""
    rules, standing = standing_now(connection)
    until = now + timedelta(hours=policy["list_hours"])
    law = _law(connection, rules, standing, enterprise_id, now, until)
    since = now - timedelta(days=gate_rules.seconds(rules, "list_days", now))
    trucks = _trucks(connection, enterprise_id, since, now)
    number = gate_lists.next_number(connection)
    content = make_list(law, trucks, _head(connection, number, policy, law, now, until), now, until)
    _keep(connection, number, enterprise_id, content, key, (now, until))
    gate_lists.forget(connection, enterprise_id, now - timedelta(days=gate_rules.seconds(rules, "list_kept_days", now)))
    told = {"enterprise_id": enterprise_id, "entries": len(trucks), "valid_until": until.isoformat()}
    audit.append(connection, actor, "gate_list.make", "gate_list", number, told)
    return number


def _law(
    connection: Connection, rules: RuleBook, standing: Standing, enterprise_id: int, now: datetime, until: datetime
) -> Law:
    """Where the plant stands on the bureau's lists changes by the day: looked up for each day of the list."""
    days = [now, *midnights(now, until)]
    places = tuple((at, alert_standing.place_of(connection, enterprise_id, at)) for at in days)
    return Law(rules, standing.measures, standing.alerts, places)


def _trucks(connection: Connection, enterprise_id: int, since: datetime, now: datetime) -> list[Listed]:
    rows = list(gate_lists.trucks(connection, enterprise_id, since, now))
    known = [read_subject(row, row["asked_plate"], row["asked_colour"]) for row in rows]
    ids = [one.truck_id for one in known if one.has_leave and one.truck_id is not None]
    leave = alert_leave.of_trucks(connection, ids)
    return [Listed(one.truck, at_gates(leave.get(one.truck_id or 0, ()), enterprise_id)) for one in known]


def _head(
    connection: Connection, number: int, policy: Mapping[str, Any], law: Law, now: datetime, until: datetime
) -> dict[str, Any]:
    enterprise = enterprises.find_one(connection, policy["id"], Scope()) or {}
    alerts = [one for one in law.alerts if one.holds(law.places[0][1].division, now) or now < one.from_at < until]
    return {
        "list_id": number, "made_at": now.isoformat(), "valid_until": until.isoformat(),
        "enterprise": {"id": policy["id"], "name": policy["enterprise"], "credit_code": enterprise.get("credit_code")},
        "when_unreachable": policy["when_unreachable"],
        "alerts": [{"id": one.id, "level": str(one.level), "document": one.document} for one in alerts],
        "measures": {one.name: {"zh": one.zh, "en": one.en} for one in law.measures},
    }  # fmt: skip


def _keep(
    connection: Connection, number: int, enterprise_id: int, content: dict[str, Any], key: bytes,
    span: tuple[datetime, datetime],
) -> None:  # fmt: skip
    used = {name for one in content["answers"] for name in one["measures"]}
    content["measures"] = {name: told for name, told in content["measures"].items() if name in used}
    sealed = seal(content, key)
    gate_lists.add(
        connection,
        {
            "id": number, "enterprise_id": enterprise_id, "made_at": span[0], "valid_until": span[1],
            "entries_n": len(content["trucks"]), "sha256": hashlib.sha256(sealed["content"].encode()).digest(),
            "key_id": sealed["key_id"], "content": gzip.compress(canonical(sealed).encode(), 6, mtime=0),
        },
    )  # fmt: skip
