"""A list taken away as a file: asked for in the list's own address, and written down in the audit log."""

from collections.abc import Sequence
from typing import Any

from flask import Response, request

from server.db import transaction
from server.documents.lists import Cell
from server.store import audit
from server.store.paging import Query
from server.web.access import current_actor, engine
from server.web.answers import list_file
from server.web.listing import Column

KINDS = ("csv", "xlsx")


def kind_asked() -> str:
    """The kind of file that this request for a list asks for; empty where it asks for the page."""
    kind = request.args.get("format", "")
    return kind if kind in KINDS else ""


def head_of(columns: Sequence[Column]) -> list[str]:
    """The head of a file with the columns of the list, the hidden ones too."""
    return [str(column.label) for column in columns]


def export(
    name: str, head: Sequence[str], lines: Sequence[Sequence[Cell]], query: Query, action: str, of: tuple[str, Any]
) -> Response:
    """The lines as the file that was asked for; who took it, by which filters, is in the audit log under `action`."""
    kind = kind_asked()
    with transaction(engine()) as connection:
        detail = {"format": kind, "rows": len(lines), "filters": dict(query.values)}
        audit.append(connection, current_actor(), action, *of, detail)
    return list_file(kind, name, head, lines)
