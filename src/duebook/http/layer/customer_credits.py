"""Customer credits: what the business takes off what its customers owe."""

from typing import Annotated, Final
from uuid import UUID

import msgspec
from litestar import Response, delete, get, patch, post, put
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from duebook.http.bodies import JsonBody
from duebook.http.callers import CallerRequest, signed_in
from duebook.http.encoded import answered
from duebook.http.fields import Free
from duebook.http.layer import credits
from duebook.http.layer.credits import (
    CreditChange,
    CreditData,
    CreditLine,
    NewCreditLine,
    NewCreditPart,
    Said,
    Shown,
)
from duebook.http.layer.customers import CustomerData
from duebook.http.layer.errors import errors
from duebook.http.layer.filters import (
    DATED_QUERY,
    DatedQuery,
    StampQuery,
    TheDatedQuery,
    UuidQuery,
    named_parties,
    names,
)
from duebook.http.layer.invoices import PATH as INVOICES
from duebook.http.layer.invoices import CustomerCreditPart
from duebook.http.layer.lists import PAGING, ListMeta, ThePage, only
from duebook.http.layer.parties import FreeText, more_fields, party_ref
from duebook.http.layer.security import BEARER
from duebook.http.services import TheServices
from duebook.http.stamps import Stamp, as_given, optional_stamp
from duebook.ledger.facts import Kind, Side
from duebook.tenancy.facts import BusinessId
from duebook.tenancy.gate import read_tx

PATH: Final = f"{INVOICES}/customer-credits"
ONE: Final = f"{PATH}/{{customerCreditId:uuid}}"


class NewCustomerCreditLine(NewCreditLine, kw_only=True, omit_defaults=True):
    """A line of a customer credit."""

    revenue_account_identifier: Free | None = None


class NewCustomerCreditPart(NewCreditPart, kw_only=True, omit_defaults=True):
    """Part of a customer credit, for one invoice."""

    invoice_id: UUID


class CustomerCreditChange(CreditChange, kw_only=True, omit_defaults=True):
    """What is to be changed of a customer credit; what is left out or null stays."""

    customer_id: UUID | None = None
    customer_external_id: Annotated[str, Meta(min_length=1, max_length=255)] | None = None
    sent_at: Stamp | None = None
    line_items: Annotated[list[NewCustomerCreditLine], Meta(min_length=1)] | None = None
    allocations: list[NewCustomerCreditPart] | None = None


class NewCustomerCredit(CustomerCreditChange, kw_only=True, omit_defaults=True):
    """A credit for a customer: by id, or by an external id that makes the customer if it is not there.

    Without `sent_at` it is of the day on which it is recorded.
    """

    line_items: Annotated[list[NewCustomerCreditLine], Meta(min_length=1)]


class CustomerCreditLine(CreditLine, kw_only=True):
    """A line of a customer credit."""

    revenue_account_identifier: Free | None


class CustomerCredit(CreditData, kw_only=True):
    """A credit to a customer."""

    customer: CustomerData
    sent_at: str
    line_items: list[CustomerCreditLine]
    allocations: list[CustomerCreditPart]


class OneCustomerCredit(msgspec.Struct):
    """One customer credit."""

    data: CustomerCredit


class CustomerCreditPage(msgspec.Struct):
    """One page of customer credits."""

    data: list[CustomerCredit]
    meta: ListMeta


@post(
    PATH,
    operation_id="business.invoices.customer-credits.post",
    tags=["Customer credits"],
    summary="Record a customer credit, or change the one with this external id",
    description="What is not said is not kept: the request replaces all that was said of the credit.",
    guards=[signed_in],
    security=BEARER,
    dto=JsonBody,
    return_dto=None,
    responses={
        200: ResponseSpec(OneCustomerCredit, generate_examples=False, description="It was there and is changed"),
        201: ResponseSpec(OneCustomerCredit, generate_examples=False, description="It is recorded"),
    }
    | errors(404, 409, 413),
)
async def put_customer_credit(
    request: CallerRequest, services: TheServices, businessId: FromPath[UUID], data: JSONBody[NewCustomerCredit]
) -> Response[bytes]:
    """Record or change a credit."""
    business_id = BusinessId(businessId)
    credit, created = await credits.put(services, request.user, business_id, Side.RECEIVABLE, _said(data, new=True))
    return answered(OneCustomerCredit(_credit(credit)), created=created)


@get(
    PATH,
    operation_id="business.invoices.customer-credits.get",
    tags=["Customer credits"],
    summary="List customer credits",
    guards=[signed_in],
    security=BEARER,
    dependencies=PAGING | DATED_QUERY,
    responses={200: ResponseSpec(CustomerCreditPage, generate_examples=False, description="One page")} | errors(404),
)
async def list_customer_credits(
    request: CallerRequest,
    services: TheServices,
    businessId: FromPath[UUID],
    paging: ThePage,
    asked: TheDatedQuery,
    customer_id: UuidQuery = None,
    customer_external_id: FreeText = None,
    sent_at_start: StampQuery = None,
    sent_at_end: StampQuery = None,
) -> Response[bytes]:
    """A page of credits."""
    only(request, ["customer_id", "customer_external_id", "sent_at_start", "sent_at_end", *names(DatedQuery)])
    async with read_tx(services.database, request.user, BusinessId(businessId)) as tx:
        parties = await named_parties(tx, Side.RECEIVABLE, "customer", customer_id, customer_external_id)
        issued = ("sent_at", sent_at_start, sent_at_end)
        which = asked.read(tx, Side.RECEIVABLE, Kind.CREDIT, issued=issued, parties=parties)
        found, meta = await credits.page(tx, which, paging)
    return answered(CustomerCreditPage([_credit(one) for one in found], meta))


