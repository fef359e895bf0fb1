"""The kinds of values that models are made of: bounded numbers, clean text, aware times, pages of a list."""

import re
from datetime import date, datetime
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from flask import request
from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, WithJsonSchema
from pydantic.json_schema import SkipJsonSchema
from pydantic_core import PydanticCustomError
from werkzeug.datastructures import MultiDict

from server.store.paging import Found, Query

INT32, INT64 = 2_147_483_647, 9_223_372_036_854_775_807
MOST_ROWS = 200
DEEPEST = 500  # pages; beyond it a filter is the way
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def _moment(value: Any) -> Any:
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str) or not _MOMENT.fullmatch(value):
        zh = "应为带时区的时间，例如 2026-11-24T08:15:00+08:00。"
        en = "It must be a time with its zone, like 2026-11-24T08:15:00+08:00"
        raise PydanticCustomError("moment", en, {"zh": zh})
    return value


def _day(value: Any) -> Any:
    if isinstance(value, date):
        return value
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        zh, en = "应为日期，例如 2026-11-24。", "It must be a date, like 2026-11-24"
        raise PydanticCustomError("day", en, {"zh": zh})
    return value


Moment = Annotated[
    AwareDatetime,
    BeforeValidator(_moment),
    Field(strict=False),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-11-24T08:15:00+08:00"]}),
]
"""A time with its zone."""
Day = Annotated[
    date,
    BeforeValidator(_day),
    Field(strict=False),
    WithJsonSchema({"type": "string", "format": "date", "examples": ["2026-11-24"]}),
]
"""A day in the city's time (Asia/Shanghai) where it filters."""

Id32 = Annotated[int, Field(ge=1, le=INT32)]
Id64 = Annotated[int, Field(ge=1, le=INT64)]
NO_NUL = "^[^\\x00]*$"
Text200 = Annotated[str, StringConstraints(max_length=200, pattern=NO_NUL)]
CursorText = Annotated[str, StringConstraints(pattern="^c[0-9a-z]{1,12}$")]
Division = Annotated[str, StringConstraints(pattern="^[0-9]{6}$")]
YesNo = Literal["yes", "no"]


Absent = SkipJsonSchema[None]
"""With `kind | Absent`: a query parameter that may be left out (an address cannot say null)."""


class In(BaseModel):
    """A body: nothing is converted, nothing unknown is taken."""

    model_config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)


class Asked(BaseModel):
    """The query of an address: unknown names are refused."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, populate_by_name=True)


class Out(BaseModel):
    """A record as it is given."""

    model_config = ConfigDict(extra="ignore", from_attributes=True, allow_inf_nan=False)


class PagesAsked(Asked):
    """Which page of a short list."""

    page: int = Field(default=1, ge=1, le=DEEPEST, description="Which page, from 1; without meaning beside `cursor`.")
    limit: int = Field(default=50, ge=1, le=MOST_ROWS, description="Rows a page.")


class PageAsked(PagesAsked):
    """Which page of a list that may be long: by number, or by the cursor of the page before."""

    cursor: CursorText | Absent = Field(
        default=None,
        description="Where to go on: `next_cursor` of the page before, asked with the same filters and order. Rows "
        "that come or go meanwhile make no page repeat or skip one.",
    )

    def filters(self) -> dict[str, str]:
        """The filters that are set, as the stores take them."""
        given = self.model_dump(
            by_alias=True, exclude={"page", "limit", "sort", "cursor"}, exclude_none=True, mode="json"
        )
        return {name: str(value) for name, value in given.items()}

    def query(self, default: str, descending: bool = True) -> Query:
        """The page as the stores take it; `sort` is a field of the lists that can be sorted."""
        sort: str = getattr(self, "sort", None) or ("-" if descending else "") + default
        after = int(self.cursor[1:], 36) if self.cursor else None
        return Query(self.filters(), sort.lstrip("-"), sort.startswith("-"), self.page, self.limit, after)


class PageOf(Out):
    """What every page of a list says of itself."""

    total: int = Field(description="Rows in all, at most 10,000 are counted.", examples=[3])
    total_is_capped: bool = Field(description="There are more than `total`; an exact count is not made.")
    page: int = Field(description="This page, from 1.", examples=[1])
    limit: int = Field(description="Rows a page.", examples=[50])
    next: str | None = Field(description="The address of the next page; null on the last.")
    next_cursor: str | None = Field(default=None, description="The same as a cursor, where the list has one.")


def optional(kind: Any) -> Any:
    """The same for a kind that is put together when the program runs."""
    return kind | Absent


def page_values(asked: PagesAsked, found: Found) -> dict[str, Any]:
    """The fields of PageOf for a page that was found."""
    full = len(found.rows) == asked.limit
    cursor_asked = isinstance(asked, PageAsked) and asked.cursor is not None
    if (
        isinstance(asked, PageAsked) and full and "id" in found.rows[-1]
    ):  # by cursor; whether a row is behind it shows there
        more = cursor_asked or found.capped or asked.page * asked.limit < found.total
        cursor = "c" + base36(found.rows[-1]["id"]) if more else None
        follows = address(cursor=cursor, page=None) if cursor else None
    else:
        more, cursor = asked.page * asked.limit < found.total and not cursor_asked, None
        follows = address(page=asked.page + 1) if more and asked.page < DEEPEST else None
    return {
        "next_cursor": cursor,
        "total": found.total,
        "total_is_capped": found.capped,
        "page": asked.page,
        "limit": asked.limit,
        "next": follows,
    }


def address(**changes: Any) -> str:
    """This request's address with some of its query changed."""
    given = {**request.args.to_dict(), **changes}
    values = {name: str(value) for name, value in given.items() if value is not None}
    return f"{request.path}?{urlencode(values)}"


def base36(number: int) -> str:
    """A positive number in as few characters as an address likes."""
    digits = ""
    while number:
        number, rest = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[rest] + digits
    return digits


def repeated(args: MultiDict[str, str]) -> list[str]:
    """Names that a query gives more than once."""
    return [name for name, values in args.lists() if len(values) > 1]
