"""Tie-out: whether the aging comes to what a control account shows, and if not, what may be behind it.

Units: minor units of the business's base currency; balances are what is owed, positive on either side.
Source: docs/reference/api.md, "Tie-out"; docs/rule.md, T17.
"""

from datetime import UTC, date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from litestar import Response, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from duebook.aging.question import KnownAt
from duebook.aging.sums import fits
from duebook.aging.tieout import Suspect, Suspicion, TieDay, tie_out
from duebook.http.bodies import JsonBody
from duebook.http.callers import CallerRequest, signed_in
from duebook.http.inputs import BadInput, shown
from duebook.http.native.answers import answered
from duebook.http.native.errors import errors
from duebook.http.native.known import known_at_or_closed
from duebook.http.native.paths import PATH
from duebook.http.native.refusals import known_parameters
from duebook.http.native.security import ANYONE
from duebook.http.native.shapes import Given, Minor
from duebook.http.services import TheServices
from duebook.ledger import history
from duebook.ledger.facts import Kind, Side
from duebook.tenancy.facts import BusinessId
from duebook.tenancy.gate import read_tx


class Balance(Given, kw_only=True, frozen=True):
    """What the control account shows at the end of a day."""

    on: date
    balance_minor: Minor


class TieOutAsked(Given, kw_only=True, frozen=True):
    """Balances of the control account of a side, each of another day."""

    side: Side
    balances: Annotated[list[Balance], Meta(min_length=1, max_length=400)]
    known_at: Annotated[
        Annotated[int, Meta(ge=0)] | str | None,
        Meta(
            description="A version, an instant with its offset, or `closed`: each day as known when it was closed; the "
            "latest version, if none is given"
        ),
    ] = None

    def known(self) -> KnownAt:
        """When it is to be known. Raises BadInput."""
        return self.known_at if isinstance(self.known_at, int) else known_at_or_closed(self.known_at)


class DayData(msgspec.Struct, kw_only=True):
    """One day: what the control account shows, what the aging comes to, and the first less the second."""

    on: date
    known_at: int
    control_minor: Minor
    charges_minor: Minor
    unapplied_minor: Minor
    total_minor: Minor
    difference_minor: Minor
    beside_minor: Annotated[
        Minor,
        Meta(description="What payments have sent straight to other accounts by then: on no side, in none of the sums"),
    ]


class SuspectData(msgspec.Struct, kw_only=True):
    """A document that may be behind the first difference."""

    suspicion: Suspicion
    document_id: UUID
    kind: Kind
    number: str | None
    party_id: UUID
    party_name: str
    issued_on: date
    recorded_at: Annotated[datetime, Meta(description="When it last changed the days in question")]
    currency: str
    amount_minor: Annotated[Minor, Meta(description="Its own amount, in its currency")]
    base_minor: Annotated[Minor, Meta(description="What it adds to the side, in base currency")]
    exchange_minor: Annotated[Minor, Meta(description="The exchange difference that it realised")]
    equals_difference: Annotated[bool, Meta(description="Whether one of the two is the difference, whatever its sign")]


class TieOutAnswer(msgspec.Struct, kw_only=True):
    """All days asked, in order. Suspects are of the first day with a difference."""

    business_id: UUID
    side: Side
    base_currency: str
    basis: Literal["base"] = "base"
    credits: Literal["column"] = "column"
    time_zone: str
    books_start_on: date | None
    closed_through: date | None
    ties_out: bool
    days: list[DayData]
    tied_on: Annotated[date | None, Meta(description="The last day before the first difference that ties out")]
    first_on: Annotated[date | None, Meta(description="The first day asked that has a difference")]
    suspects: list[SuspectData]


@post(
    f"{PATH}/reports/tie-out",
    operation_id="tie_out",
    tags=["Reports"],
    summary="Compare a control account with the aging",
    description=(
        "What the control account should show is the total of the aging with unapplied money in its column, at booked "
        "rates. Documents that may be behind the first difference are listed: recorded late, undone since, dated "
        "before their charge, or in a foreign currency."
    ),
    status_code=200,
    guards=[signed_in, known_parameters],
    security=ANYONE,
    dto=JsonBody,
    return_dto=None,
    responses={200: ResponseSpec(TieOutAnswer, generate_examples=False, description="The comparison")}
    | errors(409, 413),
)
async def compare_control_account(
    request: CallerRequest, services: TheServices, business_id: FromPath[UUID], data: JSONBody[TieOutAsked]
) -> Response[bytes]:
    """Whether the aging ties out with the control account."""
    known = data.known()
    balances = [(one.on, one.balance_minor) for one in data.balances]
    for place, (on, _) in enumerate(balances):
        if on in (before for before, _ in balances[:place]):
            raise BadInput(f"balances[{place}].on", shown(on), "is another day than those before it")
    async with read_tx(services.database, request.user, BusinessId(business_id)) as tx:
        found = await tie_out(tx, data.side, balances, known)
        books = await history.books(tx, max(day.known_at for day in found.days))
        return answered(
            TieOutAnswer(
                business_id=found.business_id,
                side=found.side,
                base_currency=found.base_currency,
                time_zone=found.zone,
                books_start_on=books.starts_on,
                closed_through=books.closed_through,
                ties_out=found.first_on is None,
                days=[_day(one) for one in found.days],
                tied_on=found.tied_on,
                first_on=found.first_on,
                suspects=[_suspect(one) for one in found.suspects],
            )
        )


def _day(day: TieDay) -> DayData:
    fits(day.difference_minor)
    return msgspec.convert(day, DayData, from_attributes=True)


def _suspect(suspect: Suspect) -> SuspectData:
    told = msgspec.convert(suspect, SuspectData, from_attributes=True)
    told.recorded_at = told.recorded_at.astimezone(UTC)
    return told
