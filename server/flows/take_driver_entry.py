"""A driver enters a passage on the own phone: it waits in the ledger until the gatekeeper confirms it.

Nobody is signed in. The gate's code says whose ledger it is, the time is the platform's own, and a form that is sent
twice (the same key) is one entry.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from server.flows.correct_ledger import OURS
from server.flows.refusals import Fault, Refused
from server.flows.take_passages import Source, take
from server.store import audit
from server.store.audit import Actor

FIELDS = ("direction", "plate", "plate_colour", "fuel", "stage", "cargo", "quantity", "unit", "owner_phone", "vin",
          "fleet")  # fmt: skip


def take_entry(
    connection: Connection, gate: Mapping[str, Any], given: Mapping[str, str], form_key: str, address: str | None,
    now: datetime,
) -> int:  # fmt: skip
    """The number of the passage that now waits. Raises Refused; then nothing was written."""
    actor = Actor(None, "driver", None, address)
    row: dict[str, object] = {name: given.get(name, "") for name in FIELDS}
    row |= {"entrance_no": gate["entrance_no"], "barrier_no": gate["barrier_no"], "passed_at": now.isoformat()}
    row["source_key"] = f"phone:{form_key}"
    source = Source(gate["enterprise_id"], gate["division"], "phone", gate["id"])
    result = take(connection, actor, source, [row], now, OURS, pending=True).results[0]
    if result.passage_id is None:
        raise Refused([Fault(one.field, one.zh, one.en) for one in result.faults])
    if result.outcome == "taken":
        detail = {"gate": gate["id"], "plate": row["plate"]}
        audit.append(connection, actor, "ledger.phone", "passage", result.passage_id, detail)
    return result.passage_id
