"""The account that calls: who it is here, what it may do, what it may see."""

from apiflask import APIBlueprint
from pydantic import Field

from server.api.kinds import Out
from server.api.operations import operation
from server.web.access import PERMISSIONS, SIGNED_IN, current_account, permits

blueprint = APIBlueprint("api_account", __name__, url_prefix="/api/v1/account", tag="Account")


class AccountOut(Out):
    """The account that calls."""

    username: str = Field(description="User name.", examples=["officer"])
    name: str = Field(description="Full name.")
    roles: list[str] = Field(description="Its roles.", examples=[["officer"]])
    permissions: list[str] = Field(description="What it may do.", examples=[["violations.read"]])
    organisation_zh: str = Field(description="Organisation, in Chinese.")
    organisation_en: str = Field(description="Organisation, in English.")
    divisions: str | None = Field(description="Beginning of the area codes it sees; null: held by its enterprise.")
    enterprise_id: int | None = Field(description="The enterprise whose records it sees.")


@operation(blueprint, "GET", "", allow=SIGNED_IN, gives=AccountOut, summary="The account that calls")
def show() -> AccountOut:
    """Who calls."""
    account = current_account()
    return AccountOut(
        username=account.username,
        name=account.name,
        roles=sorted(account.roles),
        permissions=sorted(n for n in PERMISSIONS if permits(n, account.roles, account.organisation_kind)),
        organisation_zh=account.organisation_zh,
        organisation_en=account.organisation_en,
        divisions=account.scope.divisions,
        enterprise_id=account.enterprise_id,
    )
