"""Words of legal holds, of the ledgers' retention, and of what is done to ledgers."""

from enforcement.ledgers.doubts import DOUBTS
from server.web import words

words.add("hold_state", {"held": ("保全中", "held"), "released": ("已解除", "released")})
words.add(
    "retained",
    {
        "videos": ("视频引用", "references to videos"),
        "passages": ("进出厂记录", "passages"),
        "refusals": ("未收记录", "refused rows"),
        "sheets": ("导入的表格文件", "files of sheets"),
    },
)
words.add("subject_kind", {
    "legal_hold": ("保全", "legal hold"),
    "ledger_batch": ("台账批次", "batch of a ledger"),
    "passage": ("进出厂记录", "passage"),
    "plant_vehicle": ("厂内车辆", "plant vehicle"),
    "plant_machine": ("厂内机械", "plant machine"),
    "ledger_refusal": ("未收记录", "refused row"),
    "ledger": ("台账", "ledger"),
    "retention_run": ("台账清理", "retention run"),
})  # fmt: skip
words.add("doubt", DOUBTS)
words.add(
    "action",
    {
        "legal_hold.set": ("设置保全", "legal hold set"),
        "legal_hold.release": ("解除保全", "legal hold released"),
        "legal_hold.export": ("导出保全清单", "legal holds exported"),
        "ledger.take": ("接收台账记录", "rows of a ledger taken"),
        "ledger.correct": ("更正台账记录", "row of a ledger corrected"),
        "ledger.strike_out": ("作废台账记录", "row of a ledger struck out"),
        "ledger.confirm": ("确认司机填报", "driver's entry confirmed"),
        "ledger.refuse": ("退回司机填报", "driver's entry refused"),
        "ledger.settle_refusal": ("处理未收记录", "refused row settled"),
        "ledger.export": ("导出台账", "ledger exported"),
        "ledger.retention": ("台账到期清理", "retention of ledgers"),
    },
)
