"""How terminals come and go: login and logout of the `##` family, authentication of JT/T 808."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from telemetry.fleets.members import Member
from telemetry.protocols.annexq.envelope import TERMINAL_START, Header
from telemetry.protocols.annexq.messages import Login, Logout
from telemetry.protocols.annexq.session import write_session
from telemetry.protocols.jt808 import codec as jt808
from telemetry.protocols.jt808.header import Header as BoxHeader
from telemetry.protocols.jt808.messages import Authentication, Message

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LOGIN, _LOGOUT, _AUTHENTICATE = 0x01, 0x04, 0x0102
_ICCID = "8986000000000000000"  # and a digit; no such card is given out
_SERIAL = 1


def logins(members: Sequence[Member], at_us: int) -> Iterator[tuple[Member, bytes]]:
    """The first frame of every terminal that has one."""
    for place, member in enumerate(members):
        if member.layout:
            header = Header(TERMINAL_START, _LOGIN, member.device, software_version=1)
            login = Login(
                protocol=_protocol(member),
                header=header,
                sent_at=_at(at_us),
                serial=_SERIAL,
                iccid=f"{_ICCID}{place % 10}",
            )
            yield member, write_session(login)
        elif member.kind == "jt808":
            code = Authentication("2013", f"CODE{member.device}")
            yield member, jt808.encode(Message(BoxHeader(_AUTHENTICATE, member.device, 0), code))


def logouts(members: Sequence[Member], at_us: int) -> Iterator[tuple[Member, bytes]]:
    """The last frame of every terminal that has one."""
    for member in members:
        if member.layout:
            header = Header(TERMINAL_START, _LOGOUT, member.device, software_version=1)
            logout = Logout(protocol=_protocol(member), header=header, sent_at=_at(at_us), serial=_SERIAL)
            yield member, write_session(logout)


def _protocol(member: Member) -> str:
    if member.kind == "nrmm":
        return "nrmm"
    return "hj1239" if member.layout == "C" else "gb17691"


def _at(at_us: int) -> datetime:
    return _EPOCH + timedelta(microseconds=at_us)
