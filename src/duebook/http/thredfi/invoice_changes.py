"""Invoices that are recorded: changed, void or deleted."""

from uuid import UUID

from litestar import Response, delete, post, put
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody

from duebook.http.callers import CallerRequest, signed_in
from duebook.http.encoded import answered
from duebook.http.services import TheServices
from duebook.http.thredfi import charges
from duebook.http.thredfi.bodies import Body
from duebook.http.thredfi.charge_words import INVOICES
from duebook.http.thredfi.errors import errors
from duebook.http.thredfi.invoices import ONE, Invoice, InvoiceChanges
from duebook.http.thredfi.security import ANYONE
from duebook.tenancy.facts import BusinessId


@put(
    ONE,
    operation_id="update_invoice",
    tags=["Invoices"],
    summary="Change an invoice",
    description="As if it had always been so. What is not said stays; lines replace all that there were.",
    guards=[signed_in],
    security=ANYONE,
    dto=Body,
    return_dto=None,
    responses={200: ResponseSpec(Invoice, generate_examples=False, description="It is changed")}
    | errors(401, 403, 404, 409, 413, 422),
)
async def update_invoice(
    request: CallerRequest,
    services: TheServices,
    business_id: FromPath[UUID],
    invoice_id: FromPath[UUID],
    data: JSONBody[InvoiceChanges],
) -> Response[bytes]:
    """Correct an invoice."""
    changed = await charges.update(services, request.user, BusinessId(business_id), INVOICES, Invoice, invoice_id, data)
    return answered(changed)


@post(
    f"{ONE}/void",
    operation_id="void_invoice",
    tags=["Invoices"],
    summary="Void an invoice",
    description="It is kept, and owed by nobody. Not while anything is paid, applied or written off.",
    status_code=200,
    guards=[signed_in],
    security=ANYONE,
    responses={200: ResponseSpec(Invoice, generate_examples=False, description="It is void")}
    | errors(401, 403, 404, 409, 413, 422),
)
async def void_invoice(
    request: CallerRequest, services: TheServices, business_id: FromPath[UUID], invoice_id: FromPath[UUID]
) -> Response[bytes]:
    """Void an invoice, as if it had never been."""
    return answered(await charges.void(services, request.user, BusinessId(business_id), INVOICES, Invoice, invoice_id))


@delete(
    ONE,
    operation_id="delete_invoice",
    tags=["Invoices"],
    summary="Delete an invoice",
    description="For mistakes only: it leaves lists too. Not while anything is paid, applied or written off.",
    guards=[signed_in],
    security=ANYONE,
    responses=errors(401, 403, 404, 409, 413),
)
async def delete_invoice(
    request: CallerRequest, services: TheServices, business_id: FromPath[UUID], invoice_id: FromPath[UUID]
) -> None:
    """Delete an invoice, as if it had never been."""
    await charges.delete(services, request.user, BusinessId(business_id), INVOICES, invoice_id)
