"""Words of legal holds and of the ledgers' retention."""

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
words.add("subject_kind", {"legal_hold": ("保全", "legal hold"), "retention_run": ("台账清理", "retention run")})
words.add(
    "action",
    {
        "legal_hold.set": ("设置保全", "legal hold set"),
        "legal_hold.release": ("解除保全", "legal hold released"),
        "legal_hold.export": ("导出保全清单", "legal holds exported"),
        "ledger.retention": ("台账到期清理", "retention of ledgers"),
    },
)
