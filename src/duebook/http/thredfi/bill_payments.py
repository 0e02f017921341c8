"""Payments to vendors for bills."""

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
from duebook.http.thredfi.charge_words import BILLS
from duebook.http.thredfi.errors import errors
from duebook.http.thredfi.filters import FreeText
from duebook.http.thredfi.idempotency import KEYED, TheKey
from duebook.http.thredfi.paging import PAGING, Paged, ThePage
from duebook.http.thredfi.payment_answers import PartData, PaymentData, words
from duebook.http.thredfi.payment_bodies import Asked, NewPayment, Part, PayableCents, PaymentChanges
from duebook.http.thredfi.payment_lists import PAYMENT_QUERY, ThePaymentQuery
from duebook.http.thredfi.security import ANYONE
from duebook.tenancy.facts import BusinessId, WireProfile

PATH: Final = "/v1/platform/businesses/{business_id:uuid}/bills/payments"
ONE: Final = f"{PATH}/{{payment_id:uuid}}"


class NewBillPart(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Part of a payment, for one bill."""

    bill_id: UUID
    amount_cents: PayableCents
    description: LongText | None = None


class NewBillPayment(NewPayment, kw_only=True, omit_defaults=True):
    """A payment to a vendor; what is allocated to no bill stays unapplied."""

    vendor_id: UUID
    amount_cents: PayableCents
    allocations: list[NewBillPart] = msgspec.field(default_factory=list)


class NewBillParts(msgspec.Struct, kw_only=True):
    """More of a payment, for bills."""

    allocations: Annotated[list[NewBillPart], Meta(min_length=1)]


class BillPaymentAllocation(PartData, kw_only=True):
    """Part of a payment, for one bill."""

    bill_id: UUID
    bill_number: str | None


class BillPayment(PaymentData, kw_only=True):
    """A payment to a vendor."""

    type: Literal["BillPayment"] = "BillPayment"
    vendor_id: UUID
    vendor_name: str
    amount_cents: Cents
    allocated_amount_cents: Cents
    unallocated_amount_cents: Cents
    allocations: list[BillPaymentAllocation]


class BillPaymentPage(Paged, kw_only=True):
    """One page of payments, the latest first."""

    results: list[BillPayment]


def _shown(said: Mapping[str, Any], profile: WireProfile, bill_id: UUID | None) -> BillPayment:
    fields = {name: value for name, value in said.items() if name not in ("amount", "allocated", "left", "charges")}
    if profile is WireProfile.LIVE and said["charges"]:
        fields["payment_reference"] = f"RECON-{said['id']}-{bill_id or said['charges'][0][0].document.id}"
    return BillPayment(
        **fields,
        amount_cents=said["amount"],
        allocated_amount_cents=said["allocated"],
        unallocated_amount_cents=said["left"],
    )


def _itself(payment: BillPayment) -> BillPayment:
    return payment


ITS: Final = words(BILLS, "amount_cents", part=BillPaymentAllocation, row=_shown, one=_itself)
_RECORDED: Final = {
    200: ResponseSpec(BillPayment, generate_examples=False, description="It was there"),
    201: ResponseSpec(BillPayment, generate_examples=False, description="It is recorded"),
}
_CHANGED: Final = {200: ResponseSpec(BillPayment, generate_examples=False, description="As it stands")}


@post(
    PATH,
    operation_id="create_bill_payment",
    tags=["Bill payments"],
    summary="Record a payment",
    description="The same external id with the same content answers 200 with the payment that is there.",
    guards=[signed_in],
    security=ANYONE,
    dependencies=KEYED,
    dto=Body,
    return_dto=None,
    responses=_RECORDED | errors(401, 403, 404, 409, 413, 422),
)
async def create_bill_payment(
    request: CallerRequest,
    services: TheServices,
    business_id: FromPath[UUID],
    key: TheKey,
    data: JSONBody[NewBillPayment],
) -> Response[bytes]:
    """Record a payment, or find the one with this external id."""
    asked = Asked(data, data.vendor_id, data.amount_cents, _parts(data.allocations))
    change = partial(payments.create, ITS, asked, key)
    return await payments.write(services, request.user, BusinessId(business_id), ITS, "record", key, change)


@get(
    PATH,
    operation_id="list_bill_payments",
    tags=["Bill payments"],
    summary="List payments",
    guards=[signed_in],
    security=ANYONE,
    dependencies=PAGING | PAYMENT_QUERY,
    responses={200: ResponseSpec(BillPaymentPage, generate_examples=False, description="One page")}
    | errors(401, 403, 404),
)
async def list_bill_payments(
    request: CallerRequest,
    services: TheServices,
    business_id: FromPath[UUID],
    paging: ThePage,
    asked: ThePaymentQuery,
    vendor_id: FreeText = None,
    bill_id: FreeText = None,
) -> Response[bytes]:
    """A page of payments, the latest first."""
    which, part = asked.read(ITS, vendor_id, bill_id), paging.part(back=True)
    found, total = await payments.page(services, request.user, BusinessId(business_id), ITS, which, part)
    return answered(BillPaymentPage(count=total, page_info=paging.info(total), results=found))


@get(
    ONE,
    operation_id="get_bill_payment",
    tags=["Bill payments"],
    summary="Find a payment",
    guards=[signed_in],
    security=ANYONE,
    responses={200: ResponseSpec(BillPayment, generate_examples=False, description="The payment")}
    | errors(401, 403, 404),
)
async def get_bill_payment(
    request: CallerRequest, services: TheServices, business_id: FromPath[UUID], payment_id: FromPath[UUID]
) -> Response[bytes]:
    """One payment."""
    return await payments.find(services, request.user, BusinessId(business_id), ITS, payment_id)


@patch(
    ONE,
    operation_id="update_bill_payment",
    tags=["Bill payments"],
    summary="Change a payment",
    description="What is not said stays as it is.",
    guards=[signed_in],
    security=ANYONE,
    dependencies=KEYED,
    dto=Body,
    return_dto=None,
    responses=_CHANGED | errors(401, 403, 404, 409, 413, 422),
)
async def update_bill_payment(
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
    operation_id="cancel_bill_payment",
    tags=["Bill payments"],
    summary="Cancel a payment",
    description="Only one that is pending or failed: it never happened.",
    guards=[signed_in],
    security=ANYONE,
    dependencies=KEYED,
    status_code=200,
    responses=_CHANGED | errors(401, 403, 404, 409, 413, 422),
)
async def cancel_bill_payment(
    request: CallerRequest, services: TheServices, business_id: FromPath[UUID], payment_id: FromPath[UUID], key: TheKey
) -> Response[bytes]:
    """Cancel a payment."""
    change = partial(payments.cancel, ITS, payment_id)
    return await payments.write(services, request.user, BusinessId(business_id), ITS, "cancel", key, change)


@post(
    f"{ONE}/allocations",
    operation_id="allocate_bill_payment",
    tags=["Bill payments"],
    summary="Allocate more of a payment",
    guards=[signed_in],
    security=ANYONE,
    dependencies=KEYED,
    dto=Body,
    return_dto=None,
    responses=_RECORDED | errors(401, 403, 404, 409, 413, 422),
)
async def allocate_bill_payment(
    request: CallerRequest,
    services: TheServices,
    business_id: FromPath[UUID],
    payment_id: FromPath[UUID],
    key: TheKey,
    data: JSONBody[NewBillParts],
) -> Response[bytes]:
    """Allocate more of a payment to bills."""
    change = partial(payments.allocate, ITS, payment_id, _parts(data.allocations))
    return await payments.write(services, request.user, BusinessId(business_id), ITS, "allocate", key, change)


@delete(
    f"{ONE}/allocations/{{allocation_id:uuid}}",
    operation_id="delete_bill_payment_allocation",
    tags=["Bill payments"],
    summary="Take an allocation back",
    guards=[signed_in],
    security=ANYONE,
    dependencies=KEYED,
    status_code=200,
    responses=_CHANGED | errors(401, 403, 404, 409, 413, 422),
)
async def delete_bill_payment_allocation(
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


def _parts(given: list[NewBillPart]) -> list[Part]:
    return [Part(one.bill_id, one.amount_cents, one.description) for one in given]
