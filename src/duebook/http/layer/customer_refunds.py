"""Refunds to customers: of invoices, of lines and payments, and of unapplied money."""

from typing import Annotated, Final, Literal
from uuid import UUID

import msgspec
from litestar import Response, delete, get, post, put
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from duebook.http.bodies import JsonBody
from duebook.http.callers import CallerRequest, signed_in
from duebook.http.encoded import answered
from duebook.http.fields import Text
from duebook.http.layer import refunding, refunds
from duebook.http.layer.customers import CustomerData
from duebook.http.layer.errors import errors
from duebook.http.layer.filters import (
    DATED_QUERY,
    DatedQuery,
    StampQuery,
    TheDatedQuery,
    UuidQuery,
    named_parties,
    names,
)
from duebook.http.layer.invoices import PATH as INVOICES
from duebook.http.layer.invoices import CustomerRefundPart
from duebook.http.layer.lists import PAGING, ListMeta, ThePage, only
from duebook.http.layer.parties import FreeText, more_fields
from duebook.http.layer.refund_asking import asked_dedicated, asked_refund, payment_body
from duebook.http.layer.refunds import (
    MOST_PARTS,
    NewRefundPart,
    NewRefundPayment,
    RefundBase,
    RefundData,
    RefundPayment,
)
from duebook.http.layer.security import BEARER
from duebook.http.refunds import PART_OF, Refund, find
from duebook.http.services import TheServices
from duebook.ledger.facts import Kind, Side
from duebook.tenancy.facts import BusinessId
from duebook.tenancy.gate import read_tx

PATH: Final = f"{INVOICES}/refunds"
ONE: Final = f"{PATH}/{{refundId:uuid}}"


class NewCustomerRefundPart(NewRefundPart, kw_only=True, omit_defaults=True):
    """Part of a refund, of one invoice or a line of it, of one payment, or of a customer's unapplied money."""

    invoice_id: UUID | None = None
    invoice_external_id: Text | None = None
    invoice_line_item_id: UUID | None = None
    invoice_line_item_external_id: Text | None = None
    invoice_payment_id: UUID | None = None
    invoice_payment_external_id: Text | None = None
    customer_id: UUID | None = None
    customer_external_id: Text | None = None


class NewCustomerRefund(RefundBase, kw_only=True, omit_defaults=True):
    """A refund: of one target, all that can be paid back, and paid; or itemized, with allocations and payments."""

    invoice_id: UUID | None = None
    invoice_external_id: Text | None = None
    invoice_line_item_id: UUID | None = None
    invoice_line_item_external_id: Text | None = None
    invoice_payment_id: UUID | None = None
    invoice_payment_external_id: Text | None = None
    allocations: Annotated[list[NewCustomerRefundPart], Meta(min_length=1, max_length=MOST_PARTS)] | None = None
    payments: list[NewRefundPayment] | None = None


class CustomerRefund(RefundData, kw_only=True):
    """A refund to a customer."""

    type: Literal["Customer_Refund"] = "Customer_Refund"
    is_dedicated: bool
    customer: CustomerData
    allocations: list[CustomerRefundPart]


class OneCustomerRefund(msgspec.Struct):
    """One refund."""

    data: CustomerRefund


class OneCustomerRefundPayment(msgspec.Struct):
    """One payment of a refund."""

    data: RefundPayment


class CustomerRefundPage(msgspec.Struct):
    """One page of refunds."""

    data: list[CustomerRefund]
    meta: ListMeta


@post(
    PATH,
    operation_id="business.invoices.refunds.post",
    tags=["Customer refunds"],
    summary="Record a refund, or change the one with this external id",
    description="What is not said is not kept: the request replaces all that was said of the refund.",
    guards=[signed_in],
    security=BEARER,
    dto=JsonBody,
    return_dto=None,
    responses={
        200: ResponseSpec(OneCustomerRefund, generate_examples=False, description="It was there and is changed"),
        201: ResponseSpec(OneCustomerRefund, generate_examples=False, description="It is recorded"),
    }
    | errors(404, 409, 413),
)
async def put_customer_refund(
    request: CallerRequest, services: TheServices, businessId: FromPath[UUID], data: JSONBody[NewCustomerRefund]
) -> Response[bytes]:
    """Record or change a refund."""
    asked = asked_refund(Side.RECEIVABLE, data, data.allocations, data.payments)
    made, created = await refunding.put(services, request.user, BusinessId(businessId), Side.RECEIVABLE, asked)
    return answered(OneCustomerRefund(_refund(made)), created=created)


