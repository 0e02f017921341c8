"""The open items behind a cell of an aging report, with what was taken of each so far.

Units: `open_minor` is in `currency`, that of the basis asked; other amounts are in `document_currency`.
Holds: the items' open amounts add up to the cell of the same question (T15).
Source: docs/reference/api.md, "Explain a cell"; docs/rule.md, T15.
"""

from dataclasses import replace
from datetime import date
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from litestar import Response, get
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, QueryParameter
from msgspec import Meta

from duebook.aging.explain import Cell, items
from duebook.aging.question import moment_of
from duebook.http.callers import CallerRequest, signed_in
from duebook.http.inputs import BadInput, shown
from duebook.http.native.answers import answered_at
from duebook.http.native.errors import errors
from duebook.http.native.paths import PATH
from duebook.http.native.question import QUESTION, TheQuestion
from duebook.http.native.refusals import known_parameters
from duebook.http.native.report_facts import ReportFacts, asked_of, report_facts
from duebook.http.native.security import ANYONE
from duebook.http.native.shapes import Minor
from duebook.http.services import TheServices
from duebook.ledger.facts import DueFrom, Kind
from duebook.tenancy.facts import BusinessId
from duebook.tenancy.gate import read_tx

BandAsked = Annotated[
    str | None,
    QueryParameter(
        description="The place of a band in `bands`, counted from 0, or `unapplied`; all of them without it",
        schema_extra={"type": "string", "one_of": None, "pattern": "^([0-9]{1,2}|unapplied)$"},
    ),
]


class TakenData(msgspec.Struct, kw_only=True):
    """What another document has taken of an item, by an allocation or as a write-off or refund of it."""

    allocation_id: UUID | None
    document_id: UUID
    kind: Kind
    number: str | None
    effective_on: date
    amount_minor: Annotated[Minor, Meta(description="Below zero for a recovery, which gives back")]


class ItemData(msgspec.Struct, kw_only=True):
    """An instalment of a charge, or the unapplied part of a payment or credit."""

    party_id: UUID
    party_external_id: str | None
    party_name: str
    document_id: UUID
    kind: Kind
    external_id: str | None
    number: str | None
    instalment: int
    unapplied: bool
    issued_on: date
    due_on: date
    due_from: Annotated[DueFrom, Meta(description="Where the due date came from")]
    days_late: int
    band: Annotated[int, Meta(description="The place of the band of its days late")]
    document_currency: str
    amount_minor: Annotated[Minor, Meta(description="What it was first for; below zero for a payment or credit")]
    currency: str
    open_minor: Minor
    allocations: Annotated[list[TakenData], Meta(description="All that was taken of it by the day")]


class ItemTotal(msgspec.Struct, kw_only=True):
    """What the items add up to in one currency: the cell."""

    currency: str
    open_minor: Minor


class ExplainAnswer(ReportFacts, kw_only=True):
    """The items behind a cell, in order of party and due date."""

    party_id: UUID | None
    band: Annotated[int | Literal["unapplied"] | None, Meta(description="The cell; null for all of a row or total")]
    items: list[ItemData]
    totals: list[ItemTotal]


@get(
    f"{PATH}/reports/aging/items",
    operation_id="explain_aging",
    tags=["Reports"],
    summary="The open items behind a cell of the aging report",
    description=(
        "The parameters of the report, and the cell: a party, a band, both, or neither. Unapplied money is a cell "
        "under credits=column, what is left out under credits=exclude, and among the bands under credits=net."
    ),
    guards=[signed_in, known_parameters],
    security=ANYONE,
    dependencies=QUESTION,
    responses={200: ResponseSpec(ExplainAnswer, generate_examples=False, description="The items")} | errors(409),
)
async def explain_aging(
    request: CallerRequest,
    services: TheServices,
    business_id: FromPath[UUID],
    question: TheQuestion,
    band: BandAsked = None,
) -> Response[bytes]:
    """What a cell is made of."""
    cell = Cell(question.party_id, _band(band))
    async with read_tx(services.database, request.user, BusinessId(business_id)) as tx:
        moment = await moment_of(tx, question.as_of, question.known_at)
        query = replace(question, as_of=moment.as_of, known_at=moment.known_at)

        async def body() -> ExplainAnswer:
            found = await items(tx, query, cell)
            return ExplainAnswer(
                **await report_facts(tx, query, moment, found.rates),
                party_id=cell.party_id,
                band=cell.band,
                items=[msgspec.convert(one, ItemData, from_attributes=True) for one in found.items],
                totals=[
                    ItemTotal(currency=currency, open_minor=total) for currency, total in found.total_minor.items()
                ],
            )

        return await answered_at(request, services, tx, moment, asked_of(query) | {"band": cell.band}, body)


def _band(text: str | None) -> int | Literal["unapplied"] | None:
    if text is None:
        return None
    if text == "unapplied":
        return "unapplied"
    if text.isascii() and text.isdigit() and len(text) <= 2:
        return int(text)
    raise BadInput("band", shown(text), "is the place of a band, counted from 0, or unapplied")
