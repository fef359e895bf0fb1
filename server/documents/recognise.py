"""One door for all files that want to be evidence: what its bytes promise decides who looks it through."""

import os
from typing import BinaryIO

from enforcement.evidence.digests import Limits
from server.documents.media_types import DOCX, Media, MediaFault, family
from server.documents.office_files import read_docx, read_pdf, read_text
from server.documents.pictures import read_picture
from server.documents.videos import read_video

LONGEST_END = 22 + 65_535  # of an archive: its end record and the longest comment


def recognise(file: BinaryIO, name: str, limits: Limits, made_here: bool) -> Media:
    """Look a whole file through; raises MediaFault. `name` only tells CSV from plain text that the platform wrote."""
    kind = family(file.read(4096))
    if kind != DOCX and _ends_as_zip(file):
        raise MediaFault(
            "文件末尾夹带压缩包，不予接收。", "There is an archive at the end of the file, and it is not taken."
        )
    file.seek(0)
    if kind.startswith("image/"):
        return read_picture(file, kind, limits.pixels)
    if kind.startswith("video/"):
        return read_video(file, kind)
    if kind == "application/pdf":
        return read_pdf(file)
    if kind == "markup":
        raise MediaFault(
            "不接收 SVG、HTML、XML 文件：其中可以含有程序。请改为图片或 PDF。",
            "SVG, HTML and XML are not taken: they can carry programs. Send a picture or a PDF.",
        )
    if not made_here or kind == "unknown":
        raise MediaFault(
            "不支持的文件类型。可以上传 JPEG、PNG、WebP 图片，MP4、MOV 视频和 PDF。",
            "This kind of file is not taken. Send JPEG, PNG or WebP pictures, MP4 or MOV videos, or PDF.",
        )
    return read_docx(file) if kind == DOCX else read_text(file, name)


def _ends_as_zip(file: BinaryIO) -> bool:
    """Whether an archive ends with the file: its end record, with a comment of exactly the bytes that follow."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - LONGEST_END))
    end = file.read()
    at = end.rfind(b"PK\x05\x06")
    return at >= 0 and at + 22 + int.from_bytes(end[at + 20 : at + 22], "little") == len(end)
