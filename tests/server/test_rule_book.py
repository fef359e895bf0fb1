"""The rule book in the database: shipped rows on record, confirmed and changed by an administrator, never overwritten."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime

import pytest
from flask import Flask
from flask_babel import gettext
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from enforcement.rules.book import Certainty, find_rule, get_rule
from enforcement.rules.laws import citation
from server.db import connect, transaction
from server.flows import rule_book
from server.flows.refusals import Refused
from server.flows.rule_book import Change
from server.flows.watch import Watch
from server.store.audit import Actor
from server.web.words import word
from tests.server.conftest import Browser, City

Browse = Callable[..., Browser]
FINE = "failed_inspection.fine"
LONG_AGO, BEFORE, AFTER = (datetime(*day, tzinfo=UTC) for day in ((2019, 5, 1), (2026, 11, 30), (2026, 12, 2)))


@pytest.fixture
def book(engine: Engine, city: City) -> Iterator[Connection]:
    """A transaction that is undone."""
    with engine.connect() as connection, connection.begin() as going:
        yield connection
        going.rollback()


@pytest.fixture
def admin(city: City) -> Actor:
    return Actor(city.accounts["approver"], "approver", city.organisations["city"])


def changed(**over: object) -> Change:
    values: dict[str, object] = {
        "rule": FINE, "area": "", "valid_from": date(2026, 12, 1), "value": 150, "legal_basis": "RTSL 90",
        "source": "notice 7 of 2026", "certainty": Certainty.CONFIRMED, "reason": "the province set another amount",
    }  # fmt: skip
    return Change(**{**values, **over})  # type: ignore[arg-type]


def test_shipped_rows_are_put_on_record_once(book: Connection) -> None:
    assert rule_book.record_shipped(book) == len(rule_book.shipped().rows)
    assert rule_book.record_shipped(book) == 0
    assert set(rule_book.current(book).rows) == set(rule_book.shipped().rows)


def test_a_change_counts_from_its_day_on_and_closes_the_row_before(book: Connection, admin: Actor) -> None:
    rule_book.record_shipped(book)
    rule_book.change(book, admin, changed())
    now = rule_book.current(book)
    assert get_rule(now, FINE, LONG_AGO).value == 200
    assert get_rule(now, FINE, BEFORE).key == f"{FINE}@2018-01-01#2", "closed by a revision of its own"
    assert get_rule(now, FINE, BEFORE).value == 200
    assert get_rule(now, FINE, AFTER).value == 150


def test_a_change_for_a_province_leaves_the_country_alone(book: Connection, admin: Actor) -> None:
    rule_book.change(book, admin, changed(area="46", value=500, valid_from=date(2024, 1, 1)))
    now = rule_book.current(book)
    assert get_rule(now, FINE, AFTER, "460100").value == 500
    assert get_rule(now, FINE, AFTER, "460100").key == f"{FINE}@2024-01-01~46"
    assert get_rule(now, FINE, AFTER, "211300").value == 200
    assert get_rule(now, FINE, LONG_AGO, "460100").value == 200, "before its first day the country's row holds"


def test_a_row_in_the_middle_ends_where_the_next_begins(book: Connection, admin: Actor) -> None:
    rule_book.change(book, admin, changed(rule="over_limit.fine", value=4000, valid_from=date(2020, 1, 1)))
    held = find_rule(rule_book.current(book), "over_limit.fine", datetime(2026, 8, 14, tzinfo=UTC))
    assert held is not None
    assert (held.value, held.valid_to) == (4000, date(2026, 8, 15))


def test_the_same_day_again_is_another_revision(book: Connection, admin: Actor) -> None:
    rule_book.change(book, admin, changed())
    rule_book.change(book, admin, changed(value=180))
    assert get_rule(rule_book.current(book), FINE, AFTER).value == 180
    assert get_rule(rule_book.current(book), FINE, AFTER).key == f"{FINE}@2026-12-01#2"


def test_confirming_changes_certainty_and_source_alone(book: Connection, admin: Actor) -> None:
    place = ("smoke_k.class_I.under_19", "", date(2018, 12, 1))
    rule_book.confirm(book, admin, place, "GB 36886-2018, table 1", "read in the printed standard")
    row = get_rule(rule_book.current(book), place[0], AFTER)
    assert (row.value, row.certainty, row.source) == (3.0, Certainty.CONFIRMED, "GB 36886-2018, table 1")
    with pytest.raises(Refused, match="confirmed already"):
        rule_book.confirm(book, admin, place, "GB 36886-2018, table 1", "read in the printed standard")


@pytest.mark.parametrize(
    ("over", "field"),
    [({"value": "much"}, "value"), ({"area": "2"}, "area"), ({"area": "x"}, "area"), ({"reason": ""}, "reason"),
     ({"source": "x" * 501}, "source"), ({"legal_basis": " "}, "legal_basis"), ({"value": True}, "value")],
)  # fmt: skip
def test_a_wrong_change_names_its_field_and_adds_nothing(
    book: Connection, admin: Actor, over: dict[str, object], field: str
) -> None:
    before = rule_book.current(book)
    with pytest.raises(Refused) as refused:
        rule_book.change(book, admin, changed(**over))
    assert [fault.field for fault in refused.value.faults] == [field]
    assert rule_book.current(book) is before


def test_only_what_the_bureau_added_is_withdrawn(book: Connection, admin: Actor) -> None:
    rule_book.change(book, admin, changed(area="21", value=100))
    rule_book.withdraw(book, admin, (FINE, "21", date(2026, 12, 1)), "typed by mistake")
    assert get_rule(rule_book.current(book), FINE, AFTER, "211300").value == 200
    with pytest.raises(Refused, match="came with the platform"):
        rule_book.withdraw(book, admin, (FINE, "", date(2018, 1, 1)), "we do not like it")


def test_a_new_release_changes_shipped_rows_but_not_the_bureaus(book: Connection, admin: Actor) -> None:
    rule_book.record_shipped(book)
    book.execute(text("INSERT INTO rule_rows (rule, area, valid_from, revision, value, unit, legal_basis, certainty,"
                      " source, zh, en, shipped) SELECT rule, area, valid_from, 2, '199', unit, legal_basis, certainty,"
                      " source, zh, en, true FROM rule_rows WHERE rule = :r"), {"r": FINE})  # fmt: skip
    assert rule_book.record_shipped(book) == 1, "the file says 200 again"
    rule_book.change(book, admin, changed(valid_from=date(2018, 1, 1), value=180))
    assert rule_book.record_shipped(book) == 0
    assert get_rule(rule_book.current(book), FINE, AFTER).value == 180


def test_nothing_in_the_table_is_changed_or_deleted(book: Connection) -> None:
    rule_book.record_shipped(book)
    for statement in ("UPDATE rule_rows SET value = '1'", "DELETE FROM rule_rows"):
        with pytest.raises(DBAPIError, match="append-only"), book.begin_nested():
            book.execute(text(statement))


def test_a_worker_hears_of_a_change(engine: Engine, database_url: str, admin: Actor) -> None:
    with connect(database_url) as connection:
        watch = Watch(connection)
        with transaction(engine) as writer:
            rule_book.change(writer, admin, changed(area="65", value=42))
        watch.refresh(connection)
        assert get_rule(watch.rules, FINE, AFTER, "659001").value == 42


def test_the_pages_show_confirm_and_change(browse: Browse, engine: Engine) -> None:
    approver = browse("approver")
    page = approver.get("/rules/?certainty=unconfirmed&q=smoke_k")
    assert "Ⅰ类限值，小于19千瓦" in page.text
    address = "/rules/smoke_k.class_II.under_19"
    assert "自某日起变更" in approver.get(address).text
    answer = approver.post(f"{address}/confirm", {"source": "GB 36886-2018 表1", "reason": "已查阅标准原文"})
    assert answer.status_code == 303
    assert "GB 36886-2018 表1" in approver.get(address).text
    form = {
        "valid_from": "2027-01-01",
        "value": "viel",
        "legal_basis": "GB 36886",
        "source": "修改单",
        "reason": "修改单一",
    }
    refused = approver.post(f"{address}/change", form)
    assert refused.status_code == 422
    assert "这不是该规则可用的取值" in refused.text
    assert 'value="viel"' in refused.text, "what was typed stays"
    assert approver.post(f"{address}/change", {**form, "value": "1.9"}).status_code == 303
    assert "1.9 m⁻¹" in approver.get(address).text


def test_an_officer_reads_and_does_not_change(browse: Browse) -> None:
    officer = browse("officer")
    assert "自某日起变更" not in officer.get("/rules/law.air").text
    assert officer.post("/rules/law.air/confirm").status_code == 403
    assert officer.get("/rules/no.such").status_code == 404


ENGLISH, NAMES = re.compile(r"[A-Za-z]{3,}"), re.compile(r"[A-Z]{2,}|kPa|ppm")


def test_every_shipped_row_reads_in_chinese_on_a_chinese_page(web: Flask) -> None:
    """Names of standards and laws may hold capital letters; words may not stay English."""
    left = set()
    with web.test_request_context():
        for row in rule_book.shipped().rows:
            basis = citation(row.legal_basis).zh
            shown = {
                "source": gettext(row.source),
                "unit": word("unit", row.unit),
                "basis": basis,
                "zh": row.zh,
            }
            left |= {(name, text) for name, text in shown.items() if ENGLISH.search(NAMES.sub("", text))}
    assert left == set()
