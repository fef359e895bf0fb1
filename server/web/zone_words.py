"""Words of zones and their terms, in both languages; codes are those of enforcement.zones and its enums."""

from server.flows import registry_codes
from server.web import words

words.add("truck_stage", registry_codes.TRUCK_STAGES)
words.add("machine_stage", registry_codes.MACHINE_STAGES)
words.add("fuel", registry_codes.FUELS)
words.add("truck_category", registry_codes.TRUCK_CATEGORIES)
words.add("machine_category", registry_codes.MACHINE_CATEGORIES)
words.add("crs", registry_codes.COORDINATES)
words.add(
    "purpose",
    {
        "emergency_rescue": ("抢险救灾", "emergency and rescue"),
        "military": ("军队", "military"),
        "police": ("警务", "police"),
        "fire": ("消防", "fire brigade"),
        "ambulance": ("救护", "ambulance"),
        "clean_energy": ("新能源", "clean energy"),
        "people_supply": ("民生保障", "supply of the population"),
        "dangerous_goods": ("危险品运输", "dangerous goods"),
        "heating": ("供暖用煤", "heating supply"),
        "medical": ("医疗", "medical supply"),
        "post": ("邮政", "post"),
        "export": ("外贸", "export"),
        "construction": ("施工", "construction works"),
        "other": ("其他", "other"),
    },
)
words.add("applies_to", {"truck": ("货车", "trucks"), "machine": ("非道路移动机械", "non-road machines")})
words.add(
    "zone_day",
    {
        "workday": ("工作日", "working days"),
        "rest_day": ("休息日", "days of rest"),
        "holiday": ("法定节假日", "public holidays"),
        "mon": ("周一", "Monday"),
        "tue": ("周二", "Tuesday"),
        "wed": ("周三", "Wednesday"),
        "thu": ("周四", "Thursday"),
        "fri": ("周五", "Friday"),
        "sat": ("周六", "Saturday"),
        "sun": ("周日", "Sunday"),
    },
)
words.add("smoke_class", {"I": ("Ⅰ类", "class I"), "II": ("Ⅱ类", "class II"), "III": ("Ⅲ类", "class III")})
words.add(
    "authority_level",
    {
        "county": ("县级人民政府", "county government"),
        "city": ("设区的市人民政府", "city government"),
        "province": ("省级人民政府", "provincial government"),
        "nation": ("国务院部门", "national ministry"),
        "town": ("乡镇人民政府", "township government"),
    },
)
words.add(
    "offence",
    {
        "zone_breach": ("在禁用区内使用高排放机械", "high-emission machine used in a ban zone"),
        "over_limit": ("超标排放", "over the limit"),
        "device_missing": ("未安装或更换控制装置", "control device missing or not replaced"),
        "tampering": ("弄虚作假、拆除、屏蔽", "tampering"),
        "unregistered_machine": ("未编码登记", "machine not coded"),
        "truck_zone_breach": ("货车违反限行规定", "truck against a traffic ban"),
        "failed_inspection": ("检验不合格上路", "failed inspection"),
    },
)
words.add("subject_kind", {"whitelist": ("白名单", "whitelist"), "calendar_day": ("日历日", "calendar day")})
words.add(
    "action",
    {
        "zone.publish": ("发布控制区版本", "zone version published"),
        "zone.end": ("终止控制区", "zone ended"),
        "zone.import": ("导入控制区", "zones imported"),
    },
)
