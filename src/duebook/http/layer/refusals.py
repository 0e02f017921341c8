"""What this dialect refuses beyond bad bodies, each with an answer of its own.

BadInput
|-- BadQuery: a query parameter
|   |-- UnknownParameter
|   |-- ConflictingParameters
|   |-- SeveralTagKeys
|   |-- UnknownTag
|   `-- BadCursor
|-- BadEffectiveDate
`-- BadBatch
    |-- EmptyBatch
    `-- BatchTooLarge
"""

from typing import Final

from duebook.http.inputs import BadInput, shown
from duebook.ledger.facts import Side


class BadQuery(BadInput):
    """A query parameter breaks a rule."""


class UnknownParameter(BadQuery):
    """A list refuses a query parameter that it does not have: a filter that is ignored would give a wrong answer."""

    def __init__(self, name: str, value: str, known: frozenset[str]) -> None:
        super().__init__(name, shown(value), f"is not a parameter of this list, which has {', '.join(sorted(known))}")


class ConflictingParameters(BadQuery):
    """Two query parameters do not rule each other out."""

    def __init__(self, field: str, value: str, rule: str) -> None:
        super().__init__(field, shown(value), rule)


class SeveralTagKeys(BadQuery):
    """A report is filtered by one key."""

    def __init__(self, keys: list[str]) -> None:
        super().__init__("tag_filter", shown(", ".join(keys)), "is about one key, with one value or more")


class UnknownTag(BadQuery):
    """A report is filtered by tags that there are: one that was mistyped would look as if nothing were open."""

    def __init__(self, key: str, value: str) -> None:
        super().__init__("tag_filter", shown(f"{key}:{value}"), "names a tag that this business has")


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
    "document": "invoiceId",
    "effective_on": "sent_at",
    "party": "customer_id",
    "number": "reference_number",
    "amount": "total_amount",
    "state": "voided_at",
    "issued_on": "sent_at",
    "due_on": "due_at",
}
BILL_FIELDS: Final = {
    "document": "billId",
    "effective_on": "received_at",
    "party": "vendor_id",
    "number": "reference_number",
    "amount": "total_amount",
    "issued_on": "received_at",
    "received_on": "received_at",
    "due_on": "due_at",
}
PAYMENT_FIELDS: Final = {
    side: {
        "document": "paymentId",
        "party": f"{whose}_id",
        "number": "reference_number",
        "settled_on": "paid_at",
        "issued_on": "paid_at",
        "effective_on": "paid_at",
        "allocations": f"{parts}[]",
        "charge": f"{parts}[]",
        "open": f"{parts}[]",
        "account_parts": parts,
    }
    for side, whose, parts in [
        (Side.RECEIVABLE, "customer", "invoice_payments"),
        (Side.PAYABLE, "vendor", "bill_payment_allocations"),
    ]
}
PAYMENT_OF_ONE_INVOICE_FIELDS: Final = {
    "party": "invoiceId",
    "number": "reference_number",
    "settled_on": "paid_at",
    "allocations": "invoiceId",
    "charge": "invoiceId",
    "open": "amount",
}
WRITE_OFF_FIELDS: Final = {
    "target": "invoiceId",
    "charge": "invoiceId",
    "number": "reference_number",
    "date": "write_off_at",
    "reason": "destination_account_identifier",
    "issued_on": "write_off_at",
    "open": "amount",
    "document": "writeOffId",
}
REFUND_FIELDS: Final = {
    "number": "reference_number",
    "date": "completed_at",
    "issued_on": "completed_at",
    "document": "refundId",
    "target": "external_id",
    "status": "refundPaymentId",
}
CREDIT_FIELDS: Final = {
    side: {
        "party": f"{whose}_id",
        "number": "reference_number",
        "settled_on": issued,
        "issued_on": issued,
        "amount": "line_items",
        "allocations": "allocations[]",
        "charge": "allocations[]",
        "open": "allocations[]",
        "document": f"{whose}CreditId",
    }
    for side, whose, issued in [(Side.RECEIVABLE, "customer", "sent_at"), (Side.PAYABLE, "vendor", "received_at")]
}
"""What bodies of this dialect call the parts of a write; see `RefusedWrite`."""
