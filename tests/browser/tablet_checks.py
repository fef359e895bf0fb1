"""A check on the tablet as an inspector makes it: real taps on the real screens, counted; and the city it is made in."""

import base64
import io
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from PIL import ExifTags, Image, ImageDraw
from PIL.TiffImagePlugin import IFDRational
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import Connection, Engine, text

from enforcement.evidence.digests import Limits
from server.db import transaction
from server.documents.media_types import Media
from server.documents.recognise import recognise
from tests.browser.tablet_pages import at, enrolled
from tests.server.conftest import City
from tests.server.inspection_city import add_truck

PLACE = {"latitude": 41.57, "longitude": 120.45, "accuracy": 8}  # inside the zone below
ZONE = "SRID=4326;MULTIPOLYGON(((120.40 41.55, 120.50 41.55, 120.50 41.60, 120.40 41.60, 120.40 41.55)))"
TERMS = '{"applies_to": ["truck", "machine"], "smoke_class": "III", "min_truck_stage": "4"}'
GOOD_WEATHER = {"temperature_c": "5", "humidity_pct": "40", "pressure_kpa": "101.3"}
APP = 'import("/static/tablet/app.js").then(({ app }) => { window.app = app; })'


def build(engine: Engine, city: City) -> None:
    """Trucks, a machine, a zone, an opacimeter in order, stations, and two officers with cards."""
    with transaction(engine) as connection:
        for plate in ("辽NJC001", "辽NJC002", "辽NJK777"):
            add_truck(connection, plate, city.enterprise_id)
        connection.execute(
            text("UPDATE trucks SET vin = 'LFWSRXRJ0M1E00001', owner = '朝阳宏达运输有限公司' WHERE plate = '辽NJC001'")
        )
        connection.execute(
            text(
                "INSERT INTO machines (registration_number, pin, division, stage, fuel, category, power_kw, maker, model)"
                " VALUES ('3-6NA00077', 'PINJC77', '211302', '3', 'diesel', 'excavator', 120, '三一', 'SY215C')"
            )
        )
        cards = {
            "inspector": ("王建国", "06130001"),
            "officer": ("李卫东", "06130002"),
            "reviewer": ("赵小红", "06130003"),
        }
        for username, (name, card) in cards.items():
            connection.execute(
                text("UPDATE users SET name = :n, enforcement_card = :c WHERE username = :u"),
                {"n": name, "c": card, "u": username},
            )
        _zone(connection)
        _opacimeter(connection, city)
        _stations(connection)


def _zone(connection: Connection) -> None:
    zone = connection.execute(
        text(
            "INSERT INTO zones (code, name_zh, name_en, division) VALUES ('Z3', '主城区低排放控制区',"
            " 'Inner city low-emission zone', '211302') RETURNING id"
        )
    ).scalar_one()
    connection.execute(
        text(
            "INSERT INTO zone_versions (zone_id, number, geometry, terms, valid_from) VALUES"
            " (:z, 1, ST_GeomFromEWKT(:g), cast(:t AS jsonb), '2026-01-01')"
        ),
        {"z": zone, "g": ZONE, "t": TERMS},
    )


def _opacimeter(connection: Connection, city: City) -> None:
    number = connection.execute(
        text(
            "INSERT INTO instruments (kind, maker, model, serial, software_version, organisation_id, division)"
            " VALUES ('opacimeter', '南华', 'NHT-6', '20231107', '2.1', :o, '211300') RETURNING id"
        ),
        {"o": city.organisations["city"]},
    ).scalar_one()
    connection.execute(
        text(
            "INSERT INTO instrument_verifications (instrument_id, certificate, verified_by, valid_from, valid_to)"
            " VALUES (:i, 'C-1', '省计量院', '2026-01-01', '2027-06-30')"
        ),
        {"i": number},
    )
    for name in ("zero", "span", "filter", "leak"):
        connection.execute(
            text("INSERT INTO instrument_checks (instrument_id, kind, at, passed) VALUES (:i, :n, :at, true)"),
            {"i": number, "n": name, "at": datetime.now(UTC) - timedelta(hours=1)},
        )


