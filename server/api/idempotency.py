"""Idempotency-Key: a create that is called again after a lost answer gives the same answer and does nothing twice.

The key is claimed in the transaction of the work (`server.web.access.work` and `claiming` do it), so that work and key
stand or fall together. The answer is kept afterwards; should it be lost between the two, the caller is told that the
work was done (409), never made to do it again.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from flask import Response, g, request
from sqlalchemy import Connection

from server.api.errors import Fault, Refused, error_of, invalid
from server.db import transaction
from server.store import idempotency_keys
from server.store.idempotency_keys import Kept
from server.web.access import caller_name, engine, work

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"


class TakenError(Exception):
    """Another call came first with this key."""


def once(operation: str, act: Callable[[], Response], secret: bool = False) -> Response:
    """Answer a create: as it was answered before under the same key, else by acting.

    A `secret` answer is shown once and kept nowhere: called again, the caller is told that the work was done.
    """
    key = request.headers.get(HEADER)
    if key is None:
        return act()
    if not (8 <= len(key) <= 200 and key.isascii() and key.isprintable()):
        zh, en = "应为 8 至 200 个可打印 ASCII 字符。", "It must be 8 to 200 printable ASCII characters"
        raise invalid([Fault(path=f"header.{HEADER}", code="refused", message_zh=zh, message_en=en)])
    body: bytes = g.body_sha256
    known = _known(key)
    if known is not None:
        return _again(known, operation, body)
    g.claim = (key, operation, body)
    try:
        answer = act()
    except TakenError:
        return _again(_known(key), operation, body)
    finally:
        unclaimed = g.pop("claim", None)
    if unclaimed is not None:
        raise RuntimeError(f"{operation} created without claiming its Idempotency-Key (server/api/idempotency.py)")
    if secret:
        return answer
    with transaction(engine()) as connection:
        text = answer.get_data(as_text=True)
        idempotency_keys.keep(connection, caller_name(), key, answer.status_code, text, {})
    return answer


@contextmanager
def creating() -> Iterator[Connection]:
    """The transaction of a create, under the account's fence, with the key of this call claimed in it."""
    with work() as connection:
        claim_in(connection)
        yield connection


def claim_in(connection: Connection) -> None:
    """Claim this call's key, if it has one, in the transaction that does the work; raises TakenError."""
    claim = g.pop("claim", None)
    if claim is not None and not idempotency_keys.claim(connection, caller_name(), *claim):
        raise TakenError


def _known(key: str) -> Kept | None:
    with transaction(engine()) as connection:
        return idempotency_keys.find(connection, caller_name(), key)


def _again(known: Kept | None, operation: str, body: bytes) -> Response:
    if known is not None and (known.operation, known.body_sha256) != (operation, body):
        zh, en = "该键已用于另一请求，请换一个。", "This key was used for another request: take another"
        raise invalid([Fault(path=f"header.{HEADER}", code="key_used", message_zh=zh, message_en=en)])
    if known is None or known.status is None:
        zh = "该请求已执行，但当时的应答未保存，请查询结果。"
        en = "This was carried out, but its answer was not kept: look the result up."
        raise Refused(409, error_of(409, ("answer_lost", zh, en)))
    return Response(known.answer, known.status, {REPLAYED: "true"}, mimetype="application/json")
