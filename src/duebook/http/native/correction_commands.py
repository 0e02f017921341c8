"""Commands about what is recorded already: allocations made, moved and taken back, and documents corrected.

Units: minor units of the document's currency.
"""

from datetime import date
from typing import Annotated, Literal, TypeVar
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from duebook.http.inputs import BadInput, free_json
from duebook.http.native.command_base import Asked
from duebook.http.native.shapes import (
    Currency,
    DocumentName,
    Free,
    Instalments,
    NewAllocation,
    Number,
    PartyName,
    PositiveMinor,
    Tags,
    Terms,
    Text,
    allocations_of,
    currency_of,
    tags_of,
)
from duebook.ledger import commands
from duebook.ledger.commands import KEEP, Keep
from duebook.ledger.facts import AllocationId, Kind, Reason, Side, State, Status

T = TypeVar("T")


class Allocate(Asked, kw_only=True, frozen=True):
    """Apply more of a payment or credit that is recorded already."""

    side: Side
    kind: Literal["payment", "credit"]
    source: DocumentName
    allocations: Annotated[list[NewAllocation], Meta(min_length=1, max_length=1_000)]
    across_parties: Annotated[bool, Meta(description="Whether it may settle charges of other parties")] = False

    def asked(self, at: str) -> commands.Allocate:
        """What the ledger is asked for."""
        return commands.Allocate(
            side=self.side,
            kind=Kind(self.kind),
            source=self.source.asked(f"{at}.source"),
            allocations=allocations_of(f"{at}.allocations", self.allocations),
            across_parties=self.across_parties,
        )


class TakeBack(Asked, kw_only=True, frozen=True):
    """Take an allocation back: as if it had never been, or from a later day on."""

    side: Side
    id: UUID
    on: date | None = None

    def asked(self, at: str) -> commands.TakeBack:  # noqa: ARG002 - nothing in it can be wrong by itself
        """What the ledger is asked for."""
        return commands.TakeBack(side=self.side, id=AllocationId(self.id), on=self.on)


class MoveAllocation(Asked, kw_only=True, frozen=True):
    """Take an allocation back and apply its money to another charge; `on` is the day for both, if one is stated."""

    side: Side
    id: UUID
    to: NewAllocation
    on: date | None = None

    def asked(self, at: str) -> commands.MoveAllocation:
        """What the ledger is asked for."""
        return commands.MoveAllocation(
            side=self.side, id=AllocationId(self.id), to=self.to.asked(f"{at}.to"), on=self.on
        )


class EditDocument(Asked, kw_only=True, frozen=True):
    """Correct what a document says, as if it had always said so. What is not mentioned stays as it is.

    `due_on` null has the due date worked out again, `base_minor` null books it again at the rate of its day, and
    `state` issues a draft. Due dates, terms or instalments given drop changes of the due date.
    """

    side: Side
    kind: Kind
    document: DocumentName
    state: Literal["issued"] | UnsetType = UNSET
    party: PartyName | UnsetType = UNSET
    number: Text | UnsetType | None = UNSET
    issued_on: Annotated[date | UnsetType, Meta(description="Its own date, whatever its kind")] = UNSET
    received_on: date | UnsetType | None = UNSET
    due_on: date | UnsetType | None = UNSET
    terms: Terms | UnsetType | None = UNSET
    instalments: Instalments | UnsetType = UNSET
    currency: Currency | UnsetType = UNSET
    amount_minor: PositiveMinor | UnsetType = UNSET
    base_minor: PositiveMinor | UnsetType | None = UNSET
    reason: Reason | UnsetType = UNSET
    returned_on: date | UnsetType = UNSET
    tags: Tags | UnsetType = UNSET
    body: Free | UnsetType = UNSET

    def asked(self, at: str) -> commands.EditDocument:
        """What the ledger is asked for."""
        return commands.EditDocument(
            side=self.side,
            kind=self.kind,
            document=self.document.asked(f"{at}.document"),
            state=KEEP if self.state is UNSET else State.ISSUED,
            party=KEEP if self.party is UNSET else self.party.asked(f"{at}.party"),
            number=_kept(self.number),
            issued_on=_kept(self.issued_on),
            received_on=_kept(self.received_on),
            due_on=_kept(self.due_on),
            terms=_kept(self.terms.asked if isinstance(self.terms, Terms) else self.terms),
            instalments=KEEP if self.instalments is UNSET else tuple(one.asked for one in self.instalments),
            currency=KEEP if self.currency is UNSET else currency_of(f"{at}.currency", self.currency),
            amount_minor=_kept(self.amount_minor),
            base_minor=_kept(self.base_minor),
            reason=_kept(self.reason),
            returned_on=_kept(self.returned_on),
            tags=KEEP if self.tags is UNSET else tags_of(self.tags),
            body=KEEP if self.body is UNSET else free_json(f"{at}.body", self.body),
        )


class ChangeDueDate(Asked, kw_only=True, frozen=True):
    """From a day on, what is open of an instalment falls due on another day; earlier days keep the old one."""

    side: Side
    charge: DocumentName
    from_on: date
    due_on: date
    instalment: Number = 1

    def asked(self, at: str) -> commands.ChangeDueDate:
        """What the ledger is asked for."""
        return commands.ChangeDueDate(
            side=self.side,
            charge=self.charge.asked(f"{at}.charge"),
            from_on=self.from_on,
            due_on=self.due_on,
            instalment=self.instalment,
        )


class UndoDocument(Asked, kw_only=True, frozen=True):
    """Void or delete a document that nothing touches, as if it had never been."""

    side: Side
    kind: Kind
    document: DocumentName
    state: Annotated[Literal["void", "deleted"], Meta(description="One that is deleted also leaves lists")]

    def asked(self, at: str) -> commands.UndoDocument:
        """What the ledger is asked for."""
        return commands.UndoDocument(
            side=self.side,
            kind=self.kind,
            document=self.document.asked(f"{at}.document"),
            state=State.VOID if self.state == "void" else State.DELETED,
        )


class SetStatus(Asked, kw_only=True, frozen=True):
    """Say how far a payment or a refund has come; a return says its day."""

    side: Side
    kind: Literal["payment", "refund"]
    document: DocumentName
    status: Status
    returned_on: date | None = None

    def asked(self, at: str) -> commands.SetStatus:
        """What the ledger is asked for."""
        if (self.status is Status.RETURNED) is not (self.returned_on is not None):
            raise BadInput(f"{at}.returned_on", "", "is given with the status returned, and only with it")
        return commands.SetStatus(
            side=self.side,
            kind=Kind(self.kind),
            document=self.document.asked(f"{at}.document"),
            status=self.status,
            returned_on=self.returned_on,
        )


def _kept(given: T | UnsetType) -> T | Keep:
    return KEEP if given is UNSET else given
