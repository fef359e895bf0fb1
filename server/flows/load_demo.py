"""The demonstration city: invented accounts, subjects, zones and whitelist entries, plainly marked as such.

Running it again changes nothing. Apart from the passwords everything is the same at every start; passwords are made
at the first one and kept in a file that only the owner may read.
"""

import datetime as dt
import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import shapely
from sqlalchemy import Connection, Engine

from enforcement.zones.terms_json import from_json, to_json
from server.db import transaction
from server.flows import demo_subjects
from server.flows.demo_captures import load_captures
from server.flows.demo_cases import load_cases
from server.flows.demo_casework import load_casework
from server.flows.demo_fieldwork import load_fieldwork
from server.flows.demo_gates import load_gates
from server.flows.demo_inspections import load_inspections
from server.flows.demo_large_users import load_large_users
from server.flows.demo_ledger_review import load_ledger_review
from server.flows.demo_ledgers import load_ledgers
from server.flows.demo_sites import load_past_alert, load_sites
from server.flows.demo_subjects import read_data
from server.flows.manage_accounts import Draft, create_account, password_faults
from server.flows.publish_zone import NewZone, create_zone, publish_version
from server.flows.sign_in import HASHER
from server.store import organisations, registry_rows, stations, users, whitelist, whitelist_steps, zones
from server.store.audit import PLATFORM
from server.store.enterprises import ENTERPRISES
from server.store.evidence_store import EvidenceStore
from server.store.machines import MACHINES
from server.store.scopes import Scope
from server.store.terminals import TERMINALS
from server.store.trucks import TRUCKS
from server.store.whitelist import NewEntry
from server.store.zones import NewVersion

FILE = "demo_accounts.json"
WORDS = "amber birch cedar delta ember fjord grove heron iris jade kelp larch maple north ocean pine river stone tulip"
EVERYWHERE = Scope()


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """One account of the demonstration, with its password as it was made."""

    username: str
    roles: tuple[str, ...]
    name: str
    password: str


def load_demo(engine: Engine, secrets_dir: Path, store: EvidenceStore | None = None) -> dict[str, int]:
    """Load what is missing of the demonstration city; how many rows of each kind were added.

    What comes with pictures is loaded where there is a store for them.
    """
    with transaction(engine) as connection:
        added = {
            "organisations": organisations.put_organisations(connection, read_data("bodies.yaml")),
            "accounts": _load_accounts(connection, secrets_dir),
            **_load_subjects(connection),
            "zones": _load_zones(connection),
        }
        added["whitelist"] = _load_whitelist(connection)
        added["stations"] = _load_stations(connection)
        now = dt.datetime.now(dt.UTC)
        added |= load_fieldwork(connection, now)
        added["gates"] = load_gates(connection, now)
        added["ledger_rows"] = load_ledgers(connection, now)
        added["sites"] = load_sites(connection, now)
        added["alerts"] = load_past_alert(connection, now)
        added["ledger_review"] = load_ledger_review(connection, now)
        added["large_users"] = load_large_users(connection, now)
        if store is not None:
            added |= load_captures(connection, store, now)
            added["cases"] = load_cases(connection, now)
            added |= load_inspections(connection, now)
            if added["inspections"]:
                added["cases"] += load_casework(connection, store, now)
    return added


def demo_accounts(secrets_dir: Path) -> list[DemoAccount]:
    """The accounts with their passwords, for printing; empty before the first load."""
    path = secrets_dir / FILE
    if not path.exists():
        return []
    rows = json.loads(path.read_text(encoding="utf-8"))
    return [DemoAccount(**{**row, "roles": tuple(row["roles"])}) for row in rows]


def make_password() -> str:
    """Three words and a number: easy to read aloud, some 36 bits against a locked log-in."""
    words = [secrets.choice(WORDS.split()).capitalize() for _ in range(3)]
    return "-".join([*words, f"{secrets.randbelow(1_000_000):06}", secrets.token_hex(2)])


