"""The demonstration city: complete, plainly invented, the same at every start, with passwords made on the spot."""

import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from enforcement.evidence.digests import Limits
from enforcement.zones.terms_json import from_json
from server.db import connect_engine, transaction
from server.flows import demo_subjects
from server.flows.demo_fleet import UNREGISTERED, demo_fleet
from server.flows.load_demo import demo_accounts, load_demo
from server.flows.load_reference import load_reference
from server.flows.manage_accounts import password_faults
from server.flows.sign_in import password_matches
from server.store import users, zones
from server.store.evidence_store import EvidenceStore
from server.store.users import Role
from telemetry.decode import decode
from telemetry.fleet import stream

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def secrets_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("secrets") / "kept"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> EvidenceStore:
    return EvidenceStore(tmp_path_factory.mktemp("evidence"), Limits(free_bytes=0))


@pytest.fixture(scope="module")
def loaded(database_url: str, secrets_dir: Path, store: EvidenceStore) -> Iterator[Engine]:
    engine = connect_engine(database_url)
    load_reference(engine)
    load_demo(engine, secrets_dir, store)
    yield engine
    engine.dispose()


def everything(engine: Engine) -> dict[str, list[str]]:
    """Every row of what is loaded, without the times and hashes of the moment."""
    tables = ("divisions", "organisations", "enterprises", "trucks", "machines", "terminals", "zones", "zone_versions")
    with transaction(engine) as connection:
        return {
            table: [
                json.dumps(row, sort_keys=True, ensure_ascii=False)
                for row in connection.execute(
                    text(f"SELECT to_jsonb(t) - 'created_at' - 'updated_at' FROM {table} t ORDER BY 1")
                ).scalars()
            ]
            for table in (*tables, "users", "whitelist_entries", "registry_history", "audit_log")
        }


def test_a_second_start_changes_nothing(loaded: Engine, secrets_dir: Path, store: EvidenceStore) -> None:
    before, accounts = everything(loaded), demo_accounts(secrets_dir)
    assert set(load_reference(loaded).values()) == {0}
    assert set(load_demo(loaded, secrets_dir, store).values()) == {0}
    assert everything(loaded) == before
    assert demo_accounts(secrets_dir) == accounts


def test_captures_show_every_way_that_a_review_can_go(loaded: Engine) -> None:
    with transaction(loaded) as connection:
        rows = connection.execute(
            text(
                "SELECT c.status, c.standing, c.hits, c.truck_id, d.code, c.trailer_plate FROM captures c"
                " JOIN capture_devices d ON d.id = c.device_id ORDER BY c.id"
            )
        ).all()
        pictures = connection.execute(
            text("SELECT count(*) FROM evidence_items WHERE owner_kind = 'capture'")
        ).scalar_one()
    assert len(rows) == 12 and pictures >= 36
    assert {row.status for row in rows} >= {"first_review", "second_review", "disputed", "confirmed", "duplicate"}
    assert {row.code for row in rows if row.standing == "void"} == {"DEMO-CAM-2"}
    assert max(row.hits for row in rows) == 2
    assert any(row.trailer_plate for row in rows) and any(row.truck_id is None for row in rows)


def test_the_watch_list_and_a_days_work_are_there(loaded: Engine) -> None:
    with transaction(loaded) as connection:
        watched = connection.execute(
            text("SELECT reason, truck_id IS NULL AND machine_id IS NULL AS loose FROM watch_entries")
        ).all()
        planned = connection.execute(
            text(
                "SELECT a.kind, (SELECT count(*) FROM assignment_people p JOIN users u ON u.id = p.user_id"
                " WHERE p.assignment_id = a.id AND u.username = 'inspector') AS mine FROM assignments a"
                " WHERE a.day = (now() AT TIME ZONE 'Asia/Shanghai')::date"
            )
        ).all()
    assert len(watched) == 6 and sum(row.loose for row in watched) == 2
    assert sorted((row.kind, row.mine) for row in planned) == [("machine_spot", 1), ("roadside", 1)]


