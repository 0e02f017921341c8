"""Receivables aging of all customers, invoice by invoice.

Holds: rows add up to their bucket, buckets to the customer, customers to the totals, which are those of the ledger.
Source: docs/reference/layer.md, "Aging of all customers".
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec
from litestar import Response, get
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath

from duebook.aging.bands import THIRTIES
from duebook.aging.items import Balance, balances, document_totals
from duebook.aging.question import Moment
from duebook.aging.report import AgingQuery, AgingRow, aging
from duebook.days import days_late
from duebook.http.callers import CallerRequest, signed_in
from duebook.http.fields import Cents
from duebook.http.layer.aging_answers import Body, EffectiveDate, aged, midnight
from duebook.http.layer.errors import errors
from duebook.http.layer.security import BEARER
from duebook.http.services import TheServices
from duebook.ledger.facts import PartyId, Side
from duebook.tenancy.gate import ReadTx


class ARAgingInvoice(msgspec.Struct, kw_only=True):
    """What is open of an invoice; of one with instalments, of one of them."""

    invoice_id: UUID
    customer_name: str
    due_at: datetime
    invoice_total: Cents
    outstanding_balance: Cents


class ARAgingBucket(msgspec.Struct, kw_only=True):
    """The invoices of one age."""

    bucket_start_day: int
    bucket_end_day: int | None
    invoices: list[ARAgingInvoice]


class ARAgingCustomer(msgspec.Struct, kw_only=True):
    """What one customer owes: what is not late, and what is, by age."""

    customer_id: UUID
    customer_name: str
    current: list[ARAgingInvoice]
    buckets: list[ARAgingBucket]
    total_outstanding_balance: Cents


class ARAgingBucketTotal(msgspec.Struct, kw_only=True):
    """What all customers owe of one age."""

    bucket_start_day: int
    bucket_end_day: int | None
    total: Cents


class ARAgingTotals(msgspec.Struct, kw_only=True):
    """What all customers owe."""

    current_total: Cents
    bucket_totals: list[ARAgingBucketTotal]
    grand_total: Cents


class ARAgingReport(msgspec.Struct, kw_only=True):
    """What all customers owe as of a day, invoice by invoice."""

    type: Literal["AR_Aging_Report"] = "AR_Aging_Report"
    start_date: datetime
    end_date: datetime
    as_of_date: datetime
    basis: Literal["ACCRUAL"] = "ACCRUAL"
    customers: list[ARAgingCustomer]
    totals: ARAgingTotals


class OneARAgingReport(msgspec.Struct):
    """The report."""

    data: ARAgingReport


@get(
    "/v1/businesses/{businessId:uuid}/invoices/ar-aging",
    operation_id="business.invoices.ar-aging.get",
    tags=["Aging"],
    summary="Receivables aging of all customers",
    description="Customers with an open invoice, the largest total first, and their open invoices by age.",
    guards=[signed_in],
    security=BEARER,
    responses={200: ResponseSpec(OneARAgingReport, generate_examples=False, description="The report")}
    | errors(404, 422),
)
async def ar_aging_report(
    request: CallerRequest, services: TheServices, businessId: FromPath[UUID], effective_date: EffectiveDate = None
) -> Response[bytes]:
    """What all customers owe, by age."""

    async def asked(tx: ReadTx) -> Body:
        async def body(as_of: date) -> OneARAgingReport:
            return OneARAgingReport(await _report(tx, as_of))

        return body

    return await aged(request, services, businessId, "receivable by invoice", effective_date, asked)


async def _report(tx: ReadTx, as_of: date) -> ARAgingReport:
    query = AgingQuery(side=Side.RECEIVABLE, as_of=as_of)
    report = await aging(tx, query)
    found, _ = await balances(tx, query, Moment(as_of, report.known_at), unapplied=False)
    in_full = await document_totals(tx, {one.document_id for one in found}, report.known_at)
    owed: dict[PartyId, list[Balance]] = defaultdict(list)
    for one in sorted(found, key=lambda one: (one.due_on, one.document_id, one.instalment)):
        owed[one.party_id].append(one)
    (total,) = report.totals
    return ARAgingReport(
        start_date=midnight(as_of),
        end_date=midnight(as_of),
        as_of_date=midnight(as_of),
        customers=[_customer(row, owed[row.party_id], in_full, as_of) for row in report.rows],
        totals=ARAgingTotals(
            current_total=total.bands[0],
            bucket_totals=[
                ARAgingBucketTotal(bucket_start_day=start, bucket_end_day=end, total=minor)
                for (start, end), minor in zip(_late(THIRTIES.edges), total.bands[1:], strict=True)
            ],
            grand_total=total.total_minor,
        ),
    )


def _customer(row: AgingRow, owed: Iterable[Balance], in_full: dict[UUID, int], as_of: date) -> ARAgingCustomer:
    bands: list[list[ARAgingInvoice]] = [[] for _ in row.bands]
    for one in owed:
        bands[THIRTIES.of(days_late(one.due_on, as_of))].append(
            ARAgingInvoice(
                invoice_id=one.document_id,
                customer_name=row.name,
                due_at=midnight(one.due_on),
                invoice_total=in_full[one.document_id],
                outstanding_balance=one.open_minor,
            )
        )
    return ARAgingCustomer(
        customer_id=row.party_id,
        customer_name=row.name,
        current=bands[0],
        buckets=[
            ARAgingBucket(bucket_start_day=start, bucket_end_day=end, invoices=invoices)
            for (start, end), invoices in zip(_late(THIRTIES.edges), bands[1:], strict=True)
        ],
        total_outstanding_balance=row.total_minor,
    )


def _late(edges: Sequence[int]) -> list[tuple[int, int | None]]:
    """The first and the last day of each bucket of what is late."""
    return list(zip(edges, [*(edge - 1 for edge in edges[1:]), None], strict=True))
