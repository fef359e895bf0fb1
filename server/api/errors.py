"""What goes wrong, in one form for all operations: a code, a sentence in both languages, and the place."""

from collections.abc import Sequence

from flask import Response, request
from flask_wtf.csrf import CSRFError
from psycopg.errors import InsufficientPrivilege
from pydantic import BaseModel, Field, ValidationError
from pydantic_core import ErrorDetails
from sqlalchemy.exc import OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from werkzeug.exceptions import HTTPException, InternalServerError

from server.flows import refusals
from server.web.language import language

PREFIX = "/api/"
PROBLEM = "application/problem+json"


class Fault(BaseModel):
    """One thing that is wrong with the request."""

    path: str = Field(description="Where: query.limit, body.plate.", examples=["body.plate"])
    code: str = Field(description="What, as a word.", examples=["missing"])
    message_zh: str = Field(description="What, in Chinese.")
    message_en: str = Field(description="What, in English.")


class First(BaseModel):
    """The record on file that a new one would double."""

    id: int = Field(description="Its id.", examples=[17])
    title: str = Field(description="Its plate, number or name.", examples=["辽N12345"])
    field: str = Field(description="The field by which they are the same.", examples=["plate"])


class Error(BaseModel):
    """The body of every answer that is not a success: a problem (RFC 9457) with the place of each fault."""

    type: str = Field(default="about:blank", description="Always about:blank: `code` says what kind it is.")
    title: str = Field(default="", description="The sentence in the caller's language (account, or Accept-Language).")
    status: int = Field(default=0, description="The status of the answer.", examples=[422])
    code: str = Field(description="What kind of error, a stable word.", examples=["invalid"])
    message_zh: str = Field(description="One sentence in Chinese.", examples=["请求有 1 处错误。"])
    message_en: str = Field(description="One sentence in English.", examples=["The request has 1 fault."])
    path: str = Field(
        description="The place of the first fault (body.plate, query.limit); else the address that was asked for.",
        examples=["body.plate"],
    )
    faults: list[Fault] = Field(default_factory=list, description="Every fault of the request, with its place.")
    first: First | None = Field(default=None, description="The record already on file, where it is why (409).")


TEXTS: dict[int, tuple[str, str, str]] = {
    400: ("malformed", "请求无法解析。", "The request cannot be read."),
    401: (
        "not_signed_in",
        "未登录，或令牌无效、过期、已撤销。",
        "Not signed in, or the token is unknown, has expired or was revoked.",
    ),
    403: ("not_permitted", "账号的角色不能执行该操作。", "The account's role does not allow this."),
    404: (
        "not_found",
        "没有该记录，或不在管辖范围内。",
        "There is no such record, or it lies outside the account's area.",
    ),
    405: ("method_not_allowed", "该地址不支持此方法。", "This address does not know this method."),
    412: (
        "changed_meanwhile",
        "记录已被他人修改，未作任何更改；请重新读取后再试。",
        "Somebody changed the record meanwhile; nothing was changed. Read it again.",
    ),
    409: ("conflict", "与现有记录冲突，未作任何更改。", "It contradicts what is on file; nothing was changed."),
    413: ("too_large", "请求体过大。", "The body of the request is too large."),
    415: ("not_json", "请求体须为 application/json。", "The body must be application/json."),
    422: ("invalid", "请求内容有误。", "The content of the request is not right."),
    429: (
        "too_many",
        "调用过于频繁，请按 Retry-After 稍后再试。",
        "Too many calls; try again after Retry-After seconds.",
    ),
    500: ("broken", "系统出错，该操作已整体撤销。", "Something broke on our side; the whole action was undone."),
    503: ("unavailable", "数据库暂不可用。", "The database does not answer."),
}
CSRF = (
    "csrf",
    "使用会话 Cookie 写入须带 X-CSRFToken 请求头。",
    "Writing with the session cookie needs the header X-CSRFToken.",
)
WORDS_ZH: dict[str, str] = {
    "missing": "必填。",
    "extra_forbidden": "没有这个字段。",
    "json_invalid": "不是有效的 JSON。",
    "literal_error": "不在可选值之列。",
    "repeated": "只能出现一次。",
    "string_too_long": "过长。",
    "string_too_short": "过短。",
    "too_long": "项数过多。",
    "too_short": "项数过少。",
    "string_pattern_mismatch": "格式不符。",
    "greater_than_equal": "小于允许的最小值。",
    "less_than_equal": "大于允许的最大值。",
    "int_type": "应为整数。",
    "int_parsing": "应为整数。",
    "int_from_float": "应为整数。",
    "float_type": "应为数字。",
    "float_parsing": "应为数字。",
    "finite_number": "应为有限的数字。",
    "bool_type": "应为 true 或 false。",
    "string_type": "应为文本。",
    "dict_type": "应为对象。",
    "model_type": "应为对象。",
    "list_type": "应为数组。",
}


