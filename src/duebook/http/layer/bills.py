"""Bills: what the business owes its vendors."""

from typing import Annotated, Final, Literal
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from duebook.days import Terms
from duebook.http.bodies import JsonBody
from duebook.http.callers import CallerRequest, signed_in
from duebook.http.encoded import answered
from duebook.http.fields import Text, check_free
from duebook.http.inputs import BadInput
from duebook.http.layer import charges
from duebook.http.layer.charges import AskedCharge, Books, ChargeData, LineData, NewCharge
from duebook.http.layer.credits import CreditPart
from duebook.http.layer.errors import errors
from duebook.http.layer.filters import (
    CHARGE_QUERY,
    ChargeQuery,
    StampQuery,
    TheChargeQuery,
    UuidQuery,
    named_parties,
    names,
)
from duebook.http.layer.lists import BILL_SORTS, PAGING, ListMeta, ThePage, only
from duebook.http.layer.parties import FreeText, more_fields, party_ref
from duebook.http.layer.payment_answers import Part
from duebook.http.layer.payments import Method, NewPayment
from duebook.http.layer.refunds import RefundPart
from duebook.http.layer.refusals import BILL_FIELDS
from duebook.http.layer.security import BEARER
from duebook.http.layer.tags import NewTag
from duebook.http.layer.vendors import VendorData
from duebook.http.lines import NewLine, priced
from duebook.http.services import TheServices
from duebook.http.stamps import Stamp, as_given, optional_stamp, stamp
from duebook.http.writes import write
from duebook.ledger.facts import Side
from duebook.ledger.views import DocumentView, Standing
from duebook.tenancy.facts import BusinessId
from duebook.tenancy.gate import read_tx

PATH: Final = "/v1/businesses/{businessId:uuid}/bills"

BillTerms = Literal["DUE_ON_RECEIPT", "NET_10", "NET_15", "NET_30", "NET_60"]

BillStatus = Literal["RECEIVED", "PARTIALLY_PAID", "PAID", "VOIDED"]

_STATUS: Final[dict[Standing, BillStatus]] = {
    Standing.OPEN: "RECEIVED",
    Standing.PARTLY_SETTLED: "PARTIALLY_PAID",
    Standing.SETTLED: "PAID",
    Standing.VOID: "VOIDED",
    Standing.PARTLY_WRITTEN_OFF: "PARTIALLY_PAID",
    Standing.WRITTEN_OFF: "PAID",
    Standing.REFUNDED: "PAID",
    Standing.DRAFT: "RECEIVED",
}
"""The dialect has no words for a bill that is written off, refunded or a draft."""

_NET_DAYS: Final[dict[BillTerms, int]] = {
    "DUE_ON_RECEIPT": 0,
    "NET_10": 10,
    "NET_15": 15,
    "NET_30": 30,
    "NET_60": 60,
}


class NewBillLine(NewLine, kw_only=True, omit_defaults=True):
    """A line of a bill."""

    product_name: Text
    tags: list[NewTag] | None = None


class NewBillPayment(NewPayment, kw_only=True, omit_defaults=True):
    """A payment that comes along with a bill; without a day it was made on the bill's."""

    paid_at: Stamp | None = None
    method: Method | None = None


class NewBill(NewCharge, kw_only=True, omit_defaults=True):
    """A bill to record: its vendor by id, or by an external id that makes the vendor if it is not there.

    Either `due_at` or `bill_terms`, counted from `received_at`. `bill_number` is an older name of `reference_number`.
    """

    received_at: Stamp
    line_items: Annotated[list[NewBillLine], Meta(min_length=1)]
    due_at: Stamp | None = None
    bill_terms: BillTerms | None = None
    vendor_id: UUID | None = None
    vendor_external_id: Annotated[str, Meta(min_length=1, max_length=255)] | None = None
    bill_number: Text | None = None
    payments: list[NewBillPayment] | None = None


class BillLine(LineData, kw_only=True):
    """A line of a bill, with its sums."""

    bill_id: UUID
    product_name: str | None = None


class BillPart(Part, kw_only=True):
    """Part of a payment: for a bill, or for the ledger account that it names."""

    bill_id: UUID | None


class VendorCreditPart(CreditPart, kw_only=True):
    """Part of a vendor credit, for this bill."""

    vendor_credit_id: UUID
    bill_id: UUID


class VendorRefundPart(RefundPart, kw_only=True):
    """Part of a refund: of what was paid of this bill, or of unapplied money."""

    bill_id: UUID | None
    bill_line_item_id: UUID | None
    bill_payment_id: UUID | None
    credit_id: UUID | None


class Bill(ChargeData, kw_only=True):
    """A bill."""

    status: BillStatus
    terms: BillTerms | None
    received_at: str
    bill_number: str | None
    vendor: VendorData
    line_items: list[BillLine]
    payment_allocations: list[BillPart]
    refund_allocations: list[VendorRefundPart]
    vendor_credit_allocations: list[VendorCreditPart]


class OneBill(msgspec.Struct):
    """One bill."""

    data: Bill


class ManyBills(msgspec.Struct):
    """The bills in the order of the request."""

    data: list[Bill]


class BillPage(msgspec.Struct):
    """One page of bills."""

    data: list[Bill]
    meta: ListMeta


