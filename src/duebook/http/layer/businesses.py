"""Businesses: a client of this dialect makes one, and then keeps its books.

Holds: the dialect has no currency, so the books are in dollars; it has no time zone either, so there is one field more
to set it.
"""

from datetime import datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

import msgspec
from litestar import Response, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody
from msgspec import Meta

from duebook.http.bodies import JsonBody
from duebook.http.callers import CallerRequest, live_partner
from duebook.http.encoded import answered
from duebook.http.fields import ExternalId, Text, kept
from duebook.http.inputs import BadInput, shown
from duebook.http.layer.errors import errors
from duebook.http.layer.security import BEARER
from duebook.http.services import TheServices
from duebook.http.stamps import Stamp, in_utc, optional_stamp
from duebook.tenancy import businesses as tenancy
from duebook.tenancy.errors import UnknownTimeZone
from duebook.tenancy.facts import Business
from duebook.tenancy.zones import zone

CURRENCY: Final = "USD"

_APART: Final = frozenset({"external_id", "legal_name", "time_zone"})


class BusinessProfile(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What a client may say of a business, given back as it was said. How its bank is read is not kept."""

    us_state: Annotated[str, Meta(min_length=2, max_length=2)] | None = None
    country: Annotated[str, Meta(min_length=2, max_length=2)] | None = None
    entity_type: Literal["SOLE_PROP", "C_CORP", "LLC", "S_CORP", "PARTNERSHIP"] | None = None
    phone_number: Text | None = None
    naics_code: Text | None = None
    industry: Text | None = None
    tin: Text | None = None
    activation_at: Stamp | None = None
    default_reporting_basis: Literal["CASH", "ACCRUAL"] | None = None


class NewBusiness(BusinessProfile, kw_only=True, omit_defaults=True):
    """A business to make. `time_zone` is ours: the zone whose calendar decides what today is."""

    legal_name: Annotated[str, Meta(min_length=1, max_length=255)]
    external_id: ExternalId | None = None
    time_zone: Annotated[str, Meta(max_length=255)] | None = None


class BusinessData(BusinessProfile, kw_only=True, omit_defaults=False):
    """A business."""

    type: Literal["Business"] = "Business"
    id: UUID
    external_id: str | None
    legal_name: str
    time_zone: str
    imported_at: datetime
    updated_at: datetime
    archived_at: datetime | None = None


class OneBusiness(msgspec.Struct):
    """One business."""

    data: BusinessData
    meta: dict[str, Any]


@post(
    "/v1/businesses",
    operation_id="business.post",
    tags=["Businesses"],
    summary="Make a business",
    description="The same external id with the same content answers 200 with the business that is there.",
    guards=[live_partner],
    security=BEARER,
    dto=JsonBody,
    return_dto=None,
    responses={
        200: ResponseSpec(OneBusiness, generate_examples=False, description="It was there"),
        201: ResponseSpec(OneBusiness, generate_examples=False, description="It is made"),
    }
    | errors(403, 409, 413),
)
async def add_business(request: CallerRequest, services: TheServices, data: JSONBody[NewBusiness]) -> Response[bytes]:
    """Make a business, or find the one with this external id."""
    optional_stamp("activation_at", data.activation_at)
    new = tenancy.NewBusiness(
        external_id=data.external_id,
        name=data.legal_name,
        base_currency=CURRENCY,
        time_zone=_time_zone(data.time_zone or "UTC"),
        profile=kept(data, without=_APART),
        assumed=frozenset({"base_currency"} if data.time_zone else {"base_currency", "time_zone"}),
    )
    made = await tenancy.create_business(services.database, request.user.partner_id, new, request.user)
    return answered(OneBusiness(_business(made.business), {}), created=made.created)


def _time_zone(name: str) -> str:
    try:
        return zone(name).key
    except UnknownTimeZone:
        raise BadInput("time_zone", shown(name), "is a zone of the IANA database, such as America/New_York") from None


def _business(business: Business) -> BusinessData:
    said = {name: value for name, value in business.profile.items() if name in BusinessProfile.__struct_fields__}
    return BusinessData(
        **said,
        id=business.id,
        external_id=business.external_id,
        legal_name=business.name,
        time_zone=business.zone.key,
        imported_at=in_utc(business.created_at),
        updated_at=in_utc(business.created_at),
    )
