"""Words of stations, repair notices and re-tests."""

from server.web.words import add

add(
    "station_kind",
    {
        "inspection": ("检验机构（I站）", "inspection station"),
        "maintenance": ("维修机构（M站）", "maintenance station"),
    },
)
add("station_state", {
    "active": ("在用", "in use"), "suspended": ("暂停", "suspended"), "closed": ("注销", "closed"),
})  # fmt: skip
add("notice_state", {
    "issued": ("待维修", "to be repaired"),
    "in_repair": ("维修中", "in repair"),
    "repaired": ("已维修，待复检", "repaired, to be tested"),
    "passed": ("复检合格", "passed"),
    "failed_again": ("复检不合格", "failed again"),
    "withdrawn": ("已撤回", "withdrawn"),
    "scrapped": ("已报废", "scrapped"),
})  # fmt: skip
add("subject_kind", {"repair_notice": ("维修通知", "repair notice"), "station": ("检验维修机构", "station")})
add("action", {
    "station.save": ("登记检验维修机构", "station put on file"),
    "repair.notice": ("签发维修通知", "repair notice issued"),
    "repair.withdraw": ("撤回维修通知", "repair notice withdrawn"),
    "repair.look_up": ("机构查询维修通知", "notice looked up by a station"),
    "repair.begin": ("接车维修", "taken in for repair"),
    "repair.record": ("保存维修记录", "work recorded"),
    "repair.finish": ("维修完成", "repair finished"),
    "repair.pass_retest": ("复检合格", "passed the re-test"),
    "repair.fail_retest": ("复检不合格", "failed the re-test"),
    "repair_notice.export": ("导出维修清单", "list of repairs exported"),
})  # fmt: skip