@get(
    ONE,
    operation_id="business.invoices.customer-credits.customer-credit.get",
    tags=["Customer credits"],
    summary="Find a customer credit",
    guards=[signed_in],
    security=BEARER,
    responses={200: ResponseSpec(OneCustomerCredit, generate_examples=False, description="The credit")} | errors(404),
)
async def get_customer_credit(
    request: CallerRequest, services: TheServices, businessId: FromPath[UUID], customerCreditId: FromPath[UUID]
) -> Response[bytes]:
    """One credit."""
    async with read_tx(services.database, request.user, BusinessId(businessId)) as tx:
        return answered(OneCustomerCredit(_credit(await credits.find(tx, Side.RECEIVABLE, customerCreditId))))


@put(
    ONE,
    operation_id="business.invoices.customer-credits.customer-credit.put",
    tags=["Customer credits"],
    summary="Replace a customer credit",
    description="What is not said is not kept, but for the customer and the day.",
    guards=[signed_in],
    security=BEARER,
    dto=JsonBody,
    return_dto=None,
    responses={200: ResponseSpec(OneCustomerCredit, generate_examples=False, description="It is replaced")}
    | errors(404, 409, 413),
)
async def replace_customer_credit(
    request: CallerRequest,
    services: TheServices,
    businessId: FromPath[UUID],
    customerCreditId: FromPath[UUID],
    data: JSONBody[NewCustomerCredit],
) -> Response[bytes]:
    """Replace all that was said of a credit."""
    business_id, asked = BusinessId(businessId), _said(data)
    credit = await credits.change(
        services, request.user, business_id, Side.RECEIVABLE, customerCreditId, asked, replaces=True
    )
    return answered(OneCustomerCredit(_credit(credit)))


@patch(
    ONE,
    operation_id="business.invoices.customer-credits.customer-credit.patch",
    tags=["Customer credits"],
    summary="Change a customer credit",
    description="Lines and allocations that are said replace all that there are.",
    guards=[signed_in],
    security=BEARER,
    dto=JsonBody,
    return_dto=None,
    responses={200: ResponseSpec(OneCustomerCredit, generate_examples=False, description="It is changed")}
    | errors(404, 409, 413),
)
async def change_customer_credit(
    request: CallerRequest,
    services: TheServices,
    businessId: FromPath[UUID],
    customerCreditId: FromPath[UUID],
    data: JSONBody[CustomerCreditChange],
) -> Response[bytes]:
    """Change what is said of a credit."""
    business_id, asked = BusinessId(businessId), _said(data)
    credit = await credits.change(
        services, request.user, business_id, Side.RECEIVABLE, customerCreditId, asked, replaces=False
    )
    return answered(OneCustomerCredit(_credit(credit)))


@delete(
    ONE,
    operation_id="business.invoices.customer-credits.customer-credit.delete",
    tags=["Customer credits"],
    summary="Delete a customer credit with its allocations",
    description="Answers with the credit as it was.",
    status_code=200,
    guards=[signed_in],
    security=BEARER,
    responses={200: ResponseSpec(OneCustomerCredit, generate_examples=False, description="It is deleted")}
    | errors(404, 409),
)
async def delete_customer_credit(
    request: CallerRequest, services: TheServices, businessId: FromPath[UUID], customerCreditId: FromPath[UUID]
) -> Response[bytes]:
    """As if it had never been."""
    business_id = BusinessId(businessId)
    credit = await credits.delete(services, request.user, business_id, Side.RECEIVABLE, customerCreditId)
    return answered(OneCustomerCredit(_credit(credit)))


def _said(given: CustomerCreditChange, *, new: bool = False) -> Said:
    names_customer = new or given.customer_id is not None or given.customer_external_id is not None
    return credits.said(
        given,
        party=party_ref("", "customer", given.customer_id, given.customer_external_id) if names_customer else None,
        issued=optional_stamp("sent_at", given.sent_at),
        lines=given.line_items,
        allocations=None if given.allocations is None else [(one.invoice_id, one.amount) for one in given.allocations],
    )


def _credit(credit: Shown) -> CustomerCredit:
    document = credit.view.document
    return CustomerCredit(
        **credits.credit_fields(credit),
        customer=CustomerData(**more_fields(credit.business_id, credit.party)),
        sent_at=as_given(document.body, "sent_at", document.issued_on),
        line_items=[CustomerCreditLine(**line) for line in credits.line_fields(credit, "revenue_account_identifier")],
        allocations=[
            CustomerCreditPart(**part, customer_credit_id=document.id, invoice_id=charge_id)
            for charge_id, part in credits.part_fields(credit)
        ],
    )
