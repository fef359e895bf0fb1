"""Words of telemetry: commands, flags, gaps, causes of quarantine and what to do about each, in both languages."""

from server.flows import registry_codes as codes
from server.web import words
from server.web.words import Pair
from telemetry.protocols.flags import PacketFlag

PACKET_FLAGS: dict[PacketFlag, Pair] = {
    PacketFlag.SIGNATURE_PRESENT: ("带签名（未验签）", "signed (not checked)"),
    PacketFlag.SIGNATURE_MISSING: ("应签名而未签名", "signature missing"),
    PacketFlag.VIN_MISMATCH_OBD: ("OBD中VIN与报文头不一致", "VIN in the OBD part differs"),
    PacketFlag.HEX_TEXT: ("以十六进制文本上报", "came as hex text"),
    PacketFlag.REISSUED: ("补发", "re-issued"),
    PacketFlag.AMBIGUOUS_LAYOUT: ("数据布局有歧义", "layout ambiguous"),
    PacketFlag.GCJ02_DECLARED: ("声明为GCJ-02坐标", "declared as GCJ-02"),
    PacketFlag.TSP_HEADER: ("服务商转发头", "provider's header"),
    PacketFlag.UNTIMED: ("缺少采集时间", "no time before the data"),
    PacketFlag.BODY_UNKNOWN: ("含未知信息体（原样保留）", "part not interpreted, kept raw"),
    PacketFlag.TLV_DAMAGED: ("附加项损坏", "additional item damaged"),
    PacketFlag.HEADER_TOLERATED: ("报文头不一致，按可读方式解析", "header inconsistent, read as it fits"),
    PacketFlag.TRAILING_BYTES: ("尾部有多余字节", "bytes left over at the end"),
    PacketFlag.ASSEMBLED: ("由分包合成", "assembled from sub-packets"),
    PacketFlag.ENCRYPTION_CLAIMED: ("标记加密但为明文", "says encrypted, is in the clear"),
    PacketFlag.LAYOUT_CHANGED: ("布局与以往不同", "layout differs from before"),
}
FAMILY_COMMANDS: dict[int, Pair] = {
    0x01: ("车辆登入", "log-in"),
    0x02: ("实时信息", "real-time report"),
    0x03: ("补发信息", "re-issued report"),
    0x04: ("车辆登出", "log-out"),
    0x05: ("终端校时", "time synchronisation"),
    0x06: ("拆除报警", "removal alarm"),
    0x07: ("激活备案", "activation"),
}
COMMANDS: dict[str, dict[int, Pair]] = {
    "hdv": FAMILY_COMMANDS,
    "nrmm": {
        **FAMILY_COMMANDS,
        0x05: ("拆除报警", "removal alarm"),
        0x06: ("终端校时", "time synchronisation"),
        0x07: ("防拆备案", "anti-tamper filing"),
    },
    "ev": {
        0x01: ("车辆登入", "log-in"),
        0x02: ("实时信息", "real-time report"),
        0x03: ("补发信息", "re-issued report"),
        0x04: ("车辆登出", "log-out"),
        0x07: ("心跳", "heartbeat"),
        0x08: ("终端校时", "time synchronisation"),
    },
    "jt808": {
        0x0001: ("终端应答", "terminal answer"),
        0x0002: ("心跳", "heartbeat"),
        0x0003: ("终端注销", "unregister"),
        0x0100: ("终端注册", "register"),
        0x0102: ("终端鉴权", "authenticate"),
        0x0107: ("终端属性", "terminal attributes"),
        0x0200: ("位置汇报", "location report"),
        0x0201: ("位置查询应答", "location answer"),
        0x0704: ("定位批量上传", "batch of locations"),
        0x0705: ("CAN数据上传", "CAN data"),
        0x0900: ("数据透传", "transparent data"),
    },
    "json": {0: ("位置上报", "position report")},
}

