"""The key that signs off-line lists of gates: a setting, or made at first use in the folder of secrets."""

import os
import secrets
from pathlib import Path

from enforcement.alerts.ed25519 import KEY_BYTES

NAME = "gate_list_key"


class KeyAway(Exception):
    """No key is set and none can be made: the folder of secrets cannot be written to."""


def signing_key(given: str, folder: Path) -> bytes:
    """The secret key: what the setting says, else the file's; made once, for its owner alone. Raises KeyAway."""
    if given:
        return bytes.fromhex(given)
    path = folder / NAME
    try:
        if not path.exists():
            _make(path)
        return bytes.fromhex(path.read_text(encoding="ascii").strip())
    except (OSError, ValueError) as fault:
        raise KeyAway(str(fault)) from fault


def _make(path: Path) -> None:
    """Whole or not at all, and only by one: who comes second reads what the first wrote."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_name(f"{NAME}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(secrets.token_hex(KEY_BYTES) + "\n")
    try:
        os.link(fresh, path)
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
