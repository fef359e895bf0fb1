"""Plates, colours, and the lists of colour codes."""

import pytest

from enforcement.registry.plates import (
    PlateCodes,
    PlateColour,
    bears_fines,
    check_plate,
    colour_codes,
    home_of,
    normalise_plate,
    plate_kind,
    read_colour,
    write_colour,
)

CASES = "plates.yaml"


def test_check(case):
    plate = normalise_plate(case["plate"])
    assert plate_kind(plate) == case["kind"]
    assert [doubt.code for doubt in check_plate(plate, PlateColour(case["colour"]))] == case["doubts"]


def test_fines(case):
    assert bears_fines(case["plate"]) is case["bears"]


def test_home():
    assert (home_of("辽N12345"), home_of("WJ辽1234")) == ("辽N", "")


@pytest.mark.parametrize("interface", PlateCodes)
def test_what_is_written_is_read_again(interface):
    for colour in set(colour_codes(interface).values()):
        assert read_colour(interface, write_colour(interface, colour)) is colour


def test_the_same_number_means_different_colours():
    assert [read_colour(interface, 1) for interface in PlateCodes] == ["blue", "blue", "yellow", "yellow"]
    assert [write_colour(interface, PlateColour.WHITE) for interface in PlateCodes] == ["4", "4", "2", "3"]
    assert write_colour(PlateCodes.GATE, PlateColour.YELLOW_GREEN) == "4"
    assert write_colour(PlateCodes.JTT697, PlateColour.YELLOW_GREEN) == "93"


def test_a_code_outside_the_list_is_an_error():
    with pytest.raises(ValueError, match="'7' is not in the list of etc"):
        read_colour(PlateCodes.ETC, "7")
    with pytest.raises(ValueError, match="no plate colour yellow_green"):
        write_colour(PlateCodes.JTT415, PlateColour.YELLOW_GREEN)
