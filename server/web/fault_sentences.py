"""The one line about a refused frame, in Chinese: decoders and ingest write and store it in English.

A template of the English sentence stands beside its Chinese. {n} is a number, {x} are hexadecimal digits, {s} is
anything, {t} is a word of TERMS or a sentence of its own. A sentence that no template knows stays English.
"""

import re
from collections.abc import Iterator
from functools import cache

PLACES = {"n": r"-?\d+", "x": r"[0-9A-Fa-f]+(?: [0-9A-Fa-f]+)*", "s": r".*?", "t": r".+?"}
PLACE = re.compile(r"\\\{([nxst])\\\}")
TERMS: dict[str, str] = {
    # what a body of JT/T 808 is
    "an answer": "通用应答",
    "a registration answer": "注册应答",
    "a request for parts": "补传分包请求",
    "a time answer": "时间应答",
    "CAN data": "CAN总线数据",
    "a passed-on message": "透传消息",
    "registration 2011": "终端注册（2011版）",
    "registration 2013": "终端注册（2013版）",
    "registration 2019": "终端注册（2019版）",
    # types of JSON, as Python calls them
    "str": "文字",
    "bool": "真假值",
    "int": "整数",
    "float": "小数",
    "list": "数组",
    "dict": "对象",
    "NoneType": "空值",
    "device": "设备",
    "coordinates": "坐标系",
    # layouts and states of a terminal
    "untimed": "无采集时间",
    "suspended": "停用",
    "removed": "已拆除",
}
FRAME: dict[str, str] = {
    "starts with nothing": "报文为空，没有起始符",
    "starts with {x}": "以 {0} 开头，不是起始符",
    "{n} bytes, a frame has at least {n}": "只有 {0} 字节，一帧至少 {1} 字节",
    "declares {n} data bytes, {n} are present": "声明数据单元 {0} 字节，实有 {1} 字节",
    "check byte is {x}, the frame gives {x}": "校验码为 {0}，按报文计算应为 {1}",
    "encryption byte {x}, no key here": "加密方式字节为 {0}，平台没有密钥",
    "identity {x} is not printable": "设备号 {0} 含不可打印字符",
    "{n} bytes outside any frame": "{0} 字节不属于任何一帧",
    "{n} hexadecimal digits, an even number is needed": "十六进制文本共 {0} 位，应为偶数位",
    "command {x} carries {n} bytes, its table has {n}": "命令 {0} 的数据为 {1} 字节，按标准应为 {2} 字节",
    "command {x} carries {n} bytes, its table has {n} or {n}": "命令 {0} 的数据为 {1} 字节，按标准应为 {2} 或 {3} 字节",
    "login carries {n} bytes, its table has {n}": "登入数据为 {0} 字节，按标准应为 {1} 字节",
    "command {x} is not one of Annex Q": "GB 17691 附录Q没有命令 {0}",
    "command {x} is not one of machines": "非道路机械标准没有命令 {0}",
    "command {x} is not in table 1": "HJ 1239.3 表1没有命令 {0}",
    "command {x} is not in table 3": "GB/T 32960.3 表3没有命令 {0}",
    "no answer flag ({x}): a header of Annex Q": "没有应答标志（该字节为 {0}），是 GB 17691 附录Q的报文头",
    "no information in the data unit": "数据单元中没有信息体",
    "no possible date": "数据单元开头不是可能的日期",
    "no layout fits": "没有任何数据布局与数据单元相符",
    "information type {x} is not known here ({t})": "不认识信息类型 {0}（布局 {1}）",
    "no possible collect time ({t})": "不是可能的采集时间（布局 {0}）",
    "type {x} does not end within the data ({t})": "信息类型 {0} 的内容超出数据单元（布局 {1}）",
    "time {x}: {t}": "时间 {0} 不存在：{1}",
    "time {x} is not BCD": "时间 {0} 不是BCD码",
    "year byte {n}": "年份字节为 {0}",
    "year {n} is out of range": "年份 {0} 超出范围",
    "month must be in 1..12": "月份应为 1 至 12",
    "day is out of range for month": "该月没有这一天",
    "hour must be in 0..23": "小时应为 0 至 23",
    "minute must be in 0..59": "分钟应为 0 至 59",
    "second must be in 0..59": "秒应为 0 至 59",
}
BOX: dict[str, str] = {
    "a JT/T 808 frame begins with 7e": "JT/T 808 报文应以 7E 开头",
    "the frame does not end with 7e": "报文没有以 7E 结尾",
    "a mark 7e inside the frame": "报文中间出现标识位 7E",
    "7d is followed by neither 01 nor 02": "7D 之后既不是 01 也不是 02",
    "header too short: {n} bytes": "消息头过短：只有 {0} 字节",
    "check byte {x}, exclusive-or of the content {x}": "校验码为 {0}，内容异或结果为 {1}",
    "body encrypted, kind {n}; there is no key here": "消息体已加密（方式 {0}），平台没有密钥",
    "part {n} of {n}": "分包序号不成立：第 {0} 包，共 {1} 包",
    "the header states {n} bytes of body, {n} are here": "消息头声明消息体 {0} 字节，实有 {1} 字节",
    "{t} needs {n} bytes, {n} are here": "{0}需要 {1} 字节，实有 {2} 字节",
    "{n} bytes more than the message has": "比该消息应有的多出 {0} 字节",
    "{n} bytes hold neither a byte nor a word count of part numbers": "{0} 字节中的包数按单字节、双字节都不成立",
    "the platform's clock is all zeros": "平台时间全为零",
    "clock {x} is not BCD": "接收时间 {0} 不是BCD码",
    "{n} CAN items take {n} bytes, {n} are here": "{0} 个CAN数据项需要 {1} 字节，实有 {2} 字节",
    "{n} bytes are no terminal attributes of any edition": "{0} 字节不符合任一版本的终端属性",
    "a location report has at least {n} bytes, {n} are here": "位置汇报至少 {0} 字节，实有 {1} 字节",
    "0201 begins with a serial of two bytes": "0201 应以两字节应答流水号开头",
    "0704 begins with count and kind, 3 bytes": "0704 应以数据项个数和类型（3 字节）开头",
    "the first report of the batch is cut short": "批量上传的第一条位置汇报被截断",
}
TRACKER: dict[str, str] = {
    "{n} bytes; at most {n} are read": "{0} 字节，最多读取 {1} 字节",
    "the text is not UTF-8": "文本不是UTF-8编码",
    "the text cannot be read": "文本无法读取",
    "nested deeper than {n} levels": "嵌套超过 {0} 层",
    "the key stands twice in one object": "同一对象中该键出现两次",
    "-NaN is no JSON number": "-NaN 不是JSON数字",
    "NaN is no JSON number": "NaN 不是JSON数字",
    "Infinity is no JSON number": "无穷大不是JSON数字",
    "-Infinity is no JSON number": "负无穷大不是JSON数字",
    "a whole number of more than {n} characters": "整数超过 {0} 个字符",
    "the number is too large": "数字过大",
    "an object is wanted": "应为对象",
    "no position inside": "其中没有定位数据",
    "the gateway speaks for {s}": "网关是为 {0} 上报的",
    "a time is wanted, null is given": "应为时间，却是 null",
    "`time` is missing": "缺少 `time`",
    "a text speaks for one {t}; send {s} apart": "一条文本只说一个{0}，请把 {1} 分开发送",
    "a text speaks for one {t}; send {s}": "一条文本只说一个{0}，请分开发送：{1}",
    "a coordinate under two names": "同一坐标用了两个名称",
    "`lon` and `lat` come together": "`lon` 和 `lat` 应同时给出",
    "true or false is wanted": "应为 true 或 false",
    "a number is wanted, {t} is given": "应为数字，却是{0}",
    "{s} is outside {s}..{s} deg": "{0}° 超出 {1}° 至 {2}°",
    "{s} is outside {s}..{s}": "{0} 超出 {1} 至 {2}",
    "the device is a text": "设备号应为文字",
    "a device is 1 to {n} printable characters without / + #": "设备号为 1 至 {0} 个可打印字符，不含 / + #",
    "wgs84 or gcj02 is wanted": "应为 wgs84 或 gcj02",
    "a time is text or a number, {t} is given": "时间应为文字或数字，却是{0}",
    "{s} is no time between 2000 and 2100": "{0} 不是 2000 年至 2100 年间的时间",
    "{s} is no ISO 8601 time": "{0} 不是ISO 8601时间",
    "{s} has no zone; write +08:00 or Z": "{0} 没有时区，请写 +08:00 或 Z",
    "{s} is not between 2000 and 2100": "{0} 不在 2000 年至 2100 年之间",
}
JSON: dict[str, str] = {  # of the standard library
    "Expecting value": "此处应为一个值",
    "Expecting property name enclosed in double quotes": "此处应为双引号括起的键名",
    "Expecting ':' delimiter": "此处应为冒号",
    "Expecting ',' delimiter": "此处应为逗号",
    "Extra data": "JSON之后还有多余内容",
    "Unterminated string starting at": "字符串没有结束引号",
    "Invalid control character at": "字符串中有控制字符",
    "Invalid control character {s} at": "字符串中有控制字符 {0}",
    "Invalid \\escape: {s}": "反斜杠转义无效：{0}",
    "Invalid \\escape": "反斜杠转义无效",
    "Invalid \\uXXXX escape": "\\u 之后应为四位十六进制数",
    "Illegal trailing comma before end of object": "对象末尾多了一个逗号",
    "Illegal trailing comma before end of array": "数组末尾多了一个逗号",
    "Unexpected UTF-8 BOM (decode using utf-8-sig)": "文本中有多余的UTF-8字节序标记",
}
INTAKE: dict[str, str] = {
    "no terminal of this kind and name is on file": "未登记该类型、该设备号的终端",
    "the terminal is {t}": "该终端登记为{0}",
    "the topic is not emission/v1/{kind}/{device}/up with a known kind and a printable name": (
        "主题不是 emission/v1/类型/设备号/up，或类型不认识、设备号不可打印"
    ),
    "a retained message is no evidence: publish without the retain flag": "保留消息不作证据：请不带retain标志发布",
    "QoS 0 is no evidence: publish with QoS 1": "QoS 0 不作证据：请以QoS 1发布",
    "{n} bytes; the longest message taken is {n}": "{0} 字节，最长只接收 {1} 字节",
    "the message is empty": "消息为空",
    "the time in the frame is more than a day ahead of the receipt": "报文中的时间比接收时间超前一天以上",
    "the frame names {s}, the topic {s}": "报文中的设备号为 {0}，主题中为 {1}",
}
SENTENCES = {**FRAME, **BOX, **TRACKER, **JSON, **INTAKE}


