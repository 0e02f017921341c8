"""Vendors: whom the business owes."""

from typing import Literal
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, FromQuery, JSONBody

from duebook.http.bodies import JsonBody
from duebook.http.callers import CallerRequest, signed_in
from duebook.http.encoded import answered
from duebook.http.fields import Free
from duebook.http.layer import parties
from duebook.http.layer.errors import errors
from duebook.http.layer.lists import PAGING, ListMeta, ThePage, only
from duebook.http.layer.parties import FILTERS, ApiCustomerData, FreeText, NewPartyData
from duebook.http.layer.security import BEARER
from duebook.http.services import TheServices
from duebook.ledger.facts import Side
from duebook.ledger.lists import PartyFilter
from duebook.tenancy.facts import BusinessId


class VendorData(ApiCustomerData, kw_only=True):
    """A vendor."""

    type: Literal["VendorData"] = "VendorData"
    reference_number: str | None
    metadata: Free


class OneVendor(msgspec.Struct):
    """One vendor."""

    data: VendorData


class VendorPage(msgspec.Struct):
    """One page of vendors."""

    data: list[VendorData]
    meta: ListMeta


@post(
    "/v1/businesses/{businessId:uuid}/vendors",
    operation_id="business.vendors.post",
    tags=["Vendors"],
    summary="Make a vendor, or change the one with this external id",
    description="What is not said is not kept: the request replaces all that was known of the vendor.",
    guards=[signed_in],
    security=BEARER,
    dto=JsonBody,
    return_dto=None,
    responses={
        200: ResponseSpec(OneVendor, generate_examples=False, description="It was there and is changed"),
        201: ResponseSpec(OneVendor, generate_examples=False, description="It is made"),
    }
    | errors(404, 413),
)
async def put_vendor(
    request: CallerRequest, services: TheServices, businessId: FromPath[UUID], data: JSONBody[NewPartyData]
) -> Response[bytes]:
    """Make or change a vendor."""
    business_id = BusinessId(businessId)
    party, created = await parties.put(services, request.user, business_id, Side.PAYABLE, data)
    return answered(OneVendor(VendorData(**parties.more_fields(business_id, party))), created=created)


@get(
    "/v1/businesses/{businessId:uuid}/vendors",
    operation_id="business.vendors.get",
    tags=["Vendors"],
    summary="List vendors",
    guards=[signed_in],
    security=BEARER,
    dependencies=PAGING,
    responses={200: ResponseSpec(VendorPage, generate_examples=False, description="One page")} | errors(404),
)
async def list_vendors(
    request: CallerRequest,
    services: TheServices,
    businessId: FromPath[UUID],
    paging: ThePage,
    include_archived: FromQuery[bool] = False,
    external_id: FreeText = None,
    external_id_contains: FreeText = None,
    name: FreeText = None,
    name_contains: FreeText = None,
) -> Response[bytes]:
    """A page of vendors; archived ones only if asked for."""
    only(request, *FILTERS)
    which = PartyFilter(
        side=Side.PAYABLE,
        archived=None if include_archived else False,
        external_id=external_id,
        external_id_contains=external_id_contains,
        name=name,
        name_contains=name_contains,
    )
    business_id = BusinessId(businessId)
    found, meta = await parties.page(services, request.user, business_id, which, paging)
    return answered(VendorPage([VendorData(**parties.more_fields(business_id, one)) for one in found], meta))


@get(
    "/v1/businesses/{businessId:uuid}/vendors/{vendorId:uuid}",
    operation_id="business.vendors.vendor.get",
    tags=["Vendors"],
    summary="Find a vendor",
    guards=[signed_in],
    security=BEARER,
    responses={200: ResponseSpec(OneVendor, generate_examples=False, description="The vendor")} | errors(404),
)
async def get_vendor(
    request: CallerRequest, services: TheServices, businessId: FromPath[UUID], vendorId: FromPath[UUID]
) -> Response[bytes]:
    """One vendor, archived or not."""
    business_id = BusinessId(businessId)
    party = await parties.find(services, request.user, business_id, Side.PAYABLE, vendorId)
    return answered(OneVendor(VendorData(**parties.more_fields(business_id, party))))


@post(
    "/v1/businesses/{businessId:uuid}/vendors/{vendorId:uuid}/archive",
    operation_id="business.vendors.vendor.archive.post",
    tags=["Vendors"],
    summary="Archive a vendor",
    description="An archived vendor leaves lists and takes no new documents; it keeps its balance.",
    status_code=200,
    guards=[signed_in],
    security=BEARER,
    responses={200: ResponseSpec(OneVendor, generate_examples=False, description="It is archived")} | errors(404, 413),
)
async def archive_vendor(
    request: CallerRequest, services: TheServices, businessId: FromPath[UUID], vendorId: FromPath[UUID]
) -> Response[bytes]:
    """Hide a vendor from lists."""
    business_id = BusinessId(businessId)
    party = await parties.archive(services, request.user, business_id, Side.PAYABLE, vendorId)
    return answered(OneVendor(VendorData(**parties.more_fields(business_id, party))))
