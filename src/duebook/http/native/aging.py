"""The aging report: what is open on a day, by party and by how many days it is late.

Units: minor units of the currency each row names; bands are youngest first.
Holds: bands + unapplied = total, per row and per total.
Source: docs/reference/api.md, "Aging"; docs/rule.md.
"""

from dataclasses import replace
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, get
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath
from msgspec import Meta

from duebook.aging.question import moment_of
from duebook.aging.report import AgingReport, aging
from duebook.http.callers import CallerRequest, signed_in
from duebook.http.native.answers import answered_at
from duebook.http.native.errors import errors
from duebook.http.native.paths import PATH
from duebook.http.native.question import QUESTION, TheQuestion
from duebook.http.native.refusals import known_parameters
from duebook.http.native.report_facts import ReportFacts, asked_of, report_facts
from duebook.http.native.security import ANYONE
from duebook.http.native.shapes import Minor
from duebook.http.services import TheServices
from duebook.tenancy.facts import BusinessId
from duebook.tenancy.gate import read_tx

Bands = Annotated[list[Minor], Meta(description="In the order of `bands`")]
Unapplied = Annotated[Minor, Meta(description="Zero or less: it lowers what is owed; zero unless it has a column")]


class TotalData(msgspec.Struct, kw_only=True):
    """All parties' sums in one currency."""

    currency: str
    bands_minor: Bands
    unapplied_minor: Unapplied
    total_minor: Minor


class RowData(msgspec.Struct, kw_only=True):
    """One party's sums in one currency."""

    party_id: UUID
    external_id: str | None
    name: str
    currency: str
    bands_minor: Bands
    unapplied_minor: Unapplied
    total_minor: Minor


class LeftOut(msgspec.Struct, kw_only=True):
    """Unapplied money that credits=exclude leaves out."""

    currency: str
    unapplied_minor: Minor


class AgingAnswer(ReportFacts, kw_only=True):
    """What is open on a day."""

    rows: Annotated[list[RowData], Meta(description="The largest total first, then by name and id")]
    totals: list[TotalData]
    left_out: list[LeftOut]


@get(
    f"{PATH}/reports/aging",
    operation_id="get_aging",
    tags=["Reports"],
    summary="What is open on a day, by party and age",
    guards=[signed_in, known_parameters],
    security=ANYONE,
    dependencies=QUESTION,
    responses={200: ResponseSpec(AgingAnswer, generate_examples=False, description="The report")} | errors(409),
)
async def get_aging(
    request: CallerRequest, services: TheServices, business_id: FromPath[UUID], question: TheQuestion
) -> Response[bytes]:
    """The aging report."""
    async with read_tx(services.database, request.user, BusinessId(business_id)) as tx:
        moment = await moment_of(tx, question.as_of, question.known_at)
        query = replace(question, as_of=moment.as_of, known_at=moment.known_at)

        async def body() -> AgingAnswer:
            report = await aging(tx, query)
            return AgingAnswer(**await report_facts(tx, query, moment, report.rates), **_sums(report))

        return await answered_at(request, services, tx, moment, asked_of(query), body)


def _sums(report: AgingReport) -> dict[str, Any]:
    return {
        "rows": [
            RowData(
                party_id=row.party_id,
                external_id=row.external_id,
                name=row.name,
                currency=row.currency,
                bands_minor=list(row.bands),
                unapplied_minor=row.unapplied_minor,
                total_minor=row.total_minor,
            )
            for row in report.rows
        ],
        "totals": [
            TotalData(
                currency=one.currency,
                bands_minor=list(one.bands),
                unapplied_minor=one.unapplied_minor,
                total_minor=one.total_minor,
            )
            for one in report.totals
        ],
        "left_out": [LeftOut(currency=currency, unapplied_minor=left) for currency, left in report.left_out.items()],
    }
