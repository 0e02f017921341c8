"""What can be asked of a ledger: each command is one fact that a writer wants recorded.

Units: minor units of the currency named; dates are calendar days.
Holds: a command says only what its writer said; what follows from it (due date, entries) is the book's work.
Source: docs/rule.md, T4, T5.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from duebook.days import Terms
from duebook.ids import new_id
from duebook.ledger.facts import AllocationId, DocumentId, Kind, PartyId, Side, State, Tag


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


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAllocation:
    """Part of a payment or credit for one charge, on the day stated or else on the first that fits (T5)."""

    charge: DocumentRef
    amount_minor: int
    effective_on: date | None = None
    id: AllocationId = field(default_factory=lambda: AllocationId(new_id()))


@dataclass(frozen=True, slots=True, kw_only=True)
class AddSettlement:
    """Record a payment or a credit with zero or more allocations; the rest stays unapplied.

    Without a party it belongs to the party of its first charge. `base_minor` is for a foreign currency.
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
    tags: tuple[Tag, ...] = ()
    body: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class AddCharge:
    """Record an invoice or a bill, with the payments that came along with it."""

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
    currency: str
    amount_minor: int
    base_minor: int | None = None
    tags: tuple[Tag, ...] = ()
    body: Mapping[str, Any] = field(default_factory=dict)
    settlements: tuple[AddSettlement, ...] = ()


Command = PutParty | ArchiveParty | AddCharge | AddSettlement
