"""The page of the app, its worker, its manifest and its words: public, the same for everybody, no account's data."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from flask import Blueprint, Response, abort, current_app, render_template, request

from server.tablet import shell_files, texts
from server.web.access import PUBLIC, allow
from server.web.compression import packed

blueprint = Blueprint("tablet", __name__, url_prefix="/tablet")

ICONS = (192, 512)
NAMES = {"zh": ("移动执法", "移动执法终端"), "en": ("Inspections", "Inspector's tablet")}


@dataclass(frozen=True, slots=True)
class Shell:
    """Everything that is served under /tablet/ without an account."""

    page: bytes
    words: dict[str, bytes]
    manifest: bytes
    worker: bytes
    pack: bytes
    version: str


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _manifest() -> bytes:
    icons = [
        {"src": f"/static/tablet/icons/{name}", "sizes": "any", "type": "image/svg+xml", "purpose": purpose}
        for name, purpose in (("any.svg", "any"), ("maskable.svg", "maskable"))
    ]
    return _json(
        {
            "id": "/tablet/",
            "name": NAMES["zh"][1],
            "short_name": NAMES["zh"][0],
            "lang": "zh-CN",
            "start_url": "/tablet/",
            "scope": "/tablet/",
            "display": "standalone",
            "orientation": "any",
            "background_color": "#ffffff",
            "theme_color": "#14263c",
            "icons": icons,
        }
    )


def words_of(language: str) -> bytes:
    """The texts of the app in a language, by the English, as JSON; English needs none."""
    return _json(texts.chinese() if language == "zh" else {})


def _made() -> Shell:
    page = render_template(
        "tablet/shell.html", styles=shell_files.styles(), modules=shell_files.at_the_door(), names=NAMES
    ).encode()
    words = {language: words_of(language) for language in NAMES}
    manifest = _manifest()
    made = [("/tablet/", page), ("/tablet/manifest.webmanifest", manifest)]
    made += [(f"/tablet/words/{one}.json", content) for one, content in words.items()]
    source = (shell_files.STATIC / shell_files.WORKER).read_bytes()
    files = shell_files.listed(made)
    version = shell_files.version_of(files, source)
    head = f"const VERSION = {json.dumps(version)};\nconst FILES = {json.dumps(files)};\n".encode()
    pack = {address: content.decode() for address, content in [*shell_files.contents(), *made[1:]]}
    return Shell(page, words, manifest, head + source, _json(pack), version)


def shell() -> Shell:
    """Made once for a running server; a server that is being worked on (debug) makes it anew each time."""
    kept = cast(Shell | None, current_app.extensions.get("tablet_shell"))
    if kept is None or current_app.debug:
        kept = current_app.extensions["tablet_shell"] = _made()
    return kept


def _answer(pick: Callable[[Shell], bytes], mimetype: str) -> Response:
    content = pick(shell())
    answer = Response(content, mimetype=mimetype)
    answer.set_etag(shell_files.digest(content)[:32])
    answer.headers["Cache-Control"] = "no-cache"
    answer.make_conditional(request)
    return packed(answer, request.path) if answer.status_code == 200 else answer


@blueprint.get("/")
@allow(PUBLIC)
def page() -> Response:
    """The one page; everything on it is drawn by the modules."""
    return _answer(lambda made: made.page, "text/html")


@blueprint.get("/worker.js")
@allow(PUBLIC)
def worker() -> Response:
    """The worker with its version and the list of files it keeps."""
    return _answer(lambda made: made.worker, "text/javascript")


@blueprint.get("/pack.json")
@allow(PUBLIC)
def pack() -> Response:
    """All files of the app but the page in one answer: on a slow line a hundred requests cost more than their bytes."""
    return _answer(lambda made: made.pack, "application/json")


@blueprint.get("/manifest.webmanifest")
@allow(PUBLIC)
def manifest() -> Response:
    """What the browser needs to install the app."""
    return _answer(lambda made: made.manifest, "application/manifest+json")


@blueprint.get("/words/<language>.json")
@allow(PUBLIC)
def words(language: str) -> Response:
    """The texts of the app in a language, by the English; English needs none."""
    if language not in NAMES:
        abort(404)
    return _answer(lambda made: made.words[language], "application/json")
