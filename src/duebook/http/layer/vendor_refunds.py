"""Refunds of vendors: of bills, of lines and payments, and of unapplied money."""

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
from duebook.http.layer.bills import PATH as BILLS
from duebook.http.layer.bills import VendorRefundPart
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
from duebook.http.layer.lists import PAGING, ListMeta, ThePage, only
from duebook.http.layer.parties import FreeText, more_fields
from duebook.http.layer.refund_asking import asked_refund, payment_body
from duebook.http.layer.refunds import (
    MOST_PARTS,
    NewRefundPart,
    NewRefundPayment,
    RefundBase,
    RefundData,
    RefundPayment,
)
from duebook.http.layer.security import BEARER
from duebook.http.layer.vendors import VendorData
from duebook.http.refunds import PART_OF, Refund, find
from duebook.http.services import TheServices
from duebook.ledger.facts import Kind, Side
from duebook.tenancy.facts import BusinessId
from duebook.tenancy.gate import read_tx

PATH: Final = f"{BILLS}/refunds"
ONE: Final = f"{PATH}/{{refundId:uuid}}"


class NewVendorRefundPart(NewRefundPart, kw_only=True, omit_defaults=True):
    """Part of a refund, of one bill or a line of it, of one payment, or of a vendor's unapplied money."""

    bill_id: UUID | None = None
    bill_external_id: Text | None = None
    bill_line_item_id: UUID | None = None
    bill_line_item_external_id: Text | None = None
    bill_payment_id: UUID | None = None
    bill_payment_external_id: Text | None = None
    vendor_id: UUID | None = None
    vendor_external_id: Text | None = None


class NewVendorRefund(RefundBase, kw_only=True, omit_defaults=True):
    """A refund: of one target, all that can be paid back, and paid; or itemized, with allocations and payments."""

    bill_id: UUID | None = None
    bill_external_id: Text | None = None
    bill_line_item_id: UUID | None = None
    bill_line_item_external_id: Text | None = None
    bill_payment_id: UUID | None = None
    bill_payment_external_id: Text | None = None
    allocations: Annotated[list[NewVendorRefundPart], Meta(min_length=1, max_length=MOST_PARTS)] | None = None
    payments: list[NewRefundPayment] | None = None


class VendorRefund(RefundData, kw_only=True):
    """A refund of a vendor."""

    type: Literal["Vendor_Refund"] = "Vendor_Refund"
    vendor: VendorData
    allocations: list[VendorRefundPart]


class OneVendorRefund(msgspec.Struct):
    """One refund."""

    data: VendorRefund


class OneVendorRefundPayment(msgspec.Struct):
    """One payment of a refund."""

    data: RefundPayment


class VendorRefundPage(msgspec.Struct):
    """One page of refunds."""

    data: list[VendorRefund]
    meta: ListMeta


@post(
    PATH,
    operation_id="business.bills.refunds.post",
    tags=["Vendor refunds"],
    summary="Record a refund, or change the one with this external id",
    description="What is not said is not kept: the request replaces all that was said of the refund.",
    guards=[signed_in],
    security=BEARER,
    dto=JsonBody,
    return_dto=None,
    responses={
        200: ResponseSpec(OneVendorRefund, generate_examples=False, description="It was there and is changed"),
        201: ResponseSpec(OneVendorRefund, generate_examples=False, description="It is recorded"),
    }
    | errors(404, 409, 413),
)
async def put_vendor_refund(
    request: CallerRequest, services: TheServices, businessId: FromPath[UUID], data: JSONBody[NewVendorRefund]
) -> Response[bytes]:
    """Record or change a refund."""
    asked = asked_refund(Side.PAYABLE, data, data.allocations, data.payments)
    made, created = await refunding.put(services, request.user, BusinessId(businessId), Side.PAYABLE, asked)
    return answered(OneVendorRefund(_refund(made)), created=created)


@get(
    PATH,
    operation_id="business.bills.refunds.get",
    tags=["Vendor refunds"],
    summary="List refunds",
    guards=[signed_in],
    security=BEARER,
    dependencies=PAGING | DATED_QUERY,
    responses={200: ResponseSpec(VendorRefundPage, generate_examples=False, description="One page")} | errors(404),
)
async def list_vendor_refunds(
    request: CallerRequest,
    services: TheServices,
    businessId: FromPath[UUID],
    paging: ThePage,
    asked: TheDatedQuery,
    vendor_id: UuidQuery = None,
    vendor_external_id: FreeText = None,
    completed_at_start: StampQuery = None,
    completed_at_end: StampQuery = None,
) -> Response[bytes]:
    """A page of refunds."""
    whose = ["vendor_id", "vendor_external_id"]
    only(request, [*whose, "completed_at_start", "completed_at_end", *names(DatedQuery)])
    async with read_tx(services.database, request.user, BusinessId(businessId)) as tx:
        parties = await named_parties(tx, Side.PAYABLE, "vendor", vendor_id, vendor_external_id)
        issued = ("completed_at", completed_at_start, completed_at_end)
        which = asked.read(tx, Side.PAYABLE, Kind.REFUND, issued=issued, parties=parties, body_without=PART_OF)
        found, meta = await refunds.page(tx, which, paging)
    return answered(VendorRefundPage([_refund(one) for one in found], meta))


