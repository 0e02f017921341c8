"""The facts a ledger is made of, and the entries they give.

Units: amounts are minor units (int) of the currency beside them; base amounts are minor units of the business's base
currency; dates are calendar days.
Holds: a fact is never changed in place: a later version of it is another value.
Source: docs/rule.md, "Words".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, NewType
from uuid import UUID

from duebook.days import Terms

PartyId = NewType("PartyId", UUID)
DocumentId = NewType("DocumentId", UUID)
AllocationId = NewType("AllocationId", UUID)


class Side(StrEnum):
    """Who owes whom: customers owe the business, or the business owes its vendors."""

    RECEIVABLE = "receivable"
    PAYABLE = "payable"


class Kind(StrEnum):
    """What a document is. A charge is an invoice or a bill, a credit is a credit note or a vendor credit."""

    CHARGE = "charge"
    PAYMENT = "payment"
    CREDIT = "credit"


class State(StrEnum):
    """Whether a document counts. Only an issued one does."""

    ISSUED = "issued"
    DRAFT = "draft"
    VOID = "void"


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


@dataclass(frozen=True, slots=True)
class Tag:
    """A label that a writer put on a party or a document."""

    key: str
    value: str
    key_name: str | None = None
    value_name: str | None = None


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A charge, a payment or a credit, as known at a version.

    `issued_on` is the day from which it counts; for a payment, the day it was paid. `body` holds what decides neither
    who owes, how much nor when: lines, memo, stamps as they were given.
    """

    id: DocumentId
    side: Side
    kind: Kind
    external_id: str | None
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocation:
    """Part of a payment or a credit, applied to a charge on a day; `stated` if the writer named that day."""

    id: AllocationId
    source_id: DocumentId
    charge_id: DocumentId
    effective_on: date
    stated: bool
    amount_minor: int


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
