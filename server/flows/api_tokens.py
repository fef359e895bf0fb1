"""A person makes a token for a program, or ends it; its text is shown once and never kept."""

import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import Connection

from server.store import api_tokens, audit
from server.store.api_tokens import ApiToken
from server.store.audit import Actor

PREFIX = "dmp_"  # says what it is where it is found by accident
FORM = re.compile(r"dmp_[A-Za-z0-9_-]{43}")
LONGEST = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Issued:
    """A new token with its text."""

    id: int
    text: str


class TooManyError(Exception):
    """The account has as many tokens in force as it may have."""


def digest(text: str) -> bytes:
    """What is kept of a token: it has 256 random bits, so that a plain hash is enough."""
    return sha256(text.encode()).digest()


def issue(connection: Connection, actor: Actor, user_id: int, name: str, now: datetime, days: int) -> Issued:
    """Make a token that ends after `days`; raises TooManyError."""
    api_tokens.hold_owner(connection, user_id)
    if api_tokens.live_count(connection, user_id) >= api_tokens.MOST_LIVE:
        raise TooManyError
    text = PREFIX + secrets.token_urlsafe(32)
    expires_at = now + min(timedelta(days=days), LONGEST)
    number = api_tokens.add(connection, user_id, name, digest(text), expires_at)
    detail = {"name": name, "expires_at": expires_at.isoformat()}
    audit.append(connection, actor, "api_token.create", "api_token", number, detail)
    return Issued(number, text)


def revoke(connection: Connection, actor: Actor, user_id: int, number: int) -> ApiToken | None:
    """End a token of this account; None where it has no such token. Ending it again changes nothing."""
    if api_tokens.revoke(connection, user_id, number):
        audit.append(connection, actor, "api_token.revoke", "api_token", number)
    return api_tokens.find_one(connection, user_id, number)


def owner_of(connection: Connection, text: str) -> tuple[int, int] | None:
    """(token, account) behind the text of a token in force."""
    return api_tokens.find_owner(connection, digest(text)) if FORM.fullmatch(text) else None
