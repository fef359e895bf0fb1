"""One door for all files that want to be evidence: what its bytes promise decides who looks it through."""

from typing import BinaryIO

from enforcement.evidence import Limits
from server.documents.media_types import DOCX, Media, MediaFault, family
from server.documents.office_files import read_docx, read_pdf, read_text
from server.documents.pictures import read_picture
from server.documents.videos import read_video


def recognise(file: BinaryIO, name: str, limits: Limits, made_here: bool) -> Media:
    """Look a whole file through; raises MediaFault. `name` only tells CSV from plain text that the platform wrote."""
    kind = family(file.read(4096))
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
