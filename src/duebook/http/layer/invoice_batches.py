"""Batches of invoices: recorded as a whole, as one version, or not at all."""

from typing import Annotated, Literal
from uuid import UUID

import msgspec
from litestar import Response, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody, QueryParameter

from duebook.http.bodies import JsonBody
from duebook.http.callers import CallerRequest, signed_in
from duebook.http.encoded import answered
from duebook.http.fields import Free
from duebook.http.layer import charges
from duebook.http.layer.errors import errors
from duebook.http.layer.invoices import PATH, Invoice, NewInvoice, invoice, to_record
from duebook.http.layer.limits import BULK_INVOICES
from duebook.http.layer.refusals import INVOICE_FIELDS
from duebook.http.layer.security import BEARER
from duebook.http.services import Services, TheServices
from duebook.http.writes import write
from duebook.ledger.facts import Side
from duebook.tenancy.facts import BusinessId


class Batch(msgspec.Struct):
    """What became of a batch; since all of it is recorded, nothing failed."""

    successful_invoices: list[Invoice]
    failed_invoices: Free


class OneBatch(msgspec.Struct):
    """What became of a batch."""

    data: Batch


class ManyInvoices(msgspec.Struct):
    """The invoices in the order of the request."""

    data: list[Invoice]


@post(
    f"{PATH}/batch",
    operation_id="business.invoices.batch.post",
    tags=["Invoices"],
    summary="Record up to 25 invoices, all of them or none",
    status_code=200,
    opt=BULK_INVOICES,
    guards=[signed_in],
    security=BEARER,
    dto=JsonBody,
    return_dto=None,
    responses={200: ResponseSpec(OneBatch, generate_examples=False, description="All are recorded, or were there")}
    | errors(404, 409, 413),
)
async def add_batch(
    request: CallerRequest,
    services: TheServices,
    businessId: FromPath[UUID],
    data: JSONBody[list[NewInvoice]],
    allow_partial_success: Annotated[  # noqa: ARG001 - it has one value; naming it is allowed
        Literal["false"], QueryParameter(description="A batch is recorded as a whole or not at all")
    ] = "false",
) -> Response[bytes]:
    """Record a batch of invoices."""
    return answered(OneBatch(Batch(await _add_all(request, services, BusinessId(businessId), data), {})))


@post(
    f"{PATH}/bulk",
    operation_id="business.invoices.bulk.post",
    tags=["Invoices"],
    summary="Record up to 25 invoices, all of them or none",
    status_code=200,
    opt=BULK_INVOICES,
    guards=[signed_in],
    security=BEARER,
    dto=JsonBody,
    return_dto=None,
    responses={200: ResponseSpec(ManyInvoices, generate_examples=False, description="All are recorded, or were there")}
    | errors(404, 409, 413),
)
async def add_bulk(
    request: CallerRequest, services: TheServices, businessId: FromPath[UUID], data: JSONBody[list[NewInvoice]]
) -> Response[bytes]:
    """Record several invoices."""
    return answered(ManyInvoices(await _add_all(request, services, BusinessId(businessId), data)))


async def _add_all(
    request: CallerRequest, services: Services, business_id: BusinessId, given: list[NewInvoice]
) -> list[Invoice]:
    commands = [to_record(at, one) for at, one in charges.check_batch(given)]
    done = await write(
        services,
        request.user,
        business_id,
        "add invoices",
        commands,
        side=Side.RECEIVABLE,
        fields=INVOICE_FIELDS,
        batch=True,
    )
    ids = [one.id for one in done]
    found, books = await charges.find_all(services, request.user, business_id, Side.RECEIVABLE, ids)
    return [invoice(books, one) for one in found]
