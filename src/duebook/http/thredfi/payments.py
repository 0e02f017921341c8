"""Payments of customers and to vendors: one way to record, change, cancel, allocate, find and list them.

Units: cents of the payment's currency.
Holds: a write answers with the payment as it then stands, and is answered once for each idempotency key.
Source: docs/reference/thredfi.md, "Payments"; docs/rule.md, T5, T7, T9.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final
from uuid import UUID

import msgspec
from litestar import Response

from duebook.http.encoded import answered
from duebook.http.kept_answers import KeyedRequest
from duebook.http.services import Services
from duebook.http.thredfi.idempotency import answered_by
from duebook.http.thredfi.payment_answers import Its, P, described
from duebook.http.thredfi.payment_bodies import (
    Asked,
    Part,
    PaymentChanges,
    allocations,
    check_currency,
    checked,
    day,
    descriptions,
    returned_on,
    said,
)
from duebook.http.writes import Fields, RefusedWrite, as_is, recorded
from duebook.ledger import lists, views
from duebook.ledger.commands import KEEP, AddSettlement, Allocate, Command, EditDocument, SetStatus, TakeBack
from duebook.ledger.errors import AllocationNotFound, BadTransition, ReturnDateMissing
from duebook.ledger.facts import AllocationId, Document, DocumentId, Kind, PartyId, Side, Status
from duebook.ledger.lists import DocumentFilter, Page
from duebook.ledger.views import DocumentView, Tx
from duebook.tenancy.facts import BusinessId, Caller
from duebook.tenancy.gate import WriteTx, read_tx, write_tx

Change = Callable[[WriteTx], Awaitable[tuple[DocumentId, bool]]]
"""What a request does to a payment: its id, and whether the request made something."""

_CANCELLABLE: Final = frozenset({Status.PENDING, Status.FAILED})


async def write(
    services: Services,
    caller: Caller,
    business_id: BusinessId,
    its: Its[Any],
    doing: str,
    key: KeyedRequest | None,
    change: Change,
) -> Response[bytes]:
    """Do it as one write, and answer with the payment. Raises TenancyError, KeyReused, and whatever `change` raises."""
    async with write_tx(services.database, caller, business_id, f"{doing} {its.noun}") as tx:

        async def made() -> tuple[msgspec.Struct, bool]:
            payment_id, created = await change(tx)
            return await _one(tx, caller, its, payment_id), created

        return await answered_by(tx, key, made)


async def find(
    services: Services, caller: Caller, business_id: BusinessId, its: Its[Any], payment_id: UUID
) -> Response[bytes]:
    """One payment. Raises TenancyError, DocumentNotFound."""
    async with read_tx(services.database, caller, business_id) as tx:
        return answered(await _one(tx, caller, its, DocumentId(payment_id)))


async def page(
    services: Services, caller: Caller, business_id: BusinessId, its: Its[P], which: DocumentFilter, part: Page
) -> tuple[list[P], int]:
    """One page of payments, and how many there are on all pages. Raises TenancyError."""
    async with read_tx(services.database, caller, business_id) as tx:
        found = [one.view for one in await lists.documents(tx, which, part)]
        return await described(tx, caller, its, found, which.charge_id), await lists.count_documents(tx, which)


async def create(its: Its[Any], asked: Asked, key: KeyedRequest | None, tx: WriteTx) -> tuple[DocumentId, bool]:
    """Record a payment, or find the one with this external id and content. Raises BadInput, RefusedWrite."""
    request = asked.request
    checked(request)
    check_currency(its.side is Side.RECEIVABLE, request.currency, tx.business.base_currency)
    there = await lists.document_named(tx, its.side, Kind.PAYMENT, request.external_id)
    first_key = there.document.body.get("idempotency_key") if there else key and key.key
    command = AddSettlement(
        side=its.side,
        kind=Kind.PAYMENT,
        external_id=request.external_id,
        party=PartyId(asked.party_id),
        number=request.payment_reference,
        settled_on=day(tx, "payment_date", request.payment_date) or tx.business.today(tx.now),
        currency=request.currency,
        amount_minor=asked.amount,
        allocations=allocations(asked.parts),
        status=Status(request.status or Status.COMPLETED),
        returned_on=returned_on(tx, request),
        body={
            **said(request),
            **descriptions(asked.parts, {}),
            **({"idempotency_key": first_key} if first_key else {}),
        },
    )
    (done,) = await record(tx, its, [command], its.fields)
    return done


async def update(its: Its[Any], payment_id: UUID, asked: PaymentChanges, tx: WriteTx) -> tuple[DocumentId, bool]:
    """Change what the request mentions. Raises BadInput, DocumentNotFound, RefusedWrite."""
    checked(asked)
    known = (await payment(tx, its, payment_id)).document
    paid_on = day(tx, "payment_date", asked.payment_date)
    body = {name: value for name, value in known.body.items() if name != "paid_at" or paid_on is None}
    edit = EditDocument(
        side=its.side,
        kind=Kind.PAYMENT,
        document=known.id,
        number=KEEP if asked.payment_reference is None else asked.payment_reference,
        issued_on=KEEP if paid_on is None else paid_on,
        body={**body, **said(asked)},
    )
    fields = {**its.fields, "amount": "payment_id"}
    await record(tx, its, [edit, *_progress(tx, its, known, asked)], fields, payment_id)
    return known.id, False


async def cancel(its: Its[Any], payment_id: UUID, tx: WriteTx) -> tuple[DocumentId, bool]:
    """Have a payment that is pending or failed never have happened. Raises DocumentNotFound, RefusedWrite."""
    known = (await payment(tx, its, payment_id)).document
    status = known.status or Status.COMPLETED
    if status not in _CANCELLABLE:
        raise RefusedWrite(BadTransition(known.id, status, Status.CANCELLED), its.side, its.fields)
    command = SetStatus(side=its.side, kind=Kind.PAYMENT, document=known.id, status=Status.CANCELLED)
    await record(tx, its, [command], its.fields, payment_id)
    return known.id, False


async def allocate(its: Its[Any], payment_id: UUID, parts: Sequence[Part], tx: WriteTx) -> tuple[DocumentId, bool]:
    """Allocate more of a payment. Raises DocumentNotFound, RefusedWrite."""
    known = (await payment(tx, its, payment_id)).document
    body = {**known.body, **descriptions(parts, known.body.get("descriptions", {}))}
    commands: list[Command] = [
        EditDocument(side=its.side, kind=Kind.PAYMENT, document=known.id, body=body),
        Allocate(side=its.side, kind=Kind.PAYMENT, source=known.id, allocations=allocations(parts)),
    ]
    await record(tx, its, commands, its.part_fields, payment_id)
    return known.id, True


async def take_back(its: Its[Any], payment_id: UUID, allocation_id: UUID, tx: WriteTx) -> tuple[DocumentId, bool]:
    """Take an allocation back, as if it had never been. Raises DocumentNotFound, AllocationNotFound, RefusedWrite."""
    view = await payment(tx, its, payment_id)
    if allocation_id not in {one.id for one in view.allocations}:
        raise AllocationNotFound(AllocationId(allocation_id))
    await record(
        tx,
        its,
        [TakeBack(side=its.side, id=AllocationId(allocation_id))],
        dict.fromkeys(("amount", "effective_on"), "payment_id"),
    )
    return view.document.id, False


async def payment(tx: Tx, its: Its[Any], payment_id: UUID) -> DocumentView:
    """One payment. Raises DocumentNotFound."""
    return await views.document(tx, its.side, Kind.PAYMENT, DocumentId(payment_id))


async def record(
    tx: WriteTx, its: Its[Any], commands: Sequence[Command], fields: Fields, named: UUID | None = None
) -> list[tuple[DocumentId, bool]]:
    """Record all or nothing, and say what became of each. Raises NotFound of what is `named`, RefusedWrite."""
    done = await recorded(tx, [as_is(one) for one in commands], side=its.side, fields=fields, named=named)
    return [(DocumentId(one.id), one.created) for one in done]


def _progress(tx: WriteTx, its: Its[Any], known: Document, asked: PaymentChanges) -> list[Command]:
    """What is said of how far a payment has come; a day of a return alone is of the status that it has."""
    if asked.status is None and asked.returned_at is None:
        return []
    status = Status(asked.status) if asked.status else known.status or Status.COMPLETED
    day_of_return = returned_on(tx, asked, known.returned_on)
    if day_of_return is not None and status is not Status.RETURNED:
        raise RefusedWrite(ReturnDateMissing(status), its.side, its.fields)
    return [SetStatus(side=its.side, kind=Kind.PAYMENT, document=known.id, status=status, returned_on=day_of_return)]


async def _one(tx: Tx, caller: Caller, its: Its[Any], payment_id: DocumentId) -> msgspec.Struct:
    (one,) = await described(tx, caller, its, [await payment(tx, its, payment_id)])
    return its.one(one)
