"""Documents as files: every template in both forms, fonts embedded, hostile names stay text (enforcement.md 7.2)."""

import io
import json
import re
import subprocess
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from hypothesis import given, settings
from hypothesis import strategies as st

from server.documents import paper_docx, paper_pdf, paper_templates, papers
from server.documents.chinese_figures import amount_upper, articles_zh
from server.documents.paper import Paper, Paragraph, Table, clean, texts
from server.documents.paper_pdf import FontsMissing, check_fonts

NUMBER = "朝环罚〔2026〕5号"
READING = {"name": "光吸收系数", "value": "1.95", "limit": "1.61", "unit": "m⁻¹", "judged": "超标"}


def values(kind: str, **more: Any) -> dict[str, Any]:
    """Every placeholder of the kind filled, with a reading and an item of evidence."""
    template = paper_templates.get_template(kind)
    flags = {"hearing": True, "discussed": True, "discretion": "从轻", "decision_number": "1234"}
    filled = {name: f"【{name}】" for name in paper_templates.places(template, flags)}
    lists = {"readings": [READING], "failed_items": [READING], "evidence": [{"name": "一.jpg", "sha256": "a" * 64}]}
    return {**filled, **flags, **lists, **more}


def paper_of(kind: str, **more: Any) -> Paper:
    return paper_templates.compose(paper_templates.get_template(kind), values(kind, **more), "朝阳市生态环境局", NUMBER)


def pdf_text(data: bytes, tmp_path: Path) -> str:
    """The text of a PDF without white space."""
    path = tmp_path / "paper.pdf"
    path.write_bytes(data)
    found = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, check=True)
    return re.sub(r"\s", "", found.stdout.decode())


def docx_text(data: bytes) -> str:
    """The text of a Word file, body and tables, without white space."""
    body = Document(io.BytesIO(data)).element.body
    return re.sub(r"\s", "", "".join(node.text or "" for node in body.iter() if node.tag.endswith("}t")))


@pytest.mark.parametrize("kind", paper_templates.kinds())
def test_every_kind_is_written_whole_in_both_forms(kind: str, tmp_path: Path) -> None:
    paper = paper_of(kind)
    files = papers.render(paper)
    assert paper_templates.missing(paper_templates.get_template(kind), values(kind)) == []
    word, pdf = docx_text(files.docx), pdf_text(files.pdf, tmp_path)
    for text in texts(paper):
        plain = re.sub(r"\s", "", text)
        assert plain in word
        # a cell is laid beside its neighbours: its lines are looked for one by one
        assert all(sign in pdf for sign in plain)
    for block in paper.blocks:
        if isinstance(block, Paragraph):
            assert re.sub(r"\s|\d|—", "", block.text) in re.sub(r"\d|—", "", pdf)


def test_a_notice_names_plate_amount_and_hearing_right(tmp_path: Path) -> None:
    given_values = {"subject": "黄牌 辽N12345", "amount": "5000", "amount_upper": amount_upper(Decimal(5000))}
    with_right = papers.render(paper_of("prior_notice", **given_values))
    for text in (pdf_text(with_right.pdf, tmp_path), docx_text(with_right.docx)):
        assert "黄牌辽N12345" in text and "罚款人民币伍仟元整（¥5000）" in text and "要求举行听证的权利" in text
        assert NUMBER in text and "送达回证" in text and "陈述和申辩" in text
    without = papers.render(paper_of("prior_notice", **given_values, hearing=False))
    assert "要求举行听证的权利" not in pdf_text(without.pdf, tmp_path)


def test_fonts_are_embedded_and_the_same_paper_gives_the_same_bytes(tmp_path: Path) -> None:
    data = paper_pdf.write(paper_of("decision"))
    assert paper_pdf.write(paper_of("decision")) == data
    (tmp_path / "paper.pdf").write_bytes(data)
    listed = subprocess.run(["pdffonts", tmp_path / "paper.pdf"], capture_output=True, check=True, text=True).stdout
    lines = listed.splitlines()[2:]
    assert {re.split(r"[+-]", line)[1] for line in lines} <= {"NotoSerifCJKsc", "NotoSansCJKsc", "LibertinusSerif"}
    assert all(re.search(r" yes +yes +yes ", line) for line in lines), listed


