"""Names of evidence files: what a stranger called a file, made harmless, with the ending of what it really is.

The store names files by their hash; this name is only shown, put into documents and offered for saving.
"""

import re
import unicodedata

MOST_BYTES = 180  # in UTF-8; file systems take 255, and bundles and browsers put something before it
ENDINGS: dict[str, tuple[str, ...]] = {
    "image/jpeg": ("jpg", "jpeg", "jpe"),
    "image/png": ("png",),
    "image/webp": ("webp",),
    "video/mp4": ("mp4", "m4v"),
    "video/quicktime": ("mov", "qt"),
    "application/pdf": ("pdf",),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ("docx",),
    "text/plain": ("txt", "log"),
    "application/json": ("json",),
    "text/csv": ("csv",),
}
"""Endings by media type; the first is put on where none of them is there."""

_NOT_IN_NAMES = re.compile(r'[<>:"|?*%;\x7f]')
_OF_DEVICES = re.compile(r"^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)", re.IGNORECASE)


def clean_name(name: str, media_type: str) -> str:
    """The last part of a path, without signs that steer, hide or turn text around, never empty, with a true ending."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name.replace("\0", "/")))[-1]
    kept = "".join(sign for sign in last if unicodedata.category(sign)[0] != "C")
    kept = _NOT_IN_NAMES.sub("_", re.sub(r"\s+", " ", kept)).strip(" .")
    stem, dot, ending = kept.rpartition(".")
    endings = ENDINGS[media_type]
    if not dot or ending.lower() not in endings:
        stem, ending = kept, endings[0]
    if not stem or _OF_DEVICES.match(stem):
        stem = f"file_{stem}" if stem else "file"
    return f"{_shortened(stem, MOST_BYTES - len(ending) - 1)}.{ending.lower()}"


def _shortened(text: str, most_bytes: int) -> str:
    return text.encode()[:most_bytes].decode(errors="ignore").rstrip(" .")
