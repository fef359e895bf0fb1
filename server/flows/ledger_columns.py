"""A ledger as a sheet: its columns with what they offer, and the rows of a file as raw values by field.

The fields come from one table (`enforcement.ledgers.fields`); the words of a drop-down are those that reading takes.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache

from enforcement.ledgers.codes import Codes, code_list
from enforcement.ledgers.faults import ValueFault
from enforcement.ledgers.fields import LEDGERS, Field, Kind
from enforcement.ledgers.values import read_value
from enforcement.registry.categories import MACHINE_WORDS
from server.documents import filled_books
from server.documents.filled_books import FilledColumn
from server.documents.sheets import FileRefusedError, Sheet
from server.flows.read_sheet import REPORT_HEADERS, open_sheet
from server.flows.registry_codes import fold

NAMES = {"A": ("进出厂车辆台账", "Ledger A"), "B": ("厂内车辆台账", "Ledger B"), "C": ("厂内机械台账", "Ledger C")}
KEY_ZH, KEY_EN = "拒收编号", "refusal"
ENDS = {"zh": ("结果", "原因", KEY_ZH), "en": ("result", "reason", KEY_EN)}


def header(one: Field, language: str) -> str:
    """The header of a column."""
    return one.en if language == "en" else one.zh


def labels(ledger: str, language: str) -> dict[str, str]:
    """Every field's header by its name."""
    return {one.name: header(one, language) for one in LEDGERS[ledger]}


@cache
def offered(one: Field, language: str) -> tuple[str, ...]:
    """The words of a field's list that a person chooses from; empty where it has none."""
    if not one.codes:
        return ()
    candidates = _machine_words() if one.codes == "category" else _list_words(one)
    words = (value if language == "en" else _readable(one, value, said) for value, said in candidates.items())
    return tuple(dict.fromkeys(words))


def _machine_words() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for word, kind in MACHINE_WORDS.items():
        found.setdefault(kind.value, []).append(word)
    return found


def _list_words(one: Field) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in code_list(one.codes):
        found.setdefault(row.value, []).extend((row.zh, *row.words))
    return found


def _readable(one: Field, value: str, words: list[str]) -> str:
    """The first word that is read as the value again; the value itself where there is none."""
    return next((word for word in words if _kept(one, word) == value), value)


def _kept(one: Field, word: str) -> str | None:
    try:
        return str(read_value(one, word, Codes()))
    except ValueFault:
        return None


def note(one: Field, language: str) -> str:
    """What may stand in a field, in one line."""
    english = language == "en"
    said = [one.note_en if english else one.note_zh]
    words = offered(one, language)
    if words:
        more = " …" if len(words) > 12 else ""
        said.append((", " if english else "、").join(words[:12]) + more)
    return ("; " if english else "；").join(part for part in said if part)


def example(one: Field, language: str) -> str:
    """What may stand in a field, as an example in the language."""
    words = offered(one, language)
    if words:
        kept = _kept(one, one.example)
        return next((word for word in words if kept and _kept(one, word) == kept), words[0])
    return one.example if language == "zh" or one.kind is Kind.PLATE or one.example.isascii() else ""


def columns(ledger: str, language: str) -> list[FilledColumn]:
    """The columns of the template."""
    return [
        FilledColumn(
            header(one, language), note(one, language), example(one, language), one.required, offered(one, language)
        )
        for one in LEDGERS[ledger]
    ]


def template(ledger: str, language: str) -> bytes:
    """An empty sheet to fill in."""
    return filled_books.template(NAMES[ledger][language == "en"], columns(ledger, language))


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of a file: its number there, its cells by field name, and the refusal that it mends."""

    row: int
    raw: dict[str, object]
    cells: list[str]
    mends: int | None = None


@dataclass(frozen=True, slots=True)
class SheetOfLedger:
    """A file that has the columns of a ledger. `spoilt`: cells that the spreadsheet itself has rounded, by row."""

    header: tuple[str, ...]
    width: int  # columns of the file without those that a marked sheet adds
    places: Mapping[str, int]
    unknown: tuple[str, ...]
    sheet: Sheet
    spoilt: Mapping[int, tuple[str, str, str, str]] = field(default_factory=dict)
    key_at: int | None = None

    def __len__(self) -> int:
        return len(self.sheet.rows)

    def entries(self) -> Iterator[Entry]:
        """Every row of the file."""
        for number, cells in zip(self.sheet.numbers, self.sheet.rows, strict=True):
            raw: dict[str, object] = {name: cells[at] for name, at in self.places.items() if cells[at]}
            yield Entry(number, raw, cells, _key(cells, self.key_at))


def _key(cells: list[str], at: int | None) -> int | None:
    text = cells[at] if at is not None else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else None


def open_ledger_sheet(ledger: str, content: bytes) -> SheetOfLedger:
    """Read a file and find its columns. Raises FileRefusedError."""
    sheet = open_sheet(content)
    places, unknown, ends = _places(LEDGERS[ledger], sheet)
    missing = [one for one in LEDGERS[ledger] if one.required and one.name not in places]
    if missing:
        names_zh, names_en = "、".join(one.zh for one in missing), ", ".join(one.en for one in missing)
        zh, en = NAMES[ledger]
        raise FileRefusedError(
            f"表头缺少：{names_zh}。请对照模板（{zh}）。",
            f"The header lacks: {names_en}. Compare it with the template ({en}).",
        )
    names = {sheet.header[at]: name for name, at in places.items()}
    spoilt = {
        fault.row: (names[fault.column], fault.value, fault.zh, fault.en)
        for fault in sheet.faults
        if fault.column in names
    }
    keys = [at for at in ends if fold(sheet.header[at]) in (fold(KEY_ZH), fold(KEY_EN))]
    width = min(ends, default=len(sheet.header))
    return SheetOfLedger(sheet.header, width, places, unknown, sheet, spoilt, keys[0] if keys else None)


def _places(fields: tuple[Field, ...], sheet: Sheet) -> tuple[dict[str, int], tuple[str, ...], list[int]]:
    """Where each field stands; headers that nobody knows; where the columns of a marked sheet stand."""
    known = {fold(text): one.name for one in reversed(fields) for text in (one.en, one.zh, one.name)}
    own = {fold(text) for text in (*REPORT_HEADERS, KEY_ZH, KEY_EN)}
    places: dict[str, int] = {}
    unknown, ends = [], []
    for at, text in enumerate(sheet.header):
        name = known.get(fold(text))
        if name is not None and name in places:
            raise FileRefusedError(
                f"表头“{text}”重复：请只保留一列。", f"The header “{text}” stands twice: keep one column."
            )
        if name is not None:
            places[name] = at
        elif fold(text) in own:
            ends.append(at)
        elif text:
            unknown.append(text[:60])
    return places, tuple(unknown), ends
