"""Payments of refunds of invoices."""

from typing import Final
from uuid import UUID

from litestar import Response, delete, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody

from duebook.http import refunding
from duebook.http.callers import CallerRequest, signed_in
from duebook.http.encoded import answered
from duebook.http.fields import check_free
from duebook.http.refunds import find
from duebook.http.services import TheServices
from duebook.http.stamps import stamp
from duebook.http.thredfi import refunds
from duebook.http.thredfi.bodies import Body
from duebook.http.thredfi.errors import errors
from duebook.http.thredfi.idempotency import KEYED, TheKey, answered_by
from duebook.http.thredfi.invoice_refund_shapes import (
    ITS,
    SIDE,
    InvoiceRefundPayment,
    InvoiceRefundPaymentPage,
    NewRefundPayment,
    payment_given,
    payment_shown,
)
from duebook.http.thredfi.invoice_refunds import ONE
from duebook.http.thredfi.paging import PAGING, ThePage
from duebook.http.thredfi.security import ANYONE
from duebook.tenancy.facts import BusinessId
from duebook.tenancy.gate import read_tx, write_tx

PAYMENTS: Final = f"{ONE}/payments"
ONE_PAYMENT: Final = f"{PAYMENTS}/{{refund_payment_id:uuid}}"


@post(
    PAYMENTS,
    operation_id="create_refund_payment",
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
            refund, paid, created = await refunding.pay(tx, ITS, refund_id, payment_given(tx, data))
            return payment_shown(refund, paid), created

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
        refund = await find(tx, SIDE, refund_id)
    every = refund.payments
    some = [payment_shown(refund, one) for one in every[paging.offset : paging.offset + paging.page_size]]
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
        refund = await find(tx, SIDE, refund_id)
    return answered(payment_shown(refund, refunds.payment_of(refund, refund_payment_id)))


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
        await refunding.take_back(tx, ITS, refund_id, refund_payment_id, "refund_payment_id")
