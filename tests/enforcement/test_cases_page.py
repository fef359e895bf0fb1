"""docs/cases.md shows the table of steps as it is. To write it anew: `python -m tests.enforcement.test_cases_page`."""

from pathlib import Path

import enforcement
from enforcement.cases.states import BOTH, Branch
from enforcement.cases.steps import TRANSITIONS
from enforcement.cases.words import BRANCH_WORDS, STATE_WORDS

PAGE = Path(enforcement.__file__).parents[1] / "docs" / "cases.md"
INTRODUCTION = """# How a case moves

The table of `enforcement/cases/steps.py`, one row a step; how to read it and what must be settled before a case ends stands at the end of `rules.md`. "–" before the arrow: the branch was not begun. A clock is a row `clock.<name>` of the rule book; when a case ends, every clock of it stops. A document with `.served` must have been served.
"""
ORDER = ("", *STATE_WORDS)
HEADER = "| step | from → to | who | needs | starts | stops |\n|---|---|---|---|---|---|\n"


def line(row):
    subject = "" if row.subjects == BOTH else f" ({', '.join(sorted(row.subjects))})"
    sources = ", ".join(source or "–" for source in ORDER if source in row.sources)
    who = f"{', '.join(sorted(row.kinds))}: {', '.join(sorted(row.roles))}"
    needs = ", ".join(
        [*(["reason"] if row.needs_reason else []), *([f"`{row.needs_document}`"] if row.needs_document else [])]
    )
    cells = (
        f"{row.zh} / {row.en} `{row.action}`{subject}", f"{sources} → **{row.target}**", who, needs,
        ", ".join(row.starts), ", ".join(row.stops),
    )  # fmt: skip
    return f"| {' | '.join(cells)} |\n"


def page():
    parts = [INTRODUCTION]
    for branch in Branch:
        words = BRANCH_WORDS[branch]
        rows = "".join(line(row) for row in TRANSITIONS if row.branch is branch)
        parts.append(f"\n## {words.zh} / {words.en} (`{branch}`)\n\n{HEADER}{rows}")
    return "".join(parts)


def test_the_page_shows_the_table():
    assert PAGE.read_text(encoding="utf-8") == page()


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