@post(
    PATH,
    operation_id="business.bills.post",
    tags=["Bills"],
    summary="Record a bill",
    description="The same external id with the same content answers 200 with the bill that is there.",
    guards=[signed_in],
    security=BEARER,
    dto=JsonBody,
    return_dto=None,
    responses={
        200: ResponseSpec(OneBill, generate_examples=False, description="It was there"),
        201: ResponseSpec(OneBill, generate_examples=False, description="It is recorded"),
    }
    | errors(404, 409, 413),
)
async def add_bill(
    request: CallerRequest, services: TheServices, businessId: FromPath[UUID], data: JSONBody[NewBill]
) -> Response[bytes]:
    """Record one bill."""
    business_id = BusinessId(businessId)
    (done,) = await write(
        services, request.user, business_id, "add bill", [to_record("", data)], side=Side.PAYABLE, fields=BILL_FIELDS
    )
    view, books = await charges.find(services, request.user, business_id, Side.PAYABLE, done.id)
    return answered(OneBill(bill(books, view)), created=done.created)


@post(
    f"{PATH}/bulk",
    operation_id="business.bills.bulk.post",
    tags=["Bills"],
    summary="Record up to 25 bills, all of them or none",
    status_code=200,
    guards=[signed_in],
    security=BEARER,
    dto=JsonBody,
    return_dto=None,
    responses={200: ResponseSpec(ManyBills, generate_examples=False, description="All are recorded, or were there")}
    | errors(404, 409, 413),
)
async def add_bills(
    request: CallerRequest, services: TheServices, businessId: FromPath[UUID], data: JSONBody[list[NewBill]]
) -> Response[bytes]:
    """Record several bills."""
    business_id = BusinessId(businessId)
    commands = [to_record(at, one) for at, one in charges.check_batch(data)]
    done = await write(
        services, request.user, business_id, "add bills", commands, side=Side.PAYABLE, fields=BILL_FIELDS, batch=True
    )
    ids = [one.id for one in done]
    found, books = await charges.find_all(services, request.user, business_id, Side.PAYABLE, ids)
    return answered(ManyBills([bill(books, one) for one in found]))


@get(
    PATH,
    operation_id="business.bills.get",
    tags=["Bills"],
    summary="List bills",
    guards=[signed_in],
    security=BEARER,
    dependencies=PAGING | CHARGE_QUERY,
    responses={200: ResponseSpec(BillPage, generate_examples=False, description="One page")} | errors(404),
)
async def list_bills(
    request: CallerRequest,
    services: TheServices,
    businessId: FromPath[UUID],
    paging: ThePage,
    asked: TheChargeQuery,
    vendor_id: UuidQuery = None,
    vendor_external_id: FreeText = None,
    received_at_start: StampQuery = None,
    received_at_end: StampQuery = None,
) -> Response[bytes]:
    """A page of bills."""
    only(request, ["vendor_id", "vendor_external_id", "received_at_start", "received_at_end", *names(ChargeQuery)])
    side = Side.PAYABLE
    async with read_tx(services.database, request.user, BusinessId(businessId)) as tx:
        vendors = await named_parties(tx, side, "vendor", vendor_id, vendor_external_id)
        issued = ("received_at", received_at_start, received_at_end)
        which = asked.read(tx, side, charges.by_status(_STATUS), issued=issued, parties=vendors)
        found, books, meta = await charges.page(tx, which, paging.sorted_by(BILL_SORTS))
    return answered(BillPage([bill(books, one) for one in found], meta))


@get(
    f"{PATH}/{{billId:uuid}}",
    operation_id="business.bills.bill.get",
    tags=["Bills"],
    summary="Find a bill",
    guards=[signed_in],
    security=BEARER,
    responses={200: ResponseSpec(OneBill, generate_examples=False, description="The bill")} | errors(404),
)
async def get_bill(
    request: CallerRequest, services: TheServices, businessId: FromPath[UUID], billId: FromPath[UUID]
) -> Response[bytes]:
    """One bill."""
    view, books = await charges.find(services, request.user, BusinessId(businessId), Side.PAYABLE, billId)
    return answered(OneBill(bill(books, view)))


def to_record(at: str, given: NewBill) -> AskedCharge:
    """What a bill asks of the books. Raises BadInput; `at` is its place in a batch."""
    check_free(at.rstrip("."), given)
    if (given.due_at is None) == (given.bill_terms is None):
        raise BadInput(f"{at}due_at", "", "or bill_terms is required, and not both")
    sums = priced(at, given.line_items, discount=given.additional_discount, taxes=given.additional_sales_taxes)
    payments = given.payments or []
    charges.check_payments(at, payments, sums)
    received = stamp(f"{at}received_at", given.received_at)
    return charges.asked_charge(
        Side.PAYABLE,
        given,
        sums,
        party=party_ref(at, "vendor", given.vendor_id, given.vendor_external_id),
        number=given.reference_number or given.bill_number,
        issued=received,
        due=optional_stamp(f"{at}due_at", given.due_at),
        terms=None if given.bill_terms is None else Terms(_NET_DAYS[given.bill_terms]),
        payments=[
            (one, optional_stamp(f"{at}payments[{place}].paid_at", one.paid_at) or received)
            for place, one in enumerate(payments)
        ],
    )


def bill(books: Books, view: DocumentView) -> Bill:
    """A bill as this dialect shows it."""
    document, body = view.document, view.document.body
    return Bill(
        **charges.charge_fields(books, view),
        status=_STATUS[view.standing],
        terms=body.get("bill_terms"),
        received_at=as_given(body, "received_at", document.received_on or document.issued_on),
        bill_number=body.get("bill_number", document.number),
        vendor=VendorData(**more_fields(books.business_id, books.parties[document.party_id])),
        line_items=[BillLine(**line, bill_id=document.id) for line in charges.line_fields(books, view, BillLine)],
        payment_allocations=[BillPart(**part, bill_id=document.id) for part in charges.part_fields(books, view)],
        refund_allocations=[VendorRefundPart(**part) for part in charges.refund_fields(books, view, "bill")],
        vendor_credit_allocations=[
            VendorCreditPart(**part, bill_id=document.id)
            for part in charges.credit_fields(books, view, "vendor_credit_id")
        ],
    )
