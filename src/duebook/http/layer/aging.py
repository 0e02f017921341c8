"""Receivables aging of one customer.

Holds: five buckets, youngest first; they add up to the total and equal the flat fields.
Source: docs/reference/layer.md, "Aging".
"""

import re
from datetime import UTC, date, datetime, time
from typing import Annotated, Final, Literal
from uuid import UUID

import msgspec
from litestar import Response, get
from litestar.params import FromPath, QueryParameter

from duebook.aging.bands import THIRTIES
from duebook.aging.report import AgingQuery, aging
from duebook.days import day_of
from duebook.http.answers import AnswerKey, answer
from duebook.http.callers import CallerRequest, signed_in
from duebook.http.encoded import encoded
from duebook.http.fields import Cents
from duebook.http.inputs import BadInput
from duebook.http.layer.errors import errors
from duebook.http.layer.parties import ApiCustomerData, fields
from duebook.http.layer.refusals import BadEffectiveDate
from duebook.http.layer.security import BEARER
from duebook.http.openapi import of_either_profile
from duebook.http.services import TheServices
from duebook.http.stamps import stamp
from duebook.ledger import views
from duebook.ledger.facts import Party, PartyId, Side
from duebook.tenancy.facts import BusinessId, WireProfile
from duebook.tenancy.gate import ReadTx, read_tx


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


EffectiveDate = Annotated[
    str | None,
    QueryParameter(
        description="The day to age as of, a date or a time stamp; today where the business is, if none is given",
        schema_extra={"type": "string", "format": "date-time", "one_of": None},
    ),
]


@get(
    "/v1/businesses/{businessId:uuid}/invoices/ar-aging/customer/{customerId:uuid}",
    operation_id="business.invoices.ar-aging.customer.get",
    summary="Receivables aging of one customer",
    description=(
        "Days late are whole calendar days from the due date to the effective date; 0 or less is current. "
        'A token of the wire profile `live` is answered with {"data": {...}} around the object.'
    ),
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
    profile = request.user.wire_profile
    given = None if effective_date is None else _effective(effective_date)
    async with read_tx(services.database, request.user, BusinessId(businessId)) as tx:
        customer = (await views.party(tx, Side.RECEIVABLE, PartyId(customerId))).party
        as_of = tx.business.today(tx.now) if given is None else day_of(given, tx.business.zone)

        async def body() -> bytes:
            detail = await _detail(tx, customer, as_of)
            return encoded(WrappedDetail(detail) if profile is WireProfile.LIVE else detail)

        key = AnswerKey(
            "layer", "customer aging", profile, tx.business.id, as_of, tx.version, (("customer", str(customer.id)),)
        )
        return await answer(request, services.answers, key, body)


_OFFSET_WITH_ITS_PLUS_LOST: Final = re.compile(r"(:\d\d(?:\.\d+)?) (\d\d:\d\d)$")


def _effective(text: str) -> date | datetime:
    """The date or the instant; in a query, a plus that was not written %2B has become a space."""
    try:
        return stamp("effective_date", _OFFSET_WITH_ITS_PLUS_LOST.sub(r"\1+\2", text))
    except BadInput as error:
        raise BadEffectiveDate(error.field, error.value, error.rule) from None


async def _detail(tx: ReadTx, customer: Party, as_of: date) -> ARAgingCustomerDetailResponse:
    report = await aging(tx, AgingQuery(side=Side.RECEIVABLE, as_of=as_of, party_id=customer.id))
    (total,) = report.totals
    current, days_1_30, days_31_60, days_61_90, days_91_over = total.bands
    edges = THIRTIES.edges
    starts, ends = (None, *edges), (*(edge - 1 for edge in edges), None)
    return ARAgingCustomerDetailResponse(
        as_of_date=datetime.combine(as_of, time(0), UTC),
        customer=ApiCustomerData(**fields(tx.business.id, customer)),
        buckets=[ARAgingCustomerDetailBucket(*row) for row in zip(starts, ends, total.bands, strict=True)],
        current=current,
        days_1_30=days_1_30,
        days_31_60=days_31_60,
        days_61_90=days_61_90,
        days_91_over=days_91_over,
        total=total.total_minor,
    )
