"""Lists: page by page with a cursor, sorted by what the list offers.

Source: docs/reference/layer.md, "Lists".
"""

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Final, Generic, Literal, TypeVar
from uuid import UUID

import msgspec
from litestar.di import NamedDependency, Provide
from litestar.params import FromQuery, QueryParameter
from msgspec import UNSET, Meta, UnsetType

from duebook.http.inputs import shown
from duebook.http.layer.refusals import BadCursor, BadQuery, UnknownParameter
from duebook.http.shell import AnyRequest
from duebook.ledger import lists
from duebook.ledger.facts import Side
from duebook.ledger.lists import DocumentFilter, DocumentSort, Listed, Page, PartySort, SortedPlace
from duebook.ledger.views import DocumentView
from duebook.tenancy.gate import ReadTx

LARGEST_PAGE: Final = 500
_PAGING: Final = frozenset({"sort_by", "sort_order", "cursor", "limit", "show_total_count"})

Order = Literal["ASC", "DESC"]
S = TypeVar("S", bound=DocumentSort | PartySort)
T = TypeVar("T")

PARTY_SORTS: Final[Mapping[str, PartySort]] = {"imported_at": "recorded", "updated_at": "updated", "name": "name"}
_CHARGE_SORTS: Final[Mapping[str, DocumentSort]] = {
    "imported_at": "recorded",
    "updated_at": "updated",
    "due_at": "due_on",
    "total_amount": "amount",
    "outstanding_balance": "open",
    "reference_number": "number",
    "status": "standing",
}
INVOICE_SORTS: Final[Mapping[str, DocumentSort]] = {**_CHARGE_SORTS, "sent_at": "issued_on"}
BILL_SORTS: Final[Mapping[str, DocumentSort]] = {**_CHARGE_SORTS, "received_at": "issued_on"}
PAYMENT_SORTS: Final[Mapping[str, DocumentSort]] = {
    "imported_at": "recorded",
    "updated_at": "updated",
    "paid_at": "issued_on",
    "amount": "amount",
}
CREDIT_SORTS: Final[Mapping[Side, Mapping[str, DocumentSort]]] = {
    Side.RECEIVABLE: {"imported_at": "recorded", "updated_at": "updated", "sent_at": "issued_on", "amount": "amount"},
    Side.PAYABLE: {"imported_at": "recorded", "updated_at": "updated", "received_at": "issued_on", "amount": "amount"},
}
REFUND_SORTS: Final[Mapping[str, DocumentSort]] = {
    "imported_at": "recorded",
    "updated_at": "updated",
    "completed_at": "issued_on",
}
WRITE_OFF_SORTS: Final[Mapping[str, DocumentSort]] = {
    "imported_at": "recorded",
    "updated_at": "updated",
    "write_off_at": "issued_on",
    "amount": "amount",
}
"""What lists are sorted by; the first is the order without a word."""


class Pagination(msgspec.Struct, kw_only=True):
    """Where a page stands in its list."""

    sort_by: str
    sort_order: Order
    cursor: Annotated[str | None, Meta(description="To be sent for the next page; null on the last one")]
    has_more: bool
    total_count: Annotated[int | UnsetType, Meta(description="How many there are on all pages, if asked for")] = UNSET


class ListMeta(msgspec.Struct):
    """What is said of a list beside its objects."""

    pagination: Pagination


class _Cursor(msgspec.Struct, array_like=True, frozen=True):
    sort_by: str
    order: Order
    number: Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
    text: str
    version: Annotated[int, Meta(ge=0, le=2**63 - 1)]
    id: UUID


_DECODER: Final = msgspec.json.Decoder(_Cursor)


@dataclass(frozen=True, slots=True)
class Paging:
    """Which page is asked for."""

    sort_by: str | None
    order: Order
    limit: int
    cursor: str | None
    counts: bool

    def sorted_by(self, sorts: Mapping[str, S]) -> "SortedPaging[S]":
        """The same of a list with these sort keys, the first without a word. Raises BadQuery, BadCursor."""
        sort_by = next(iter(sorts)) if self.sort_by is None else self.sort_by
        if sort_by not in sorts:
            raise BadQuery("sort_by", shown(sort_by), f"is one of {', '.join(sorts)}")
        after = None if self.cursor is None else _read(self.cursor, sort_by, self.order)
        page = Page(limit=self.limit + 1, after=after, back=self.order == "DESC")
        return SortedPaging(sort_by, sorts[sort_by], self.order, page, self.counts)


@dataclass(frozen=True, slots=True)
class SortedPaging(Generic[S]):
    """Which page is asked for, and in which order: `page` has one object more, which tells whether there is another."""

    sort_by: str
    sort: S
    order: Order
    page: Page
    counts: bool

    def cut(self, found: Sequence[Listed[T]], total: int | None) -> tuple[list[T], ListMeta]:
        """The objects of the page itself, and what is said beside them."""
        limit = self.page.limit - 1
        page, has_more = found[:limit], len(found) > limit
        pagination = Pagination(
            sort_by=self.sort_by,
            sort_order=self.order,
            cursor=_written(_Cursor(self.sort_by, self.order, *page[-1].place)) if has_more else None,
            has_more=has_more,
            total_count=UNSET if total is None else total,
        )
        return [one.view for one in page], ListMeta(pagination)


async def paging(
    sort_by: Annotated[
        str | None,
        QueryParameter(
            description="What to sort by; imported_at, the order of recording, if nothing is given",
            schema_extra={"type": "string", "one_of": None},
        ),
    ] = None,
    sort_order: FromQuery[Order] = "ASC",
    cursor: Annotated[
        str | None, QueryParameter(description="From the page before", schema_extra={"type": "string", "one_of": None})
    ] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=LARGEST_PAGE)] = 100,
    show_total_count: FromQuery[bool] = False,
) -> Paging:
    """The page that a request asks for."""
    return Paging(sort_by, sort_order, limit, cursor, show_total_count)


PAGING: Final = {"paging": Provide(paging)}
ThePage = NamedDependency[Paging]
"""A handler with these dependencies and a parameter `paging: ThePage` is given the page asked for."""


async def documents(
    tx: ReadTx, which: DocumentFilter, paging: SortedPaging[DocumentSort]
) -> tuple[list[DocumentView], ListMeta]:
    """One page of documents."""
    found = await lists.documents(tx, which, paging.page, paging.sort)
    total = await lists.count_documents(tx, which) if paging.counts else None
    return paging.cut(found, total)


def only(request: AnyRequest, filters: Iterable[str]) -> None:
    """The request holds no other query parameters than these and those of paging. Raises UnknownParameter."""
    known = _PAGING.union(filters)
    for name, value in request.query_params.items():
        if name not in known:
            raise UnknownParameter(name, value, known)


def _written(cursor: _Cursor) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(cursor)).decode().rstrip("=")


def _read(text: str, sort_by: str, order: Order) -> SortedPlace:
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        cursor = _DECODER.decode(raw)
    except ValueError:  # not ASCII, not base64, not JSON, or not a cursor
        raise BadCursor(text) from None
    if (cursor.sort_by, cursor.order) != (sort_by, order) or "\0" in cursor.text:
        raise BadCursor(text)
    return SortedPlace(cursor.number, cursor.text, cursor.version, cursor.id)
