"""Dates and time stamps as both dialects write them.

Units: a day is a calendar day where the business is.
Holds: a stamp that a client gave is given back as it was given; a day that we worked out is written as its midnight in
UTC, which stands for that day in every zone.
Source: docs/rule.md, T1; RFC 3339.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

from duebook.days import day_of
from duebook.http.inputs import BadInput, shown

Stamp = Annotated[
    str,
    Meta(
        max_length=40,
        description="A time stamp, or a bare date",
        extra_json_schema={"extra": {"format": "date-time"}},
    ),
]

_DATE_CHARACTERS: Final = len("2025-01-31")


def stamp(field: str, text: str) -> date | datetime:
    """The date or the instant that the text says. Raises BadInput."""
    try:
        if len(text) == _DATE_CHARACTERS:
            return msgspec.convert(text, date)
        instant = msgspec.convert(text, datetime)
    except msgspec.ValidationError:
        raise BadInput(
            field, shown(text), "is a date that exists, as 2025-01-31 or with its time as 2025-01-31T09:30:00Z"
        ) from None
    if instant.year in (date.min.year, date.max.year):
        raise BadInput(field, shown(text), "lies in the years 2 to 9998")
    return instant


def optional_stamp(field: str, text: str | None) -> date | datetime | None:
    """The date or the instant, if one is given. Raises BadInput."""
    return None if text is None else stamp(field, text)


def midnight(day: date) -> str:
    """A day as a time stamp."""
    return f"{day.isoformat()}T00:00:00Z"


def as_given(body: Mapping[str, Any], name: str, day: date) -> str:
    """The stamp that the client gave under this name; the day's midnight if it gave none."""
    given: str | None = body.get(name)
    return given or midnight(day)


def instant(at: datetime) -> str:
    """An instant as a time stamp in UTC."""
    return in_utc(at).isoformat().replace("+00:00", "Z")


def stamp_of(body: Mapping[str, Any], name: str, day: date, zone: ZoneInfo) -> str:
    """The stamp that was given under this name, as long as it is of the day; else the day's midnight."""
    given = body.get(name)
    try:
        return given if isinstance(given, str) and day_of(stamp(name, given), zone) == day else midnight(day)
    except BadInput:
        return midnight(day)


def in_utc(instant: datetime) -> datetime:
    """The same instant, to be written with a Z."""
    return instant.astimezone(UTC)
