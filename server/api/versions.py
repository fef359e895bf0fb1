"""ETag and If-Match: a record is given with its version, and a change that rests on an older one is refused.

A view that reads a record calls `tag_of(row)`; one that changes it calls `check(row)` after it has locked the row.
The tag is the version of the row and a hash of the answer. If-Match looks at the version alone; If-None-Match at both,
for an answer may change without its row: a new position, a day that makes a notice overdue.
"""

from collections.abc import Mapping
from hashlib import sha256
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


def take_tag(body: bytes) -> str | None:
    """The ETag for this answer, once, where the view gave its version."""
    tag: str | None = g.pop("etag", None)
    return None if tag is None else f"{tag}-{sha256(body).hexdigest()[:12]}"


def check(row: Mapping[str, Any]) -> None:
    """Refuse with 412 when the caller's If-Match does not name this version of the row."""
    asked = request.if_match
    if not asked or asked.star_tag:
        return
    version = f"{row['id']}-{version_of(row)}"
    if not any(tag == version or tag.startswith(f"{version}-") for tag in asked):
        raise refuse(412)
