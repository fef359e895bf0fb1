"""One machine, one file: the second registration names the first."""

from enforcement.registry.plates import PlateColour
from enforcement.registry.records import check_subject, duplicate_of, known_by, match_keys
from enforcement.registry.stages import Stage, StageBasis
from enforcement.registry.subjects import Enterprise, Machine, Terminal, TerminalKind, Truck


def machine(**values):
    return Machine(**{"registration_no": "2-6NA00001", "pin": "PIN1", "stage": Stage.II} | values)


def test_keys_in_the_order_of_the_clause():
    full = machine(machine_code="CODE1", engine_no="E1", engine_maker="玉柴")
    assert [name for name, _ in match_keys(full)] == ["pin", "machine_code", "engine", "registration_no"]
    assert [name for name, _ in match_keys(Machine(engine_no="E1"))] == []


def test_the_strongest_key_decides_and_names_the_first():
    first, second = machine(), machine(pin="PIN2", registration_no="2-6NA00002")
    new = machine(pin="PIN2", registration_no="2-6NA00001")
    found = duplicate_of(new, [first, second])
    assert found.first is second
    assert found.key == ("pin", "PIN2")
    assert found.apart == ("registration_no",)
    assert "2-6NA00002" in found.sentence.zh and "2-6NA00002" in found.sentence.en


def test_engine_number_counts_only_with_its_maker():
    first = Machine(engine_no="E1", engine_maker="玉柴", pin="A")
    assert duplicate_of(Machine(engine_no="E1", engine_maker="潍柴", pin="B"), [first]) is None
    assert duplicate_of(Machine(engine_no="E1", engine_maker="玉柴"), [first]).key[0] == "engine"


def test_a_copied_number_is_said_to_be_one():
    found = duplicate_of(machine(pin="PIN9"), [machine()])
    assert found.key[0] == "registration_no"
    assert found.apart == ("pin",)
    assert "套用" in found.sentence.zh


def test_plate_and_colour_are_the_key():
    blue, yellow = Truck("辽N12345", PlateColour.BLUE), Truck("辽N12345", PlateColour.YELLOW)
    assert duplicate_of(yellow, [blue]) is None
    assert duplicate_of(Truck("辽N12345", PlateColour.BLUE), known_by([yellow, blue])).first is blue


def test_empty_values_match_nothing():
    assert duplicate_of(Machine(pin="A"), [Machine(pin="B")]) is None
    assert duplicate_of(Enterprise("甲"), [Enterprise("乙")]) is None


def test_terminals_of_two_kinds_may_share_a_number():
    first = Terminal("13800000000", TerminalKind.JT808)
    assert duplicate_of(Terminal("13800000000", TerminalKind.JSON), [first]) is None
    assert duplicate_of(Terminal("13800000000", TerminalKind.JT808), [first]).first is first


def codes(subject):
    return [doubt.code for doubt in check_subject(subject)]


def test_doubts_are_collected_and_never_block():
    truck = Truck("辽N1234", PlateColour.BLUE, vin="LFWSRXRJ9H1E00000", owner_code="9141048")
    assert codes(truck) == ["plate_form", "vin_check_digit", "credit_code_form", "stage_unknown"]
    assert codes(machine(registration_no="3-6NA00001")) == ["machine_number_stage"]
    assert codes(machine(stage_basis=StageBasis.DATE)) == ["stage_inferred"]
    assert codes(machine(owner_code="360426199101010071")) == []
    assert codes(Enterprise("甲", "91410482MA3X945T1D")) == []
    assert codes(Terminal("LFWSRXRJ6H1E00001", TerminalKind.HDV, vin="LFWSRXRJ6H1E00001")) == []
