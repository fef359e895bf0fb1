"""What the flows of cases refuse, as answers of the API."""

from collections.abc import Iterator
from contextlib import contextmanager

from werkzeug.exceptions import NotFound

from server.api.errors import Fault, Refused, error_of, invalid
from server.flows.case_drafts import SourceRefused
from server.flows.case_work import MoveRefused, Stale
from server.flows.open_case import AlreadyInCase, SameAct


@contextmanager
def case_refusals() -> Iterator[None]:
    """Turn what a flow raises into 404, 409 or 422."""
    try:
        yield
    except LookupError:
        raise NotFound from None
    except Stale as stale:
        raise _conflict("stale", *_first(stale)) from None
    except AlreadyInCase as there:
        number = there.case["number"]
        zh, en = f"该来源已在案件{number}中。", f"The source is in case {number} already."
        raise _conflict("already_in_case", zh, en) from None
    except SameAct as same:
        number = same.case["number"]
        zh = f"与案件{number}疑为同一违法行为：请并入（join），或说明为何属另一行为（another_act）。"
        en = f"Case {number} seems to be about the same act: join it (join), or say why it is another (another_act)."
        raise _conflict("same_act", zh, en) from None
    except SourceRefused as refused:
        raise invalid([_fault("body.sources", refused.zh, refused.en)]) from None
    except MoveRefused as refused:
        raise invalid([_fault(_place(one.field), one.zh, one.en) for one in refused.faults]) from None


def _first(stale: Stale) -> tuple[str, str]:
    when = stale.at.isoformat() if stale.at else "-"
    who = stale.person or "-"
    return f"案件已由{who}于{when}变更，未作任何更改。", f"{who} changed the case at {when}; nothing was changed."


def _place(field: str) -> str:
    own = {"action", "reason", "note", "branch", "party_kind", "party_name", "party_code", "another_act"}
    return f"body.{field}" if field in own else f"body.values.{field}"


def _fault(path: str, zh: str, en: str) -> Fault:
    return Fault(path=path, code="refused", message_zh=zh, message_en=en)


def _conflict(code: str, zh: str, en: str) -> Refused:
    return Refused(409, error_of(409, (code, zh, en)))
