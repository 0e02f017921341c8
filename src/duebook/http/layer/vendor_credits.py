"""Vendor credits: what its vendors take off what the business owes."""

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
from duebook.http.layer.bills import PATH as BILLS
from duebook.http.layer.bills import VendorCreditPart
from duebook.http.layer.credits import (
    CreditChange,
    CreditData,
    CreditLine,
    NewCreditLine,
    NewCreditPart,
    Said,
    Shown,
)
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
from duebook.http.layer.lists import PAGING, ListMeta, ThePage, only
from duebook.http.layer.parties import FreeText, more_fields, party_ref
from duebook.http.layer.security import BEARER
from duebook.http.layer.vendors import VendorData
from duebook.http.services import TheServices
from duebook.http.stamps import Stamp, as_given, optional_stamp
from duebook.ledger.facts import Kind, Side
from duebook.tenancy.facts import BusinessId
from duebook.tenancy.gate import read_tx

PATH: Final = f"{BILLS}/vendor-credits"
ONE: Final = f"{PATH}/{{vendorCreditId:uuid}}"


class NewVendorCreditLine(NewCreditLine, kw_only=True, omit_defaults=True):
    """A line of a vendor credit."""

    expense_account_identifier: Free | None = None


class NewVendorCreditPart(NewCreditPart, kw_only=True, omit_defaults=True):
    """Part of a vendor credit, for one bill."""

    bill_id: UUID


class VendorCreditChange(CreditChange, kw_only=True, omit_defaults=True):
    """What is to be changed of a vendor credit; what is left out or null stays."""

    vendor_id: UUID | None = None
    vendor_external_id: Annotated[str, Meta(min_length=1, max_length=255)] | None = None
    received_at: Stamp | None = None
    line_items: Annotated[list[NewVendorCreditLine], Meta(min_length=1)] | None = None
    allocations: list[NewVendorCreditPart] | None = None


class NewVendorCredit(VendorCreditChange, kw_only=True, omit_defaults=True):
    """A credit of a vendor: by id, or by an external id that makes the vendor if it is not there."""

    received_at: Stamp
    line_items: Annotated[list[NewVendorCreditLine], Meta(min_length=1)]


class VendorCreditLine(CreditLine, kw_only=True):
    """A line of a vendor credit."""

    expense_account_identifier: Free | None


class VendorCredit(CreditData, kw_only=True):
    """A credit of a vendor."""

    vendor: VendorData
    received_at: str
    line_items: list[VendorCreditLine]
    allocations: list[VendorCreditPart]


class OneVendorCredit(msgspec.Struct):
    """One vendor credit."""

    data: VendorCredit


class VendorCreditPage(msgspec.Struct):
    """One page of vendor credits."""

    data: list[VendorCredit]
    meta: ListMeta


@post(
    PATH,
    operation_id="business.bills.vendor-credits.post",
    tags=["Vendor credits"],
    summary="Record a vendor credit, or change the one with this external id",
    description="What is not said is not kept: the request replaces all that was said of the credit.",
    guards=[signed_in],
    security=BEARER,
    dto=JsonBody,
    return_dto=None,
    responses={
        200: ResponseSpec(OneVendorCredit, generate_examples=False, description="It was there and is changed"),
        201: ResponseSpec(OneVendorCredit, generate_examples=False, description="It is recorded"),
    }
    | errors(404, 409, 413),
)
async def put_vendor_credit(
    request: CallerRequest, services: TheServices, businessId: FromPath[UUID], data: JSONBody[NewVendorCredit]
) -> Response[bytes]:
    """Record or change a credit."""
    business_id = BusinessId(businessId)
    credit, created = await credits.put(services, request.user, business_id, Side.PAYABLE, _said(data, new=True))
    return answered(OneVendorCredit(_credit(credit)), created=created)


@get(
    PATH,
    operation_id="business.bills.vendor-credits.get",
    tags=["Vendor credits"],
    summary="List vendor credits",
    guards=[signed_in],
    security=BEARER,
    dependencies=PAGING | DATED_QUERY,
    responses={200: ResponseSpec(VendorCreditPage, generate_examples=False, description="One page")} | errors(404),
)
async def list_vendor_credits(
    request: CallerRequest,
    services: TheServices,
    businessId: FromPath[UUID],
    paging: ThePage,
    asked: TheDatedQuery,
    vendor_id: UuidQuery = None,
    vendor_external_id: FreeText = None,
    received_at_start: StampQuery = None,
    received_at_end: StampQuery = None,
) -> Response[bytes]:
    """A page of credits."""
    only(request, ["vendor_id", "vendor_external_id", "received_at_start", "received_at_end", *names(DatedQuery)])
    async with read_tx(services.database, request.user, BusinessId(businessId)) as tx:
        parties = await named_parties(tx, Side.PAYABLE, "vendor", vendor_id, vendor_external_id)
        issued = ("received_at", received_at_start, received_at_end)
        which = asked.read(tx, Side.PAYABLE, Kind.CREDIT, issued=issued, parties=parties)
        found, meta = await credits.page(tx, which, paging)
    return answered(VendorCreditPage([_credit(one) for one in found], meta))


