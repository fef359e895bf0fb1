"""Templates of documents (`templates/<kind>.yaml`) and how one becomes a paper.

A placeholder is `{name}`; what it stands for is put in as text and never read again. A placeholder without a value is
named by `missing`; in a preview it shows as a blank line. A block with `when: flag` stands only where the flag is set.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from server.documents.paper import Block, NewPage, Paper, Paragraph, Table, clean

FOLDER = Path(__file__).parent / "templates"
PLACE = re.compile(r"\{([a-z_]+)\}")
_MARKS = "。；，、.;,"
_SEAM = re.compile(PLACE.pattern + "([。；，、]?)")
_ENDS = ("。", "：", "；", "！", "？", ".", ":", ";", "!", "?", "”", "…")
BLANK = "＿＿＿＿＿＿"
FIELD_KINDS = frozenset({"text", "long", "date", "money", "number", "choice", "yes"})
_STYLES = {"to": "plain", "text": "body", "head": "head", "line": "plain", "right": "right", "note": "note"}

Values = Mapping[str, Any]  # text, flags, and lists of mappings for tables


class TemplateFault(ValueError):
    """A template is not usable; the message names the file and the place."""


@dataclass(frozen=True, slots=True)
class Field:
    """What the officer fills in. `default` names a value of the case; choices are (code, Chinese, English)."""

    name: str
    zh: str
    en: str
    kind: str = "text"
    required: bool = True
    default: str = ""
    choices: tuple[tuple[str, str, str], ...] = ()
    hint_zh: str = ""
    hint_en: str = ""


@dataclass(frozen=True, slots=True)
class Template:
    """One kind of document. `word` ends the word of its number: 朝环 + 罚."""

    kind: str
    title: str
    en: str
    word: str
    issuers: tuple[str, ...]
    addressee: str
    fields: tuple[Field, ...]
    body: tuple[Mapping[str, Any], ...]
    version: str  # name and hash of the file


def kinds() -> tuple[str, ...]:
    """The kinds that have a template."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))


@cache
def get_template(kind: str) -> Template:
    """The template of a kind; raises LookupError, TemplateFault."""
    path = FOLDER / f"{kind}.yaml"
    if kind not in kinds():
        raise LookupError(f"no template for {kind}")
    data = path.read_bytes()
    return parse(kind, data)


def parse(kind: str, data: bytes) -> Template:
    """A template from its file."""
    row = yaml.safe_load(data)
    try:
        fields = tuple(_field(one) for one in row.get("fields", []))
        version = f"{kind}@{hashlib.sha256(data).hexdigest()[:16]}"
        return Template(
            kind, row["title"], row["en"], row["word"], tuple(row["issuers"]), row["addressee"], fields,
            tuple(row["body"]), version,
        )  # fmt: skip
    except (KeyError, TypeError, AttributeError) as fault:
        raise TemplateFault(f"{kind}.yaml: {fault!r}") from fault


def _field(row: Mapping[str, Any]) -> Field:
    choices = tuple((one["code"], one["zh"], one["en"]) for one in row.get("choices", []))
    found = Field(**{**row, "choices": choices})
    if found.kind not in FIELD_KINDS:
        raise TemplateFault(f"field {found.name}: unknown kind {found.kind}")
    return found


def blocks_of(template: Template, values: Values) -> Iterator[Mapping[str, Any]]:
    """The blocks that stand with these values."""
    for block in template.body:
        if "when" not in block or values.get(block["when"]):
            yield block


def places(template: Template, values: Values) -> list[str]:
    """The placeholders that these values must fill, in order, each once."""
    found = [name for block in blocks_of(template, values) for text in _written(block) for name in PLACE.findall(text)]
    return list(dict.fromkeys(found))


def _written(block: Mapping[str, Any]) -> Iterator[str]:
    for name, content in block.items():
        if name in _STYLES:
            yield content
        elif name == "facts":
            yield from (text for row in content for text in row)


def missing(template: Template, values: Values) -> list[str]:
    """The placeholders without a value."""
    return [name for name in places(template, values) if not clean(values.get(name) or "")]


def compose(template: Template, values: Values, authority: str, number: str, mark: str = "") -> Paper:
    """The paper of a template and its values; what is missing is a blank."""
    blocks = [part for block in blocks_of(template, values) for part in _parts(block, values)]
    return Paper(clean(authority), template.title, clean(number), tuple(blocks), mark)


def fill(text: str, values: Values) -> str:
    """A text with its placeholders filled; a value is put in once and not read for further placeholders.

    Where the text goes on with a mark of its own, the mark at the end of the value gives way to it.
    """

    def put(found: re.Match[str]) -> str:
        value = clean(values.get(found[1]) or "") or BLANK
        return value.rstrip(_MARKS) + found[2] if found[2] else value

    return _SEAM.sub(put, text)


def _ended(line: str) -> str:
    """A sentence of running text with its full stop, whoever typed it."""
    return line if line.endswith(_ENDS) else f"{line}。"


def _parts(block: Mapping[str, Any], values: Values) -> Iterator[Block]:
    for name, content in block.items():
        if name in _STYLES:
            lines = [line for line in fill(content, values).split("\n") if line.strip()]
            body = name == "text"
            yield from (Paragraph(_ended(line.strip()) if body else line.strip(), _STYLES[name]) for line in lines)
        elif name == "facts":
            rows = tuple((fill(label, values), fill(text, values)) for label, text in content)
            yield Table((), rows, (1, 3))
        elif name == "table":
            yield from _list_table(content, values)
        elif name == "receipt":
            yield from _receipt(str(content), values)


def _list_table(content: Mapping[str, Any], values: Values) -> Iterator[Block]:
    rows: Sequence[Mapping[str, Any]] = values.get(content["of"]) or ()
    if not rows:
        yield Paragraph(content["empty"], "body")
        return
    columns = content["columns"]
    cells = tuple(tuple(clean(row.get(key, "")) for key, _, _ in columns) for row in rows)
    yield Table(tuple(title for _, title, _ in columns), cells, tuple(width for _, _, width in columns))


_RECEIPT_ROWS = (
    "受送达人", "送达文书名称及文号", "送达地点", "送达方式", "受送达人签名或盖章、收件日期", "代收人签名、代收理由",
    "见证人签名、日期", "送达人签名（两名以上）", "备注",
)  # fmt: skip


def _receipt(addressee: str, values: Values) -> Iterator[Block]:
    """The delivery receipt on a page of its own, filled as far as it is known."""
    known = {
        "受送达人": fill(addressee, values),
        "送达文书名称及文号": fill("{document_title} {document_number}", values),
        "送达方式": "□直接送达　□邮寄送达　□电子送达\n□留置送达　□公告送达",
        "备注": "受送达人拒绝接收的，由见证人签名并注明情况，或以拍照、录像记录送达过程后留置送达。",
    }
    yield NewPage("送达回证")
    yield Table((), tuple((label, known.get(label, "\n\n")) for label in _RECEIPT_ROWS), (2, 5))
