"""Forms and addresses of pages come without the NUL byte: nobody types it, and PostgreSQL takes no text with it.

The API keeps it, and refuses it by the name of the field.
"""

from typing import Any

from flask import Flask, Request
from werkzeug.datastructures import ImmutableMultiDict, MultiDict
from werkzeug.utils import cached_property


class PageRequest(Request):
    """A request whose form and query are text that the database can hold."""

    def _load_form_data(self) -> None:
        super()._load_form_data()
        self.__dict__["form"] = _without_nul(self.form)

    @cached_property
    def args(self) -> MultiDict[str, str]:
        """The query of the address."""
        found: MultiDict[str, str] = super().args
        return found if self.path.startswith("/api/") else _without_nul(found)


def _without_nul(given: MultiDict[str, str]) -> ImmutableMultiDict[str, str]:
    pairs: list[tuple[str, Any]] = list(given.items(multi=True))
    return ImmutableMultiDict([(name.replace("\0", ""), value.replace("\0", "")) for name, value in pairs])


def init(app: Flask) -> None:
    """Every request of the application is one of these."""
    app.request_class = PageRequest