def _load_accounts(connection: Connection, secrets_dir: Path) -> int:
    known = {account.username: account for account in demo_accounts(secrets_dir)}
    bodies = organisations.organisation_ids(connection)
    added, kept = 0, []
    for row in read_data("accounts.yaml"):
        found = users.find_by_username(connection, row["username"])
        account = known.get(row["username"])
        if account is None or password_faults(account.password, account.username):
            account = DemoAccount(row["username"], (row["role"],), row["name"], make_password())
            if found is not None:
                users.set_password(connection, found[0].id, HASHER.hash(account.password))
        if found is None:
            card = row.get("enforcement_card", "")
            draft = Draft(row["username"], row["name"], bodies[row["organisation"]], frozenset({row["role"]}), card)
            create_account(connection, PLATFORM, draft, account.password)
            added += 1
        kept.append(account)
    _keep(secrets_dir, kept)
    return added


def _keep(secrets_dir: Path, accounts: list[DemoAccount]) -> None:
    """Write the file for the owner alone, whole or not at all."""
    if accounts == demo_accounts(secrets_dir):
        return
    secrets_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = secrets_dir / (FILE + ".new")
    fresh.touch(mode=0o600)
    fresh.write_text(json.dumps([asdict(one) for one in accounts], ensure_ascii=False, indent=1), encoding="utf-8")
    fresh.replace(secrets_dir / FILE)


def _load_subjects(connection: Connection) -> dict[str, int]:
    registry_rows.speak_for(connection, PLATFORM.username, demo_subjects.NOTE)
    enterprises = demo_subjects.enterprises()
    added = {"enterprises": _insert_missing(connection, ENTERPRISES, enterprises, "credit_code")}
    ids = _ids(connection, "enterprises", "credit_code", [row["credit_code"] for row in enterprises])
    organisations.bind_enterprise(connection, enterprises[3]["credit_code"], "demo-enterprise")
    owners = [ids[row["credit_code"]] for row in enterprises]
    trucks = list(demo_subjects.trucks(owners))
    machines = list(demo_subjects.machines(owners))
    added["trucks"] = _insert_missing(connection, TRUCKS, trucks, "vin")
    added["machines"] = _insert_missing(connection, MACHINES, machines, "machine_code")
    terminals = demo_subjects.terminals(
        _ids(connection, "trucks", "vin", [row["vin"] for row in trucks]),
        _ids(connection, "machines", "machine_code", [row["machine_code"] for row in machines]),
    )
    added["terminals"] = _insert_missing(connection, TERMINALS, list(terminals), "device")
    return added


def _ids(connection: Connection, table: str, key: str, values: list[str]) -> dict[str, int]:
    sql = f"SELECT {key}, id FROM {table} WHERE {key} = ANY (:values)"  # noqa: S608 - names from this module
    return registry_rows.names_of(connection, sql, values)


def _insert_missing(
    connection: Connection, register: registry_rows.Register, rows: list[dict[str, Any]], key: str
) -> int:
    known = _ids(connection, register.table, key, [row[key] for row in rows])
    missing = [row for row in rows if row[key] not in known]
    for row in missing:
        registry_rows.insert(connection, register, row)
    return len(missing)


def _load_zones(connection: Connection) -> int:
    shapes: Mapping[str, list[list[list[list[float]]]]] = read_data("shapes.yaml")
    added = 0
    for row in read_data("zones.yaml"):
        zone_id = zones.find_zone_id(connection, row["code"])
        done = len(zones.list_versions(connection, zone_id)) if zone_id is not None else 0
        for version in [_version(shapes, given) for given in row["versions"][done:]]:
            if zone_id is None:
                zone = NewZone(row["code"], row["name_zh"], row["name_en"], row["division"])
                zone_id = create_zone(connection, PLATFORM, EVERYWHERE, zone, version).zone_id
            else:
                publish_version(connection, PLATFORM, EVERYWHERE, zone_id, version)
            added += 1
    return added


