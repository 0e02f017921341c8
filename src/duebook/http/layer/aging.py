"""Aging of one customer, and its mirror for one vendor: what is open of each age, in sums alone.

Holds: five buckets, youngest first; they add up to the total and equal the flat fields.
Source: docs/reference/layer.md, "Aging".
"""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
from litestar import Response, get
from litestar.params import FromPath

from duebook.aging.bands import THIRTIES
from duebook.aging.report import AgingQuery, aging
from duebook.http.callers import CallerRequest, signed_in
from duebook.http.fields import Cents
from duebook.http.layer.aging_answers import Body, EffectiveDate, aged, midnight
from duebook.http.layer.errors import errors
from duebook.http.layer.parties import ApiCustomerData, fields
from duebook.http.layer.security import BEARER
from duebook.http.openapi import of_either_profile
from duebook.http.services import Services, TheServices
from duebook.ledger import views
from duebook.ledger.facts import PartyId, Side
from duebook.tenancy.facts import WireProfile
from duebook.tenancy.gate import ReadTx


class ARAgingCustomerDetailBucket(msgspec.Struct):
    """What is open of one age."""

    start_day_number: int | None
    end_day_number: int | None
    outstanding_value: Cents


class ARAgingCustomerDetailResponse(msgspec.Struct, kw_only=True):
    """What a customer owes as of a day, by how many days it is late."""

    type: Literal["AR_Aging_Customer_Detail"] = "AR_Aging_Customer_Detail"
    as_of_date: datetime
    customer: ApiCustomerData
    buckets: list[ARAgingCustomerDetailBucket]
    current: Cents
    days_1_30: Cents
    days_31_60: Cents
    days_61_90: Cents
    days_91_over: Cents
    total: Cents


class WrappedDetail(msgspec.Struct):
    """The same, for a token of the wire profile `live`."""

    data: ARAgingCustomerDetailResponse


class APAgingVendorDetailResponse(msgspec.Struct, kw_only=True):
    """What a vendor is owed as of a day, by how many days it is late."""

    type: Literal["AP_Aging_Vendor_Detail"] = "AP_Aging_Vendor_Detail"
    as_of_date: datetime
    vendor: ApiCustomerData
    buckets: list[ARAgingCustomerDetailBucket]
    current: Cents
    days_1_30: Cents
    days_31_60: Cents
    days_61_90: Cents
    days_91_over: Cents
    total: Cents


class WrappedVendorDetail(msgspec.Struct):
    """The same, for a token of the wire profile `live`."""

    data: APAgingVendorDetailResponse


_DESCRIPTION = (
    "Days late are whole calendar days from the due date to the effective date; 0 or less is current. "
    'A token of the wire profile `live` is answered with {"data": {...}} around the object.'
)


@get(
    "/v1/businesses/{businessId:uuid}/invoices/ar-aging/customer/{customerId:uuid}",
    operation_id="business.invoices.ar-aging.customer.get",
    tags=["Aging"],
    summary="Receivables aging of one customer",
    description=_DESCRIPTION,
    guards=[signed_in],
    security=BEARER,
    responses={200: of_either_profile(ARAgingCustomerDetailResponse, WrappedDetail, "The customer's aging")}
    | errors(404, 422),
)
async def ar_aging_of_customer(
    request: CallerRequest,
    services: TheServices,
    businessId: FromPath[UUID],
    customerId: FromPath[UUID],
    effective_date: EffectiveDate = None,
) -> Response[bytes]:
    """What one customer owes, by age."""
    return await _aging(request, services, businessId, Side.RECEIVABLE, PartyId(customerId), effective_date)


@get(
    "/v1/businesses/{businessId:uuid}/bills/ap-aging/vendor/{vendorId:uuid}",
    operation_id="business.bills.ap-aging.vendor.get",
    tags=["Aging"],
    summary="Payables aging of one vendor",
    description=_DESCRIPTION,
    guards=[signed_in],
    security=BEARER,
    responses={200: of_either_profile(APAgingVendorDetailResponse, WrappedVendorDetail, "The vendor's aging")}
    | errors(404, 422),
)
async def ap_aging_of_vendor(
    request: CallerRequest,
    services: TheServices,
    businessId: FromPath[UUID],
    vendorId: FromPath[UUID],
    effective_date: EffectiveDate = None,
) -> Response[bytes]:
    """What one vendor is owed, by age."""
    return await _aging(request, services, businessId, Side.PAYABLE, PartyId(vendorId), effective_date)


async def _aging(
    request: CallerRequest,
    services: Services,
    business_id: UUID,
    side: Side,
    party_id: PartyId,
    effective_date: str | None,
) -> Response[bytes]:
    async def asked(tx: ReadTx) -> Body:
        party = (await views.party(tx, side, party_id)).party

        async def body(as_of: date) -> Any:
            shown = ApiCustomerData(**fields(tx.business.id, party))
            sums = await _sums(tx, AgingQuery(side=side, as_of=as_of, party_id=party_id))
            detail = (
                ARAgingCustomerDetailResponse(as_of_date=midnight(as_of), customer=shown, **sums)
                if side is Side.RECEIVABLE
                else APAgingVendorDetailResponse(as_of_date=midnight(as_of), vendor=shown, **sums)
            )
            return {"data": detail} if request.user.wire_profile is WireProfile.LIVE else detail

        return body

    return await aged(request, services, business_id, f"{side} of one", effective_date, asked, party=str(party_id))


async def _sums(tx: ReadTx, query: AgingQuery) -> dict[str, Any]:
    (total,) = (await aging(tx, query)).totals
    edges = THIRTIES.edges
    starts, ends = (None, *edges), (*(edge - 1 for edge in edges), None)
    return {
        "buckets": [ARAgingCustomerDetailBucket(*row) for row in zip(starts, ends, total.bands, strict=True)],
        **dict(zip(("current", "days_1_30", "days_31_60", "days_61_90", "days_91_over"), total.bands, strict=True)),
        "total": total.total_minor,
    }
