"""A register as a sheet: every field of the noun, words for codes, so that the same sheet can be imported again.

Also the template (headers, a note for each field) and the report of an import (the uploaded sheet, cells marked).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from server.documents import workbooks
from server.documents.sheets import Sheet
from server.documents.workbooks import Mark
from server.flows import registry_codes
from server.flows.registry_codes import fold
from server.flows.registry_fields import Field, Kind, show_value
from server.flows.registry_nouns import Noun

MOST_REPORT_ROWS = 20_000


def headers(noun: Noun, language: str) -> list[str]:
    """The header of a sheet in the language."""
    return [one.en if language == "en" else one.zh for one in noun.fields]


def entry_of(noun: Noun, row: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a stored row by field name, references as the wording that finds them again."""
    values = {one.name: row.get(one.name) for one in noun.fields}
    if "enterprise" in values:
        values["enterprise"] = row.get("enterprise_code") or row.get("enterprise")
    if noun.name == "machines":
        values |= {"lon": row.get("usual_lon"), "lat": row.get("usual_lat")}
    if noun.name == "terminals":
        values["enterprise"] = values["enterprise"] if row.get("enterprise_id") else None
        colour = registry_codes.PLATE_COLOURS.get(row.get("plate_colour") or "", (row.get("plate_colour"), ""))[0]
        values["truck"] = f"{row['plate']} {colour}" if row.get("plate") else None
    return values


def cells(noun: Noun, row: Mapping[str, Any], language: str) -> list[Any]:
    """A stored row as cells."""
    values = entry_of(noun, row)
    return [show_value(one, values[one.name], language) for one in noun.fields]


def sheet_rows(noun: Noun, rows: Iterable[Mapping[str, Any]], language: str) -> Iterator[list[Any]]:
    """Stored rows as rows of a sheet."""
    return (cells(noun, row, language) for row in rows)


def hint(one: Field, language: str) -> str:
    """What may stand in a field, in one line."""
    english = language == "en"
    words = ", ".join(dict.fromkeys(pair[1] for pair in one.words.values())) if english else ""
    words = words or "、".join(dict.fromkeys(pair[0] for pair in one.words.values()))
    shapes = {Kind.DATE: ("日期，如 2021-07-01", "date, like 2021-07-01"), Kind.YES_NO: ("是 / 否", "yes / no"),
              Kind.WHOLE: ("整数", "whole number"), Kind.NUMBER: ("数字", "number")}  # fmt: skip
    parts = [("必填", "needed")[english] if one.required else "", words if one.words else ""]
    parts += [shapes[one.kind][english] if one.kind in shapes else "", one.hint_en if english else one.hint_zh]
    return ("; " if english else "；").join(part for part in parts if part)


def template(noun: Noun, language: str) -> bytes:
    """An empty sheet to fill in, with a note for each field."""
    hints = [(name, hint(one, language)) for name, one in zip(headers(noun, language), noun.fields, strict=True)]
    return workbooks.write(noun.en if language == "en" else noun.zh, headers(noun, language), [], hints=hints)


def report(noun: Noun, sheet: Sheet, notes: Sequence[Mapping[str, Any]], language: str) -> bytes:
    """The uploaded sheet with its refused and doubtful cells marked; of a long one only the rows spoken of."""
    english = language == "en"
    by_row: dict[int, list[Mapping[str, Any]]] = {}
    for note in notes:
        by_row.setdefault(note["row_no"], []).append(note)
    places = _places(noun, sheet)
    kept = [
        (number, cells_)
        for number, cells_ in zip(sheet.numbers, sheet.rows, strict=True)
        if number in by_row or len(sheet.rows) <= MOST_REPORT_ROWS
    ]
    rows: list[list[str]] = []
    marks: list[Mark] = []
    for at, (number, cells_) in enumerate(kept):
        said = by_row.get(number, [])
        result, why = _verdict(noun, said, english)
        rows.append([*cells_, result, why])
        marks += [_mark(at, places.get(note["field"], 0), note, english) for note in said]
    head = [*sheet.header, "result" if english else "结果", "reason" if english else "原因"]
    return workbooks.write("report" if english else "导入结果", head, rows, marks)


def _places(noun: Noun, sheet: Sheet) -> dict[str, int]:
    known = {name: one.name for one in noun.fields for name in one.headers()}
    return {known[fold(header)]: at for at, header in enumerate(sheet.header) if fold(header) in known}


def _verdict(noun: Noun, said: list[Mapping[str, Any]], english: bool) -> tuple[str, str]:
    names = {one.name: one.en if english else one.zh for one in noun.fields}
    why = " ".join(f"{names.get(note['field'], note['field'])}: {note['en' if english else 'zh']}" for note in said)
    if any(note["refused"] for note in said):
        return ("refused" if english else "拒绝"), why
    return ("warning" if english else "提示") if said else ("good" if english else "通过"), why


def _mark(row: int, column: int, note: Mapping[str, Any], english: bool) -> Mark:
    return Mark(row, column, note["refused"], note["en" if english else "zh"])
