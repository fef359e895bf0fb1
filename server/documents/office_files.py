"""PDF, and the Word and text files that the platform writes itself: checked for what could act or unfold."""

import codecs
import json
import re
import zipfile
from functools import partial
from typing import BinaryIO

from server.documents.media_types import DOCX, Media, MediaFault

PIECE = 2**20
OVERLAP = 64
MOST_PARTS, MOST_UNPACKED = 2000, 200 * 2**20
_ACTIVE = re.compile(rb"/(?:JavaScript|Launch|EmbeddedFiles?|RichMedia|XFA)\s*[\s/(<\[]")
BROKEN = partial(MediaFault, "文件不完整或已损坏。", "The file is cut off or broken.")
ACTIVE = partial(
    MediaFault,
    "PDF 含有脚本、附件或可执行内容，不予接收。请打印为新的 PDF 后上传。",
    "The PDF holds scripts, attachments or commands and is not taken. Print it into a new PDF.",
)


def read_pdf(file: BinaryIO) -> Media:
    """Begins and ends as a PDF and names nothing that acts; raises MediaFault."""
    before, last = b"", b""
    while piece := file.read(PIECE):
        if _ACTIVE.search(before + piece):
            raise ACTIVE()
        last = (before + piece)[-2048:]
        before = piece[-OVERLAP:]
    if b"%%EOF" not in last:
        raise BROKEN()
    return Media("application/pdf")


def read_docx(file: BinaryIO) -> Media:
    """A Word file of ours: no macros, no paths that leave it, no bomb; raises MediaFault."""
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
            small = len(parts) <= MOST_PARTS and sum(part.file_size for part in parts) <= MOST_UNPACKED
            whole = small and archive.testzip() is None
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError) as fault:
        raise BROKEN() from fault
    names = {part.filename for part in parts}
    if not whole or not names >= {"[Content_Types].xml", "word/document.xml"}:
        raise BROKEN()
    if any("vbaproject" in name.lower() or name.startswith("/") or ".." in name.split("/") for name in names):
        raise BROKEN()
    return Media(DOCX)


def read_text(file: BinaryIO, name: str) -> Media:
    """UTF-8 without NUL; JSON where it is JSON, CSV where the flow named it so; raises MediaFault."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while piece := file.read(PIECE):
            if "\0" in decoder.decode(piece):
                raise BROKEN()
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as fault:
        raise BROKEN() from fault
    return Media(_text_type(file, name))


def _text_type(file: BinaryIO, name: str) -> str:
    if name.lower().endswith(".csv"):
        return "text/csv"
    file.seek(0)
    try:
        json.load(file)
    except (ValueError, RecursionError):
        return "text/plain"
    return "application/json"