class Refused(Exception):
    """The operation was refused: a status, an Error, and headers."""

    def __init__(self, status: int, error: Error, headers: dict[str, str] | None = None) -> None:
        super().__init__(error.message_en)
        self.status = status
        self.error = error
        self.headers = headers or {}


def error_of(
    status: int, texts: tuple[str, str, str] | None = None, path: str | None = None, faults: Sequence[Fault] = ()
) -> Error:
    """The usual Error of a status."""
    code, zh, en = texts or TEXTS[status]
    place = path or (faults[0].path if faults else request.path[:200])
    return Error(code=code, message_zh=zh, message_en=en, path=place, faults=list(faults))


def refuse(status: int, texts: tuple[str, str, str] | None = None, path: str | None = None) -> Refused:
    """To be raised: the request is refused with this status."""
    return Refused(status, error_of(status, texts, path))


def invalid(faults: Sequence[Fault]) -> Refused:
    """To be raised: 422 with every fault."""
    n = len(faults)
    zh, en = f"请求有 {n} 处错误。", f"The request has {n} fault{'s' if n > 1 else ''}."
    return Refused(422, error_of(422, ("invalid", zh, en), faults=faults))


def refused_fields(refused: refusals.Refused, place: str = "body") -> Refused:
    """To be raised: what a flow refused, field by field, as faults of the request's `place`."""
    return invalid(
        [
            Fault(path=f"{place}.{one.field}"[:200], code="refused", message_zh=one.zh, message_en=one.en)
            for one in refused.faults[:50]
        ]
    )


def faults_of(place: str, error: ValidationError) -> list[Fault]:
    """What pydantic objects to, by place."""
    return [_fault(place, one) for one in _without_absent(error.errors(include_url=False, include_input=False))[:50]]


def _without_absent(found: list[ErrorDetails]) -> list[ErrorDetails]:
    """`kind | Absent` is a choice of two for pydantic, which objects once for each: only the kind's fault is told."""
    absent = {one["loc"][:-1] for one in found if one["type"] == "none_required"}
    return [_in_place(one, absent) for one in found if one["type"] != "none_required"]


def _in_place(one: ErrorDetails, absent: set[tuple[int | str, ...]]) -> ErrorDetails:
    place = one["loc"]
    for end in range(len(place) - 1, 0, -1):
        if place[:end] in absent:
            return {**one, "loc": place[:end] + place[end + 1 :]}  # without the name of the choice
    return one


def _fault(place: str, one: ErrorDetails) -> Fault:
    path = ".".join([place, *(str(part) for part in one["loc"])])[:200]
    given = one.get("ctx", {})
    zh = str(given.get("zh") or WORDS_ZH.get(one["type"], "取值无效。"))
    code = str(given.get("code") or one["type"])
    return Fault(path=path, code=code, message_zh=zh, message_en=one["msg"][:500])


def _wants_english() -> bool:
    try:
        return language() == "en"
    except (OperationalError, PoolTimeoutError):  # the account's language is not to be had: this answer says so
        return False


def respond(error: Error, status: int, headers: dict[str, str] | None = None) -> Response:
    """An Error as an answer, in the language of the caller."""
    english = _wants_english()
    title = error.message_en if english else error.message_zh
    told = error.model_copy(update={"title": title, "status": status})
    answer = Response(told.model_dump_json(), status, headers, mimetype=PROBLEM)
    answer.headers["Content-Language"] = "en" if english else "zh-CN"
    if status == 401:
        answer.headers["WWW-Authenticate"] = 'Bearer realm="api"'
    return answer


def answer(fault: Exception) -> Response:
    """The answer to whatever was raised under /api/."""
    if isinstance(fault, InternalServerError) and isinstance(fault.original_exception, Exception):
        fault = fault.original_exception  # Flask wraps what nobody caught
    if isinstance(fault, Refused):
        return respond(fault.error, fault.status, fault.headers)
    if isinstance(fault, CSRFError):
        return respond(error_of(400, CSRF), 400)
    if not isinstance(fault, HTTPException):
        status = _status_of(fault)
        return respond(error_of(status), status)
    status = fault.code if fault.code in TEXTS else 400 if (fault.code or 500) < 500 else 500
    kept = {name: value for name, value in fault.get_headers() if name in {"Allow", "Retry-After"}}
    return respond(error_of(status), status, kept)


def _status_of(fault: Exception) -> int:
    """The status for what broke below the operations."""
    if isinstance(fault, ProgrammingError) and isinstance(fault.orig, InsufficientPrivilege):
        return 403  # the fence of the database stood where no rule above it did
    return 503 if isinstance(fault, OperationalError | PoolTimeoutError) else 500
