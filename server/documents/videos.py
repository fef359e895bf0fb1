"""MP4 and MOV by their boxes (ISO/IEC 14496-12): whole, in order, with a film in them. No frame is decoded here."""

import os
from functools import partial
from typing import BinaryIO

from server.documents.media_types import Media, MediaFault

BRANDS = frozenset({
    b"isom", b"iso2", b"iso3", b"iso4", b"iso5", b"iso6", b"iso7", b"iso8", b"iso9", b"mp41", b"mp42", b"avc1",
    b"M4V ", b"MSNV", b"mmp4", b"3gp4", b"3gp5", b"3gp6", b"XAVC", b"dash", b"qt  ",
})  # fmt: skip
BOXES = frozenset({
    b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"uuid", b"udta", b"moof", b"mfra", b"sidx", b"styp", b"meta",
    b"pnot", b"pdin", b"prft", b"emsg", b"ssix",
})  # fmt: skip
MOST_BOXES = 100_000  # fragments of a long film
MOST_INDEX_BYTES = 64 * 2**20
BROKEN = partial(MediaFault, "视频不完整或已损坏。请重新导出后上传。", "The video is cut off or broken.")
OTHER = partial(MediaFault, "不是 MP4 或 MOV 视频。", "It is no MP4 or MOV video.")


def read_video(file: BinaryIO, media_type: str) -> Media:
    """Check the boxes to the last byte; raises MediaFault."""
    size = os.fstat(file.fileno()).st_size
    index: bytes | None = None
    at = count = 0
    while at < size:
        kind, start, end = _box(file, at, size)
        count += 1
        if kind not in BOXES or count > MOST_BOXES:
            raise BROKEN()
        if count == 1 and not _is_film(file, start, end):
            raise OTHER()
        if kind == b"moov":
            if end - start > MOST_INDEX_BYTES:
                raise BROKEN()
            file.seek(start)
            index = file.read(end - start)
        at = end
    if index is None or b"mdhd" not in index:
        raise BROKEN()
    return Media(media_type, duration_s=_duration_s(index))


def _box(file: BinaryIO, at: int, size: int) -> tuple[bytes, int, int]:
    """Kind, first byte of the content and end of the box at this place."""
    file.seek(at)
    head = file.read(16)
    length, start = int.from_bytes(head[:4], "big"), at + 8
    if length == 1 and len(head) == 16:
        length, start = int.from_bytes(head[8:], "big"), at + 16
    elif length == 0:
        length = size - at  # the last box runs to the end
    if len(head) < 8 or length < start - at or at + length > size:
        raise BROKEN()
    return head[4:8], start, at + length


def _is_film(file: BinaryIO, start: int, end: int) -> bool:
    file.seek(start)
    brands = file.read(min(end - start, 4096))
    major, compatible = brands[:4], {brands[i : i + 4] for i in range(8, len(brands), 4)}
    return major in BRANDS and not compatible & {b"heic", b"avif", b"mif1"}


def _duration_s(index: bytes) -> float | None:
    """Length by the movie header; None where it leaves it open."""
    at = index.find(b"mvhd") + 4
    if at < 4 or len(index) < at + 32:
        return None
    wide = index[at] == 1
    scale_at, length = (at + 20, 8) if wide else (at + 12, 4)
    scale = int.from_bytes(index[scale_at : scale_at + 4], "big")
    units = int.from_bytes(index[scale_at + 4 : scale_at + 4 + length], "big")
    return round(units / scale, 3) if scale and 0 < units < 2**31 * scale else None
