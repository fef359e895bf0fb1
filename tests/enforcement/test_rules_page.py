"""docs/rules.md names every check, every file of the rule book and every case file, and nothing that is not there."""

import re
from pathlib import Path

import enforcement
from enforcement.checks import CHECKS
from enforcement.rules.book import RULEBOOK

ROOT = Path(enforcement.__file__).parents[1]
PAGE = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")


def test_every_check_and_every_file_is_on_the_page():
    names = [f"checks/{check.id}.py" for check in CHECKS]
    names += [path.name for path in RULEBOOK.glob("*.yaml")]
    names += [path.name for path in (ROOT / "tests/enforcement/cases").glob("*.yaml")]
    assert [name for name in names if name not in PAGE] == []


def test_every_file_on_the_page_exists():
    named = set(re.findall(r"`([\w/]+\.(?:py|yaml))`", PAGE))
    folders = ("", "enforcement", "enforcement/rulebook", "tests/enforcement/cases")
    assert [name for name in sorted(named) if not any((ROOT / f / name).exists() for f in folders)] == []


def test_every_rule_on_the_page_is_in_the_book(rules):
    named = set(re.findall(r"`((?:law|zone|penalty|refusal|\w+_\w+|tampering)\.(?!py|yaml)\w+)`", PAGE))
    assert named - set(rules.by_id) == set()
