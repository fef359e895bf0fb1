"""The first page of an enterprise: what stands there is its own, with what it may do until when."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Engine, text

from server.db import transaction
from tests.server.conftest import Browser, City
from tests.server.two_enterprises import Firm, two

pytestmark = pytest.mark.server
Browse = Callable[..., Browser]


@pytest.fixture(scope="module")
def firms(engine: Engine, city: City) -> tuple[Firm, Firm]:
    with transaction(engine) as connection:
        return two(connection, city)


def test_the_first_page_holds_gates_cases_violations_and_pleas(
    browse: Browse, engine: Engine, city: City, firms: tuple[Firm, Firm]
) -> None:
    own, other = firms
    with transaction(engine) as connection:
        connection.execute(
            text(
                "INSERT INTO deadlines (case_id, kind, rule_key, day_kind, days, starts_on, due_on, organisation_id)"
                " VALUES (:c, 'hearing_request', 'clock.hearing_request@2021-07-15', 'working', 5, '2026-11-20',"
                " '2026-12-01', :o)"
            ),
            {"c": own.ids["cases"], "o": city.organisations["city"]},
        )
    page = browse("enterprise").get("/").text
    assert own.mark in page and other.mark not in page
    for words in (
        "本企业的案件",
        "陈述申辩，可要求听证",
        "2026-12-01",
        "已确认的违规",
        "适用《生态环境法典》",
        "待审核的司机填报",
    ):
        assert words in page, words
    assert f"/violations/{own.ids['violations']}" in page and f"/cases/{own.ids['cases']}" in page
    assert "没有等待" not in page
    assert "本企业的案件" not in browse("officer").get("/").text


def test_an_alert_in_force_says_what_it_means_for_the_enterprise(
    browse: Browse, engine: Engine, firms: tuple[Firm, Firm]
) -> None:
    assert "重污染天气预警生效中" not in browse("enterprise").get("/").text
    with transaction(engine) as connection:
        connection.execute(
            text(
                "INSERT INTO alerts (level, division, from_at, document, authority, issued_on) VALUES ('orange', '211300',"
                " :at, '朝重污染办〔2026〕7号', '指挥部', :day)"
            ),
            {"at": datetime.now(UTC) - timedelta(hours=2), "day": date(2026, 11, 24)},
        )
    page = browse("enterprise").get("/").text
    assert "重污染天气预警生效中" in page and "朝重污染办〔2026〕7号" in page
    assert "对本企业意味着" in page
