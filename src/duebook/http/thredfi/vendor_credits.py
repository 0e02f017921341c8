"""Vendor credits: what vendors give off later bills."""

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
from duebook.http.thredfi.errors import errors
from duebook.http.thredfi.filters import FreeText
from duebook.http.thredfi.idempotency import KEYED, TheKey, answered_by
from duebook.http.thredfi.paging import PAGING, Paged, ThePage
from duebook.http.thredfi.parties import party_ref
from duebook.http.thredfi.security import ANYONE
from duebook.http.thredfi.vendors import Vendor
from duebook.ledger.facts import Kind, PartyId, Side
from duebook.ledger.lists import DocumentFilter
from duebook.ledger.views import Standing
from duebook.tenancy.facts import BusinessId, Caller
from duebook.tenancy.gate import write_tx

PATH = "/v1/platform/businesses/{business_id:uuid}/vendor-credits"
ONE = f"{PATH}/{{credit_id:uuid}}"
ITS = words(Side.PAYABLE, fresh="received", dated="received_at")


class NewVendorPart(msgspec.Struct, kw_only=True):
    """Part of a credit, for one bill; of nothing, it is none."""

    bill_id: UUID
    amount: PositiveCents


class NewVendorCredit(CreditRequest, kw_only=True, omit_defaults=True):
    """A credit of a vendor, by id or by an external id; without either, whose the bill is that is named."""

    vendor_id: UUID | None = None
    vendor_external_id: ExternalId | None = None
    source_bill_id: UUID | None = None
    received_at: Stamp | None = None
    allocations: list[NewVendorPart] | None = None


class VendorPart(PartData, kw_only=True):
    """What is applied of a credit to one bill."""

    bill_id: UUID
    bill_number: str | None
    bill_outstanding_balance_cents: Cents
    outstanding_amount_cents: Cents


class VendorCredit(CreditData, kw_only=True):
    """A credit of a vendor."""

    type: Literal["VendorCredit"] = "VendorCredit"
    vendor: Vendor
    source_bill_id: UUID | None
    received_at: str
    allocations: list[VendorPart]


class VendorCreditPage(Paged, kw_only=True):
    """One page of credits, the latest first."""

    results: list[VendorCredit]


@post(
    PATH,
    operation_id="create_vendor_credit",
    tags=["Vendor credits"],
    summary="Record a credit",
    description="The same external id with the same content answers 200 with the credit that is there.",
    guards=[signed_in],
    security=ANYONE,
    dependencies=KEYED,
    dto=Body,
    return_dto=None,
    responses={
        200: ResponseSpec(VendorCredit, generate_examples=False, description="It is there already"),
        201: ResponseSpec(VendorCredit, generate_examples=False, description="It is recorded"),
    }
    | errors(401, 403, 404, 409, 413, 422),
)
async def create_vendor_credit(
    request: CallerRequest,
    services: TheServices,
    business_id: FromPath[UUID],
    key: TheKey,
    data: JSONBody[NewVendorCredit],
) -> Response[bytes]:
    """Record a credit, or find the one with this external id."""
    async with write_tx(services.database, request.user, BusinessId(business_id), "add vendor credit") as tx:

        async def make() -> tuple[VendorCredit, bool]:
            made, created = await credits.create(tx, ITS, _asked(data))
            return _credit(made), created

        return await answered_by(tx, key, make)


@get(
    PATH,
    operation_id="list_vendor_credits",
    tags=["Vendor credits"],
    summary="List credits",
    guards=[signed_in],
    security=ANYONE,
    dependencies=PAGING,
    responses={200: ResponseSpec(VendorCreditPage, generate_examples=False, description="One page")}
    | errors(401, 403, 404, 422),
)
async def list_vendor_credits(
    request: CallerRequest,
    services: TheServices,
    business_id: FromPath[UUID],
    paging: ThePage,
    status: FreeText = None,
    vendor_id: FreeText = None,
    external_id: FreeText = None,
    search: FreeText = None,
    received_at_start: FreeText = None,
    received_at_end: FreeText = None,
) -> Response[bytes]:
    """A page of credits, the latest first."""
    whose = filters.ids("vendor_id", vendor_id)
    which = DocumentFilter(
        side=ITS.side,
        kind=Kind.CREDIT,
        party_ids=None if whose is None else [PartyId(one) for one in whose],
        standings=filters.words("status", status, {**statuses(ITS.fresh), "sent": [Standing.OPEN]}),
        external_id=external_id,
        search=search,
        issued_from=filters.day("received_at_start", received_at_start),
        issued_to=filters.day("received_at_end", received_at_end),
    )
    found, total = await credits.page(
        services, request.user, BusinessId(business_id), ITS, which, paging.part(back=True)
    )
    body = VendorCreditPage(count=total, page_info=paging.info(total), results=[_credit(one) for one in found])
    return answered(body)


