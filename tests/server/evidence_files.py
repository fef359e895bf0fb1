"""Small files of each kind for the tests of evidence, made afresh."""

import io
import struct
import zipfile
import zlib
from datetime import datetime

from PIL import Image


def picture(kind: str = "JPEG", seed: int = 0, size: tuple[int, int] = (64, 48), **options: object) -> bytes:
    """A picture whose bytes differ with the seed."""
    image = Image.new("RGB", size, (seed % 256, seed // 256 % 256, 90))
    image.putpixel((0, 0), (255, 0, seed % 200))
    out = io.BytesIO()
    if kind == "JPEG":
        options["comment"] = f"seed {seed}"
    image.save(out, kind, **options)
    return out.getvalue()


def jpeg(seed: int = 0, lon: float | None = None, lat: float | None = None, at: datetime | None = None) -> bytes:
    """A photo, with EXIF where a place or a time is given."""
    exif = Image.Exif()
    if lon is not None and lat is not None:
        exif[0x8825] = {1: "N" if lat >= 0 else "S", 2: _dms(lat), 3: "E" if lon >= 0 else "W", 4: _dms(lon)}
    if at is not None:
        exif[0x8769] = {0x9003: at.strftime("%Y:%m:%d %H:%M:%S")}
    return picture("JPEG", seed, exif=exif)


def _dms(value: float) -> tuple[float, float, float]:
    degrees, rest = divmod(abs(value) * 3600, 3600)
    minutes, seconds = divmod(rest, 60)
    return degrees, minutes, round(seconds, 4)


def box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content) + 8) + kind + content


def mp4(seconds: int = 5, seed: int = 0, media_bytes: int = 1000) -> bytes:
    """A film by its boxes: no player shows it, but it is whole."""
    header = box(b"mvhd", struct.pack(">IIIII", 0, 0, 0, 1000, seconds * 1000) + bytes(80))
    index = box(b"moov", header + box(b"trak", box(b"mdia", box(b"mdhd", bytes(24)))))
    return box(b"ftyp", b"isom\0\0\2\0isomiso2mp41") + index + box(b"mdat", bytes([seed % 256]) * media_bytes)


def pdf(body: bytes = b"") -> bytes:
    return b"%PDF-1.4\n1 0 obj <</Type /Catalog>> endobj\n" + body + b"\ntrailer <</Root 1 0 R>>\n%%EOF\n"


def docx(*more: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in ("[Content_Types].xml", "word/document.xml", *more):
            archive.writestr(name, "<x/>")
    return out.getvalue()


def png_claiming(width: int, height: int) -> bytes:
    """A small file that says it is a large picture."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    pixels = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
