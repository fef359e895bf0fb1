"""Leave to be in a zone: for one truck or machine, one purpose and one period (enforcement.md 6.3)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

import numpy as np
from numpy.typing import NDArray

from enforcement.imports.cells import Cell, moment, text, until, word_of
from enforcement.imports.columns import Codes, Column, ImportKind, columns_of
from enforcement.imports.rows import Refusal, RowWarning, read_table
from enforcement.registry.plates import PlateColour
from enforcement.registry.records import Key, match_keys
from enforcement.registry.subjects import Machine, Subject, Truck
from enforcement.rules.book import moment as moment_of
from enforcement.zones.terms import Purpose

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

PURPOSE_WORDS = {
    "抢险救灾": Purpose.EMERGENCY_RESCUE,
    "应急抢险": Purpose.EMERGENCY_RESCUE,
    "军队": Purpose.MILITARY,
    "警务": Purpose.POLICE,
    "消防": Purpose.FIRE,
    "救护": Purpose.AMBULANCE,
    "新能源": Purpose.CLEAN_ENERGY,
    "民生保障": Purpose.PEOPLE_SUPPLY,
    "危险品运输": Purpose.DANGEROUS_GOODS,
    "供暖用煤": Purpose.HEATING,
    "医疗": Purpose.MEDICAL,
    "邮政": Purpose.POST,
    "外贸": Purpose.EXPORT,
    "施工": Purpose.CONSTRUCTION,
    "其他": Purpose.OTHER,
}
CITY_WIDE = ("全市", "city-wide")


@dataclass(frozen=True, slots=True)
class WhitelistEntry:
    """Leave given; `zone_id` None = the whole city. [valid_from_us, valid_to_us).

    `enterprise_id`: the plant whose gates it opens in an alert, None: every plant; `level_to`: the highest level of
    alert it holds in, None: every level; `gates_only`: it opens gates and gives no leave in a zone.
    """

    subject: Key  # one of the subject's `registry.records.match_keys`
    zone_id: int | None
    purpose: Purpose
    valid_from_us: int
    valid_to_us: int
    approver: str
    note: str = ""
    entry_id: int = 0
    enterprise_id: int | None = None
    level_to: str | None = None
    gates_only: bool = False


def entries_of(entries: Iterable[WhitelistEntry], subject: Subject) -> tuple[WhitelistEntry, ...]:
    """The entries that name this subject by any of its keys."""
    keys = set(match_keys(subject))
    return tuple(entry for entry in entries if entry.subject in keys)


def at_gates(entries: Iterable[WhitelistEntry], enterprise_id: int | None) -> tuple[WhitelistEntry, ...]:
    """The entries that may open a plant's gates: leave for one zone says nothing of gates unless it names the plant."""
    return tuple(one for one in entries if one.zone_id is None or one.enterprise_id == enterprise_id)


def covering(entries: Sequence[WhitelistEntry], subject: Subject, zone_id: int, at_us: Ints) -> Ints:
    """For each moment the index of the first entry that gives leave; -1 = none does."""
    at_us = np.asarray(at_us, np.int64)
    found = np.full(at_us.shape, -1, np.int64)
    keys = set(match_keys(subject))
    for index, entry in enumerate(entries):
        if entry.subject in keys and entry.zone_id in (None, zone_id) and not entry.gates_only:
            inside = (at_us >= entry.valid_from_us) & (at_us < entry.valid_to_us)
            found[inside & (found < 0)] = index
    return found


def covers(entries: Sequence[WhitelistEntry], subject: Subject, zone_id: int, at_us: Ints) -> Bools:
    """Whether an entry gives leave at each moment."""
    return covering(entries, subject, zone_id, at_us) >= 0


@dataclass(frozen=True, slots=True)
class ParsedWhitelist:
    """Entries with their row numbers, refused rows, and doubts."""

    good: tuple[tuple[int, WhitelistEntry], ...]
    refused: tuple[Refusal, ...]
    warnings: tuple[RowWarning, ...]


