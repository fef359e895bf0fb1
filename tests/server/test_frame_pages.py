"""The pages of a packet and of a held frame in Chinese hold no English but codes; in English no Chinese."""

import re
from collections.abc import Callable

import pytest
from sqlalchemy import Engine, text

from server.db import transaction
from server.store import packets_read
from tests.server import fleets
from tests.server.conftest import Browser, City
from tests.server.fleets import BEGIN, BEGIN_US, SECOND_US
from tests.server.test_devices import HOUR
from tests.server.test_packet_words import CODES

pytestmark = pytest.mark.server
Browse = Callable[..., Browser]
HAN = re.compile(r"[一-鿿]")
BOX = re.compile(r'<div class="said-box".*?</div>', re.DOTALL)
TAG = re.compile(r"<[^>]+>")
WORDS = re.compile(r"[A-Za-z]{4,}")
HINT = re.compile(r'<p class="hint"( lang="en")?>([^<]*)</p>')


def packet_page(browse: Browse, engine: Engine, kind: str, layout: str, locale: str) -> tuple[str, str]:
    """The page of a terminal's first packet, and the terminal's number."""
    one = fleets.member(kind, layout)
    number = fleets.enrol(engine, one)
    fleets.take(engine, fleets.frames(one, 60), BEGIN_US + 65 * SECOND_US)
    with transaction(engine) as connection:
        found = packets_read.of_terminal(connection, number, BEGIN, BEGIN + HOUR, 1, 0)[0]
    at_us = round(found["measured_at"].timestamp()) * SECOND_US
    browser = browse("officer")
    browser.post("/language", {"locale": locale})
    page = browser.get(f"/terminals/{number}/packets/{at_us}/{found['sha256']}").text
    browser.post("/language", {"locale": "zh"})
    return BOX.findall(page)[0], one.device


@pytest.mark.parametrize(("kind", "layout"), [("hdv", "C"), ("hdv", "A"), ("jt808", ""), ("json", "")])
def test_what_a_packet_says_is_said_in_the_language_of_the_page(
    browse: Browse, engine: Engine, city: City, kind: str, layout: str
) -> None:
    chinese, device = packet_page(browse, engine, kind, layout, "zh")
    left = WORDS.findall(CODES.sub("", TAG.sub(" ", chinese).replace(device, "")))
    assert [word for word in left if not re.fullmatch("[0-9A-Fa-f]+", word)] == []
    assert "协议" in chinese
    english, _ = packet_page(browse, engine, kind, layout, "en")
    assert not HAN.search(english)


@pytest.mark.parametrize("kind", ["jt808", "json"])
def test_a_number_keeps_the_unit_that_its_name_ends_in(browse: Browse, engine: Engine, city: City, kind: str) -> None:
    chinese, _ = packet_page(browse, engine, kind, "", "zh")
    assert re.search(r"<dt>车速</dt><dd>\s*[\d.]+ km/h\s*</dd>", chinese)
    assert re.search(r"<dt>经度</dt><dd>\s*[\d.]+ °\s*</dd>", chinese)
    english, _ = packet_page(browse, engine, kind, "", "en")
    assert "<dt>longitude</dt>" in english, "a box may say GCJ-02: the name must not say WGS-84"


def held_page(browser: Browser, engine: Engine, device: str) -> str:
    with transaction(engine) as connection:
        number = connection.execute(text("SELECT max(id) FROM quarantine WHERE device = :d"), {"d": device}).scalar()
    return browser.get(f"/quarantine/{number}").text


def test_why_a_frame_is_held_is_said_in_the_language_of_the_page(browse: Browse, engine: Engine, city: City) -> None:
    one = fleets.member("hdv", "C")
    sent = fleets.frames(one, 10)[0]
    fleets.take(engine, [sent], BEGIN_US + 15 * SECOND_US)
    officer = browse("officer")
    assert (None, "未登记该类型、该设备号的终端") in shown(held_page(officer, engine, one.device))
    fleets.enrol(engine, one)
    fleets.take(engine, [fleets.broken(sent)], BEGIN_US + 15 * SECOND_US)
    page = held_page(officer, engine, one.device)
    assert shown(page)[0][1].startswith("校验码为") and shown(page).count(shown(page)[0]) == 2
    officer.post("/language", {"locale": "en"})
    page = held_page(officer, engine, one.device)
    officer.post("/language", {"locale": "zh"})
    assert shown(page)[0][1].startswith("check byte is")


def test_a_sentence_that_nobody_knows_stays_and_says_its_language(browse: Browse, engine: Engine, city: City) -> None:
    one = fleets.member("hdv", "C")
    fleets.take(engine, fleets.frames(one, 10)[:1], BEGIN_US + 15 * SECOND_US)
    with transaction(engine) as connection:
        connection.execute(text("UPDATE quarantine SET detail = 'KeyError: 7' WHERE device = :d"), {"d": one.device})
    assert ("en", "KeyError: 7") in shown(held_page(browse("officer"), engine, one.device))


def shown(page: str) -> list[tuple[str | None, str]]:
    """The hints of a page, each with the language it is marked as."""
    return [("en" if lang else None, said) for lang, said in HINT.findall(page)]
