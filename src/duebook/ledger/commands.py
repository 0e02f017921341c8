"""What can be asked of a ledger: each command is one fact that a writer wants recorded.

Units: minor units of the currency named; dates are calendar days.
Holds: a command says only what its writer said; what follows from it (due date, entries) is the book's work.
Source: docs/rule.md, T4-T6, T9-T11, T16, T18.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from typing import Any, Final, Literal

from duebook.days import Terms
from duebook.ids import new_id
from duebook.ledger.facts import (
    AllocationId,
    DocumentId,
    Instalment,
    Kind,
    Late,
    PartyId,
    Rate,
    Reason,
    Side,
    State,
    Status,
    Tag,
)


@dataclass(frozen=True, slots=True)
class NewParty:
    """A customer or vendor named by an external id, made with this name if it is not there yet."""

    external_id: str
    name: str


PartyRef = PartyId | NewParty
DocumentRef = DocumentId | str
"""A document by its id or by its external id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PutParty:
    """Make a party, or replace what is known of it: found by `id`, else by `external_id`."""

    side: Side
    id: PartyId | None = None
    external_id: str | None = None
    name: str
    terms: Terms | None = None
    tags: tuple[Tag, ...] = ()
    profile: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ArchiveParty:
    """Hide a party from lists; it keeps its documents and balances."""

    side: Side
    id: PartyId


@dataclass(frozen=True, slots=True)
class UnarchiveParty:
    """Show an archived party in lists again."""

    side: Side
    id: PartyId


@dataclass(frozen=True, slots=True)
class MergeParties:
    """Move all documents of a party to another of its side, as one correction, and archive the first."""

    side: Side
    id: PartyId
    into: PartyId


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAllocation:
    """Part of a payment or credit for one charge, on the day stated or else on the first that fits (T5).

    Between two currencies `amount_minor` is the charge's and `source_minor` the payment's or credit's; if only one is
    given, the other comes from the rates of the day.
    """

    charge: DocumentRef
    amount_minor: int | None = None
    source_minor: int | None = None
    effective_on: date | None = None
    instalment: int | None = None
    id: AllocationId = field(default_factory=lambda: AllocationId(new_id()))


