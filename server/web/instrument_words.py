"""Words for the codes of instruments."""

from server.web.words import add

add(
    "instrument_kind",
    {
        "opacimeter": ("不透光烟度计", "opacimeter"),
        "nox_analyser": ("氮氧化物分析仪", "NOx analyser"),
        "dynamometer": ("底盘测功机", "chassis dynamometer"),
        "obd_reader": ("OBD诊断仪", "OBD reader"),
        "ringelmann_chart": ("林格曼烟气黑度图", "Ringelmann chart"),
        "urea_meter": ("尿素浓度计", "urea meter"),
        "fuel_kit": ("油品快检设备", "fuel test kit"),
        "remote_sensor": ("遥感监测设备", "remote sensor"),
    },
)
add("instrument_state", {"active": ("在用", "in use"), "retired": ("停用", "retired")})
add(
    "verification",
    {
        "verified": ("检定有效", "verified"),
        "due_soon": ("即将到期", "ends soon"),
        "expired": ("检定过期", "expired"),
        "never": ("无检定记录", "no verification"),
        "retired": ("停用", "retired"),
    },
)
add(
    "instrument_check",
    {
        "zero": ("零点", "zero"),
        "span": ("量距点", "span"),
        "filter": ("滤光片", "filter"),
        "leak": ("泄漏", "leak"),
    },
)
add(
    "action",
    {
        "instrument.register": ("登记仪器", "instrument registered"),
        "instrument.change": ("修改仪器", "instrument changed"),
        "instrument.verify": ("登记检定", "verification recorded"),
        "instrument.check": ("登记核查", "check recorded"),
        "instrument.export": ("导出仪器", "instruments exported"),
    },
)
