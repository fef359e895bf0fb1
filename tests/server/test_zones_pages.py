"""The pages of zones: who may do what, what is refused at which place, what a preview says, what is then published."""

import datetime as dt
import html
import json
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import shapely
from sqlalchemy import Engine, text

from geo.crs import Crs, convert
from server.db import transaction
from server.flows.load_reference import load_reference
from server.store import zones
from tests.server import records
from tests.server.conftest import Browser, City

pytestmark = pytest.mark.server
Browse = Callable[..., Browser]
SQUARE = "polygon\n120.40, 41.55\n120.50, 41.55\n120.50, 41.60\n120.40, 41.60\n"
BOW_TIE = "polygon\n120.40, 41.55\n120.50, 41.60\n120.50, 41.55\n120.40, 41.60\n"


@pytest.fixture(scope="module", autouse=True)
def reference(engine: Engine) -> None:
    load_reference(engine)


def form(code: str, /, **changes: Any) -> dict[str, Any]:
    """A whole form of a new zone with a notice."""
    fields: dict[str, Any] = {
        "code": code, "name_zh": f"区{code}", "name_en": f"Zone {code}", "division": "211302", "coordinates": SQUARE,
        "crs": "wgs84", "valid_from": "2026-09-01T00:00", "applies_to": ["machine"], "min_machine_stage": "3",
        "authority": "朝阳市人民政府", "authority_code": "211300", "authority_level": "city",
        "machine_offence": "zone_breach", "truck_offence": "truck_zone_breach", "document.number": "朝政〔2026〕1号",
    }  # fmt: skip
    return {**fields, **changes}


def stored(engine: Engine, code: str) -> list[zones.ZoneVersionRow]:
    with transaction(engine) as connection:
        zone_id = zones.find_zone_id(connection, code)
        return zones.list_versions(connection, zone_id) if zone_id is not None else []


def faults_of(page: str) -> list[dict[str, Any]]:
    """The faults the page gives its map."""
    found = re.search(r"data-faults>(.*?)</script>", page, re.S)
    assert found is not None
    faults: list[dict[str, Any]] = json.loads(found.group(1))
    return faults


def test_check_shows_a_preview_and_keeps_nothing(browse: Browse, engine: Engine) -> None:
    answer = browse("officer").post("/zones/new", form("PREVIEW", action="check"))
    assert answer.status_code == 200
    assert "46." in answer.text  # square kilometres
    assert "国三" in answer.text
    assert stored(engine, "PREVIEW") == []


def test_publish_keeps_what_was_typed(browse: Browse, engine: Engine) -> None:
    fields = form(
        "KEPT", action="publish", exemptions=["fire", "police"], coding_required="yes", smoke_class="III",
        min_dwell_s="60", note="说明", valid_to="2027-09-01T00:00",
        **{"windows.0.from": "22:00", "windows.0.to": "06:00", "windows.0.days": ["workday"]},
    )  # fmt: skip
    answer = browse("officer").post("/zones/new", fields)
    assert answer.status_code == 303
    (version,) = stored(engine, "KEPT")
    assert version.geometry.equals(shapely.box(120.40, 41.55, 120.50, 41.60))
    assert version.valid_from == dt.datetime(2026, 8, 31, 16, tzinfo=dt.UTC)
    assert version.valid_to == dt.datetime(2027, 8, 31, 16, tzinfo=dt.UTC)
    assert version.terms["windows"] == [{"from": "22:00", "to": "06:00", "days": ["workday"]}]
    assert version.terms["exemptions"] == ["fire", "police"]
    assert (version.terms["coding_required"], version.terms["device_required"]) == (True, False)
    assert (version.terms["smoke_class"], version.terms["min_dwell_s"]) == ("III", 60.0)
    page = browse("officer").get(answer.location).text
    for words in ("国三", "22:00–06:00", "Ⅲ类", "朝政〔2026〕1号", "朝阳市人民政府", "工作日"):
        assert words in page


