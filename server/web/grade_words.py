"""Words of performance grades and their promises."""

from enforcement.grades.promises import KIND_NAMES
from server.web import words

words.add("grade_standing", {"on": ("有效", "in force"), "planned": ("未生效", "not yet"), "out": ("已终止", "ended")})
words.add(
    "promise_verdict",
    {
        "kept": ("达到", "kept"),
        "broken": ("未达到", "not kept"),
        "unknown": ("无法判定", "cannot be told"),
        "nothing": ("台账无车辆", "nothing in the ledger"),
    },
)
words.add("promise_kind", {str(kind): names for kind, names in KIND_NAMES.items()})
words.add(
    "action",
    {
        "grade.give": ("评定绩效级别", "performance grade given"),
        "grade.end": ("终止绩效级别", "performance grade ended"),
        "grade.promise": ("修订绩效承诺", "promise of a grade revised"),
        "grade.export": ("导出绩效分级", "performance grades exported"),
    },
)
words.add("subject_kind", {"grade": ("绩效级别", "performance grade"), "large_user": ("用车大户", "large user")})
