"""Payments to vendors that are recorded: changed, or deleted with what they pay."""

from typing import Annotated
from uuid import UUID

from litestar import Response, delete, post, put
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody
from msgspec import UNSET, Meta, UnsetType

from duebook.http.bodies import JsonBody
from duebook.http.callers import CallerRequest, signed_in
from duebook.http.encoded import answered
from duebook.http.inputs import parse
from duebook.http.layer import payment_changes
from duebook.http.layer.bill_payments import NewBillPart, NewPaymentOfBills, OneBillPayment, payment, read
from duebook.http.layer.bills import PATH
from duebook.http.layer.charge_changes import said_in
from duebook.http.layer.errors import errors
from duebook.http.layer.payment_changes import PaymentChanges
from duebook.http.layer.security import BEARER
from duebook.http.services import Services, TheServices
from duebook.ledger.facts import Side
from duebook.tenancy.facts import BusinessId


class BillPaymentChanges(PaymentChanges, kw_only=True, omit_defaults=True):
    """What is to be said anew of a payment; parts that are said replace all that there are."""

    bill_payment_allocations: Annotated[list[NewBillPart], Meta(min_length=1)] | UnsetType = UNSET


@put(
    f"{PATH}/bill-payments/{{paymentId:uuid}}",
    operation_id="business.bills.payments.payment.put",
    tags=["Bill payments"],
    summary="Change a payment",
    description="As if it had always been recorded so. What is left out stays; null takes away.",
    guards=[signed_in],
    security=BEARER,
    dto=JsonBody,
    return_dto=None,
    responses={200: ResponseSpec(OneBillPayment, generate_examples=False, description="It is changed")}
    | errors(404, 409, 413),
)
async def change_bill_payment(
    request: CallerRequest,
    services: TheServices,
    businessId: FromPath[UUID],
    paymentId: FromPath[UUID],
    data: JSONBody[BillPaymentChanges],
) -> Response[bytes]:
    """Correct a payment."""
    business_id = BusinessId(businessId)
    view = await payment_changes.change(
        services,
        request.user,
        business_id,
        Side.PAYABLE,
        paymentId,
        said_in(await request.body(), data),
        lambda body: read(parse(NewPaymentOfBills, body)),
    )
    return answered(OneBillPayment(payment(business_id, view)))


@delete(
    f"{PATH}/bill-payments/{{paymentId:uuid}}",
    operation_id="business.bills.payments.payment.delete",
    tags=["Bill payments"],
    summary="Delete a payment",
    description="What it paid is open again. Not while anything of it is refunded.",
    status_code=200,
    guards=[signed_in],
    security=BEARER,
    responses={200: ResponseSpec(OneBillPayment, generate_examples=False, description="As it was")} | errors(404, 409),
)
async def delete_bill_payment(
    request: CallerRequest, services: TheServices, businessId: FromPath[UUID], paymentId: FromPath[UUID]
) -> Response[bytes]:
    """Delete a payment; the answer is what it was."""
    return await _delete(request, services, BusinessId(businessId), paymentId)


@post(
    f"{PATH}/bill-payments/{{paymentId:uuid}}/delete",
    operation_id="business.bills.payments.payment.delete.post",
    tags=["Bill payments"],
    summary="Delete a payment",
    description="The same by another method.",
    status_code=200,
    guards=[signed_in],
    security=BEARER,
    responses={200: ResponseSpec(OneBillPayment, generate_examples=False, description="As it was")}
    | errors(404, 409, 413),
)
async def delete_bill_payment_by_post(
    request: CallerRequest, services: TheServices, businessId: FromPath[UUID], paymentId: FromPath[UUID]
) -> Response[bytes]:
    """Delete a payment; the answer is what it was."""
    return await _delete(request, services, BusinessId(businessId), paymentId)


async def _delete(
    request: CallerRequest, services: Services, business_id: BusinessId, payment_id: UUID
) -> Response[bytes]:
    view = await payment_changes.delete(services, request.user, business_id, Side.PAYABLE, payment_id)
    return answered(OneBillPayment(payment(business_id, view)))
