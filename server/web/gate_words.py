"""Words of gates: their devices, policies, lifts and answers."""

from server.web.words import add

add("gate_state", {"active": ("在用", "in use"), "closed": ("停用", "closed")})
add("gate_line", {"yes": ("在线", "on line"), "no": ("离线", "off line")})
add("gate_device_kind", {
    "barrier": ("道闸", "barrier"),
    "plate_camera": ("车牌识别相机", "plate camera"),
    "video": ("监控摄像机", "video camera"),
    "display": ("显示屏", "display"),
    "weighbridge": ("地磅", "weighbridge"),
})  # fmt: skip
add("gate_device_state", {
    "active": ("在用", "in use"), "suspended": ("暂停", "suspended"), "removed": ("已拆除", "removed"),
})  # fmt: skip
add("gate_policy", {
    "deny": ("禁止通行", "deny"),
    "allow_and_flag": ("放行并标记", "allow and flag"),
    "list": ("按离线名单", "go by the off-line list"),
})  # fmt: skip
add("lift_reason", {
    "suspicious": ("车辆可疑，人工核对", "suspicious vehicle, checked by a person"),
    "unknown_stage": ("排放阶段不明，人工核对", "stage unknown, checked by a person"),
    "device_fault": ("设备故障", "device fault"),
    "power_cut": ("停电", "power cut"),
    "emergency": ("抢险救灾", "emergency"),
    "denied": ("被禁止后人工放行", "let through although denied"),
    "other": ("其他（见说明）", "other (see the note)"),
})  # fmt: skip
add("gate_direction", {"in": ("进厂", "in"), "out": ("出厂", "out")})
add("gate_answer", {
    "allow": ("放行", "let through"), "deny": ("劝返", "turned back"), "check": ("人工核对", "checked by a person"),
})  # fmt: skip
add("gate_answer_source", {
    "platform": ("平台应答", "answered by the platform"),
    "list": ("离线名单", "off-line list"),
    "policy": ("断网策略", "policy while cut off"),
})  # fmt: skip
add("gate_known_by", {
    "register": ("车辆登记库", "the register"), "ledger": ("本企业台账", "the ledger of this plant"),
    "nobody": ("无记录", "nobody"),
})  # fmt: skip
add("alert_level", {"yellow": ("黄色", "yellow"), "orange": ("橙色", "orange"), "red": ("红色", "red")})
add(
    "crs",
    {"wgs84": ("WGS-84 / CGCS2000", "WGS-84 / CGCS2000"), "gcj02": ("GCJ-02", "GCJ-02"), "bd09": ("BD-09", "BD-09")},
)
add("subject_kind", {
    "gate": ("门禁", "gate"),
    "gate_device": ("门禁设备", "device of a gate"),
    "gate_policy": ("断网策略", "policy while cut off"),
    "gate_lift": ("人工抬杆", "lift by hand"),
    "gate_answer": ("门禁应答", "answer of a gate"),
    "gate_list": ("离线名单", "off-line list"),
})  # fmt: skip
add("action", {
    "gate.save": ("登记或修改门禁", "gate put on file or changed"),
    "gate.export": ("导出门禁清单", "list of gates exported"),
    "gate_device.save": ("登记或修改门禁设备", "device of a gate put on file or changed"),
    "gate_policy.set": ("设定断网策略", "policy while cut off set"),
    "gate_lift.record": ("登记人工抬杆", "lift by hand recorded"),
    "gate_lift.export": ("导出人工抬杆", "lifts by hand exported"),
    "gate_answer.export": ("导出门禁应答", "answers of gates exported"),
    "gate_list.make": ("生成离线名单", "off-line list made"),
})  # fmt: skip
