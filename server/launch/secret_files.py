"""Generated secrets, one a file, readable by their owner only; made once and kept."""

import os
import secrets
from pathlib import Path


def secret(directory: Path, name: str) -> str:
    """The secret of that name, generated on first use (192 bits, letters that need no quoting in a URL)."""
    path = directory / name
    if not path.exists():
        _write(path, secrets.token_urlsafe(24).replace("-", "x").replace("_", "y"))
    return path.read_text().strip()


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.parent.chmod(0o700)
    draft = path.with_suffix(".new")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(text + "\n")
    draft.replace(path)
