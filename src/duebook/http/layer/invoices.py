"""Invoices: what customers owe."""

from typing import Annotated, Final, Literal
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from duebook.http.bodies import JsonBody
from duebook.http.callers import CallerRequest, signed_in
from duebook.http.encoded import answered
from duebook.http.fields import Cents, Free, PositiveCents, Text, check_free
from duebook.http.layer import charges
from duebook.http.layer.charges import AskedCharge, Books, ChargeData, LineData, NewCharge
from duebook.http.layer.credits import CreditPart
from duebook.http.layer.customers import CustomerData
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
from duebook.http.layer.lists import INVOICE_SORTS, PAGING, ListMeta, ThePage, only
from duebook.http.layer.parties import FreeText, more_fields, party_ref
from duebook.http.layer.payment_answers import Part
from duebook.http.layer.payments import DatedPayment
from duebook.http.layer.refunds import RefundPart
from duebook.http.layer.refusals import INVOICE_FIELDS
from duebook.http.layer.security import BEARER
from duebook.http.layer.tags import NewTag
from duebook.http.layer.write_offs import WriteOff, write_off
from duebook.http.lines import NewLine, priced
from duebook.http.services import TheServices
from duebook.http.stamps import Stamp, as_given, optional_stamp, stamp
from duebook.http.writes import write
from duebook.ledger.facts import Kind, Side, State
from duebook.ledger.views import DocumentView, Standing
from duebook.tenancy.facts import BusinessId
from duebook.tenancy.gate import read_tx

PATH: Final = "/v1/businesses/{businessId:uuid}/invoices"

InvoiceStatus = Literal[
    "SENT", "PARTIALLY_PAID", "PAID", "VOIDED", "PARTIALLY_WRITTEN_OFF", "WRITTEN_OFF", "REFUNDED", "PENDING"
]

_STATUS: Final[dict[Standing, InvoiceStatus]] = {
    Standing.OPEN: "SENT",
    Standing.PARTLY_SETTLED: "PARTIALLY_PAID",
    Standing.SETTLED: "PAID",
    Standing.VOID: "VOIDED",
    Standing.PARTLY_WRITTEN_OFF: "PARTIALLY_WRITTEN_OFF",
    Standing.WRITTEN_OFF: "WRITTEN_OFF",
    Standing.REFUNDED: "REFUNDED",
    Standing.DRAFT: "PENDING",
}


class NewInvoiceLine(NewLine, kw_only=True, omit_defaults=True):
    """A line of an invoice."""

    product: Text | None = None
    tags: list[NewTag] | None = None
    dedicated_refunds: list[Free] | None = None


class NewInvoice(NewCharge, kw_only=True, omit_defaults=True):
    """An invoice to record: its customer by id, or by an external id that makes the customer if it is not there.

    `invoice_number` is an older name of `reference_number`. With `voided_at` it is kept, and owed by nobody.
    """

    sent_at: Stamp
    line_items: Annotated[list[NewInvoiceLine], Meta(min_length=1)]
    due_at: Stamp | None = None
    voided_at: Stamp | None = None
    customer_id: UUID | None = None
    customer_external_id: Annotated[str, Meta(min_length=1, max_length=255)] | None = None
    invoice_number: Text | None = None
    recipient_name: Text | None = None
    tips: PositiveCents | None = None
    tips_account: Free | None = None
    payments: list[DatedPayment] | None = None
    dedicated_refunds: list[Free] | None = None


class InvoiceLine(LineData, kw_only=True):
    """A line of an invoice, with its sums."""

    invoice_id: UUID
    product: str | None = None
    dedicated_refunds: list[Free] | None = None


class InvoicePart(Part, kw_only=True):
    """Part of a payment: for an invoice, or for the ledger account that it names."""

    invoice_id: UUID | None


class CustomerCreditPart(CreditPart, kw_only=True):
    """Part of a customer credit, for this invoice."""

    customer_credit_id: UUID
    invoice_id: UUID


class CustomerRefundPart(RefundPart, kw_only=True):
    """Part of a refund: of what was paid of this invoice, or of unapplied money."""

    invoice_id: UUID | None
    invoice_line_item_id: UUID | None
    invoice_payment_id: UUID | None
    credit_id: UUID | None


class Invoice(ChargeData, kw_only=True):
    """An invoice."""

    type: Literal["Invoice"] = "Invoice"
    status: InvoiceStatus
    sent_at: str
    invoice_number: str | None
    recipient_name: str | None
    customer: CustomerData
    line_items: list[InvoiceLine]
    tips: Cents
    tips_account: Free | None
    payment_allocations: list[InvoicePart]
    customer_credit_allocations: list[CustomerCreditPart]
    write_offs: list[WriteOff]
    refund_allocations: list[CustomerRefundPart]
    dedicated_refunds: list[Free]


class OneInvoice(msgspec.Struct):
    """One invoice."""

    data: Invoice


class InvoicePage(msgspec.Struct):
    """One page of invoices."""

    data: list[Invoice]
    meta: ListMeta