@post(
    f"{INVOICES}/{{invoiceId:uuid}}/refund",
    operation_id="business.invoices.refund.post",
    tags=["Customer refunds"],
    summary="Record a refund of one invoice",
    description="Of all that can be paid back if no amount is said. An external id that is there changes its refund.",
    guards=[signed_in],
    security=BEARER,
    dto=JsonBody,
    return_dto=None,
    responses={
        200: ResponseSpec(OneCustomerRefund, generate_examples=False, description="It was there and is changed"),
        201: ResponseSpec(OneCustomerRefund, generate_examples=False, description="It is recorded"),
    }
    | errors(404, 409, 413),
)
async def put_dedicated_refund(
    request: CallerRequest,
    services: TheServices,
    businessId: FromPath[UUID],
    invoiceId: FromPath[UUID],
    data: JSONBody[RefundBase],
) -> Response[bytes]:
    """Pay back what was paid of this invoice, or a part of it."""
    business_id, side = BusinessId(businessId), Side.RECEIVABLE
    made, created = await refunding.put(
        services, request.user, business_id, side, asked_dedicated(data, invoiceId), addressed=invoiceId
    )
    return answered(OneCustomerRefund(_refund(made)), created=created)


@get(
    PATH,
    operation_id="business.invoices.refunds.get",
    tags=["Customer refunds"],
    summary="List refunds",
    guards=[signed_in],
    security=BEARER,
    dependencies=PAGING | DATED_QUERY,
    responses={200: ResponseSpec(CustomerRefundPage, generate_examples=False, description="One page")} | errors(404),
)
async def list_customer_refunds(
    request: CallerRequest,
    services: TheServices,
    businessId: FromPath[UUID],
    paging: ThePage,
    asked: TheDatedQuery,
    customer_id: UuidQuery = None,
    customer_external_id: FreeText = None,
    completed_at_start: StampQuery = None,
    completed_at_end: StampQuery = None,
) -> Response[bytes]:
    """A page of refunds."""
    whose = ["customer_id", "customer_external_id"]
    only(request, [*whose, "completed_at_start", "completed_at_end", *names(DatedQuery)])
    async with read_tx(services.database, request.user, BusinessId(businessId)) as tx:
        parties = await named_parties(tx, Side.RECEIVABLE, "customer", customer_id, customer_external_id)
        issued = ("completed_at", completed_at_start, completed_at_end)
        which = asked.read(tx, Side.RECEIVABLE, Kind.REFUND, issued=issued, parties=parties, body_without=PART_OF)
        found, meta = await refunds.page(tx, which, paging)
    return answered(CustomerRefundPage([_refund(one) for one in found], meta))


@get(
    ONE,
    operation_id="business.invoices.refunds.refund.get",
    tags=["Customer refunds"],
    summary="Find a refund",
    guards=[signed_in],
    security=BEARER,
    responses={200: ResponseSpec(OneCustomerRefund, generate_examples=False, description="The refund")} | errors(404),
)
async def get_customer_refund(
    request: CallerRequest, services: TheServices, businessId: FromPath[UUID], refundId: FromPath[UUID]
) -> Response[bytes]:
    """One refund."""
    async with read_tx(services.database, request.user, BusinessId(businessId)) as tx:
        return answered(OneCustomerRefund(_refund(await find(tx, Side.RECEIVABLE, refundId))))