@dataclass(frozen=True, slots=True, kw_only=True)
class AddSettlement:
    """Record a payment or a credit with zero or more allocations; the rest stays unapplied.

    Without a party it belongs to the party of its first charge. `base_minor` is for a foreign currency; without it the
    rate of the day books it. `status` and `returned_on` are for payments. With `across_parties` it may settle other
    parties' charges. `opening` makes it an opening item (T18).
    """

    side: Side
    kind: Kind
    id: DocumentId = field(default_factory=lambda: DocumentId(new_id()))
    external_id: str | None = None
    party: PartyRef | None = None
    number: str | None = None
    settled_on: date
    currency: str
    amount_minor: int
    base_minor: int | None = None
    allocations: tuple[NewAllocation, ...] = ()
    across_parties: bool = False
    status: Status = Status.COMPLETED
    returned_on: date | None = None
    opening: bool = False
    tags: tuple[Tag, ...] = ()
    body: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class AddCharge:
    """Record an invoice or a bill, with the payments that came along with it.

    `instalments` replace `due_on` and `terms`, and add up to the amount. `opening` makes it an opening item (T18).
    """

    side: Side
    id: DocumentId = field(default_factory=lambda: DocumentId(new_id()))
    external_id: str | None = None
    state: State = State.ISSUED
    party: PartyRef
    number: str | None = None
    issued_on: date
    received_on: date | None = None
    due_on: date | None = None
    terms: Terms | None = None
    instalments: tuple[Instalment, ...] = ()
    currency: str
    amount_minor: int
    base_minor: int | None = None
    opening: bool = False
    tags: tuple[Tag, ...] = ()
    body: Mapping[str, Any] = field(default_factory=dict)
    settlements: tuple[AddSettlement, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AddWriteOff:
    """Give up a charge in part, or all that can be given up from that day on if no amount is named (T9)."""

    side: Side
    id: DocumentId = field(default_factory=lambda: DocumentId(new_id()))
    external_id: str | None = None
    charge: DocumentRef
    number: str | None = None
    written_off_on: date
    amount_minor: int | None = None
    reason: Reason
    tags: tuple[Tag, ...] = ()
    body: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class AddRecovery:
    """Reverse a write-off on a day of its own, in part, or all of what is left if no amount is named (T9)."""

    side: Side
    id: DocumentId = field(default_factory=lambda: DocumentId(new_id()))
    external_id: str | None = None
    write_off: DocumentRef
    number: str | None = None
    recovered_on: date
    amount_minor: int | None = None
    tags: tuple[Tag, ...] = ()
    body: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class AddRefund:
    """Pay money back: unapplied money of a payment or credit, or what was paid of a charge (T9)."""

    side: Side
    id: DocumentId = field(default_factory=lambda: DocumentId(new_id()))
    external_id: str | None = None
    of_kind: Kind
    of: DocumentRef
    number: str | None = None
    refunded_on: date
    amount_minor: int
    status: Status = Status.COMPLETED
    returned_on: date | None = None
    tags: tuple[Tag, ...] = ()
    body: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocate:
    """Apply more of a payment or credit that is already recorded."""

    side: Side
    kind: Kind
    source: DocumentRef
    allocations: tuple[NewAllocation, ...]
    across_parties: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeBack:
    """Take an allocation back: as if it had never been, or from a later day on (T9)."""

    side: Side
    id: AllocationId
    on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveAllocation:
    """Take an allocation back and apply its money elsewhere; `on` is the day for both, if one is stated."""

    side: Side
    id: AllocationId
    to: NewAllocation
    on: date | None = None


class Keep(Enum):
    """What an edit does not mention."""

    KEEP = "keep"


KEEP: Final = Keep.KEEP


@dataclass(frozen=True, slots=True, kw_only=True)
class EditDocument:
    """Correct what a document says, as if it had always said so (T10). What is not mentioned stays.

    `due_on=None` has the due date worked out again; `base_minor=None` books it again at the rate of its day.
    `state` issues a draft. `returned_on` corrects the day of a return.
    """

    side: Side
    kind: Kind
    document: DocumentRef
    state: Literal[State.ISSUED] | Keep = KEEP
    party: PartyRef | Keep = KEEP
    number: str | Keep | None = KEEP
    issued_on: date | Keep = KEEP
    received_on: date | Keep | None = KEEP
    due_on: date | Keep | None = KEEP
    terms: Terms | Keep | None = KEEP
    instalments: tuple[Instalment, ...] | Keep = KEEP
    currency: str | Keep = KEEP
    amount_minor: int | Keep = KEEP
    base_minor: int | Keep | None = KEEP
    reason: Reason | Keep = KEEP
    returned_on: date | Keep = KEEP
    tags: tuple[Tag, ...] | Keep = KEEP
    body: Mapping[str, Any] | Keep = KEEP


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeDueDate:
    """From a day on, what is open of an instalment (counted from 1) falls due on another day (T10)."""

    side: Side
    charge: DocumentRef
    from_on: date
    due_on: date
    instalment: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoDocument:
    """Void or delete a document that nothing touches, as if it had never been (T9)."""

    side: Side
    kind: Kind
    document: DocumentRef
    state: Literal[State.VOID, State.DELETED]


@dataclass(frozen=True, slots=True, kw_only=True)
class SetStatus:
    """Say how far a payment or refund has come; a return says its day (T9)."""

    side: Side
    kind: Kind
    document: DocumentRef
    status: Status
    returned_on: date | None = None


@dataclass(frozen=True, slots=True)
class DefineTag:
    """Define a key of tags, or a value of it; None leaves what was said before. It is recorded beside the commands."""

    key: str
    value: str | None = None
    name: str | None = None
    archived: bool | None = None


@dataclass(frozen=True, slots=True)
class PutRates:
    """Add rates, or correct those quoted for the same currency and day; documents already booked stay as they are."""

    rates: tuple[Rate, ...]


@dataclass(frozen=True, slots=True)
class StartBooks:
    """Say from which day on the books are kept: opening items count from it (T18)."""

    on: date


@dataclass(frozen=True, slots=True)
class CloseBooks:
    """Close the books through a day, from the next write on; an earlier day than before opens them again (T16)."""

    through_on: date | None
    late: Late = Late.REFUSE


Command = (
    PutParty
    | ArchiveParty
    | UnarchiveParty
    | MergeParties
    | AddCharge
    | AddSettlement
    | AddWriteOff
    | AddRecovery
    | AddRefund
    | Allocate
    | TakeBack
    | MoveAllocation
    | EditDocument
    | ChangeDueDate
    | UndoDocument
    | SetStatus
    | PutRates
    | StartBooks
    | CloseBooks
)
