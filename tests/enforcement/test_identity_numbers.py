"""Check digits of VINs, credit codes and identity numbers, on hand-made and on published numbers."""

import csv

import pytest

from enforcement.registry.credit_codes import check_credit_code, normalise_credit_code
from enforcement.registry.resident_ids import is_resident_id, masked
from enforcement.registry.vins import check_vin, has_vin_form, normalise_vin, vin_check_digit


def codes(doubts):
    return [doubt.code for doubt in doubts]


@pytest.mark.parametrize(
    ("vin", "doubts"),
    [
        ("1M8GDM9AXKP042788", []),
        ("11111111111111111", []),
        ("LFWSRXRJ6H1E00001", []),
        ("lfwsrxrj6h1e00001 ", []),
        ("LFWSRXRJ9H1E00000", ["vin_check_digit"]),
        ("LFWSRXRJ6H1E0000", ["vin_form"]),
        ("LFWSRXRJ6H1E0000O", ["vin_form"]),
        ("", ["vin_form"]),
    ],
)
def test_vin(vin, doubts):
    assert codes(check_vin(normalise_vin(vin))) == doubts


@pytest.mark.parametrize(
    ("code", "doubts"),
    [
        ("91410482MA3X945T1D", []),
        ("91131102MA07W9LW8B", []),
        ("91650100734475582K", []),
        ("91340881MA8NF0FC8P", []),
        (" 91120102 103232672w", []),
        ("91120111063066596T", ["credit_code_check", "organisation_code_check"]),
        ("91410482MA3X945T2D", ["credit_code_check", "organisation_code_check"]),
        ("91410482MA3X945TID", ["credit_code_form"]),
        ("9141048", ["credit_code_form"]),
    ],
)
def test_credit_code(code, doubts):
    assert codes(check_credit_code(normalise_credit_code(code))) == doubts


def test_a_person_is_masked():
    assert masked("360426199101010071") == "360426***********1"
    assert masked("12345") == "12345"


@pytest.mark.shared
def test_published_vins(shared_dir):
    with (shared_dir / "data/vehicle_identity/vin_vpic_sample.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2000
    for row in rows:
        vin = normalise_vin(row["vin"])
        assert has_vin_form(vin)
        assert (vin[8] == vin_check_digit(vin)) is (row["check_digit_ok"] == "true"), vin


@pytest.mark.shared
def test_vin_edge_cases(shared_dir):
    with (shared_dir / "data/vehicle_identity/vin_edge_cases.tsv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    for row in rows:
        vin = normalise_vin(row["vin"].replace("\\n", "\n"))
        assert has_vin_form(vin) is (row["label"] == "format_ok"), vin


@pytest.mark.shared
def test_published_credit_codes(shared_dir):
    with (shared_dir / "data/vehicle_identity/uscc_labelled.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        doubts = codes(check_credit_code(normalise_credit_code(row["uscc"])))
        assert (not doubts) is (row["label"] == "valid"), row["uscc"]
    assert len(rows) == 145


@pytest.mark.shared
def test_published_identity_numbers(shared_dir):
    with (shared_dir / "data/vehicle_identity/cn_resident_id_labelled.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            assert is_resident_id(row["id_number"]) is (row["label"] == "valid"), row["id_number"]
