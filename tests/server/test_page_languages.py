"""A Chinese page holds no English sentence, an English page no Chinese, apart from names and the switch."""

import re
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Engine, text

from server.db import transaction
from tests.server import record_pages, records
from tests.server.conftest import Browser, City

pytestmark = pytest.mark.server
Browse = Callable[..., Browser]

HAN = re.compile(r"[一-鿿]+")
WORDS = re.compile(r"[A-Za-z]{3,}(?: [A-Za-z]{2,})*")
NOT_TEXT = re.compile(r"<(script|style|pre)[^>]*>.*?</\1>|<!--.*?-->", re.DOTALL)
NEITHER = re.compile(r'<(button|span|a)[^>]*\blang="[^"]+"[^>]*>.*?</\1>', re.DOTALL)
SHOWN = re.compile(r'(?:placeholder|aria-label|title|alt|data-lost)="([^"]*)"|>([^<]+)<')
ABBREVIATIONS = {"OBD", "NOx", "ppm", "kPa", "CALID", "CVN", "DOC", "DPF", "SCR", "EGR"}
SAME_IN_BOTH = {"VIN", "CSV", "XLSX", "SHA", "WGS", "Excel"} | ABBREVIATIONS
PLATE = re.compile(r"\b[一-鿿][A-Z]\b")  # the beginning of a plate is the same in both languages
DOCUMENT = re.compile(r"[一-鿿]*〔\d{4}〕\d+号")  # the number of a paper is the same in both languages
NAMES = re.compile(r"辽[A-Z]|省计量院")  # of a plate, and of who verified the instruments
TYPED = re.compile(r"<textarea.*?</textarea>", re.DOTALL)  # what a paper says is Chinese, whoever writes it
CODES = re.compile(
    r"[a-z][a-z0-9_]+(?:~\d+)?#\d+|[a-z0-9_]+(?:\.[a-zA-Z0-9_]+)+(?:@[\d-]+)?|\b[0-9a-f]{12,}\b|\b[a-z_]+-\d\b"
)  # measures, rules, hashes, serials
RECORD_NAMES = {
    "GeoJSON",
    "polygon",
    "hole",
    "schema",
    "zfe",
    "DATEX",
    "DATEX II",
    "PIN",
    "Word",
    "PDF",
    "JPEG",
    "PNG",
    "CAM",
    "NHT",
    "CLSB",
    "LZZ",
    "CODE",
    "kW",
    "API",
    "yyyy",
    "III",
    "PINJC",
    "GCJ",
    "CGCS",
    "NJC",
    "api",
    "xlsx",
    "UTF",
    "ISO",
    "http",
    "https",
    "FCB",
    "LFWSRXRJ",
}
PAGES = {
    "officer": [
        "/",
        "/map/",
        "/violations/",
        "/leads/",
        "/cases/",
        "/referrals/",
        "/deadlines/",
        "/account",
        "/search?q=zz",
        "/inspections/",
        "/inspections/new",
        "/inspections/import",
        "/instruments/",
        "/instruments/new",
        "/cases/",
        "/referrals/",
        "/deadlines/",
        "/captures/",
        "/captures/desk",
        "/capture-devices/",
        "/documents/",
        "/stations/",
        "/repairs/",
    ],
    "security_admin": ["/accounts/", "/accounts/new"],
    "auditor": ["/audit/"],
}


@pytest.fixture(scope="module")
def record_pages_(engine: Engine, city: City) -> dict[str, list[str]]:
    """Pages of the enforcement record with something on them, by account."""
    return record_pages.make(engine, city)


@pytest.fixture(scope="module", autouse=True)
def english_names(engine: Engine, city: City) -> Iterator[tuple[int, int]]:
    """Rows whose names have no Chinese in them."""
    with transaction(engine) as connection:
        connection.execute(text("UPDATE organisations SET name_zh = '单位', name_en = 'Bureau'"))
        connection.execute(text("UPDATE users SET name = '0', username = username"))
        place = records.zone(connection, "9")
        connection.execute(text("UPDATE zones SET name_zh = '9', name_en = '9'"))
        number = records.violation(connection, place, records.truck(connection, "N12345"))
        lead = connection.execute(
            text(
                "INSERT INTO leads (kind, key, device, division, first_at, last_at, detail) VALUES"
                " ('unknown_device', '7', '7', '211302', now(), now(), '{\"fixes\": 1}') RETURNING id"
            )
        ).scalar_one()
    yield number, lead


def shown(page: str) -> str:
    """What a reader or a screen reader meets on the page."""
    body = NEITHER.sub("", NOT_TEXT.sub("", page))
    return "\n".join(one or two for one, two in SHOWN.findall(body))


def pages(browse: Browse, numbers: tuple[int, int], locale: str) -> Iterator[tuple[str, str]]:
    violation, lead = numbers
    more = {"officer": [f"/violations/{violation}", f"/violations/{violation}/why", f"/leads/{lead}"]}
    for username, addresses in PAGES.items():
        browser = browse(username)
        browser.post("/language", {"locale": locale})
        for address in addresses + more.get(username, []):
            answer = browser.get(address)
            assert answer.status_code == 200, address
            yield address, shown(answer.text)
    nobody = browse(None)
    nobody.client.set_cookie("language", locale)
    yield "/sign-in", shown(nobody.get("/sign-in").text)


def test_english_pages_hold_no_chinese(browse: Browse, english_names: tuple[int, int]) -> None:
    found = {address: HAN.findall(PLATE.sub("", page)) for address, page in pages(browse, english_names, "en")}
    assert {address: words for address, words in found.items() if words} == {}


def test_chinese_pages_hold_no_english(browse: Browse, english_names: tuple[int, int], city: City) -> None:
    names = SAME_IN_BOTH | {"hdv", "law", "air", "platform", "LZZ"}
    names |= {part for username in city.accounts for part in username.split("_")}
    left = {
        address: [words for words in WORDS.findall(page) if words not in names and words not in {"LZZ", "CLSB"}]
        for address, page in pages(browse, english_names, "zh")
    }
    assert {address: words for address, words in left.items() if words} == {}


def record_texts(browse: Browse, pages_of: dict[str, list[str]], locale: str) -> Iterator[tuple[str, str]]:
    for username, addresses in pages_of.items():
        browser = browse(username)
        browser.post("/language", {"locale": locale})
        for address in addresses:
            answer = browser.get(address)
            if answer.status_code in (403, 404) and username != "officer":
                continue  # not every account may open every page; the officer may
            assert answer.status_code == 200, (username, address)
            yield f"{username} {address}", shown(TYPED.sub("", answer.text))


def test_english_record_pages_hold_no_chinese(browse: Browse, record_pages_: dict[str, list[str]]) -> None:
    left = {}
    for address, page in record_texts(browse, record_pages_, "en"):
        words = HAN.findall(NAMES.sub("", DOCUMENT.sub("", page)))
        if words:
            left[address] = words
    assert left == {}


def test_chinese_record_pages_hold_no_english(browse: Browse, record_pages_: dict[str, list[str]], city: City) -> None:
    names = SAME_IN_BOTH | RECORD_NAMES | {part for username in city.accounts for part in username.split("_")}
    left = {}
    for address, page in record_texts(browse, record_pages_, "zh"):
        words = [one for one in WORDS.findall(CODES.sub("", page)) if one not in names]
        if words:
            left[address] = words
    assert left == {}
