"""Words of the registry's codes, of imports, quarantine and terminals; they join the catalogue at import."""

from server.flows import registry_codes as codes
from server.web import words

for kind, pairs in {
    "plate_colour": {
        code: (zh if code in ("none", "other") else zh + "牌", f"{en} plate")
        for code, (zh, en) in codes.PLATE_COLOURS.items()
    },
    "truck_stage": codes.TRUCK_STAGES,
    "machine_stage": codes.MACHINE_STAGES,
    "stage_basis": codes.STAGE_BASES,
    "fuel": codes.FUELS,
    "truck_category": codes.TRUCK_CATEGORIES,
    "machine_category": codes.MACHINE_CATEGORIES,
    "after_treatment": codes.AFTER_TREATMENTS,
    "truck_state": codes.TRUCK_STATES,
    "machine_state": codes.MACHINE_STATES,
    "enterprise_state": codes.ENTERPRISE_STATES,
    "terminal_state": codes.TERMINAL_STATES,
    "terminal_kind": codes.TERMINAL_KINDS,
    "terminal_kind_short": {
        "hdv": ("重型车", "heavy vehicle"),
        "nrmm": ("机械", "machine"),
        "jt808": ("部标", "JT/T 808"),
        "ev": ("新能源", "new energy"),
        "json": ("定位器", "tracker"),
    },
    "coordinates": codes.COORDINATES,
    "industry": codes.INDUSTRIES,
    "noun": {
        "trucks": ("货车", "trucks"),
        "machines": ("机械", "machines"),
        "enterprises": ("企业", "enterprises"),
        "terminals": ("终端", "terminals"),
    },
    "subject_kind": {"import": ("导入", "import"), "quarantine": ("隔离区", "quarantine")},
    "line": {
        "online": ("在线", "on line"),
        "late": ("迟报", "late"),
        "offline": ("离线", "off line"),
        "never": ("从未上报", "never reported"),
    },
    "organisation_level": {"city": ("市级", "city"), "county": ("县（区）级", "county"), "body": ("单位", "body")},
    "bound": {"truck": ("货车", "truck"), "machine": ("机械", "machine"), "none": ("未绑定", "not bound")},
    "import_state": {
        "reading": ("读取中", "being read"),
        "read": ("待确认", "read, waits for you"),
        "writing": ("写入中", "being written"),
        "written": ("已写入", "written"),
        "refused": ("文件被拒绝", "file refused"),
        "failed": ("处理失败", "failed"),
    },
    "quarantine_state": {
        "held": ("待处理", "held"),
        "replayed": ("已重放入库", "replayed"),
        "set_aside": ("已搁置", "set aside"),
    },
    "quarantine_code": {
        "start": ("起始符错误", "no known start"),
        "length": ("长度不符", "length"),
        "check_byte": ("校验码错误", "check byte"),
        "escape": ("转义错误", "escape sequence"),
        "encrypted": ("加密无法解开", "encrypted"),
        "unknown_command": ("未知命令", "unknown command"),
        "unknown_unit": ("未知信息类型", "unknown unit"),
        "layout": ("数据布局不符", "layout"),
        "bad_time": ("时间不存在", "impossible time"),
        "not_bcd": ("不是 BCD 码", "not BCD"),
        "device": ("设备号不可读", "unreadable identity"),
        "device_mismatch": ("设备号与主题不符", "identity is not the topic's"),
        "unknown_device": ("设备未登记", "unregistered device"),
        "device_suspended": ("终端已停用", "terminal not in use"),
        "json": ("JSON 格式错误", "JSON"),
        "range": ("数值超出范围", "number out of range"),
        "trailing": ("尾部多余字节", "bytes left over"),
        "hex_text": ("十六进制文本错误", "hex text"),
        "subpacket": ("分包不完整", "sub-packet"),
        "topic": ("主题不符合约定", "topic"),
        "qos": ("QoS 0 不作证据", "QoS 0 is no evidence"),
        "retained": ("保留消息不作证据", "retained is no evidence"),
    },
    "gap_kind": {
        "serial": ("流水号缺失", "serials missing"),
        "restart": ("重新登录后缺失", "missing after a new log-in"),
        "silence": ("无数据时段", "time without data"),
    },
    "action": {
        **{
            f"{noun}.{verb}": (f"{zh}{what_zh}", f"{noun} {what_en}")
            for noun, zh in (("truck", "货车"), ("machine", "机械"), ("enterprise", "企业"), ("terminal", "终端"))
            for verb, what_zh, what_en in (
                ("create", "登记", "registered"),
                ("change", "变更", "changed"),
                ("export", "清单导出", "list exported"),
            )
        },
        "registry.upload": ("上传导入文件", "import file uploaded"),
        "registry.import": ("导入写入", "import written"),
        "quarantine.replay": ("重放隔离帧", "held frames replayed"),
        "quarantine.set_aside": ("搁置隔离帧", "held frames set aside"),
        "packet.download": ("下载原始报文", "raw packet downloaded"),
    },
}.items():
    words.add(kind, pairs)
