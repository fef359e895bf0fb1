"""Words for the codes of instruments."""

from enforcement.inspections.instruments import INSTRUMENT_NAMES
from server.web.words import add

add("instrument_kind", {str(code): words for code, words in INSTRUMENT_NAMES.items()})
add("instrument_state", {"active": ("在用", "in use"), "retired": ("停用", "retired")})
add(
    "verification",
    {
        "verified": ("检定有效", "verified"),
        "due_soon": ("即将到期", "ends soon"),
        "expired": ("检定过期", "expired"),
        "never": ("无检定记录", "no verification"),
        "not_needed": ("无需检定", "needs none"),
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