def test_the_form_of_the_next_version_begins_with_the_newest(browse: Browse, engine: Engine) -> None:
    browse("officer").post("/zones/new", form("GROWS", action="publish", min_dwell_s="45"))
    (first,) = stored(engine, "GROWS")
    address = f"/zones/{first.zone_id}/versions/new"
    page = browse("officer").get(address).text
    assert 'value="45"' in page
    assert "120.5, 41.6" in page
    fields = form("GROWS", action="publish", valid_from="2026-10-01T00:00", min_machine_stage="4")
    assert browse("officer").post(address, fields).status_code == 303
    first, second = stored(engine, "GROWS")
    assert first.valid_to == second.valid_from
    assert second.terms["min_machine_stage"] == "4"
    assert browse("officer").post(address, fields).status_code == 422  # the same again: not later than the newest


@pytest.mark.parametrize(
    ("crs", "metres"), [(Crs.GCJ02, (350, 700)), (Crs.BD09, (800, 1800))], ids=["gcj02", "bd09"]
)  # fmt: skip
def test_declared_coordinates_are_shifted_back_once(
    browse: Browse, engine: Engine, crs: Crs, metres: tuple[float, float]
) -> None:
    true = np.array([(120.40, 41.55), (120.50, 41.55), (120.50, 41.60), (120.40, 41.60)])
    lon, lat = convert(true[:, 0], true[:, 1], Crs.WGS84, crs)
    shown = "".join(f"{x:.8f}, {y:.8f}\n" for x, y in zip(lon, lat, strict=True))
    code = f"DECLARED-{crs.upper()}"
    converted = browse("officer").post("/zones/new", form(code, action="convert", crs=str(crs), coordinates=shown))
    assert converted.status_code == 200
    assert f'name="crs_declared" value="{crs}"' in converted.text
    answer = browse("officer").post("/zones/new", form(code, action="publish", crs=str(crs), coordinates=shown))
    assert answer.status_code == 303
    (version,) = stored(engine, code)
    assert version.crs_declared == crs
    assert version.geometry.hausdorff_distance(shapely.box(120.40, 41.55, 120.50, 41.60)) < 2e-7
    off = shapely.Polygon(np.column_stack([lon, lat])).hausdorff_distance(version.geometry) * 100_000
    assert metres[0] < off < metres[1]


