"""Businesses of a partner: made once per external id, listed, found."""

import re
from datetime import datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody
from msgspec import UNSET, Meta, UnsetType

from duebook.http.bodies import JsonBody
from duebook.http.callers import CallerRequest, live_caller, live_partner
from duebook.http.inputs import BadInput, free_json, shown
from duebook.http.services import TheServices
from duebook.http.thredfi.errors import errors
from duebook.http.thredfi.paging import PAGING, Paged, ThePage
from duebook.http.thredfi.security import ANYONE, PARTNER
from duebook.money import UnknownCurrency, exponent
from duebook.tenancy import businesses as tenancy
from duebook.tenancy.errors import BusinessConflict, NotYourBusiness, UnknownTimeZone
from duebook.tenancy.facts import Business, BusinessId
from duebook.tenancy.zones import zone

AccountingMethod = Literal["cash", "accrual"]
Text = Annotated[str, Meta(max_length=255)]
NonEmpty = Annotated[str, Meta(min_length=1, max_length=255)]
Currency = Annotated[str, Meta(min_length=3, max_length=3, description="Three capital letters (ISO 4217)")]

_CURRENCY_OF: Final = {
    "GB": "GBP",
    "SE": "SEK",
    "NO": "NOK",
    "DK": "DKK",
    "IS": "ISK",
    "MY": "MYR",
    "SG": "SGD",
    "US": "USD",
}
_RULES: Final = {
    "legal_name": (re.compile(r".*\S.*", re.DOTALL), "is not blank"),
    "entity_type": (re.compile(r".*\S.*", re.DOTALL), "is not blank"),
    "email": (re.compile(r"[^@\s]+@[^@\s]+"), "is an e-mail address, such as books@example.com"),
    "country": (re.compile(r"[A-Z]{2}"), "is a country of two capital letters (ISO 3166)"),
}
"""What a text must be besides short enough. Not patterns of the shapes: what those say of a bad text is no sentence."""
_NAMED_APART: Final = {"external_id", "legal_name", "base_currency", "currency", "time_zone"}


class BusinessProfile(msgspec.Struct, kw_only=True):
    """What a partner may say of a business, given back as it was said."""

    country: Annotated[str, Meta(min_length=2, max_length=2, description="Two capital letters (ISO 3166)")] | None = (
        None
    )
    fiscal_year_end: Text | None = None
    vat_number: Text | None = None
    company_number: Text | None = None
    tin: Text | None = None
    province: Text | None = None
    phone_number: Text | None = None
    coa_language: Text | None = None
    metadata: dict[str, Any] | None = None


class BusinessRequest(BusinessProfile, kw_only=True):
    """A business to make. Without `base_currency` it keeps its books in its country's currency, else in EUR."""

    external_id: NonEmpty
    legal_name: NonEmpty
    entity_type: NonEmpty
    email: Annotated[str, Meta(max_length=254, description="An address, such as books@example.com")]
    base_currency: Currency | None = None
    currency: Annotated[Currency | None, Meta(description="An older name of base_currency")] = None
    accounting_method: Annotated[AccountingMethod | UnsetType, Meta(description="accrual without it")] = UNSET
    time_zone: Annotated[
        Text | UnsetType,
        Meta(description="The zone whose calendar decides what today is, such as Europe/Oslo; UTC without it"),
    ] = UNSET


class BusinessResponse(BusinessProfile, kw_only=True):
    """A business."""

    id: UUID
    external_id: str | None
    name: str
    legal_name: str
    entity_type: str | None = None
    email: str | None = None
    base_currency: str
    accounting_method: AccountingMethod = "accrual"
    time_zone: str
    is_active: bool
    activation_at: datetime
    created_at: datetime
    updated_at: datetime


class CreatedMeta(msgspec.Struct):
    """Whether this request made the business, or found it."""

    created: bool


class CreatedBusiness(BusinessResponse, kw_only=True):
    """A business, and whether this request made it."""

    meta: CreatedMeta = msgspec.field(name="_meta")


class BusinessPage(Paged, kw_only=True):
    """One page of businesses, in the order in which they were made."""

    results: list[BusinessResponse]


