"""Which unprivileged account a server runs as: PostgreSQL refuses root, and a broker needs no root either."""

import os
import pwd
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Account:
    """A system account a child process changes to."""

    name: str
    uid: int
    gid: int


def unprivileged(*preferred: str) -> Account | None:
    """The first existing account of `preferred`, else `nobody`; None when we are not root."""
    if os.geteuid() != 0:
        return None
    for name in (*preferred, "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    raise LookupError(f"none of the accounts {', '.join((*preferred, 'nobody'))} exists on this machine")


def popen_arguments(account: Account | None) -> dict[str, Any]:
    """What subprocess needs to change to the account."""
    if account is None:
        return {}
    return {"user": account.uid, "group": account.gid, "extra_groups": []}


def private_directory(path: Path, account: Account | None) -> Path:
    """Make `path` a directory only the account (and root) can enter."""
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(0o700)
    give(path, account)
    return path


def give(path: Path, account: Account | None) -> None:
    """Hand a file or directory over to the account."""
    if account is not None:
        os.chown(path, account.uid, account.gid)
