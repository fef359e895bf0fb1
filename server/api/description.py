"""The OpenAPI description, made true: every status an operation can answer with, limits of addresses, security."""

import re
from typing import Any

from apiflask import APIFlask
from flask import Flask
from pydantic import BaseModel

from server.api.errors import PREFIX, PROBLEM, TEXTS, Error, Refused, answer
from server.api.idempotency import HEADER
from server.api.operations import PATHS, Operation
from server.web.access import PUBLIC, allow

VERSION = "1.0.0"
VARIABLE = re.compile(r"<(?:[^:<>]+:)?([^<>]+)>")
ABOUT = """JSON interface of the platform. Sign in with a personal token (`Authorization: Bearer dmp_...`, made on
the account page or by `POST /api/v1/tokens`), or with the session cookie of the pages; a write with the cookie also
needs the header `X-CSRFToken`, and over https a `Referer` of this site, as browsers send it. What an account may do
and see is what it may do and see on the pages.

Times are ISO 8601 with their zone, positions WGS-84 degrees, units stand in the names of fields and in their
descriptions. Errors are problems (`application/problem+json`) of one form (`Error`), their `title` in the language of
`Accept-Language` or of the account. A record is given with an `ETag`; a change with `If-Match` is refused with 412 when
somebody else changed it meanwhile. A create may carry an `Idempotency-Key` (8 to 200 characters): the same call again
gives the same answer and does nothing twice (a secret is shown once: 409), another body under the same key is refused
with 422. An address that does not exist answers 404, a method that an address does not know 405 with `Allow`, too many
calls 429 with `Retry-After` (counted a minute, for each account, or for each address where nobody is signed in).
Unknown parameters and fields are refused."""
REASONS = {
    400: "The request cannot be read: JSON that is none, or a write with the cookie without X-CSRFToken",
    401: "Not signed in, or the token is unknown, expired or revoked",
    403: "The account lacks the permission",
    404: "No such record in the account's area",
    409: "It contradicts what is on file; nothing was changed",
    412: "The record is no longer the one that If-Match names; nothing was changed",
    413: "The body is larger than 2 MiB, or a file larger than evidence may be",
    415: "The body is not application/json",
    422: "A parameter or a field is not right; every fault is named",
    429: "Too many calls in this minute",
    503: "The database does not answer",
}
BYTES = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
SECURITY = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "A personal token, shown once when it is made.",
    },
    "session": {"type": "apiKey", "in": "cookie", "name": "session", "description": "The session of the pages."},
    "csrf": {
        "type": "apiKey",
        "in": "header",
        "name": "X-CSRFToken",
        "description": "With the session cookie, for writing: the token in `<meta name=csrf-token>` of any page.",
    },
}


def describing_app(name: str) -> APIFlask:
    """An application that describes the blueprints of the API; no page of it comes from elsewhere."""
    app = APIFlask(
        name, "Diesel enforcement platform", VERSION, spec_path="/api/openapi.json", docs_path=None, json_errors=False
    )
    app.config.update(
        OPENAPI_VERSION="3.1.0",
        DESCRIPTION=ABOUT,
        AUTO_404_RESPONSE=False,
        AUTO_VALIDATION_ERROR_RESPONSE=False,
        AUTO_TAGS=True,
        SERVERS=[{"url": "/"}],
    )
    app.spec_processor(complete(app))
    app.register_error_handler(Refused, answer)
    allow(PUBLIC)(app.view_functions["openapi.spec"])
    return app


def statuses(spec: Operation, has_path: bool) -> list[int]:
    """Every status but success that the operation can answer with."""
    found = {422, 429, 503, *spec.refuses}
    if spec.permission != PUBLIC:
        found |= {401, 403}
    if has_path:
        found.add(404)
    if spec.writes:
        found.add(400)
    if spec.has_body:
        found |= {400, 413, 415}
    if spec.takes_bytes:
        found.add(413)
    if spec.creates:
        found.add(409)
    if spec.versioned and spec.writes:
        found.add(412)
    return sorted(found)


def complete(app: Flask) -> Any:
    """The spec processor of this application."""

    def process(spec: dict[str, Any]) -> dict[str, Any]:
        by_address = _operations(app)
        given: list[type[BaseModel]] = [Error, *(one.gives for one in by_address.values())]
        for model in given:
            spec["components"]["schemas"].update(_schemas_of(model))
        spec["components"]["responses"] = {str(code): _response(code) for code in REASONS}
        cookie = {**SECURITY["session"], "name": app.config["SESSION_COOKIE_NAME"]}
        spec["components"]["securitySchemes"] = {**SECURITY, "session": cookie}
        for path, methods in spec["paths"].items():
            for method, one in methods.items():
                if (path, method) in by_address:
                    _complete_one(one, by_address[path, method], path)
        _clean(spec)
        return spec

    return process


