"""The texts of the app: what stands in `t("…")` in its modules, with the Chinese from the catalogue."""

import re
from pathlib import Path

from server.tablet import shell_files
from server.web.language import read_catalogue

COMMENT = re.compile(r"/\*.*?\*/|^\s*//.*?$", re.S | re.M)
CALL = re.compile(r'(?<![\w.])t\(\s*"((?:[^"\\\n]|\\.)*)"')


def in_source(source: str) -> list[str]:
    """Texts that a module asks for, as they stand in `t("…")`; comments do not count."""
    return [re.sub(r"\\(.)", r"\1", found) for found in CALL.findall(COMMENT.sub("", source))]


def asked(folder: Path = shell_files.STATIC) -> dict[str, str]:
    """Each text of the app, and a module where it stands."""
    found: dict[str, str] = {}
    for name in shell_files.modules():
        for text in in_source((folder / name).read_text(encoding="utf-8")):
            found.setdefault(text, name)
    return found


def chinese() -> dict[str, str]:
    """The Chinese of each text that has one."""
    catalogue = read_catalogue("zh")
    told = {text: catalogue[text].string for text in sorted(asked()) if text in catalogue}
    return {text: str(zh) for text, zh in told.items() if zh}
