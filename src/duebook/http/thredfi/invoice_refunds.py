"""Refunds of invoices: what customers get back of what they paid, at once, later or in parts."""

from typing import Final
from uuid import UUID

from litestar import Response, delete, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody

from duebook.http import refunding
from duebook.http.callers import CallerRequest, signed_in
from duebook.http.encoded import answered
from duebook.http.fields import check_free
from duebook.http.refunds import find
from duebook.http.services import TheServices
from duebook.http.stamps import stamp
from duebook.http.thredfi import filters, refunds
from duebook.http.thredfi.bodies import Body
from duebook.http.thredfi.errors import errors
from duebook.http.thredfi.filters import FreeText
from duebook.http.thredfi.idempotency import KEYED, TheKey, answered_by
from duebook.http.thredfi.invoice_refund_shapes import (
    ITS,
    SIDE,
    STATUSES,
    InvoiceRefund,
    InvoiceRefundPage,
    NewRefund,
    asked_of,
    refund_shown,
    said_of,
)
from duebook.http.thredfi.invoices import PATH as INVOICES
from duebook.http.thredfi.paging import PAGING, ThePage
from duebook.http.thredfi.security import ANYONE
from duebook.ledger.facts import DocumentId, PartyId
from duebook.tenancy.facts import BusinessId
from duebook.tenancy.gate import read_tx, write_tx

PATH: Final = f"{INVOICES}/refunds"
ONE: Final = f"{PATH}/{{refund_id:uuid}}"


@post(
    PATH,
    operation_id="create_refund",
    tags=["Refunds"],
    summary="Refund an invoice, or a part of it",
    description="The same external id with the same content answers 200 with the refund that is there.",
    guards=[signed_in],
    security=ANYONE,
    dependencies=KEYED,
    dto=Body,
    return_dto=None,
    responses={
        200: ResponseSpec(InvoiceRefund, generate_examples=False, description="It was there"),
        201: ResponseSpec(InvoiceRefund, generate_examples=False, description="It is recorded"),
    }
    | errors(401, 403, 404, 409, 413),
)
async def create_refund(
    request: CallerRequest, services: TheServices, business_id: FromPath[UUID], key: TheKey, data: JSONBody[NewRefund]
) -> Response[bytes]:
    """Pay back what was paid of an invoice."""
    check_free("", data)
    if data.completed_at is not None:
        stamp("completed_at", data.completed_at)
    async with write_tx(services.database, request.user, BusinessId(business_id), "add refund") as tx:

        async def make() -> tuple[InvoiceRefund, bool]:
            made, created = await refunds.create(tx, SIDE, asked_of(tx, data), said_of(data))
            return refund_shown(made), created

        return await answered_by(tx, key, make)


@get(
    PATH,
    operation_id="list_refunds",
    tags=["Refunds"],
    summary="List refunds",
    guards=[signed_in],
    security=ANYONE,
    dependencies=PAGING,
    responses={200: ResponseSpec(InvoiceRefundPage, generate_examples=False, description="One page")}
    | errors(401, 403, 404),
)
async def list_refunds(
    request: CallerRequest,
    services: TheServices,
    business_id: FromPath[UUID],
    paging: ThePage,
    status: FreeText = None,
    customer_id: FreeText = None,
    external_id: FreeText = None,
    search: FreeText = None,
    invoice_id: FreeText = None,
) -> Response[bytes]:
    """A page of refunds, the latest first."""
    whose, of = filters.ids("customer_id", customer_id), filters.one_id("invoice_id", invoice_id)
    which = refunds.whole(
        SIDE,
        party_ids=None if whose is None else [PartyId(one) for one in whose],
        progress=filters.words("status", status, {word: [word] for word in STATUSES}),
        external_id=external_id,
        search=search,
        target_id=None if of is None else DocumentId(of),
    )
    async with read_tx(services.database, request.user, BusinessId(business_id)) as tx:
        found, total = await refunds.page(tx, which, paging, "recorded", back=True)
    body = InvoiceRefundPage(count=total, page_info=paging.info(total), results=[refund_shown(one) for one in found])
    return answered(body)


@get(
    ONE,
    operation_id="get_refund",
    tags=["Refunds"],
    summary="Find a refund",
    guards=[signed_in],
    security=ANYONE,
    responses={200: ResponseSpec(InvoiceRefund, generate_examples=False, description="The refund")}
    | errors(401, 403, 404),
)
async def get_refund(
    request: CallerRequest, services: TheServices, business_id: FromPath[UUID], refund_id: FromPath[UUID]
) -> Response[bytes]:
    """One refund."""
    async with read_tx(services.database, request.user, BusinessId(business_id)) as tx:
        return answered(refund_shown(await find(tx, SIDE, refund_id)))


@delete(
    ONE,
    operation_id="delete_refund",
    tags=["Refunds"],
    summary="Delete a refund",
    description="As if it had never been, nor its payments.",
    guards=[signed_in],
    security=ANYONE,
    responses={204: ResponseSpec(None, generate_examples=False, description="It is deleted")}
    | errors(401, 403, 404, 409),
)
async def delete_refund(
    request: CallerRequest, services: TheServices, business_id: FromPath[UUID], refund_id: FromPath[UUID]
) -> None:
    """Take a refund back."""
    async with write_tx(services.database, request.user, BusinessId(business_id), "delete refund") as tx:
        await refunding.delete(tx, ITS, refund_id)
