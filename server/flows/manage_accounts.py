"""Accounts are made, changed, closed; passwords are set. Each in one transaction, each in the audit log."""

import re
from dataclasses import dataclass

from sqlalchemy import Connection

from server.flows.refusals import Fault, Refused
from server.flows.sign_in import HASHER, password_matches
from server.store import audit, users
from server.store.audit import Actor
from server.store.users import Role

PASSWORD_LEAST = 10
PASSWORD_MOST = 128
USERNAME = re.compile(r"[a-z0-9._-]{3,40}")


@dataclass(frozen=True, slots=True)
class Draft:
    """An account as a form describes it."""

    username: str
    name: str
    organisation_id: int | None
    roles: frozenset[str]
    enforcement_card: str = ""
    active: bool = True


def password_faults(password: str, username: str, field: str = "password") -> list[Fault]:
    """Length, three kinds of characters out of four, not the user name."""
    faults = []
    if not PASSWORD_LEAST <= len(password) <= PASSWORD_MOST:
        faults.append(
            Fault(
                field,
                f"密码长度应为 {PASSWORD_LEAST} 至 {PASSWORD_MOST} 个字符",
                f"Use {PASSWORD_LEAST} to {PASSWORD_MOST} characters",
            )
        )
    kinds = (r"[a-z]", r"[A-Z]", r"[0-9]", r"[^a-zA-Z0-9]")
    if sum(bool(re.search(kind, password)) for kind in kinds) < 3:
        faults.append(
            Fault(
                field,
                "密码应包含大写字母、小写字母、数字、其他字符中的至少三类",
                "Use at least three of: capital letters, small letters, figures, other characters",
            )
        )
    if username and username.lower() in password.lower():
        faults.append(Fault(field, "密码不得包含用户名", "The password must not contain the user name"))
    return faults


def draft_faults(draft: Draft) -> list[Fault]:
    """What is wrong with the account itself."""
    faults = []
    if not USERNAME.fullmatch(draft.username):
        faults.append(
            Fault(
                "username",
                "用户名为 3 至 40 个字符，只能使用小写字母、数字、点、下划线和连字符",
                "3 to 40 characters: small letters, figures, dot, underscore, hyphen",
            )
        )
    if not draft.name.strip():
        faults.append(Fault("name", "请填写姓名", "Enter the person's name"))
    if draft.organisation_id is None:
        faults.append(Fault("organisation_id", "请选择单位", "Choose an organisation"))
    if not draft.roles or draft.roles - {role.value for role in Role}:
        faults.append(Fault("roles", "请至少选择一个角色", "Choose at least one role"))
    return faults


def create_account(connection: Connection, actor: Actor, draft: Draft, password: str) -> int:
    """Make an account; its number. Raises Refused."""
    faults = draft_faults(draft) + password_faults(password, draft.username)
    if not faults and users.find_by_username(connection, draft.username):
        faults.append(Fault("username", "该用户名已被使用", "This user name is taken"))
    if faults:
        raise Refused(faults)
    user_id = users.create(
        connection,
        organisation_id=draft.organisation_id,
        username=draft.username,
        name=draft.name.strip(),
        password_hash=HASHER.hash(password),
        roles=draft.roles,
        enforcement_card=draft.enforcement_card or None,
    )
    detail = {
        "username": draft.username,
        "roles": sorted(draft.roles),
        "organisation_id": draft.organisation_id,
    }
    audit.append(connection, actor, "account.create", "account", user_id, detail)
    return user_id


def change_account(connection: Connection, actor: Actor, user_id: int, draft: Draft) -> None:
    """Change name, organisation, roles, card, activity; its sessions end. Raises Refused."""
    admins = users.lock_admins(connection)
    before = users.find_account(connection, user_id)
    faults = draft_faults(draft)
    keeps = draft.active and Role.SECURITY_ADMIN in draft.roles
    if not keeps and admins == [user_id]:
        faults.append(
            Fault(
                "roles",
                "这是最后一个有效的安全管理员，不能停用或取消该角色",
                "This is the last active security administrator: it cannot be closed or lose the role",
            )
        )
    if before is None or faults:
        raise Refused(faults)
    users.update(
        connection,
        user_id,
        name=draft.name.strip(),
        organisation_id=draft.organisation_id,
        roles=draft.roles,
        enforcement_card=draft.enforcement_card or None,
        active=draft.active,
    )
    detail = {
        "before": {
            "name": before.name,
            "roles": sorted(before.roles),
            "active": before.active,
            "organisation_id": before.organisation_id,
        },
        "after": {
            "name": draft.name.strip(),
            "roles": sorted(draft.roles),
            "active": draft.active,
            "organisation_id": draft.organisation_id,
        },
    }
    audit.append(connection, actor, "account.change", "account", user_id, detail)


def change_password(connection: Connection, actor: Actor, account: users.Account, old: str, new: str) -> None:
    """The owner sets a new password; every other session ends. Raises Refused."""
    faults = password_faults(new, account.username, "new")
    if not password_matches(users.password_hash(connection, account.id), old):
        faults.insert(0, Fault("old", "当前密码不正确", "The present password is not right"))
    elif old == new:
        faults.append(Fault("new", "新密码不得与当前密码相同", "The new password must differ from the present one"))
    if faults:
        raise Refused(faults)
    users.set_password(connection, account.id, HASHER.hash(new))
    audit.append(connection, actor, "account.password_change", "account", account.id)


def reset_password(connection: Connection, actor: Actor, account: users.Account, new: str) -> None:
    """The security administrator sets a password; every session of the account ends. Raises Refused."""
    faults = password_faults(new, account.username)
    if faults:
        raise Refused(faults)
    users.set_password(connection, account.id, HASHER.hash(new))
    audit.append(connection, actor, "account.password_reset", "account", account.id)
