"""Emission items of retrofit boxes inside a location report: items EA and EC (VJT.04 3.35 to 3.39).

An item holds at most 255 bytes, so a list may go on in a second item of the same id. Names and units are
those of the GB 17691 stream, so that both devices fill the same columns.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from telemetry.protocols.jt808 import fields
from telemetry.protocols.jt808.messages import Item

_KGPH_PER_GPS = 3.6


@dataclass(frozen=True, slots=True)
class SubItem:
    """Sub-id, value."""

    id: int
    value: bytes


@dataclass(frozen=True, slots=True)
class Emission:
    """What the boxes report: quantities by column name (None: not available), words, texts, bytes."""

    quantities: dict[str, float | None] = field(default_factory=dict)
    words: dict[str, int] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    octets: dict[str, bytes] = field(default_factory=dict)
    overrun: bool = False

    def __bool__(self) -> bool:
        return bool(self.quantities or self.words or self.texts or self.octets)


def sub_items(value: bytes) -> tuple[tuple[SubItem, ...], bytes]:
    """Cut one list into sub-items; the second value is what does not parse."""
    found = []
    place = 0
    while place + 3 <= len(value):
        end = place + 3 + value[place + 2]
        if end > len(value):
            break
        found.append(SubItem(int.from_bytes(value[place : place + 2], "big"), value[place + 3 : end]))
        place = end
    return tuple(found), value[place:]


def pack(items: Iterable[SubItem], list_id: int = fields.EMISSION_LIST) -> tuple[Item, ...]:
    """Sub-items into as few additional items as hold them."""
    packed: list[bytes] = []
    for item in items:
        piece = item.id.to_bytes(2, "big") + bytes([len(item.value)]) + item.value
        if packed and len(packed[-1]) + len(piece) <= 255:
            packed[-1] += piece
        else:
            packed.append(piece)
    return tuple(Item(list_id, value) for value in packed)


def read_emission(items: Iterable[Item]) -> Emission:
    """All EA and EC items of one report; of a repeated quantity the last one counts."""
    out = Emission()
    rests: list[bytes] = []
    for sub in _lists(items, rests):
        _take(sub, out)
    _derive_air_flow(out.quantities)
    overrun = bool(out) and any(rests)
    return Emission(out.quantities, out.words, out.texts, out.octets, overrun)


def _lists(items: Iterable[Item], rests: list[bytes]) -> Iterator[SubItem]:
    for list_id in (fields.FLOW_LIST, fields.EMISSION_LIST):
        rest = b""
        for item in items:
            if item.id != list_id:
                continue
            if rest and _starts_known(item.value):
                rests.append(rest)
                rest = b""
            found, rest = sub_items(rest + item.value)
            yield from found
        rests.append(rest)


def _starts_known(value: bytes) -> bool:
    """Whether a new list begins here, or the one before goes on: it may be cut anywhere at 255 bytes."""
    if len(value) < 3 or 3 + value[2] > len(value):
        return False
    sub_id = int.from_bytes(value[:2], "big")
    return sub_id in KNOWN and value[2] in KNOWN[sub_id]


def _take(sub: SubItem, out: Emission) -> None:
    known = fields.EMISSION.get(sub.id)
    if known is not None:
        if len(sub.value) in known.lengths:
            out.quantities[known.name] = scaled(known, sub.value)
    elif sub.id in (fields.REMAINING_FUEL, fields.MILEAGE):
        _take_special(sub, out)
    else:
        _take_word(sub, out)


def scaled(known: fields.Field, value: bytes) -> float | None:
    """Raw bytes as a quantity; None where the raw value is a code for "not available"."""
    raw = int.from_bytes(value, "big")
    if raw > fields.HIGHEST_VALID[len(value)] and known.name not in fields.EXEMPT:
        return None
    return float(round(raw * known.scale + known.offset, 6))


def _take_special(sub: SubItem, out: Emission) -> None:
    raw = int.from_bytes(sub.value, "big")
    if sub.id == fields.MILEAGE and len(sub.value) == 5:
        metres = raw & 0xFFFFFFFF
        out.quantities["odometer_km"] = None if metres > 0xFAFFFFFF else metres / 1000
    if sub.id == fields.REMAINING_FUEL and len(sub.value) == 2:
        name = "fuel_remaining_l" if raw & 0x8000 else "fuel_level_pct"
        tenths = (raw & 0x7FFF) / 10
        implausible = raw == 0xFFFF or (name == "fuel_level_pct" and tenths > 100)
        out.quantities[name] = None if implausible else tenths


def _take_word(sub: SubItem, out: Emission) -> None:
    name, length = fields.EMISSION_WORDS.get(sub.id, ("", -1))
    if len(sub.value) == length:
        out.words[name] = int.from_bytes(sub.value, "big")
    name, length = fields.EMISSION_TEXTS.get(sub.id, ("", -1))
    if len(sub.value) == length:
        out.texts[name] = sub.value.decode("ascii", "replace").strip("\0 ")
    name, length = fields.EMISSION_BYTES.get(sub.id, ("", -1))
    if len(sub.value) == length:
        out.octets[name] = sub.value


def _derive_air_flow(quantities: dict[str, float | None]) -> None:
    """Intake air in g/s serves where kg/h is missing."""
    grams = quantities.get("air_flow_gps")
    if grams is not None and quantities.get("air_flow_kgph") is None:
        quantities["air_flow_kgph"] = round(grams * _KGPH_PER_GPS, 6)


KNOWN: dict[int, tuple[int, ...]] = {
    **{sub_id: known.lengths for sub_id, known in fields.EMISSION.items()},
    **{
        sub_id: (length,)
        for table in (fields.EMISSION_WORDS, fields.EMISSION_TEXTS, fields.EMISSION_BYTES)
        for sub_id, (_, length) in table.items()
    },
    fields.REMAINING_FUEL: (2,),
    fields.MILEAGE: (5,),
}
