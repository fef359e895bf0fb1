"""Languages of the pages: Chinese by default, English by a switch.

Source strings are English; `server/translations/zh/*.po` hold the Chinese, one file a branch of work, read at start.
"""

from io import BytesIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, request
from flask_babel import Babel, Domain, get_locale

from server.web.access import API, find_current_account

LOCALES = ("zh", "en")
ZONE = ZoneInfo("Asia/Shanghai")
TRANSLATIONS = Path(__file__).resolve().parent.parent / "translations"


def read_catalogue(locale: str) -> Catalog:
    """All files of a language as one catalogue."""
    whole = Catalog(locale=locale)
    for path in sorted((TRANSLATIONS / locale).glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale=locale, abort_invalid=True):
                if message.id:
                    whole[message.id] = message
    return whole


class FolderDomain(Domain):  # type: ignore[misc]
    """A flask-babel domain whose texts come straight from the .po files."""

    def __init__(self) -> None:
        super().__init__(translation_directories=[], domain="messages")
        compiled = BytesIO()
        write_mo(compiled, read_catalogue("zh"))
        compiled.seek(0)
        self.texts: dict[str, NullTranslations] = {"zh": Translations(compiled), "en": Translations()}

    def get_translations(self) -> NullTranslations:
        return self.texts[language()]


def choose() -> str:
    """The account's language; else the cookie's; else Chinese. A call of the API may ask by Accept-Language."""
    account = find_current_account()
    wanted = account.locale if account else request.cookies.get("language", "zh")
    if request.path.startswith(API) and "Accept-Language" in request.headers:
        wanted = request.accept_languages.best_match(LOCALES) or wanted
    return wanted if wanted in LOCALES else "zh"


def language() -> str:
    """The language of the page: zh or en."""
    locale = get_locale()
    return "en" if locale is not None and locale.language == "en" else "zh"


def pick(zh: Any, en: Any) -> Any:
    """One of a pair of texts; an empty one is replaced by the other."""
    return (en or zh) if language() == "en" else (zh or en)


def init(app: Flask) -> None:
    """Hang the languages into the application."""
    babel = Babel(app, default_locale="zh", locale_selector=choose, timezone_selector=lambda: "Asia/Shanghai")
    babel.domain_instance = FolderDomain()
    app.jinja_env.globals.update(language=language, pick=pick)
