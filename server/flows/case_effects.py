"""What belongs to a step beside moving its branch: referrals written and settled, penalties recorded and revoked.

One function a step, by (branch, action) in EFFECTS; each checks the form of the step and names every fault's field.
"""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Connection

from enforcement.cases.reasons import REASON_WORDS
from enforcement.cases.referrals import ReferralKind
from enforcement.cases.states import Branch
from server.flows.case_penalties import decide, pay, penalise, revoke
from server.flows.case_work import Effect, Move, MoveRefused, Work
from server.flows.refusals import Fault
from server.store import organisations, referrals, repairs

TEXT_MOST = 2000
RECEIVERS: dict[Branch, str] = {Branch.POLICE: "police", Branch.TRANSPORT: "transport", Branch.CITY: "partner"}
"""The kind of organisation that each referral goes to."""
_LETTERS = frozenset({"transfer_letter", "copy_letter"})  # one goes with its own referral alone
_ENDS = {
    "receive": "received", "accept": "accepted", "enter": "entered", "notify_owner": "notified",
    "penalise": "penalised", "return": "returned", "answer": "answered", "answer_without_penalty": "answered",
    "withdraw": "withdrawn", "revoke_penalty": "answered",
}  # fmt: skip


def city_key(connection: Connection, case: Mapping[str, Any], asked: Move) -> str:
    """The key of the branch to the city that the form names: `city:` and its four digits."""
    body = _receiver(connection, case, Branch.CITY, asked.values)
    return f"{Branch.CITY}:{body['division'][:4]}"


def _receiver(
    connection: Connection, case: Mapping[str, Any], branch: Branch, values: Mapping[str, str]
) -> dict[str, Any]:
    given = values.get("to", "")
    body = organisations.find_one(connection, int(given)) if given.isascii() and given.isdigit() else None
    if body is None or body["kind"] != RECEIVERS[branch] or body["id"] == case["organisation_id"]:
        raise MoveRefused(Fault("to", "请选择接收单位", "Choose the body that it goes to"))
    return body


def _refer(work: Work) -> Effect:
    """Send the case, or its copy, with the manifest of the evidence as it is now."""
    values = work.move.values
    body = _receiver(work.connection, work.case, work.row.branch, values)
    faults = [
        Fault(name, f"请填写，不超过{most}字", f"Fill it in, at most {most} characters")
        for name, least, most in (("basis", 2, 500), ("message", 0, TEXT_MOST), ("contact", 0, 200))
        if not least <= len(values.get(name, "").strip()) <= most
    ]
    if faults:
        raise MoveRefused(*faults)
    kind = ReferralKind.TRANSFER if work.row.branch is Branch.POLICE else ReferralKind.COPY
    manifest = _manifest(work)
    referral_id, number = referrals.insert(
        work.connection,
        {
            "case_id": work.case["id"], "branch": work.key, "kind": str(kind),
            "from_id": work.case["organisation_id"], "to_id": body["id"], "basis": values["basis"].strip(),
            "message": values.get("message", "").strip() or None, "contact": values.get("contact", "").strip() or None,
            "manifest": manifest, "sent_by": work.actor.user_id, "sent_at": work.now,
        },
        f"{work.today:%Y%m%d}",
    )  # fmt: skip
    said = {"referral": number, "to": body["code"], "evidence": len(manifest["evidence"])}
    return Effect(referral_id, body["id"], detail=said)


def _manifest(work: Work) -> dict[str, Any]:
    """What is sent: evidence with its hashes, the sources with theirs, the documents by number."""
    return {
        "evidence": referrals.evidence(work.connection, work.case["id"]),
        "sources": [
            {name: one.get(name) for name in ("kind", "number", "at", "sha256", "manifest_sha256")}
            for one in work.case["facts"].get("sources", [])
        ],
        "documents": [
            {"kind": one["kind"], "number": one["number"]}
            for one in work.documents
            if one["state"] != "revoked" and one["kind"] not in _LETTERS - {work.row.needs_document}
        ],
        "sealed_at": work.now.isoformat(),
    }


def _settle(work: Work) -> Effect:
    """Receive, accept, return, answer, withdraw: the referral of the branch follows it."""
    found = referrals.newest_of(work.connection, work.case["id"], work.key)
    if found is None:
        raise MoveRefused(Fault("action", "没有该移送（抄告）", "There is no such referral"))
    said, result = _result(work)
    reason = _reason(work) if work.row.needs_reason else None
    state = _ENDS[work.row.action]
    referrals.settle(work.connection, found["id"], state, work.actor.user_id, reason, result, work.now)
    return Effect(found["id"], found["to_id"], detail={"referral": found["number"], **said})


def _reason(work: Work) -> str:
    """The reason in words, with the note behind it: what the other bureau reads."""
    words = REASON_WORDS[str(work.move.reason)].zh
    return f"{words}：{work.move.note.strip()}" if work.move.note.strip() else words


def _result(work: Work) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """What an answer says besides: a copy is answered in words, a transfer by its penalty."""
    if work.row.action != "answer" or work.row.branch is Branch.POLICE:
        return {}, None
    text = work.move.values.get("result", "").strip()
    if not 2 <= len(text) <= TEXT_MOST:
        zh, en = f"请填写处理结果（2至{TEXT_MOST}字）", f"Say what was done, in 2 to {TEXT_MOST} characters"
        raise MoveRefused(Fault("result", zh, en))
    return {"result": text}, {"text": text}


def _police_penalty(work: Work) -> Effect:
    """The police record their decision: the penalty, and the result of the referral."""
    found = referrals.newest_of(work.connection, work.case["id"], work.key)
    effect = penalise(work, found["id"] if found else None)
    if found is not None:
        referrals.settle(work.connection, found["id"], "penalised", work.actor.user_id, None, effect.detail, work.now)
    return Effect(
        found["id"] if found else None, work.account.organisation_id, effect.rule_keys, effect.detail, effect.outcome
    )


def _police_revocation(work: Work) -> Effect:
    effect = revoke(work, work.account.organisation_id)
    settled = _settle(work)
    return Effect(settled.referral_id, settled.organisation_id, detail={**settled.detail, **effect.detail})


def _own_clock(work: Work) -> Effect:
    """Clocks of an objection run for the bureau that records it."""
    return Effect(organisation_id=work.account.organisation_id)


def _passed_elsewhere(work: Work) -> Effect:
    """The notice of the case is done, too; what is no longer owed or scrapped a trigger tells it."""
    notice = repairs.close_of_case(work.connection, work.case["id"], "passed")
    return Effect(detail={"notice": notice["number"]} if notice else {})


_P = Branch.POLICE
EFFECTS: dict[tuple[Branch, str], Callable[[Work], Effect]] = {
    **{(branch, "refer"): _refer for branch in RECEIVERS},
    **{
        (branch, action): _settle
        for branch in RECEIVERS
        for action in _ENDS
        if action not in {"penalise", "revoke_penalty"}
    },
    (_P, "penalise"): _police_penalty,
    (_P, "revoke_penalty"): _police_revocation,
    (Branch.MAIN, "decide"): decide,
    (Branch.MAIN, "pay"): pay,
    (Branch.MAIN, "revoke"): lambda work: revoke(work, None),
    (Branch.REPAIR, "pass_elsewhere"): _passed_elsewhere,
    (Branch.OBJECTION, "object"): _own_clock,
    (Branch.OBJECTION, "uphold"): _own_clock,
}
