"""Vendors: whom the business owes."""

from typing import Literal
from uuid import UUID

import msgspec
from litestar import HttpMethod, Response, get, post, route
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
from duebook.ledger.commands import ArchiveParty, MergeParties, UnarchiveParty
from duebook.ledger.facts import PartyId, Side
from duebook.ledger.lists import PartyFilter
from duebook.tenancy.facts import BusinessId


class VendorData(ApiCustomerData, kw_only=True):
    """A vendor."""

    type: Literal["VendorData"] = "VendorData"
    reference_number: str | None
    metadata: Free


class MergeIntoVendor(msgspec.Struct):
    """The vendor that takes over all documents."""

    into_vendor_id: UUID


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
    only(request, FILTERS)
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


@route(
    "/v1/businesses/{businessId:uuid}/vendors/{vendorId:uuid}",
    http_method=[HttpMethod.PUT, HttpMethod.POST],
    operation_id=lambda _, method, __: f"business.vendors.vendor.{method.lower()}",
    tags=["Vendors"],
    summary="Change a vendor",
    description="What is not said is not kept, but for the external id: that stays as it is.",
    guards=[signed_in],
    security=BEARER,
    dto=JsonBody,
    return_dto=None,
    responses={200: ResponseSpec(OneVendor, generate_examples=False, description="It is changed")}
    | errors(404, 409, 413),
)
async def change_vendor(
    request: CallerRequest,
    services: TheServices,
    businessId: FromPath[UUID],
    vendorId: FromPath[UUID],
    data: JSONBody[NewPartyData],
) -> Response[bytes]:
    """Replace what is known of a vendor."""
    business_id = BusinessId(businessId)
    party, _ = await parties.put(services, request.user, business_id, Side.PAYABLE, data, vendorId)
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
    command = ArchiveParty(Side.PAYABLE, PartyId(vendorId))
    party = await parties.move(services, request.user, business_id, "archive", command)
    return answered(OneVendor(VendorData(**parties.more_fields(business_id, party))))


@post(
    "/v1/businesses/{businessId:uuid}/vendors/{vendorId:uuid}/unarchive",
    operation_id="business.vendors.vendor.unarchive.post",
    tags=["Vendors"],
    summary="Unarchive a vendor",
    description="It is in lists again and takes new documents.",
    status_code=200,
    guards=[signed_in],
    security=BEARER,
    responses={200: ResponseSpec(OneVendor, generate_examples=False, description="It is active")} | errors(404, 413),
)
async def unarchive_vendor(
    request: CallerRequest, services: TheServices, businessId: FromPath[UUID], vendorId: FromPath[UUID]
) -> Response[bytes]:
    """Show a vendor in lists again."""
    business_id = BusinessId(businessId)
    command = UnarchiveParty(Side.PAYABLE, PartyId(vendorId))
    party = await parties.move(services, request.user, business_id, "unarchive", command)
    return answered(OneVendor(VendorData(**parties.more_fields(business_id, party))))


@post(
    "/v1/businesses/{businessId:uuid}/vendors/{vendorId:uuid}/merge",
    operation_id="business.vendors.vendor.merge.post",
    tags=["Vendors"],
    summary="Merge a vendor into another",
    description="All its documents are the other one's, as if they always had been, and it is archived.",
    status_code=200,
    guards=[signed_in],
    security=BEARER,
    dto=JsonBody,
    return_dto=None,
    responses={200: ResponseSpec(OneVendor, generate_examples=False, description="The vendor that is left")}
    | errors(404, 409, 413),
)
async def merge_vendor(
    request: CallerRequest,
    services: TheServices,
    businessId: FromPath[UUID],
    vendorId: FromPath[UUID],
    data: JSONBody[MergeIntoVendor],
) -> Response[bytes]:
    """Give all documents of a vendor to another."""
    business_id = BusinessId(businessId)
    command = MergeParties(Side.PAYABLE, PartyId(vendorId), PartyId(data.into_vendor_id))
    party = await parties.move(services, request.user, business_id, "merge", command)
    return answered(OneVendor(VendorData(**parties.more_fields(business_id, party))))