@get(
    ONE,
    operation_id="get_vendor_credit",
    tags=["Vendor credits"],
    summary="Find a credit",
    guards=[signed_in],
    security=ANYONE,
    responses={200: ResponseSpec(VendorCredit, generate_examples=False, description="The credit")}
    | errors(401, 403, 404, 422),
)
async def get_vendor_credit(
    request: CallerRequest, services: TheServices, business_id: FromPath[UUID], credit_id: FromPath[UUID]
) -> Response[bytes]:
    """One credit."""
    return answered(await _one(services, request.user, BusinessId(business_id), credit_id))


@put(
    ONE,
    operation_id="update_vendor_credit",
    tags=["Vendor credits"],
    summary="Change a credit",
    description="What is not said stays as it is. `allocations` are all that the credit is for: others are taken back.",
    guards=[signed_in],
    security=ANYONE,
    dto=Body,
    return_dto=None,
    responses={200: ResponseSpec(VendorCredit, generate_examples=False, description="It is changed")}
    | errors(401, 403, 404, 409, 413, 422),
)
async def update_vendor_credit(
    request: CallerRequest,
    services: TheServices,
    business_id: FromPath[UUID],
    credit_id: FromPath[UUID],
    data: JSONBody[NewVendorCredit],
) -> Response[bytes]:
    """Change what is known of a credit, and what it is for."""
    mine = BusinessId(business_id)
    await credits.update(services, request.user, mine, ITS, credit_id, _asked(data))
    return answered(await _one(services, request.user, mine, credit_id))


@post(
    f"{ONE}/void",
    operation_id="void_vendor_credit",
    tags=["Vendor credits"],
    summary="Void a credit",
    description="As if it had never been; refused while something is applied or paid out of it.",
    status_code=200,
    guards=[signed_in],
    security=ANYONE,
    responses={200: ResponseSpec(VendorCredit, generate_examples=False, description="It is void")}
    | errors(401, 403, 404, 409, 413, 422),
)
async def void_vendor_credit(
    request: CallerRequest, services: TheServices, business_id: FromPath[UUID], credit_id: FromPath[UUID]
) -> Response[bytes]:
    """Take a credit back."""
    mine = BusinessId(business_id)
    await credits.void(services, request.user, mine, ITS, credit_id)
    return answered(await _one(services, request.user, mine, credit_id))


def _asked(given: NewVendorCredit) -> Asked:
    named = given.vendor_id or given.vendor_external_id
    parts = given.allocations
    return Asked(
        request=given,
        party=party_ref(ITS.side, given.vendor_id, given.vendor_external_id) if named else None,
        source_id=given.source_bill_id,
        dated_field="received_at",
        dated=given.received_at,
        parts=None if parts is None else [(one.bill_id, one.amount) for one in parts],
    )


async def _one(services: Services, caller: Caller, business_id: BusinessId, credit_id: UUID) -> VendorCredit:
    return _credit(await credits.find(services, caller, business_id, ITS, credit_id))


def _credit(fields: dict[str, Any]) -> VendorCredit:
    apart = ("party", "source_id", "dated", "parts")
    return VendorCredit(
        **{name: value for name, value in fields.items() if name not in apart},
        vendor=Vendor(**fields["party"]),
        source_bill_id=fields["source_id"],
        received_at=fields["dated"],
        allocations=[
            VendorPart(
                **said,
                bill_id=charge.document.id,
                bill_number=charge.document.number,
                bill_outstanding_balance_cents=charge.open_minor,
                outstanding_amount_cents=charge.open_minor,
            )
            for said, charge in fields["parts"]
        ],
    )
