"""A paper as both writers take it: head, blocks in order, signatures; plain text, no markup anywhere.

`server/documents/paper_templates.py` composes it of a template and values, `paper_docx.py` and `paper_pdf.py` write it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_NOT_TEXT = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufff9-\uffff]")
_DIRECTIONS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text; style: body (two characters in), plain, head, right, note."""

    text: str
    style: str = "body"


@dataclass(frozen=True, slots=True)
class Table:
    """A ruled table; `head` empty: rows of label and value. `widths` are parts of the line, one a column."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class NewPage:
    """What follows stands on a page of its own: the delivery receipt."""

    title: str


Block = Paragraph | Table | NewPage


@dataclass(frozen=True, slots=True)
class Paper:
    """Everything that stands on the paper."""

    authority: str
    title: str
    number: str
    blocks: tuple[Block, ...]
    mark: str = ""  # across a preview: that it is none yet


def clean(text: object) -> str:
    """A value as text: no control characters, and none that turn the direction of the rest of the line."""
    plain = str(text).replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    return _DIRECTIONS.sub("", _NOT_TEXT.sub("", plain)).strip()


def texts(paper: Paper) -> Iterator[str]:
    """Every text of the paper, in order of reading."""
    yield from (paper.authority, paper.title, paper.number)
    for block in paper.blocks:
        if isinstance(block, Table):
            yield from (cell for row in (block.head, *block.rows) for cell in row)
        else:
            yield block.text if isinstance(block, Paragraph) else block.title