# code -> (name, what to do)
QUARANTINE: dict[str, tuple[Pair, Pair]] = {
    "start": (
        ("起始符错误", "no known start"),
        (
            "确认终端协议与登记的类型一致；粘包或前缀多余字节需终端厂家修正。",
            "Check that the terminal's protocol is the kind on file; "
            "stray bytes before a frame are for its maker to mend.",
        ),
    ),
    "length": (
        ("长度不符", "length does not fit"),
        (
            "报文被截断或长度字段有误。核对网关缓冲与终端固件。",
            "The frame was cut or its length field is wrong. Check the gateway's buffer and the terminal's firmware.",
        ),
    ),
    "check_byte": (
        ("校验码错误", "check byte wrong"),
        (
            "传输损坏或固件计算有误。偶发可搁置；连续出现请联系终端厂家。",
            "Damaged on the way, or computed wrongly. Set single ones "
            "aside; if it goes on, ask the terminal's maker.",
        ),
    ),
    "escape": (
        ("转义错误", "unknown escape sequence"),
        (
            "终端未按JT/T 808转义。请终端厂家修正。",
            "The terminal does not escape as JT/T 808 says. Its maker must mend it.",
        ),
    ),
    "encrypted": (
        ("加密无法解开", "encrypted, no key"),
        (
            "平台没有该终端的密钥。请改为明文上报，或提供密钥后重放。",
            "There is no key for this terminal. Have it report in the clear, or replay when a key is there.",
        ),
    ),
    "unknown_command": (
        ("未知命令", "unknown command"),
        (
            "标准中没有该命令。厂家自定义命令可搁置；新版标准待平台支持后重放。",
            "The standard has no such command. Set makers' own aside; replay once a newer edition is supported.",
        ),
    ),
    "unknown_unit": (
        ("未知信息类型", "unknown information type"),
        (
            "信息体长度未知，无法继续解析。补充该厂家的数据表后重放。",
            "The size of the part is not known, so nothing behind it "
            "can be read. Replay when the maker's table is here.",
        ),
    ),
    "layout": (
        ("数据布局不符", "no layout fits"),
        (
            "核对终端登记的数据布局；修改后重放。",
            "Check the layout on file for the terminal; replay after the change.",
        ),
    ),
    "bad_time": (
        ("时间不可能", "impossible time"),
        (
            "终端时钟错误或超前一天以上。校时后新数据恢复；本帧时间不可信，可搁置。",
            "The terminal's clock is wrong or over a day ahead. Set the clock; this frame's time cannot be trusted.",
        ),
    ),
    "not_bcd": (
        ("不是BCD码", "not BCD"),
        (
            "时间或号码未按BCD编码。请终端厂家修正。",
            "A time or number is not in BCD. The terminal's maker must mend it.",
        ),
    ),
    "device": (
        ("设备号不可读", "unreadable identity"),
        (
            "报文中的设备号含不可打印字符。检查终端配置。",
            "The identity in the frame is not printable. Check the terminal's settings.",
        ),
    ),
    "device_mismatch": (
        ("设备号与主题不符", "identity is not the topic's"),
        (
            "可能错装、换装或冒用。核实终端装在哪辆车（机械）上；更正登记后重放。",
            "Wrongly fitted, swapped or impersonated. Find out where "
            "the terminal is; correct the register, then replay.",
        ),
    ),
    "unknown_device": (
        ("设备未登记", "not on file"),
        (
            "先登记终端并绑定车辆或机械，再重放：此前的数据会入库。",
            "Put the terminal on file and bind it to its vehicle or machine, then replay: what it sent is taken in.",
        ),
    ),
    "device_suspended": (
        ("终端未在用", "terminal not in use"),
        (
            "终端登记为停用或已拆除却仍在上报。核实后改为在用并重放，或搁置。",
            "The terminal is suspended or removed by the register and "
            "reports still. Find out; set it active and replay.",
        ),
    ),
    "json": (
        ("JSON格式错误", "JSON not readable"),
        ("对照字段说明修正发送端。", "Mend the sender by the description of the fields."),
    ),
    "range": (
        ("数值超出范围", "number out of range"),
        ("核对发送端的单位与换算。", "Check units and scaling at the sender."),
    ),
    "trailing": (
        ("尾部多余字节", "bytes left over"),
        (
            "完整帧之后还有字节。检查网关拼包；多余部分单独保留于此。",
            "Bytes behind a whole frame. Check how the gateway joins frames; only the rest is kept here.",
        ),
    ),
    "hex_text": (
        ("既非十六进制也非JSON", "text, neither hex nor JSON"),
        ("发送端应上报二进制、十六进制文本或JSON。", "The sender must send bytes, hex text or JSON."),
    ),
    "subpacket": (
        ("分包不完整", "part of a longer message"),
        (
            "其余分包未到。请网关合包后发送；等待补传后重放。",
            "The other parts did not come. Have the gateway join them; replay when the rest was sent again.",
        ),
    ),
    "topic": (
        ("主题不符合约定", "topic not as agreed"),
        (
            "主题应为 emission/v1/类型/设备号/up。更正发送端配置。",
            "The topic must be emission/v1/kind/device/up. Correct the sender's settings.",
        ),
    ),
    "qos": (
        ("QoS 0 不作证据", "QoS 0 is no evidence"),
        ("发送端改用QoS 1。本帧不能入库，可搁置。", "Have the sender use QoS 1. This frame cannot be taken in."),
    ),
    "retained": (
        ("保留消息不作证据", "retained is no evidence"),
        (
            "发送端取消retain标志。本帧不能入库，可搁置。",
            "Have the sender drop the retain flag. This frame cannot be taken in.",
        ),
    ),
    "platform_fault": (
        ("平台内部故障", "fault inside the platform"),
        (
            "与终端无关。请将本页交给平台维护人员；修复后重放。",
            "Not the terminal's doing. Give this page to those who run the platform; replay after the mend.",
        ),
    ),
}  # fmt: skip

words.add("packet_flag", {str(flag.name): pair for flag, pair in PACKET_FLAGS.items()})
words.add("quarantine_code", {code: name for code, (name, _) in QUARANTINE.items()})
words.add("quarantine_advice", {code: advice for code, (_, advice) in QUARANTINE.items()})
for kind, table in COMMANDS.items():
    words.add("command", {f"{kind}/{code}": pair for code, pair in table.items()})
for name, pairs in {
    "terminal_kind": codes.TERMINAL_KINDS,
    "terminal_state": codes.TERMINAL_STATES,
    "coordinates": codes.COORDINATES,
    "line": {
        "online": ("在线", "on line"),
        "late": ("迟报", "late"),
        "offline": ("离线", "off line"),
        "never": ("从未上报", "never reported"),
    },
    "quarantine_state": {
        "held": ("待处理", "held"),
        "replayed": ("已重放入库", "replayed"),
        "set_aside": ("已搁置", "set aside"),
    },
    "gap_kind": {
        "serial": ("流水号缺失", "serials missing"),
        "restart": ("重新计数后缺失", "missing after the count began anew"),
        "silence": ("无数据时段", "time without data"),
    },
    "action": {
        "quarantine.replay": ("重放隔离帧", "held frames replayed"),
        "quarantine.set_aside": ("搁置隔离帧", "held frames set aside"),
        "packet.download": ("下载原始报文", "raw packet downloaded"),
    },
}.items():
    words.add(name, pairs)


def packet_flags(bits: int) -> list[str]:
    """Names of the flags set, for `word("packet_flag", ...)`."""
    return [str(flag.name) for flag in PacketFlag if flag & bits]