def test_a_missing_font_is_an_error_that_says_what_to_install() -> None:
    check_fonts(frozenset(paper_pdf.FONTS))
    with pytest.raises(FontsMissing) as caught:
        check_fonts(frozenset({"DejaVu Sans", "Noto Sans CJK SC"}))
    assert "Noto Serif CJK SC" in caught.value.en and "fonts-noto-cjk" in caught.value.en
    assert "Noto Sans" not in caught.value.en and "fonts-noto-cjk" in caught.value.zh


def test_word_names_the_fonts_of_official_papers_with_fall_backs() -> None:
    word = Document(io.BytesIO(paper_docx.write(paper_of("decision"))))
    named = {node.get(name) for node in word.element.body.iter() for name in node.attrib if name.endswith("}eastAsia")}
    assert named == {"仿宋", "黑体", "宋体"}
    table = word.part.part_related_by(
        "http://schemas.openxmlformats.org/officeDocument/2006/relationships/fontTable"
    ).blob.decode()
    assert all(name in table for name in ("FangSong", "SimHei", "SimSun", "Noto Serif CJK SC"))
    assert "python-docx" not in word.core_properties.comments and word.core_properties.author == ""


HOSTILE = (
    '*粗体* _斜_ = 标题 #panic("x") $x^2$ @ref <label> // /* */ \\u{41} `raw`',
    '=HYPERLINK("http://x.example","点我")',
    "<w:t>&amp;</w:t>]]><script>alert(1)</script>",
    "{party_code} {amount} {{x}} %s %(x)s",
    "مرحبا بالعالم\u202e gnirts desrever\u202c \u2066x\u2069",
    "\x00\x01\x0b\x1b[31m红\x7f\ufffe\ud800",
    "龘" * 5000,
    "W" * 5000,
    "李" + "́" * 500,
    "第一行\r\n第二行\n\n\n第三行\u2028第四行",
    "👨‍👩‍👧‍👦🚛 𠮷野家",
)


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_names_stay_text(name: str, tmp_path: Path) -> None:
    paper = paper_of("prior_notice", party_name=name, subject=name, readings=[{**READING, "name": name}])
    files = papers.render(paper)
    wanted = re.sub(r"\s", "", clean(name))
    assert wanted in docx_text(files.docx)
    pdf = pdf_text(files.pdf, tmp_path)
    assert "要求举行听证的权利" in pdf
    if wanted.isascii():
        assert pdf.count(wanted[:20]) >= 3


@pytest.mark.shared
def test_naughty_strings_and_payloads_stay_text(shared_dir: Path, tmp_path: Path) -> None:
    folder = shared_dir / "data" / "hostile_inputs"
    strings = json.loads((folder / "blns.json").read_text(encoding="utf-8"))
    for name in ("csv_injection_payloads.txt", "xss_intruders.txt", "sqli_generic_fuzz.txt", "path_traversal_deep.txt"):
        strings += (folder / name).read_text(encoding="utf-8", errors="replace").splitlines()
    rows = tuple((str(n), clean(one)) for n, one in enumerate(strings))
    for start in range(0, len(rows), 400):
        some = rows[start : start + 400]
        paper = Paper("局", "题", NUMBER, (Table(("号", "文"), some, (1, 6)), Paragraph("末尾")))
        files = papers.render(paper)
        word = docx_text(files.docx)
        assert all(re.sub(r"\s", "", text) in word for _, text in some)
        assert "末尾" in pdf_text(files.pdf, tmp_path)


