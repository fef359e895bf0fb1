"""Words of large truck users and performance grades."""

from server.flows.keep_large_users import GATES, KINDS
from server.web import words

words.add("large_user_kind", KINDS)
words.add("gate_state", GATES)
words.add(
    "list_standing",
    {"on": ("在列", "on the list"), "planned": ("待列入", "not yet"), "out": ("已移出", "off the list")},
)
words.add(
    "grade",
    {
        "A": ("A 级", "A"),
        "B": ("B 级", "B"),
        "B-": ("B− 级", "B−"),
        "C": ("C 级", "C"),
        "D": ("D 级", "D"),
        "leading": ("引领性", "leading"),
        "not_leading": ("非引领性", "not leading"),
    },
)
words.add(
    "action",
    {
        "large_user.enter": ("列入用车大户", "large user entered"),
        "large_user.change": ("更正用车大户", "large user corrected"),
        "large_user.take_off": ("移出用车大户", "large user taken off the list"),
        "large_user.import": ("导入用车大户清单", "list of large users imported"),
        "large_user.export": ("导出用车大户清单", "list of large users exported"),
    },
)
