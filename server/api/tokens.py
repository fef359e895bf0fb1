"""Personal tokens for programs: made with the session of a person, shown once, ended at any time."""

from datetime import UTC, datetime
from typing import Annotated

from apiflask import APIBlueprint
from pydantic import Field, StringConstraints
from werkzeug.exceptions import NotFound

from server.api.errors import refuse
from server.api.idempotency import claim_in
from server.api.kinds import In, Out, PageOf, PagesAsked, page_values
from server.api.operations import operation
from server.db import transaction
from server.flows import api_tokens as flow
from server.flows.api_tokens import TooManyError
from server.store import api_tokens
from server.store.paging import Found
from server.web.access import SIGNED_IN, current_account, current_actor, current_token_id, engine

blueprint = APIBlueprint("api_tokens", __name__, url_prefix="/api/v1/tokens", tag="Tokens")
NAME = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern="^[^\\x00-\\x1f\\x7f]+$")]


class TokenIn(In):
    """A token that is asked for."""

    name: NAME = Field(description="What it is for.", examples=["weighbridge gate 3"])
    days: int = Field(default=90, ge=1, le=366, description="How long it holds, days.")


class Token(Out):
    """A token as its owner sees it afterwards."""

    id: int = Field(description="Its id.", examples=[4])
    name: str = Field(description="What it is for.")
    created_at: datetime = Field(description="When it was made.")
    expires_at: datetime = Field(description="When it ends.")
    last_used_at: datetime | None = Field(description="When it was last used, to the minute.")
    revoked_at: datetime | None = Field(description="When it was revoked.")
    ended: bool = Field(description="Revoked, expired, or ended with the account's sessions.")


class NewToken(Token):
    """A token with its text, which is shown this once."""

    token: str = Field(description="For `Authorization: Bearer`; it cannot be shown again.", examples=["dmp_..."])


class TokenPage(PageOf):
    """A page of the account's tokens."""

    items: list[Token] = Field(description="The rows of the page, newest first.")


@operation(blueprint, "GET", "", allow=SIGNED_IN, asks=PagesAsked, gives=TokenPage, summary="List one's tokens")
def index(query: PagesAsked) -> TokenPage:
    """The account's tokens."""
    user_id = current_account().id
    with transaction(engine()) as connection:
        rows = api_tokens.of_user(connection, user_id, query.limit, (query.page - 1) * query.limit)
        total = api_tokens.count(connection, user_id)
    return TokenPage(items=[Token.model_validate(row) for row in rows], **page_values(query, Found([], total)))


@operation(
    blueprint, "POST", "", allow=SIGNED_IN, takes=TokenIn, gives=NewToken, status=201, refuses=(409,), secret=True,
    summary="Make a token",
    about="With the session of a person alone: a token makes no tokens (403). What ends the account's sessions (a new "
    "password, changed roles) ends its tokens. 409: the account has 50 in force.",
    examples={"body": {"name": "weighbridge gate 3", "days": 90}},
)  # fmt: skip
def create(body: TokenIn) -> NewToken:
    """Make a token."""
    if current_token_id() is not None:
        zh, en = "令牌不能再生成令牌，请登录后操作。", "A token makes no tokens: sign in to make one."
        raise refuse(403, ("needs_session", zh, en))
    user_id = current_account().id
    try:
        with transaction(engine()) as connection:
            claim_in(connection)
            issued = flow.issue(connection, current_actor(), user_id, body.name, datetime.now(UTC), body.days)
            row = api_tokens.find_one(connection, user_id, issued.id)
    except TooManyError:
        zh, en = (
            "有效令牌已达上限，请先撤销不用的。",
            "The account has as many tokens as it may have: revoke one first.",
        )
        raise refuse(409, ("too_many_tokens", zh, en)) from None
    return NewToken.model_validate({**Token.model_validate(row).model_dump(), "token": issued.text})


@operation(
    blueprint, "DELETE", "/<int:number>", allow=SIGNED_IN, gives=Token, summary="Revoke a token",
    about="It ends at once; revoking it again changes nothing.",
)  # fmt: skip
def revoke(number: int) -> Token:
    """End a token."""
    with transaction(engine()) as connection:
        row = flow.revoke(connection, current_actor(), current_account().id, number)
    if row is None:
        raise NotFound
    return Token.model_validate(row)
