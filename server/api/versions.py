"""ETag and If-Match: a record is given with its version, and a change that rests on an older one is refused.

A view that reads a record calls `tag_of(row)`; one that changes it calls `check(row)` after it has locked the row.
"""

from collections.abc import Mapping
from typing import Any

from flask import g, request

from server.api.errors import refuse


def version_of(row: Mapping[str, Any]) -> str:
    """What the version of a stored row is named by: its number, else the moment of its last change."""
    if row.get("version") is not None:
        return f"v{row['version']}"
    return f"t{round(row['updated_at'].timestamp() * 1_000_000)}"


def tag_of(row: Mapping[str, Any]) -> None:
    """The answer to this request carries the row's version as its ETag."""
    g.etag = f"{row['id']}-{version_of(row)}"


def take_tag() -> str | None:
    """The ETag that the view gave, once."""
    tag: str | None = g.pop("etag", None)
    return tag


def check(row: Mapping[str, Any]) -> None:
    """Refuse with 412 when the caller's If-Match does not name this version of the row."""
    if request.if_match and not request.if_match.contains(f"{row['id']}-{version_of(row)}"):
        raise refuse(412)
