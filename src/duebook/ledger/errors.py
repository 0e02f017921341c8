"""What a ledger refuses, one class per sentence; the values ride along.

LedgerError
|-- Refused: the facts do not allow it
|   |-- OverAllocated, AllocatedTooEarly, NotOpen, OtherParty, OtherCurrency, NoRate
|   `-- NegativeAmount, TooLarge, SumTooLarge, DueDateOutOfRange, PartyIsArchived, NoParty
|-- Conflict
|   `-- ExternalIdConflict
`-- NotFound
    |-- PartyNotFound
    `-- DocumentNotFound
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any, Final
from uuid import UUID

from duebook.ledger.facts import DocumentId, PartyId, Side
from duebook.money import format_minor


class LedgerError(Exception):
    """Something a ledger refuses. `field` names the part of the write that it is about, in the ledger's own words.

    `at` is the place of the refused command among those recorded together, `settlement` that of a payment among those
    that came along with a charge, `allocation` that of an allocation within its payment or credit.
    """

    field: str = ""
    at: int = 0
    settlement: int | None = None
    allocation: int | None = None

    @property
    def values(self) -> dict[str, Any]:
        """What the error is about, by name, without its places."""
        return {name: value for name, value in vars(self).items() if name not in _PLACES}


_PLACES: Final = frozenset({"at", "settlement", "allocation"})


@contextmanager
def placed(**places: int) -> Iterator[None]:
    """What is refused inside says at which of these places it stands."""
    try:
        yield
    except LedgerError as error:
        vars(error).update(places)
        raise


class Refused(LedgerError):
    """The facts do not allow it."""


class Conflict(LedgerError):
    """Something else stands under the same name."""


class NotFound(LedgerError):
    """There is no such thing in these books."""


class OverAllocated(Refused):
    """On every day, what is allocated fits what is open (T7)."""

    field = "amount"

    def __init__(
        self,
        document_id: DocumentId,
        what: str,
        open_minor: int,
        on: date,
        offered_minor: int,
        currency: str,
        in_the_way: tuple[DocumentId, ...],
    ) -> None:
        self.document_id, self.open_minor, self.on, self.offered_minor = document_id, open_minor, on, offered_minor
        self.in_the_way = in_the_way
        taken = f"; already allocated: {', '.join(map(str, in_the_way))}" if in_the_way else ""
        super().__init__(
            f"{format_minor(offered_minor, currency)} {currency} does not fit {what} {document_id}: "
            f"{format_minor(open_minor, currency)} is open on {on}{taken}"
        )


class AllocatedTooEarly(Refused):
    """An allocation takes effect on or after the later of its two documents' dates (T5)."""

    field = "effective_on"

    def __init__(self, stated: date, earliest: date) -> None:
        self.stated, self.earliest = stated, earliest
        super().__init__(f"an allocation on {stated} is before the later of its documents' dates, {earliest}")


class NotOpen(Refused):
    """Only an issued document takes part in an allocation."""

    field = "charge"

    def __init__(self, document_id: DocumentId, state: str) -> None:
        self.document_id, self.state = document_id, state
        super().__init__(f"document {document_id} is {state}: nothing can be allocated to it")


class OtherParty(Refused):
    """A payment or a credit is allocated to charges of its own party."""

    field = "charge"

    def __init__(self, document_id: DocumentId, party_id: PartyId, expected: PartyId) -> None:
        self.document_id, self.party_id, self.expected = document_id, party_id, expected
        super().__init__(f"charge {document_id} belongs to party {party_id}, not to {expected}")


class OtherCurrency(Refused):
    """A payment or a credit is allocated to charges in its own currency."""

    field = "currency"

    def __init__(self, document_id: DocumentId, currency: str, expected: str) -> None:
        self.document_id, self.currency, self.expected = document_id, currency, expected
        super().__init__(f"charge {document_id} is in {currency}, the payment or credit in {expected}")


class NoRate(Refused):
    """A document in another currency than the base needs the rate at which it is booked (T11)."""

    field = "currency"

    def __init__(self, currency: str, base_currency: str) -> None:
        self.currency, self.base_currency = currency, base_currency
        super().__init__(
            f"{currency} is not the base currency, and no rate from {currency} to {base_currency} is given"
        )


class NegativeAmount(Refused):
    """A document's amount is zero or more (T4)."""

    field = "amount"

    def __init__(self, amount_minor: int, currency: str) -> None:
        self.amount_minor = amount_minor
        super().__init__(f"the amount {format_minor(amount_minor, currency)} {currency} is below zero")


class TooLarge(Refused):
    """An amount fits 64 bits of minor units (T14)."""

    field = "amount"

    def __init__(self, amount_minor: int) -> None:
        self.amount_minor = amount_minor
        super().__init__(f"{amount_minor} minor units do not fit 64 bits")


class SumTooLarge(Refused):
    """A sum that does not fit 64 bits of minor units is an error, never a wrong number (T14)."""

    field = "total"

    def __init__(self) -> None:
        super().__init__("the sum of these amounts does not fit 64 bits of minor units")


class NoParty(Refused):
    """A payment or credit says whose it is, or names a charge that does."""

    field = "party"

    def __init__(self) -> None:
        super().__init__("neither a party nor a charge is named")


class DueDateOutOfRange(Refused):
    """A due date lies in the years 1 to 9999."""

    field = "due_on"

    def __init__(self, issued_on: date, net_days: int) -> None:
        self.issued_on, self.net_days = issued_on, net_days
        super().__init__(f"{net_days} days after {issued_on} is past the year 9999")


class PartyIsArchived(Refused):
    """An archived party takes no new charges."""

    field = "party"

    def __init__(self, party_id: PartyId) -> None:
        self.party_id = party_id
        super().__init__(f"party {party_id} is archived")


class ExternalIdConflict(Conflict):
    """The same external id with other content: `differing` names the first field that differs."""

    field = "external_id"

    def __init__(self, external_id: str, differing: str) -> None:
        self.external_id, self.differing = external_id, differing
        super().__init__(f"external id {external_id!r} is already recorded with another {differing}")


class PartyNotFound(NotFound):
    """No such customer or vendor."""

    field = "party"

    def __init__(self, side: Side, given: UUID | str) -> None:
        self.side, self.given = side, given
        super().__init__(f"no {'customer' if side is Side.RECEIVABLE else 'vendor'} {given}")


class DocumentNotFound(NotFound):
    """No such document."""

    field = "document"

    def __init__(self, side: Side, what: str, given: UUID | str) -> None:
        self.side, self.what, self.given = side, what, given
        super().__init__(f"no {what} {given}")