@post(
    PATH,
    operation_id="business.invoices.post",
    tags=["Invoices"],
    summary="Record an invoice",
    description="The same external id with the same content answers 200 with the invoice that is there.",
    guards=[signed_in],
    security=BEARER,
    dto=JsonBody,
    return_dto=None,
    responses={
        200: ResponseSpec(OneInvoice, generate_examples=False, description="It was there"),
        201: ResponseSpec(OneInvoice, generate_examples=False, description="It is recorded"),
    }
    | errors(404, 409, 413),
)
async def add_invoice(
    request: CallerRequest, services: TheServices, businessId: FromPath[UUID], data: JSONBody[NewInvoice]
) -> Response[bytes]:
    """Record one invoice."""
    business_id = BusinessId(businessId)
    (done,) = await write(
        services,
        request.user,
        business_id,
        "add invoice",
        [to_record("", data)],
        side=Side.RECEIVABLE,
        fields=INVOICE_FIELDS,
    )
    view, books = await charges.find(services, request.user, business_id, Side.RECEIVABLE, done.id)
    return answered(OneInvoice(invoice(books, view)), created=done.created)


@get(
    PATH,
    operation_id="business.invoices.get",
    tags=["Invoices"],
    summary="List invoices",
    guards=[signed_in],
    security=BEARER,
    dependencies=PAGING | CHARGE_QUERY,
    responses={200: ResponseSpec(InvoicePage, generate_examples=False, description="One page")} | errors(404),
)
async def list_invoices(
    request: CallerRequest,
    services: TheServices,
    businessId: FromPath[UUID],
    paging: ThePage,
    asked: TheChargeQuery,
    customer_id: UuidQuery = None,
    customer_external_id: FreeText = None,
    sent_at_start: StampQuery = None,
    sent_at_end: StampQuery = None,
) -> Response[bytes]:
    """A page of invoices."""
    only(request, ["customer_id", "customer_external_id", "sent_at_start", "sent_at_end", *names(ChargeQuery)])
    side = Side.RECEIVABLE
    async with read_tx(services.database, request.user, BusinessId(businessId)) as tx:
        customers = await named_parties(tx, side, "customer", customer_id, customer_external_id)
        issued = ("sent_at", sent_at_start, sent_at_end)
        which = asked.read(tx, side, charges.by_status(_STATUS), issued=issued, parties=customers)
        found, books, meta = await charges.page(tx, which, paging.sorted_by(INVOICE_SORTS))
    return answered(InvoicePage([invoice(books, one) for one in found], meta))


@get(
    f"{PATH}/{{invoiceId:uuid}}",
    operation_id="business.invoices.invoice.get",
    tags=["Invoices"],
    summary="Find an invoice",
    guards=[signed_in],
    security=BEARER,
    responses={200: ResponseSpec(OneInvoice, generate_examples=False, description="The invoice")} | errors(404),
)
async def get_invoice(
    request: CallerRequest, services: TheServices, businessId: FromPath[UUID], invoiceId: FromPath[UUID]
) -> Response[bytes]:
    """One invoice."""
    view, books = await charges.find(services, request.user, BusinessId(businessId), Side.RECEIVABLE, invoiceId)
    return answered(OneInvoice(invoice(books, view)))


def to_record(at: str, given: NewInvoice) -> AskedCharge:
    """What an invoice asks of the books. Raises BadInput; `at` is its place in a batch."""
    check_free(at.rstrip("."), given)
    sums = priced(
        at,
        given.line_items,
        discount=given.additional_discount,
        taxes=given.additional_sales_taxes,
        tips=given.tips,
    )
    payments = given.payments or []
    voided = optional_stamp(f"{at}voided_at", given.voided_at) is not None
    charges.check_payments(at, payments, sums, voided=voided)
    return charges.asked_charge(
        Side.RECEIVABLE,
        given,
        sums,
        party=party_ref(at, "customer", given.customer_id, given.customer_external_id),
        number=given.reference_number or given.invoice_number,
        issued=stamp(f"{at}sent_at", given.sent_at),
        due=optional_stamp(f"{at}due_at", given.due_at),
        state=State.VOID if voided else State.ISSUED,
        payments=[(one, stamp(f"{at}payments[{place}].paid_at", one.paid_at)) for place, one in enumerate(payments)],
    )


def invoice(books: Books, view: DocumentView) -> Invoice:
    """An invoice as this dialect shows it."""
    document, body = view.document, view.document.body
    return Invoice(
        **charges.charge_fields(books, view),
        status=_STATUS[view.standing],
        sent_at=as_given(body, "sent_at", document.issued_on),
        invoice_number=body.get("invoice_number", document.number),
        recipient_name=body.get("recipient_name"),
        customer=CustomerData(**more_fields(books.business_id, books.parties[document.party_id])),
        line_items=[
            InvoiceLine(**line, invoice_id=document.id) for line in charges.line_fields(books, view, InvoiceLine)
        ],
        tips=body.get("tips", 0),
        tips_account=body.get("tips_account"),
        payment_allocations=[InvoicePart(**part, invoice_id=document.id) for part in charges.part_fields(books, view)],
        customer_credit_allocations=[
            CustomerCreditPart(**part, invoice_id=document.id)
            for part in charges.credit_fields(books, view, "customer_credit_id")
        ],
        write_offs=[write_off(books.business_id, one) for one in charges.aimed_at(books, view, Kind.WRITE_OFF)],
        refund_allocations=[CustomerRefundPart(**part) for part in charges.refund_fields(books, view, "invoice")],
        dedicated_refunds=body.get("dedicated_refunds", []),
    )
