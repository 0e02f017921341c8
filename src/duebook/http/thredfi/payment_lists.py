"""What lists of payments are filtered by, of either side.

Units: cents; dates are calendar days, both ends inclusive.
Source: docs/reference/thredfi.md, "Payments".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, TypeVar

from litestar.di import NamedDependency, Provide
from litestar.params import FromQuery

from duebook.http.inputs import BadInput, shown
from duebook.http.thredfi import filters
from duebook.http.thredfi.filters import FreeText
from duebook.http.thredfi.payment_answers import REFUNDED, Its
from duebook.http.thredfi.payment_bodies import METHODS
from duebook.ledger.facts import DocumentId, Kind, PartyId, Side, Status
from duebook.ledger.lists import DocumentFilter
from duebook.ledger.views import Standing

_STATUSES: Final = {status.value: [status] for status in Status}
_WORDS: Final = {method: [method, method.upper()] for method in METHODS}
"""How a way to pay is kept: as this dialect writes it, or as the other does."""
_UNREFUNDED: Final = [one for one in Standing if one is not Standing.REFUNDED]

Ordered = TypeVar("Ordered", date, int)


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentQuery:
    """What a list of payments is filtered by, as it was given."""

    status: str | None
    external_id: str | None
    search: str | None
    date_from: str | None
    date_to: str | None
    min_amount: str | None
    max_amount: str | None
    payment_method: str | None
    payment_processor: str | None
    is_fully_allocated: bool | None

    def read(self, its: Its[Any], party_id: str | None, charge_id: str | None) -> DocumentFilter:
        """The same as the ledger reads it. Raises BadInput."""
        parties = filters.ids(its.party_id, party_id)
        charge = filters.one_id(its.charge_id, charge_id)
        dates = [filters.day(name, getattr(self, name)) for name in ("date_from", "date_to")]
        amounts = [filters.cents(name, getattr(self, name)) for name in ("min_amount", "max_amount")]
        _check_order("date_from", dates[0], "date_to", dates[1])
        _check_order("min_amount", amounts[0], "max_amount", amounts[1])
        statuses, standings = _statuses(its.side, self.status)
        return DocumentFilter(
            side=its.side,
            kind=Kind.PAYMENT,
            party_ids=None if parties is None else [PartyId(one) for one in parties],
            charge_id=DocumentId(charge) if charge else None,
            external_id=self.external_id or None,
            search=self.search or None,
            issued_from=dates[0],
            issued_to=dates[1],
            min_minor=amounts[0],
            max_minor=amounts[1],
            methods=filters.words("payment_method", self.payment_method, _WORDS),
            processors=filters.several(self.payment_processor),
            settled=self.is_fully_allocated,
            statuses=statuses,
            standings=standings,
        )


async def payment_query(
    status: FreeText = None,
    external_id: FreeText = None,
    search: FreeText = None,
    date_from: FreeText = None,
    date_to: FreeText = None,
    min_amount: FreeText = None,
    max_amount: FreeText = None,
    payment_method: FreeText = None,
    payment_processor: FreeText = None,
    is_fully_allocated: FromQuery[bool | None] = None,
) -> PaymentQuery:
    """What a list of payments is filtered by."""
    return PaymentQuery(
        status=status,
        external_id=external_id,
        search=search,
        date_from=date_from,
        date_to=date_to,
        min_amount=min_amount,
        max_amount=max_amount,
        payment_method=payment_method,
        payment_processor=payment_processor,
        is_fully_allocated=is_fully_allocated,
    )


PAYMENT_QUERY: Final = {"asked": Provide(payment_query)}
ThePaymentQuery = NamedDependency[PaymentQuery]
"""A handler with these dependencies and a parameter `asked: ThePaymentQuery` is given what the list is filtered by."""


def _statuses(side: Side, text: str | None) -> tuple[Sequence[Status] | None, Sequence[Standing] | None]:
    """What the words of a filter by status stand for; a customer's payment that was refunded is nothing else."""
    if side is Side.PAYABLE:
        return filters.words("status", text, _STATUSES), None
    if (text or "").strip().lower() == REFUNDED:
        return None, [Standing.REFUNDED]
    if REFUNDED in map(str.lower, filters.several(text) or ()):
        raise BadInput("status", shown(text), f"is {REFUNDED} alone, or others joined by commas")
    statuses = filters.words("status", text, _STATUSES)
    return statuses, None if statuses is None else _UNREFUNDED


def _check_order(first: str, least: Ordered | None, last: str, most: Ordered | None) -> None:
    if least is not None and most is not None and least > most:
        raise BadInput(last, str(most), f"is not before {first}, {least}")
