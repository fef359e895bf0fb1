"""Why a use case was refused: field by field, in both languages. Nothing was changed then."""

from collections.abc import Iterable
from typing import NamedTuple


class Fault(NamedTuple):
    """What is wrong with a field, and what would be right."""

    field: str
    zh: str
    en: str


class Refused(Exception):
    """The change was not made; `faults` says why, field by field."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(fault.en for fault in self.faults))
