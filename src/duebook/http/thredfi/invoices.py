"""Invoices: what customers owe."""

from typing import Annotated, Final, Literal
from uuid import UUID

from litestar import Response, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from duebook.http.callers import CallerRequest, signed_in
from duebook.http.encoded import answered
from duebook.http.fields import Cents, ExternalId, Free, PositiveCents, Text
from duebook.http.lines import Quantity
from duebook.http.services import TheServices
from duebook.http.stamps import Stamp
from duebook.http.thredfi import charge_lists, charges
from duebook.http.thredfi.bodies import Body
from duebook.http.thredfi.charge_answers import Charge, CreditPart, PaymentPart, RefundPart
from duebook.http.thredfi.charge_bodies import ChargeChanges, ChargeLine
from duebook.http.thredfi.charge_lists import CHARGE_QUERY, OwnQuery, TheChargeQuery
from duebook.http.thredfi.charge_payments import PaymentAlong
from duebook.http.thredfi.charge_words import INVOICES
from duebook.http.thredfi.customers import Customer
from duebook.http.thredfi.errors import errors
from duebook.http.thredfi.filters import FreeText, SeveralIds, StampQuery, unfolded
from duebook.http.thredfi.paging import PAGING, Paged, ThePage
from duebook.http.thredfi.security import ANYONE
from duebook.tenancy.facts import BusinessId

PATH: Final = "/v1/platform/businesses/{business_id:uuid}/invoices"
ONE: Final = f"{PATH}/{{invoice_id:uuid}}"


class InvoiceLine(ChargeLine, kw_only=True, omit_defaults=True):
    """A line of an invoice: how many there are is said."""

    quantity: Quantity


InvoiceLines = Annotated[list[InvoiceLine], Meta(min_length=1)]


class InvoiceChanges(ChargeChanges, kw_only=True, omit_defaults=True):
    """What may be said of an invoice: its customer by id, or by an external id that makes the customer."""

    sent_at: Stamp | None = None
    line_items: InvoiceLines | None = None
    customer_id: UUID | None = None
    customer_external_id: ExternalId | None = None
    invoice_number: Text | None = None
    invoice_type: Annotated[Text | None, Meta(description="invoice without it")] = None
    tips: PositiveCents | None = None
    tips_account: Free | None = None


class NewInvoice(InvoiceChanges, kw_only=True, omit_defaults=True):
    """An invoice to record. With `voided_at` it is kept, and owed by nobody."""

    external_id: ExternalId
    sent_at: Stamp
    line_items: InvoiceLines
    voided_at: Stamp | None = None
    payments: list[PaymentAlong] | None = None


class AppliedInvoicePayment(PaymentPart, kw_only=True):
    """Part of a payment, for this invoice."""

    payment_id: UUID


class InvoiceCreditAllocation(CreditPart, kw_only=True):
    """Part of a credit note, for this invoice."""

    credit_note_id: UUID
    credit_note_number: str | None


class InvoiceRefundAllocation(RefundPart, kw_only=True):
    """What was paid back of this invoice."""

    refund_id: UUID


class Invoice(Charge, kw_only=True):
    """An invoice."""

    type: Literal["Invoice"] = "Invoice"
    invoice_number: str | None
    invoice_type: str = "invoice"
    sent_at: str
    customer: Customer
    tips: Cents = 0
    tips_account: Free | None = None
    payment_allocations: list[AppliedInvoicePayment]
    credit_allocations: list[InvoiceCreditAllocation]
    refund_allocations: list[InvoiceRefundAllocation]


class InvoicePage(Paged, kw_only=True):
    """One page of invoices."""

    results: list[Invoice]


@post(
    PATH,
    operation_id="create_invoice",
    tags=["Invoices"],
    summary="Record an invoice",
    description="The same external id with the same content answers 200 with the invoice that is there.",
    guards=[signed_in],
    security=ANYONE,
    dto=Body,
    return_dto=None,
    responses={
        200: ResponseSpec(Invoice, generate_examples=False, description="It was there"),
        201: ResponseSpec(Invoice, generate_examples=False, description="It is recorded"),
    }
    | errors(401, 403, 404, 409, 413, 422),
)
async def create_invoice(
    request: CallerRequest, services: TheServices, business_id: FromPath[UUID], data: JSONBody[NewInvoice]
) -> Response[bytes]:
    """Record an invoice, or find the one with this external id."""
    made, created = await charges.create(
        services, request.user, BusinessId(business_id), INVOICES, Invoice, data, data.payments
    )
    return answered(made, created=created)


@get(
    PATH,
    operation_id="list_invoices",
    tags=["Invoices"],
    summary="List invoices",
    guards=[signed_in, unfolded],
    security=ANYONE,
    dependencies=PAGING | CHARGE_QUERY,
    responses={200: ResponseSpec(InvoicePage, generate_examples=False, description="One page")}
    | errors(401, 403, 404, 422),
)
async def list_invoices(
    request: CallerRequest,
    services: TheServices,
    business_id: FromPath[UUID],
    paging: ThePage,
    asked: TheChargeQuery,
    customer_id: SeveralIds = None,
    customer_external_id: FreeText = None,
    invoice_number: FreeText = None,
    sent_at_start: StampQuery = None,
    sent_at_end: StampQuery = None,
) -> Response[bytes]:
    """A page of invoices, the latest first unless another order is asked for."""
    own = OwnQuery(
        party_ids=customer_id,
        party_external_id=customer_external_id,
        number=invoice_number,
        issued_start=sent_at_start,
        issued_end=sent_at_end,
    )
    found, total = await charge_lists.page(
        services, request.user, BusinessId(business_id), INVOICES, Invoice, asked, own, paging
    )
    return answered(InvoicePage(count=total, page_info=paging.info(total), results=found))


@get(
    ONE,
    operation_id="get_invoice",
    tags=["Invoices"],
    summary="Find an invoice",
    guards=[signed_in],
    security=ANYONE,
    responses={200: ResponseSpec(Invoice, generate_examples=False, description="The invoice")}
    | errors(401, 403, 404, 422),
)
async def get_invoice(
    request: CallerRequest, services: TheServices, business_id: FromPath[UUID], invoice_id: FromPath[UUID]
) -> Response[bytes]:
    """One invoice."""
    return answered(await charges.find(services, request.user, BusinessId(business_id), INVOICES, Invoice, invoice_id))