def test_nothing_runs_over_the_margin(tmp_path: Path) -> None:
    data = paper_pdf.write(
        paper_of("transfer_letter", subject="W" * 300, evidence=[{"name": "M" * 80, "sha256": "a" * 64}])
    )
    (tmp_path / "paper.pdf").write_bytes(data)
    told = subprocess.run(
        ["pdftotext", "-bbox", tmp_path / "paper.pdf", "-"], capture_output=True, check=True, text=True
    )
    right = [float(edge) for edge in re.findall(r'xMax="([\d.]+)"', told.stdout)]
    assert max(right) <= (210 - 26) / 25.4 * 72 + 8  # a full-width mark at the end of a line is half empty


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 10**12 - 1))
def test_amounts_in_capitals_read_back(cents: int) -> None:
    assert read_capitals(amount_upper(Decimal(cents) / 100)) == cents


def read_capitals(text: str) -> int:
    """The slow way back: cents of an amount in capitals."""
    digits = {sign: n for n, sign in enumerate("零壹贰叁肆伍陆柒捌玖")}
    yuan, group, digit, cents = 0, 0, 0, 0
    for sign in text.removesuffix("整"):
        if sign in digits:
            digit = digits[sign]
        elif sign in "拾佰仟":
            group, digit = group + digit * {"拾": 10, "佰": 100, "仟": 1000}[sign], 0
        elif sign in "万亿元":
            yuan += (group + digit) * {"万": 10**4, "亿": 10**8, "元": 1}[sign]
            group = digit = 0
        else:
            cents, digit = cents + digit * {"角": 10, "分": 1}[sign], 0
    return yuan * 100 + cents


@pytest.mark.parametrize(
    ("amount", "written"),
    [("0", "零元整"), ("200", "贰佰元整"), ("5000", "伍仟元整"), ("15000", "壹万伍仟元整"), ("10005", "壹万零伍元整"),
     ("203.5", "贰佰零叁元伍角"), ("0.05", "伍分"), ("20.05", "贰拾元零伍分"), ("100000000", "壹亿元整")],
)  # fmt: skip
def test_amounts_in_capitals(amount: str, written: str) -> None:
    assert amount_upper(Decimal(amount)) == written


@pytest.mark.parametrize(
    ("text", "written"),
    [("《生态环境法典》第1127条第1款、第230条", "《生态环境法典》第一千一百二十七条第一款、第二百三十条"), ("第10条第2项", "第十条第二项"),
     ("第110条", "第一百一十条"), ("第1005条", "第一千零五条"), ("第63条", "第六十三条"), ("第3页", "第3页")],
)  # fmt: skip
def test_articles_are_cited_in_words(text: str, written: str) -> None:
    assert articles_zh(text) == written


def test_a_typed_end_mark_gives_way_and_a_missing_one_is_put() -> None:
    for bank in ("到银行缴款", "到银行缴款。", "到银行缴款；"):
        paper = paper_of("decision_on_the_spot", bank=bank, facts="排放黑烟")
        said = [block.text for block in paper.blocks if isinstance(block, Paragraph)]
        assert any("缴款方式：到银行缴款。逾期" in text for text in said), bank
        assert "违法事实：排放黑烟。" in said


def test_the_seal_stays_with_the_line_before_it(tmp_path: Path) -> None:
    for lines in range(1, 24):  # wherever the page ends
        (tmp_path / "paper.pdf").write_bytes(paper_pdf.write(paper_of("transfer_letter", facts="第一行。\n" * lines)))
        told = subprocess.run(
            ["pdftotext", tmp_path / "paper.pdf", "-"], capture_output=True, check=True, text=True
        ).stdout
        last = [page for page in told.split("\f") if page.strip()][-1]
        assert "联系人及电话" in last and "（印章）" in last and "【issue_day】" in last, lines


def test_a_vin_and_a_telephone_number_are_not_broken(tmp_path: Path) -> None:
    rows = [{"kind": "维修", "name": "演示维修企业", "address": "某地", "phone": "0421-0000001"}]
    paper = paper_of("repair_notice", subject="黄牌 辽NXY003", identity="LDXDEM3M9NA000003", stations=rows)
    (tmp_path / "paper.pdf").write_bytes(paper_pdf.write(paper))
    told = subprocess.run(["pdftotext", tmp_path / "paper.pdf", "-"], capture_output=True, check=True, text=True).stdout
    assert "LDXDEM3M9NA000003" in told and "0421-0000001" in told
