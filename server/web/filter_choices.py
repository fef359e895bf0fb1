"""What more than one filter row offers: areas, and yes or no. Asked for when the page is drawn."""

from flask_babel import gettext as _

from server.store import organisations
from server.web.access import current_scope, work
from server.web.language import pick

Choices = list[tuple[str, str]]
CITY = 4  # digits of a division code that name its city


def yes_no() -> Choices:
    """A question's answers."""
    return [("yes", _("yes")), ("no", _("no"))]


def areas_of_scope() -> Choices:
    """The areas that the account answers for."""
    return _areas(current_scope().divisions or "21")


def areas_of_city() -> Choices:
    """The areas of the account's city: a county, too, meets records of its neighbours."""
    return _areas((current_scope().divisions or "21")[:CITY])


def _areas(prefix: str) -> Choices:
    with work() as connection:
        rows = organisations.divisions_within(connection, prefix)
    return [(row["code"], pick(row["name_zh"], row["name_en"])) for row in rows]
