"""What a document says before anybody types: values out of the case, its party, sources, evidence and documents.

Names are those of the placeholders of `server/documents/templates/`. What is not known stays
empty; the form asks for it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy import Connection

from enforcement.cases.document_duties import hearing_offered
from enforcement.cases.penalty_faults import most_of
from enforcement.measurements.wording import ITEM_NAMES, UNITS, VALUE_NAMES, figure
from enforcement.registry.plates import COLOUR_WORDS, PlateColour
from enforcement.rules.book import BEIJING, Rule, RuleBook, day_of, find_rule, get_rule
from enforcement.rules.laws import citation
from enforcement.rules.penalties import Offence, proposed
from server.documents.chinese_figures import amount_upper, articles_zh, day_zh
from server.documents.paper_templates import Template, get_template
from server.flows.document_inspections import values_of_inspections
from server.store import documents, organisations, referrals, repairs, stations

LABELS: dict[str, tuple[str, str]] = {
    "party_name": ("当事人姓名或名称", "Name of the party"),
    "party_code": ("证件号码或统一社会信用代码", "Identity or credit code of the party"),
    "party_address": ("当事人地址", "Address of the party"),
    "subject": ("车辆（机械）", "Truck or machine"),
    "acted_at": ("行为时间", "Time of the act"),
    "place": ("行为地点", "Place of the act"),
    "offence": ("案由", "Offence"),
    "basis": ("法律依据", "Legal basis"),
    "repair_basis": ("维修的法律依据", "Legal basis of the repair"),
    "transfer_basis": ("移送的法律依据", "Legal basis of the transfer"),
    "copy_basis": ("抄告的法律依据", "Legal basis of the copy"),
    "notice_served_day": ("事先告知书送达日期", "Day on which the prior notice was served"),
    "notice_number": ("事先告知书文号", "Number of the prior notice"),
}
"""Placeholders that the form asks for where the case does not know them."""
BASES = ("repair_basis", "transfer_basis", "copy_basis")
MADE_LATER = frozenset(
    {"amount_upper", "authority", "issue_day", "document_title", "document_number", "repair_due", "repair_number"}
)
_LETTERS = {"transfer_letter": "transfer", "copy_letter": "copy"}
_TO_SERVE = ("result_notice", "repair_notice", "correction_order", "prior_notice", "decision", "closing")


@dataclass(frozen=True, slots=True)
class Ground:
    """What a document rests on: the case, what the store knows beside it, and the account that writes."""

    case: Mapping[str, Any]
    known: Mapping[str, Any]
    issuer: Mapping[str, Any]
    user_id: int | None


def moment_zh(at: datetime) -> str:
    """2026年8月20日10时15分, Beijing time."""
    local = at.astimezone(BEIJING)
    return f"{day_zh(local.date())}{local.hour}时{local.minute:02}分"


def fine_rules(rules: RuleBook, case: Mapping[str, Any]) -> list[Rule]:
    """The rows that say what the offences of the case cost, by the law of the day of the act."""
    found = [find_rule(rules, f"{code}.fine", case["acted_from"], case["division"]) for code in case["offences"]]
    return [rule for rule in found if rule is not None]


def values_of(
    connection: Connection, rules: RuleBook, template: Template, ground: Ground, now: datetime
) -> tuple[dict[str, Any], list[str]]:
    """Values by placeholder, and the keys of the rule rows that they rest on."""
    case, at = ground.case, ground.case["acted_from"]
    fines = fine_rules(rules, case)
    bases = {name: get_rule(rules, f"document.{name}", at) for name in BASES}
    values: dict[str, Any] = {
        **_of_case(case, ground.known, fines),
        **{name: articles_zh(citation(rule.legal_basis).zh) for name, rule in bases.items()},
        **_of_money(rules, case, now),
        **_of_people(connection, ground),
        **_of_notice(connection, case["id"]),
        **_of_referral(connection, case["id"], template),
        "readings": readings(case["facts"]),
        "failed_items": [row for row in readings(case["facts"]) if row["judged"] == "超标"],
        "evidence": _evidence(connection, case["id"]),
        "stations": stations.for_notice(connection, case["division"]),
        "retest_rule": "复检前须由维修机构上传维修记录，检验机构查到维修记录后方可复检。",
        "documents": "、".join(_titles(connection, case["id"])),
        "copy_request": "请贵单位督促所有人（当事人）在规定期限内维修并复检合格，并将结果函告我局。",
        "authority": ground.issuer["name_zh"],
        "issue_day": day_zh(day_of(now)),
        "document_title": template.title,
    }
    values |= _of_repair(connection, case["id"])
    values |= values_of_inspections(connection, case["id"], template.kind)
    return values, [rule.key for rule in (*fines, *bases.values())]


def _of_case(case: Mapping[str, Any], known: Mapping[str, Any], fines: list[Rule]) -> dict[str, Any]:
    sentences = [str((one.get("sentence") or {}).get("zh") or "") for one in _sources(case["facts"])]
    is_truck = case["subject_kind"] == "truck"
    colour = _colour(known["plate_colour"])
    subject = f"{colour} {case['subject_text']}".strip() if is_truck else f"非道路移动机械 {case['subject_text']}"
    measured = next((moment for one in _sources(case["facts"]) if (moment := one.get("at"))), None)
    at = datetime.fromisoformat(measured) if isinstance(measured, str) else case["acted_from"]
    identity = known["vin"] if is_truck else known["pin"] or known["machine_code"]
    return {
        "case_number": case["number"],
        "subject": subject,
        "identity": identity or "未登记",
        "party_name": case["party_name"] or known["enterprise"] or known["truck_owner"] or known["machine_owner"] or "",
        "party_code": case["party_code"] or known["credit_code"],
        "party_address": known["party_address"],
        "acted_at": moment_zh(case["acted_from"]),
        "inspected_at": moment_zh(at if at.tzinfo else case["acted_from"]),
        "place": case["place"] or "",
        "facts": "".join(sentences),
        "conclusion": "".join(sentences),
        "transfer_reason": "经检测（审核）认定排放不合格，依法应由公安机关交通管理部门处理。",
        "offence": "；".join(dict.fromkeys(rule.zh for rule in fines)),
        "basis": articles_zh(citation("; ".join(dict.fromkeys(rule.legal_basis for rule in fines))).zh),
        "standard": "、".join(_standards(case["facts"])),
        "demand": "立即停止违法行为，对排放不合格的车辆（机械）进行维修，并经复检合格后方可使用。",
    }


def _colour(code: str | None) -> str:
    """Colour of the plate in words; nothing where it has none."""
    return COLOUR_WORDS[PlateColour(code)][0] if code and code != PlateColour.NONE else ""


def _sources(facts: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found = facts.get("sources")
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []


def _items(facts: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [item for one in _sources(facts) for item in one.get("items") or [] if isinstance(item, Mapping)]


def readings(facts: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The measured items of a case or an inspection's verdict, in words: name, value, limit, unit, judged.

    The codes go along, for pages that speak another language.
    """
    rows = []
    for item in _items(facts):
        over = item.get("over")
        name, unit = str(item.get("name") or ""), str(item.get("unit") or "")
        rows.append(
            {
                "name": ITEM_NAMES.get(name, (name, name))[0],
                "value": _figure(item.get("value"), item.get("limit")),
                "limit": _figure(item.get("limit"), item.get("value")),
                "unit": "级" if unit == "Ringelmann" else UNITS.get(unit, unit) or "—",
                "code": name,
                "value_code": item.get("value") if isinstance(item.get("value"), str) else None,
                "limit_code": item.get("limit") if isinstance(item.get("limit"), str) else None,
                "judged": "—" if over is None else "超标" if over else "合格",
            }
        )
    return [row for n, row in enumerate(rows) if row not in rows[:n]]  # what two sources saw is told once


