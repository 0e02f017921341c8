"""Customers: who owes the business."""

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


class CustomerData(ApiCustomerData, kw_only=True):
    """A customer."""

    type: Literal["CustomerData"] = "CustomerData"
    reference_number: str | None
    metadata: Free


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
    only(request, *FILTERS)
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
    party = await parties.archive(services, request.user, business_id, Side.RECEIVABLE, customerId)
    return answered(OneCustomer(CustomerData(**parties.more_fields(business_id, party))))
