"""Refunds of vendors: what the business gets back of what it paid them, at once, later or in parts."""

from collections.abc import Mapping
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
from duebook.http.thredfi import filters, refunds
from duebook.http.thredfi.bodies import Body
from duebook.http.thredfi.errors import errors
from duebook.http.thredfi.filters import FreeText
from duebook.http.thredfi.idempotency import KEYED, TheKey, answered_by
from duebook.http.thredfi.paging import PAGING, ThePage
from duebook.http.thredfi.security import ANYONE
from duebook.http.thredfi.vendor_refund_shapes import (
    ITS,
    SIDE,
    STATUSES,
    NewVendorRefund,
    VendorRefund,
    VendorRefundPage,
    asked_of,
    check_made,
    check_vendor,
    parts_of,
    refund_shown,
    said_of,
)
from duebook.ledger.facts import PartyId
from duebook.ledger.lists import DocumentSort
from duebook.tenancy.facts import BusinessId
from duebook.tenancy.gate import read_tx, write_tx

PATH: Final = "/v1/platform/businesses/{business_id:uuid}/vendor-refunds"
ONE: Final = f"{PATH}/{{refund_id:uuid}}"

_SOUGHT: Final = {word: [progress] for progress, word in STATUSES.items()} | {"partially_allocated": ["none"]}
_SORTS: Final[Mapping[str, DocumentSort]] = {
    "refund_date": "issued_on",
    "created_at": "recorded",
    "updated_at": "updated",
    "vendor__company_name": "party",
}


@post(
    PATH,
    operation_id="create_vendor_refund",
    tags=["Vendor refunds"],
    summary="Record a refund of a vendor",
    description="The same external id with the same content answers 200 with the refund that is there.",
    guards=[signed_in],
    security=ANYONE,
    dependencies=KEYED,
    dto=Body,
    return_dto=None,
    responses={
        200: ResponseSpec(VendorRefund, generate_examples=False, description="It was there"),
        201: ResponseSpec(VendorRefund, generate_examples=False, description="It is recorded"),
    }
    | errors(401, 403, 404, 409, 413),
)
async def create_vendor_refund(
    request: CallerRequest,
    services: TheServices,
    business_id: FromPath[UUID],
    key: TheKey,
    data: JSONBody[NewVendorRefund],
) -> Response[bytes]:
    """Record what a vendor pays back, or will."""
    check_free("", data)
    parts = list(parts_of(data))
    async with write_tx(services.database, request.user, BusinessId(business_id), "add vendor refund") as tx:

        async def make() -> tuple[VendorRefund, bool]:
            await check_vendor(tx, data)
            made, created = await refunds.create(tx, SIDE, asked_of(tx, data, parts), said_of(data))
            check_made(made, data)
            return refund_shown(made), created

        return await answered_by(tx, key, make)


@get(
    PATH,
    operation_id="list_vendor_refunds",
    tags=["Vendor refunds"],
    summary="List refunds of vendors",
    description=f"The latest first, or by `ordering`: {', '.join(_SORTS)}, each with a - before it backwards.",
    guards=[signed_in],
    security=ANYONE,
    dependencies=PAGING,
    responses={200: ResponseSpec(VendorRefundPage, generate_examples=False, description="One page")}
    | errors(401, 403, 404),
)
async def list_vendor_refunds(
    request: CallerRequest,
    services: TheServices,
    business_id: FromPath[UUID],
    paging: ThePage,
    status: FreeText = None,
    vendor_id: FreeText = None,
    external_id: FreeText = None,
    currency: FreeText = None,
    search: FreeText = None,
    refund_date_start: FreeText = None,
    refund_date_end: FreeText = None,
    ordering: FreeText = None,
) -> Response[bytes]:
    """A page of refunds."""
    whose = filters.ids("vendor_id", vendor_id)
    start, end = filters.days("refund_date", refund_date_start, refund_date_end)
    which = refunds.whole(
        SIDE,
        party_ids=None if whose is None else [PartyId(one) for one in whose],
        progress=filters.words("status", status, _SOUGHT),
        external_id=external_id,
        currency=currency,
        search=search,
        issued_from=start,
        issued_to=end,
    )
    sort, back = filters.order(ordering, None, None, _SORTS)
    async with read_tx(services.database, request.user, BusinessId(business_id)) as tx:
        found, total = await refunds.page(tx, which, paging, sort, back=back)
    body = VendorRefundPage(count=total, page_info=paging.info(total), results=[refund_shown(one) for one in found])
    return answered(body)


@get(
    ONE,
    operation_id="get_vendor_refund",
    tags=["Vendor refunds"],
    summary="Find a refund of a vendor",
    guards=[signed_in],
    security=ANYONE,
    responses={200: ResponseSpec(VendorRefund, generate_examples=False, description="The refund")}
    | errors(401, 403, 404),
)
async def get_vendor_refund(
    request: CallerRequest, services: TheServices, business_id: FromPath[UUID], refund_id: FromPath[UUID]
) -> Response[bytes]:
    """One refund."""
    async with read_tx(services.database, request.user, BusinessId(business_id)) as tx:
        return answered(refund_shown(await find(tx, SIDE, refund_id)))


@delete(
    ONE,
    operation_id="delete_vendor_refund",
    tags=["Vendor refunds"],
    summary="Delete a refund of a vendor",
    description="As if it had never been, nor its payments.",
    guards=[signed_in],
    security=ANYONE,
    responses={204: ResponseSpec(None, generate_examples=False, description="It is deleted")}
    | errors(401, 403, 404, 409),
)
async def delete_vendor_refund(
    request: CallerRequest, services: TheServices, business_id: FromPath[UUID], refund_id: FromPath[UUID]
) -> None:
    """Take a refund back."""
    async with write_tx(services.database, request.user, BusinessId(business_id), "delete vendor refund") as tx:
        await refunding.delete(tx, ITS, refund_id)


@post(
    f"{ONE}/cancel",
    operation_id="cancel_vendor_refund",
    tags=["Vendor refunds"],
    summary="Cancel a refund of a vendor",
    description="Nothing of it will come. Refused once a part has come.",
    status_code=200,
    guards=[signed_in],
    security=ANYONE,
    dependencies=KEYED,
    responses={200: ResponseSpec(VendorRefund, generate_examples=False, description="It is cancelled")}
    | errors(401, 403, 404, 409, 413),
)
async def cancel_vendor_refund(
    request: CallerRequest,
    services: TheServices,
    business_id: FromPath[UUID],
    refund_id: FromPath[UUID],
    key: TheKey,
) -> Response[bytes]:
    """Give a refund up."""
    async with write_tx(services.database, request.user, BusinessId(business_id), "cancel vendor refund") as tx:

        async def make() -> tuple[VendorRefund, bool]:
            return refund_shown(await refunding.cancel(tx, ITS, refund_id)), False

        return await answered_by(tx, key, make)
