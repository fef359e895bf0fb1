"""Cases are YAML that a lawyer can read: `CASES = "x.yaml"` in a test module, one list a test, by name."""

from datetime import date, datetime
from pathlib import Path
from typing import get_type_hints

import pytest
import yaml
from hypothesis import settings

from enforcement.registry.subjects import Machine, Truck
from enforcement.rules import book as rule_book

settings.register_profile("untimed", deadline=None)  # a busy machine is no fault
settings.load_profile("untimed")

FOLDER = Path(__file__).parent / "cases"


def pytest_generate_tests(metafunc):
    name = getattr(metafunc.module, "CASES", None)
    if name is None or "case" not in metafunc.fixturenames:
        return
    lists = yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))
    cases = lists[metafunc.function.__name__.removeprefix("test_")]
    metafunc.parametrize("case", cases, ids=[case["name"] for case in cases])


@pytest.fixture(scope="session")
def rules():
    return rule_book.load()


@pytest.fixture(scope="session")
def beijing():
    """A moment written in a case: a day (noon is meant) or a day and time, Beijing."""

    def moment(text):
        if isinstance(text, datetime):
            return text.replace(tzinfo=rule_book.BEIJING)
        if isinstance(text, date):
            return datetime(text.year, text.month, text.day, 12, tzinfo=rule_book.BEIJING)
        raise ValueError(f"{text!r} is no moment")

    return moment


@pytest.fixture(scope="session")
def subject_of():
    """The truck or machine of a case; None where the case has neither."""

    def make(case):
        if "truck" in case:
            colour = case.get("colour", "yellow")
            return Truck(**typed(Truck, {"plate": "辽N12345", "plate_colour": colour, **case["truck"]}))
        if "machine" in case:
            return Machine(**typed(Machine, {"registration_no": "2-6NA00001", **case["machine"]}))
        return None

    return make


def typed(kind, values):
    enums = get_type_hints(kind)
    return {name: enums[name](value) for name, value in values.items()}
