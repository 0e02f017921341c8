"""Invoices that are recorded: changed, void or deleted."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Response, post, put
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody
from msgspec import UNSET, Meta, UnsetType

from duebook.http.bodies import JsonBody
from duebook.http.callers import CallerRequest, signed_in
from duebook.http.encoded import answered
from duebook.http.fields import ExternalId, Free, PositiveCents, Text
from duebook.http.inputs import parse
from duebook.http.layer import charge_changes
from duebook.http.layer.charge_changes import ChargeChanges
from duebook.http.layer.charges import as_recorded
from duebook.http.layer.errors import errors
from duebook.http.layer.invoices import PATH, NewInvoice, NewInvoiceLine, OneInvoice, invoice, to_record
from duebook.http.layer.refusals import INVOICE_FIELDS
from duebook.http.layer.security import BEARER
from duebook.http.services import TheServices
from duebook.http.stamps import Stamp, as_given
from duebook.ledger.facts import Side, State
from duebook.ledger.views import DocumentView
from duebook.tenancy.facts import BusinessId


class InvoiceChanges(ChargeChanges, kw_only=True, omit_defaults=True):
    """What is to be said anew of an invoice; what is left out stays, and null takes away what need not be said."""

    sent_at: Stamp | UnsetType = UNSET
    line_items: Annotated[list[NewInvoiceLine], Meta(min_length=1)] | UnsetType = UNSET
    customer_id: UUID | UnsetType = UNSET
    customer_external_id: ExternalId | UnsetType = UNSET
    invoice_number: Text | UnsetType | None = UNSET
    recipient_name: Text | UnsetType | None = UNSET
    tips: PositiveCents | UnsetType | None = UNSET
    tips_account: Free | UnsetType | None = UNSET


@put(
    f"{PATH}/{{invoiceId:uuid}}",
    operation_id="business.invoices.invoice.put",
    tags=["Invoices"],
    summary="Change an invoice",
    description="As if it had always been recorded so. What is left out stays; null takes away.",
    guards=[signed_in],
    security=BEARER,
    dto=JsonBody,
    return_dto=None,
    responses={200: ResponseSpec(OneInvoice, generate_examples=False, description="It is changed")}
    | errors(404, 409, 413),
)
async def change_invoice(
    request: CallerRequest,
    services: TheServices,
    businessId: FromPath[UUID],
    invoiceId: FromPath[UUID],
    data: JSONBody[InvoiceChanges],
) -> Response[bytes]:
    """Correct an invoice."""
    view, books = await charge_changes.change(
        services,
        request.user,
        BusinessId(businessId),
        Side.RECEIVABLE,
        invoiceId,
        charge_changes.said_in(await request.body(), data),
        was=_as_recorded,
        to_record=lambda body: to_record("", parse(NewInvoice, body)),
        fields=INVOICE_FIELDS,
    )
    return answered(OneInvoice(invoice(books, view)))


@post(
    f"{PATH}/{{invoiceId:uuid}}/void",
    operation_id="business.invoices.invoice.void.post",
    tags=["Invoices"],
    summary="Void an invoice",
    description="It is kept and owed by nobody. Not while anything is paid or written off.",
    status_code=200,
    guards=[signed_in],
    security=BEARER,
    responses={200: ResponseSpec(OneInvoice, generate_examples=False, description="It is void")}
    | errors(404, 409, 413),
)
async def void_invoice(
    request: CallerRequest, services: TheServices, businessId: FromPath[UUID], invoiceId: FromPath[UUID]
) -> Response[bytes]:
    """Void an invoice, as if it had never been."""
    view, books = await charge_changes.undo(
        services, request.user, BusinessId(businessId), Side.RECEIVABLE, invoiceId, State.VOID, INVOICE_FIELDS
    )
    return answered(OneInvoice(invoice(books, view)))


@post(
    f"{PATH}/{{invoiceId:uuid}}/delete",
    operation_id="business.invoices.invoice.delete.post",
    tags=["Invoices"],
    summary="Delete an invoice",
    description="For mistakes only: it leaves lists too. Not while anything is paid or written off.",
    status_code=200,
    guards=[signed_in],
    security=BEARER,
    responses={200: ResponseSpec(OneInvoice, generate_examples=False, description="As it was")} | errors(404, 409, 413),
)
async def delete_invoice(
    request: CallerRequest, services: TheServices, businessId: FromPath[UUID], invoiceId: FromPath[UUID]
) -> Response[bytes]:
    """Delete an invoice; the answer is what it was."""
    view, books = await charge_changes.undo(
        services, request.user, BusinessId(businessId), Side.RECEIVABLE, invoiceId, State.DELETED, INVOICE_FIELDS
    )
    return answered(OneInvoice(invoice(books, view)))


def _as_recorded(view: DocumentView) -> dict[str, Any]:
    document, body = view.document, view.document.body
    sent_at = as_given(body, "sent_at", document.issued_on)
    return as_recorded(view) | {"sent_at": sent_at, "customer_id": document.party_id}
