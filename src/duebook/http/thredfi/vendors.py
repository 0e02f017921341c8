"""Vendors: whom the business owes."""

from typing import Annotated, Literal
from uuid import UUID

import msgspec
from litestar import Response, get, post, put
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import UNSET, Meta, UnsetType

from duebook.http.callers import CallerRequest, signed_in
from duebook.http.encoded import answered
from duebook.http.services import TheServices
from duebook.http.thredfi import parties
from duebook.http.thredfi.bodies import Body
from duebook.http.thredfi.errors import errors
from duebook.http.thredfi.filters import FreeText
from duebook.http.thredfi.paging import PAGING, Paged, ThePage
from duebook.http.thredfi.parties import PartyData, PartyRequest
from duebook.http.thredfi.security import ANYONE
from duebook.ledger.facts import Side
from duebook.ledger.lists import Page, PartyFilter
from duebook.tenancy.facts import BusinessId, WireProfile

PATH = "/v1/platform/businesses/{business_id:uuid}/vendors"
MOST_VENDORS = 10_000
ONE = f"{PATH}/{{vendor_id:uuid}}"


class Vendor(PartyData, kw_only=True):
    """A vendor."""

    type: Literal["Vendor"] = "Vendor"


class VendorPage(Paged, kw_only=True):
    """One page of vendors, in the order in which they were made."""

    results: list[Vendor]
    data: Annotated[list[Vendor] | UnsetType, Meta(description="The same, for a token of the wire profile `live`")] = (
        UNSET
    )


class WrappedVendor(msgspec.Struct):
    """A vendor, for a token of the wire profile `live`."""

    data: Vendor


@post(
    PATH,
    operation_id="create_vendor",
    tags=["Vendors"],
    summary="Make a vendor",
    description="The same external id with the same content answers 200 with the vendor that is there.",
    guards=[signed_in],
    security=ANYONE,
    dto=Body,
    return_dto=None,
    responses={
        200: ResponseSpec(Vendor, generate_examples=False, description="It is there already"),
        201: ResponseSpec(Vendor, generate_examples=False, description="It is made"),
    }
    | errors(401, 403, 404, 409, 413, 422),
)
async def create_vendor(
    request: CallerRequest, services: TheServices, business_id: FromPath[UUID], data: JSONBody[PartyRequest]
) -> Response[bytes]:
    """Make a vendor, or find the one with this external id."""
    made, created = await parties.create(services, request.user, BusinessId(business_id), Side.PAYABLE, data)
    return answered(Vendor(**made), created=created)


@get(
    PATH,
    operation_id="list_vendors",
    tags=["Vendors"],
    summary="List vendors",
    guards=[signed_in],
    security=ANYONE,
    dependencies=PAGING,
    responses={200: ResponseSpec(VendorPage, generate_examples=False, description="One page")}
    | errors(401, 403, 404, 422),
)
async def list_vendors(
    request: CallerRequest,
    services: TheServices,
    business_id: FromPath[UUID],
    paging: ThePage,
    include_archived: FromQuery[bool] = False,
    external_id: FreeText = None,
    search: FreeText = None,
) -> Response[bytes]:
    """A page of vendors; archived ones only if asked for. A live client that names no page is given all of them."""
    which = PartyFilter(
        side=Side.PAYABLE, archived=None if include_archived else False, external_id=external_id, search=search
    )
    live = request.user.wire_profile is WireProfile.LIVE
    part = paging.part(back=False)
    if live and not request.query_params.keys() & {"page", "page_size"}:
        part = Page(limit=MOST_VENDORS)
    found, total = await parties.page(services, request.user, BusinessId(business_id), which, part)
    vendors = [Vendor(**one) for one in found]
    body = VendorPage(count=total, page_info=paging.info(total), results=vendors, data=vendors if live else UNSET)
    return answered(body)


@get(
    ONE,
    operation_id="get_vendor",
    tags=["Vendors"],
    summary="Find a vendor",
    guards=[signed_in],
    security=ANYONE,
    responses={200: ResponseSpec(Vendor, generate_examples=False, description="The vendor")}
    | errors(401, 403, 404, 422),
)
async def get_vendor(
    request: CallerRequest, services: TheServices, business_id: FromPath[UUID], vendor_id: FromPath[UUID]
) -> Response[bytes]:
    """One vendor, archived or not."""
    vendor = Vendor(**await parties.find(services, request.user, BusinessId(business_id), Side.PAYABLE, vendor_id))
    return answered(WrappedVendor(vendor) if request.user.wire_profile is WireProfile.LIVE else vendor)


@put(
    ONE,
    operation_id="update_vendor",
    tags=["Vendors"],
    summary="Change a vendor",
    description="What is not said stays as it is.",
    guards=[signed_in],
    security=ANYONE,
    dto=Body,
    return_dto=None,
    responses={200: ResponseSpec(Vendor, generate_examples=False, description="It is changed")}
    | errors(401, 403, 404, 409, 413, 422),
)
async def update_vendor(
    request: CallerRequest,
    services: TheServices,
    business_id: FromPath[UUID],
    vendor_id: FromPath[UUID],
    data: JSONBody[PartyRequest],
) -> Response[bytes]:
    """Change what is known of a vendor."""
    changed = await parties.update(services, request.user, BusinessId(business_id), Side.PAYABLE, vendor_id, data)
    return answered(Vendor(**changed))


@post(
    f"{ONE}/archive",
    operation_id="archive_vendor",
    tags=["Vendors"],
    summary="Archive a vendor",
    description="An archived vendor leaves lists and takes no new documents; it keeps its balance.",
    status_code=200,
    guards=[signed_in],
    security=ANYONE,
    responses={200: ResponseSpec(Vendor, generate_examples=False, description="It is archived")}
    | errors(401, 403, 404, 413, 422),
)
async def archive_vendor(
    request: CallerRequest, services: TheServices, business_id: FromPath[UUID], vendor_id: FromPath[UUID]
) -> Response[bytes]:
    """Hide a vendor from lists."""
    hidden = await parties.archive(services, request.user, BusinessId(business_id), Side.PAYABLE, vendor_id)
    return answered(Vendor(**hidden))