@put(
    ONE,
    operation_id="business.invoices.refunds.refund.put",
    tags=["Customer refunds"],
    summary="Replace a refund",
    description="What is not said is not kept; the first target stays one.",
    guards=[signed_in],
    security=BEARER,
    dto=JsonBody,
    return_dto=None,
    responses={200: ResponseSpec(OneCustomerRefund, generate_examples=False, description="It is replaced")}
    | errors(404, 409, 413),
)
async def replace_customer_refund(
    request: CallerRequest,
    services: TheServices,
    businessId: FromPath[UUID],
    refundId: FromPath[UUID],
    data: JSONBody[NewCustomerRefund],
) -> Response[bytes]:
    """Replace all that was said of a refund."""
    business_id, side = BusinessId(businessId), Side.RECEIVABLE
    asked = asked_refund(side, data, data.allocations, data.payments)
    made = await refunding.replace_refund(services, request.user, business_id, side, refundId, asked)
    return answered(OneCustomerRefund(_refund(made)))


@delete(
    ONE,
    operation_id="business.invoices.refunds.refund.delete",
    tags=["Customer refunds"],
    summary="Delete a refund",
    description="As if nothing had been paid back. Answers with the refund as it was.",
    status_code=200,
    guards=[signed_in],
    security=BEARER,
    responses={200: ResponseSpec(OneCustomerRefund, generate_examples=False, description="It is deleted")}
    | errors(404, 409),
)
async def delete_customer_refund(
    request: CallerRequest, services: TheServices, businessId: FromPath[UUID], refundId: FromPath[UUID]
) -> Response[bytes]:
    """As if it had never been."""
    gone = await refunding.delete(services, request.user, BusinessId(businessId), Side.RECEIVABLE, refundId)
    return answered(OneCustomerRefund(_refund(gone)))


@post(
    f"{ONE}/payments",
    operation_id="business.invoices.refunds.refund.payments.post",
    tags=["Customer refunds"],
    summary="Record a payment of a refund",
    description="An external id that is there answers 200 with the payment that has it.",
    guards=[signed_in],
    security=BEARER,
    dto=JsonBody,
    return_dto=None,
    responses={
        200: ResponseSpec(OneCustomerRefundPayment, generate_examples=False, description="It was there"),
        201: ResponseSpec(OneCustomerRefundPayment, generate_examples=False, description="It is recorded"),
    }
    | errors(404, 409, 413),
)
async def pay_customer_refund(
    request: CallerRequest,
    services: TheServices,
    businessId: FromPath[UUID],
    refundId: FromPath[UUID],
    data: JSONBody[NewRefundPayment],
) -> Response[bytes]:
    """Pay back what a refund owes, or a part of it."""
    business_id, given = BusinessId(businessId), payment_body("", data)
    made, paid, created = await refunding.pay(services, request.user, business_id, Side.RECEIVABLE, refundId, given)
    shown = refunds.payment(business_id, made.head.document, paid)
    return answered(OneCustomerRefundPayment(shown), created=created)


@delete(
    f"{ONE}/payments/{{refundPaymentId:uuid}}",
    operation_id="business.invoices.refunds.refund.payments.payment.delete",
    tags=["Customer refunds"],
    summary="Delete a payment of a refund",
    description="Answers with the payment as it was.",
    status_code=200,
    guards=[signed_in],
    security=BEARER,
    responses={200: ResponseSpec(OneCustomerRefundPayment, generate_examples=False, description="It is deleted")}
    | errors(404, 409),
)
async def delete_customer_refund_payment(
    request: CallerRequest,
    services: TheServices,
    businessId: FromPath[UUID],
    refundId: FromPath[UUID],
    refundPaymentId: FromPath[UUID],
) -> Response[bytes]:
    """As if it had not been paid back yet."""
    business_id = BusinessId(businessId)
    there, gone = await refunding.take_back(
        services, request.user, business_id, Side.RECEIVABLE, refundId, refundPaymentId
    )
    return answered(OneCustomerRefundPayment(refunds.payment(business_id, there.head.document, gone)))


def _refund(refund: Refund) -> CustomerRefund:
    return CustomerRefund(
        **refunds.refund_fields(refund),
        is_dedicated=refund.body.get("is_dedicated", False),
        customer=CustomerData(**more_fields(refund.business_id, refund.party)),
        allocations=[CustomerRefundPart(**part) for part in refunds.parts_of(refund, "invoice")],
    )
