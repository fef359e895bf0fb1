"""Error pages in both languages: what happened, what was kept, where to go on."""

from collections.abc import Callable, Mapping

from flask import Flask, Response, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

TEXTS: dict[int, tuple[str, str, str, str]] = {
    400: (
        "请求无法处理",
        "The request could not be taken",
        "未作任何更改。请返回上一页检查后重试。",
        "Nothing was changed. Go back, check and try again.",
    ),
    401: ("请先登录", "Sign in first", "登录后可回到本页。", "You will come back to this page."),
    403: (
        "没有权限",
        "Not permitted",
        "您的角色不能执行该操作，未作任何更改。如有需要，请联系安全管理员。",
        "Your role does not allow this. Nothing was changed. Ask the security administrator if you need it.",
    ),
    404: (
        "找不到该页面",
        "No such page",
        "地址有误，或该记录不在您的管辖范围内。",
        "The address is wrong, or the record lies outside your area.",
    ),
    405: ("不支持该操作", "Not possible here", "未作任何更改。", "Nothing was changed."),
    413: (
        "文件过大",
        "The file is too large",
        "文件未保存。请拆分后再上传。",
        "It was not kept. Split it and try again.",
    ),
    500: (
        "系统出错",
        "Something broke on our side",
        "该操作已整体撤销，未保存任何部分。错误已记录，请稍后重试。",
        "The whole action was undone; no part of it was kept. The fault is logged. Try again later.",
    ),
}
CSRF = (
    "页面已过期",
    "The page is out of date",
    "未作任何更改。您填写的内容已保留在浏览器中：返回上一页，重新提交即可。",
    "Nothing was changed. What you typed is kept in your browser: go back and send it again.",
)


def _answer(code: int, texts: tuple[str, str, str, str]) -> tuple[Response | str, int]:
    title_zh, title_en, text_zh, text_en = texts
    if request.accept_mimetypes.best == "application/json" or request.headers.get("X-Poll"):
        return jsonify(error={"zh": title_zh, "en": title_en}), code
    page = render_template("error.html", code=code, title=(title_zh, title_en), sentence=(text_zh, text_en))
    return page, code


def _http(fault: HTTPException) -> tuple[Response | str, int] | HTTPException:
    code = fault.code or 500
    if isinstance(fault, CSRFError):
        return _answer(400, CSRF)
    return _answer(code, TEXTS[code]) if code in TEXTS else fault


def _crash(fault: Exception) -> tuple[Response | str, int]:
    return _answer(500, TEXTS[500])


def init(app: Flask, elsewhere: Mapping[str, Callable[[Exception], Response]] | None = None) -> None:
    """Answer faults with pages; `elsewhere` names beginnings of addresses where another form of answer is used."""

    def other() -> Callable[[Exception], Response] | None:
        found = (answer for begin, answer in (elsewhere or {}).items() if request.path.startswith(begin))
        return next(found, None)

    def http(fault: HTTPException) -> ResponseReturnValue:
        answer = other()
        return answer(fault) if answer else _http(fault)

    def crash(fault: Exception) -> ResponseReturnValue:
        answer = other()
        return answer(fault) if answer else _crash(fault)

    app.register_error_handler(HTTPException, http)
    app.register_error_handler(500, crash)
