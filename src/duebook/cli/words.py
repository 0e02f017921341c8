"""What parties and documents are called on each side.

Source: docs/rule.md, "Words".
"""

from typing import Final

from duebook.ledger.facts import Kind, Side

PARTY: Final = {Side.RECEIVABLE: "customer", Side.PAYABLE: "vendor"}
KINDS: Final = {
    (side, kind): kind.replace("_", "-") if kind is Kind.WRITE_OFF else kind.value for side in Side for kind in Kind
} | {
    (Side.RECEIVABLE, Kind.CHARGE): "invoice",
    (Side.RECEIVABLE, Kind.CREDIT): "credit note",
    (Side.PAYABLE, Kind.CHARGE): "bill",
    (Side.PAYABLE, Kind.CREDIT): "vendor credit",
}
"""What a document is called; a payment, a refund, a write-off and a recovery are called the same on both."""
