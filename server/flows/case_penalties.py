"""Penalties of a case: the form of the decision, the checks of the law, one fine an act, payment, revocation.

The police penalise drivers of trucks, the ecology bureau machines (CODE 1126, 1127). The lock on the subject and the
unique key of the act let no second fine for one act through, whichever cases the two lie in (APL 29).
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from typing import Any

from enforcement.cases.penalty_faults import Penalty, penalty_faults
from enforcement.rules.acts import Act, family_of, same_act
from enforcement.rules.book import BEIJING
from enforcement.rules.penalties import Level, Offence, proposed
from server.flows.case_work import Effect, MoveRefused, Work
from server.flows.refusals import Fault
from server.store import cases, organisations, penalties

LARGEST_CNY = 100_000_000


def subject_of(case: Mapping[str, Any]) -> int | str:
    """Number in the register, or the plate or number as it was read."""
    number: int | str = case["truck_id"] or case["machine_id"] or case["subject_text"]
    return number


def act_of(case: Mapping[str, Any], offence: str) -> Act:
    """The act of a stored case under one of its offences."""
    family = family_of(Offence(offence), case["subject_kind"])
    return Act(case["subject_kind"], subject_of(case), family, case["acted_from"], case["acted_to"])


def penalise(work: Work, referral_id: int | None) -> Effect:
    """The police record a decision."""
    return _record(work, referral_id)


def decide(work: Work) -> Effect:
    """The ecology bureau decides about a machine."""
    return _record(work, None)


def _record(work: Work, referral_id: int | None) -> Effect:
    case, form = work.case, _form(work)
    cases.lock_subject(work.connection, case["subject_kind"], subject_of(case))
    penalty = _penalty(work, form)
    fined = [{**row, "subject_kind": case["subject_kind"]} for row in penalties.of_subject(work.connection, case)]
    _refuse_double(work, penalty.act, fined, case)
    faults = penalty_faults(work.rules, penalty, ())
    if faults:
        raise MoveRefused(*(Fault(_FIELD_OF.get(one.code, "amount"), one.zh, one.en) for one in faults))
    proposal = proposed(work.rules, penalty.offence, case["acted_from"], form["machines"], area=case["division"])
    row = {
        "case_id": case["id"], "act": penalty.act.key, "offence": str(penalty.offence),
        "organisation_id": work.account.organisation_id, "referral_id": referral_id,
        "decision_number": form["decision_number"], "code": form["code"] or proposal.code,
        "amount_cny": form["amount"], "machines": form["machines"], "points": proposal.points,
        "on_the_spot": form["on_the_spot"], "legal_basis": form["legal_basis"] or proposal.rule.legal_basis,
        "rule_keys": [proposal.rule.key], "decided_on": form["decided_on"], "recorded_by": work.actor.user_id,
    }  # fmt: skip
    if penalties.add(work.connection, row) is None:
        there = penalties.of_act(work.connection, penalty.act.key)
        raise _double(there or {"case_number": "–", "decision_number": "–"})
    said = {name: row[name] for name in ("decision_number", "code", "offence", "machines", "legal_basis")}
    said |= {"amount_cny": float(form["amount"]), "decided_on": form["decided_on"].isoformat()}
    return Effect(rule_keys=(proposal.rule.key,), detail=said, outcome="penalised")


def _refuse_double(work: Work, act: Act, fined: Iterable[Mapping[str, Any]], case: Mapping[str, Any]) -> None:
    for row in fined:
        earlier = act_of({**case, **{name: row[name] for name in ("acted_from", "acted_to")}}, row["offence"])
        if same_act(work.rules, act, earlier):
            raise _double(row)


def _double(there: Mapping[str, Any]) -> MoveRefused:
    number, decision = there["case_number"], there["decision_number"]
    return MoveRefused(
        Fault(
            "action",
            f"同一违法行为已在案件{number}中处罚（{decision}），不得再次罚款（《行政处罚法》第29条）。",
            f"The same act was fined already in case {number} ({decision}) and is not fined again (APL 29).",
        )
    )


_FIELD_OF = {
    "law_not_in_force": "legal_basis",
    "decided_before_act": "decided_on",
    "wrong_authority": "offence",
    "trailer": "offence",
    "may_not_sign": "action",
    "not_on_the_spot": "on_the_spot",
}


def _penalty(work: Work, form: Mapping[str, Any]) -> Penalty:
    case = work.case
    body = organisations.find_one(work.connection, work.account.organisation_id) or {"level": "city"}
    level = Level.COUNTY if body["level"] == "county" else Level.CITY
    at = datetime.combine(form["decided_on"], time(23, 59), BEIJING)
    return Penalty(
        offence=form["offence"],
        subject_kind=case["subject_kind"],
        subject_id=subject_of(case),
        acted_from=case["acted_from"],
        acted_to=case["acted_to"],
        decided_at=at,
        amount_cny=float(form["amount"]),
        legal_basis=form["legal_basis"] or "",
        by=work.account.organisation_kind,
        signer=level,
        area=case["division"],
        machines=form["machines"],
        is_person=case["party_kind"] != "unit",
        on_the_spot=form["on_the_spot"],
        mitigated=form["mitigated"],
        found_at=case["opened_at"],
        plate=case["subject_text"] if case["subject_kind"] == "truck" else None,
    )


def _form(work: Work) -> dict[str, Any]:
    """The decision as typed; raises MoveRefused with every fault."""
    values = {name: text.strip() for name, text in work.move.values.items()}
    faults: list[Fault] = []
    document = work.document("decision")
    form: dict[str, Any] = {
        "decision_number": values.get("decision_number") or (document["number"] if document else ""),
        "offence": _offence(work, values.get("offence", ""), faults),
        "amount": _amount(values.get("amount", ""), faults),
        "machines": _machines(values.get("machines", "") or "1", faults),
        "decided_on": _day(values.get("decided_on", ""), work.today, "decided_on", faults),
        "code": values.get("code", "")[:20] or None,
        "legal_basis": values.get("legal_basis", "")[:200] or None,
        "on_the_spot": values.get("on_the_spot") == "yes",
        "mitigated": values.get("mitigated") == "yes",
    }
    if not 2 <= len(form["decision_number"]) <= 100:
        faults.append(Fault("decision_number", "请填写决定书文号", "Give the number of the decision"))
    if form["mitigated"] and not work.move.note.strip():
        faults.append(Fault("note", "减轻处罚须说明理由", "Say in the note why it is mitigated"))
    if faults:
        raise MoveRefused(*faults)
    return form


def _offence(work: Work, given: str, faults: list[Fault]) -> Offence | None:
    chosen = given or (work.case["offences"][0] if len(work.case["offences"]) == 1 else "")
    if chosen not in work.case["offences"]:
        faults.append(Fault("offence", "请选择本案认定的违法行为", "Choose one of the offences of the case"))
        return None
    return Offence(chosen)


def _amount(given: str, faults: list[Fault]) -> float:
    try:
        amount = round(float(given), 2)
    except ValueError:
        amount = -1.0
    if not 0 <= amount <= LARGEST_CNY:
        faults.append(Fault("amount", "请填写罚款金额（元）", "Give the amount of the fine in yuan"))
    return amount


def _machines(given: str, faults: list[Fault]) -> int:
    if not (given.isascii() and given.isdigit() and len(given) < 5 and int(given) > 0):
        faults.append(Fault("machines", "请填写台数（1至9999）", "Give the number of machines, 1 to 9999"))
        return 1
    return int(given)


def _day(given: str, today: date, name: str, faults: list[Fault]) -> date:
    try:
        day = date.fromisoformat(given) if given else today
    except ValueError:
        day = date.max
    if day > today:
        faults.append(Fault(name, f"请填写不晚于{today}的日期", f"Give a day not after {today}"))
    return day


def pay(work: Work) -> Effect:
    """The fine was paid."""
    faults: list[Fault] = []
    day = _day(work.move.values.get("paid_on", "").strip(), work.today, "paid_on", faults)
    if faults:
        raise MoveRefused(*faults)
    penalties.set_paid(work.connection, work.case["id"], day)
    return Effect(detail={"paid_on": day.isoformat()})


def revoke(work: Work, organisation_id: int | None) -> Effect:
    """Revoke what an organisation (None: any) decided in the case."""
    reason = f"{work.move.reason}: {work.move.note.strip()}".rstrip(": ")
    numbers = penalties.revoke(work.connection, work.case["id"], organisation_id, reason)
    return Effect(detail={"revoked": numbers})
