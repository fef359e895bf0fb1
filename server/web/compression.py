"""Scripts, styles and drawings leave compressed: a tablet on a poor line loads a quarter of the bytes.

Only files that are the same for everybody are: a page that holds a token beside what a visitor sent would tell of it
by its length (BREACH). Each is compressed once and kept; a library for this would bring no more than these lines.
"""

import gzip
from functools import lru_cache

from flask import Flask, Response, request

KINDS = frozenset({"text/javascript", "application/javascript", "text/css", "image/svg+xml"})
LEAST = 600  # bytes; below this the header costs more than is saved
LEVEL = 8


@lru_cache(maxsize=512)
def _packed(name: str, etag: str, body: bytes) -> bytes:
    return gzip.compress(body, LEVEL, mtime=0)


def packed(response: Response, name: str) -> Response:
    """The answer compressed, where the caller takes it."""
    response.vary.add("Accept-Encoding")
    if not request.accept_encodings["gzip"] or request.headers.get("Range"):
        return response
    response.direct_passthrough = False
    body = response.get_data()
    if len(body) < LEAST:
        return response
    etag = response.get_etag()[0] or ""
    response.set_data(_packed(name, etag, body))
    response.headers["Content-Encoding"] = "gzip"
    response.headers["Content-Length"] = str(len(response.get_data()))
    if etag:
        response.set_etag(etag, weak=True)
    return response


def _pack_static(response: Response) -> Response:
    ours = request.endpoint == "static" and request.method == "GET" and response.status_code == 200
    if not ours or response.mimetype not in KINDS or "Content-Encoding" in response.headers:
        return response
    return packed(response, request.path)


def init(app: Flask) -> None:
    """Compress files of static/ as they leave."""
    app.after_request(_pack_static)
