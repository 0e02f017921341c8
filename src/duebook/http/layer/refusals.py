"""What this dialect refuses beyond bad bodies, each with an answer of its own.

BadInput
|-- BadQuery: a query parameter
|   |-- UnknownParameter
|   |-- ConflictingParameters
|   `-- BadCursor
|-- BadEffectiveDate
`-- BadBatch
    |-- EmptyBatch
    `-- BatchTooLarge
RefusedWrite: the ledger refused what a body asked for
"""

import re
from typing import Final

from duebook.http.inputs import BadInput, shown
from duebook.ledger.errors import (
    DocumentNotFound,
    ExternalIdConflict,
    LedgerError,
    NotOpen,
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


class BadBatch(BadInput):
    """A batch as a whole breaks a rule."""


class EmptyBatch(BadBatch):
    """A batch holds at least one object."""

    def __init__(self) -> None:
        super().__init__("", "", "the batch is empty")


class BatchTooLarge(BadBatch):
    """A batch holds at most so many objects."""

    def __init__(self, objects: int, at_most: int) -> None:
        super().__init__("", f"{objects} objects", f"a batch holds at most {at_most}")


INVOICE_FIELDS: Final = {
    "party": "customer_id",
    "number": "reference_number",
    "amount": "total_amount",
    "state": "voided_at",
    "issued_on": "sent_at",
    "due_on": "due_at",
}
BILL_FIELDS: Final = {
    "party": "vendor_id",
    "number": "reference_number",
    "amount": "total_amount",
    "issued_on": "received_at",
    "received_on": "received_at",
    "due_on": "due_at",
}
INVOICE_PAYMENT_FIELDS: Final = {
    "party": "invoice_payments",
    "number": "reference_number",
    "settled_on": "paid_at",
    "allocations": "invoice_payments",
    "charge": "invoice_payments",
    "open": "invoice_payments",
}
PAYMENT_OF_ONE_INVOICE_FIELDS: Final = {
    "party": "invoiceId",
    "number": "reference_number",
    "settled_on": "paid_at",
    "allocations": "invoiceId",
    "charge": "invoiceId",
    "open": "amount",
}
BILL_PAYMENT_FIELDS: Final = {
    "party": "bill_payment_allocations",
    "number": "reference_number",
    "settled_on": "paid_at",
    "allocations": "bill_payment_allocations",
    "charge": "bill_payment_allocations",
    "open": "bill_payment_allocations",
}
"""What this dialect calls the parts of a write that the ledger has its own words for."""

_ALONG_FIELDS: Final = {
    "party": "external_id",
    "number": "reference_number",
    "settled_on": "paid_at",
    "allocations": "external_id",
    "charge": "external_id",
}
"""The same for payments that come along: only by its external id can one be another document's."""

_LISTS: Final = frozenset({"invoice_payments", "bill_payment_allocations"})
_WORDS: Final = {
    Side.RECEIVABLE: {"charge": "invoice", "party": "customer"},
    Side.PAYABLE: {"charge": "bill", "party": "vendor"},
}


class RefusedWrite(Exception):
    """The ledger refused what a body asked for; `field` is the body's own word for what it is about."""

    def __init__(self, error: LedgerError, side: Side, fields: dict[str, str], at: str) -> None:
        self.error, self.side = error, side
        self.values = error.values
        along = error.settlement is not None
        name = _named(error, _ALONG_FIELDS if along else fields)
        if isinstance(error, ExternalIdConflict):
            self.values["differing"] = name
        self.field = f"{at}payments[{error.settlement}].{name}" if along else at + name
        super().__init__(f"{self.field}: {self._said()}")

    def _said(self) -> str:
        words = _WORDS[self.side]
        match self.error:
            case ExternalIdConflict(external_id=external_id) if self.values["differing"] == "external_id":
                return f"external id {external_id!r} is already recorded for another {words['charge']}"
            case ExternalIdConflict(external_id=external_id):
                return f"external id {external_id!r} is already recorded with other {self.values['differing']}"
            case DocumentNotFound(given=given):
                return f"no {words['charge']} {given}"
            case PartyNotFound():
                return str(self.error)
        return re.sub("charge|party", lambda found: words[found[0]], str(self.error))


def _named(error: LedgerError, fields: dict[str, str]) -> str:
    match error:
        case OverAllocated():
            about = "open"
        case DocumentNotFound() | NotOpen() | OtherParty():
            about = "charge"
        case ExternalIdConflict(differing=about):
            pass
        case _:
            about = error.field
    name = fields.get(about, about)
    return f"{name}[{error.allocation}]" if name in _LISTS and error.allocation is not None else name
