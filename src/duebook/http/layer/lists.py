"""Lists: page by page with a cursor, in the order in which things were recorded.

Source: docs/reference/layer.md, "Lists".
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final, Literal, Protocol, TypeVar
from uuid import UUID

import msgspec
from litestar.di import NamedDependency, Provide
from litestar.params import FromQuery, QueryParameter
from msgspec import UNSET, Meta, UnsetType

from duebook.http.layer.refusals import BadCursor, UnknownParameter
from duebook.http.shell import AnyRequest
from duebook.ledger.views import Page, Place

LARGEST_PAGE: Final = 500
_PAGING: Final = frozenset({"sort_by", "sort_order", "cursor", "limit", "show_total_count"})

Order = Literal["ASC", "DESC"]


class _Placed(Protocol):
    @property
    def place(self) -> Place: ...


T = TypeVar("T", bound=_Placed)


class Pagination(msgspec.Struct, kw_only=True):
    """Where a page stands in its list."""

    sort_by: Literal["imported_at"]
    sort_order: Order
    cursor: Annotated[str | None, Meta(description="To be sent for the next page; null on the last one")]
    has_more: bool
    total_count: Annotated[int | UnsetType, Meta(description="How many there are on all pages, if asked for")] = UNSET


class ListMeta(msgspec.Struct):
    """What is said of a list beside its objects."""

    pagination: Pagination


class _Cursor(msgspec.Struct, array_like=True, frozen=True):
    order: Order
    version: Annotated[int, Meta(ge=0, le=2**63 - 1)]
    id: UUID


_DECODER: Final = msgspec.json.Decoder(_Cursor)


@dataclass(frozen=True, slots=True)
class Paging:
    """Which page is asked for."""

    order: Order
    limit: int
    after: Place | None
    counts: bool

    @property
    def page(self) -> Page:
        """That page and one object more, which tells whether there is another page."""
        return Page(self.limit + 1, self.after, back=self.order == "DESC")

    def cut(self, found: Sequence[T], total: int | None) -> tuple[list[T], ListMeta]:
        """The objects of the page itself, and what is said beside them."""
        page, has_more = list(found[: self.limit]), len(found) > self.limit
        pagination = Pagination(
            sort_by="imported_at",
            sort_order=self.order,
            cursor=_written(_Cursor(self.order, *page[-1].place)) if has_more else None,
            has_more=has_more,
            total_count=UNSET if total is None else total,
        )
        return page, ListMeta(pagination)


async def paging(
    sort_by: Annotated[  # noqa: ARG001 - there is one order; naming it is allowed
        Literal["imported_at"],
        QueryParameter(description="Objects are listed in the order in which they were recorded"),
    ] = "imported_at",
    sort_order: FromQuery[Order] = "ASC",
    cursor: Annotated[
        str | None, QueryParameter(description="From the page before", schema_extra={"type": "string", "one_of": None})
    ] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=LARGEST_PAGE)] = 100,
    show_total_count: FromQuery[bool] = False,
) -> Paging:
    """The page that a request asks for. Raises BadCursor."""
    return Paging(sort_order, limit, _read(cursor, sort_order) if cursor is not None else None, show_total_count)


PAGING: Final = {"paging": Provide(paging)}
ThePage = NamedDependency[Paging]
"""A handler with these dependencies and a parameter `paging: ThePage` is given the page asked for."""


def only(request: AnyRequest, *filters: str) -> None:
    """The request holds no other query parameters than these and those of paging. Raises UnknownParameter."""
    known = _PAGING.union(filters)
    for name, value in request.query_params.items():
        if name not in known:
            raise UnknownParameter(name, value, known)


def _written(cursor: _Cursor) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(cursor)).decode().rstrip("=")


def _read(text: str, order: Order) -> Place:
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        cursor = _DECODER.decode(raw)
    except ValueError:  # not ASCII, not base64, not JSON, or not a cursor
        raise BadCursor(text) from None
    if cursor.order != order:
        raise BadCursor(text)
    return Place(cursor.version, cursor.id)
