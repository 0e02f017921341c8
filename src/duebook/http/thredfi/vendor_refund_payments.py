"""Payments of refunds of vendors."""

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
from duebook.http.stamps import optional_stamp
from duebook.http.thredfi import refunds
from duebook.http.thredfi.bodies import Body
from duebook.http.thredfi.errors import errors
from duebook.http.thredfi.idempotency import KEYED, TheKey, answered_by
from duebook.http.thredfi.paging import PAGING, ThePage
from duebook.http.thredfi.security import ANYONE
from duebook.http.thredfi.vendor_refund_shapes import (
    ITS,
    SIDE,
    NewVendorRefundPayment,
    VendorRefundPayment,
    VendorRefundPaymentPage,
    payment_given,
    payment_shown,
)
from duebook.http.thredfi.vendor_refunds import ONE
from duebook.tenancy.facts import BusinessId
from duebook.tenancy.gate import read_tx, write_tx

PAYMENTS: Final = f"{ONE}/payments"
ONE_PAYMENT: Final = f"{PAYMENTS}/{{vendor_refund_payment_id:uuid}}"


@post(
    PAYMENTS,
    operation_id="create_vendor_refund_payment",
    tags=["Vendor refund payments"],
    summary="Record a payment of a refund",
    description="No more than is left. An external id that is there answers 200 with the payment that has it.",
    guards=[signed_in],
    security=ANYONE,
    dependencies=KEYED,
    dto=Body,
    return_dto=None,
    responses={
        200: ResponseSpec(VendorRefundPayment, generate_examples=False, description="It was there"),
        201: ResponseSpec(VendorRefundPayment, generate_examples=False, description="It is recorded"),
    }
    | errors(401, 403, 404, 409, 413),
)
async def create_vendor_refund_payment(
    request: CallerRequest,
    services: TheServices,
    business_id: FromPath[UUID],
    refund_id: FromPath[UUID],
    key: TheKey,
    data: JSONBody[NewVendorRefundPayment],
) -> Response[bytes]:
    """Record that a refund has come, or a part of it."""
    check_free("", data)
    optional_stamp("payment_date", data.payment_date)
    async with write_tx(services.database, request.user, BusinessId(business_id), "pay vendor refund") as tx:

        async def make() -> tuple[VendorRefundPayment, bool]:
            given = payment_given(tx, data, tx.business.today(tx.now).isoformat())
            refund, paid, created = await refunding.pay(tx, ITS, refund_id, given)
            return payment_shown(refund, paid), created

        return await answered_by(tx, key, make)


@get(
    PAYMENTS,
    operation_id="list_vendor_refund_payments",
    tags=["Vendor refund payments"],
    summary="List the payments of a refund",
    guards=[signed_in],
    security=ANYONE,
    dependencies=PAGING,
    responses={200: ResponseSpec(VendorRefundPaymentPage, generate_examples=False, description="One page")}
    | errors(401, 403, 404),
)
async def list_vendor_refund_payments(
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
    return answered(VendorRefundPaymentPage(count=len(every), page_info=paging.info(len(every)), results=some))


@get(
    ONE_PAYMENT,
    operation_id="get_vendor_refund_payment",
    tags=["Vendor refund payments"],
    summary="Find a payment of a refund",
    guards=[signed_in],
    security=ANYONE,
    responses={200: ResponseSpec(VendorRefundPayment, generate_examples=False, description="The payment")}
    | errors(401, 403, 404),
)
async def get_vendor_refund_payment(
    request: CallerRequest,
    services: TheServices,
    business_id: FromPath[UUID],
    refund_id: FromPath[UUID],
    vendor_refund_payment_id: FromPath[UUID],
) -> Response[bytes]:
    """One payment."""
    async with read_tx(services.database, request.user, BusinessId(business_id)) as tx:
        refund = await find(tx, SIDE, refund_id)
    return answered(payment_shown(refund, refunds.payment_of(refund, vendor_refund_payment_id)))


@delete(
    ONE_PAYMENT,
    operation_id="delete_vendor_refund_payment",
    tags=["Vendor refund payments"],
    summary="Delete a payment of a refund",
    description="As if it had never been. The only payment of a refund is deleted with the refund.",
    guards=[signed_in],
    security=ANYONE,
    responses={204: ResponseSpec(None, generate_examples=False, description="It is deleted")}
    | errors(401, 403, 404, 409),
)
async def delete_vendor_refund_payment(
    request: CallerRequest,
    services: TheServices,
    business_id: FromPath[UUID],
    refund_id: FromPath[UUID],
    vendor_refund_payment_id: FromPath[UUID],
) -> None:
    """Take a payment back."""
    async with write_tx(services.database, request.user, BusinessId(business_id), "delete vendor refund payment") as tx:
        await refunding.take_back(tx, ITS, refund_id, vendor_refund_payment_id, "vendor_refund_payment_id")