def _figure(value: Any, beside: Any) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "是", False: "否", None: "—"}[value]
    if isinstance(value, int | float):
        return figure(value, beside)
    return VALUE_NAMES.get(str(value), (str(value), ""))[0]


def _standards(facts: Mapping[str, Any]) -> list[str]:
    """The standards that the measured items were judged by; where no item names one, those of every rule used."""
    held = [item.get("rule") for item in _items(facts)]
    named = {one.get("key") if isinstance(one, Mapping) else one for one in held if one}
    rules = [rule for one in _sources(facts) for rule in one.get("rules") or [] if isinstance(rule, Mapping)]
    rules = [rule for rule in rules if rule.get("key") in named] or rules
    bases = [str(rule.get("legal_basis") or "").split(",")[0].strip() for rule in rules]
    return list(dict.fromkeys(name for name in bases if name.startswith(("GB", "HJ"))))


def _of_money(rules: RuleBook, case: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """The highest amount that one of the offences provides for, and whether it needs a hearing to be offered."""
    offered = [
        proposed(rules, Offence(code), case["acted_from"], area=case["division"])
        for code in case["offences"]
        if code in set(Offence) and find_rule(rules, f"{code}.fine", case["acted_from"], case["division"])
    ]
    amount = most_of(offered)
    if amount is None:
        return {"amount": "", "hearing": False}
    is_person = case["party_kind"] != "unit"
    return {"amount": str(amount), "hearing": hearing_offered(rules, amount, is_person, now, case["division"])}


def _of_people(connection: Connection, ground: Ground) -> dict[str, Any]:
    ids = [number for number in (ground.case.get("assigned_to"), ground.user_id) if number is not None]
    named = [f"{one['name']}（{one['enforcement_card']}）" for one in documents.people(connection, ids)]
    area = documents.city_name(connection, ground.issuer["division"])
    return {"officers": "、".join(named), "review_body": f"{area}人民政府" if area else ""}


def _of_notice(connection: Connection, case_id: int) -> dict[str, Any]:
    notice = documents.newest_of(connection, case_id, "prior_notice")
    if notice is None or notice["served_on"] is None:
        return {}
    return {"notice_served_day": day_zh(notice["served_on"]), "notice_number": notice["number"]}


def _of_referral(connection: Connection, case_id: int, template: Template) -> dict[str, Any]:
    sent = referrals.of_case(connection, case_id)
    if not sent:
        return _first_receiver(connection, template)
    kind = _LETTERS.get(template.kind)
    own = [one for one in sent if kind in (None, one["kind"])]
    newest = sent[-1]
    from_ = organisations.names(connection, newest["from_id"])[0]
    to = organisations.names(connection, own[-1]["to_id"])[0] if own else ""
    return {"recipient": to, "referral_from": from_, "referral_number": newest["number"]}


def _first_receiver(connection: Connection, template: Template) -> dict[str, Any]:
    """A letter is written before the step that sends it: where one body only can be meant, it is named."""
    found = referrals.bodies(connection, ["police"]) if template.kind == "transfer_letter" else []
    return {"recipient": found[0]["name_zh"]} if len(found) == 1 else {}


def _of_repair(connection: Connection, case_id: int) -> dict[str, Any]:
    notice = repairs.open_of_case(connection, case_id)
    return {} if notice is None else repair_values(notice)


def repair_values(notice: Mapping[str, Any]) -> dict[str, str]:
    """The placeholders of a repair notice: its last day and its number."""
    return {"repair_due": day_zh(notice["due_on"]), "repair_number": notice["number"]}


def _evidence(connection: Connection, case_id: int) -> list[dict[str, str]]:
    rows = referrals.evidence(connection, case_id)
    return [{"number": str(n), "name": one["name"], "sha256": one["sha256"]} for n, one in enumerate(rows, 1)]


def _titles(connection: Connection, case_id: int) -> list[str]:
    """What is on its way to the party, by title and number."""
    newest = [documents.newest_of(connection, case_id, kind) for kind in _TO_SERVE]
    return [
        f"《{get_template(one['content'].get('form') or one['kind']).title}》（{one['number']}）"
        for one in newest
        if one is not None
    ]


def amount_of(text: str) -> Decimal | None:
    """An amount as typed, in yuan with at most two places; None where it is none."""
    try:
        amount = Decimal(text.replace(",", "").strip())
    except InvalidOperation:
        return None
    fits = amount.is_finite() and 0 < amount < 10**10 and amount == round(amount, 2)
    return amount if fits else None


def amount_values(amount: Decimal) -> dict[str, str]:
    """The placeholders of an amount."""
    plain = f"{amount:.2f}".removesuffix(".00")
    return {"amount": plain, "amount_upper": amount_upper(amount)}
