"""Answers that are not pages: JSON with an ETag, and files to take away."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from flask import Response, request

from server.documents import lists
from server.documents.lists import Cell
from server.web.language import ZONE


def tagged(body: str | dict[str, Any], keep_s: int = 0) -> Response:
    """JSON with an ETag: 304 when the asker has it already."""
    text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    answer = Response(text, mimetype="application/json")
    answer.set_etag(hashlib.sha256(text.encode()).hexdigest()[:32])
    answer.headers["Cache-Control"] = f"private, max-age={keep_s}" if keep_s else "private, no-cache"
    answer.make_conditional(request)
    return answer


def list_file(kind: str, name: str, head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Response:
    """A list as CSV or XLSX, named with the day."""
    data = lists.csv_file(head, rows) if kind == "csv" else lists.xlsx_file(head, rows, name)
    day = datetime.now(UTC).astimezone(ZONE).strftime("%Y%m%d-%H%M%S")
    answer = Response(data, content_type=lists.MIMES[kind])
    answer.headers.set("Content-Disposition", "attachment", filename=f"{name}-{day}.{kind}")
    return answer
