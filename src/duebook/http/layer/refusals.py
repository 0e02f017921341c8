"""What this dialect refuses beyond bad bodies, each with an answer of its own.

BadInput
|-- BadQuery: a query parameter
|   |-- UnknownParameter
|   |-- ConflictingParameters
|   `-- BadCursor
|-- BadEffectiveDate
`-- EmptyBatch
RefusedWrite: the ledger refused what a body asked for
"""

import re
from typing import Final

from duebook.http.inputs import BadInput, shown
from duebook.ledger.commands import AddCharge, Command
from duebook.ledger.errors import (
    DocumentNotFound,
    ExternalIdConflict,
    LedgerError,
    NotOpen,
    OtherCurrency,
    OtherParty,
    OverAllocated,
    PartyNotFound,
)
from duebook.ledger.facts import Side


class BadQuery(BadInput):
    """A query parameter breaks a rule."""


class UnknownParameter(BadQuery):
    """A list refuses a query parameter that it does not have: a filter that is ignored would give a wrong answer."""

    def __init__(self, name: str, value: str, known: frozenset[str]) -> None:
        super().__init__(name, shown(value), f"is not a parameter of this list, which has {', '.join(sorted(known))}")


class ConflictingParameters(BadQuery):
    """Two query parameters that name the same thing name the same one."""

    def __init__(self, field: str, value: str, other: str) -> None:
        super().__init__(field, shown(value), f"is not the one that {other} names")


class BadCursor(BadQuery):
    """A cursor is what an earlier page of the same list, in the same order, gave."""

    def __init__(self, cursor: str) -> None:
        super().__init__("cursor", shown(cursor), "is the cursor of an earlier page in the same order")


class BadEffectiveDate(BadInput):
    """The day to age as of is a date or a time stamp that exists."""


class EmptyBatch(BadInput):
    """A batch holds at least one object."""

    def __init__(self) -> None:
        super().__init__("", "", "the batch is empty")


INVOICE_FIELDS: Final = {
    "party": "customer_id",
    "number": "reference_number",
    "amount": "total_amount",
    "state": "voided_at",
    "issued_on": "sent_at",
    "due_on": "due_at",
    "charge": "payments",
}
BILL_FIELDS: Final = {
    "party": "vendor_id",
    "number": "reference_number",
    "amount": "total_amount",
    "issued_on": "received_at",
    "received_on": "received_at",
    "due_on": "due_at",
    "charge": "payments",
}
INVOICE_PAYMENT_FIELDS: Final = {
    "party": "invoice_payments",
    "number": "reference_number",
    "settled_on": "paid_at",
    "allocations": "invoice_payments",
    "charge": "invoice_payments",
}
BILL_PAYMENT_FIELDS: Final = {
    "party": "bill_payment_allocations",
    "number": "reference_number",
    "settled_on": "paid_at",
    "allocations": "bill_payment_allocations",
    "charge": "bill_payment_allocations",
}
"""What this dialect calls the parts of a write that the ledger has its own words for."""

_ABOUT_A_CHARGE: Final = (DocumentNotFound, NotOpen, OtherCurrency, OtherParty, OverAllocated)


_WORDS: Final = {
    Side.RECEIVABLE: {"charge": "invoice", "party": "customer"},
    Side.PAYABLE: {"charge": "bill", "party": "vendor"},
}


class RefusedWrite(Exception):
    """The ledger refused what a body asked for; `field` is the body's own word for what it is about."""

    def __init__(self, error: LedgerError, command: Command, side: Side, fields: dict[str, str], at: str) -> None:
        self.error, self.side = error, side
        self.values = {name: value for name, value in vars(error).items() if name != "at"}
        about = "charge" if isinstance(error, _ABOUT_A_CHARGE) else error.field
        if isinstance(error, ExternalIdConflict):
            about = "charge" if _came_along(error, command) else error.differing
            self.values["differing"] = fields.get(about, about)
        self.field = at + fields.get(about, about)
        super().__init__(f"{self.field}: {self._said()}")

    def _said(self) -> str:
        words = _WORDS[self.side]
        match self.error:
            case ExternalIdConflict(external_id=external_id):
                return f"external id {external_id!r} is already recorded with other {self.values['differing']}"
            case DocumentNotFound(given=given):
                return f"no {words['charge']} {given}"
            case PartyNotFound():
                return str(self.error)
        return re.sub("charge|party", lambda found: words[found[0]], str(self.error))


def _came_along(error: ExternalIdConflict, command: Command) -> bool:
    """Whether the external id is that of a payment which came along with a charge."""
    return isinstance(command, AddCharge) and error.external_id != command.external_id
