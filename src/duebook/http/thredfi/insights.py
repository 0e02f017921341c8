"""Receivables and payables aging."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Annotated, Any, Final, Literal
from uuid import UUID

import msgspec
from litestar import Response, get
from litestar.params import FromPath, FromQuery, QueryParameter
from msgspec import Meta

from duebook.aging.report import AgingQuery, AgingReport, aging
from duebook.http.answers import AnswerKey, answer
from duebook.http.callers import CallerRequest, signed_in
from duebook.http.inputs import day
from duebook.http.openapi import of_either_profile
from duebook.http.services import Services, TheServices
from duebook.http.thredfi.errors import errors
from duebook.http.thredfi.security import ANYONE
from duebook.ledger.facts import Side
from duebook.tenancy.facts import BusinessId, WireProfile
from duebook.tenancy.gate import read_tx

Cents = Annotated[int, Meta(description="Whole cents")]


class ARAgingBuckets(msgspec.Struct):
    """What is open, by how many days it is late; day 90 belongs to 61-90."""

    current: Cents
    days_1_30: Cents
    days_31_60: Cents
    days_61_90: Cents
    over_90_days: Cents


class APAgingBuckets(ARAgingBuckets):
    """What is open, by how many days it is late; day 90 belongs to 61-90."""


class _BothSpellings(ARAgingBuckets):
    """The `live` profile's buckets: the published keys and the other spelling of three of them."""

    other_1_30: int = msgspec.field(name="1_30_days")
    other_31_60: int = msgspec.field(name="31_60_days")
    other_61_90: int = msgspec.field(name="61_90_days")


class CustomerAging(msgspec.Struct):
    """One customer's open invoices."""

    customer_id: UUID
    customer_name: str
    total_outstanding_cents: Cents
    aging_buckets: ARAgingBuckets


class VendorAging(msgspec.Struct):
    """One vendor's open bills."""

    vendor_id: UUID
    vendor_name: str
    total_outstanding_cents: Cents
    aging_buckets: APAgingBuckets


class ARAging(msgspec.Struct):
    """What customers owe a business as of a day."""

    business_id: UUID
    as_of_date: date
    group_by: Literal["customer", "total"]
    currency: str
    total_outstanding_cents: Cents
    total_aging_buckets: ARAgingBuckets
    customers: Annotated[list[CustomerAging], Meta(description="The largest total first; none under group_by=total")]


class APAging(msgspec.Struct):
    """What a business owes its vendors as of a day."""

    business_id: UUID
    as_of_date: date
    group_by: Literal["vendor", "total"]
    currency: str
    total_outstanding_cents: Cents
    total_aging_buckets: APAgingBuckets
    vendors: Annotated[list[VendorAging], Meta(description="The largest total first; none under group_by=total")]


AsOfDate = Annotated[
    str | None,
    QueryParameter(
        description="The day to age as of, YYYY-MM-DD; today where the business is, if none is given",
        schema_extra={"type": "string", "format": "date", "one_of": None},
    ),
]
_DESCRIPTION: Final = (
    "Days late are whole calendar days from the due date to the as-of date; 0 or less is current. "
    "A token of the wire profile `live` is answered with the one object, outside the array."
)


@get(
    "/v1/platform/businesses/{business_id:uuid}/insights/ar-aging",
    operation_id="get_ar_aging",
    tags=["Insights", "Accounts Receivable"],
    summary="Accounts receivable aging",
    description=_DESCRIPTION,
    guards=[signed_in],
    security=ANYONE,
    responses={200: of_either_profile(list[ARAging], ARAging, "One object")} | errors(401, 403, 404, 422),
)
async def ar_aging(
    request: CallerRequest,
    services: TheServices,
    business_id: FromPath[UUID],
    as_of_date: AsOfDate = None,
    group_by: FromQuery[Literal["customer", "total"]] = "customer",
) -> Response[bytes]:
    """Receivables by customer, or their total."""
    query = AgingQuery(side=Side.RECEIVABLE, as_of=day("as_of_date", as_of_date))
    return await _aging(request, services, BusinessId(business_id), query, group_by, _receivables)


@get(
    "/v1/platform/businesses/{business_id:uuid}/insights/ap-aging",
    operation_id="get_ap_aging",
    tags=["Insights", "Accounts Payable"],
    summary="Accounts payable aging",
    description=_DESCRIPTION,
    guards=[signed_in],
    security=ANYONE,
    responses={200: of_either_profile(list[APAging], APAging, "One object")} | errors(401, 403, 404, 422),
)
async def ap_aging(
    request: CallerRequest,
    services: TheServices,
    business_id: FromPath[UUID],
    as_of_date: AsOfDate = None,
    group_by: FromQuery[Literal["vendor", "total"]] = "vendor",
) -> Response[bytes]:
    """Payables by vendor, or their total."""
    query = AgingQuery(side=Side.PAYABLE, as_of=day("as_of_date", as_of_date))
    return await _aging(request, services, BusinessId(business_id), query, group_by, _payables)


Buckets = Callable[[tuple[int, ...]], Any]
Body = Callable[[AgingReport, Any, Buckets], msgspec.Struct]


async def _aging(
    request: CallerRequest,
    services: Services,
    business_id: BusinessId,
    query: AgingQuery,
    group_by: str,
    body: Body,
) -> Response[bytes]:
    profile = request.user.wire_profile
    async with read_tx(services.database, request.user, business_id) as tx:
        as_of = query.as_of or tx.business.today(tx.now)

        async def encoded() -> bytes:
            report = await aging(tx, replace(query, as_of=as_of))
            if profile is WireProfile.LIVE:
                return msgspec.json.encode(body(report, group_by, _both_spellings))
            return msgspec.json.encode([body(report, group_by, _as_published)])

        key = AnswerKey(
            "thredfi", f"{query.side} aging", profile, business_id, as_of, tx.version, (("group_by", group_by),)
        )
        return await answer(request, services.answers, key, encoded)


def _as_published(bands: tuple[int, ...]) -> ARAgingBuckets:
    return ARAgingBuckets(*bands)


def _both_spellings(bands: tuple[int, ...]) -> ARAgingBuckets:
    return _BothSpellings(*bands, *bands[1:4])


def _receivables(report: AgingReport, group_by: Literal["customer", "total"], buckets: Buckets) -> ARAging:
    rows = report.rows if group_by == "customer" else ()
    customers = [CustomerAging(row.party_id, row.name, row.total_minor, buckets(row.bands)) for row in rows]
    total = report.totals[0]
    return ARAging(
        report.business_id, report.as_of, group_by, total.currency, total.total_minor, buckets(total.bands), customers
    )


def _payables(report: AgingReport, group_by: Literal["vendor", "total"], buckets: Buckets) -> APAging:
    rows = report.rows if group_by == "vendor" else ()
    vendors = [VendorAging(row.party_id, row.name, row.total_minor, buckets(row.bands)) for row in rows]
    total = report.totals[0]
    return APAging(
        report.business_id, report.as_of, group_by, total.currency, total.total_minor, buckets(total.bands), vendors
    )