def _operations(app: Flask) -> dict[tuple[str, str], Operation]:
    found = {}
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        if hasattr(view, "operation"):
            path = VARIABLE.sub(r"{\1}", rule.rule)
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
                found[path, method.lower()] = view.operation
    return found


def _complete_one(one: dict[str, Any], spec: Operation, path: str) -> None:
    one["parameters"] = [p for p in one.get("parameters", []) if p["in"] != "path"]
    names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    one["parameters"] += [{"name": n, "in": "path", "required": True, "schema": PATHS[n]} for n in names]
    for parameter in one["parameters"]:
        parameter.setdefault("description", parameter["schema"].pop("description", "Which one."))
    success = one["responses"].get(str(spec.status), {})
    one["responses"] = {str(spec.status): success}
    for code in statuses(spec, bool(names)):
        one["responses"][str(code)] = {"$ref": f"#/components/responses/{code}"}
    if spec.permission == PUBLIC:
        one["security"] = []
    else:
        cookie: dict[str, list[str]] = {"session": [], "csrf": []} if spec.writes else {"session": []}
        one["security"] = [{"token": []}, cookie]
    _add_headers(one, success, spec)
    _add_bytes(one, success, spec)
    if "body" in spec.examples:
        one["requestBody"]["content"]["application/json"]["example"] = spec.examples["body"]
    if spec.files:
        one["requestBody"] = {"content": {"multipart/form-data": {"schema": _form_of(spec.files)}}}
    if "requestBody" in one:
        one["requestBody"]["required"] = True
    if "answer" in spec.examples:
        success["content"]["application/json"]["example"] = spec.examples["answer"]


def _form_of(fields: tuple[str, ...]) -> dict[str, Any]:
    """A form whose fields carry files, and beside each the SHA-256 that its sender gives it."""
    binary = {"type": "string", "format": "binary"}
    files = {one: {"type": "array", "items": binary, "description": f"Files: {one}."} for one in fields}
    digest = {"type": "string", "pattern": "^[0-9a-f]{64}$", "description": "SHA-256 of the file, in the same order."}
    return {"type": "object", "properties": files | {f"sha256_{one}": digest for one in fields}}


def _add_headers(one: dict[str, Any], success: dict[str, Any], spec: Operation) -> None:
    """What a call may say and an answer says in headers."""
    if spec.creates:
        schema = {"type": "string", "minLength": 8, "maxLength": 200, "pattern": "^[ -~]+$"}
        about = "Called again with it, the create gives the same answer and does nothing twice; kept for 7 days."
        if spec.secret:
            about = "Called again with it within 7 days, nothing is done twice: 409, as a secret is shown once."
        one["parameters"].append({"name": HEADER, "in": "header", "schema": schema, "description": about})
    if spec.versioned and spec.writes:
        about = "The ETag that the record was read with: refused with 412 when it was changed since."
        one["parameters"].append(
            {"name": "If-Match", "in": "header", "schema": {"type": "string"}, "description": about}
        )
    if spec.versioned and not spec.writes:
        about = "The version of the record, for If-Match."
        success["headers"] = {"ETag": {"description": about, "schema": {"type": "string"}}}


def _add_bytes(one: dict[str, Any], success: dict[str, Any], spec: Operation) -> None:
    """Bodies that are files."""
    if spec.takes_bytes:
        one["requestBody"] = {"content": BYTES}
    if spec.gives_bytes:
        success["content"] = BYTES


def _response(code: int) -> dict[str, Any]:
    word, zh, en = TEXTS[code]
    example: dict[str, Any] = {
        "type": "about:blank",
        "title": zh,
        "status": code,
        "code": word,
        "message_zh": zh,
        "message_en": en,
        "path": PREFIX + "v1/...",
        "faults": [],
        "first": None,
    }
    found: dict[str, Any] = {
        "description": REASONS[code],
        "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Error"}, "example": example}},
    }
    if code == 429:
        seconds = {"type": "integer", "minimum": 1}
        found["headers"] = {"Retry-After": {"description": "Seconds to wait.", "schema": seconds, "required": True}}
    return found


def _schemas_of(model: type[BaseModel]) -> dict[str, Any]:
    """A model as it is given, with the models in it: names and required fields are those of answers."""
    schema = model.model_json_schema(
        ref_template=f"#/components/schemas/{model.__name__}.{{model}}", mode="serialization", by_alias=True
    )
    nested = schema.pop("$defs", {})
    return {model.__name__: schema, **{f"{model.__name__}.{name}": one for name, one in nested.items()}}


def _clean(node: Any) -> None:
    """Defaults of null say nothing and are no values of their kind."""
    if isinstance(node, dict):
        if "default" in node and node["default"] is None:
            del node["default"]
        for value in node.values():
            _clean(value)
    elif isinstance(node, list):
        for value in node:
            _clean(value)
