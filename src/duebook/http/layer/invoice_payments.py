"""Payments of customers for invoices."""

from typing import Annotated, Literal
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from duebook.http.bodies import JsonBody
from duebook.http.callers import CallerRequest, signed_in
from duebook.http.encoded import answered
from duebook.http.fields import ExternalId, Free
from duebook.http.layer import payments
from duebook.http.layer.errors import errors
from duebook.http.layer.filters import (
    PAYMENT_QUERY,
    PaymentQuery,
    ThePaymentQuery,
    UuidQuery,
    named_charge,
    named_parties,
    names,
)
from duebook.http.layer.invoices import PATH, InvoicePart
from duebook.http.layer.lists import PAGING, PAYMENT_SORTS, ListMeta, ThePage, documents, only
from duebook.http.layer.parties import FreeText
from duebook.http.layer.payment_answers import PaymentData, account_parts_of, parts_of, payment_fields
from duebook.http.layer.payment_changes import Read
from duebook.http.layer.payments import DatedPayment, NewPart
from duebook.http.layer.refusals import PAYMENT_FIELDS, PAYMENT_OF_ONE_INVOICE_FIELDS
from duebook.http.layer.security import BEARER
from duebook.http.services import Services, TheServices
from duebook.http.writes import Asked, write
from duebook.ledger.facts import Side
from duebook.ledger.views import DocumentView
from duebook.tenancy.facts import BusinessId
from duebook.tenancy.gate import read_tx


class NewInvoicePart(NewPart, kw_only=True, omit_defaults=True):
    """Part of a payment, for one invoice or for a ledger account."""

    invoice_id: UUID | None = None
    invoice_external_id: Annotated[str, Meta(min_length=1, max_length=255)] | None = None


class NewInvoicePayment(DatedPayment, kw_only=True, omit_defaults=True):
    """A payment for invoices of one customer and for ledger accounts, to the last cent.

    Whose it is need be said only if no part is for an invoice.
    """

    customer_id: UUID | None = None
    customer_external_id: ExternalId | None = None
    invoice_payments: Annotated[list[NewInvoicePart], Meta(min_length=1)]


class Payment(PaymentData, kw_only=True):
    """A payment of a customer."""

    type: Literal["Payment"] = "Payment"
    redemption_account: Free | None
    allocations: list[InvoicePart]
    refund_allocations: list[Free]
    dedicated_refunds: list[Free]


class OnePayment(msgspec.Struct):
    """One payment."""

    data: Payment


class PaymentPage(msgspec.Struct):
    """One page of payments."""

    data: list[Payment]
    meta: ListMeta


@post(
    f"{PATH}/payments",
    operation_id="business.invoices.payments.post",
    tags=["Invoice payments"],
    summary="Record a payment",
    description="The same external id with the same content answers 200 with the payment that is there.",
    guards=[signed_in],
    security=BEARER,
    dto=JsonBody,
    return_dto=None,
    responses={
        200: ResponseSpec(OnePayment, generate_examples=False, description="It was there"),
        201: ResponseSpec(OnePayment, generate_examples=False, description="It is recorded"),
    }
    | errors(404, 409, 413),
)
async def add_payment(
    request: CallerRequest, services: TheServices, businessId: FromPath[UUID], data: JSONBody[NewInvoicePayment]
) -> Response[bytes]:
    """Record one payment."""
    side = Side.RECEIVABLE
    _, parts, party = read(data)
    asked = payments.to_record(side, data, parts, party)
    with payments.placed(side, parts):
        return await _add(request, services, BusinessId(businessId), asked, PAYMENT_FIELDS[side])


