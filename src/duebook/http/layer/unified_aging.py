"""Aging of all vendors or all customers as a unified report: a table of columns, rows and cells.

Holds: the cells of a row add up to its total, the rows to the last one, which is that of the ledger.
Source: docs/reference/layer.md, "Unified reports".
"""

from datetime import date
from typing import Annotated, Final, Literal
from uuid import UUID

import msgspec
from litestar import Response, get
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, QueryParameter
from msgspec import Meta

from duebook.aging.items import tags_in_use
from duebook.aging.report import AgingQuery, AgingReport, AgingRow, AgingTotal, TagFilter, aging
from duebook.http.callers import CallerRequest, signed_in
from duebook.http.fields import Cents
from duebook.http.inputs import shown
from duebook.http.layer.aging_answers import Body, EffectiveDate, aged
from duebook.http.layer.errors import errors
from duebook.http.layer.refusals import BadQuery, SeveralTagKeys, UnknownTag
from duebook.http.layer.security import BEARER
from duebook.http.services import Services, TheServices
from duebook.ledger.facts import Side
from duebook.tenancy.gate import ReadTx

_COLUMNS: Final = {
    "current": "Current",
    "1_30": "1 - 30 days",
    "31_60": "31 - 60 days",
    "61_90": "61 - 90 days",
    "91_over": "91+ days",
    "total": "Total",
}


class UnifiedReportColumn(msgspec.Struct):
    """A column."""

    column_key: str
    display_name: str


class UnifiedReportCell(msgspec.Struct, kw_only=True):
    """An amount in whole cents."""

    type: Literal["Currency"] = "Currency"
    value: Cents


class UnifiedReportRow(msgspec.Struct):
    """A row, its cells by the key of their column."""

    row_key: Annotated[str, Meta(description="The id of the vendor or customer; `total` for the last row")]
    display_name: str
    cells: dict[str, UnifiedReportCell]


class ApiUnifiedReport(msgspec.Struct, kw_only=True):
    """A table."""

    type: Literal["Unified_Report"] = "Unified_Report"
    business_id: UUID
    columns: list[UnifiedReportColumn]
    rows: list[UnifiedReportRow]


class OneUnifiedReport(msgspec.Struct):
    """The report."""

    data: ApiUnifiedReport


TagFilterText = Annotated[
    list[str] | None,
    QueryParameter(
        name="tag_filter",
        description="A key, a colon and one value or more with commas between: only documents that carry one of them",
        schema_extra={"type": "array", "items": {"type": "string"}, "one_of": None},
    ),
]


@get(
    "/v1/businesses/{businessId:uuid}/reports/unified/ap-aging",
    operation_id="business.reports.unified.ap-aging.get",
    tags=["Aging"],
    summary="Payables aging of all vendors, as a table",
    description="A row for each vendor with an open bill, the largest total first, and a row with the totals.",
    guards=[signed_in],
    security=BEARER,
    responses={200: ResponseSpec(OneUnifiedReport, generate_examples=False, description="The report")}
    | errors(404, 422),
)
async def unified_ap_aging(
    request: CallerRequest,
    services: TheServices,
    businessId: FromPath[UUID],
    tag_filter: TagFilterText = None,
    effective_date: EffectiveDate = None,
) -> Response[bytes]:
    """What all vendors are owed, by age."""
    return await _unified(request, services, businessId, Side.PAYABLE, tag_filter or [], effective_date)


@get(
    "/v1/businesses/{businessId:uuid}/reports/unified/ar-aging",
    operation_id="business.reports.unified.ar-aging.get",
    tags=["Aging"],
    summary="Receivables aging of all customers, as a table",
    description="A row for each customer with an open invoice, the largest total first, and a row with the totals.",
    guards=[signed_in],
    security=BEARER,
    responses={200: ResponseSpec(OneUnifiedReport, generate_examples=False, description="The report")}
    | errors(404, 422),
)
async def unified_ar_aging(
    request: CallerRequest,
    services: TheServices,
    businessId: FromPath[UUID],
    tag_filter: TagFilterText = None,
    effective_date: EffectiveDate = None,
) -> Response[bytes]:
    """What all customers owe, by age."""
    return await _unified(request, services, businessId, Side.RECEIVABLE, tag_filter or [], effective_date)


async def _unified(
    request: CallerRequest,
    services: Services,
    business_id: UUID,
    side: Side,
    tag_filter: list[str],
    effective_date: str | None,
) -> Response[bytes]:
    tags = _filter(tag_filter)

    async def asked(tx: ReadTx) -> Body:
        for one in tags:
            if unknown := set(one.values) - await tags_in_use(tx, one):
                raise UnknownTag(one.key, min(unknown))

        async def body(as_of: date) -> OneUnifiedReport:
            return OneUnifiedReport(_table(await aging(tx, AgingQuery(side=side, as_of=as_of, tags=tags))))

        return body

    return await aged(request, services, business_id, f"{side} unified", effective_date, asked, tags=repr(tags))


def _filter(given: list[str]) -> tuple[TagFilter, ...]:
    """The one key and its values, each once and in order; nothing if nothing is given. Raises BadQuery."""
    values: dict[str, set[str]] = {}
    for text in given:
        key, colon, rest = text.partition(":")
        named = [value.strip() for value in rest.split(",")]
        if not (key.strip() and colon and all(named)):
            raise BadQuery("tag_filter", shown(text), "is a key, a colon, and values with commas between: region:north")
        values.setdefault(key.strip(), set()).update(named)
    if len(values) > 1:
        raise SeveralTagKeys(sorted(values))
    return tuple(TagFilter(key, tuple(sorted(named))) for key, named in values.items())


def _table(report: AgingReport) -> ApiUnifiedReport:
    (total,) = report.totals
    return ApiUnifiedReport(
        business_id=report.business_id,
        columns=[UnifiedReportColumn(*column) for column in _COLUMNS.items()],
        rows=[
            *(UnifiedReportRow(str(row.party_id), row.name, _cells(row)) for row in report.rows),
            UnifiedReportRow("total", "Total", _cells(total)),
        ],
    )


def _cells(row: AgingRow | AgingTotal) -> dict[str, UnifiedReportCell]:
    sums = (*row.bands, row.total_minor)
    return {key: UnifiedReportCell(value=minor) for key, minor in zip(_COLUMNS, sums, strict=True)}