def test_what_there_is(loaded: Engine) -> None:
    with transaction(loaded) as connection:
        counts = {
            noun: connection.execute(text(f"SELECT count(*) FROM {noun}")).scalar_one()
            for noun in ("trucks", "machines", "zones", "sites")
        }
        counties = connection.execute(text("SELECT count(*) FROM divisions WHERE parent = '211300'")).scalar_one()
        kinds = set(connection.execute(text("SELECT DISTINCT kind FROM terminals")).scalars())
        states = set(connection.execute(text("SELECT DISTINCT state FROM whitelist_entries")).scalars())
        union = connection.execute(
            text(
                "SELECT ST_Area(ST_SymDifference(ST_Union(d.geometry), c.geometry)) FROM divisions d, divisions c "
                "WHERE d.parent = '211300' AND c.code = '211300' GROUP BY c.geometry"
            )
        ).scalar_one()
    assert (counts, counties) == (
        {"trucks": 60, "machines": 60, "zones": 9, "sites": 3},
        7,
    )  # a site's boundary is a zone as well
    assert kinds == {"hdv", "nrmm", "jt808", "ev", "json"}
    assert states == {"requested", "reviewed", "active", "refused", "withdrawn"}
    assert union < 1e-4  # square degrees


def test_every_stage_colour_and_fuel_that_matters_occurs() -> None:
    trucks = list(demo_subjects.trucks([1]))
    assert {row["stage"] for row in trucks} == {"0", "1", "2", "3", "4", "5", "6", "6a", "6b", "D", "X"}
    assert {"yellow", "blue", "green", "yellow_green", "white", "black"} <= {row["plate_colour"] for row in trucks}
    assert {"diesel", "natural_gas", "electric", "hydrogen", "methanol"} <= {row["fuel"] for row in trucks}
    assert {row["stage"] for row in demo_subjects.machines([1])} == {"0", "1", "2", "3", "4", "D", "X"}


def test_zones_lie_in_their_area_and_say_that_they_are_invented(loaded: Engine) -> None:
    with transaction(loaded) as connection:
        outside = connection.execute(
            text(
                "SELECT z.code FROM zone_versions v JOIN zones z ON z.id = v.zone_id JOIN divisions d "
                "ON d.code = left(z.division, 4) || '00' WHERE NOT ST_Covers(d.geometry, v.geometry)"
            )
        ).all()
        versions = zones.list_versions(connection)
        names = connection.execute(text("SELECT name_zh FROM zones")).scalars().all()
    assert outside == []
    assert all("演示" in name for name in names)
    terms = [from_json(dict(one.terms)) for one in versions]
    assert all("演示" in one.document.number for one in terms)
    assert any(len(part.interiors) for one in versions for part in one.geometry.geoms)
    assert any(len(one.geometry.geoms) > 1 for one in versions)
    assert any(one.windows for one in terms)
    assert any(one.smoke_class == "III" for one in terms)
    assert [one.valid_from.isoformat() for one in versions if one.number == 2] == ["2026-08-14T16:00:00+00:00"]


def test_passwords_are_made_here_and_kept_for_the_owner_alone(loaded: Engine, secrets_dir: Path) -> None:
    accounts = demo_accounts(secrets_dir)
    assert {role for one in accounts for role in one.roles} == {role.value for role in Role} - {"device"}
    assert len({one.password for one in accounts}) == len(accounts)
    assert stat.S_IMODE((secrets_dir / "demo_accounts.json").stat().st_mode) == 0o600
    assert stat.S_IMODE(secrets_dir.stat().st_mode) == 0o700
    with transaction(loaded) as connection:
        for one in accounts:
            assert not password_faults(one.password, one.username)
            found = users.find_by_username(connection, one.username)
            assert found is not None
            assert password_matches(found[1], one.password)


def test_a_lost_password_file_is_made_anew(loaded: Engine, secrets_dir: Path) -> None:
    old = {one.username: one.password for one in demo_accounts(secrets_dir)}
    (secrets_dir / "demo_accounts.json").unlink()
    load_demo(loaded, secrets_dir)
    fresh = demo_accounts(secrets_dir)
    assert all(old[one.username] != one.password for one in fresh)
    with transaction(loaded) as connection:
        found = users.find_by_username(connection, fresh[0].username)
        assert found is not None
        assert password_matches(found[1], fresh[0].password)


