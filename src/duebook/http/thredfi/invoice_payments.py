"""Payments of customers for invoices."""

from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any, Final, Literal
from uuid import UUID

import msgspec
from litestar import Response, delete, get, patch, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from duebook.http.callers import CallerRequest, signed_in
from duebook.http.encoded import answered
from duebook.http.fields import Cents, LongText
from duebook.http.services import TheServices
from duebook.http.thredfi import payments
from duebook.http.thredfi.bodies import Body
from duebook.http.thredfi.charge_words import INVOICES
from duebook.http.thredfi.errors import errors
from duebook.http.thredfi.filters import FreeText
from duebook.http.thredfi.idempotency import KEYED, TheKey
from duebook.http.thredfi.paging import PAGING, Paged, ThePage
from duebook.http.thredfi.payment_answers import PartData, PaymentData, words
from duebook.http.thredfi.payment_bodies import Asked, NewPayment, Part, PayableCents, PaymentChanges
from duebook.http.thredfi.payment_lists import PAYMENT_QUERY, ThePaymentQuery
from duebook.http.thredfi.security import ANYONE
from duebook.tenancy.facts import BusinessId, WireProfile

PATH: Final = "/v1/platform/businesses/{business_id:uuid}/invoices/payments"
ONE: Final = f"{PATH}/{{payment_id:uuid}}"


