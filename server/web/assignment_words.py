"""Words of assignments, and how far one is as pages tell it."""

from typing import Any

from server.web import watch_words, words  # noqa: F401 - reasons of the watch list are reasons here too
from server.web.words import WORDS, word

words.add(
    "assignment_state",
    {"planned": ("待完成", "to be done"), "done": ("已完成", "done"), "cancelled": ("已取消", "called off")},
)
words.add("subject_kind", {"assignment": ("检查任务", "assignment")})
words.add(
    "action",
    {
        "assignment.plan": ("安排任务", "assignment planned"),
        "assignment.change": ("修改任务", "assignment changed"),
        "assignment.cancel": ("取消任务", "assignment called off"),
        "assignment.close": ("完成任务", "assignment closed"),
        "assignment.export": ("导出任务清单", "assignments exported"),
    },
)


def why_text(why: str) -> str:
    """Why a subject is named: the words of watch-list codes, else as it was typed."""
    codes = why.split(",")
    if why and all(code in WORDS["watch_reason"] for code in codes):
        return "；".join(word("watch_reason", code) for code in codes)
    return why


def progress(row: dict[str, Any]) -> str:
    """Checks made, of how many: 3 / 10."""
    wanted = row["wanted"] or (row["subjects_n"] or None)
    done = row["done_n"] if row["wanted"] or not row["subjects_n"] else row["subjects_done"]
    return f"{done} / {wanted}" if wanted else str(done)