def test_the_fleet_is_on_file_but_for_two_strangers(loaded: Engine) -> None:
    members = demo_fleet(loaded)
    assert members == demo_fleet(loaded)
    assert len(members) > 80
    with transaction(loaded) as connection:
        on_file = {tuple(row) for row in connection.execute(text("SELECT kind, device FROM terminals"))}
    strangers = {one.device for one in members if (one.kind, one.device) not in on_file}
    assert strangers == set(UNREGISTERED)
    for sent in stream(members, 1_764_000_000_000_000, 20, seed=1):
        assert decode(sent.frame, sent.kind).device == sent.device


def test_a_terminal_taken_out_of_use_leaves_the_fleet(loaded: Engine) -> None:
    gone = demo_fleet(loaded)[0]
    with transaction(loaded) as connection:
        connection.execute(text("UPDATE terminals SET state = 'removed' WHERE device = :d"), {"d": gone.device})
    assert gone.device not in {one.device for one in demo_fleet(loaded)}
    with transaction(loaded) as connection:
        connection.execute(text("UPDATE terminals SET state = 'active' WHERE device = :d"), {"d": gone.device})


def test_numbers_are_right_by_their_check_characters() -> None:
    from enforcement.registry.credit_codes import check_credit_code
    from enforcement.registry.vins import check_vin

    assert all(not check_credit_code(row["credit_code"]) for row in demo_subjects.enterprises())
    assert all(not check_vin(row["vin"]) for row in demo_subjects.trucks([1]))


def test_inspections_of_every_kind_and_outcome(loaded: Engine) -> None:
    with transaction(loaded) as connection:
        seen = {
            name: set(connection.execute(text(f"SELECT DISTINCT {name} FROM inspections")).scalars())
            for name in ("kind", "outcome", "standing", "status")
        }
        versions = connection.execute(text("SELECT max(version) FROM inspections")).scalar_one()
        checked = connection.execute(text("SELECT bool_and(passed) FROM instrument_checks")).scalar_one()
        expired = connection.execute(
            text("SELECT count(*) FROM instrument_verifications WHERE valid_to < current_date")
        ).scalar_one()
    assert seen["kind"] == {"roadside", "on_site", "machine_spot", "periodic", "remote_sensing"}
    assert seen["outcome"] == {"passed", "failed", "not_judged"}
    assert seen["standing"] == {"legal", "screening"}
    assert seen["status"] == {"recorded", "withdrawn"}
    assert versions == 2 and checked and expired == 1


def test_cases_lie_with_every_bureau_and_one_is_late(loaded: Engine) -> None:
    with transaction(loaded) as connection:
        sent = set(connection.execute(text("SELECT branch || ' ' || state FROM referrals")).scalars())
        papers = set(connection.execute(text("SELECT kind || ' ' || state FROM documents")).scalars())
        states = set(connection.execute(text("SELECT state FROM repair_notices")).scalars())
        seen_by = connection.execute(text("SELECT count(*) FROM notice_lookups")).scalar_one()
        late = set(
            connection.execute(
                text("SELECT kind FROM deadlines WHERE state = 'running' AND due_on < current_date")
            ).scalars()
        )
        machine = connection.execute(
            text("SELECT state FROM cases WHERE subject_kind = 'machine' ORDER BY opened_at DESC LIMIT 1")
        ).scalar_one()
        backwards = connection.execute(
            text(
                "SELECT count(*) FROM case_steps s JOIN case_steps b ON b.case_id = s.case_id AND b.id < s.id"
                " WHERE b.at > s.at AND b.branch = s.branch"
            )
        ).scalar_one()
    assert sent == {"police accepted", "police sent", "transport sent"}
    assert papers >= {"transfer_letter issued", "copy_letter issued", "repair_notice served", "prior_notice served"}
    assert states == {"issued", "in_repair"} and seen_by == 2
    assert "case_filing" in late
    assert machine == "notice_served"
    assert backwards == 0
