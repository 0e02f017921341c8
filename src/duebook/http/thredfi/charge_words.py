"""What invoices and bills are called, each on its side: their parts, and how they stand.

Source: docs/reference/thredfi.md, "Invoices and bills".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from duebook.http.writes import Fields
from duebook.ledger.facts import Side
from duebook.ledger.views import Standing

Sought = Standing | Literal["overdue"]
"""What a list may be filtered by: a way to stand, or that something is late."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What one side calls what both have. The day of issue is the first of `issued` that a body names.

    `status` has a word for each way to stand; `also` are more words that a filter may use.
    """

    side: Side
    noun: str
    number: str
    issued: tuple[str, ...]
    received: str | None = None
    status: Mapping[Standing, str]
    also: Mapping[str, Sequence[Sought]]
    payments: str
    payment_id: str
    credits: str
    credit_id: str
    credit_number: str
    refunds: str
    refund_id: str
    fields: Fields

    @property
    def dates(self) -> frozenset[str]:
        """The names of the days on which it was issued and received."""
        return frozenset({*self.issued, self.received or self.issued[0]})

    @property
    def sought(self) -> Mapping[str, Sequence[Sought]]:
        """What each word of a filter stands for; words are in lower case."""
        found: dict[str, list[Sought]] = {}
        for standing, word in self.status.items():
            found.setdefault(word.lower(), []).append(standing)
        return {**found, **self.also}


INVOICES: Final = Words(
    side=Side.RECEIVABLE,
    noun="invoice",
    number="invoice_number",
    issued=("sent_at",),
    status={
        Standing.OPEN: "SENT",
        Standing.PARTLY_SETTLED: "PARTIALLY_PAID",
        Standing.SETTLED: "PAID",
        Standing.VOID: "VOIDED",
        Standing.PARTLY_WRITTEN_OFF: "PARTIALLY_WRITTEN_OFF",
        Standing.WRITTEN_OFF: "WRITTEN_OFF",
        Standing.REFUNDED: "REFUNDED",
        Standing.DRAFT: "DRAFT",
    },
    also={"issued": [Standing.OPEN], "void": [Standing.VOID], "overdue": ["overdue"]},
    payments="payment_allocations",
    payment_id="payment_id",
    credits="credit_allocations",
    credit_id="credit_note_id",
    credit_number="credit_note_number",
    refunds="refund_allocations",
    refund_id="refund_id",
    fields={
        "party": "customer_id",
        "number": "invoice_number",
        "amount": "total_amount",
        "state": "voided_at",
        "issued_on": "sent_at",
        "effective_on": "sent_at",
        "due_on": "due_at",
        "tags": "transaction_tags",
        "document": "invoice_id",
    },
)
BILLS: Final = Words(
    side=Side.PAYABLE,
    noun="bill",
    number="bill_number",
    issued=("bill_date", "received_at"),
    received="received_at",
    status={
        Standing.OPEN: "RECEIVED",
        Standing.PARTLY_SETTLED: "PARTIALLY_PAID",
        Standing.SETTLED: "PAID",
        Standing.VOID: "VOIDED",
        Standing.PARTLY_WRITTEN_OFF: "PARTIALLY_PAID",
        Standing.WRITTEN_OFF: "PAID",
        Standing.REFUNDED: "PAID",
        Standing.DRAFT: "DRAFT",
    },
    also={"unpaid": [Standing.OPEN], "void": [Standing.VOID], "overdue": ["overdue"]},
    payments="bill_payment_allocations",
    payment_id="bill_payment_id",
    credits="vendor_credit_allocations",
    credit_id="vendor_credit_id",
    credit_number="vendor_credit_number",
    refunds="vendor_refund_allocations",
    refund_id="vendor_refund_id",
    fields={
        "party": "vendor_id",
        "number": "bill_number",
        "amount": "total_amount",
        "state": "voided_at",
        "issued_on": "bill_date",
        "effective_on": "bill_date",
        "received_on": "received_at",
        "due_on": "due_at",
        "tags": "transaction_tags",
        "document": "bill_id",
    },
)
