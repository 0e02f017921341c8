"""Lists, page by page: so many at once, and a cursor that leads to the next page.

Source: docs/reference/api.md, "Lists".
"""

from collections.abc import Sequence
from typing import Annotated, Final, TypeVar
from uuid import UUID

import msgspec
from litestar.params import QueryParameter

from duebook.http.inputs import BadInput, shown
from duebook.ledger.history import START
from duebook.ledger.views import Place

LARGEST_PAGE: Final = 500
_LARGEST: Final = 2**63 - 1

Limit = Annotated[int, QueryParameter(ge=1, le=LARGEST_PAGE, description="How many at most")]
Cursor = Annotated[
    str | None,
    QueryParameter(
        description="`next_cursor` of the page before, asked with the same other parameters",
        schema_extra={"type": "string", "one_of": None},
    ),
]

T = TypeVar("T")


def cut(found: Sequence[T], limit: int) -> tuple[Sequence[T], T | None]:
    """The page itself, and its last one if there is another page; `found` holds one more than the page may."""
    return found[:limit], found[limit - 1] if len(found) > limit else None


def bad_cursor(cursor: str) -> BadInput:
    """What is answered to a cursor that no page gave."""
    return BadInput("cursor", shown(cursor), "is next_cursor of an earlier page of this list")


def written(place: Place) -> str:
    """A place in the order of recording as a cursor."""
    return f"{place.version}.{place.id}"


def place(cursor: str | None) -> Place:
    """The place that a cursor names; the start without one. Raises BadInput."""
    if cursor is None:
        return START
    version, _, identity = cursor.partition(".")
    try:
        return Place(number(version), msgspec.convert(identity, UUID))
    except (ValueError, msgspec.ValidationError):
        raise bad_cursor(cursor) from None


def number(text: str) -> int:
    """A version as a plain number. Raises ValueError."""
    if not (text.isascii() and text.isdigit() and len(text) < 20 and int(text) <= _LARGEST):
        raise ValueError(text)
    return int(text)
