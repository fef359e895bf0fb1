"""Words for what the register file says in codes: why a subject is watched for."""

from server.web import words

for kind, pairs in {
    "watch_reason": {
        "repair_overdue": ("维修复检逾期", "repair overdue"),
        "failed_twice": ("多次检查不合格", "failed several checks"),
        "open_case": ("案件未结", "open case"),
        "not_in_use": ("登记状态为报废或注销", "scrapped or cancelled in the register"),
        "violation_confirmed": ("违规已确认，尚未结案", "confirmed violation, case not closed"),
    },
}.items():
    words.add(kind, pairs)
