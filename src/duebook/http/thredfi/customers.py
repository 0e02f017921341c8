"""Customers: who owes the business."""

from typing import Literal
from uuid import UUID

from litestar import Response, get, post, put
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, FromQuery, JSONBody

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
from duebook.ledger.lists import PartyFilter
from duebook.tenancy.facts import BusinessId

PATH = "/v1/platform/businesses/{business_id:uuid}/customers"
ONE = f"{PATH}/{{customer_id:uuid}}"


class Customer(PartyData, kw_only=True):
    """A customer."""

    type: Literal["Customer"] = "Customer"


class CustomerPage(Paged, kw_only=True):
    """One page of customers, in the order in which they were made."""

    results: list[Customer]


@post(
    PATH,
    operation_id="create_customer",
    tags=["Customers"],
    summary="Make a customer",
    description="The same external id with the same content answers 200 with the customer that is there.",
    guards=[signed_in],
    security=ANYONE,
    dto=Body,
    return_dto=None,
    responses={
        200: ResponseSpec(Customer, generate_examples=False, description="It is there already"),
        201: ResponseSpec(Customer, generate_examples=False, description="It is made"),
    }
    | errors(401, 403, 404, 409, 413, 422),
)
async def create_customer(
    request: CallerRequest, services: TheServices, business_id: FromPath[UUID], data: JSONBody[PartyRequest]
) -> Response[bytes]:
    """Make a customer, or find the one with this external id."""
    made, created = await parties.create(services, request.user, BusinessId(business_id), Side.RECEIVABLE, data)
    return answered(Customer(**made), created=created)


@get(
    PATH,
    operation_id="list_customers",
    tags=["Customers"],
    summary="List customers",
    guards=[signed_in],
    security=ANYONE,
    dependencies=PAGING,
    responses={200: ResponseSpec(CustomerPage, generate_examples=False, description="One page")}
    | errors(401, 403, 404, 422),
)
async def list_customers(
    request: CallerRequest,
    services: TheServices,
    business_id: FromPath[UUID],
    paging: ThePage,
    include_archived: FromQuery[bool] = False,
    external_id: FreeText = None,
    search: FreeText = None,
) -> Response[bytes]:
    """A page of customers; archived ones only if asked for."""
    which = PartyFilter(
        side=Side.RECEIVABLE, archived=None if include_archived else False, external_id=external_id, search=search
    )
    found, total = await parties.page(services, request.user, BusinessId(business_id), which, paging.part(back=False))
    body = CustomerPage(count=total, page_info=paging.info(total), results=[Customer(**one) for one in found])
    return answered(body)


@get(
    ONE,
    operation_id="get_customer",
    tags=["Customers"],
    summary="Find a customer",
    guards=[signed_in],
    security=ANYONE,
    responses={200: ResponseSpec(Customer, generate_examples=False, description="The customer")}
    | errors(401, 403, 404, 422),
)
async def get_customer(
    request: CallerRequest, services: TheServices, business_id: FromPath[UUID], customer_id: FromPath[UUID]
) -> Response[bytes]:
    """One customer, archived or not."""
    return answered(
        Customer(**await parties.find(services, request.user, BusinessId(business_id), Side.RECEIVABLE, customer_id))
    )


@put(
    ONE,
    operation_id="update_customer",
    tags=["Customers"],
    summary="Change a customer",
    description="What is not said stays as it is.",
    guards=[signed_in],
    security=ANYONE,
    dto=Body,
    return_dto=None,
    responses={200: ResponseSpec(Customer, generate_examples=False, description="It is changed")}
    | errors(401, 403, 404, 409, 413, 422),
)
async def update_customer(
    request: CallerRequest,
    services: TheServices,
    business_id: FromPath[UUID],
    customer_id: FromPath[UUID],
    data: JSONBody[PartyRequest],
) -> Response[bytes]:
    """Change what is known of a customer."""
    changed = await parties.update(services, request.user, BusinessId(business_id), Side.RECEIVABLE, customer_id, data)
    return answered(Customer(**changed))


@post(
    f"{ONE}/archive",
    operation_id="archive_customer",
    tags=["Customers"],
    summary="Archive a customer",
    description="An archived customer leaves lists and takes no new documents; it keeps its balance.",
    status_code=200,
    guards=[signed_in],
    security=ANYONE,
    responses={200: ResponseSpec(Customer, generate_examples=False, description="It is archived")}
    | errors(401, 403, 404, 413, 422),
)
async def archive_customer(
    request: CallerRequest, services: TheServices, business_id: FromPath[UUID], customer_id: FromPath[UUID]
) -> Response[bytes]:
    """Hide a customer from lists."""
    hidden = await parties.archive(services, request.user, BusinessId(business_id), Side.RECEIVABLE, customer_id)
    return answered(Customer(**hidden))