@get(
    ONE,
    operation_id="business.bills.refunds.refund.get",
    tags=["Vendor refunds"],
    summary="Find a refund",
    guards=[signed_in],
    security=BEARER,
    responses={200: ResponseSpec(OneVendorRefund, generate_examples=False, description="The refund")} | errors(404),
)
async def get_vendor_refund(
    request: CallerRequest, services: TheServices, businessId: FromPath[UUID], refundId: FromPath[UUID]
) -> Response[bytes]:
    """One refund."""
    async with read_tx(services.database, request.user, BusinessId(businessId)) as tx:
        return answered(OneVendorRefund(_refund(await find(tx, Side.PAYABLE, refundId))))


@put(
    ONE,
    operation_id="business.bills.refunds.refund.put",
    tags=["Vendor refunds"],
    summary="Replace a refund",
    description="What is not said is not kept; the first target stays one.",
    guards=[signed_in],
    security=BEARER,
    dto=JsonBody,
    return_dto=None,
    responses={200: ResponseSpec(OneVendorRefund, generate_examples=False, description="It is replaced")}
    | errors(404, 409, 413),
)
async def replace_vendor_refund(
    request: CallerRequest,
    services: TheServices,
    businessId: FromPath[UUID],
    refundId: FromPath[UUID],
    data: JSONBody[NewVendorRefund],
) -> Response[bytes]:
    """Replace all that was said of a refund."""
    business_id, side = BusinessId(businessId), Side.PAYABLE
    asked = asked_refund(side, data, data.allocations, data.payments)
    made = await refunding.replace_refund(services, request.user, business_id, side, refundId, asked)
    return answered(OneVendorRefund(_refund(made)))


@delete(
    ONE,
    operation_id="business.bills.refunds.refund.delete",
    tags=["Vendor refunds"],
    summary="Delete a refund",
    description="As if nothing had been paid back. Answers with the refund as it was.",
    status_code=200,
    guards=[signed_in],
    security=BEARER,
    responses={200: ResponseSpec(OneVendorRefund, generate_examples=False, description="It is deleted")}
    | errors(404, 409),
)
async def delete_vendor_refund(
    request: CallerRequest, services: TheServices, businessId: FromPath[UUID], refundId: FromPath[UUID]
) -> Response[bytes]:
    """As if it had never been."""
    gone = await refunding.delete(services, request.user, BusinessId(businessId), Side.PAYABLE, refundId)
    return answered(OneVendorRefund(_refund(gone)))


@post(
    f"{ONE}/payments",
    operation_id="business.bills.refunds.refund.payments.post",
    tags=["Vendor refunds"],
    summary="Record a payment of a refund",
    description="An external id that is there answers 200 with the payment that has it.",
    guards=[signed_in],
    security=BEARER,
    dto=JsonBody,
    return_dto=None,
    responses={
        200: ResponseSpec(OneVendorRefundPayment, generate_examples=False, description="It was there"),
        201: ResponseSpec(OneVendorRefundPayment, generate_examples=False, description="It is recorded"),
    }
    | errors(404, 409, 413),
)
async def pay_vendor_refund(
    request: CallerRequest,
    services: TheServices,
    businessId: FromPath[UUID],
    refundId: FromPath[UUID],
    data: JSONBody[NewRefundPayment],
) -> Response[bytes]:
    """Pay back what a refund owes, or a part of it."""
    business_id, given = BusinessId(businessId), payment_body("", data)
    made, paid, created = await refunding.pay(services, request.user, business_id, Side.PAYABLE, refundId, given)
    shown = refunds.payment(business_id, made.head.document, paid)
    return answered(OneVendorRefundPayment(shown), created=created)


@delete(
    f"{ONE}/payments/{{refundPaymentId:uuid}}",
    operation_id="business.bills.refunds.refund.payments.payment.delete",
    tags=["Vendor refunds"],
    summary="Delete a payment of a refund",
    description="Answers with the payment as it was.",
    status_code=200,
    guards=[signed_in],
    security=BEARER,
    responses={200: ResponseSpec(OneVendorRefundPayment, generate_examples=False, description="It is deleted")}
    | errors(404, 409),
)
async def delete_vendor_refund_payment(
    request: CallerRequest,
    services: TheServices,
    businessId: FromPath[UUID],
    refundId: FromPath[UUID],
    refundPaymentId: FromPath[UUID],
) -> Response[bytes]:
    """As if it had not been paid back yet."""
    business_id = BusinessId(businessId)
    there, gone = await refunding.take_back(
        services, request.user, business_id, Side.PAYABLE, refundId, refundPaymentId
    )
    return answered(OneVendorRefundPayment(refunds.payment(business_id, there.head.document, gone)))


def _refund(refund: Refund) -> VendorRefund:
    return VendorRefund(
        **refunds.refund_fields(refund),
        vendor=VendorData(**more_fields(refund.business_id, refund.party)),
        allocations=[VendorRefundPart(**part) for part in refunds.parts_of(refund, "bill")],
    )