def in_chinese(detail: str) -> str | None:
    """The sentence in Chinese with the same numbers; None where it is not known."""
    return _known(detail) or (next(_under_a_path(detail), None) if detail.startswith("$") else None)


def _known(detail: str) -> str | None:
    for pattern, kinds, zh in _patterns():
        found = pattern.fullmatch(detail)
        if found:
            parts = (_term(text) if kind == "t" else text for kind, text in zip(kinds, found.groups(), strict=True))
            return zh.format(*parts)
    return None


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], tuple[str, ...], str], ...]:
    return tuple(
        (_compiled(english), tuple(PLACE.findall(re.escape(english))), zh) for english, zh in SENTENCES.items()
    )


def _compiled(english: str) -> re.Pattern[str]:
    return re.compile(PLACE.sub(lambda place: f"({PLACES[place[1]]})", re.escape(english)), re.DOTALL)


def _term(text: str) -> str:
    return TERMS.get(text) or _known(text) or text


def _under_a_path(detail: str) -> Iterator[str]:
    """What is said of a place in JSON, `$[2].values.lon: ...`; the sender's own keys may hold a colon."""
    for colon in re.finditer(": ", detail):
        said = _known(detail[colon.end() :])
        if said:
            yield f"{detail[: colon.start()]}：{said}"
