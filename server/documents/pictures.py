"""Pictures of strangers: opened under a limit, read to the end, and copied without what they say of their place.

The decoders are called by name, never chosen by Pillow, so that only three formats are ever parsed. Size is known
before any pixel is unpacked (decompression bombs). EXIF is read for time and place and lives on only in the original.
"""

import mmap
import re
import struct
from collections.abc import Callable
from functools import partial
from threading import BoundedSemaphore
from typing import BinaryIO

from PIL import Image, ImageFile, ImageOps, JpegImagePlugin, PngImagePlugin, WebPImagePlugin

from server.documents.media_types import Media, MediaFault
from server.documents.picture_places import place_and_time

OPENERS: dict[str, Callable[[BinaryIO], ImageFile.ImageFile]] = {
    "image/jpeg": JpegImagePlugin.JpegImageFile,
    "image/png": PngImagePlugin.PngImageFile,
    "image/webp": WebPImagePlugin.WebPImageFile,
}
_AT_ONCE = BoundedSemaphore(2)  # pictures in memory in this process; the largest takes half a gigabyte
MOST_SCANS = 100  # of a progressive JPEG; cameras write about ten, each is a pass over the whole picture
_MARKER = re.compile(rb"\xff+([^\x00\xff\xd0-\xd7])")
_MARKUP = re.compile(rb"<(?:script|html|svg|\?xml|\?php|!doctype|iframe|body)[\s>/]", re.IGNORECASE)
_ARCHIVED = re.compile(rb"PK\x03\x04[\x0a-\x3f]\x00")
BROKEN = partial(
    MediaFault, "图片已损坏，无法完整读取。请重新拍摄或导出。", "The picture is broken: it cannot be read to its end."
)
POLYGLOT = partial(
    MediaFault,
    "文件中除图片外还夹带其他内容，不予接收。",
    "The file holds something else besides the picture and is not taken.",
)


def read_picture(file: BinaryIO, media_type: str, most_pixels: int) -> Media:
    """Check a picture of this type to its last byte; raises MediaFault."""
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        _refuse_polyglot(data, media_type)
        if media_type == "image/webp":
            _refuse_large(*_webp_size(data), most_pixels)  # Pillow takes the memory when it opens one
    with _AT_ONCE, _opened(file, media_type) as image:
        _refuse_large(*image.size, most_pixels)
        try:
            image.load()
        except Exception as fault:
            raise BROKEN() from fault
        place = place_and_time(image)
        width, height = image.size
    return Media(media_type, width, height, None, place.taken_at, place.lon, place.lat)


def write_copy(file: BinaryIO, media_type: str, target: BinaryIO, most_px: int | None) -> None:
    """A JPEG copy, upright, at most `most_px` on its longer side, with nothing but pixels in it."""
    with _AT_ONCE, _opened(file, media_type) as image:
        if most_px is not None:
            image.draft("RGB", (most_px, most_px))
        upright = ImageOps.exif_transpose(image)
        if most_px is not None:
            upright.thumbnail((most_px, most_px))
        _flat(upright).save(target, "JPEG", quality=88, optimize=True)


def _flat(image: Image.Image) -> Image.Image:
    """On white, in RGB, as a new picture: what was read beside the pixels stays behind."""
    solid = Image.new("RGB", image.size, "white")
    clear = image.convert("RGBA") if image.has_transparency_data else None
    solid.paste(clear or image.convert("RGB"), mask=clear)
    return solid


def _opened(file: BinaryIO, media_type: str) -> ImageFile.ImageFile:
    file.seek(0)
    try:
        return OPENERS[media_type](file)
    except Exception as fault:  # its parsers raise whatever the bytes drive them to
        raise BROKEN() from fault


def _refuse_large(width: int, height: int, most_pixels: int) -> None:
    if width < 1 or height < 1:
        raise BROKEN()
    if width * height > most_pixels:
        most = most_pixels // 1_000_000
        raise MediaFault(
            f"图片为 {width}×{height} 像素，超过 {most} 百万像素的上限。",
            f"The picture has {width}×{height} pixels, more than {most} million.",
        )


def _refuse_polyglot(data: mmap.mmap, media_type: str) -> None:
    if data.find(b"%PDF-", 0, 1024 + 5) >= 0:
        raise POLYGLOT()
    tail = data[_end_of_picture(data, media_type) :]
    if media_type != "image/jpeg" and tail.strip(b"\0"):
        raise POLYGLOT()
    if _MARKUP.search(tail) or _ARCHIVED.search(tail):  # cameras put previews and clips there, but no pages or archives
        raise POLYGLOT()


def _end_of_picture(data: mmap.mmap, media_type: str) -> int:
    if media_type == "image/jpeg":
        return _end_of_jpeg(data)
    if media_type == "image/png":
        at = data.find(b"\0\0\0\0IEND\xae\x42\x60\x82")
        if at < 0:
            raise BROKEN()
        return at + 12
    size = 8 + int.from_bytes(data[4:8], "little")
    if size > len(data):
        raise BROKEN()
    return size + size % 2


def _end_of_jpeg(data: mmap.mmap) -> int:
    """The byte after the end marker of the first picture; segments are jumped over, scans searched."""
    at, scans = 2, 0
    while found := _MARKER.search(data, at):
        marker, at = found.group(1)[0], found.end()
        if marker == 0xD9:
            return at
        if marker in {0x01, 0xD8}:
            continue
        scans += marker == 0xDA
        if scans > MOST_SCANS:
            raise MediaFault(
                "图片的扫描次数异常，不予接收。",
                "The picture is made of too many scans and is not taken.",
            )
        at += max(int.from_bytes(data[at : at + 2], "big"), 2)
    raise BROKEN()


def _webp_size(data: mmap.mmap) -> tuple[int, int]:
    """Width and height by the first chunk (VP8, VP8L or VP8X)."""
    kind, head = data[12:16], data[20:30]
    if len(head) < 10:
        raise BROKEN()
    if kind == b"VP8X":
        return int.from_bytes(head[4:7], "little") + 1, int.from_bytes(head[7:10], "little") + 1
    if kind == b"VP8L":
        bits = int.from_bytes(head[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    width, height = struct.unpack("<HH", head[6:10])
    return width & 0x3FFF, height & 0x3FFF
