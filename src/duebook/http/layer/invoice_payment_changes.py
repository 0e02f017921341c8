"""Payments of customers that are recorded: changed, or deleted with what they pay."""

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
from duebook.http.layer.charge_changes import said_in
from duebook.http.layer.errors import errors
from duebook.http.layer.invoice_payments import NewInvoicePart, NewInvoicePayment, OnePayment, payment, read
from duebook.http.layer.invoices import PATH
from duebook.http.layer.payment_changes import PaymentChanges
from duebook.http.layer.security import BEARER
from duebook.http.services import Services, TheServices
from duebook.ledger.facts import Side
from duebook.tenancy.facts import BusinessId


class InvoicePaymentChanges(PaymentChanges, kw_only=True, omit_defaults=True):
    """What is to be said anew of a payment; parts that are said replace all that there are."""

    invoice_payments: Annotated[list[NewInvoicePart], Meta(min_length=1)] | UnsetType = UNSET


@put(
    f"{PATH}/payments/{{paymentId:uuid}}",
    operation_id="business.invoices.payments.payment.put",
    tags=["Invoice payments"],
    summary="Change a payment",
    description="As if it had always been recorded so. What is left out stays; null takes away.",
    guards=[signed_in],
    security=BEARER,
    dto=JsonBody,
    return_dto=None,
    responses={200: ResponseSpec(OnePayment, generate_examples=False, description="It is changed")}
    | errors(404, 409, 413),
)
async def change_payment(
    request: CallerRequest,
    services: TheServices,
    businessId: FromPath[UUID],
    paymentId: FromPath[UUID],
    data: JSONBody[InvoicePaymentChanges],
) -> Response[bytes]:
    """Correct a payment."""
    business_id = BusinessId(businessId)
    view = await payment_changes.change(
        services,
        request.user,
        business_id,
        Side.RECEIVABLE,
        paymentId,
        said_in(await request.body(), data),
        lambda body: read(parse(NewInvoicePayment, body)),
    )
    return answered(OnePayment(payment(business_id, view)))


@delete(
    f"{PATH}/payments/{{paymentId:uuid}}",
    operation_id="business.invoices.payments.payment.delete",
    tags=["Invoice payments"],
    summary="Delete a payment",
    description="What it paid is open again. Not while anything of it is refunded.",
    status_code=200,
    guards=[signed_in],
    security=BEARER,
    responses={200: ResponseSpec(OnePayment, generate_examples=False, description="As it was")} | errors(404, 409),
)
async def delete_payment(
    request: CallerRequest, services: TheServices, businessId: FromPath[UUID], paymentId: FromPath[UUID]
) -> Response[bytes]:
    """Delete a payment; the answer is what it was."""
    return await _delete(request, services, BusinessId(businessId), paymentId)


@post(
    f"{PATH}/payments/{{paymentId:uuid}}/delete",
    operation_id="business.invoices.payments.payment.delete.post",
    tags=["Invoice payments"],
    summary="Delete a payment",
    description="The same by another method.",
    status_code=200,
    guards=[signed_in],
    security=BEARER,
    responses={200: ResponseSpec(OnePayment, generate_examples=False, description="As it was")} | errors(404, 409, 413),
)
async def delete_payment_by_post(
    request: CallerRequest, services: TheServices, businessId: FromPath[UUID], paymentId: FromPath[UUID]
) -> Response[bytes]:
    """Delete a payment; the answer is what it was."""
    return await _delete(request, services, BusinessId(businessId), paymentId)


async def _delete(
    request: CallerRequest, services: Services, business_id: BusinessId, payment_id: UUID
) -> Response[bytes]:
    view = await payment_changes.delete(services, request.user, business_id, Side.RECEIVABLE, payment_id)
    return answered(OnePayment(payment(business_id, view)))
