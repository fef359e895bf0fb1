"""Words of the whitelist: states, steps, causes of suspension, levels of alert, actions of the audit log."""

from server.web import words

words.add(
    "whitelist_state",
    {
        "requested": ("待审核", "waiting for review"),
        "reviewed": ("待审批", "waiting for approval"),
        "active": ("有效", "approved"),
        "refused": ("不予批准", "refused"),
        "withdrawn": ("已撤销", "withdrawn"),
        "suspended": ("已暂停", "suspended"),
    },
)
words.add(
    "whitelist_step",
    {
        "applied": ("提出申请", "asked for"),
        "reviewed": ("审核通过", "reviewed"),
        "approved": ("批准", "approved"),
        "refused": ("不予批准", "refused"),
        "taken_back": ("申请人撤回", "taken back by the applicant"),
        "withdrawn": ("撤销", "withdrawn"),
        "suspended": ("暂停", "suspended"),
        "resumed": ("恢复", "suspension ended"),
    },
)
words.add(
    "suspension_cause",
    {
        "failed_test": ("检验不合格", "test failed"),
        "black_smoke": ("冒黑烟已确认", "black smoke confirmed"),
        "stage_corrected": ("排放阶段更正为更低", "stage corrected downwards"),
        "terminal_silent": ("终端长期无数据", "terminal silent"),
        "inspection_expired": ("检验已过期", "inspection expired"),
        "by_hand": ("人工暂停", "by hand"),
    },
)
words.add(
    "leave_place",
    {
        "zone": ("批准的控制区", "in the zone that was approved"),
        "city": ("全市控制区", "in every zone of the city"),
        "gates": ("预警期批准的企业门禁", "at the gates that were approved, in an alert"),
    },
)
words.add("alert_level", {"yellow": ("黄色", "yellow"), "orange": ("橙色", "orange"), "red": ("红色", "red")})
words.add(
    "action",
    {
        "whitelist.request": ("申请白名单", "whitelist entry requested"),
        "whitelist.review": ("审核白名单", "whitelist entry reviewed"),
        "whitelist.approve": ("批准白名单", "whitelist entry approved"),
        "whitelist.refuse": ("不予批准白名单", "whitelist entry refused"),
        "whitelist.take_back": ("撤回白名单申请", "whitelist request taken back"),
        "whitelist.withdraw": ("撤销白名单", "whitelist entry withdrawn"),
        "whitelist.suspend": ("暂停白名单", "whitelist entry suspended"),
        "whitelist.resume": ("恢复白名单", "suspension of a whitelist entry ended"),
        "whitelist.import": ("导入白名单", "whitelist imported"),
        "whitelist.export": ("导出白名单", "whitelist exported"),
    },
)
