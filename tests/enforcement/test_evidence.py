"""Hashes, manifests and names of evidence."""

import hashlib
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enforcement.evidence.digests import ALGORITHMS, Digests, Entry, Limits, digests_of, manifest, sums, verify
from enforcement.evidence.names import ENDINGS, MOST_BYTES, clean_name


def test_sm3_is_that_of_the_standard() -> None:
    """GB/T 32905-2016, appendix A, examples 1 and 2."""
    assert digests_of([b"abc"]).sm3 == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert digests_of([b"abcd" * 16]).sm3 == "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"


@given(st.lists(st.binary(max_size=200), max_size=10))
def test_pieces_do_not_matter(pieces: list[bytes]) -> None:
    whole = b"".join(pieces)
    found = digests_of(pieces)
    assert found == digests_of([whole])
    assert (found.bytes, found.sha256) == (len(whole), hashlib.sha256(whole).hexdigest())
    assert verify(found, pieces) == ()


@given(st.binary(min_size=1, max_size=300), st.data())
def test_every_flipped_bit_is_found_by_each_algorithm(data: bytes, draw: st.DataObject) -> None:
    at = draw.draw(st.integers(0, len(data) - 1))
    bit = 1 << draw.draw(st.integers(0, 7))
    changed = data[:at] + bytes([data[at] ^ bit]) + data[at + 1 :]
    assert verify(digests_of([data]), [changed]) == ("sha256", "sm3")
    assert verify(digests_of([data]), [data, b"\0"]) == ("bytes", "sha256", "sm3")


def test_another_algorithm_is_one_more_row() -> None:
    more = {**ALGORITHMS, "sha3_256": hashlib.sha3_256}
    from enforcement.evidence.digests import Digester

    digester = Digester(more)
    digester.update(b"x")
    assert set(digester.digests().by_algorithm) == {"sha256", "sm3", "sha3_256"}


def test_lists_are_in_order_and_as_the_tools_want_them() -> None:
    entries = [Entry("b", digests_of([b"2"]), {"name": "二"}), Entry("a/c", digests_of([b"1"]))]
    assert [one["path"] for one in manifest(entries, {"case": "1"})["files"]] == ["a/c", "b"]
    assert manifest(entries, {})["files"][1]["name"] == "二"
    assert sums(entries, "sha256").splitlines()[0] == f"{hashlib.sha256(b'1').hexdigest()}  a/c"


def test_the_largest_file_is_that_of_any_kind() -> None:
    assert Limits(image_bytes=5, video_bytes=3, document_bytes=4).largest_bytes == 5
    assert Digests(0, {"sha256": "a", "sm3": "b"}).sm3 == "b"


@pytest.mark.parametrize(
    ("name", "cleaned"),
    [
        ("photo.jpg", "photo.jpg"),
        ("现场照片 1.JPEG", "现场照片 1.jpeg"),
        ("../../etc/passwd", "passwd.jpg"),
        ("C:\\Users\\x\\a.jpg", "a.jpg"),
        ("a.jpg\0.exe", ".exe.jpg".lstrip(".")),
        ("evil\u202egpj.exe", "evilgpj.exe.jpg"),
        ("a\u200bb\r\n.jpg", "ab.jpg"),
        ("", "file.jpg"),
        ("...", "file.jpg"),
        (".jpg", "jpg.jpg"),
        ("con.jpg", "file_con.jpg"),
        ("LPT1", "file_LPT1.jpg"),
        ('a"b<c>|d?.jpg', "a_b_c__d_.jpg"),
        ("\ud800a.jpg", "a.jpg"),
    ],
)
def test_names_are_made_harmless(name: str, cleaned: str) -> None:
    assert clean_name(name, "image/jpeg") == cleaned


@given(st.text(max_size=400), st.sampled_from(sorted(ENDINGS)))
def test_no_name_steers_hides_or_is_too_long(name: str, media_type: str) -> None:
    found = clean_name(name, media_type)
    stem, _, ending = found.rpartition(".")
    assert ending in ENDINGS[media_type] and stem
    assert len(found.encode()) <= MOST_BYTES
    assert not any(unicodedata.category(sign)[0] == "C" for sign in found)
    assert not set(found) & set('/\\<>:"|?*%;') and not found.startswith(".")
    assert clean_name(found, media_type) == found