def _version(shapes: Mapping[str, list[list[list[list[float]]]]], row: Mapping[str, Any]) -> NewVersion:
    terms = row["terms"]
    issued = {**terms["document"], "issued_on": terms["document"]["issued_on"].isoformat()}
    return NewVersion(
        geometry=polygons(shapes[row["shape"]]),
        terms=to_json(from_json({**terms, "document": issued})),
        valid_from=row["valid_from"],
        source="演示（虚构）",
        note=row["note"],
    )


def polygons(shape: Iterable[list[list[list[float]]]]) -> shapely.MultiPolygon:
    """A shape of the data file as a geometry."""
    parts = [shapely.Polygon(rings[0], rings[1:]) for rings in shape]
    return shapely.MultiPolygon([shapely.orient_polygons(part) for part in parts])


def _load_whitelist(connection: Connection) -> int:
    """Entries of every state, for the first trucks and machines; none where any entry exists already."""
    if whitelist.any_entry(connection):
        return 0
    trucks = sorted(_ids(connection, "trucks", "vin", [demo_subjects.vin(n) for n in range(1, 9)]).values())
    codes = [row["machine_code"] for row in demo_subjects.machines([0])][:4]
    machines = sorted(_ids(connection, "machines", "machine_code", codes).values())
    old_town = zones.find_zone_id(connection, "DEMO-OLDTOWN")
    begin, end = (dt.datetime(year, 1, 1, tzinfo=demo_subjects.BEIJING) for year in (2026, 2028))
    wanted = [
        (trucks[0], None, old_town, "people_supply", "active"),
        (trucks[1], None, None, "heating", "active"),
        (trucks[5], None, old_town, "post", "withdrawn"),
        (trucks[2], None, old_town, "construction", "requested"),
        (None, machines[0], None, "construction", "active"),
        (None, machines[3], None, "emergency_rescue", "refused"),
        (trucks[3], None, None, "people_supply", "reviewed"),
        (trucks[4], None, None, "dangerous_goods", "suspended"),
    ]
    for number, (truck, machine, zone, purpose, state) in enumerate(wanted, 1):
        document = f"演示许〔2026〕{number}号"
        entry = NewEntry(truck, machine, zone, purpose, begin, end, document, demo_subjects.NOTE)
        _add_entry(connection, entry, state)
    return len(wanted)


def _load_stations(connection: Connection) -> int:
    """One station that tests and one that repairs, each bound to its demonstration organisation."""
    bodies, added = organisations.organisation_ids(connection), 0
    for row in read_data("stations.yaml"):
        if stations.find_taken(connection, "code", row["code"], None) is None:
            values = {**row, "organisation_id": bodies[row["organisation"]], "state": "active"}
            stations.put(connection, None, values)
            added += 1
    return added


def _add_entry(connection: Connection, entry: NewEntry, state: str) -> None:
    entry_id = whitelist.add_entry(connection, entry, None)
    if state == "reviewed":
        whitelist.put_review(connection, entry_id, None, demo_subjects.NOTE)
    elif state != "requested":
        decided = "refused" if state == "refused" else "active"
        approver = None if state == "refused" else "演示审批人"
        whitelist.settle_entry(connection, entry_id, decided, None, approver, demo_subjects.NOTE)
    if state == "withdrawn":
        whitelist.withdraw_entry(connection, entry_id, dt.datetime.now(dt.UTC), "演示：任务结束")
    if state == "suspended":
        zh, en = "演示：运输合同待核查", "Demonstration: the contract is being looked at"
        values = {"entry_id": entry_id, "from_at": dt.datetime.now(dt.UTC), "cause": "by_hand", "cause_id": None}
        values |= {"reason_zh": zh, "reason_en": en, "rule_keys": [], "set_by": None}
        whitelist_steps.suspend(connection, values)
