"""Every code that the register can show has its word in both languages: none shows itself."""

import re
from collections.abc import Iterable

import pytest

from enforcement.registry.categories import MachineCategory, TruckCategory
from enforcement.registry.fuels import Fuel
from enforcement.registry.plates import PlateColour
from enforcement.registry.stages import MACHINE_NAMES, Stage, StageBasis
from enforcement.registry.subjects import AfterTreatment, SubjectState, TerminalKind
from server.flows.registry_fields import Kind, read_value, show_value
from server.flows.registry_nouns import NOUNS
from server.web import registry_words  # noqa: F401 - its words join at import
from server.web.words import WORDS

HAN = re.compile(r"[一-鿿]")
CODES: dict[str, Iterable[str]] = {
    "truck_category": TruckCategory,
    "machine_category": MachineCategory,
    "fuel": Fuel,
    "plate_colour": PlateColour,
    "truck_stage": Stage,
    "machine_stage": MACHINE_NAMES,
    "stage_basis": StageBasis,
    "after_treatment": AfterTreatment,
    "truck_state": SubjectState,
    "machine_state": SubjectState,
    "enterprise_state": ("active", "closed"),
    "terminal_state": ("active", "suspended", "removed"),
    "terminal_kind": TerminalKind,
    "terminal_kind_short": TerminalKind,
    "coordinates": ("wgs84", "gcj02", "bd09"),
    "line": ("online", "late", "offline", "never"),
}
NAMES_OF_THINGS = {"DOC", "DPF", "SCR", "DPF+SCR"}


@pytest.mark.parametrize("kind", CODES)
def test_every_code_has_words(kind: str) -> None:
    assert {str(code) for code in CODES[kind]} <= set(WORDS[kind])
    for code in CODES[kind]:
        zh, en = WORDS[kind][str(code)]
        assert HAN.search(zh) or zh in NAMES_OF_THINGS or kind == "coordinates", (code, zh)
        assert en and not HAN.search(en), (code, en)


def test_every_choice_of_a_field_shows_a_word_that_is_read_again() -> None:
    choices = [one for noun in NOUNS.values() for one in noun.fields if one.kind is Kind.CHOICE]
    assert choices
    for one in choices:
        for code in one.words:
            for language in ("zh", "en"):
                assert read_value(one, str(show_value(one, code, language))) == code
