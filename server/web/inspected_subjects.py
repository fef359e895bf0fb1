"""The inspections of a truck or machine, as its page shows them, with what its remote-sensing records amount to."""

from datetime import UTC, datetime
from typing import Any

from flask import url_for

from server.flows import remote_history, rule_book
from server.flows.inspection_verdicts import remote_json
from server.store import inspections
from server.web.access import current_scope, may, work
from server.web.inspection_verdicts import remote


def of_subject(truck_id: int | None = None, machine_id: int | None = None) -> dict[str, Any] | None:
    """Rows, the state under HJ 845 and the addresses that the macro `of_subject` wants; None without the permission."""
    if not may("inspections.read"):
        return None
    with work() as connection:
        rows = inspections.of_subject(connection, current_scope(), truck_id, machine_id)
        history = None
        if truck_id is not None and any(row["kind"] == "remote_sensing" for row in rows):
            history = remote_history.of_truck(connection, rule_book.current(connection), truck_id, datetime.now(UTC))
    asked = {"truck": truck_id} if truck_id is not None else {"machine": machine_id}
    return {
        "rows": rows,
        "history": remote(remote_json(history)) if history else None,
        "address": url_for("inspections.index", **asked),
        "new_address": url_for("inspections.new", **asked),
    }
