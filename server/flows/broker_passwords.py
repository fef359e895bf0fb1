"""Broker accounts of single terminals: a password is made here, shown once, and kept as mosquitto's hash.

The accounts are written to the file the broker's keeper watches (BROKER_DEVICES_FILE); it has the broker read them
without a restart. A gateway that sends for many terminals has an account of its own and needs none of these.
"""

import base64
import hashlib
import os
import re
import secrets
from pathlib import Path

from sqlalchemy import Engine

from server.store import audit, broker_accounts
from server.store.audit import Actor

ITERATIONS = 101  # mosquitto's own; a device's password is random, not chosen by a person
NAME = re.compile(r"[^\s:+#]{1,128}")


class NoAccountError(LookupError):
    """The terminal is not on file, not in use, or its name cannot be an account's."""


def password_hash(password: str, salt: bytes | None = None) -> str:
    """A password as mosquitto keeps it: PBKDF2 with SHA-512."""
    salt = os.urandom(12) if salt is None else salt
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, ITERATIONS)
    return f"$7${ITERATIONS}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


def find_terminal(engine: Engine, kind: str, device: str) -> int | None:
    """The number of a terminal on file."""
    with engine.connect() as connection:
        return broker_accounts.find_number(connection, kind, device)


def issue(engine: Engine, terminal_id: int, actor: Actor, devices_file: Path | None) -> tuple[str, str]:
    """Give a terminal a new password: (account name, password). The password is kept nowhere."""
    password = secrets.token_urlsafe(24)
    with engine.begin() as connection:
        terminal = broker_accounts.find_terminal(connection, terminal_id)
        if terminal is None or terminal.state != "active":
            raise NoAccountError(f"terminal {terminal_id} is not in use")
        name = f"{terminal.kind}/{terminal.device}"
        if not NAME.fullmatch(name):
            raise NoAccountError(f"{name!r} cannot be an account's name: no spaces, no ':', '+', '#'")
        broker_accounts.keep(connection, terminal_id, password_hash(password), actor.user_id)
        audit.append(connection, actor, "broker.password_issued", "terminal", str(terminal_id), {"account": name})
    write_file(engine, devices_file)
    return name, password


def withdraw(engine: Engine, terminal_id: int, actor: Actor, devices_file: Path | None) -> bool:
    """End a terminal's account; the broker cuts it off when it has read the file."""
    with engine.begin() as connection:
        ended = broker_accounts.withdraw(connection, terminal_id)
        if ended:
            audit.append(connection, actor, "broker.account_withdrawn", "terminal", str(terminal_id), {})
    write_file(engine, devices_file)
    return ended


def write_file(engine: Engine, devices_file: Path | None) -> None:
    """Write all accounts anew, whole or not at all; nothing where no file is named."""
    if devices_file is None:
        return
    with engine.connect() as connection:
        text = "".join(f"{line}\n" for line in broker_accounts.lines(connection))
    devices_file.parent.mkdir(parents=True, exist_ok=True)
    fresh = devices_file.with_suffix(".new")
    fresh.touch(mode=0o600)
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(devices_file)
