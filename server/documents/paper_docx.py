"""Papers as Word: the text of the PDF, in the fonts of official papers with fall-backs where they are missing."""

import io
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from docx import Document
from docx.document import Document as Word
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_BREAK
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm, Pt, RGBColor
from docx.text.paragraph import Paragraph as WordParagraph

from server.documents.paper import Block, Paper, Paragraph, Table

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
BODY, HEAD, TITLE = "仿宋", "黑体", "宋体"
FALLBACKS = {
    BODY: "仿宋_GB2312, FangSong, Noto Serif CJK SC",
    HEAD: "SimHei, Noto Sans CJK SC",
    TITLE: "SimSun, Noto Serif CJK SC",
}
"""What Word or LibreOffice takes where the font is not installed (w:altName of the font table)."""

_LINE_MM = 156  # what the margins leave of an A4 line
_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


def write(paper: Paper) -> bytes:
    """The paper as .docx; the same paper gives the same text, and no author is written into it."""
    word = Document()
    _prepare(word, paper)
    _line(word, paper.authority, TITLE, 20, centre=True, bold=True)
    _line(word, paper.title, TITLE, 22, centre=True, bold=True)
    if paper.number:
        _line(word, paper.number, BODY, 14, centre=True)
    for block, after in zip(paper.blocks, (*paper.blocks[1:], None), strict=True):
        _block(word, paper, block)
        stays = isinstance(after, Paragraph) and after.style == "right"
        if isinstance(block, Paragraph) and (stays or block.style == "head"):
            word.paragraphs[-1].paragraph_format.keep_with_next = True
    out = io.BytesIO()
    word.save(out)
    return out.getvalue()


def _prepare(word: Word, paper: Paper) -> None:
    section = word.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(37), Mm(35)
    section.left_margin, section.right_margin = Mm(28), Mm(26)
    properties = word.core_properties
    properties.title, properties.author, properties.comments = f"{paper.title} {paper.number}".strip()[:255], "", ""
    properties.created = properties.modified = _EPOCH
    normal: Any = word.styles["Normal"]
    _font(normal.element.get_or_add_rPr(), BODY)
    normal.font.size = Pt(15)
    _page_number(section.footer.paragraphs[0])
    if paper.mark:
        mark = section.header.paragraphs[0]
        mark.alignment = WD_ALIGN_PARAGRAPH.CENTER
        mark.add_run(paper.mark).font.color.rgb = RGBColor(0x80, 0x80, 0x80)
    _name_fallbacks(word)


def _font(properties: Any, name: str) -> None:
    fonts = properties.get_or_add_rFonts()
    for script in ("w:ascii", "w:hAnsi", "w:eastAsia", "w:cs"):
        fonts.set(qn(script), name)


def _page_number(footer: WordParagraph) -> None:
    footer.alignment = WD_ALIGN_PARAGRAPH.CENTER
    footer.add_run("— ")
    for kind, code in (("begin", None), (None, "PAGE"), ("end", None)):
        part = OxmlElement("w:instrText" if code else "w:fldChar")
        if code:
            part.text = code
        else:
            part.set(qn("w:fldCharType"), str(kind))
        footer.add_run()._r.append(part)
    footer.add_run(" —")


def _name_fallbacks(word: Word) -> None:
    """The font table of the file, with the fall-backs of each font."""
    part = word.part.part_related_by(RELATIONSHIP_TYPE.FONT_TABLE)
    fonts = "".join(
        f'<w:font w:name="{name}"><w:altName w:val="{others}"/><w:charset w:val="86"/></w:font>'
        for name, others in FALLBACKS.items()
    )
    part._blob = (
        b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
        + f"<w:fonts {nsdecls('w')}>{fonts}</w:fonts>".encode()
    )


def _line(word: Word, text: str, font: str, size_pt: int, *, centre: bool = False, bold: bool = False) -> WordParagraph:
    line = word.add_paragraph()
    if centre:
        line.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _run(line, text, font, size_pt, bold)
    return line


def _run(line: WordParagraph, text: str, font: str, size_pt: int, bold: bool = False) -> None:
    run = line.add_run(text)
    _font(run._r.get_or_add_rPr(), font)
    run.font.size, run.font.bold = Pt(size_pt), bold


def _block(word: Word, paper: Paper, block: Block) -> None:
    if isinstance(block, Table):
        _table(word, block)
    elif isinstance(block, Paragraph):
        _paragraph(word, block)
    else:
        word.add_paragraph().add_run().add_break(WD_BREAK.PAGE)
        _line(word, paper.authority, TITLE, 20, centre=True, bold=True)
        _line(word, block.title, TITLE, 22, centre=True, bold=True)


def _paragraph(word: Word, block: Paragraph) -> None:
    style = block.style
    line = _line(word, block.text, HEAD if style == "head" else BODY, 11 if style == "note" else 15)
    line.paragraph_format.line_spacing = 1.4
    line.paragraph_format.space_after = Pt(4)
    if style == "body":
        line.paragraph_format.first_line_indent = Pt(30)
    elif style == "right":
        line.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        line.paragraph_format.right_indent = Pt(30)


def _table(word: Word, block: Table) -> None:
    table = word.add_table(rows=0, cols=len(block.widths))
    table.style, table.autofit = "Table Grid", False
    if block.head:
        _row(table, block, block.head, HEAD)
        table.rows[0]._tr.get_or_add_trPr().append(parse_xml(f'<w:tblHeader {nsdecls("w")} w:val="true"/>'))
    for row in block.rows:
        _row(table, block, row, "")


def _row(table: Any, block: Table, row: Iterable[str], font: str) -> None:
    cells = table.add_row().cells
    for index, (cell, text) in enumerate(zip(cells, row, strict=True)):
        cell.width = Mm(_LINE_MM * block.widths[index] / sum(block.widths))
        label = not block.head and index == 0
        _run(cell.paragraphs[0], text, font or (HEAD if label else BODY), 12)
