"""Uploads as large as evidence may be: `@takes_evidence` on the view, `uploads("files", "scene")` in it.

Other forms stay under the limit of the whole application. The limit is set before anything reads the form (the check of
the page's token does); the parser writes large files to the disk as they come.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar, cast

from flask import Flask, current_app, request

from server.flows.keep_evidence import MOST_FILES, Upload
from server.store.evidence_store import EvidenceStore

View = TypeVar("View", bound=Callable[..., Any])
FORM_BYTES = 2 * 2**20  # what the form itself may have besides its files


def takes_evidence(view: View) -> View:
    """Decorator (below the route): this view's form may carry evidence files."""
    view.takes_evidence = True  # type: ignore[attr-defined]
    return view


def evidence_store() -> EvidenceStore:
    """The store of this application."""
    return cast(EvidenceStore, current_app.extensions["evidence_store"])


def uploads(field: str, purpose: str) -> Sequence[Upload]:
    """Every file of a field of the form, for keep_evidence.keep; fields left empty give none."""
    files = [file for file in request.files.getlist(field) if file.filename or file.content_length]
    return [Upload(file.filename or "", cast(Any, file.stream), purpose) for file in files[: MOST_FILES + 1]]


def _allow_large_form() -> None:
    view = current_app.view_functions.get(request.endpoint or "")
    if view is not None and getattr(view, "takes_evidence", False):
        request.max_content_length = 2 * evidence_store().limits.largest_bytes + FORM_BYTES


def init(app: Flask) -> None:
    """After the guard and before the check of tokens."""
    app.before_request(_allow_large_form)
