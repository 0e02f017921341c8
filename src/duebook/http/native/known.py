"""When is asked about: as of a day, and as known at a version.

Holds: the version is worked out before anything else is, so that an answer names it, and asking for it by that number
gives the same bytes again (T13).
Source: docs/reference/api.md, "Two times".
"""

import re
from datetime import UTC, date, datetime
from typing import Annotated, Any, Final

import msgspec
from litestar.params import QueryParameter

from duebook.aging.question import CLOSED, KnownAt
from duebook.http.inputs import BadInput, day, shown
from duebook.http.native.paging import number

_TEXT: Final[dict[str, Any]] = {"type": "string", "one_of": None}

AsOf = Annotated[
    str | None,
    QueryParameter(
        description="The day that is asked about, YYYY-MM-DD; today where the business is, if none is given",
        schema_extra=_TEXT | {"format": "date"},
    ),
]
KnownAtText = Annotated[
    str | None,
    QueryParameter(
        description="A version, or an instant with its offset; the latest version, if none is given",
        schema_extra=_TEXT,
    ),
]
_RULE: Final = "is a version, or an instant with its offset such as 2025-01-31T09:30:00Z"
_PLUS_LOST: Final = re.compile(r"(:\d\d(?:\.\d+)?) (\d\d:\d\d)$")


def as_of_day(text: str | None) -> date | None:
    """The day that is asked about, if one is given. Raises BadInput."""
    return day("as_of", text)


def moment(field: str, text: str) -> int | datetime:
    """A version or an instant; in a query, a plus that was not written %2B has become a space. Raises BadInput."""
    try:
        return number(text)
    except ValueError:
        pass
    try:
        instant = msgspec.convert(_PLUS_LOST.sub(r"\1+\2", text), datetime)
    except msgspec.ValidationError:
        raise BadInput(field, shown(text), _RULE) from None
    if instant.tzinfo is None or instant.year in (date.min.year, date.max.year):
        raise BadInput(field, shown(text), _RULE)
    return instant.astimezone(UTC)


def known_at_of(text: str | None, field: str = "known_at") -> int | datetime | None:
    """The version or the instant that is asked about, if one is given. Raises BadInput."""
    return None if text is None else moment(field, text)


def known_at_or_closed(text: str | None, field: str = "known_at") -> KnownAt:
    """The same, or `closed`: as known when the day was closed. Raises BadInput."""
    return CLOSED if text == CLOSED.value else known_at_of(text, field)
