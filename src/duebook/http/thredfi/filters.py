"""What lists are filtered by: texts, ids, days, amounts and statuses, each checked and named if it is not one.

Holds: several values of one filter are joined by commas; a parameter that is left empty filters nothing.
Source: docs/reference/thredfi.md, "Lists".
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, TypeVar
from uuid import UUID

from litestar.params import QueryParameter

from duebook.http.inputs import BadInput, shown
from duebook.http.stamps import stamp
from duebook.money import MAX_MINOR

FreeText = Annotated[str | None, QueryParameter(schema_extra={"type": "string", "one_of": None})]
"""A text in a query, taken as it is."""

T = TypeVar("T")


def several(text: str | None) -> list[str] | None:
    """The values of a list joined by commas; None if there are none."""
    return [one.strip() for one in (text or "").split(",") if one.strip()] or None


def ids(field: str, text: str | None) -> list[UUID] | None:
    """The ids of a list joined by commas. Raises BadInput."""
    try:
        return [UUID(one) for one in found] if (found := several(text)) else None
    except ValueError:
        raise BadInput(field, shown(text), "is a UUID, or several joined by commas") from None


def words(field: str, text: str | None, known: Mapping[str, Sequence[T]]) -> list[T] | None:
    """What the words of a list joined by commas stand for, in any case. Raises BadInput."""
    found = several(text)
    if found is None:
        return None
    for one in found:
        if one.lower() not in known:
            raise BadInput(field, shown(one), f"is one of {', '.join(known)}, or several joined by commas")
    return [meant for one in found for meant in known[one.lower()]]


def day(field: str, text: str | None) -> date | None:
    """The day that a filter names: a date, or the date that a stamp is written with. Raises BadInput."""
    if not text:
        return None
    found = stamp(field, text)
    return date(found.year, found.month, found.day)


def cents(field: str, text: str | None) -> int | None:
    """Whole cents. Raises BadInput."""
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or int(text) > MAX_MINOR:
        raise BadInput(field, shown(text), "is whole cents, zero or more")
    return int(text)
