"""Signing in: count the attempt, look at the password, let in or refuse.

The attempt is written as failed and committed before the password is looked at (reserve), and marked as succeeded
afterwards: guesses sent at the same moment are counted one by one, and none is free.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Connection

from server.store import audit, users

HASHER = PasswordHasher()
# looked at when the user name is unknown, so that both refusals take the same time
NOBODY = HASHER.hash("no account has this password")


@dataclass(frozen=True, slots=True)
class Limits:
    """How many failures lock an account or an address, and for how long."""

    per_account: int
    per_address: int
    lock: timedelta


@dataclass(frozen=True, slots=True)
class Locked:
    """Refused without a look at the password."""

    until: datetime


@dataclass(frozen=True, slots=True)
class Reserved:
    """The attempt may go on."""

    attempt_id: int


def reserve(
    connection: Connection, username: str, address: str | None, limits: Limits, at: datetime
) -> Locked | Reserved:
    """Transaction one: is the account or the address locked? If not, count this attempt."""
    users.lock_attempts(connection, [username, address or "-"])
    since = at - limits.lock
    ends = [_lock_end(users.failures_of_account(connection, username, since, limits.per_account), limits.per_account)]
    if address:
        failures = users.failures_of_address(connection, address, since, limits.per_address)
        ends.append(_lock_end(failures, limits.per_address))
    locked = [end for end in ends if end is not None]
    if locked:
        return Locked(max(locked) + limits.lock)
    return Reserved(users.add_attempt(connection, username, address, at))


def _lock_end(failures: list[datetime], allowed: int) -> datetime | None:
    return failures[-1] if len(failures) >= allowed else None


def check(connection: Connection, username: str, password: str) -> users.Account | None:
    """The account, if the name is known, the password right and the account active; no difference otherwise."""
    known = users.find_by_username(connection, username)
    if not password_matches(known[1] if known else NOBODY, password) or known is None:
        return None
    return known[0] if known[0].active else None


def settle(
    connection: Connection,
    username: str,
    address: str | None,
    account: users.Account | None,
    attempt: Reserved,
    password: str,
) -> None:
    """Transaction two: write down how it ended, and renew a hash made under older parameters."""
    if account is None:
        actor = audit.Actor(None, username[:40] or "-", None, address)
        audit.append(connection, actor, "account.sign_in_refused", "account", username[:40])
        return
    users.settle_attempt(connection, attempt.attempt_id)
    if HASHER.check_needs_rehash(users.password_hash(connection, account.id)):
        users.refresh_hash(connection, account.id, HASHER.hash(password))
    actor = audit.Actor(account.id, account.username, account.organisation_id, address)
    audit.append(connection, actor, "account.sign_in", "account", account.id)


def password_matches(stored: str, password: str) -> bool:
    """Whether the password belongs to the stored hash."""
    try:
        return HASHER.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False
