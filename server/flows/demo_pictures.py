"""Pictures for the captures of the demonstration, drawn here: a truck of boxes, smoke, a plate; plainly invented."""

import io
import random
from functools import cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter, ImageFont

SIZE = (1280, 720)
NOTE = "演示图片（虚构） drawn for a demonstration"
FONTS = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc",
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
)
PLATES = {
    "yellow": ((246, 194, 28), (17, 17, 17)),
    "blue": ((28, 79, 174), (255, 255, 255)),
    "green": ((88, 194, 125), (17, 17, 17)),
    "yellow_green": ((120, 200, 90), (17, 17, 17)),
}
Colour = tuple[int, int, int]


@cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """A face with Chinese where the machine has one."""
    found = next((path for path in FONTS if Path(path).exists()), None)
    return ImageFont.truetype(found, size) if found else ImageFont.load_default(size)


def draw(purpose: str, plate: str, colour: str, ringelmann: float, seed: int, stamp: str = "") -> bytes:
    """A JPEG of the purpose: scene, smoke, plate or front."""
    chance = random.Random(f"{seed}-{purpose}")  # noqa: S311 - decoration, the same at every start
    image = _plate_picture(plate, colour) if purpose == "plate" else _road(chance)
    if purpose == "scene":
        _truck(image, (330, 300), 1.0, plate, colour, chance)
        image = _smoke(image, (350, 520), ringelmann, 1.0, chance)
    elif purpose == "smoke":
        _rear(image, plate, colour)
        image = _smoke(image, (470, 600), ringelmann, 1.7, chance)
    elif purpose == "front":
        _front(image, plate, colour, chance)
    _stamp(image, stamp)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=82)
    return out.getvalue()


def _road(chance: random.Random) -> Image.Image:
    image = Image.new("RGB", SIZE, (172, 190, 205))
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 330, 1280, 720), fill=(98, 100, 104))
    pen.polygon([(0, 300), (300, 250 + chance.randrange(40)), (760, 270), (1280, 240), (1280, 335), (0, 335)],
                fill=(120, 136, 110))  # fmt: skip
    for x in range(-40, 1280, 180):
        pen.rectangle((x, 610, x + 90, 622), fill=(235, 235, 225))
    return image


def _truck(
    image: Image.Image, at: tuple[int, int], scale: float, plate: str, colour: str, chance: random.Random
) -> None:
    pen, (x, y) = ImageDraw.Draw(image), at
    body: Colour = chance.choice([(150, 60, 50), (60, 90, 140), (110, 110, 112), (170, 140, 70)])

    def box(x0: float, y0: float, x1: float, y1: float, fill: Colour) -> None:
        pen.rectangle((x + x0 * scale, y + y0 * scale, x + x1 * scale, y + y1 * scale), fill=fill)

    box(0, 0, 470, 220, body)
    box(0, 0, 470, 22, (60, 60, 62))
    box(490, 50, 640, 230, (200, 200, 205))
    box(560, 70, 632, 130, (40, 55, 70))
    box(0, 220, 640, 245, (40, 40, 42))
    for wheel in (70, 150, 400, 570):
        pen.ellipse((x + (wheel - 36) * scale, y + 205 * scale, x + (wheel + 36) * scale, y + 277 * scale),
                    fill=(22, 22, 24), outline=(130, 130, 130), width=6)  # fmt: skip
    _plate_on(image, (int(x + 6 * scale), int(y + 180 * scale)), (96, 30), plate, colour)


def _rear(image: Image.Image, plate: str, colour: str) -> None:
    pen = ImageDraw.Draw(image)
    pen.rectangle((420, 90, 900, 560), fill=(118, 92, 70), outline=(50, 50, 50), width=8)
    pen.line((660, 90, 660, 560), fill=(50, 50, 50), width=6)
    pen.rectangle((410, 560, 910, 610), fill=(45, 45, 47))
    for x in (430, 830):
        pen.rectangle((x, 610, x + 60, 690), fill=(20, 20, 22))
        pen.rectangle((x, 572, x + 44, 596), fill=(200, 40, 30))
    _plate_on(image, (565, 565), (190, 42), plate, colour)


def _front(image: Image.Image, plate: str, colour: str, chance: random.Random) -> None:
    pen = ImageDraw.Draw(image)
    pen.rectangle((430, 80, 880, 620), fill=chance.choice([(190, 60, 50), (70, 100, 160), (215, 215, 215)]))
    pen.rectangle((460, 120, 850, 330), fill=(40, 55, 70))
    for x in (450, 800):
        pen.ellipse((x, 470, x + 60, 530), fill=(250, 245, 210))
    _plate_on(image, (560, 560), (190, 42), plate, colour)


def _plate_on(image: Image.Image, at: tuple[int, int], size: tuple[int, int], plate: str, colour: str) -> None:
    ground, ink = PLATES.get(colour, ((240, 240, 240), (17, 17, 17)))
    pen = ImageDraw.Draw(image)
    pen.rectangle((*at, at[0] + size[0], at[1] + size[1]), fill=ground, outline=(30, 30, 30), width=2)
    middle = (at[0] + size[0] / 2, at[1] + size[1] / 2)
    pen.text(middle, plate, fill=ink, font=_font(max(10, min(size[1] - 12, size[0] // 6))), anchor="mm")


def _plate_picture(plate: str, colour: str) -> Image.Image:
    image = Image.new("RGB", (640, 240), (52, 52, 55))
    _plate_on(image, (70, 60), (500, 120), plate, colour)
    return image


def _smoke(
    image: Image.Image, at: tuple[int, int], ringelmann: float, scale: float, chance: random.Random
) -> Image.Image:
    """A plume behind the exhaust, the darker the higher the level."""
    plume = Image.new("RGBA", image.size, (0, 0, 0, 0))
    pen = ImageDraw.Draw(plume)
    for n in range(46):
        x = at[0] - n * 7 * scale + chance.uniform(-8, 8)
        y = at[1] - n * 3.4 * scale + chance.uniform(-14, 14)
        r = (10 + n * 2.1) * scale
        alpha = int(max(0.0, ringelmann / 5 * 190 * (1 - n / 50)))
        pen.ellipse((x - r, y - r, x + r, y + r), fill=(26, 26, 28, alpha))
    soft = plume.filter(ImageFilter.GaussianBlur(9 * scale))
    return Image.alpha_composite(image.convert("RGBA"), soft).convert("RGB")


def _stamp(image: Image.Image, text: str) -> None:
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 0, image.width, 34), fill=(0, 0, 0))
    pen.text((8, 5), f"{text}  {NOTE}", fill=(255, 255, 255), font=_font(18))
