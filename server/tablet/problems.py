"""What goes wrong under /tablet/, in one form: a code, a sentence in both languages, the faults with their place."""

from collections.abc import Iterable

from flask import Response, jsonify
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from werkzeug.exceptions import HTTPException, InternalServerError

from server.flows.refusals import Fault

PREFIX = "/tablet/"

TEXTS: dict[int, tuple[str, str, str]] = {
    400: ("malformed", "请求无法解析。", "The request cannot be read."),
    401: ("signed_out", "登录已失效，请重新登录。", "The session has ended. Sign in again."),
    403: ("not_permitted", "账号不能使用移动执法终端。", "This account may not use the tablet."),
    404: ("not_found", "没有该记录，或不在管辖范围内。", "There is no such record, or it lies outside the area."),
    405: ("method_not_allowed", "该地址不支持此操作。", "This address does not know this method."),
    409: ("conflict", "与现有记录冲突，未作任何更改。", "It contradicts what is on file; nothing was changed."),
    413: ("too_large", "内容过大，未保存。", "It is too large and was not kept."),
    415: ("not_json", "请求内容须为 JSON。", "The body must be JSON."),
    422: ("refused", "内容有误，未作任何更改。", "The content is not right; nothing was changed."),
    429: ("too_many", "请求过于频繁，请稍后再试。", "Too many requests; try again later."),
    500: ("broken", "服务器出错，该操作已整体撤销。", "Something broke on the server; the whole action was undone."),
    503: ("unavailable", "服务器暂不可用，请稍后再试。", "The server is not available; try again later."),
}
CSRF = ("csrf", "会话标识已更换，请重试。", "The token of the session is out of date; try again.")


class Problem(Exception):
    """To be raised in a view below /tablet/: the answer with this status, code, texts, faults and further fields."""

    def __init__(
        self,
        status: int,
        code: str | None = None,
        texts: tuple[str, str] | None = None,
        faults: Iterable[Fault] = (),
        **more: object,
    ) -> None:
        usual = TEXTS.get(status, TEXTS[500])
        self.status = status
        self.code = code or usual[0]
        self.texts = texts or usual[1:]
        self.faults = tuple(faults)
        self.more = more
        super().__init__(self.texts[1])


def respond(problem: Problem) -> Response:
    """The answer: {code, zh, en, faults: [{path, zh, en}], ...}."""
    faults = [{"path": one.field, "zh": one.zh, "en": one.en} for one in problem.faults]
    answer = jsonify(code=problem.code, zh=problem.texts[0], en=problem.texts[1], faults=faults, **problem.more)
    answer.status_code = problem.status
    return answer


def answer(fault: Exception) -> Response:
    """The answer to whatever was raised under /tablet/."""
    if isinstance(fault, InternalServerError) and isinstance(fault.original_exception, Exception):
        fault = fault.original_exception  # Flask wraps what nobody caught
    if isinstance(fault, Problem):
        return respond(fault)
    if isinstance(fault, CSRFError):
        return respond(Problem(400, CSRF[0], CSRF[1:]))
    if isinstance(fault, HTTPException):
        code = fault.code or 500
        return respond(Problem(code if code in TEXTS else 400 if code < 500 else 500))
    return respond(Problem(503 if isinstance(fault, OperationalError | PoolTimeoutError) else 500))