@get(
    ONE,
    operation_id="business.bills.vendor-credits.vendor-credit.get",
    tags=["Vendor credits"],
    summary="Find a vendor credit",
    guards=[signed_in],
    security=BEARER,
    responses={200: ResponseSpec(OneVendorCredit, generate_examples=False, description="The credit")} | errors(404),
)
async def get_vendor_credit(
    request: CallerRequest, services: TheServices, businessId: FromPath[UUID], vendorCreditId: FromPath[UUID]
) -> Response[bytes]:
    """One credit."""
    async with read_tx(services.database, request.user, BusinessId(businessId)) as tx:
        return answered(OneVendorCredit(_credit(await credits.find(tx, Side.PAYABLE, vendorCreditId))))


@put(
    ONE,
    operation_id="business.bills.vendor-credits.vendor-credit.put",
    tags=["Vendor credits"],
    summary="Replace a vendor credit",
    description="What is not said is not kept, but for the vendor and the day.",
    guards=[signed_in],
    security=BEARER,
    dto=JsonBody,
    return_dto=None,
    responses={200: ResponseSpec(OneVendorCredit, generate_examples=False, description="It is replaced")}
    | errors(404, 409, 413),
)
async def replace_vendor_credit(
    request: CallerRequest,
    services: TheServices,
    businessId: FromPath[UUID],
    vendorCreditId: FromPath[UUID],
    data: JSONBody[NewVendorCredit],
) -> Response[bytes]:
    """Replace all that was said of a credit."""
    business_id, asked = BusinessId(businessId), _said(data)
    credit = await credits.change(
        services, request.user, business_id, Side.PAYABLE, vendorCreditId, asked, replaces=True
    )
    return answered(OneVendorCredit(_credit(credit)))


@patch(
    ONE,
    operation_id="business.bills.vendor-credits.vendor-credit.patch",
    tags=["Vendor credits"],
    summary="Change a vendor credit",
    description="Lines and allocations that are said replace all that there are.",
    guards=[signed_in],
    security=BEARER,
    dto=JsonBody,
    return_dto=None,
    responses={200: ResponseSpec(OneVendorCredit, generate_examples=False, description="It is changed")}
    | errors(404, 409, 413),
)
async def change_vendor_credit(
    request: CallerRequest,
    services: TheServices,
    businessId: FromPath[UUID],
    vendorCreditId: FromPath[UUID],
    data: JSONBody[VendorCreditChange],
) -> Response[bytes]:
    """Change what is said of a credit."""
    business_id, asked = BusinessId(businessId), _said(data)
    credit = await credits.change(
        services, request.user, business_id, Side.PAYABLE, vendorCreditId, asked, replaces=False
    )
    return answered(OneVendorCredit(_credit(credit)))


@delete(
    ONE,
    operation_id="business.bills.vendor-credits.vendor-credit.delete",
    tags=["Vendor credits"],
    summary="Delete a vendor credit with its allocations",
    description="Answers with the credit as it was.",
    status_code=200,
    guards=[signed_in],
    security=BEARER,
    responses={200: ResponseSpec(OneVendorCredit, generate_examples=False, description="It is deleted")}
    | errors(404, 409),
)
async def delete_vendor_credit(
    request: CallerRequest, services: TheServices, businessId: FromPath[UUID], vendorCreditId: FromPath[UUID]
) -> Response[bytes]:
    """As if it had never been."""
    business_id = BusinessId(businessId)
    credit = await credits.delete(services, request.user, business_id, Side.PAYABLE, vendorCreditId)
    return answered(OneVendorCredit(_credit(credit)))


def _said(given: VendorCreditChange, *, new: bool = False) -> Said:
    names_vendor = new or given.vendor_id is not None or given.vendor_external_id is not None
    return credits.said(
        given,
        party=party_ref("", "vendor", given.vendor_id, given.vendor_external_id) if names_vendor else None,
        issued=optional_stamp("received_at", given.received_at),
        lines=given.line_items,
        allocations=None if given.allocations is None else [(one.bill_id, one.amount) for one in given.allocations],
    )


def _credit(credit: Shown) -> VendorCredit:
    document = credit.view.document
    return VendorCredit(
        **credits.credit_fields(credit),
        vendor=VendorData(**more_fields(credit.business_id, credit.party)),
        received_at=as_given(document.body, "received_at", document.issued_on),
        line_items=[VendorCreditLine(**line) for line in credits.line_fields(credit, "expense_account_identifier")],
        allocations=[
            VendorCreditPart(**part, vendor_credit_id=document.id, bill_id=charge_id)
            for charge_id, part in credits.part_fields(credit)
        ],
    )
