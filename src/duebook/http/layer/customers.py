"""Customers: who owes the business."""

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


class CustomerData(ApiCustomerData, kw_only=True):
    """A customer."""

    type: Literal["CustomerData"] = "CustomerData"
    reference_number: str | None
    metadata: Free


class MergeIntoCustomer(msgspec.Struct):
    """The customer that takes over all documents."""

    into_customer_id: UUID


class OneCustomer(msgspec.Struct):
    """One customer."""

    data: CustomerData


class CustomerPage(msgspec.Struct):
    """One page of customers."""

    data: list[CustomerData]
    meta: ListMeta


@post(
    "/v1/businesses/{businessId:uuid}/customers",
    operation_id="business.customers.post",
    tags=["Customers"],
    summary="Make a customer, or change the one with this external id",
    description="What is not said is not kept: the request replaces all that was known of the customer.",
    guards=[signed_in],
    security=BEARER,
    dto=JsonBody,
    return_dto=None,
    responses={
        200: ResponseSpec(OneCustomer, generate_examples=False, description="It was there and is changed"),
        201: ResponseSpec(OneCustomer, generate_examples=False, description="It is made"),
    }
    | errors(404, 413),
)
async def put_customer(
    request: CallerRequest, services: TheServices, businessId: FromPath[UUID], data: JSONBody[NewPartyData]
) -> Response[bytes]:
    """Make or change a customer."""
    business_id = BusinessId(businessId)
    party, created = await parties.put(services, request.user, business_id, Side.RECEIVABLE, data)
    return answered(OneCustomer(CustomerData(**parties.more_fields(business_id, party))), created=created)


@get(
    "/v1/businesses/{businessId:uuid}/customers",
    operation_id="business.customers.get",
    tags=["Customers"],
    summary="List customers",
    guards=[signed_in],
    security=BEARER,
    dependencies=PAGING,
    responses={200: ResponseSpec(CustomerPage, generate_examples=False, description="One page")} | errors(404),
)
async def list_customers(
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
    """A page of customers; archived ones only if asked for."""
    only(request, FILTERS)
    which = PartyFilter(
        side=Side.RECEIVABLE,
        archived=None if include_archived else False,
        external_id=external_id,
        external_id_contains=external_id_contains,
        name=name,
        name_contains=name_contains,
    )
    business_id = BusinessId(businessId)
    found, meta = await parties.page(services, request.user, business_id, which, paging)
    return answered(CustomerPage([CustomerData(**parties.more_fields(business_id, one)) for one in found], meta))


@get(
    "/v1/businesses/{businessId:uuid}/customers/{customerId:uuid}",
    operation_id="business.customers.customer.get",
    tags=["Customers"],
    summary="Find a customer",
    guards=[signed_in],
    security=BEARER,
    responses={200: ResponseSpec(OneCustomer, generate_examples=False, description="The customer")} | errors(404),
)
async def get_customer(
    request: CallerRequest, services: TheServices, businessId: FromPath[UUID], customerId: FromPath[UUID]
) -> Response[bytes]:
    """One customer, archived or not."""
    business_id = BusinessId(businessId)
    party = await parties.find(services, request.user, business_id, Side.RECEIVABLE, customerId)
    return answered(OneCustomer(CustomerData(**parties.more_fields(business_id, party))))


@route(
    "/v1/businesses/{businessId:uuid}/customers/{customerId:uuid}",
    http_method=[HttpMethod.PUT, HttpMethod.POST],
    operation_id=lambda _, method, __: f"business.customers.customer.{method.lower()}",
    tags=["Customers"],
    summary="Change a customer",
    description="What is not said is not kept, but for the external id: that stays as it is.",
    guards=[signed_in],
    security=BEARER,
    dto=JsonBody,
    return_dto=None,
    responses={200: ResponseSpec(OneCustomer, generate_examples=False, description="It is changed")}
    | errors(404, 409, 413),
)
async def change_customer(
    request: CallerRequest,
    services: TheServices,
    businessId: FromPath[UUID],
    customerId: FromPath[UUID],
    data: JSONBody[NewPartyData],
) -> Response[bytes]:
    """Replace what is known of a customer."""
    business_id = BusinessId(businessId)
    party, _ = await parties.put(services, request.user, business_id, Side.RECEIVABLE, data, customerId)
    return answered(OneCustomer(CustomerData(**parties.more_fields(business_id, party))))


@post(
    "/v1/businesses/{businessId:uuid}/customers/{customerId:uuid}/archive",
    operation_id="business.customers.customer.archive.post",
    tags=["Customers"],
    summary="Archive a customer",
    description="An archived customer leaves lists and takes no new documents; it keeps its balance.",
    status_code=200,
    guards=[signed_in],
    security=BEARER,
    responses={200: ResponseSpec(OneCustomer, generate_examples=False, description="It is archived")}
    | errors(404, 413),
)
async def archive_customer(
    request: CallerRequest, services: TheServices, businessId: FromPath[UUID], customerId: FromPath[UUID]
) -> Response[bytes]:
    """Hide a customer from lists."""
    business_id = BusinessId(businessId)
    command = ArchiveParty(Side.RECEIVABLE, PartyId(customerId))
    party = await parties.move(services, request.user, business_id, "archive", command)
    return answered(OneCustomer(CustomerData(**parties.more_fields(business_id, party))))


@post(
    "/v1/businesses/{businessId:uuid}/customers/{customerId:uuid}/unarchive",
    operation_id="business.customers.customer.unarchive.post",
    tags=["Customers"],
    summary="Unarchive a customer",
    description="It is in lists again and takes new documents.",
    status_code=200,
    guards=[signed_in],
    security=BEARER,
    responses={200: ResponseSpec(OneCustomer, generate_examples=False, description="It is active")} | errors(404, 413),
)
async def unarchive_customer(
    request: CallerRequest, services: TheServices, businessId: FromPath[UUID], customerId: FromPath[UUID]
) -> Response[bytes]:
    """Show a customer in lists again."""
    business_id = BusinessId(businessId)
    command = UnarchiveParty(Side.RECEIVABLE, PartyId(customerId))
    party = await parties.move(services, request.user, business_id, "unarchive", command)
    return answered(OneCustomer(CustomerData(**parties.more_fields(business_id, party))))


@post(
    "/v1/businesses/{businessId:uuid}/customers/{customerId:uuid}/merge",
    operation_id="business.customers.customer.merge.post",
    tags=["Customers"],
    summary="Merge a customer into another",
    description="All its documents are the other one's, as if they always had been, and it is archived.",
    status_code=200,
    guards=[signed_in],
    security=BEARER,
    dto=JsonBody,
    return_dto=None,
    responses={200: ResponseSpec(OneCustomer, generate_examples=False, description="The customer that is left")}
    | errors(404, 409, 413),
)
async def merge_customer(
    request: CallerRequest,
    services: TheServices,
    businessId: FromPath[UUID],
    customerId: FromPath[UUID],
    data: JSONBody[MergeIntoCustomer],
) -> Response[bytes]:
    """Give all documents of a customer to another."""
    business_id = BusinessId(businessId)
    command = MergeParties(Side.RECEIVABLE, PartyId(customerId), PartyId(data.into_customer_id))
    party = await parties.move(services, request.user, business_id, "merge", command)
    return answered(OneCustomer(CustomerData(**parties.more_fields(business_id, party))))
