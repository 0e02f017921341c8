"""Payments to vendors for bills."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from duebook.http.bodies import JsonBody
from duebook.http.callers import CallerRequest, signed_in
from duebook.http.encoded import answered
from duebook.http.fields import ExternalId
from duebook.http.layer import payments
from duebook.http.layer.bills import PATH, BillPart
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
from duebook.http.layer.lists import PAGING, PAYMENT_SORTS, ListMeta, ThePage, documents, only
from duebook.http.layer.parties import FreeText
from duebook.http.layer.payment_answers import PaymentData, account_parts_of, parts_of, payment_fields
from duebook.http.layer.payment_changes import Read
from duebook.http.layer.payments import DatedPayment, NewPart
from duebook.http.layer.refusals import PAYMENT_FIELDS
from duebook.http.layer.security import BEARER
from duebook.http.services import TheServices
from duebook.http.writes import write
from duebook.ledger.facts import Side
from duebook.ledger.views import DocumentView
from duebook.tenancy.facts import BusinessId
from duebook.tenancy.gate import read_tx


class NewBillPart(NewPart, kw_only=True, omit_defaults=True):
    """Part of a payment, for one bill or for a ledger account."""

    bill_id: UUID | None = None
    bill_external_id: Annotated[str, Meta(min_length=1, max_length=255)] | None = None


class NewPaymentOfBills(DatedPayment, kw_only=True, omit_defaults=True):
    """A payment for bills of one vendor and for ledger accounts, to the last cent.

    Whose it is need be said only if no part is for a bill.
    """

    vendor_id: UUID | None = None
    vendor_external_id: ExternalId | None = None
    bill_payment_allocations: Annotated[list[NewBillPart], Meta(min_length=1)]


class BillPayment(PaymentData, kw_only=True):
    """A payment to a vendor."""

    allocations: list[BillPart]


class OneBillPayment(msgspec.Struct):
    """One payment."""

    data: BillPayment


class BillPaymentPage(msgspec.Struct):
    """One page of payments."""

    data: list[BillPayment]
    meta: ListMeta


@post(
    f"{PATH}/bill-payments",
    operation_id="business.bills.payments.post",
    tags=["Bill payments"],
    summary="Record a payment",
    description="The same external id with the same content answers 200 with the payment that is there.",
    guards=[signed_in],
    security=BEARER,
    dto=JsonBody,
    return_dto=None,
    responses={
        200: ResponseSpec(OneBillPayment, generate_examples=False, description="It was there"),
        201: ResponseSpec(OneBillPayment, generate_examples=False, description="It is recorded"),
    }
    | errors(404, 409, 413),
)
async def add_bill_payment(
    request: CallerRequest, services: TheServices, businessId: FromPath[UUID], data: JSONBody[NewPaymentOfBills]
) -> Response[bytes]:
    """Record one payment."""
    business_id, side = BusinessId(businessId), Side.PAYABLE
    _, parts, party = read(data)
    asked = payments.to_record(side, data, parts, party)
    with payments.placed(side, parts):
        (done,) = await write(
            services, request.user, business_id, "add bill payment", [asked], side=side, fields=PAYMENT_FIELDS[side]
        )
    view = await payments.find(services, request.user, business_id, Side.PAYABLE, done.id)
    return answered(OneBillPayment(payment(business_id, view)), created=done.created)


@get(
    f"{PATH}/bill-payments",
    operation_id="business.bills.payments.get",
    tags=["Bill payments"],
    summary="List payments",
    guards=[signed_in],
    security=BEARER,
    dependencies=PAGING | PAYMENT_QUERY,
    responses={200: ResponseSpec(BillPaymentPage, generate_examples=False, description="One page")} | errors(404),
)
async def list_bill_payments(
    request: CallerRequest,
    services: TheServices,
    businessId: FromPath[UUID],
    paging: ThePage,
    asked: ThePaymentQuery,
    vendor_id: UuidQuery = None,
    vendor_external_id: FreeText = None,
    bill_id: UuidQuery = None,
    bill_external_id: FreeText = None,
) -> Response[bytes]:
    """A page of payments."""
    only(request, ["vendor_id", "vendor_external_id", "bill_id", "bill_external_id", *names(PaymentQuery)])
    business_id, side = BusinessId(businessId), Side.PAYABLE
    async with read_tx(services.database, request.user, business_id) as tx:
        vendors = await named_parties(tx, side, "vendor", vendor_id, vendor_external_id)
        charge_id = await named_charge(tx, side, "bill", bill_id, bill_external_id)
        which = asked.read(tx, side, parties=vendors, charge_id=charge_id)
        found, meta = await documents(tx, which, paging.sorted_by(PAYMENT_SORTS))
    return answered(BillPaymentPage([payment(business_id, one) for one in found], meta))


@get(
    f"{PATH}/bill-payments/{{paymentId:uuid}}",
    operation_id="business.bills.payments.payment.get",
    tags=["Bill payments"],
    summary="Find a payment",
    guards=[signed_in],
    security=BEARER,
    responses={200: ResponseSpec(OneBillPayment, generate_examples=False, description="The payment")} | errors(404),
)
async def get_bill_payment(
    request: CallerRequest, services: TheServices, businessId: FromPath[UUID], paymentId: FromPath[UUID]
) -> Response[bytes]:
    """One payment."""
    business_id = BusinessId(businessId)
    view = await payments.find(services, request.user, business_id, Side.PAYABLE, paymentId)
    return answered(OneBillPayment(payment(business_id, view)))


def read(given: NewPaymentOfBills) -> Read:
    """The payment, its parts, and whose it is if it says so. Raises BadInput."""
    return given, given.bill_payment_allocations, payments.payer(Side.PAYABLE, given)


def payment(business_id: BusinessId, view: DocumentView) -> BillPayment:
    """A payment as this dialect shows it."""
    return BillPayment(
        **payment_fields(business_id, view),
        allocations=[
            *(BillPart(**said, bill_id=part.charge_id) for part, said in parts_of(business_id, view)),
            *(BillPart(**said, bill_id=None) for said in account_parts_of(business_id, view)),
        ],
    )
