"""Time and place of a photo, read and written by the tablet, against what Pillow writes and reads."""

import io
import random
import struct
from typing import Any

import pytest
from PIL import ExifTags, Image
from PIL.TiffImagePlugin import IFDRational

from server.documents.picture_places import place_and_time
from tests.tablet.node import run_node

READ = """
import { readExif, jpegSize, withExif } from "./photos/exif.js";
const hex = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
const main = (pictures) => pictures.map((text) => ({ exif: readExif(hex(text)), size: jpegSize(hex(text)) }));
"""
WRITE = """
import { withExif } from "./photos/exif.js";
const main = ({ picture, told }) => {
  const bytes = Uint8Array.from(picture.match(/../g), (pair) => parseInt(pair, 16));
  return Array.from(withExif(bytes, told), (one) => one.toString(16).padStart(2, "0")).join("");
};
"""
NOTHING = {
    "taken": None, "zone": None, "satellite": None, "taken_at": None, "lon": None, "lat": None, "accuracy_m": None,
    "orientation": 1,
}  # fmt: skip


def degrees(value: float) -> tuple[IFDRational, IFDRational, IFDRational]:
    """Degrees, minutes, seconds as cameras write them."""
    minutes = abs(value) % 1 * 60
    return IFDRational(int(abs(value))), IFDRational(int(minutes)), IFDRational(round(minutes % 1 * 60 * 1000), 1000)


def picture(camera: dict[int, Any] | None = None, gps: dict[int, Any] | None = None, orientation: int = 1) -> bytes:
    """A JPEG of 64 by 48 pixels with this in its EXIF block."""
    image = Image.new("RGB", (64, 48), "grey")
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    exif[ExifTags.Base.Make] = "Huawei"
    if camera:
        exif.get_ifd(ExifTags.IFD.Exif).update(camera)
    if gps:
        exif.get_ifd(ExifTags.IFD.GPSInfo).update(gps)
    file = io.BytesIO()
    image.save(file, "JPEG", exif=exif)
    return file.getvalue()


def read(*pictures: bytes) -> list[dict[str, Any]]:
    """What the tablet reads from each."""
    found: Any = run_node(READ, [one.hex() for one in pictures])
    return [one["exif"] for one in found]


TAKEN, ZONE = ExifTags.Base.DateTimeOriginal, ExifTags.Base.OffsetTimeOriginal
G = ExifTags.GPS
PLACE = {
    G.GPSLatitudeRef: "N", G.GPSLatitude: degrees(41.576543), G.GPSLongitudeRef: "E", G.GPSLongitude: degrees(120.451234),
}  # fmt: skip


def test_a_camera_says_when_and_where() -> None:
    (found,) = read(picture({TAKEN: "2026:11:20 09:30:15", ZONE: "+08:00"}, PLACE, 6))
    assert (found["taken"], found["zone"], found["orientation"]) == ("2026:11:20 09:30:15", "+08:00", 6)
    assert found["taken_at"] == "2026-11-20T09:30:15+08:00"
    assert abs(found["lon"] - 120.451234) < 1e-6
    assert abs(found["lat"] - 41.576543) < 1e-6


def test_the_satellites_time_goes_before_the_camera_clock() -> None:
    clock = (IFDRational(1), IFDRational(30), IFDRational(1599, 100))
    (found,) = read(
        picture({TAKEN: "2020:01:01 00:00:00"}, {**PLACE, G.GPSTimeStamp: clock, G.GPSDateStamp: "2026:11:20"})
    )
    assert found["taken_at"] == found["satellite"] == "2026-11-20T01:30:15Z"
    assert found["taken"] == "2020:01:01 00:00:00"


def test_a_camera_without_a_zone_is_in_beijing_as_the_server_has_it() -> None:
    (found,) = read(picture({TAKEN: "2026:11:20 09:30:15"}))
    assert found["taken_at"] == "2026-11-20T09:30:15+08:00"
    assert found["zone"] is None


@pytest.mark.parametrize(
    "taken", ["0000:00:00 00:00:00", "2026:02:31 10:00:00", "2026:11:20 25:00:00", "yesterday", " "]
)
def test_a_time_that_cannot_be_is_no_time(taken: str) -> None:
    (found,) = read(picture({TAKEN: taken}))
    assert found["taken"] is None
    assert found["taken_at"] is None


@pytest.mark.parametrize(
    "gps",
    [
        {**PLACE, G.GPSLatitudeRef: "X"},
        {**PLACE, G.GPSLatitude: (IFDRational(91), IFDRational(0), IFDRational(0))},
        {**PLACE, G.GPSLatitude: (IFDRational(1, 0), IFDRational(0), IFDRational(0))},
        {k: v for k, v in PLACE.items() if k != G.GPSLongitude},
    ],
)
def test_a_place_that_cannot_be_is_no_place(gps: dict[int, Any]) -> None:
    (found,) = read(picture(None, gps))
    assert (found["lon"], found["lat"]) == (None, None)


def test_south_and_west_are_negative() -> None:
    gps = {**PLACE, G.GPSLatitudeRef: "S", G.GPSLongitudeRef: "W"}
    (found,) = read(picture(None, gps))
    assert (round(found["lat"], 4), round(found["lon"], 4)) == (-41.5765, -120.4512)


