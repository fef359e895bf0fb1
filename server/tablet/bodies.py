"""JSON bodies of tablets: bounded, strict, and every fault named by its place. Nothing is converted."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

from flask import request
from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError
from pydantic_core import PydanticCustomError

from server.flows.refusals import Fault
from server.tablet.problems import Problem

Model = TypeVar("Model", bound=BaseModel)
MOST_BODY = 2**20  # bytes of a check without its photos; the fullest form has a tenth of it
EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
NO_NUL = "^[^\\x00]*$"
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


class Body(BaseModel):
    """A body: no unknown names, no NaN."""

    model_config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)


def _moment(value: Any) -> Any:
    if not isinstance(value, str) or not _MOMENT.fullmatch(value):
        zh, en = "应为带时区的时间，例如 2026-11-24T08:15:00+08:00", "It must be a time with its zone"
        raise PydanticCustomError("moment", en, {"zh": zh})
    return value


Moment = Annotated[AwareDatetime, BeforeValidator(_moment), Field(strict=False, ge=EARLIEST, le=LATEST)]
"""A time with its zone; a clock that lost its battery says 1970, and that is a time as well."""
Text100 = Annotated[str, StringConstraints(max_length=100, pattern=NO_NUL)]
Text200 = Annotated[str, StringConstraints(max_length=200, pattern=NO_NUL)]
Sha256 = Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]
Uuid = Annotated[str, StringConstraints(pattern="^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")]

WORDS_ZH = {
    "missing": "必填",
    "extra_forbidden": "没有这个字段",
    "string_too_long": "过长",
    "too_long": "项数过多",
    "finite_number": "应为有限的数字",
}


def read_bytes(most: int) -> bytes:
    """The bytes of this request. Raises Problem 413 once there are more, without reading on.

    Counted here: the limit of the request was fixed when the check of the token looked for a form.
    """
    found = bytearray()
    while len(found) <= most and (part := request.stream.read(most + 1 - len(found))):
        found += part
    if len(found) > most:
        raise Problem(413)
    return bytes(found)


def read_body(model: type[Model], most: int = MOST_BODY) -> Model:
    """The body of this request. Raises Problem 400, 413, 415 and 422."""
    if not request.is_json:
        raise Problem(415)
    try:
        return model.model_validate_json(read_bytes(most))
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)[:50]
        status = 400 if any(one["type"] == "json_invalid" for one in found) else 422
        faults = [_fault(one["type"], one["loc"], one["msg"], one.get("ctx") or {}) for one in found]
        raise Problem(status, faults=faults) from error


def _fault(kind: str, place: tuple[int | str, ...], text: str, given: dict[str, Any]) -> Fault:
    path = ".".join(str(part) for part in place)[:200].replace("\0", "")
    return Fault(path, str(given.get("zh") or WORDS_ZH.get(kind, "取值无效")), text[:300])


def query_number(name: str, most: int) -> int:
    """A whole number, not negative, out of the address. Raises Problem 422."""
    text = request.args.get(name, "")
    if not text.isascii() or not text.isdigit() or len(text) > 15 or int(text) > most:
        zh, en = f"应为 0 至 {most} 的整数", f"A whole number from 0 to {most}"
        raise Problem(422, faults=[Fault(name, zh, en)])
    return int(text)