def _stations(connection: Connection) -> None:
    for kind, name, code in (
        ("maintenance", "朝阳市柴油车维修中心", "M1"),
        ("inspection", "龙城机动车检测有限公司", "T1"),
    ):
        connection.execute(
            text(
                "INSERT INTO stations (kind, name, code, division, address, phone) VALUES"
                " (:k, :n, :c, '211302', '双塔区朝阳大街三段100号', '0421-2800001')"
            ),
            {"k": kind, "n": name, "c": code},
        )


def camera_shot(width: int = 3000, height: int = 2250, text_: str = "1.95") -> bytes:
    """A large photo with time, place and a turned orientation, as a phone takes it."""
    image = Image.effect_noise((width // 16, height // 16), 60).resize((width, height)).convert("RGB")
    ImageDraw.Draw(image).rectangle((width // 3, height // 3, width // 2, height // 2), fill="white")
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    exif.get_ifd(ExifTags.IFD.Exif).update({0x9003: "2026:11:24 09:30:15", 0x9011: "+08:00"})
    degrees = tuple(map(IFDRational, (41, 34, 12))), tuple(map(IFDRational, (120, 27, 0)))
    exif.get_ifd(ExifTags.IFD.GPSInfo).update({1: "N", 2: degrees[0], 3: "E", 4: degrees[1]})
    file = io.BytesIO()
    image.save(file, "JPEG", quality=92, exif=exif)
    return file.getvalue()


def until(page: Page, condition: str) -> None:
    """Wait until an expression of the page, which may await, is true (wait_for_function takes a promise for true)."""
    page.evaluate(
        f"""async () => {{
          for (let turn = 0; turn < 400; turn += 1) {{
            if ({condition}) return;
            await new Promise((done) => setTimeout(done, 50));
          }}
          throw new Error("never came");
        }}"""
    )


@dataclass
class Inspector:
    """Taps and counts."""

    page: Page
    taps: int = 0
    signed: bool = field(default=False)

    def tap(self, target: str | Locator) -> None:
        """One tap on what is in sight."""
        found = self.page.locator(target) if isinstance(target, str) else target
        found.click()
        self.taps += 1

    def begin(self, kind: str = "roadside") -> None:
        """From home to the first step."""
        self.tap(f'[data-to="/begin/{kind}"]')
        expect(self.page.locator("#find")).to_be_visible()

    def plate(self, signs: str, plate: str) -> None:
        """The keys of the plate keyboard, then the candidate."""
        for sign in signs:
            self.tap(f'.plate-key[data-key="{sign}"]')
        self.tap(self.page.locator(".candidate", has_text=plate.replace("辽N", "")))
        self.step("known")

    def step(self, name: str) -> None:
        """Wait for a step."""
        expect(self.page.locator(f"main .check-{name}")).to_be_visible()

    def next(self, then: str) -> None:
        """The large button."""
        self.tap("#next")
        self.step(then)

    def method(self, code: str) -> None:
        """Open a method by its word."""
        word = self.page.evaluate(
            "async (code) => (await import('/static/tablet/words.js')).word('method', code)", code
        )
        close = self.page.locator('.key[data-key="close"]')
        if close.is_visible():
            self.tap(close)
        self.tap(self.page.locator(".methods .tap", has_text=word))

    def number(self, fieldname: str, *texts: str) -> None:
        """Type into the fields of this name by the number pad."""
        for place, typed in enumerate(texts):
            self.tap(self.page.locator(f'input[data-field="{fieldname}"]').nth(place))
            for sign in typed:
                self.tap(f'.key[data-key="{sign}"]')
        self.tap('.key[data-key="close"]')

    def weather(self) -> None:
        """What the methods ask to be recorded."""
        for name, value in GOOD_WEATHER.items():
            self.number(name, value)

    def sign(self) -> None:
        """Three strokes on the glass."""
        pad = self.page.locator("canvas.signature")
        pad.scroll_into_view_if_needed()
        box = pad.bounding_box()
        assert box is not None
        for start in (0.2, 0.4, 0.6):
            self.page.mouse.move(box["x"] + box["width"] * start, box["y"] + box["height"] * 0.3)
            self.page.mouse.down()
            self.page.mouse.move(box["x"] + box["width"] * (start + 0.1), box["y"] + box["height"] * 0.7, steps=6)
            self.page.mouse.up()
            self.taps += 1
        until(
            self.page,
            "(await app.photos.of((await app.checks.list())[0].key)).some((one) => one.purpose === 'signature')",
        )

    def record(self) -> dict[str, Any]:
        """The newest record of the tablet."""
        found: dict[str, Any] = self.page.evaluate(
            "async () => { await app.flow.idle(); return (await app.checks.list())[0]; }"
        )
        return found

    def sent(self) -> dict[str, Any]:
        """The newest record once the server has it."""
        until(self.page, "(await app.checks.list())[0].state === 'sent'")
        return self.record()

    def photos(self) -> list[dict[str, Any]]:
        """Facts of the photos of the newest record, with their bytes."""
        found: list[dict[str, Any]] = self.page.evaluate(
            """async () => {
              const key = (await app.checks.list())[0].key;
              return Promise.all((await app.photos.of(key)).map(async (one) => {
                const bytes = await app.photos.bytes(one.id);
                let text = "";
                for (const value of bytes) text += String.fromCharCode(value);
                return { ...one, bytes: btoa(text) };
              }));
            }"""
        )
        return [{**one, "bytes": base64.b64decode(one["bytes"])} for one in found]


def recognised(content: bytes, name: str) -> Media:
    """What the server makes of a file of the tablet; raises MediaFault."""
    import tempfile

    with tempfile.TemporaryFile() as file:
        file.write(content)
        file.flush()
        file.seek(0)
        return recognise(file, name, Limits(), False)


def ready(page: Page, address: str, english: bool = False) -> Inspector:
    """Signed in, with register and reference on the tablet."""
    enrolled(page, address)
    page.evaluate(APP)
    page.wait_for_function("() => window.app && app.reference?.data && app.register?.size.trucks > 0")
    until(page, "(await app.numbers.available()) > 0")
    if english:
        page.click("#language")
        expect(page.locator("#language")).to_have_text("中文")
    at(page, "/")
    return Inspector(page)


def finish_clean(inspector: Inspector) -> None:
    """From what is known to done, with nothing found."""
    inspector.next("checklist")
    inspector.next("readings")
    inspector.tap("#looked-at")
    inspector.step("photos")
    inspector.next("officers")
    inspector.next("party")
    inspector.next("done")


def over_the_limit(inspector: Inspector, tablet_photos: bool = True) -> None:
    """Up to the party: free acceleration far above the limit, with all that legal standing needs."""
    inspector.begin()
    inspector.plate("JC0", "辽NJC001")
    inspector.next("checklist")
    inspector.next("readings")
    inspector.method("free_acceleration")
    inspector.number("peaks", "2.95", "2.9", "3.1")
    inspector.weather()
    card = inspector.page.locator(".judged").first
    expect(card).to_contain_text("2.983 / 1.2 m⁻¹")
    expect(card).to_contain_text("超标")
    inspector.next("photos")
    if tablet_photos:
        expect(inspector.page.locator("main")).to_contain_text("还需拍摄")
        for n in range(3):
            inspector.page.locator("#gallery-file").set_input_files(
                {"name": f"IMG_{n}.jpg", "mimeType": "image/jpeg", "buffer": camera_shot()}
            )
            expect(inspector.page.locator(".shot")).to_have_count(n + 1)
    inspector.next("officers")
    inspector.tap(inspector.page.get_by_role("button", name="李卫东"))
    inspector.next("party")
