"""Customer credits: what customers get off later invoices."""

from typing import Any, Literal
from uuid import UUID

import msgspec
from litestar import Response, get, post, put
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody

from duebook.http.callers import CallerRequest, signed_in
from duebook.http.encoded import answered
from duebook.http.fields import Cents, ExternalId, PositiveCents
from duebook.http.services import Services, TheServices
from duebook.http.stamps import Stamp
from duebook.http.thredfi import credits, filters
from duebook.http.thredfi.bodies import Body
from duebook.http.thredfi.credit_answers import CreditData, PartData, statuses, words
from duebook.http.thredfi.credits import Asked, CreditRequest
from duebook.http.thredfi.customers import Customer
from duebook.http.thredfi.errors import errors
from duebook.http.thredfi.filters import FreeText
from duebook.http.thredfi.idempotency import KEYED, TheKey, answered_by
from duebook.http.thredfi.paging import PAGING, Paged, ThePage
from duebook.http.thredfi.parties import party_ref
from duebook.http.thredfi.security import ANYONE
from duebook.ledger.facts import Kind, PartyId, Side
from duebook.ledger.lists import DocumentFilter
from duebook.tenancy.facts import BusinessId, Caller
from duebook.tenancy.gate import write_tx

PATH = "/v1/platform/businesses/{business_id:uuid}/customer-credits"
ONE = f"{PATH}/{{credit_id:uuid}}"
ITS = words(Side.RECEIVABLE, fresh="sent", dated="sent_at")


class NewCustomerPart(msgspec.Struct, kw_only=True):
    """Part of a credit, for one invoice; of nothing, it is none."""

    invoice_id: UUID
    amount: PositiveCents


class NewCustomerCredit(CreditRequest, kw_only=True, omit_defaults=True):
    """A credit of a customer, by id or by an external id; without either, whose the invoice is that is named."""

    customer_id: UUID | None = None
    customer_external_id: ExternalId | None = None
    source_invoice_id: UUID | None = None
    sent_at: Stamp | None = None
    allocations: list[NewCustomerPart] | None = None


class CustomerPart(PartData, kw_only=True):
    """What is applied of a credit to one invoice."""

    invoice_id: UUID
    invoice_number: str | None
    invoice_outstanding_balance_cents: Cents


class CustomerCredit(CreditData, kw_only=True):
    """A credit of a customer."""

    type: Literal["CustomerCredit"] = "CustomerCredit"
    customer: Customer
    source_invoice_id: UUID | None
    sent_at: str
    allocations: list[CustomerPart]


class CustomerCreditPage(Paged, kw_only=True):
    """One page of credits, the latest first."""

    results: list[CustomerCredit]


@post(
    PATH,
    operation_id="create_customer_credit",
    tags=["Customer credits"],
    summary="Record a credit",
    description="The same external id with the same content answers 200 with the credit that is there.",
    guards=[signed_in],
    security=ANYONE,
    dependencies=KEYED,
    dto=Body,
    return_dto=None,
    responses={
        200: ResponseSpec(CustomerCredit, generate_examples=False, description="It is there already"),
        201: ResponseSpec(CustomerCredit, generate_examples=False, description="It is recorded"),
    }
    | errors(401, 403, 404, 409, 413, 422),
)
async def create_customer_credit(
    request: CallerRequest,
    services: TheServices,
    business_id: FromPath[UUID],
    key: TheKey,
    data: JSONBody[NewCustomerCredit],
) -> Response[bytes]:
    """Record a credit, or find the one with this external id."""
    async with write_tx(services.database, request.user, BusinessId(business_id), "add customer credit") as tx:

        async def make() -> tuple[CustomerCredit, bool]:
            made, created = await credits.create(tx, ITS, _asked(data))
            return _credit(made), created

        return await answered_by(tx, key, make)


