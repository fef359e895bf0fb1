"""The wording of a repair notice for tablets, by the law of the day of the act: the paper that the bureau issues.

The paragraphs are those of the template of documents; the tablet fills {subject}, {identity}, {acted_at}, {place},
{repair_due}, {repair_number}, {party_name}. The paper is Chinese; the English beside it is for the reader of a screen.
"""

from typing import Any

from enforcement.json_records import plain
from enforcement.rules.book import Rule, RuleBook
from enforcement.rules.laws import citation
from server.documents.chinese_figures import articles_zh
from server.documents.paper_templates import get_template

RETEST = (
    "复检前须由维修机构上传维修记录，检验机构查到维修记录后方可复检。",
    "The station that repairs uploads its record first; the station that tests looks for it.",
)
_EN = (
    "To {party_name}:",
    "{subject} ({identity}) failed an emission test at {place} on {acted_at}. What failed:",
    "By {repair_basis} it must be repaired. Have it repaired by a qualified station and re-tested with a pass "
    "by {repair_due}.",
    "Number of this notice: {repair_number}. Stations enter the repair and the re-test under it.",
    "Re-test: {retest_rule}",
    "What is not repaired in time, or fails again, goes on the watch list and is reported to police and transport; "
    "what no repair can bring within the limits must be scrapped.",
)


def wording(book: RuleBook, issuer_zh: str, issuer_en: str) -> dict[str, Any]:
    """Issuer, re-test rule, paragraphs in both languages, and the basis by the day of the act."""
    template = get_template("repair_notice")
    paragraphs = [str(block[kind]) for block in template.body for kind in ("to", "text") if kind in block]
    return {
        "title": {"zh": template.title, "en": template.en},
        "issuer": {"zh": issuer_zh, "en": issuer_en or issuer_zh},
        "retest_rule": dict(zip(("zh", "en"), RETEST, strict=True)),
        "paragraphs": {"zh": paragraphs, "en": list(_EN)},
        "bases": [_basis(row) for row in book.by_id.get("document.repair_basis", ()) if not row.area],
    }


def _basis(row: Rule) -> dict[str, Any]:
    cited = citation(row.legal_basis)
    days = {"valid_from": plain(row.valid_from), "valid_to": plain(row.valid_to)}
    return {"key": row.key, **days, "zh": articles_zh(cited.zh), "en": cited.en}
