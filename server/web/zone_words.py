"""Words of zones and their terms, in both languages; codes are those of enforcement.zones.terms and its enums."""

from collections.abc import Collection, Iterable
from enum import StrEnum

from flask_babel import gettext as _

from enforcement.zones.terms import SubjectKind, Window, ZoneTerms
from server.flows import registry_codes
from server.web import words
from server.web.language import pick

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
    "zone_change",
    {
        "falls_away": ("不再构成违规", "would fall away"),
        "other_reasons": ("理由不同", "other reasons"),
        "may_arise": ("可能构成违规", "may become a violation"),
    },
)
words.add(
    "action",
    {
        "zone.publish": ("发布控制区版本", "zone version published"),
        "zone.end": ("终止控制区", "zone ended"),
        "zone.import": ("导入控制区", "zones imported"),
    },
)


def terms_in_words(terms: ZoneTerms) -> list[tuple[str, str]]:
    """What a version says, line by line: a heading and a sentence in the language of the page."""
    lines = [
        (_("Binds"), _listed("applies_to", terms.applies_to)),
        (_("Machines: least stage"), _stage("machine_stage", terms.min_machine_stage)),
        (_("Trucks: least stage"), _stage("truck_stage", terms.min_truck_stage)),
        (_("Machines: smoke class"), words.word("smoke_class", terms.smoke_class) if terms.smoke_class else ""),
        (_("Duties"), _duties(terms)),
        (_("Banned types"), _types(terms.banned_machine_types, terms.banned_truck_categories)),
        (_("Banned fuels"), _listed("fuel", terms.banned_fuels)),
        (_("Only these types"), _types(terms.machine_types, terms.truck_categories)),
        (_("Only these fuels"), _listed("fuel", terms.fuels)),
        (_("Hours"), _joined(_window(window) for window in terms.windows) or _("all day, every day")),
        (_("Exempt"), _listed("purpose", terms.exemptions)),
        (_("Penalty rule"), _penalties(terms)),
        (_("A visit counts after"), _presence(terms)),
        (_("Boundary"), _("counts as inside") if terms.boundary_inclusive else _("does not count as inside")),
    ]
    return [(heading, text) for heading, text in lines if text]


def _joined(parts: Iterable[str]) -> str:
    return str(pick("、", ", ")).join(parts)


def _listed(kind: str, codes: Collection[StrEnum]) -> str:
    return _joined(words.word(kind, code) for code in type_order(codes))


def type_order(codes: Collection[StrEnum]) -> list[StrEnum]:
    """The members in the order of their enum."""
    return [member for kind in {type(code) for code in codes} for member in kind if member in codes]


def _types(machines: Collection[StrEnum], trucks: Collection[StrEnum]) -> str:
    return _joined(text for text in (_listed("machine_category", machines), _listed("truck_category", trucks)) if text)


def _stage(kind: str, stage: StrEnum | None) -> str:
    return "" if stage is None else str(_("%(stage)s; lower ones are banned", stage=words.word(kind, stage)))


def _duties(terms: ZoneTerms) -> str:
    duties = (
        (terms.coding_required, _("machines must be coded")),
        (terms.device_required, _("a remote terminal must be fitted")),
        (terms.black_smoke_ban, _("no visible black smoke")),
    )
    return _joined(text for holds, text in duties if holds)


def _window(window: Window) -> str:
    clock = f"{_clock(window.from_minute)}–{_clock(window.to_minute)}"
    if window.to_minute <= window.from_minute:
        clock = _("%(clock)s of the next day", clock=clock)
    return f"{_listed('zone_day', window.days)} {clock}" if window.days else f"{_('every day')} {clock}"


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _penalties(terms: ZoneTerms) -> str:
    offences = ((SubjectKind.MACHINE, terms.machine_offence), (SubjectKind.TRUCK, terms.truck_offence))
    return _joined(words.word("offence", offence) for kind, offence in offences if kind in terms.applies_to)


def _presence(terms: ZoneTerms) -> str:
    said: str = _(
        "%(dwell)s s and %(fixes)s fixes inside; it ends after %(exits)s fixes outside or %(gap)s s of silence; "
        "within %(edge)s m of the edge a fix is uncertain",
        dwell=f"{terms.min_dwell_s:g}",
        fixes=terms.min_inside_fixes,
        exits=terms.exit_fixes,
        gap=f"{terms.max_gap_s:g}",
        edge=f"{terms.edge_accuracy_m:g}",
    )
    return said
