"""Words of sites and of the register of machines on them."""

from server.web import words

words.add(
    "site_kind",
    {
        "plant": ("厂区", "plant"),
        "construction": ("建筑工地", "construction site"),
        "mine": ("矿山", "mine"),
        "yard": ("堆场", "yard"),
        "port": ("港口码头", "port"),
        "logistics": ("物流园区", "logistics park"),
        "other": ("其他", "other"),
    },
)
words.add("site_state", {"active": ("在用", "in use"), "closed": ("已关闭", "closed")})
words.add(
    "on_site",
    {
        "both": ("登记与遥测一致", "registered and seen"),
        "seen_only": ("遥测在场，未登记", "seen, not registered"),
        "registered_only": ("已登记，遥测未见", "registered, not seen"),
    },
)
words.add("subject_kind", {"site": ("场地", "site"), "site_stay": ("进出场登记", "stay of a machine")})
words.add(
    "action",
    {
        "site.add": ("登记场地", "site entered"),
        "site.change": ("修改场地", "site changed"),
        "site.boundary": ("划定场地边界", "boundary of a site drawn"),
        "site.close": ("关闭场地", "site closed"),
        "site.export": ("导出场地", "sites exported"),
        "site_stay.enter": ("登记机械进场", "machine came to a site"),
        "site_stay.leave": ("登记机械出场", "machine left a site"),
        "site_stay.correct": ("更正进出场登记", "stay of a machine corrected"),
        "site_stay.export": ("导出进出场登记", "stays of machines exported"),
    },
)
