"""The facts a ledger is made of, and the entries they give.

Units: amounts are minor units (int) of the currency beside them; base amounts are minor units of the business's base
currency; dates are calendar days.
Holds: a fact is never changed in place: a later version of it is another value.
Source: docs/rule.md, "Words".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final, NewType
from uuid import UUID

from duebook.days import Terms

PartyId = NewType("PartyId", UUID)
DocumentId = NewType("DocumentId", UUID)
AllocationId = NewType("AllocationId", UUID)


BESIDE: Final = "beside_minor"
"""What the body of a payment calls the money that it sent straight to other accounts (T17)."""


class Side(StrEnum):
    """Who owes whom: customers owe the business, or the business owes its vendors."""

    RECEIVABLE = "receivable"
    PAYABLE = "payable"


class Kind(StrEnum):
    """What a document is. A charge is an invoice or a bill, a credit is a credit note or a vendor credit.

    A refund is aimed at a payment or credit (unapplied money paid out) or at a charge; a write-off is aimed at a
    charge, a recovery at a write-off.
    """

    CHARGE = "charge"
    PAYMENT = "payment"
    CREDIT = "credit"
    REFUND = "refund"
    WRITE_OFF = "write_off"
    RECOVERY = "recovery"


class State(StrEnum):
    """Whether a document counts. Only an issued one does; a deleted one also leaves lists."""

    ISSUED = "issued"
    DRAFT = "draft"
    VOID = "void"
    DELETED = "deleted"


class Status(StrEnum):
    """How far money on its way has come: of payments and refunds (T9)."""

    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    RETURNED = "returned"


class Reason(StrEnum):
    """Why a charge was written off. Only bad debt is a loss."""

    BAD_DEBT = "bad_debt"
    DISCOUNT = "discount"
    WITHHOLDING = "withholding"
    BANK_CHARGE = "bank_charge"
    ROUNDING = "rounding"
    CONTRA = "contra"
    OTHER = "other"


class Late(StrEnum):
    """What becomes of a change that takes effect in a closed period (T16)."""

    REFUSE = "refuse"
    SHIFT = "shift"


class DueFrom(StrEnum):
    """Where a due date came from (T4)."""

    GIVEN = "given"
    TERMS = "terms"
    ISSUE_DATE = "issue_date"


class EntryKind(StrEnum):
    """Why an item changed."""

    CHARGE = "charge"
    PAYMENT = "payment"
    CREDIT = "credit"
    ALLOCATION = "allocation"
    WRITE_OFF = "write_off"
    RECOVERY = "recovery"
    REFUND = "refund"
    RETURN = "return"
    DUE_CHANGE = "due_change"
    EXCHANGE = "exchange"


@dataclass(frozen=True, slots=True)
class Tag:
    """A label that a writer put on a party or a document. `archived_at` is known of one that is read with its names."""

    key: str
    value: str
    key_name: str | None = None
    value_name: str | None = None
    archived_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TagDefinition:
    """What is said of a value of a key, or of the key itself, which has no value. Only values are archived."""

    key: str
    value: str | None
    name: str | None = None
    archived_version: int | None = None
    archived_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """A customer or a vendor, as known at a version. `profile` holds contact fields as they were given."""

    id: PartyId
    side: Side
    external_id: str | None
    name: str
    archived: bool = False
    terms: Terms | None = None
    tags: tuple[Tag, ...] = ()
    profile: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Instalment:
    """One due date of a charge with its share of the amount."""

    due_on: date
    amount_minor: int


@dataclass(frozen=True, slots=True)
class DueChange:
    """From a day on, an instalment (counted from 1) falls due on another day; earlier days keep the old one (T10)."""

    from_on: date
    instalment: int
    due_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A document as known at a version.

    `issued_on` is its own date: when it was issued, paid, written off, recovered or paid out. An opening item counts
    from `opening_on` instead (T18). `terms` are those that gave the due date. `instalments` is empty for a charge with
    one due date, else in order of due date, and `due_on` is then the last one's. `target_id` is what a refund, a
    write-off or a recovery is aimed at. `body` holds what decides neither who owes, how much nor when: lines, memo,
    stamps as they were given.
    """

    id: DocumentId
    side: Side
    kind: Kind
    external_id: str | None
    target_id: DocumentId | None = None
    state: State
    party_id: PartyId
    number: str | None
    issued_on: date
    received_on: date | None
    due_on: date
    due_from: DueFrom
    currency: str
    amount_minor: int
    base_minor: int
    tags: tuple[Tag, ...]
    body: Mapping[str, Any]
    opening_on: date | None = None
    terms: Terms | None = None
    instalments: tuple[Instalment, ...] = ()
    due_changes: tuple[DueChange, ...] = ()
    status: Status | None = None
    returned_on: date | None = None
    reason: Reason | None = None

    @property
    def beside_minor(self) -> int:
        """What of a payment's money went straight to other accounts, beside its amount: on no item, owed by nobody."""
        found = self.body.get(BESIDE)
        return found if type(found) is int and 0 <= found < 10**18 else 0

    @property
    def counts_on(self) -> date:
        """The first day on which it counts, if it does."""
        return self.opening_on or self.issued_on

    @property
    def counts(self) -> bool:
        """Whether it counts on any day: it is issued, and its money moves (T9)."""
        if self.state is not State.ISSUED:
            return False
        if self.kind is Kind.REFUND:
            return self.status in (Status.COMPLETED, Status.RETURNED)
        return self.status not in (Status.FAILED, Status.CANCELLED)

    @property
    def schedule(self) -> tuple[Instalment, ...]:
        """Its instalments: one of the whole amount if it has no others."""
        return self.instalments or (Instalment(self.due_on, self.amount_minor),)

    def due_on_at(self, day: date, instalment: int = 1) -> date:
        """When an instalment falls due, as it stands on a day."""
        changes = [one for one in self.due_changes if one.instalment == instalment and one.from_on <= day]
        return max(changes, key=lambda one: one.from_on).due_on if changes else self.schedule[instalment - 1].due_on


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocation:
    """Part of a payment or a credit, applied to a charge on a day; `stated` if the writer named that day.

    It holds until the day before `ended_on`; one that ended on the day it began has never been. `amount_minor` is in
    the charge's currency, `source_minor` in that of the payment or credit. `instalment` counts from 1; an allocation
    that names none fills the oldest due date first.
    """

    id: AllocationId
    source_id: DocumentId
    charge_id: DocumentId
    effective_on: date
    stated: bool
    amount_minor: int
    source_minor: int
    instalment: int | None = None
    ended_on: date | None = None

    @property
    def stands(self) -> bool:
        """Whether it holds on any day."""
        return self.ended_on is None or self.ended_on > self.effective_on


@dataclass(frozen=True, slots=True)
class Rate:
    """What one unit of a currency is worth in base currency, from a day until the next quote (T11)."""

    currency: str
    quoted_on: date
    rate: Decimal


@dataclass(frozen=True, slots=True)
class Books:
    """Where the books of a business begin and how far they are closed (T16, T18)."""

    starts_on: date | None = None
    closed_through: date | None = None
    late: Late = Late.REFUSE


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """What is aged: an instalment of a charge, or the unapplied part of a payment or a credit."""

    side: Side
    party_id: PartyId
    document_id: DocumentId
    instalment: int
    unapplied: bool
    document_on: date
    received_on: date | None
    due_on: date
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One signed change to an item on the day it happened; `cause_id` is the document that made it.

    Positive raises what is owed, on either side.
    """

    item: Item
    kind: EntryKind
    cause_id: DocumentId
    effective_on: date
    amount_minor: int
    base_minor: int
