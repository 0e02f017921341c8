"""Documents read back: as known at a version, with what is open of them on a day.

Units: minor units of the document's currency, `_base_` ones of the business's; what is open is zero or more.
Holds: what is open here is what the aging report of the same day and version says.
Source: docs/reference/api.md, "Documents".
"""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, get
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, FromQuery
from msgspec import Meta

from duebook.aging.question import moment_of
from duebook.http.callers import CallerRequest, signed_in
from duebook.http.native.answers import answered_at
from duebook.http.native.errors import errors
from duebook.http.native.known import AsOf, KnownAtText, as_of_day, known_at_of
from duebook.http.native.paging import Cursor, Limit, cut, place, written
from duebook.http.native.paths import PATH
from duebook.http.native.refusals import known_parameters
from duebook.http.native.security import ANYONE
from duebook.http.native.shapes import ExternalIdFilter, Minor, PositiveMinor, Tag, Terms
from duebook.http.native.stamps import Recorded, created, updated
from duebook.http.services import TheServices
from duebook.ledger import history
from duebook.ledger.errors import DocumentNotFound
from duebook.ledger.facts import DueFrom, Kind, PartyId, Reason, Side, State, Status
from duebook.tenancy.facts import BusinessId
from duebook.tenancy.gate import read_tx


class InstalmentData(msgspec.Struct, kw_only=True):
    """One due date of a charge; `booked_due_on` is what it was before it changed from a day on."""

    number: int
    due_on: date
    booked_due_on: date
    amount_minor: PositiveMinor
    open_minor: PositiveMinor


class DueChangeData(msgspec.Struct, kw_only=True):
    """From a day on, an instalment falls due on another day."""

    from_on: date
    instalment: int
    due_on: date


class AllocationData(msgspec.Struct, kw_only=True):
    """Part of a payment or credit applied to a charge: from `effective_on` to the day before `ended_on`."""

    id: UUID
    source_id: UUID
    charge_id: UUID
    effective_on: date
    stated: Annotated[bool, Meta(description="Whether its writer named the day")]
    ended_on: date | None
    instalment: int | None
    amount_minor: Annotated[Minor, Meta(description="In the charge's currency")]
    source_minor: Annotated[Minor, Meta(description="In the payment's or credit's currency")]


class AimedData(msgspec.Struct, kw_only=True):
    """A write-off, a recovery or a refund that is aimed at the document."""

    id: UUID
    kind: Kind
    external_id: str | None
    number: str | None
    state: State
    status: Status | None
    issued_on: date
    currency: str
    amount_minor: Minor


class DocumentData(msgspec.Struct, kw_only=True):
    """A document as known at a version; what is open, and when it is due, are as of a day."""

    id: UUID
    side: Side
    kind: Kind
    external_id: str | None
    target_id: Annotated[UUID | None, Meta(description="What a write-off, a recovery or a refund is aimed at")]
    state: State
    status: Annotated[Status | None, Meta(description="Of a payment or a refund")]
    returned_on: date | None
    reason: Annotated[Reason | None, Meta(description="Of a write-off")]
    party_id: UUID
    number: str | None
    issued_on: Annotated[date, Meta(description="Its own date: issued, paid, written off, recovered or paid out")]
    received_on: date | None
    opening_on: Annotated[date | None, Meta(description="The day from which an opening item counts")]
    due_on: Annotated[date, Meta(description="The last instalment's")]
    due_from: Annotated[DueFrom, Meta(description="Where the due date came from")]
    terms: Annotated[Terms | None, Meta(description="Those that gave the due date")]
    currency: str
    amount_minor: PositiveMinor
    base_minor: PositiveMinor
    open_minor: Annotated[PositiveMinor, Meta(description="Of a payment or credit: what is unapplied")]
    open_base_minor: PositiveMinor
    instalments: Annotated[list[InstalmentData], Meta(description="Of a charge")]
    due_changes: list[DueChangeData]
    allocations: Annotated[list[AllocationData], Meta(description="Those that hold on any day")]
    aimed: list[AimedData]
    tags: list[Tag]
    body: dict[str, Any]
    created: Recorded
    updated: Recorded


class DocumentAnswer(msgspec.Struct, kw_only=True):
    """One document."""

    as_of: date
    known_at: int
    document: DocumentData


class DocumentPage(msgspec.Struct, kw_only=True):
    """One page of documents in the order in which they were recorded."""

    as_of: date
    known_at: int
    documents: list[DocumentData]
    next_cursor: str | None


