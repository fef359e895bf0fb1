"""A tablet of an account, for tests: enrolled, with photos sent in pieces and checks as the app sends them."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Engine, text

from server.db import transaction
from tests.server.conftest import Browser, City, close_sent
from tests.server.evidence_files import picture
from tests.server.inspection_city import INSIDE, OFFICERS, WEATHER

PASSED = {"free_acceleration": {"peaks": [0.8, 0.9, 1.0], "purged": "yes"}}
FAILED = {"free_acceleration": {"peaks": [2.8, 2.9, 3.0], "purged": "yes"}}


def photo(seed: int) -> bytes:
    """A small picture like no other."""
    return picture("JPEG", seed, (8, 6))


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def iso(at: datetime) -> str:
    return at.isoformat()


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status_code: int
    json: Any
    data: bytes


@dataclass
class Tablet:
    """A signed-in tablet. `behind`: how far its clock is behind ours; `known`: how far it thinks it is."""

    browser: Browser
    id: UUID
    behind: timedelta = timedelta(0)
    known: timedelta | None = timedelta(0)
    csrf: str = field(default="")

    def send(self, method: str, path: str, body: Any = None, **options: Any) -> Answer:
        self.csrf = self.csrf or self.browser.token()
        headers = {"X-CSRFToken": self.csrf, **options.pop("headers", {})}
        if body is not None:
            options["data"] = body if isinstance(body, bytes) else json.dumps(body)
            headers.setdefault(
                "Content-Type", "application/octet-stream" if isinstance(body, bytes) else "application/json"
            )
        found = self.browser.client.open(f"/tablet/sync{path}", method=method, headers=headers, **options)
        close_sent(found)
        return Answer(found.status_code, found.get_json(silent=True), found.data)

    def put(
        self, data: bytes, offset: int = 0, total: int | None = None, name: str | None = None, piece: int = 10**6
    ) -> Answer:
        query = f"offset={offset}&bytes={len(data) if total is None else total}"
        return self.send("PUT", f"/files/{name or sha(data)}?{query}", data[offset : offset + piece])

    def clock(self) -> datetime:
        """What the device shows now."""
        return datetime.now(UTC) - self.behind

    def check(self, plate: str = "辽NJC001", files: Sequence[dict[str, Any]] = (), **changes: Any) -> dict[str, Any]:
        """A check made an hour ago, as it is sent now."""
        said = {
            "kind": "roadside", "subject": plate, "colour": "yellow", "subject_kind": "truck", "lon": INSIDE[0],
            "lat": INSIDE[1], "accuracy_m": 8.5, "place": "国道101线", "methods": PASSED, "officers": OFFICERS,
            "weather": WEATHER, "checklist": [], "party": None, "note": "", "instrument_ids": [],
        }  # fmt: skip
        said |= changes.pop("check", {})
        made = self.clock() - changes.pop("ago", timedelta(hours=1))
        known = None if self.known is None else self.known // timedelta(milliseconds=1)
        body = {
            "key": str(uuid4()), "tablet": str(self.id), "base": None, "reason": "", "device_at": iso(made),
            "offset_ms": known, "begun_at": iso(made), "ended_at": iso(made + timedelta(seconds=50)),
            "sent_at": iso(self.clock()), "check": said, "files": list(files), "notice": None, "assignment": None,
            "device_verdict": None, "unsent": 1,
        }  # fmt: skip
        return body | changes

    def take(self, body: dict[str, Any]) -> Answer:
        """Send a check; the device stamps the time of each sending."""
        return self.send("POST", "/checks", {**body, "sent_at": iso(self.clock())})


def named(data: bytes, purpose: str = "scene", **more: Any) -> dict[str, Any]:
    """A photo as a check names it."""
    return {"sha256": sha(data), "bytes": len(data), "purpose": purpose, "name": "photo.jpg", **more}


def enrol(engine: Engine, city: City, username: str, name: str = "平板1") -> UUID:
    """The row of a tablet of an account."""
    number = uuid4()
    with transaction(engine) as connection:
        connection.execute(
            text(
                "INSERT INTO tablets (id, user_id, organisation_id, name, vault_key) SELECT :id, u.id, u.organisation_id,"
                " :name, decode(repeat('00', 32), 'hex') FROM users u WHERE u.id = :user"
            ),
            {"id": number, "user": city.accounts[username], "name": name},
        )
    return number


def revoke(engine: Engine, tablet: Tablet) -> None:
    """Let a tablet be revoked."""
    with transaction(engine) as connection:
        connection.execute(
            text("UPDATE tablets SET revoked_at = now(), revoked_reason = '遗失' WHERE id = :id"), {"id": tablet.id}
        )


def one(engine: Engine, statement: str, **values: Any) -> Any:
    """The one value of a statement."""
    with transaction(engine) as connection:
        return connection.execute(text(statement), values).scalar_one()


def counts(engine: Engine) -> tuple[int, ...]:
    """How many rows everything has that a check writes: to see that a refusal leaves nothing."""
    tables = ("inspections", "inspection_versions", "evidence_items", "evidence_files", "tablet_checks",
              "repair_notices", "audit_log")  # fmt: skip
    return tuple(one(engine, f"SELECT count(*) FROM {name}") for name in tables)