@post(
    f"{PATH}/{{invoiceId:uuid}}/payment",
    operation_id="business.invoices.invoice.payment.post",
    tags=["Invoice payments"],
    summary="Record a payment for one invoice",
    description="The same external id with the same content answers 200 with the payment that is there.",
    guards=[signed_in],
    security=BEARER,
    dto=JsonBody,
    return_dto=None,
    responses={
        200: ResponseSpec(OnePayment, generate_examples=False, description="It was there"),
        201: ResponseSpec(OnePayment, generate_examples=False, description="It is recorded"),
    }
    | errors(404, 409, 413),
)
async def add_dedicated_payment(
    request: CallerRequest,
    services: TheServices,
    businessId: FromPath[UUID],
    invoiceId: FromPath[UUID],
    data: JSONBody[DatedPayment],
) -> Response[bytes]:
    """Record one payment, all of it for this invoice."""
    part = NewInvoicePart(amount=data.amount, invoice_id=invoiceId)
    asked = payments.to_record(Side.RECEIVABLE, data, [part], None)
    return await _add(
        request,
        services,
        BusinessId(businessId),
        asked,
        PAYMENT_OF_ONE_INVOICE_FIELDS,
        named=invoiceId,
    )


@get(
    f"{PATH}/payments",
    operation_id="business.invoices.payments.get",
    tags=["Invoice payments"],
    summary="List payments",
    guards=[signed_in],
    security=BEARER,
    dependencies=PAGING | PAYMENT_QUERY,
    responses={200: ResponseSpec(PaymentPage, generate_examples=False, description="One page")} | errors(404),
)
async def list_payments(
    request: CallerRequest,
    services: TheServices,
    businessId: FromPath[UUID],
    paging: ThePage,
    asked: ThePaymentQuery,
    customer_id: UuidQuery = None,
    customer_external_id: FreeText = None,
    invoice_id: UuidQuery = None,
    invoice_external_id: FreeText = None,
) -> Response[bytes]:
    """A page of payments."""
    only(request, ["customer_id", "customer_external_id", "invoice_id", "invoice_external_id", *names(PaymentQuery)])
    business_id, side = BusinessId(businessId), Side.RECEIVABLE
    async with read_tx(services.database, request.user, business_id) as tx:
        customers = await named_parties(tx, side, "customer", customer_id, customer_external_id)
        charge_id = await named_charge(tx, side, "invoice", invoice_id, invoice_external_id)
        which = asked.read(tx, side, parties=customers, charge_id=charge_id)
        found, meta = await documents(tx, which, paging.sorted_by(PAYMENT_SORTS))
    return answered(PaymentPage([payment(business_id, one) for one in found], meta))


@get(
    f"{PATH}/payments/{{paymentId:uuid}}",
    operation_id="business.invoices.payments.payment.get",
    tags=["Invoice payments"],
    summary="Find a payment",
    guards=[signed_in],
    security=BEARER,
    responses={200: ResponseSpec(OnePayment, generate_examples=False, description="The payment")} | errors(404),
)
async def get_payment(
    request: CallerRequest, services: TheServices, businessId: FromPath[UUID], paymentId: FromPath[UUID]
) -> Response[bytes]:
    """One payment."""
    business_id = BusinessId(businessId)
    view = await payments.find(services, request.user, business_id, Side.RECEIVABLE, paymentId)
    return answered(OnePayment(payment(business_id, view)))


async def _add(
    request: CallerRequest,
    services: Services,
    business_id: BusinessId,
    asked: Asked,
    fields: dict[str, str],
    named: UUID | None = None,
) -> Response[bytes]:
    (done,) = await write(
        services,
        request.user,
        business_id,
        "add invoice payment",
        [asked],
        side=Side.RECEIVABLE,
        fields=fields,
        named=named,
    )
    view = await payments.find(services, request.user, business_id, Side.RECEIVABLE, done.id)
    return answered(OnePayment(payment(business_id, view)), created=done.created)


def read(given: NewInvoicePayment) -> Read:
    """The payment, its parts, and whose it is if it says so. Raises BadInput."""
    return given, given.invoice_payments, payments.payer(Side.RECEIVABLE, given)


def payment(business_id: BusinessId, view: DocumentView) -> Payment:
    """A payment as this dialect shows it."""
    body = view.document.body
    return Payment(
        **payment_fields(business_id, view),
        redemption_account=body.get("redemption_account"),
        allocations=[
            *(InvoicePart(**said, invoice_id=part.charge_id) for part, said in parts_of(business_id, view)),
            *(InvoicePart(**said, invoice_id=None) for said in account_parts_of(business_id, view)),
        ],
        refund_allocations=[],
        dedicated_refunds=body.get("dedicated_refunds", []),
    )
