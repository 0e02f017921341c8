"""Refunds of invoices: what customers get back of what they paid, at once, later or in parts."""

from typing import Any, Final, Literal
from uuid import UUID

import msgspec
from litestar import Response, delete, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody

from duebook.http import refunding
from duebook.http.callers import CallerRequest, signed_in
from duebook.http.encoded import answered
from duebook.http.fields import Cents, ExternalId, Free, LongText, PositiveCents, Text, check_free, kept
from duebook.http.refund_parts import AskedPart, AskedRefund
from duebook.http.refunds import Refund, find
from duebook.http.services import TheServices
from duebook.http.stamps import Stamp, as_given, stamp
from duebook.http.thredfi import filters, refunds
from duebook.http.thredfi.bodies import Body, FormOperation
from duebook.http.thredfi.errors import errors
from duebook.http.thredfi.filters import FreeText
from duebook.http.thredfi.idempotency import KEYED, TheKey, answered_by
from duebook.http.thredfi.invoices import PATH as INVOICES
from duebook.http.thredfi.paging import PAGING, Paged, ThePage
from duebook.http.thredfi.payment_bodies import PayableCents
from duebook.http.thredfi.refunds import RULES, PartData, PaymentData, RefundData
from duebook.http.thredfi.security import ANYONE
from duebook.ledger.facts import DocumentId, PartyId, Side
from duebook.tenancy.facts import BusinessId
from duebook.tenancy.gate import WriteTx, read_tx, write_tx

PATH: Final = f"{INVOICES}/refunds"
ONE: Final = f"{PATH}/{{refund_id:uuid}}"
PAYMENTS: Final = f"{ONE}/payments"
ONE_PAYMENT: Final = f"{PAYMENTS}/{{refund_payment_id:uuid}}"

_SIDE: Final = Side.RECEIVABLE
_RULES: Final = RULES[_SIDE]
_KEPT: Final = frozenset({"memo", "metadata", "method", "processor", "completed_at"})
_STATUSES: Final = {word: word for word in ("pending", "processing", "paid", "cancelled")}

RefundMethod = Literal[
    "BANK_TRANSFER", "CREDIT_CARD", "DEBIT_CARD", "ACH", "CHECK", "CASH", "PAYPAL", "STRIPE", "OTHER"
]


