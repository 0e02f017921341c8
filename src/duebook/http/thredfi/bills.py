"""Bills: what the business owes its vendors."""

import re
from typing import Annotated, Final, Literal
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from duebook.days import Terms
from duebook.http.callers import CallerRequest, signed_in
from duebook.http.encoded import answered
from duebook.http.fields import ExternalId, Text
from duebook.http.inputs import BadInput, shown
from duebook.http.services import TheServices
from duebook.http.stamps import Stamp
from duebook.http.thredfi import charge_lists, charges
from duebook.http.thredfi.bodies import Body
from duebook.http.thredfi.charge_answers import Charge, CreditPart, PaymentPart, RefundPart
from duebook.http.thredfi.charge_bodies import ChargeChanges, ChargeLine
from duebook.http.thredfi.charge_lists import CHARGE_QUERY, OwnQuery, TheChargeQuery
from duebook.http.thredfi.charge_payments import PaymentAlong
from duebook.http.thredfi.charge_words import BILLS
from duebook.http.thredfi.errors import errors
from duebook.http.thredfi.filters import FreeText, SeveralIds, StampQuery, unfolded
from duebook.http.thredfi.paging import PAGING, Paged, ThePage
from duebook.http.thredfi.security import ANYONE
from duebook.http.thredfi.vendors import Vendor
from duebook.tenancy.facts import BusinessId

PATH: Final = "/v1/platform/businesses/{business_id:uuid}/bills"
ONE: Final = f"{PATH}/{{bill_id:uuid}}"

_TERMS: Final = re.compile(r"net_(?P<days>\d{1,4})|due_on_receipt", re.IGNORECASE | re.ASCII)

BillTerms = Annotated[str, Meta(max_length=20, description="due_on_receipt, net_30 or another number of days")]


BillLines = Annotated[list[ChargeLine], Meta(min_length=1)]


class BillChanges(ChargeChanges, kw_only=True, omit_defaults=True):
    """What may be said of a bill: its vendor by id, or by an external id that makes the vendor.

    It is of its `bill_date`, else of the day on which it was received. `due_at` goes before `terms`.
    """

    line_items: BillLines | None = None
    bill_date: Stamp | None = None
    received_at: Stamp | None = None
    approved_at: Stamp | None = None
    terms: BillTerms | None = None
    vendor_id: UUID | None = None
    vendor_external_id: ExternalId | None = None
    bill_number: Text | None = None
    vendor_bill_number: Text | None = None
    purchase_order_number: Text | None = None
    reference_numbers: list[Text] | None = None
    attachment_urls: list[Text] | None = None


class NewBill(BillChanges, kw_only=True, omit_defaults=True):
    """A bill to record; one that names no day is of today. With `voided_at` it is kept, and owed to nobody."""

    external_id: ExternalId
    line_items: BillLines
    voided_at: Stamp | None = None
    payments: list[PaymentAlong] | None = None


class AppliedBillPayment(PaymentPart, kw_only=True):
    """Part of a payment, for this bill."""

    bill_payment_id: UUID


class BillCreditAllocation(CreditPart, kw_only=True):
    """Part of a vendor credit, for this bill."""

    vendor_credit_id: UUID
    vendor_credit_number: str | None


class BillRefundAllocation(RefundPart, kw_only=True):
    """What the vendor paid back of this bill."""

    vendor_refund_id: UUID


class Bill(Charge, kw_only=True):
    """A bill."""

    type: Literal["Bill"] = "Bill"
    bill_number: str | None
    vendor_bill_number: str | None = None
    purchase_order_number: str | None = None
    terms: str | None
    bill_date: str
    issue_date: str
    received_at: str
    approved_at: str | None = None
    vendor: Vendor
    reference_numbers: list[str] = msgspec.field(default_factory=list)
    attachment_urls: list[str] = msgspec.field(default_factory=list)
    bill_payment_allocations: list[AppliedBillPayment]
    vendor_credit_allocations: list[BillCreditAllocation]
    vendor_refund_allocations: list[BillRefundAllocation]


class BillPage(Paged, kw_only=True):
    """One page of bills."""

    results: list[Bill]


@post(
    PATH,
    operation_id="create_bill",
    tags=["Bills"],
    summary="Record a bill",
    description="The same external id with the same content answers 200 with the bill that is there.",
    guards=[signed_in],
    security=ANYONE,
    dto=Body,
    return_dto=None,
    responses={
        200: ResponseSpec(Bill, generate_examples=False, description="It was there"),
        201: ResponseSpec(Bill, generate_examples=False, description="It is recorded"),
    }
    | errors(401, 403, 404, 409, 413, 422),
)
async def create_bill(
    request: CallerRequest, services: TheServices, business_id: FromPath[UUID], data: JSONBody[NewBill]
) -> Response[bytes]:
    """Record a bill, or find the one with this external id."""
    made, created = await charges.create(
        services, request.user, BusinessId(business_id), BILLS, Bill, data, data.payments, terms_of(data)
    )
    return answered(made, created=created)


@get(
    PATH,
    operation_id="list_bills",
    tags=["Bills"],
    summary="List bills",
    guards=[signed_in, unfolded],
    security=ANYONE,
    dependencies=PAGING | CHARGE_QUERY,
    responses={200: ResponseSpec(BillPage, generate_examples=False, description="One page")}
    | errors(401, 403, 404, 422),
)
async def list_bills(
    request: CallerRequest,
    services: TheServices,
    business_id: FromPath[UUID],
    paging: ThePage,
    asked: TheChargeQuery,
    vendor_id: SeveralIds = None,
    vendor_external_id: FreeText = None,
    bill_number: FreeText = None,
    bill_date_start: StampQuery = None,
    bill_date_end: StampQuery = None,
    received_at_start: StampQuery = None,
    received_at_end: StampQuery = None,
) -> Response[bytes]:
    """A page of bills, the latest first unless another order is asked for."""
    own = OwnQuery(
        party_ids=vendor_id,
        party_external_id=vendor_external_id,
        number=bill_number,
        issued_start=bill_date_start,
        issued_end=bill_date_end,
        received_start=received_at_start,
        received_end=received_at_end,
    )
    found, total = await charge_lists.page(
        services, request.user, BusinessId(business_id), BILLS, Bill, asked, own, paging
    )
    return answered(BillPage(count=total, page_info=paging.info(total), results=found))


@get(
    ONE,
    operation_id="get_bill",
    tags=["Bills"],
    summary="Find a bill",
    guards=[signed_in],
    security=ANYONE,
    responses={200: ResponseSpec(Bill, generate_examples=False, description="The bill")} | errors(401, 403, 404, 422),
)
async def get_bill(
    request: CallerRequest, services: TheServices, business_id: FromPath[UUID], bill_id: FromPath[UUID]
) -> Response[bytes]:
    """One bill."""
    return answered(await charges.find(services, request.user, BusinessId(business_id), BILLS, Bill, bill_id))


def terms_of(asked: BillChanges) -> Terms | None:
    """The terms that a bill names. Raises BadInput."""
    if asked.terms is None:
        return None
    if not (found := _TERMS.fullmatch(asked.terms)):
        raise BadInput("terms", shown(asked.terms), "is due_on_receipt, or net_ and a number of days, such as net_30")
    return Terms(int(found["days"] or 0))
