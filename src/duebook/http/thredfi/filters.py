"""What lists are filtered by: texts, ids, days, amounts and statuses, each checked and named if it is not one.

Holds: several values of one filter are joined by commas; a parameter that is left empty filters nothing.
Source: docs/reference/thredfi.md, "Lists".
"""

from collections.abc import Mapping, Sequence
from datetime import date
from string import printable
from typing import Annotated, Any, Final, TypeVar
from urllib.parse import parse_qsl, quote, unquote
from uuid import UUID

from litestar.connection import ASGIConnection
from litestar.handlers.base import BaseRouteHandler
from litestar.params import QueryParameter

from duebook.http.inputs import BadInput, shown
from duebook.http.stamps import stamp
from duebook.ledger.lists import DocumentSort
from duebook.money import MAX_MINOR
from duebook.tenancy.facts import Caller, WireProfile

_AS_IT_IS: Final = printable
"""All of ASCII: what is folded is encoded already, and only what is beyond may have been decoded."""

FreeText = Annotated[str | None, QueryParameter(schema_extra={"type": "string", "one_of": None})]
"""A text in a query, taken as it is."""

SeveralIds = Annotated[
    str | None,
    QueryParameter(description="An id, or several joined by commas", schema_extra={"type": "string", "one_of": None}),
]
StampQuery = Annotated[
    str | None,
    QueryParameter(
        description="A time stamp, or a bare date",
        schema_extra={"type": "string", "format": "date-time", "one_of": None},
    ),
]
CentsQuery = Annotated[
    str | None,
    QueryParameter(description="Whole cents", schema_extra={"type": "integer", "format": "int64", "one_of": None}),
]

T = TypeVar("T")
Ordered = TypeVar("Ordered", date, int)


def several(text: str | None) -> list[str] | None:
    """The values of a list joined by commas; None if there are none."""
    return [one.strip() for one in (text or "").split(",") if one.strip()] or None


def ids(field: str, text: str | None) -> list[UUID] | None:
    """The ids of a list joined by commas. Raises BadInput."""
    try:
        return [UUID(one) for one in found] if (found := several(text)) else None
    except ValueError:
        raise BadInput(field, shown(text), "is a UUID, or several joined by commas") from None


def one_id(field: str, text: str | None) -> UUID | None:
    """The id that a filter names, if it names one. Raises BadInput."""
    found = ids(field, text)
    if found and len(found) > 1:
        raise BadInput(field, shown(text), "is one id")
    return found[0] if found else None


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
    if not (text.isascii() and text.isdigit() and len(text) < 20 and int(text) <= MAX_MINOR):
        raise BadInput(field, shown(text), "is whole cents, zero or more")
    return int(text)


def days(name: str, start: str | None, end: str | None) -> tuple[date | None, date | None]:
    """Both ends of a range of days. Raises BadInput."""
    return _range((f"{name}_start", f"{name}_end"), day(f"{name}_start", start), day(f"{name}_end", end))


def amounts(name: str, least: str | None, most: str | None) -> tuple[int | None, int | None]:
    """Both ends of a range of cents. Raises BadInput."""
    return _range((f"min_{name}", f"max_{name}"), cents(f"min_{name}", least), cents(f"max_{name}", most))


def _range(
    names: tuple[str, str], least: Ordered | None, most: Ordered | None
) -> tuple[Ordered | None, Ordered | None]:
    if least is not None and most is not None and most < least:
        raise BadInput(names[1], str(most), f"is not before {names[0]}")
    return least, most


def order(
    ordering: str | None, sort: str | None, direction: str | None, known: Mapping[str, DocumentSort]
) -> tuple[DocumentSort, bool]:
    """What a list is sorted by, and whether backwards; the latest first if nothing is said. Raises BadInput."""
    field, named = ("ordering", ordering.removeprefix("-")) if ordering else ("sort", sort)
    if not named:
        return "recorded", True
    if named not in known:
        raise BadInput(field, shown(named), f"is one of {', '.join(known)}")
    if ordering:
        return known[named], ordering.startswith("-")
    if (direction or "asc").lower() not in ("asc", "desc"):
        raise BadInput("order", shown(direction), "is asc or desc")
    return known[named], (direction or "asc").lower() == "desc"


async def unfolded(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """A guard after `signed_in`: lay open a query that a live client has folded into one parameter called `params`.

    That is how Thredfi's browser widget asks for the invoices that a credit may go to. What stands beside `params`
    counts for more. Raises BadInput.
    """
    query: bytes = connection.scope["query_string"]
    caller: Caller = connection.scope["user"]
    folded = dict(parse_qsl(query.decode())).get("params")
    if folded and caller.wire_profile is WireProfile.LIVE:
        if "\0" in unquote(folded):
            raise BadInput("params", "", "the NUL character (%00) cannot be kept")
        connection.scope["query_string"] = quote(folded, safe=_AS_IT_IS).encode() + b"&" + query
