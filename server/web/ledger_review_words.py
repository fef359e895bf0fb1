"""Words of what the bureau makes of ledgers: contradictions, scores, clean transport, verification."""

from enforcement.ledgers.codes import lists
from enforcement.ledgers.fields import LEDGER_A
from enforcement.ledgers.reconciliation import CONTRADICTION_WORDS
from enforcement.ledgers.scores import PART_WORDS
from enforcement.ledgers.shares import MODE_WORDS
from server.web import words

words.add("lead_kind", {kind.value: pair for kind, pair in CONTRADICTION_WORDS.items()})
words.add("score_part", {part.value: pair for part, pair in PART_WORDS.items()})
words.add("transport_mode", {mode.value: pair for mode, pair in MODE_WORDS.items()})
words.add("carried_direction", {"in": ("运入", "brought in"), "out": ("运出", "taken out")})
words.add(
    "share_by",
    {"enterprise": ("按企业", "by enterprise"), "industry": ("按行业", "by industry"), "month": ("按月", "by month")},
)
words.add(
    "verification_part",
    {
        "complete": ("记录完整性", "completeness of rows"),
        "stage": ("排放阶段核实", "real stage"),
        "normal_day": ("正常日", "normal days"),
        "alert_day": ("预警日", "alert days"),
        "video": ("视频比对", "video"),
    },
)
words.add(
    "verification_state",
    {"open": ("进行中", "open"), "finished": ("已完成", "finished"), "void": ("已作废", "void")},
)
words.add(
    "item_verdict",
    {"good": ("符合", "good"), "fault": ("不符合", "fault"), "unclear": ("不确定", "unclear")},
)
words.add(
    "subject_kind",
    {"clean_transport": ("清洁运输记录", "clean transport"), "verification": ("核查任务", "verification")},
)
words.add(
    "action",
    {
        "clean_transport.record": ("填报清洁运输量", "clean transport recorded"),
        "clean_transport.change": ("修改清洁运输量", "clean transport changed"),
        "clean_transport.export": ("导出清洁运输", "clean transport exported"),
        "ledger_score.export": ("导出台账评分", "ledger scores exported"),
        "verification.draw": ("抽取核查任务", "verification drawn"),
        "verification.item": ("记录核查结果", "verification item judged"),
        "verification.finish": ("完成核查", "verification finished"),
        "verification.void": ("作废核查", "verification voided"),
        "verification.export": ("导出核查任务", "verifications exported"),
    },
)
words.add("rule_value", {code.value: (code.zh, code.en) for code in lists()["cargo"]})
words.add("rule_value", {field.name: (field.zh, field.en) for field in LEDGER_A})
words.add(
    "rule_value",
    {
        "electric": ("纯电动", "electric"),
        "hydrogen": ("氢燃料", "hydrogen"),
        "6": ("国六", "China VI"),
        "6a": ("国六a", "China VI a"),
        "6b": ("国六b", "China VI b"),
        "power": ("火电", "power"),
        "steel": ("钢铁", "steel"),
        "mining": ("采矿", "mining"),
    },
)
