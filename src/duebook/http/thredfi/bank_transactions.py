"""Money to be matched: there is no bank feed here, but there are payments of which something is left.

Units: cents of the payment's currency.
Holds: a transaction is a completed payment, under its own id; to match it is to allocate the lesser of what is left of
it and of what is outstanding of a document of its party.
Source: docs/reference/thredfi.md, "Money to be matched".
"""

from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import Annotated, Any, Final, Literal
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta

from duebook.http.callers import CallerRequest, signed_in
from duebook.http.encoded import answered
from duebook.http.fields import Cents, Free, LongText, Text
from duebook.http.inputs import BadInput, shown
from duebook.http.services import TheServices
from duebook.http.stamps import midnight
from duebook.http.thredfi import payments
from duebook.http.thredfi.bill_payments import ITS as BILLS
from duebook.http.thredfi.bill_payments import BillPayment
from duebook.http.thredfi.bodies import Body
from duebook.http.thredfi.errors import errors
from duebook.http.thredfi.filters import FreeText
from duebook.http.thredfi.idempotency import KEYED, TheKey
from duebook.http.thredfi.invoice_payments import ITS as INVOICES
from duebook.http.thredfi.invoice_payments import OneInvoicePayment
from duebook.http.thredfi.paging import PAGING, Paged, ThePage
from duebook.http.thredfi.payment_answers import Its, amounts_of
from duebook.http.thredfi.payment_bodies import Method
from duebook.http.thredfi.security import ANYONE
from duebook.http.writes import RefusedWrite
from duebook.ledger import lists, views
from duebook.ledger.commands import Allocate, NewAllocation, TakeBack
from duebook.ledger.errors import DocumentNotFound, NothingLeft
from duebook.ledger.facts import DocumentId, Kind, Side, Status
from duebook.ledger.lists import DocumentFilter
from duebook.ledger.views import DocumentView, Tx
from duebook.tenancy.facts import BusinessId
from duebook.tenancy.gate import WriteTx, read_tx

PATH: Final = "/v1/platform/businesses/{business_id:uuid}/bank-transactions"
ONE: Final = f"{PATH}/{{transaction_id:uuid}}"

_SIDES: Final = {"credit": Side.RECEIVABLE, "debit": Side.PAYABLE}