class NewRefund(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A refund of an invoice: of all that was paid if no amount is named. With `completed_at` it is paid back then."""

    invoice_id: UUID
    amount_cents: PayableCents | None = None
    completed_at: Stamp | None = None
    method: RefundMethod | None = None
    external_id: ExternalId | None = None
    memo: LongText | None = None
    reference_number: Text | None = None
    processor: Text | None = None
    refund_processing_fee_cents: PositiveCents | None = None
    metadata: Free | None = None


class NewRefundPayment(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Money that is paid back: today if no day is named."""

    amount_cents: PayableCents
    completed_at: Stamp | None = None
    method: RefundMethod | None = None
    external_id: ExternalId | None = None
    memo: LongText | None = None
    processor: Text | None = None
    refund_processing_fee_cents: PositiveCents | None = None
    metadata: Free | None = None


class InvoiceRefundPart(PartData, kw_only=True):
    """What is paid back of one invoice."""

    invoice_id: UUID | None
    invoice_number: str | None
    invoice_outstanding_balance_cents: Cents | None
    invoice_payment_id: UUID | None
    credit_id: UUID | None


class InvoiceRefundPayment(PaymentData, kw_only=True):
    """Money that was paid back to a customer."""

    refund_id: UUID
    refund_processing_fee: Cents
    completed_at: str
    method: str | None


class InvoiceRefund(RefundData, kw_only=True):
    """A refund to a customer."""

    type: Literal["Refund"] = "Refund"
    refunded_amount: Cents
    customer_id: UUID
    customer_name: str
    completed_at: str | None
    allocations: list[InvoiceRefundPart]
    refund_payments: list[InvoiceRefundPayment]


class InvoiceRefundPage(Paged, kw_only=True):
    """One page of refunds, the latest first."""

    results: list[InvoiceRefund]


class InvoiceRefundPaymentPage(Paged, kw_only=True):
    """The payments of a refund, in order of recording."""

    results: list[InvoiceRefundPayment]


@post(
    PATH,
    operation_id="create_refund",
    operation_class=FormOperation,
    tags=["Refunds"],
    summary="Refund an invoice, or a part of it",
    description="The same external id with the same content answers 200 with the refund that is there.",
    guards=[signed_in],
    security=ANYONE,
    dependencies=KEYED,
    dto=Body,
    return_dto=None,
    responses={
        200: ResponseSpec(InvoiceRefund, generate_examples=False, description="It was there"),
        201: ResponseSpec(InvoiceRefund, generate_examples=False, description="It is recorded"),
    }
    | errors(401, 403, 404, 409, 413),
)
async def create_refund(
    request: CallerRequest, services: TheServices, business_id: FromPath[UUID], key: TheKey, data: JSONBody[NewRefund]
) -> Response[bytes]:
    """Pay back what was paid of an invoice."""
    check_free("", data)
    if data.completed_at is not None:
        stamp("completed_at", data.completed_at)
    async with write_tx(services.database, request.user, BusinessId(business_id), "add refund") as tx:

        async def make() -> tuple[InvoiceRefund, bool]:
            made, created = await refunds.create(tx, _SIDE, _asked(tx, data), _said(data))
            return _refund(made), created

        return await answered_by(tx, key, make)


@get(
    PATH,
    operation_id="list_refunds",
    tags=["Refunds"],
    summary="List refunds",
    guards=[signed_in],
    security=ANYONE,
    dependencies=PAGING,
    responses={200: ResponseSpec(InvoiceRefundPage, generate_examples=False, description="One page")}
    | errors(401, 403, 404),
)
async def list_refunds(
    request: CallerRequest,
    services: TheServices,
    business_id: FromPath[UUID],
    paging: ThePage,
    status: FreeText = None,
    customer_id: FreeText = None,
    external_id: FreeText = None,
    search: FreeText = None,
    invoice_id: FreeText = None,
) -> Response[bytes]:
    """A page of refunds, the latest first."""
    whose, of = filters.ids("customer_id", customer_id), filters.ids("invoice_id", invoice_id)
    which = refunds.whole(
        _SIDE,
        party_ids=None if whose is None else [PartyId(one) for one in whose],
        progress=filters.words("status", status, {word: [word] for word in _STATUSES}),
        external_id=external_id,
        search=search,
        target_id=None if of is None else DocumentId(of[0]),
    )
    async with read_tx(services.database, request.user, BusinessId(business_id)) as tx:
        found, total = await refunds.page(tx, which, paging, "recorded", back=True)
    body = InvoiceRefundPage(count=total, page_info=paging.info(total), results=[_refund(one) for one in found])
    return answered(body)


@get(
    ONE,
    operation_id="get_refund",
    tags=["Refunds"],
    summary="Find a refund",
    guards=[signed_in],
    security=ANYONE,
    responses={200: ResponseSpec(InvoiceRefund, generate_examples=False, description="The refund")}
    | errors(401, 403, 404),
)
async def get_refund(
    request: CallerRequest, services: TheServices, business_id: FromPath[UUID], refund_id: FromPath[UUID]
) -> Response[bytes]:
    """One refund."""
    async with read_tx(services.database, request.user, BusinessId(business_id)) as tx:
        return answered(_refund(await find(tx, _SIDE, refund_id)))


@delete(
    ONE,
    operation_id="delete_refund",
    tags=["Refunds"],
    summary="Delete a refund",
    description="As if it had never been, nor its payments.",
    guards=[signed_in],
    security=ANYONE,
    responses={204: ResponseSpec(None, generate_examples=False, description="It is deleted")}
    | errors(401, 403, 404, 409),
)
async def delete_refund(
    request: CallerRequest, services: TheServices, business_id: FromPath[UUID], refund_id: FromPath[UUID]
) -> None:
    """Take a refund back."""
    async with write_tx(services.database, request.user, BusinessId(business_id), "delete refund") as tx:
        await refunding.delete(tx, _RULES, refund_id)


@post(
    PAYMENTS,
    operation_id="create_refund_payment",
    operation_class=FormOperation,
    tags=["Refund payments"],
    summary="Record a payment of a refund",
    description="No more than is left. An external id that is there answers 200 with the payment that has it.",
    guards=[signed_in],
    security=ANYONE,
    dependencies=KEYED,
    dto=Body,
    return_dto=None,
    responses={
        200: ResponseSpec(InvoiceRefundPayment, generate_examples=False, description="It was there"),
        201: ResponseSpec(InvoiceRefundPayment, generate_examples=False, description="It is recorded"),
    }
    | errors(401, 403, 404, 409, 413),
)
async def create_refund_payment(
    request: CallerRequest,
    services: TheServices,
    business_id: FromPath[UUID],
    refund_id: FromPath[UUID],
    key: TheKey,
    data: JSONBody[NewRefundPayment],
) -> Response[bytes]:
    """Pay back a refund, or a part of it."""
    check_free("", data)
    if data.completed_at is not None:
        stamp("completed_at", data.completed_at)
    async with write_tx(services.database, request.user, BusinessId(business_id), "pay refund") as tx:

        async def make() -> tuple[InvoiceRefundPayment, bool]:
            refund, paid, created = await refunding.pay(tx, _RULES, refund_id, _paid(tx, data))
            return _payment(refund, paid), created

        return await answered_by(tx, key, make)


@get(
    PAYMENTS,
    operation_id="list_refund_payments",
    tags=["Refund payments"],
    summary="List the payments of a refund",
    guards=[signed_in],
    security=ANYONE,
    dependencies=PAGING,
    responses={200: ResponseSpec(InvoiceRefundPaymentPage, generate_examples=False, description="One page")}
    | errors(401, 403, 404),
)
async def list_refund_payments(
    request: CallerRequest,
    services: TheServices,
    business_id: FromPath[UUID],
    refund_id: FromPath[UUID],
    paging: ThePage,
) -> Response[bytes]:
    """A page of payments."""
    async with read_tx(services.database, request.user, BusinessId(business_id)) as tx:
        refund = await find(tx, _SIDE, refund_id)
    every = refund.payments
    some = [_payment(refund, one) for one in every[paging.offset : paging.offset + paging.page_size]]
    return answered(InvoiceRefundPaymentPage(count=len(every), page_info=paging.info(len(every)), results=some))


@get(
    ONE_PAYMENT,
    operation_id="get_refund_payment",
    tags=["Refund payments"],
    summary="Find a payment of a refund",
    guards=[signed_in],
    security=ANYONE,
    responses={200: ResponseSpec(InvoiceRefundPayment, generate_examples=False, description="The payment")}
    | errors(401, 403, 404),
)
async def get_refund_payment(
    request: CallerRequest,
    services: TheServices,
    business_id: FromPath[UUID],
    refund_id: FromPath[UUID],
    refund_payment_id: FromPath[UUID],
) -> Response[bytes]:
    """One payment."""
    async with read_tx(services.database, request.user, BusinessId(business_id)) as tx:
        refund = await find(tx, _SIDE, refund_id)
    return answered(_payment(refund, refunds.payment_of(refund, refund_payment_id)))


@delete(
    ONE_PAYMENT,
    operation_id="delete_refund_payment",
    tags=["Refund payments"],
    summary="Delete a payment of a refund",
    description="As if it had never been. The only payment of a refund is deleted with the refund.",
    guards=[signed_in],
    security=ANYONE,
    responses={204: ResponseSpec(None, generate_examples=False, description="It is deleted")}
    | errors(401, 403, 404, 409),
)
async def delete_refund_payment(
    request: CallerRequest,
    services: TheServices,
    business_id: FromPath[UUID],
    refund_id: FromPath[UUID],
    refund_payment_id: FromPath[UUID],
) -> None:
    """Take a payment back."""
    async with write_tx(services.database, request.user, BusinessId(business_id), "delete refund payment") as tx:
        await refunding.take_back(tx, _RULES, refund_id, refund_payment_id, "refund_payment_id")


def _said(asked: NewRefund) -> dict[str, Any]:
    return kept(asked, without=frozenset({"external_id"}))


def _asked(tx: WriteTx, asked: NewRefund) -> AskedRefund:
    said = _said(asked)
    part = AskedPart(
        at="",
        name="invoice_id",
        charge=DocumentId(asked.invoice_id),
        amount=asked.amount_cents,
        amount_name="amount_cents",
    )
    paid: dict[str, Any] = {name: said[name] for name in ("method", "processor", "completed_at") if name in said}
    if asked.refund_processing_fee_cents:
        paid["refund_processing_fee"] = asked.refund_processing_fee_cents
    completed = asked.completed_at
    return AskedRefund(
        external_id=asked.external_id,
        completed=tx.business.today(tx.now) if completed is None else stamp("completed_at", completed),
        parts=[part],
        payments=[] if completed is None else None,
        paid=refunds.recorded_now(tx, paid),
        keeps_payments=False,
        number=asked.reference_number,
        tags=(),
        body={**{name: said[name] for name in said if name in _KEPT}, "request": said},
    )


def _paid(tx: WriteTx, asked: NewRefundPayment) -> dict[str, Any]:
    said = kept(asked, without=frozenset({"amount_cents", "refund_processing_fee_cents"}))
    if asked.refund_processing_fee_cents:
        said["refund_processing_fee"] = asked.refund_processing_fee_cents
    said.setdefault("completed_at", tx.business.today(tx.now).isoformat())
    return refunds.recorded_now(tx, {**said, "refunded_amount": asked.amount_cents})


def _refund(refund: Refund) -> InvoiceRefund:
    body = refund.body
    return InvoiceRefund(
        **refunds.fields(refund, _STATUSES),
        refunded_amount=refund.refunded,
        customer_id=refund.party.id,
        customer_name=refund.party.name,
        completed_at=body.get("completed_at") or next((one.get("completed_at") for one in refund.payments[-1:]), None),
        allocations=[InvoiceRefundPart(**one) for one in refunds.part_fields(refund)],
        refund_payments=[_payment(refund, one) for one in refund.payments],
    )


def _payment(refund: Refund, paid: Any) -> InvoiceRefundPayment:
    return InvoiceRefundPayment(
        **refunds.payment_fields(refund, paid),
        refund_id=refund.head.document.id,
        refund_processing_fee=paid.get("refund_processing_fee", 0),
        completed_at=as_given(paid, "completed_at", refund.head.document.issued_on),
        method=paid.get("method"),
    )