@post(
    "/v1/platform/businesses",
    operation_id="create_business",
    tags=["Business Management"],
    summary="Make a business",
    description="The same external id with the same content answers 200 with the business that is there.",
    guards=[live_partner],
    security=PARTNER,
    response_description="It is made",
    dto=JsonBody,
    return_dto=None,
    responses={200: ResponseSpec(CreatedBusiness, generate_examples=False, description="It is there already")}
    | errors(401, 403, 409, 413),
)
async def create_business(
    request: CallerRequest, services: TheServices, data: JSONBody[BusinessRequest]
) -> Response[CreatedBusiness]:
    """Make a business, or find the one with this external id."""
    try:
        made = await tenancy.create_business(services.database, request.user.partner_id, _new(data), request.user)
    except BusinessConflict as conflict:
        if conflict.differing == "base_currency" and data.base_currency is None:
            raise BusinessConflict(conflict.external_id, "currency") from None
        raise
    body = CreatedBusiness(**_fields(made.business), meta=CreatedMeta(made.created))
    return Response(body, status_code=201 if made.created else 200)


@get(
    "/v1/platform/businesses",
    operation_id="list_businesses",
    tags=["Business Management"],
    summary="List businesses",
    guards=[live_partner],
    security=PARTNER,
    dependencies=PAGING,
    responses=errors(401, 403),
)
async def list_businesses(request: CallerRequest, services: TheServices, paging: ThePage) -> BusinessPage:
    """One page; past the last there is nothing."""
    found, total = await tenancy.businesses(
        services.database, request.user.partner_id, limit=paging.page_size, offset=paging.offset
    )
    return BusinessPage(
        count=total, page_info=paging.info(total), results=[BusinessResponse(**_fields(one)) for one in found]
    )


@get(
    "/v1/platform/businesses/{business_id:uuid}",
    operation_id="get_business",
    tags=["Business Management"],
    summary="Find a business",
    guards=[live_caller],
    security=ANYONE,
    responses=errors(401, 403, 404),
)
async def get_business(request: CallerRequest, services: TheServices, business_id: FromPath[UUID]) -> BusinessResponse:
    """One business of the partner."""
    if request.user.business_id not in (None, business_id):
        raise NotYourBusiness(business_id)
    found = await tenancy.business(services.database, request.user.partner_id, BusinessId(business_id))
    return BusinessResponse(**_fields(found))


def _new(asked: BusinessRequest) -> tenancy.NewBusiness:
    for field, (form, rule) in _RULES.items():
        text = getattr(asked, field)
        if text is not None and not form.fullmatch(text):
            raise BadInput(field, shown(text), rule)
    profile = {name: value for name, value in msgspec.structs.asdict(asked).items() if name not in _NAMED_APART}
    profile["accounting_method"] = asked.accounting_method or "accrual"
    free_json("metadata", asked.metadata)
    return tenancy.NewBusiness(
        external_id=asked.external_id,
        name=asked.legal_name,
        base_currency=_base_currency(asked),
        time_zone="UTC" if asked.time_zone is UNSET else _time_zone(asked.time_zone),
        profile={name: value for name, value in profile.items() if value is not None},
        assumed=_assumed(asked),
    )


def _assumed(asked: BusinessRequest) -> frozenset[str]:
    said = {
        "base_currency": asked.base_currency or asked.currency,
        "accounting_method": asked.accounting_method is not UNSET,
        "time_zone": asked.time_zone is not UNSET,
    }
    return frozenset(field for field, is_said in said.items() if not is_said)


def _base_currency(asked: BusinessRequest) -> str:
    if asked.base_currency and asked.currency and asked.base_currency != asked.currency:
        raise BadInput("currency", shown(asked.currency), "is the same as base_currency, if both are given")
    currency = asked.base_currency or asked.currency or _CURRENCY_OF.get(asked.country or "", "EUR")
    try:
        exponent(currency)
    except UnknownCurrency as error:
        field = "base_currency" if asked.base_currency else "currency"
        raise BadInput(field, shown(currency), "is the code of a currency (ISO 4217)") from error
    return currency


def _time_zone(name: str) -> str:
    try:
        return zone(name).key
    except UnknownTimeZone:
        raise BadInput("time_zone", shown(name), "is a zone of the IANA database, such as Europe/Oslo") from None


def _fields(business: Business) -> dict[str, Any]:
    return {
        **{name: value for name, value in business.profile.items() if name in BusinessResponse.__struct_fields__},
        "id": business.id,
        "external_id": business.external_id,
        "name": business.name,
        "legal_name": business.name,
        "base_currency": business.base_currency,
        "time_zone": business.zone.key,
        "is_active": True,
        "activation_at": business.created_at,
        "created_at": business.created_at,
        "updated_at": business.created_at,
    }
