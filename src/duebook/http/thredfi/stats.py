"""How many invoices and credit notes, bills and vendor credits there are, and what is outstanding of them, today.

Units: cents of the business's currency.
Holds: a count is that of the list with the same status words; amounts are those of the aging report of the day.
Source: docs/reference/thredfi.md, "Counts".
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from litestar import Response, get
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath
from msgspec import Meta

from duebook.aging.report import AgingQuery, aging
from duebook.http.callers import CallerRequest, signed_in
from duebook.http.encoded import answered
from duebook.http.fields import Cents
from duebook.http.services import Services, TheServices
from duebook.http.thredfi.charge_words import BILLS, INVOICES, Sought, Words
from duebook.http.thredfi.credit_answers import statuses
from duebook.http.thredfi.errors import errors
from duebook.http.thredfi.security import ANYONE
from duebook.ledger import lists
from duebook.ledger.facts import Kind, Side
from duebook.ledger.lists import Stood
from duebook.ledger.views import Standing
from duebook.tenancy.facts import BusinessId, Caller
from duebook.tenancy.gate import read_tx

BUSINESS: Final = "/v1/platform/businesses/{business_id:uuid}"

_UNPAID: Final = {
    Side.RECEIVABLE: ("sent", "draft", "issued", "partially_paid"),
    Side.PAYABLE: ("received", "partially_paid", "voided"),
}
"""The status words by which Thredfi's browser widget asks for what is unpaid."""


class ChargeCounts(msgspec.Struct):
    """How many invoices or bills there are."""

    all: int
    unpaid: int
    paid: int
    outstanding: Annotated[int, Meta(description="Something of them is open today")]
    overdue: Annotated[int, Meta(description="Something of them is late today")]


class CreditNoteCounts(msgspec.Struct):
    """How many credit notes there are, by status."""

    all: int
    draft: int
    sent: int
    applied: int
    partially_applied: int
    void: int


class VendorCreditCounts(msgspec.Struct):
    """How many vendor credits there are; unapplied are all but those that are applied in full."""

    all: int
    unapplied: int
    applied: int


class Sums(msgspec.Struct, kw_only=True):
    """What is outstanding today, as in the aging report."""

    currency: str
    total_outstanding_cents: Cents
    total_overdue_cents: Cents


class ARStats(Sums, kw_only=True):
    """Receivables in numbers."""

    invoices: ChargeCounts
    credit_notes: CreditNoteCounts


class APStats(Sums, kw_only=True):
    """Payables in numbers."""

    bills: ChargeCounts
    vendor_credits: VendorCreditCounts


@get(
    f"{BUSINESS}/ar/stats",
    operation_id="get_ar_stats",
    tags=["Accounts Receivable"],
    summary="Receivables in numbers",
    guards=[signed_in],
    security=ANYONE,
    responses={200: ResponseSpec(ARStats, generate_examples=False, description="Counts and sums")}
    | errors(401, 403, 404, 422),
)
async def ar_stats(request: CallerRequest, services: TheServices, business_id: FromPath[UUID]) -> Response[bytes]:
    """How many invoices and credit notes there are."""
    counted = await _counted(services, request.user, BusinessId(business_id), INVOICES)
    by_status = {word: counted.credits(standings) for word, standings in statuses("sent").items()}
    return answered(
        ARStats(
            **counted.sums,
            invoices=counted.charges(),
            credit_notes=CreditNoteCounts(counted.credits(Standing), **by_status),
        )
    )


@get(
    f"{BUSINESS}/ap/stats",
    operation_id="get_ap_stats",
    tags=["Accounts Payable"],
    summary="Payables in numbers",
    guards=[signed_in],
    security=ANYONE,
    responses={200: ResponseSpec(APStats, generate_examples=False, description="Counts and sums")}
    | errors(401, 403, 404, 422),
)
async def ap_stats(request: CallerRequest, services: TheServices, business_id: FromPath[UUID]) -> Response[bytes]:
    """How many bills and vendor credits there are."""
    counted = await _counted(services, request.user, BusinessId(business_id), BILLS)
    total, applied = counted.credits(Standing), counted.credits(statuses("received")["applied"])
    return answered(
        APStats(
            **counted.sums, bills=counted.charges(), vendor_credits=VendorCreditCounts(total, total - applied, applied)
        )
    )


@dataclass(frozen=True, slots=True)
class _Counted:
    """What there is of a side today."""

    words: Words
    stood: Mapping[tuple[Kind, Standing], Stood]
    sums: Mapping[str, Any]

    def charges(self) -> ChargeCounts:
        """How many invoices or bills there are."""
        found = [one for (kind, _), one in self.stood.items() if kind is Kind.CHARGE]
        return ChargeCounts(
            all=sum(one.documents for one in found),
            unpaid=self._with_words(_UNPAID[self.words.side]),
            paid=self._with_words(["paid"]),
            outstanding=sum(one.open for one in found),
            overdue=sum(one.overdue for one in found),
        )

    def credits(self, standings: Iterable[Sought]) -> int:
        """How many credits stand in one of these ways."""
        return self._documents(Kind.CREDIT, standings)

    def _with_words(self, given: Sequence[str]) -> int:
        return self._documents(Kind.CHARGE, {one for word in given for one in self.words.sought[word]})

    def _documents(self, kind: Kind, sought: Iterable[Sought]) -> int:
        return sum(one.documents for (of, standing), one in self.stood.items() if of is kind and standing in sought)


async def _counted(services: Services, caller: Caller, business_id: BusinessId, words: Words) -> _Counted:
    async with read_tx(services.database, caller, business_id) as tx:
        stood = await lists.standings(tx, words.side)
        total = (await aging(tx, AgingQuery(side=words.side, as_of=tx.business.today(tx.now)))).totals[0]
    sums = {
        "currency": total.currency,
        "total_outstanding_cents": total.total_minor,
        "total_overdue_cents": total.total_minor - total.bands[0],
    }
    return _Counted(words, stood, sums)
