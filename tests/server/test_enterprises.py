"""Enterprises and organisations: code or name is the key; an enterprise account sees its own alone."""

from collections.abc import Callable

import pytest
from sqlalchemy import Engine

from server.db import transaction
from server.flows.registry_forms import DoubtfulEntryError, RefusedEntryError
from server.flows.save_enterprise import save_enterprise
from server.store import enterprises
from server.store.audit import Actor
from server.store.scopes import Scope
from tests.server.conftest import Browser, City

pytestmark = pytest.mark.server
Browse = Callable[..., Browser]
ACTOR, CITY = Actor(None, "tester"), Scope(divisions="2113")


def save(engine: Engine, **entry: str) -> int:
    with transaction(engine) as connection:
        return save_enterprise(connection, ACTOR, CITY, entry).id


def test_code_or_name_is_the_key(engine: Engine, city: City) -> None:
    first = save(engine, name="甲公司", credit_code="91410482ma3x945t1d")
    for twice in ({"name": "另一名", "credit_code": "91410482MA3X945T1D"}, {"name": "宏达运输"}):
        with pytest.raises(RefusedEntryError) as refused:
            save(engine, **twice)
        assert refused.value.first is not None
    assert save(engine, name="甲公司", credit_code="91131102MA07W9LW8B") != first
    with transaction(engine) as connection:
        assert enterprises.find_reference(connection, "91410482MA3X945T1D") == first


def test_a_published_code_that_fails_its_check_is_only_warned(engine: Engine, city: City) -> None:
    with pytest.raises(DoubtfulEntryError):
        save(engine, name="丙公司", credit_code="91120111063066596T")
    with pytest.raises(RefusedEntryError):
        save(engine, name="丙公司", lon="120")


def test_pages(browse: Browse, city: City) -> None:
    officer = browse("officer")
    assert officer.get(f"/enterprises/{city.enterprise_id}").status_code == 200
    assert "宏达运输" in officer.get("/enterprises/?q=宏达").text
    assert browse("enterprise").get(f"/enterprises/{city.enterprise_id}").status_code == 200
    assert browse("enterprise").get("/enterprises/").text.count("<tr tabindex") == 1
    assert browse("enterprise").get(f"/enterprises/{city.enterprise_id}/edit").status_code == 403
    listed = officer.get("/organisations/").text
    assert "单位city" in listed and "单位partner" not in listed
    assert "单位county" in browse("county").get("/organisations/").text
