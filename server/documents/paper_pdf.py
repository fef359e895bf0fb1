"""Papers as PDF: A4 with the margins of official papers (GB/T 9704), fonts embedded, pages numbered.

The paper goes to typst as JSON, so that nothing in a name is markup. typst takes another font, or none, without a
word where one is missing: the fonts are asked for before.
"""

import json
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import cast

import typst

from server.documents.paper import NewPage, Paper, Paragraph

LAYOUT = Path(__file__).parent / "typst" / "paper.typ"
FONTS = ("Noto Serif CJK SC", "Noto Sans CJK SC")
MEDIA_TYPE = "application/pdf"


class FontsMissing(RuntimeError):
    """The Chinese fonts are not installed; both sentences say what to do."""

    def __init__(self, missing: tuple[str, ...]) -> None:
        named = ", ".join(missing)
        self.zh = f"服务器缺少中文字体（{named}），不能生成文书：请安装 Debian 软件包 fonts-noto-cjk 后重启。"
        self.en = f"The Chinese fonts {named} are missing: install the Debian package fonts-noto-cjk and restart."
        super().__init__(self.en)


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts()


def check_fonts(installed: frozenset[str] | None = None) -> None:
    """Raise FontsMissing unless both Chinese fonts are among the installed families."""
    families = frozenset(_fonts().families()) if installed is None else installed
    missing = tuple(name for name in FONTS if name not in families)
    if missing:
        raise FontsMissing(missing)


def write(paper: Paper) -> bytes:
    """The paper as PDF; raises FontsMissing."""
    check_fonts()
    return cast(bytes, _compiler(paper).compile(format="pdf"))


def pictures(paper: Paper) -> list[bytes]:
    """The pages as PNG: how a browser shows them, which may open no PDF inside a page here."""
    check_fonts()
    found = _compiler(paper).compile(format="png", ppi=96.0)
    return cast(list[bytes], found if isinstance(found, list) else [found])


def _compiler(paper: Paper) -> typst.Compiler:
    data = json.dumps(_told(paper), ensure_ascii=False)
    return typst.Compiler(LAYOUT, root=LAYOUT.parent, font_paths=_fonts(), sys_inputs={"paper": data})


def _told(paper: Paper) -> dict[str, object]:
    kinds = {Paragraph: "paragraph", NewPage: "page"}
    blocks = [{"kind": kinds.get(type(block), "table"), **asdict(block)} for block in paper.blocks]
    head = {"authority": paper.authority, "title": paper.title, "number": paper.number, "mark": paper.mark}
    return {**head, "blocks": blocks}
