"""Every text on a page has its Chinese: nothing missing, fuzzy, or with other placeholders than the source."""

import importlib
import json
import pkgutil
import re
from pathlib import Path

from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from server.tablet import shell, shell_files, texts
from server.web.language import TRANSLATIONS, read_catalogue
from server.web.words import WORDS

SERVER = Path(__file__).resolve().parents[2] / "server"
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2")]
KEYWORDS = {"_": None, "_l": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2), "_n": (1, 2)}
COMMENT = re.compile(r"/\*.*?\*/|^\s*//.*?$", re.S | re.M)
PLACE = re.compile(r"%\(\w+\)[sd]|\{\w+\}")


def source_texts() -> dict[str, str]:
    """Each source text and a place where it stands."""
    found: dict[str, str] = {}
    options = {"templates/**.html": {"silent": "false", "trimmed": "false"}}
    for name, line, message, _, _ in extract_from_dir(SERVER, METHODS, options_map=options, keywords=KEYWORDS):
        one = message[0] if isinstance(message, tuple) else message  # a plural is kept under its singular
        found.setdefault(one, f"{name}:{line}")
    return found


def tablet_sources() -> dict[str, str]:
    """The modules of the tablet by their names, without comments."""
    sources = {name: (shell_files.STATIC / name).read_text(encoding="utf-8") for name in shell_files.modules()}
    return {name: COMMENT.sub("", source) for name, source in sources.items()}


def test_every_text_of_the_tablet_is_one_that_can_be_found() -> None:
    """t() takes a text between quotes: what is put together or named elsewhere would never be translated."""
    calls = re.compile(r"(?<![\w.])t\(\s*(.{0,60})")
    odd = {
        (name, what)
        for name, source in tablet_sources().items()
        for what in calls.findall(source)
        if name != "tablet/words.js" and not re.match(r'"(?:[^"\\]|\\.)*("|$)', what)
    }
    assert odd == set()


def test_the_tablet_gets_the_chinese_of_its_texts_and_nothing_else() -> None:
    given = json.loads(shell.words_of("zh"))
    asked = {text for source in tablet_sources().values() for text in texts.in_source(source)}
    assert given.keys() == asked
    catalogue = read_catalogue("zh")
    assert all(given[text] == catalogue[text].string for text in asked)


def test_every_text_has_its_chinese() -> None:
    catalogue = read_catalogue("zh")
    missing = {
        text: place
        for text, place in {**source_texts(), **texts.asked()}.items()
        if text not in catalogue or not catalogue[text].string or catalogue[text].fuzzy
    }
    assert missing == {}


def test_placeholders_are_the_same_in_both_languages() -> None:
    differing = [
        message.id
        for message in read_catalogue("zh")
        if message.id
        and isinstance(message.id, str)
        and sorted(PLACE.findall(message.id)) != sorted(PLACE.findall(str(message.string)))
    ]
    assert differing == []


def test_files_of_the_catalogue_do_not_contradict_each_other() -> None:
    seen: dict[str, tuple[str, str]] = {}
    contradictions = []
    for path in sorted((TRANSLATIONS / "zh").glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale="zh"):
                if not message.id:
                    continue
                text, name = seen.setdefault(str(message.id), (str(message.string), path.name))
                if text != str(message.string):
                    contradictions.append((message.id, name, path.name))
    assert contradictions == []


def test_every_kind_of_word_that_is_asked_for_exists() -> None:
    """A kind without a table shows raw codes, and no page complains."""
    for module in pkgutil.iter_modules([str(SERVER / "web")]):  # the words of a page join at its import
        importlib.import_module(f"server.web.{module.name}")
    asked = re.compile(r"""\bword\(\s*['"](\w+)['"]""")
    files = [*SERVER.rglob("*.html"), *(SERVER / "web").rglob("*.py")]
    missing = {
        (file.name, kind)
        for file in files
        for kind in asked.findall(file.read_text(encoding="utf-8"))
        if kind not in WORDS
    }
    assert missing == set()