class MatchRequest(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What a client says of a match besides the document; it is left alone."""

    payment_method: Method | None = None
    evidence: Free | None = None
    created_by: Text | None = None
    notes: LongText | None = None


class InvoiceMatch(MatchRequest, kw_only=True, omit_defaults=True):
    """The invoice to match."""

    invoice_id: UUID


class BillMatch(MatchRequest, kw_only=True, omit_defaults=True):
    """The bill to match."""

    bill_id: UUID


class BankTransaction(msgspec.Struct, kw_only=True):
    """Money of a payment that is for no document yet."""

    id: UUID
    direction: Literal["credit", "debit"]
    amount: Annotated[Cents, Meta(description="What is left of the payment, in whole cents")]
    currency: str
    date: date
    counterparty_name: str
    merchant_name: None = None
    description: str | None
    bank_account_name: None = None
    is_reconciled: bool = False
    created_at: Annotated[str, Meta(description="The same day: the widget shows it in place of `date`")]


class BankTransactionPage(Paged, kw_only=True):
    """One page of transactions, the latest first."""

    results: list[BankTransaction]


@get(
    PATH,
    operation_id="list_bank_transactions",
    tags=["Bank transactions"],
    summary="List money to be matched",
    description="What is left of completed payments: of customers (`credit`) or to vendors (`debit`). There is no bank "
    "feed: without a direction there is no such list.",
    guards=[signed_in],
    security=ANYONE,
    dependencies=PAGING,
    responses={200: ResponseSpec(BankTransactionPage, generate_examples=False, description="One page")}
    | errors(401, 403, 404),
)
async def list_bank_transactions(
    request: CallerRequest,
    services: TheServices,
    business_id: FromPath[UUID],
    paging: ThePage,
    direction: FromQuery[Literal["credit", "debit"] | None] = None,
    currency: FreeText = None,
    is_reconciled: FromQuery[bool | None] = None,
    search: FreeText = None,
) -> Response[bytes]:
    """A page of what is left of payments up to today."""
    async with read_tx(services.database, request.user, BusinessId(business_id)) as tx:
        if direction is None:
            raise NotFoundException("there is no bank feed; with direction=credit or debit, money to be matched")
        if is_reconciled:
            return answered(BankTransactionPage(count=0, page_info=paging.info(0), results=[]))
        which = DocumentFilter(
            side=_SIDES[direction],
            kind=Kind.PAYMENT,
            statuses=[Status.COMPLETED],
            settled=False,
            issued_to=tx.business.today(tx.now),
            currency=currency or None,
            search=search or None,
        )
        found = [one.view for one in await lists.documents(tx, which, paging.part(back=True))]
        total = await lists.count_documents(tx, which)
        results = await _transactions(tx, direction, found)
    return answered(BankTransactionPage(count=total, page_info=paging.info(total), results=results))


@post(
    f"{ONE}/match-payment",
    operation_id="match_payment",
    tags=["Bank transactions"],
    summary="Match money to an invoice",
    description="What is left of the payment, but no more than is outstanding.",
    status_code=200,
    guards=[signed_in],
    security=ANYONE,
    dependencies=KEYED,
    dto=Body,
    return_dto=None,
    responses={200: ResponseSpec(OneInvoicePayment, generate_examples=False, description="The payment as it stands")}
    | errors(401, 403, 404, 409, 413, 422),
)
async def match_payment(
    request: CallerRequest,
    services: TheServices,
    business_id: FromPath[UUID],
    transaction_id: FromPath[UUID],
    key: TheKey,
    data: JSONBody[InvoiceMatch],
) -> Response[bytes]:
    """Match money to an invoice."""
    change = partial(_match, INVOICES, transaction_id, data.invoice_id)
    return await payments.write(services, request.user, BusinessId(business_id), INVOICES, "match", key, change)


@post(
    f"{ONE}/unmatch-payment",
    operation_id="unmatch_payment",
    tags=["Bank transactions"],
    summary="Take a match with an invoice back",
    description="All that the payment has for it is open again.",
    status_code=200,
    guards=[signed_in],
    security=ANYONE,
    dependencies=KEYED,
    dto=Body,
    return_dto=None,
    responses={200: ResponseSpec(OneInvoicePayment, generate_examples=False, description="The payment as it stands")}
    | errors(401, 403, 404, 409, 413, 422),
)
async def unmatch_payment(
    request: CallerRequest,
    services: TheServices,
    business_id: FromPath[UUID],
    transaction_id: FromPath[UUID],
    key: TheKey,
    data: JSONBody[InvoiceMatch],
) -> Response[bytes]:
    """Take a match with an invoice back."""
    change = partial(_unmatch, INVOICES, transaction_id, data.invoice_id)
    return await payments.write(services, request.user, BusinessId(business_id), INVOICES, "unmatch", key, change)


@post(
    f"{ONE}/match-bill-payment",
    operation_id="match_bill_payment",
    tags=["Bank transactions"],
    summary="Match money to a bill",
    description="What is left of the payment, but no more than is outstanding.",
    status_code=200,
    guards=[signed_in],
    security=ANYONE,
    dependencies=KEYED,
    dto=Body,
    return_dto=None,
    responses={200: ResponseSpec(BillPayment, generate_examples=False, description="The payment as it stands")}
    | errors(401, 403, 404, 409, 413, 422),
)
async def match_bill_payment(
    request: CallerRequest,
    services: TheServices,
    business_id: FromPath[UUID],
    transaction_id: FromPath[UUID],
    key: TheKey,
    data: JSONBody[BillMatch],
) -> Response[bytes]:
    """Match money to a bill."""
    change = partial(_match, BILLS, transaction_id, data.bill_id)
    return await payments.write(services, request.user, BusinessId(business_id), BILLS, "match", key, change)


@post(
    f"{ONE}/unmatch-bill-payment",
    operation_id="unmatch_bill_payment",
    tags=["Bank transactions"],
    summary="Take a match with a bill back",
    description="All that the payment has for it is open again.",
    status_code=200,
    guards=[signed_in],
    security=ANYONE,
    dependencies=KEYED,
    dto=Body,
    return_dto=None,
    responses={200: ResponseSpec(BillPayment, generate_examples=False, description="The payment as it stands")}
    | errors(401, 403, 404, 409, 413, 422),
)
async def unmatch_bill_payment(
    request: CallerRequest,
    services: TheServices,
    business_id: FromPath[UUID],
    transaction_id: FromPath[UUID],
    key: TheKey,
    data: JSONBody[BillMatch],
) -> Response[bytes]:
    """Take a match with a bill back."""
    change = partial(_unmatch, BILLS, transaction_id, data.bill_id)
    return await payments.write(services, request.user, BusinessId(business_id), BILLS, "unmatch", key, change)


async def _match(its: Its[Any], payment_id: UUID, charge_id: UUID, tx: WriteTx) -> tuple[DocumentId, bool]:
    """Allocate the lesser of what is left of both. Raises BadInput, DocumentNotFound, RefusedWrite."""
    payment = await payments.payment(tx, its, payment_id)
    if payment.document.status is not Status.COMPLETED:
        raise DocumentNotFound(its.side, Kind.PAYMENT, payment_id)
    charge = await _charge(tx, its, charge_id)
    left = amounts_of(tx, payment).left
    if payment.document.currency != charge.document.currency:
        rule = f"is in {payment.document.currency}, as the transaction is, not in {charge.document.currency}"
        raise BadInput(its.charge_id, shown(charge_id), rule)
    amount = min(left, charge.open_minor)
    if not amount:
        empty = charge if left else payment
        raise RefusedWrite(NothingLeft(empty.document.id, tx.business.today(tx.now)), its.side, its.match_fields)
    part = NewAllocation(charge=charge.document.id, amount_minor=amount)
    command = Allocate(side=its.side, kind=Kind.PAYMENT, source=payment.document.id, allocations=(part,))
    await payments.record(tx, its, [command], its.match_fields, payment_id)
    return payment.document.id, False


async def _unmatch(its: Its[Any], payment_id: UUID, charge_id: UUID, tx: WriteTx) -> tuple[DocumentId, bool]:
    """Take back all that is allocated. Raises BadInput, DocumentNotFound, RefusedWrite."""
    payment = await payments.payment(tx, its, payment_id)
    charge = await _charge(tx, its, charge_id)
    matched = [one for one in amounts_of(tx, payment).parts if one.charge_id == charge.document.id]
    if not matched:
        raise BadInput(its.charge_id, shown(charge_id), "is one that the transaction is matched to")
    commands = [TakeBack(side=its.side, id=one.id) for one in matched]
    await payments.record(tx, its, commands, its.match_fields)
    return payment.document.id, False


async def _charge(tx: Tx, its: Its[Any], charge_id: UUID) -> DocumentView:
    """The document that a body names. Raises RefusedWrite."""
    found = await views.documents_by_id(tx, its.side, Kind.CHARGE, [charge_id])
    if not found:
        raise RefusedWrite(DocumentNotFound(its.side, Kind.CHARGE, charge_id), its.side, its.match_fields)
    return found[0]


async def _transactions(
    tx: Tx, direction: Literal["credit", "debit"], found: Sequence[DocumentView]
) -> list[BankTransaction]:
    parties = await views.parties_by_id(tx, _SIDES[direction], list({one.document.party_id for one in found}))
    names = {one.party.id: one.party.name for one in parties}
    return [
        BankTransaction(
            id=one.document.id,
            direction=direction,
            amount=amounts_of(tx, one).left,
            currency=one.document.currency,
            date=one.document.issued_on,
            counterparty_name=names[one.document.party_id],
            description=one.document.number or one.document.body.get("memo"),
            created_at=midnight(one.document.issued_on),
        )
        for one in found
    ]
