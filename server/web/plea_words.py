"""Words of pleas."""

from server.web import words

PLEA_STATES = {
    "sent": ("待答复", "waits for an answer"),
    "accepted": ("已采纳", "accepted"),
    "rejected": ("不予采纳", "not accepted"),
    "withdrawn": ("已撤回", "taken back"),
}
words.add("plea_state", PLEA_STATES)
words.add("subject_kind", {"plea": ("陈述申辩", "plea")})
words.add("evidence_owner", {"plea": ("陈述申辩", "plea")})
words.add(
    "action",
    {
        "plea.send": ("提交陈述申辩", "plea sent"),
        "plea.withdraw": ("撤回陈述申辩", "plea taken back"),
        "plea.answer": ("答复陈述申辩", "plea answered"),
        "plea.export": ("导出陈述申辩", "pleas exported"),
    },
)