@get(
    PATH,
    operation_id="list_customer_credits",
    tags=["Customer credits"],
    summary="List credits",
    guards=[signed_in],
    security=ANYONE,
    dependencies=PAGING,
    responses={200: ResponseSpec(CustomerCreditPage, generate_examples=False, description="One page")}
    | errors(401, 403, 404, 422),
)
async def list_customer_credits(
    request: CallerRequest,
    services: TheServices,
    business_id: FromPath[UUID],
    paging: ThePage,
    status: FreeText = None,
    customer_id: FreeText = None,
    external_id: FreeText = None,
    search: FreeText = None,
    sent_at_start: FreeText = None,
    sent_at_end: FreeText = None,
) -> Response[bytes]:
    """A page of credits, the latest first."""
    whose = filters.ids("customer_id", customer_id)
    which = DocumentFilter(
        side=ITS.side,
        kind=Kind.CREDIT,
        party_ids=None if whose is None else [PartyId(one) for one in whose],
        standings=filters.words("status", status, statuses(ITS.fresh)),
        external_id=external_id,
        search=search,
        issued_from=filters.day("sent_at_start", sent_at_start),
        issued_to=filters.day("sent_at_end", sent_at_end),
    )
    found, total = await credits.page(
        services, request.user, BusinessId(business_id), ITS, which, paging.part(back=True)
    )
    body = CustomerCreditPage(count=total, page_info=paging.info(total), results=[_credit(one) for one in found])
    return answered(body)


@get(
    ONE,
    operation_id="get_customer_credit",
    tags=["Customer credits"],
    summary="Find a credit",
    guards=[signed_in],
    security=ANYONE,
    responses={200: ResponseSpec(CustomerCredit, generate_examples=False, description="The credit")}
    | errors(401, 403, 404, 422),
)
async def get_customer_credit(
    request: CallerRequest, services: TheServices, business_id: FromPath[UUID], credit_id: FromPath[UUID]
) -> Response[bytes]:
    """One credit."""
    return answered(await _one(services, request.user, BusinessId(business_id), credit_id))


@put(
    ONE,
    operation_id="update_customer_credit",
    tags=["Customer credits"],
    summary="Change a credit",
    description="What is not said stays as it is. `allocations` are all that the credit is for: others are taken back.",
    guards=[signed_in],
    security=ANYONE,
    dto=Body,
    return_dto=None,
    responses={200: ResponseSpec(CustomerCredit, generate_examples=False, description="It is changed")}
    | errors(401, 403, 404, 409, 413, 422),
)
async def update_customer_credit(
    request: CallerRequest,
    services: TheServices,
    business_id: FromPath[UUID],
    credit_id: FromPath[UUID],
    data: JSONBody[NewCustomerCredit],
) -> Response[bytes]:
    """Change what is known of a credit, and what it is for."""
    mine = BusinessId(business_id)
    await credits.update(services, request.user, mine, ITS, credit_id, _asked(data))
    return answered(await _one(services, request.user, mine, credit_id))


@post(
    f"{ONE}/void",
    operation_id="void_customer_credit",
    tags=["Customer credits"],
    summary="Void a credit",
    description="As if it had never been; refused while something is applied or paid out of it.",
    status_code=200,
    guards=[signed_in],
    security=ANYONE,
    responses={200: ResponseSpec(CustomerCredit, generate_examples=False, description="It is void")}
    | errors(401, 403, 404, 409, 413, 422),
)
async def void_customer_credit(
    request: CallerRequest, services: TheServices, business_id: FromPath[UUID], credit_id: FromPath[UUID]
) -> Response[bytes]:
    """Take a credit back."""
    mine = BusinessId(business_id)
    await credits.void(services, request.user, mine, ITS, credit_id)
    return answered(await _one(services, request.user, mine, credit_id))


def _asked(given: NewCustomerCredit) -> Asked:
    named = given.customer_id or given.customer_external_id
    parts = given.allocations
    return Asked(
        request=given,
        party=party_ref(ITS.side, given.customer_id, given.customer_external_id) if named else None,
        source_id=given.source_invoice_id,
        dated_field="sent_at",
        dated=given.sent_at,
        parts=None if parts is None else [(one.invoice_id, one.amount) for one in parts],
    )


async def _one(services: Services, caller: Caller, business_id: BusinessId, credit_id: UUID) -> CustomerCredit:
    return _credit(await credits.find(services, caller, business_id, ITS, credit_id))


def _credit(fields: dict[str, Any]) -> CustomerCredit:
    apart = ("party", "source_id", "dated", "parts")
    return CustomerCredit(
        **{name: value for name, value in fields.items() if name not in apart},
        customer=Customer(**fields["party"]),
        source_invoice_id=fields["source_id"],
        sent_at=fields["dated"],
        allocations=[
            CustomerPart(
                **said,
                invoice_id=charge.document.id,
                invoice_number=charge.document.number,
                invoice_outstanding_balance_cents=charge.open_minor,
            )
            for said, charge in fields["parts"]
        ],
    )
