"""What a ledger refuses, one class per sentence; the values ride along.

LedgerError
|-- Refused: the facts do not allow it
|   |-- OverAllocated, Overdrawn, OverRefunded, NothingLeft, AmountsDiffer, AllocatedTooEarly, NotOpen, OtherParty
|   |-- InTheWay, IsUndone, NotThatKind, BadTransition, ReturnedTooEarly, ReturnDateMissing
|   |-- InstalmentsDoNotAddUp, InstalmentNotFound, DueChangeTooEarly, DueDateOutOfRange
|   |-- PeriodIsClosed, ClosedForGood, BooksStartLater, BooksHaveNoStart, BooksHaveBegun
|   |-- NoRate, BadRate, NegativeAmount, TooLarge, SumTooLarge
|   `-- PartyIsArchived, NoParty, SameParty
|-- Conflict
|   |-- ExternalIdConflict
|   `-- ExternalIdStays
`-- NotFound
    |-- PartyNotFound
    |-- DocumentNotFound
    `-- AllocationNotFound
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from duebook.ledger.facts import AllocationId, DocumentId, Kind, PartyId, Side, State, Status
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
    """There is no such thing in these books; `given` is what it was named by."""

    given: UUID | str


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


class AmountsDiffer(Refused):
    """An allocation has an amount, and one within a currency has one only (T11)."""

    field = "amount"

    def __init__(self, amount_minor: int | None, source_minor: int | None, currency: str) -> None:
        self.amount_minor, self.source_minor = amount_minor, source_minor
        if amount_minor is None or source_minor is None:
            super().__init__("an allocation needs an amount")
        else:
            super().__init__(
                f"{format_minor(source_minor, currency)} {currency} cannot settle "
                f"{format_minor(amount_minor, currency)}: both are in one currency"
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


class NoRate(Refused):
    """Between two currencies an amount needs a rate, given with it or quoted by its day (T11)."""

    field = "currency"

    def __init__(self, currency: str, into: str, on: date) -> None:
        self.currency, self.into, self.on = currency, into, on
        super().__init__(f"there is no rate from {currency} to {into} on {on}, and no second amount is given")


class BadRate(Refused):
    """A rate is greater than zero, and of another currency than the base (T11)."""

    field = "rate"

    def __init__(self, currency: str, quoted_on: date, rate: Decimal, base_currency: str) -> None:
        self.currency, self.quoted_on, self.rate, self.base_currency = currency, quoted_on, rate, base_currency
        super().__init__(
            f"{rate:f} {base_currency} for one {currency} on {quoted_on} is not a rate: it is greater than zero and of "
            f"another currency than {base_currency}"
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


class Overdrawn(Refused):
    """A correction leaves no document over-settled on any day (T7)."""

    field = "amount"

    def __init__(
        self,
        document_id: DocumentId,
        what: str,
        open_minor: int,
        on: date,
        currency: str,
        in_the_way: tuple[DocumentId, ...],
    ) -> None:
        self.document_id, self.open_minor, self.on, self.in_the_way = document_id, open_minor, on, in_the_way
        super().__init__(
            f"{what} {document_id} would be over-settled: {format_minor(open_minor, currency)} {currency} open on "
            f"{on}; in the way: {', '.join(map(str, in_the_way))}"
        )


class OverRefunded(Refused):
    """A refund of a charge is limited to what was paid of it less earlier refunds, on every day (T9)."""

    field = "amount"

    def __init__(
        self, charge_id: DocumentId, paid_minor: int, on: date, currency: str, in_the_way: tuple[DocumentId, ...]
    ) -> None:
        self.charge_id, self.paid_minor, self.on, self.in_the_way = charge_id, paid_minor, on, in_the_way
        super().__init__(
            f"more would be refunded of charge {charge_id} than was paid: paid less refunded is "
            f"{format_minor(paid_minor, currency)} {currency} on {on}; refunds: {', '.join(map(str, in_the_way))}"
        )


class NothingLeft(Refused):
    """A write-off, a recovery or a refund is of more than nothing."""

    field = "amount"

    def __init__(self, document_id: DocumentId, on: date) -> None:
        self.document_id, self.on = document_id, on
        super().__init__(f"the amount is zero: nothing of document {document_id} is left for this on {on}")


class InTheWay(Refused):
    """A document is undone, or given another party or currency, only while nothing touches it on any date (T9)."""

    field = "document"

    def __init__(
        self,
        document_id: DocumentId,
        doing: str,
        allocations: tuple[AllocationId, ...],
        documents: tuple[DocumentId, ...],
    ) -> None:
        self.document_id, self.allocations, self.documents = document_id, allocations, documents
        listed = [*(f"allocation {one}" for one in allocations), *(f"document {one}" for one in documents)]
        super().__init__(f"document {document_id} cannot be {doing} while something touches it: {', '.join(listed)}")


class IsUndone(Refused):
    """A void or deleted document is never corrected."""

    field = "document"

    def __init__(self, document_id: DocumentId, state: State) -> None:
        self.document_id, self.state = document_id, state
        super().__init__(f"document {document_id} is {state}: nothing of it can be changed")


class NotThatKind(Refused):
    """Some things are said only of some kinds of documents: terms of a charge, the status of a payment."""

    def __init__(self, field: str, kind: Kind, allowed: tuple[Kind, ...]) -> None:
        self.field, self.kind, self.allowed = field, kind, allowed
        super().__init__(f"{field} cannot be said of a {kind}, only of: {', '.join(allowed)}")


class BadTransition(Refused):
    """Money that has arrived cannot fail, only be returned; money that failed can only be cancelled (T9)."""

    field = "status"

    def __init__(self, document_id: DocumentId, status: Status, wanted: Status) -> None:
        self.document_id, self.status, self.wanted = document_id, status, wanted
        super().__init__(f"document {document_id} is {status} and cannot become {wanted}")


class ReturnDateMissing(Refused):
    """A return has a day, and only a return has one (T9)."""

    field = "returned_on"

    def __init__(self, status: Status) -> None:
        self.status = status
        needed = "needs the day of the return" if status is Status.RETURNED else "has no day of a return"
        super().__init__(f"status {status} {needed}")


class ReturnedTooEarly(Refused):
    """Money is returned on or after the day it was paid (T9)."""

    field = "returned_on"

    def __init__(self, returned_on: date, paid_on: date) -> None:
        self.returned_on, self.paid_on = returned_on, paid_on
        super().__init__(f"a return on {returned_on} is before the payment, on {paid_on}")


class InstalmentsDoNotAddUp(Refused):
    """The instalments of a charge are in order of due date, each above zero, and add up to its amount (T6)."""

    field = "instalments"

    def __init__(self, sum_minor: int, amount_minor: int, currency: str) -> None:
        self.sum_minor, self.amount_minor = sum_minor, amount_minor
        super().__init__(
            f"the instalments add up to {format_minor(sum_minor, currency)} {currency}, the charge is "
            f"{format_minor(amount_minor, currency)}; they stand in order of due date, each above zero"
        )


class InstalmentNotFound(Refused):
    """Instalments are counted from 1."""

    field = "instalment"

    def __init__(self, charge_id: DocumentId, instalment: int, count: int) -> None:
        self.charge_id, self.instalment, self.count = charge_id, instalment, count
        super().__init__(f"charge {charge_id} has no instalment {instalment}, but 1 to {count}")


class DueChangeTooEarly(Refused):
    """A due date is changed from a day on which the charge counts (T10)."""

    field = "from_on"

    def __init__(self, from_on: date, counts_on: date) -> None:
        self.from_on, self.counts_on = from_on, counts_on
        super().__init__(f"a due date cannot change from {from_on} on: the charge counts from {counts_on}")


class PeriodIsClosed(Refused):
    """Nothing changes what took effect in a closed period (T16)."""

    field = "effective_on"

    def __init__(self, document_id: DocumentId, on: date, closed_through: date) -> None:
        self.document_id, self.on, self.closed_through = document_id, on, closed_through
        super().__init__(
            f"this would change what took effect on {on} (document {document_id}), and the books are closed through "
            f"{closed_through}"
        )


class ClosedForGood(Refused):
    """Books that are closed have a day left that is open (T16)."""

    field = "through_on"

    def __init__(self, through_on: date) -> None:
        self.through_on = through_on
        super().__init__(f"the books cannot be closed through {through_on}: no day would be left")


class BooksStartLater(Refused):
    """A document from before the books start is recorded as an opening item (T18)."""

    field = "issued_on"

    def __init__(self, counts_on: date, starts_on: date) -> None:
        self.counts_on, self.starts_on = counts_on, starts_on
        super().__init__(f"{counts_on} is before the books start, on {starts_on}: record it as an opening item")


class BooksHaveNoStart(Refused):
    """An opening item needs books that say where they start, and is itself from before that day or on it (T18)."""

    field = "opening"

    def __init__(self, issued_on: date, starts_on: date | None) -> None:
        self.issued_on, self.starts_on = issued_on, starts_on
        where = f"the books start on {starts_on}" if starts_on else "the books have no start"
        super().__init__(f"a document of {issued_on} cannot be an opening item: {where}")


class BooksHaveBegun(Refused):
    """The books start no later than what is in them, and keep their start once opening items count from it (T18)."""

    field = "on"

    def __init__(self, on: date, first_on: date) -> None:
        self.on, self.first_on = on, first_on
        super().__init__(f"the books cannot start on {on}: something in them took effect on {first_on}")


class NoParty(Refused):
    """A payment or credit says whose it is, or names a charge that does."""

    field = "party"

    def __init__(self) -> None:
        super().__init__("the party is not named, and no charge that says whose it is")


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


class SameParty(Refused):
    """A party is merged into another one."""

    field = "into"

    def __init__(self, party_id: PartyId) -> None:
        self.party_id = party_id
        super().__init__(f"party {party_id} cannot be merged into itself")


class ExternalIdConflict(Conflict):
    """The same external id with other content: `differing` names the first field that differs."""

    field = "external_id"

    def __init__(self, external_id: str, differing: str) -> None:
        self.external_id, self.differing = external_id, differing
        super().__init__(f"external id {external_id!r} is already recorded with another {differing}")


class ExternalIdStays(Conflict):
    """A party keeps the external id that it was made with, or that it was made without."""

    field = "external_id"

    def __init__(self, party_id: PartyId, there: str | None, given: str) -> None:
        self.party_id, self.there, self.given = party_id, there, given
        made = "without an external id" if there is None else f"under external id {there!r}"
        super().__init__(f"party {party_id} was made {made} and cannot be put under {given!r}")


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


class AllocationNotFound(NotFound):
    """No such allocation, or it was taken back."""

    field = "allocation"

    def __init__(self, given: AllocationId) -> None:
        self.given = given
        super().__init__(f"no allocation {given}")
