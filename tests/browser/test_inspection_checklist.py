"""The checklist on the form of an inspection: the points of the chosen kind, and what was answered."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.server, pytest.mark.browser]
POINTS = "[data-kinds]:visible"


def test_the_form_shows_the_points_of_the_kind(sign_in: Callable[..., Page]) -> None:
    page = sign_in("officer")
    page.goto("/inspections/new")
    page.select_option("#f-kind", "roadside")
    expect(page.locator(POINTS)).to_have_count(6)
    page.select_option("#f-kind", "machine_spot")
    expect(page.locator(POINTS)).to_have_count(9)
    expect(page.locator(POINTS).last).to_contain_text("可见黑烟")
    page.locator(POINTS).last.locator("select").select_option("yes")
    page.select_option("#f-kind", "roadside")
    expect(page.locator(POINTS)).to_have_count(7)
    page.select_option("#f-kind", "remote_sensing")
    expect(page.locator(POINTS)).to_have_count(1)
