"""Words of the ledgers: directions, states, sources, what becomes of rows and files."""

from enforcement.ledgers.doubts import DOUBTS
from server.web import words

words.add("passage_direction", {"in": ("进厂", "in"), "out": ("出厂", "out")})
words.add(
    "passage_state",
    {
        "taken": ("有效", "stands"),
        "pending": ("待核对", "to confirm"),
        "refused": ("未确认", "not confirmed"),
        "void": ("已作废", "struck out"),
    },
)
words.add(
    "ledger_source",
    {
        "gate": ("门禁系统", "gate system"),
        "sheet": ("表格导入", "sheet"),
        "phone": ("司机手机", "driver's phone"),
        "hand": ("人工填报", "entered by hand"),
    },
)
words.add(
    "control_result",
    {
        "allow": ("放行", "let through"),
        "deny": ("禁止通行", "not let through"),
        "check": ("人工核查", "checked by a person"),
        "lifted": ("人工抬杆", "barrier lifted by hand"),
    },
)
words.add(
    "ledger",
    {
        "A": ("进出厂车辆台账", "Vehicles in and out"),
        "B": ("厂内车辆台账", "Vehicles in the plant"),
        "C": ("厂内机械台账", "Machines in the plant"),
    },
)
words.add(
    "ledger_batch_state",
    {
        "reading": ("读取中", "being read"),
        "read": ("待写入", "read, not yet taken"),
        "writing": ("写入中", "being taken"),
        "taken": ("已写入", "taken"),
        "refused": ("文件未被接收", "file refused"),
        "failed": ("处理失败", "failed"),
    },
)
words.add(
    "refusal_settled",
    {
        "open": ("待处理", "open"),
        "sent_again": ("已更正重报", "mended and sent again"),
        "entered_by_hand": ("已人工补录", "entered by hand"),
        "dropped": ("不再补录", "dropped"),
    },
)
words.add("ledger_doubt", DOUBTS)
words.add("gone_how", {"scrapped": ("报废", "scrapped"), "transferred": ("转让", "transferred")})
words.add(
    "subject_kind",
    {
        "passage": ("进出厂记录", "passage"),
        "plant_vehicle": ("厂内车辆", "vehicle in the plant"),
        "plant_machine": ("厂内机械", "machine in the plant"),
        "ledger_batch": ("台账文件", "ledger file"),
        "gate": ("门禁", "gate"),
        "ledger": ("台账", "ledger"),
        "ledger_refusal": ("被拒行", "refused row"),
    },
)
words.add(
    "ledger_reason",
    {
        "sent_again": ("来源系统重传更正", "corrected by what the source sent again"),
        "confirmed": ("门卫确认", "confirmed by the gatekeeper"),
    },
)
words.add(
    "action",
    {
        "gate.new_code": ("更换门禁二维码", "gate given a new code"),
        "ledger.take": ("接收台账数据", "rows of a ledger taken"),
        "ledger.upload": ("上传台账表格", "ledger sheet uploaded"),
        "ledger.export": ("导出台账", "ledger exported"),
        "ledger.correct": ("更正台账记录", "row of a ledger corrected"),
        "ledger.strike_out": ("作废台账记录", "row of a ledger struck out"),
        "ledger.confirm": ("确认司机填报", "driver's entry confirmed"),
        "ledger.refuse": ("退回司机填报", "driver's entry refused"),
        "ledger.settle": ("处理被拒行", "refused row settled"),
        "ledger.phone": ("司机手机登记", "entered on a driver's phone"),
    },
)
words.add(
    "evidence_owner",
    {
        "passage": ("进出厂记录", "passage"),
        "plant_vehicle": ("厂内车辆", "vehicle in the plant"),
        "plant_machine": ("厂内机械", "machine in the plant"),
    },
)
words.add(
    "evidence_purpose",
    {
        "vehicle_list": ("随车清单", "vehicle list"),
        "licence_front": ("行驶证正面", "licence, front"),
        "licence_back": ("行驶证背面", "licence, back"),
    },
)