def parse_whitelist(
    header: Sequence[Cell],
    rows: Iterable[Sequence[Cell]],
    zones: Mapping[str, int],
    codes: Codes | None = None,
) -> ParsedWhitelist:
    """Read whitelist rows; `zones` are the names a row may give, 全市 or city-wide means all."""
    table = read_table(_columns(zones, codes or Codes()), header, rows)
    good: list[tuple[int, WhitelistEntry]] = []
    refused = list(table.refused)
    for row, values in table.good:
        entry = _entry(row, values)
        if isinstance(entry, Refusal):
            refused.append(entry)
        else:
            good.append((row, entry))
    return ParsedWhitelist(tuple(good), tuple(sorted(refused, key=lambda item: item.row)), table.warnings)


def _columns(zones: Mapping[str, int], codes: Codes) -> tuple[Column, ...]:
    truck = {column.field: column for column in columns_of(ImportKind.TRUCK, codes)}
    machine = {column.field: column for column in columns_of(ImportKind.MACHINE, codes)}
    named: dict[str, object] = {name: (zone_id,) for name, zone_id in zones.items()}
    named |= dict.fromkeys(CITY_WIDE, (None,))
    purposes: dict[str, object] = {**PURPOSE_WORDS, **{str(purpose): purpose for purpose in Purpose}}
    plate, colour = truck["plate"], truck["plate_colour"]
    return (
        Column("plate", plate.zh, plate.en, plate.read),
        Column("plate_colour", colour.zh, colour.en, colour.read),
        machine["registration_no"],
        Column("zone", ("管控区域", "区域"), ("zone",), word_of(named, "区域", "zones"), True),
        Column("purpose", ("用途", "事由"), ("purpose",), word_of(purposes, "用途", "purposes"), True),
        Column("valid_from", ("有效期起", "开始时间"), ("valid from",), moment, True),
        Column("valid_to", ("有效期止", "结束时间"), ("valid to",), until, True),
        Column("approver", ("批准人", "审批人"), ("approver",), text, True),
        Column("note", ("备注", "说明"), ("note",), text),
    )


def _entry(row: int, values: dict[str, object]) -> WhitelistEntry | Refusal:
    subject = _named(values)
    if subject is None:
        zh = "请填写号牌号码和号牌颜色，或者环保登记号码（二者择一）。"
        en = "Give plate and plate colour, or a machine's registration number, and not both."
        return Refusal(row, "号牌号码", "no_key", zh, en)
    start, end = _micros(values["valid_from"]), _micros(values["valid_to"])
    if end <= start:
        zh, en = "结束时间必须晚于开始时间。", "The end must come after the start."
        return Refusal(row, "有效期止", "period", zh, en)
    (zone_id,) = cast("tuple[int | None]", values["zone"])
    return WhitelistEntry(
        match_keys(subject)[0],
        zone_id,
        cast("Purpose", values["purpose"]),
        start,
        end,
        str(values["approver"]),
        str(values.get("note", "")),
    )


def _named(values: dict[str, object]) -> Subject | None:
    plate, colour = values.get("plate"), values.get("plate_colour")
    number = values.get("registration_no")
    if plate and colour and not number:
        return Truck(str(plate), cast("PlateColour", colour))
    return Machine(registration_no=str(number)) if number and not plate else None


def _micros(value: object) -> int:
    return (cast("datetime", value) - moment_of(0)) // timedelta(microseconds=1)


HEADER = (
    "号牌号码",
    "号牌颜色",
    "环保登记号码",
    "管控区域",
    "用途",
    "有效期起",
    "有效期止",
    "批准人",
    "备注",
)


def to_rows(entries: Iterable[WhitelistEntry], zone_names: Mapping[int, str]) -> list[tuple[str, ...]]:
    """Rows under HEADER that `parse_whitelist` reads back; times are Beijing time."""
    return [_row(entry, zone_names) for entry in entries]


def _row(entry: WhitelistEntry, zone_names: Mapping[int, str]) -> tuple[str, ...]:
    kind, value = entry.subject
    plate, _, colour = value.partition(" ") if kind == "plate" else ("", "", "")
    zone = CITY_WIDE[0] if entry.zone_id is None else zone_names[entry.zone_id]
    return (
        plate,
        colour,
        value if kind == "registration_no" else "",
        zone,
        str(entry.purpose),
        moment_of(entry.valid_from_us).strftime("%Y-%m-%d %H:%M:%S"),
        moment_of(entry.valid_to_us).strftime("%Y-%m-%d %H:%M:%S"),
        entry.approver,
        entry.note,
    )