@get(
    f"{PATH}/documents/{{document_id:uuid}}",
    operation_id="get_document",
    tags=["Documents"],
    summary="Find a document",
    guards=[signed_in, known_parameters],
    security=ANYONE,
    responses={200: ResponseSpec(DocumentAnswer, generate_examples=False, description="The document")} | errors(),
)
async def get_document(
    request: CallerRequest,
    services: TheServices,
    business_id: FromPath[UUID],
    document_id: FromPath[UUID],
    as_of: AsOf = None,
    known_at: KnownAtText = None,
) -> Response[bytes]:
    """One document, a deleted one too."""
    day, known = as_of_day(as_of), known_at_of(known_at)
    async with read_tx(services.database, request.user, BusinessId(business_id)) as tx:
        moment = await moment_of(tx, day, known)

        async def body() -> DocumentAnswer:
            found = await history.documents_by_id(tx, moment.known_at, moment.as_of, [document_id])
            if not found:
                raise DocumentNotFound(Side.RECEIVABLE, "document", document_id)
            shown = document_data(found[0], moment.as_of)
            return DocumentAnswer(as_of=moment.as_of, known_at=moment.known_at, document=shown)

        return await answered_at(request, services, tx, moment, {"document_id": document_id}, body)


@get(
    f"{PATH}/documents",
    operation_id="list_documents",
    tags=["Documents"],
    summary="List documents",
    description="In the order in which they were recorded; deleted ones are left out.",
    guards=[signed_in, known_parameters],
    security=ANYONE,
    responses={200: ResponseSpec(DocumentPage, generate_examples=False, description="One page")} | errors(),
)
async def list_documents(
    request: CallerRequest,
    services: TheServices,
    business_id: FromPath[UUID],
    side: FromQuery[Side | None] = None,
    kind: FromQuery[Kind | None] = None,
    party_id: FromQuery[UUID | None] = None,
    external_id: ExternalIdFilter = None,
    as_of: AsOf = None,
    known_at: KnownAtText = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Response[bytes]:
    """A page of documents."""
    day, known, after = as_of_day(as_of), known_at_of(known_at), place(cursor)
    whose = None if party_id is None else PartyId(party_id)
    which = history.Documents(side=side, kind=kind, party_id=whose, external_id=external_id)
    async with read_tx(services.database, request.user, BusinessId(business_id)) as tx:
        moment = await moment_of(tx, day, known)

        async def body() -> DocumentPage:
            found = await history.documents(tx, moment.known_at, moment.as_of, which, after, limit + 1)
            page, last = cut(found, limit)
            return DocumentPage(
                as_of=moment.as_of,
                known_at=moment.known_at,
                documents=[document_data(one, moment.as_of) for one in page],
                next_cursor=written(last.stamps.place) if last else None,
            )

        asked = {"which": which, "after": after, "limit": limit}
        return await answered_at(request, services, tx, moment, asked, body)


def document_data(known: history.KnownDocument, as_of: date) -> DocumentData:
    """A document as our own API shows it."""
    document = known.document
    instalments = _instalments(known, as_of) if document.kind is Kind.CHARGE else []
    return DocumentData(
        id=document.id,
        side=document.side,
        kind=document.kind,
        external_id=document.external_id,
        target_id=document.target_id,
        state=document.state,
        status=document.status,
        returned_on=document.returned_on,
        reason=document.reason,
        party_id=document.party_id,
        number=document.number,
        issued_on=document.issued_on,
        received_on=document.received_on,
        opening_on=document.opening_on,
        due_on=instalments[-1].due_on if instalments else document.due_on,
        due_from=document.due_from,
        terms=msgspec.convert(document.terms, Terms | None, from_attributes=True),
        currency=document.currency,
        amount_minor=document.amount_minor,
        base_minor=document.base_minor,
        open_minor=abs(sum(known.open_minor.values())),
        open_base_minor=abs(sum(known.open_base_minor.values())),
        instalments=instalments,
        due_changes=[msgspec.convert(one, DueChangeData, from_attributes=True) for one in document.due_changes],
        allocations=[msgspec.convert(one, AllocationData, from_attributes=True) for one in known.allocations],
        aimed=[msgspec.convert(one, AimedData, from_attributes=True) for one in known.aimed],
        tags=[msgspec.convert(one, Tag, from_attributes=True) for one in document.tags],
        body=dict(document.body),
        created=created(known.stamps),
        updated=updated(known.stamps),
    )


def _instalments(known: history.KnownDocument, as_of: date) -> list[InstalmentData]:
    return [
        InstalmentData(
            number=number,
            due_on=known.document.due_on_at(as_of, number),
            booked_due_on=one.due_on,
            amount_minor=one.amount_minor,
            open_minor=known.open_minor.get(number, 0),
        )
        for number, one in enumerate(known.document.schedule, start=1)
    ]
