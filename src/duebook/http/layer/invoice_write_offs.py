"""Write-offs of an invoice: recorded, listed, found and deleted."""

from typing import Final
from uuid import UUID

import msgspec
from litestar import Response, delete, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody

from duebook.http.bodies import JsonBody
from duebook.http.callers import CallerRequest, signed_in
from duebook.http.encoded import answered
from duebook.http.layer import write_offs
from duebook.http.layer.errors import errors
from duebook.http.layer.invoices import PATH
from duebook.http.layer.limits import WRITE_OFFS
from duebook.http.layer.lists import PAGING, ListMeta, ThePage, only
from duebook.http.layer.security import BEARER
from duebook.http.layer.write_offs import NewWriteOff, WriteOff
from duebook.http.services import Services, TheServices
from duebook.tenancy.facts import BusinessId
from duebook.tenancy.gate import read_tx

ALL: Final = f"{PATH}/{{invoiceId:uuid}}/write-offs"
ONE: Final = f"{ALL}/{{writeOffId:uuid}}"


class OneWriteOff(msgspec.Struct):
    """One write-off."""

    data: WriteOff


class WriteOffPage(msgspec.Struct):
    """One page of write-offs."""

    data: list[WriteOff]
    meta: ListMeta


@post(
    [f"{PATH}/{{invoiceId:uuid}}/write-off", ALL],
    operation_id=lambda _, __, path: f"business.invoices.{path[-1]}.post",
    tags=["Write-offs"],
    summary="Record a write-off",
    opt=WRITE_OFFS,
    description="The same external id with the same content answers 200 with the write-off that is there.",
    guards=[signed_in],
    security=BEARER,
    dto=JsonBody,
    return_dto=None,
    responses={
        200: ResponseSpec(OneWriteOff, generate_examples=False, description="It was there"),
        201: ResponseSpec(OneWriteOff, generate_examples=False, description="It is recorded"),
    }
    | errors(404, 409, 413),
)
async def add_write_off(
    request: CallerRequest,
    services: TheServices,
    businessId: FromPath[UUID],
    invoiceId: FromPath[UUID],
    data: JSONBody[NewWriteOff],
) -> Response[bytes]:
    """Give up what is outstanding of an invoice, or a part of it."""
    made, created = await write_offs.add(services, request.user, BusinessId(businessId), invoiceId, data)
    return answered(OneWriteOff(made), created=created)


@get(
    ALL,
    operation_id="business.invoices.write-offs.get",
    tags=["Write-offs"],
    summary="List the write-offs of an invoice",
    guards=[signed_in],
    security=BEARER,
    dependencies=PAGING,
    responses={200: ResponseSpec(WriteOffPage, generate_examples=False, description="One page")} | errors(404),
)
async def list_write_offs(
    request: CallerRequest,
    services: TheServices,
    businessId: FromPath[UUID],
    invoiceId: FromPath[UUID],
    paging: ThePage,
) -> Response[bytes]:
    """A page of write-offs."""
    only(request, ())
    async with read_tx(services.database, request.user, BusinessId(businessId)) as tx:
        found, meta = await write_offs.page(tx, invoiceId, paging)
    return answered(WriteOffPage(found, meta))


@get(
    ONE,
    operation_id="business.invoices.write-offs.write-off.get",
    tags=["Write-offs"],
    summary="Find a write-off",
    guards=[signed_in],
    security=BEARER,
    responses={200: ResponseSpec(OneWriteOff, generate_examples=False, description="The write-off")} | errors(404),
)
async def get_write_off(
    request: CallerRequest,
    services: TheServices,
    businessId: FromPath[UUID],
    invoiceId: FromPath[UUID],
    writeOffId: FromPath[UUID],
) -> Response[bytes]:
    """One write-off."""
    business_id = BusinessId(businessId)
    async with read_tx(services.database, request.user, business_id) as tx:
        view = await write_offs.find(tx, invoiceId, writeOffId)
    return answered(OneWriteOff(write_offs.write_off(business_id, view.document)))


@delete(
    ONE,
    operation_id="business.invoices.write-offs.delete",
    tags=["Write-offs"],
    summary="Delete a write-off",
    description="What was written off is owed again. Answers with the write-off as it was.",
    status_code=200,
    guards=[signed_in],
    security=BEARER,
    responses={200: ResponseSpec(OneWriteOff, generate_examples=False, description="It is deleted")} | errors(404, 409),
)
async def delete_write_off(
    request: CallerRequest,
    services: TheServices,
    businessId: FromPath[UUID],
    invoiceId: FromPath[UUID],
    writeOffId: FromPath[UUID],
) -> Response[bytes]:
    """As if it had never been."""
    return await _delete(request, services, businessId, invoiceId, writeOffId)


@post(
    f"{ONE}/delete",
    operation_id="business.invoices.write-offs.write-off.delete.post",
    tags=["Write-offs"],
    summary="Delete a write-off, by the other verb",
    description="What was written off is owed again. Answers with the write-off as it was.",
    status_code=200,
    guards=[signed_in],
    security=BEARER,
    responses={200: ResponseSpec(OneWriteOff, generate_examples=False, description="It is deleted")}
    | errors(404, 409, 413),
)
async def delete_write_off_by_post(
    request: CallerRequest,
    services: TheServices,
    businessId: FromPath[UUID],
    invoiceId: FromPath[UUID],
    writeOffId: FromPath[UUID],
) -> Response[bytes]:
    """As if it had never been."""
    return await _delete(request, services, businessId, invoiceId, writeOffId)


async def _delete(
    request: CallerRequest, services: Services, business_id: UUID, invoice_id: UUID, write_off_id: UUID
) -> Response[bytes]:
    gone = await write_offs.delete(services, request.user, BusinessId(business_id), invoice_id, write_off_id)
    return answered(OneWriteOff(gone))
