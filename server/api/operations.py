"""An operation: its route, permission, models and description stand together, and the description comes of them.

    @operation(blueprint, "GET", "/<int:number>", allow="registry.read", gives=Truck, summary="One truck")
    def show(number: int) -> Truck: ...

The query is given to the view as `query`, the body as `body`, both checked.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from hashlib import sha256
from typing import Any, TypeVar

from apiflask import APIBlueprint
from flask import Response, current_app, g, request
from pydantic import BaseModel, ValidationError
from werkzeug.exceptions import UnsupportedMediaType

from server.api import idempotency, versions
from server.api.errors import Error, Fault, Refused, error_of, faults_of, invalid
from server.api.kinds import INT32, INT64, repeated
from server.web.access import PUBLIC, allow, current_token_id

View = TypeVar("View", bound=Callable[..., Any])
LARGEST_BODY = 2 * 1024 * 1024

PATHS: dict[str, dict[str, Any]] = {
    "number": {"type": "integer", "minimum": 1, "maximum": INT32},
    "number64": {"type": "integer", "minimum": 1, "maximum": INT64},
    "code": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[^/\\x00]+$"},
    "violation": {"type": "string", "pattern": "^V[0-9]{8}-[0-9]{1,12}$"},
    "case": {"type": "string", "pattern": "^C[0-9]{8}-[0-9]{1,12}$"},
    "referral": {"type": "string", "pattern": "^R[0-9]{8}-[0-9]{1,12}$"},
    "capture": {"type": "string", "pattern": "^B[0-9]{8}-[0-9]{1,12}$"},
}
"""The variable parts of addresses, by name, as the description gives them."""


@dataclass(frozen=True, slots=True)
class Operation:
    """What the description says beyond the models."""

    permission: str
    summary: str
    about: str
    writes: bool
    has_body: bool
    has_query: bool
    refuses: tuple[int, ...]
    gives: type[BaseModel]
    status: int
    examples: Mapping[str, Any] = field(default_factory=dict)
    versioned: bool = False

    @property
    def creates(self) -> bool:
        """Whether a call makes something new: it may then carry an Idempotency-Key."""
        return self.writes and self.status == 201 and self.has_body

    secret: bool = False
    files: tuple[str, ...] = ()
    takes_bytes: bool = False
    gives_bytes: bool = False


def operation(
    blueprint: APIBlueprint,
    method: str,
    rule: str,
    *,
    allow: str,
    gives: type[BaseModel],
    summary: str,
    about: str = "",
    asks: type[BaseModel] | None = None,
    takes: type[BaseModel] | None = None,
    status: int = 200,
    refuses: tuple[int, ...] = (),
    examples: Mapping[str, Any] | None = None,
    versioned: bool = False,
    secret: bool = False,
    files: tuple[str, ...] = (),
    takes_bytes: bool = False,
    gives_bytes: bool = False,
) -> Callable[[View], View]:
    """Put a view on an address with all that the description and the checks need.

    `takes_bytes`: the body is a file, which the view reads as a stream; `gives_bytes`: so is the answer.
    """
    spec = Operation(
        allow, summary, about, method != "GET", takes is not None, asks is not None, refuses, gives, status,
        examples or {}, versioned, secret, files, takes_bytes, gives_bytes,
    )  # fmt: skip

    def put(view: View) -> View:
        told = _checked(view, asks, takes, spec)
        vars(told).update(operation=spec, _spec=_described(blueprint, spec, asks, takes))
        blueprint.route(rule, methods=[method])(_permitted(allow, told))
        return view

    return put


def _described(
    blueprint: APIBlueprint, spec: Operation, asks: type[BaseModel] | None, takes: type[BaseModel] | None
) -> dict[str, Any]:
    """What APIFlask writes the description from.

    Its own reading of bodies and queries stays out: it takes any content type and breaks on deep nesting.
    """

    def stub() -> None: ...

    told: Any = stub
    if asks is not None:
        told = blueprint.input(asks, location="query")(told)
    if takes is not None:
        told = blueprint.input(takes)(told)
    told = blueprint.output(spec.gives, spec.status)(told)
    told = blueprint.doc(summary=spec.summary, description=_description(spec))(told)
    found: dict[str, Any] = told._spec
    return found


def _permitted(permission: str, view: Any) -> Any:
    return allow(permission)(view)


def _description(spec: Operation) -> str:
    who = "Permission: none, the operation is public." if spec.permission == PUBLIC else (
        f"Permission: `{spec.permission}`."
    )  # fmt: skip
    return f"{spec.about} {who}".strip()


def _checked(
    view: Callable[..., Any], asks: type[BaseModel] | None, takes: type[BaseModel] | None, spec: Operation
) -> Callable[..., Response]:
    @wraps(view)
    def call(*args: Any, **values: Any) -> Response:
        if spec.writes:
            _refuse_forged()
        if asks is not None:
            values["query"] = read_query(asks)
        elif request.args:
            raise invalid([_unknown(name) for name in request.args])
        if takes is not None:
            values["body"] = read_body(takes)
        if spec.creates:
            return idempotency.once(
                request.endpoint or "", lambda: _answer(view(*args, **values), spec.status), spec.secret
            )
        return _answer(view(*args, **values), spec.status)

    return call


def _refuse_forged() -> None:
    """A browser sends the cookie by itself: a write with it must show the page's token. A bearer token needs none."""
    if current_token_id() is None:
        current_app.extensions["csrf"].protect()


def _answer(given: Any, status: int) -> Response:
    if isinstance(given, Response):
        return given
    model, code = given if isinstance(given, tuple) else (given, status)
    answer = Response(model.model_dump_json(by_alias=True), code, mimetype="application/json")
    tag = versions.take_tag(answer.get_data())
    if tag is not None:
        answer.set_etag(tag)
        answer.make_conditional(request)
    return answer


def _unknown(name: str) -> Fault:
    return Fault(
        path=f"query.{name}"[:200], code="extra_forbidden", message_zh="没有这个参数。", message_en="No such parameter"
    )


def read_query(model: type[BaseModel]) -> BaseModel:
    """The query of the address; raises Refused."""
    twice = [
        Fault(
            path=f"query.{name}"[:200], code="repeated", message_zh="只能出现一次。", message_en="Given more than once"
        )
        for name in repeated(request.args)
    ]
    if twice:
        raise invalid(twice)
    try:
        return model.model_validate(request.args.to_dict())
    except ValidationError as error:
        raise invalid(faults_of("query", error)) from error


def read_body(model: type[BaseModel]) -> BaseModel:
    """The JSON body; raises Refused, 413 and 415."""
    if not request.is_json:
        raise UnsupportedMediaType
    request.max_content_length = LARGEST_BODY
    try:
        given = request.get_data(cache=False)
        g.body_sha256 = sha256(given).digest()
        return model.model_validate_json(given)
    except ValidationError as error:
        faults = faults_of("body", error)
        if any(fault.code == "json_invalid" for fault in faults):
            raise Refused(400, error_of(400, path="body", faults=faults)) from error
        raise invalid(faults) from error


__all__ = ["LARGEST_BODY", "PATHS", "Error", "Operation", "operation"]