def test_a_crossing_is_refused_with_its_place_and_mended_on_request(browse: Browse, engine: Engine) -> None:
    answer = browse("officer").post("/zones/new", form("KINK", action="check", coordinates=BOW_TIE))
    assert answer.status_code == 422
    (fault,) = faults_of(answer.text)
    assert (fault["lon"], fault["lat"]) == pytest.approx((120.45, 41.575))
    assert "区KINK" in answer.text  # what was typed is still there
    mended = browse("officer").post("/zones/new", form("KINK", action="mend", coordinates=BOW_TIE))
    assert mended.status_code == 200
    assert "m²" in mended.text or "平方米" in mended.text
    assert mended.text.count("polygon\n") == 2
    assert stored(engine, "KINK") == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"coordinates": ""}, "coordinates"),
        ({"coordinates": "120.4 north"}, "coordinates"),
        ({"coordinates": "120.4, 41.5\n120.5, 41.5"}, "coordinates"),
        ({"coordinates": "41.55, 120.40\n41.60, 120.40\n41.60, 120.50"}, "coordinates"),
        ({"coordinates": "1e400, 41\n2, 3\n4, 5"}, "coordinates"),
        ({"valid_from": ""}, "valid_from"),
        ({"valid_from": "soon"}, "valid_from"),
        ({"valid_to": "2026-01-01T00:00"}, "valid_to"),
        ({"code": ""}, "code"),
        ({"division": "110105"}, "division"),
        ({"min_machine_stage": "9"}, "min_machine_stage"),
        ({"min_dwell_s": "-1"}, "min_dwell_s"),
        ({"min_inside_fixes": "2.5"}, "min_inside_fixes"),
        ({"windows.0.from": "25:00", "windows.0.to": "26:00"}, "windows.0"),
        ({"windows.0.from": "07:00"}, "windows.0"),
        ({"document.issued_on": "yesterday"}, "document.issued_on"),
        ({"applies_to": []}, "applies_to"),
        ({"authority_level": "emperor"}, "authority_level"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(
    browse: Browse, engine: Engine, changes: dict[str, Any], field: str
) -> None:
    answer = browse("officer").post("/zones/new", form("WRONG", action="publish", **changes))
    assert answer.status_code == 422, field
    assert 'class="fault' in answer.text
    assert stored(engine, "WRONG") == []


def test_doubts_must_be_acknowledged(browse: Browse, engine: Engine) -> None:
    fields = form("DOUBT", action="publish", authority_level="county", valid_from="2026-08-01T00:00")
    fields["document.number"] = ""
    refused = browse("officer").post("/zones/new", fields)
    assert refused.status_code == 422
    assert 'value="authority_too_low"' in refused.text
    assert stored(engine, "DOUBT") == []
    half = browse("officer").post("/zones/new", {**fields, "acknowledged": ["authority_too_low"]})
    assert half.status_code == 422
    both = {**fields, "acknowledged": ["authority_too_low", "no_document"]}
    assert browse("officer").post("/zones/new", both).status_code == 303


def visited_zone(engine: Engine) -> tuple[int, int]:
    """A zone of a month, a violation of a stage III truck an hour ago, an allowed visit of a stage VI b one."""
    now = dt.datetime.now(dt.UTC)
    with transaction(engine) as connection:
        zone = records.zone(connection, "回溯区")
        connection.execute(text("ALTER TABLE zone_versions DISABLE TRIGGER zone_versions_hold"))
        connection.execute(
            text("UPDATE zone_versions SET valid_from = :f WHERE id = :v"),
            {"f": now - dt.timedelta(days=30), "v": zone.version_id},
        )
        connection.execute(text("ALTER TABLE zone_versions ENABLE TRIGGER zone_versions_hold"))
        flagged = records.violation(connection, zone, first_at=now - dt.timedelta(hours=1))
        truck_id, terminal_id = records.truck(connection)
        connection.execute(text("UPDATE trucks SET stage = '6b' WHERE id = :t"), {"t": truck_id})
        connection.execute(
            text(
                "INSERT INTO visits (terminal_id, zone_id, first_at, last_at, established, open, state)"
                " VALUES (:t, :z, :f, :f, true, false, '{}')"
            ),
            {"t": terminal_id, "z": zone.id, "f": now - dt.timedelta(hours=1)},
        )
    return zone.id, flagged


def test_a_version_that_reaches_back_lists_what_it_would_alter(browse: Browse, engine: Engine) -> None:
    zone_id, flagged = visited_zone(engine)
    begins = (dt.datetime.now(dt.UTC) + dt.timedelta(hours=8 - 24)).strftime("%Y-%m-%dT%H:%M")  # a day ago, local

    def preview(**changes: Any) -> str:
        fields = form("", valid_from=begins, action="check", **changes)
        answer = browse("officer").post(f"/zones/{zone_id}/versions/new", fields)
        assert answer.status_code == 200
        return answer.text

    assert "<td>不再构成违规" in preview()  # machines alone are bound
    same = preview(applies_to=["truck"], min_truck_stage="5")
    assert "<td>不再构成违规" not in same
    assert "<td>可能构成违规" not in same
    assert "<td>可能构成违规" in preview(applies_to=["truck"], banned_fuels=["diesel"])
    assert "<td>理由不同" in preview(applies_to=["truck"], banned_fuels=["diesel"])
    away = SQUARE.replace("120.", "119.")
    assert "<td>不再构成违规" in preview(applies_to=["truck"], min_truck_stage="5", coordinates=away)
    with transaction(engine) as connection:
        status = connection.execute(text("SELECT status FROM violations WHERE id = :n"), {"n": flagged}).scalar_one()
    assert status == "flagged"


def test_a_county_officer_sees_city_zones_and_changes_none(browse: Browse, engine: Engine) -> None:
    browse("officer").post("/zones/new", form("CITYS", action="publish", division="211300"))
    (version,) = stored(engine, "CITYS")
    page = browse("county").get(f"/zones/{version.zone_id}")
    assert page.status_code == 200
    assert "versions/new" not in page.text
    assert browse("county").get(f"/zones/{version.zone_id}/versions/new").status_code == 403
    assert (
        browse("county").post(f"/zones/{version.zone_id}/end", {"at": "2027-01-01T00:00", "reason": "试试"}).status_code
        == 403
    )
    assert browse("county").post("/zones/new", form("NOT-MINE", action="publish")).status_code == 422
    own = form("COUNTYS", action="publish", division="211324", authority_level="county", authority_code="211324")
    assert browse("county").post("/zones/new", own).status_code == 303


@pytest.mark.parametrize("username", ["auditor", "enterprise", "read_only", "inspector", "station", "partner"])
def test_only_officers_and_approvers_change_zones(browse: Browse, username: str) -> None:
    assert browse(username).post("/zones/new", form("NO", action="publish")).status_code == 403
    assert browse(username).get("/zones/import").status_code == 403


def test_an_end_is_kept_with_its_reason(browse: Browse, engine: Engine, city: City) -> None:
    browse("officer").post("/zones/new", form("ENDS", action="publish"))
    (version,) = stored(engine, "ENDS")
    browse("officer").post(f"/zones/{version.zone_id}/end", {"at": "2027-01-01T00:00", "reason": "朝政〔2026〕99号"})
    (version,) = stored(engine, "ENDS")
    assert version.valid_to == dt.datetime(2026, 12, 31, 16, tzinfo=dt.UTC)
    with transaction(engine) as connection:
        detail = connection.execute(text("SELECT detail FROM audit_log WHERE action = 'zone.end'")).scalar_one()
    assert detail["reason"] == "朝政〔2026〕99号"


@pytest.mark.parametrize("bad", ["2027-13-01", "", "2020-01-01T00:00"])
def test_a_senseless_end_changes_nothing(browse: Browse, engine: Engine, bad: str) -> None:
    code = f"STAYS-{len(bad)}"
    browse("officer").post("/zones/new", form(code, action="publish"))
    (version,) = stored(engine, code)
    answer = browse("officer").post(f"/zones/{version.zone_id}/end", {"at": bad, "reason": "理由"})
    assert answer.status_code == 303
    assert stored(engine, code)[0].valid_to is None


def test_what_an_officer_types_is_text_on_the_page(browse: Browse, engine: Engine) -> None:
    evil = '"><script>alert(1)</script>'
    fields = form(
        "EVIL", action="publish", name_zh=evil, note=evil, authority=evil, **{"document.file": "javascript:alert(1)"}
    )
    assert browse("officer").post("/zones/new", fields).status_code == 303
    (version,) = stored(engine, "EVIL")
    for address in (f"/zones/{version.zone_id}", "/zones/", f"/zones/{version.zone_id}/versions/new"):
        page = browse("officer").get(address).text
        assert "<script>alert" not in page
        assert 'href="javascript' not in html.unescape(page)


def test_lists_filter_sort_and_open(browse: Browse) -> None:
    officer = browse("officer")
    assert "KEPT" in officer.get("/zones/?q=kept&division=211302&in_force=yes&sort=-area_m2").text
    assert "KEPT" not in officer.get("/zones/?q=nothing%25").text
    assert officer.get("/zones/999999").status_code == 404
    assert officer.get("/zones/1?version=77").status_code == 404
