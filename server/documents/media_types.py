"""What a file is, by its bytes: recognised, opened and looked through before it becomes evidence.

Its name and the type a browser names count for nothing. What is not on the list is refused, and so is what is two
things at once (a picture with a program behind it), broken, or larger in memory than it may be.
"""

from dataclasses import dataclass
from datetime import datetime

from enforcement.evidence.digests import Limits

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


class MediaFault(ValueError):
    """The file is not taken; why, in both languages."""

    def __init__(self, zh: str, en: str) -> None:
        """Keep both sentences."""
        super().__init__(en)
        self.zh, self.en = zh, en


@dataclass(frozen=True, slots=True)
class Media:
    """What a file turned out to be; times are aware, positions WGS-84 degrees, as the file itself says."""

    media_type: str
    width_px: int | None = None
    height_px: int | None = None
    duration_s: float | None = None
    taken_at: datetime | None = None
    lon: float | None = None
    lat: float | None = None


def family(head: bytes) -> str:
    """What the first bytes promise: a media type, "markup", "text", or "unknown"."""
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[4:8] == b"ftyp":
        return "video/quicktime" if head[8:12] == b"qt  " else "video/mp4"
    if head.startswith(b"%PDF-"):
        return "application/pdf"
    if head.startswith(b"PK\x03\x04"):
        return DOCX
    return _text_family(head)


def _text_family(head: bytes) -> str:
    start = head[:1024].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if start.startswith((b"<", b"\xff\xfe<", b"\xfe\xff\0<")):
        return "markup"
    return "unknown" if b"\0" in head[:4096] else "text"


def most_bytes(head: bytes, limits: Limits) -> int:
    """How many bytes a file that begins like this may have."""
    kind = family(head)
    if kind.startswith("image/"):
        return limits.image_bytes
    return limits.video_bytes if kind.startswith("video/") else limits.document_bytes
