"""A table as it stands in a file: a header, rows of text, and the number each row has in the file.

Reading never guesses: what cannot be taken is refused with its place and what would be right. The apostrophe that
our own exports put before text a spreadsheet would run (CWE-1236) is taken off again.
"""

from dataclasses import dataclass, field

from server.documents.lists import RUNS_AS_FORMULA

MOST_BYTES = 60 * 1024 * 1024
MOST_UNPACKED_BYTES = 600 * 1024 * 1024
MOST_ROWS = 200_000
MOST_COLUMNS = 100


class FileRefusedError(ValueError):
    """The file as a whole cannot be read; both sentences say why and what to do."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en


@dataclass(frozen=True, slots=True)
class CellFault:
    """A cell that the file itself spoils: its row number, header, and what to do."""

    row: int
    column: str
    value: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """What was read. `numbers[i]` is the row number of `rows[i]` in the file, the header being row 1 as a rule."""

    header: tuple[str, ...]
    rows: list[list[str]]
    numbers: list[int]
    faults: list[CellFault] = field(default_factory=list)


def restore(text: str) -> str:
    """The text without the apostrophe that `lists.harmless` put before it."""
    return text[1:] if text.startswith("'") and text[1:].startswith(RUNS_AS_FORMULA) else text


def assemble(lines: list[tuple[int, list[str]]], faults: list[CellFault]) -> Sheet:
    """Take the first line that is not empty as the header, drop empty lines, square the rows, hold the limits."""
    filled = [(number, cells) for number, cells in lines if any(cell.strip() for cell in cells)]
    if not filled:
        raise FileRefusedError(
            "文件是空的：第一行应为表头，可先下载模板。",
            "The file is empty: its first row must hold the headers; download the template to begin.",
        )
    if len(filled) - 1 > MOST_ROWS:
        raise FileRefusedError(
            f"文件有 {len(filled) - 1} 行，上限 {MOST_ROWS} 行：请拆分后分次导入。",
            f"The file has {len(filled) - 1} rows, at most {MOST_ROWS} are taken: split it.",
        )
    header = tuple(cell.strip() for cell in filled[0][1])
    if len(header) > MOST_COLUMNS:
        raise FileRefusedError(
            f"表头有 {len(header)} 列，上限 {MOST_COLUMNS} 列：请删除多余的列。",
            f"The header has {len(header)} columns, at most {MOST_COLUMNS} are taken: delete the others.",
        )
    return Sheet(header, [_square(cells, len(header)) for _, cells in filled[1:]], [n for n, _ in filled[1:]], faults)


def _square(cells: list[str], width: int) -> list[str]:
    if len(cells) < width:
        return [*cells, *[""] * (width - len(cells))]
    return cells if not any(cells[width:]) else [*cells[:width], "".join(cells[width:])]