def test_no_cut_or_changed_byte_stops_the_reader() -> None:
    whole = picture({TAKEN: "2026:11:20 09:30:15", ZONE: "+08:00"}, PLACE)
    end = whole.index(b"\xff\xdb") + 40
    cut = [whole[:n] for n in range(0, end)]
    luck = random.Random(4)
    bent = []
    for _ in range(600):
        bytes_ = bytearray(whole)
        for _ in range(luck.randint(1, 6)):
            bytes_[luck.randrange(2, end)] = luck.choice([0, 1, 127, 255, luck.randrange(256)])
        bent.append(bytes(bytes_))
    for found in read(*cut, *bent, b"", b"\xff\xd8", b"GIF89a", whole[2:]):
        assert set(found) == set(NOTHING)
        assert found["lon"] is None or -180 <= found["lon"] <= 180


def _block(body: bytes) -> bytes:
    head = b"Exif\0\0" + body
    return b"\xff\xd8\xff\xe1" + struct.pack(">H", len(head) + 2) + head + b"\xff\xd9"


@pytest.mark.parametrize(
    "body",
    [
        b"MM\0*" + struct.pack(">I", 0xFFFFFFFF),  # the directory lies outside
        b"MM\0*" + struct.pack(">IH", 8, 0xFFFF),  # sixty-five thousand entries, none there
        b"MM\0*" + struct.pack(">IHHHII", 8, 1, 0x8769, 4, 1, 8) + b"\0" * 4,  # the camera's directory is the main one
        b"MM\0*" + struct.pack(">IHHHIIHHII", 8, 2, 0x8825, 4, 1, 8, 0x8769, 4, 1, 8) + b"\0" * 4,
        b"MM\0*" + struct.pack(">IHHHII", 8, 1, 0x9003, 2, 0xFFFFFFFF, 8) + b"\0" * 4,  # a text of four gigabytes
        b"MM\0*" + struct.pack(">IHHHII", 8, 1, 0x0112, 3, 1, 99 << 16) + b"\0" * 4,  # an orientation of 99
        b"XX\0*" + b"\0" * 20,
    ],
)  # fmt: skip
def test_a_hostile_block_says_nothing(body: bytes) -> None:
    assert read(_block(body)) == [NOTHING]


def test_the_size_is_known_before_pixels_are_unpacked() -> None:
    found: Any = run_node(READ, [picture().hex(), b"\xff\xd8\xff\xd9".hex()])
    assert found[0]["size"] == {"width": 64, "height": 48}
    assert found[1]["size"] is None


def test_what_is_written_pillow_and_the_server_read_back() -> None:
    told = {
        "taken": "2026:11:20 09:30:15", "zone": "+08:00", "satellite": "2026-11-20T01:30:14Z", "lon": -120.4512345,
        "lat": 41.5765432, "accuracy_m": 12.5,
    }  # fmt: skip
    before = picture({TAKEN: "1999:01:01 00:00:00"}, None, 8)
    made = bytes.fromhex(str(run_node(WRITE, {"picture": before.hex(), "told": told})))
    image = Image.open(io.BytesIO(made))
    image.load()
    exif = image.getexif()
    assert exif[ExifTags.Base.Orientation] == 1
    assert exif.get_ifd(ExifTags.IFD.Exif)[TAKEN] == "2026:11:20 09:30:15"
    assert exif.get_ifd(ExifTags.IFD.Exif)[ZONE] == "+08:00"
    assert float(exif.get_ifd(ExifTags.IFD.GPSInfo)[G.GPSHPositioningError]) == 12.5
    place = place_and_time(image)
    assert place.taken_at is not None
    assert place.taken_at.isoformat() == "2026-11-20T01:30:14+00:00"
    assert place.lon == pytest.approx(-120.4512345, abs=1e-6)
    assert place.lat == pytest.approx(41.5765432, abs=1e-6)
    assert made.count(b"Exif\0\0") == 1
    (again,) = read(made)
    assert again["taken"] == told["taken"]
    assert again["accuracy_m"] == 12.5


def test_a_picture_without_time_and_place_stays_one() -> None:
    nothing = {"taken": None, "zone": None, "lon": None, "lat": None}
    made = bytes.fromhex(str(run_node(WRITE, {"picture": picture().hex(), "told": nothing})))
    Image.open(io.BytesIO(made)).load()
    assert read(made) == [NOTHING]


def test_the_clock_of_the_device_with_its_zone() -> None:
    script = """
    import { cameraTime } from "./photos/exif.js";
    const main = ([ms, zones]) => zones.map((minutes) => cameraTime(ms, minutes));
    """
    found: Any = run_node(script, [1795569015000, [480, 0, -210]])
    assert [(one["taken"][11:], one["zone"]) for one in found] == [
        ("09:10:15", "+08:00"), ("01:10:15", "+00:00"), ("21:40:15", "-03:30"),
    ]  # fmt: skip
    assert found[0]["taken"] == "2026:11:25 09:10:15"
