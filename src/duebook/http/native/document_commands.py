"""Commands that record documents: charges, settlements, write-offs, recoveries, refunds.

Units: minor units of the currency named; `base_minor` is in the business's base currency.
"""

from datetime import date
from typing import Annotated, Literal

from msgspec import Meta, field

from duebook.http.inputs import BadInput, free_json
from duebook.http.native.command_base import Asked
from duebook.http.native.shapes import (
    Allocations,
    Currency,
    DocumentName,
    ExternalId,
    Free,
    Given,
    Instalments,
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
from duebook.ledger.facts import Kind, Reason, Side, State, Status

BaseMinor = Annotated[
    PositiveMinor | None, Meta(description="In base currency; worked out at the rate of its day without it")
]


class Settlement(Given, kw_only=True, frozen=True):
    """A payment or a credit that comes along with a charge, with zero or more allocations; the rest is unapplied."""

    kind: Literal["payment", "credit"]
    external_id: ExternalId | None = None
    party: Annotated[PartyName | None, Meta(description="That of its first charge without it")] = None
    number: Text | None = None
    settled_on: date
    currency: Currency
    amount_minor: PositiveMinor
    base_minor: BaseMinor = None
    allocations: Allocations = field(default_factory=list)
    across_parties: Annotated[bool, Meta(description="Whether it may settle charges of other parties")] = False
    status: Annotated[Status, Meta(description="Of a payment")] = Status.COMPLETED
    returned_on: Annotated[date | None, Meta(description="The day of a return, with status returned")] = None
    opening: Annotated[bool, Meta(description="Whether it counts from the start of the books (T18)")] = False
    tags: Tags = field(default_factory=list)
    body: Free = field(default_factory=dict)

    def settlement(self, at: str, side: Side) -> commands.AddSettlement:
        """What the ledger is asked for. Raises BadInput; `at` is where it stands."""
        return commands.AddSettlement(
            side=side,
            kind=Kind(self.kind),
            external_id=self.external_id,
            party=self.party.asked(f"{at}.party") if self.party else None,
            number=self.number,
            settled_on=self.settled_on,
            currency=currency_of(f"{at}.currency", self.currency),
            amount_minor=self.amount_minor,
            base_minor=self.base_minor,
            allocations=allocations_of(f"{at}.allocations", self.allocations),
            across_parties=self.across_parties,
            status=self.status,
            returned_on=self.returned_on,
            opening=self.opening,
            tags=tags_of(self.tags),
            body=free_json(f"{at}.body", self.body),
        )


class AddSettlement(Asked, Settlement, kw_only=True, frozen=True):
    """Record a payment or a credit with zero or more allocations; the rest stays unapplied."""

    side: Side

    def asked(self, at: str) -> commands.AddSettlement:
        """What the ledger is asked for."""
        return self.settlement(at, self.side)


class AddCharge(Asked, kw_only=True, frozen=True):
    """Record an invoice or a bill, with the payments and credits that came along with it.

    Without `due_on`, `terms` and `instalments` the party's terms give the due date, else it is the issue date.
    `instalments` stand in place of the other two and add up to the amount.
    """

    side: Side
    external_id: ExternalId | None = None
    state: Annotated[Literal["issued", "draft", "void"], Meta(description="Only an issued charge counts")] = "issued"
    party: PartyName
    number: Text | None = None
    issued_on: date
    received_on: date | None = None
    due_on: date | None = None
    terms: Terms | None = None
    instalments: Instalments = field(default_factory=list)
    currency: Currency
    amount_minor: PositiveMinor
    base_minor: BaseMinor = None
    opening: Annotated[bool, Meta(description="Whether it counts from the start of the books (T18)")] = False
    tags: Tags = field(default_factory=list)
    body: Free = field(default_factory=dict)
    settlements: Annotated[list[Settlement], Meta(max_length=100)] = field(default_factory=list)

    def asked(self, at: str) -> commands.AddCharge:
        """What the ledger is asked for."""
        if self.instalments and (self.due_on or self.terms):
            raise BadInput(f"{at}.instalments", "", "stand in place of due_on and terms, not beside them")
        if self.due_on and self.terms:
            raise BadInput(f"{at}.terms", "", "stand in place of due_on, not beside it")
        return commands.AddCharge(
            side=self.side,
            external_id=self.external_id,
            state=State(self.state),
            party=self.party.asked(f"{at}.party"),
            number=self.number,
            issued_on=self.issued_on,
            received_on=self.received_on,
            due_on=self.due_on,
            terms=self.terms.asked if self.terms else None,
            instalments=tuple(one.asked for one in self.instalments),
            currency=currency_of(f"{at}.currency", self.currency),
            amount_minor=self.amount_minor,
            base_minor=self.base_minor,
            opening=self.opening,
            tags=tags_of(self.tags),
            body=free_json(f"{at}.body", self.body),
            settlements=tuple(
                one.settlement(f"{at}.settlements[{place}]", self.side) for place, one in enumerate(self.settlements)
            ),
        )


class AddWriteOff(Asked, kw_only=True, frozen=True):
    """Give up a charge in part; without an amount, all that can be given up from that day on."""

    side: Side
    external_id: ExternalId | None = None
    charge: DocumentName
    number: Text | None = None
    written_off_on: date
    amount_minor: PositiveMinor | None = None
    reason: Reason
    tags: Tags = field(default_factory=list)
    body: Free = field(default_factory=dict)

    def asked(self, at: str) -> commands.AddWriteOff:
        """What the ledger is asked for."""
        return commands.AddWriteOff(
            side=self.side,
            external_id=self.external_id,
            charge=self.charge.asked(f"{at}.charge"),
            number=self.number,
            written_off_on=self.written_off_on,
            amount_minor=self.amount_minor,
            reason=self.reason,
            tags=tags_of(self.tags),
            body=free_json(f"{at}.body", self.body),
        )


class AddRecovery(Asked, kw_only=True, frozen=True):
    """Reverse a write-off on a day of its own, in part; without an amount, all that is left of it."""

    side: Side
    external_id: ExternalId | None = None
    write_off: DocumentName
    number: Text | None = None
    recovered_on: date
    amount_minor: PositiveMinor | None = None
    tags: Tags = field(default_factory=list)
    body: Free = field(default_factory=dict)

    def asked(self, at: str) -> commands.AddRecovery:
        """What the ledger is asked for."""
        return commands.AddRecovery(
            side=self.side,
            external_id=self.external_id,
            write_off=self.write_off.asked(f"{at}.write_off"),
            number=self.number,
            recovered_on=self.recovered_on,
            amount_minor=self.amount_minor,
            tags=tags_of(self.tags),
            body=free_json(f"{at}.body", self.body),
        )


class AddRefund(Asked, kw_only=True, frozen=True):
    """Pay money back: unapplied money of a payment or credit, or what was paid of a charge."""

    side: Side
    external_id: ExternalId | None = None
    of_kind: Literal["payment", "credit", "charge"]
    of: DocumentName
    number: Text | None = None
    refunded_on: date
    amount_minor: PositiveMinor
    status: Annotated[Status, Meta(description="One that is pending changes nothing yet")] = Status.COMPLETED
    returned_on: Annotated[date | None, Meta(description="The day of a return, with status returned")] = None
    tags: Tags = field(default_factory=list)
    body: Free = field(default_factory=dict)

    def asked(self, at: str) -> commands.AddRefund:
        """What the ledger is asked for."""
        return commands.AddRefund(
            side=self.side,
            external_id=self.external_id,
            of_kind=Kind(self.of_kind),
            of=self.of.asked(f"{at}.of"),
            number=self.number,
            refunded_on=self.refunded_on,
            amount_minor=self.amount_minor,
            status=self.status,
            returned_on=self.returned_on,
            tags=tags_of(self.tags),
            body=free_json(f"{at}.body", self.body),
        )