class NewInvoicePart(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Part of a payment, for one invoice."""

    invoice_id: UUID
    amount_cents: PayableCents
    description: LongText | None = None


class NewInvoicePayment(NewPayment, kw_only=True, omit_defaults=True):
    """A payment of a customer; what is allocated to no invoice stays unapplied."""

    customer_id: UUID
    total_amount_cents: PayableCents
    allocations: list[NewInvoicePart] = msgspec.field(default_factory=list)


class NewInvoiceParts(msgspec.Struct, kw_only=True):
    """More of a payment, for invoices."""

    allocations: Annotated[list[NewInvoicePart], Meta(min_length=1)]


class InvoicePaymentAllocation(PartData, kw_only=True):
    """Part of a payment, for one invoice."""

    invoice_id: UUID
    invoice_number: str | None


class AppliedInvoice(msgspec.Struct, kw_only=True):
    """An invoice that a payment is for, as it stands today."""

    id: UUID
    invoice_number: str | None
    applied_amount_cents: Cents
    status: str
    outstanding_amount_cents: Cents


class InvoicePayment(PaymentData, kw_only=True):
    """A payment of a customer. Fields of one amount under two names are for clients of either."""

    type: Literal["Payment"] = "Payment"
    customer_id: UUID
    customer_name: str
    total_amount_cents: Cents
    total_amount: Cents
    applied_amount_cents: Cents
    allocated_amount_cents: Cents
    allocated_amount: Cents
    unapplied_amount_cents: Cents
    remaining_amount_cents: Cents
    allocations: list[InvoicePaymentAllocation]
    applied_invoices: list[AppliedInvoice]


class OneInvoicePayment(msgspec.Struct):
    """One payment."""

    payment: InvoicePayment


class InvoicePaymentPage(Paged, kw_only=True):
    """One page of payments, the latest first."""

    results: list[InvoicePayment]


def _shown(said: Mapping[str, Any], _: WireProfile, __: UUID | None) -> InvoicePayment:
    fields = {name: value for name, value in said.items() if name not in ("amount", "allocated", "left", "charges")}
    return InvoicePayment(
        **fields,
        total_amount_cents=said["amount"],
        total_amount=said["amount"],
        applied_amount_cents=said["allocated"],
        allocated_amount_cents=said["allocated"],
        allocated_amount=said["allocated"],
        unapplied_amount_cents=said["left"],
        remaining_amount_cents=said["left"],
        applied_invoices=[
            AppliedInvoice(
                id=invoice.document.id,
                invoice_number=invoice.document.number,
                applied_amount_cents=amount,
                status=INVOICES.status[invoice.standing].lower(),
                outstanding_amount_cents=invoice.open_minor,
            )
            for invoice, amount in said["charges"]
        ],
    )


ITS: Final = words(INVOICES, "total_amount_cents", part=InvoicePaymentAllocation, row=_shown, one=OneInvoicePayment)
_RECORDED: Final = {
    200: ResponseSpec(OneInvoicePayment, generate_examples=False, description="It was there"),
    201: ResponseSpec(OneInvoicePayment, generate_examples=False, description="It is recorded"),
}
_CHANGED: Final = {200: ResponseSpec(OneInvoicePayment, generate_examples=False, description="As it stands")}


@post(
    PATH,
    operation_id="create_payment",
    tags=["Payments"],
    summary="Record a payment",
    description="The same external id with the same content answers 200 with the payment that is there.",
    guards=[signed_in],
    security=ANYONE,
    dependencies=KEYED,
    dto=Body,
    return_dto=None,
    responses=_RECORDED | errors(401, 403, 404, 409, 413, 422),
)
async def create_payment(
    request: CallerRequest,
    services: TheServices,
    business_id: FromPath[UUID],
    key: TheKey,
    data: JSONBody[NewInvoicePayment],
) -> Response[bytes]:
    """Record a payment, or find the one with this external id."""
    asked = Asked(data, data.customer_id, data.total_amount_cents, _parts(data.allocations))
    change = partial(payments.create, ITS, asked, key)
    return await payments.write(services, request.user, BusinessId(business_id), ITS, "record", key, change)


@get(
    PATH,
    operation_id="list_payments",
    tags=["Payments"],
    summary="List payments",
    guards=[signed_in],
    security=ANYONE,
    dependencies=PAGING | PAYMENT_QUERY,
    responses={200: ResponseSpec(InvoicePaymentPage, generate_examples=False, description="One page")}
    | errors(401, 403, 404),
)
async def list_payments(
    request: CallerRequest,
    services: TheServices,
    business_id: FromPath[UUID],
    paging: ThePage,
    asked: ThePaymentQuery,
    customer_id: FreeText = None,
    invoice_id: FreeText = None,
) -> Response[bytes]:
    """A page of payments, the latest first."""
    which, part = asked.read(ITS, customer_id, invoice_id), paging.part(back=True)
    found, total = await payments.page(services, request.user, BusinessId(business_id), ITS, which, part)
    return answered(InvoicePaymentPage(count=total, page_info=paging.info(total), results=found))


@get(
    ONE,
    operation_id="get_payment",
    tags=["Payments"],
    summary="Find a payment",
    guards=[signed_in],
    security=ANYONE,
    responses={200: ResponseSpec(OneInvoicePayment, generate_examples=False, description="The payment")}
    | errors(401, 403, 404),
)
async def get_payment(
    request: CallerRequest, services: TheServices, business_id: FromPath[UUID], payment_id: FromPath[UUID]
) -> Response[bytes]:
    """One payment."""
    return await payments.find(services, request.user, BusinessId(business_id), ITS, payment_id)


@patch(
    ONE,
    operation_id="update_payment",
    tags=["Payments"],
    summary="Change a payment",
    description="What is not said stays as it is.",
    guards=[signed_in],
    security=ANYONE,
    dependencies=KEYED,
    dto=Body,
    return_dto=None,
    responses=_CHANGED | errors(401, 403, 404, 409, 413, 422),
)
async def update_payment(
    request: CallerRequest,
    services: TheServices,
    business_id: FromPath[UUID],
    payment_id: FromPath[UUID],
    key: TheKey,
    data: JSONBody[PaymentChanges],
) -> Response[bytes]:
    """Change what the request mentions."""
    change = partial(payments.update, ITS, payment_id, data)
    return await payments.write(services, request.user, BusinessId(business_id), ITS, "update", key, change)


@post(
    f"{ONE}/cancel",
    operation_id="cancel_payment",
    tags=["Payments"],
    summary="Cancel a payment",
    description="Only one that is pending or failed: it never happened.",
    guards=[signed_in],
    security=ANYONE,
    dependencies=KEYED,
    status_code=200,
    responses=_CHANGED | errors(401, 403, 404, 409, 413, 422),
)
async def cancel_payment(
    request: CallerRequest, services: TheServices, business_id: FromPath[UUID], payment_id: FromPath[UUID], key: TheKey
) -> Response[bytes]:
    """Cancel a payment."""
    change = partial(payments.cancel, ITS, payment_id)
    return await payments.write(services, request.user, BusinessId(business_id), ITS, "cancel", key, change)


@post(
    f"{ONE}/allocations",
    operation_id="allocate_payment",
    tags=["Payments"],
    summary="Allocate more of a payment",
    guards=[signed_in],
    security=ANYONE,
    dependencies=KEYED,
    dto=Body,
    return_dto=None,
    responses=_RECORDED | errors(401, 403, 404, 409, 413, 422),
)
async def allocate_payment(
    request: CallerRequest,
    services: TheServices,
    business_id: FromPath[UUID],
    payment_id: FromPath[UUID],
    key: TheKey,
    data: JSONBody[NewInvoiceParts],
) -> Response[bytes]:
    """Allocate more of a payment to invoices."""
    change = partial(payments.allocate, ITS, payment_id, _parts(data.allocations))
    return await payments.write(services, request.user, BusinessId(business_id), ITS, "allocate", key, change)


@delete(
    f"{ONE}/allocations/{{allocation_id:uuid}}",
    operation_id="delete_payment_allocation",
    tags=["Payments"],
    summary="Take an allocation back",
    guards=[signed_in],
    security=ANYONE,
    dependencies=KEYED,
    status_code=200,
    responses=_CHANGED | errors(401, 403, 404, 409, 413, 422),
)
async def delete_payment_allocation(
    request: CallerRequest,
    services: TheServices,
    business_id: FromPath[UUID],
    payment_id: FromPath[UUID],
    allocation_id: FromPath[UUID],
    key: TheKey,
) -> Response[bytes]:
    """Take an allocation back, as if it had never been."""
    change = partial(payments.take_back, ITS, payment_id, allocation_id)
    return await payments.write(services, request.user, BusinessId(business_id), ITS, "take back part of", key, change)


def _parts(given: list[NewInvoicePart]) -> list[Part]:
    return [Part(one.invoice_id, one.amount_cents, one.description) for one in given]
