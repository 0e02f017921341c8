"""How a write is said in each dialect so that it may be sent again: invoices, and payments of a part of them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

INVOICE_DAY: Final = "2025-01-10"
DUE_DAY: Final = "2025-02-09"
PAYMENT_DAY: Final = "2025-03-01"


@dataclass(frozen=True)
class Write:
    """A request that records one document. Its amount is one that no other document of the business has."""

    path: str
    body: bytes
    kind: str
    amount: int
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Dialect:
    """How one dialect is told of an invoice, and of a payment for an invoice, of which it has the answer."""

    invoice: Callable[[str, str, int], Write]
    payment: Callable[[str, str, int, Any], Write]


def _write(path: str, body: Any, kind: str, amount: int, **headers: str) -> Write:
    said = {"Content-Type": "application/json"} | {name.replace("_", "-"): text for name, text in headers.items()}
    return Write(path, msgspec.json.encode(body), kind, amount, said)


# Layer: the external id of the client.


def _layer_invoice(business_id: str, party: str, amount: int) -> Write:
    body = {
        "external_id": f"I-{amount}",
        "sent_at": INVOICE_DAY,
        "due_at": DUE_DAY,
        "customer_external_id": party,
        "line_items": [{"product": "Work", "unit_price": amount}],
    }
    return _write(f"/v1/businesses/{business_id}/invoices", body, "charge", amount)


def _layer_payment(business_id: str, party: str, amount: int, invoice: Any) -> Write:
    body = {
        "external_id": f"P-{amount}",
        "paid_at": PAYMENT_DAY,
        "method": "ACH",
        "amount": amount,
        "invoice_payments": [{"invoice_id": invoice["data"]["id"], "amount": amount}],
    }
    return _write(f"/v1/businesses/{business_id}/invoices/payments", body, "payment", amount)


# Thredfi: the external id for an invoice, a key for a payment.


def _thredfi_invoice(business_id: str, party: str, amount: int) -> Write:
    body = {
        "external_id": f"I-{amount}",
        "sent_at": INVOICE_DAY,
        "due_at": DUE_DAY,
        "customer_external_id": party,
        "line_items": [{"quantity": 1, "unit_price": amount}],
    }
    return _write(f"/v1/platform/businesses/{business_id}/invoices/", body, "charge", amount)


def _thredfi_payment(business_id: str, party: str, amount: int, invoice: Any) -> Write:
    body = {
        "customer_id": invoice["customer"]["id"],
        "total_amount_cents": amount,
        "currency": "USD",
        "payment_method": "bank_transfer",
        "payment_date": PAYMENT_DAY,
        "allocations": [{"invoice_id": invoice["id"], "amount_cents": amount}],
    }
    path = f"/v1/platform/businesses/{business_id}/invoices/payments/"
    return _write(path, body, "payment", amount, Idempotency_Key=f"key-{amount}")


# Our own: the external ids of the documents.


def _own(business_id: str, kind: str, amount: int, command: dict[str, Any]) -> Write:
    fields = {"side": "receivable", "currency": "USD", "amount_minor": amount}
    return _write(f"/api/v1/businesses/{business_id}/commands", {"commands": [fields | command]}, kind, amount)


def _own_invoice(business_id: str, party: str, amount: int) -> Write:
    command = {
        "command": "add_charge",
        "external_id": f"I-{amount}",
        "party": {"external_id": party, "name": party},
        "issued_on": INVOICE_DAY,
        "due_on": DUE_DAY,
    }
    return _own(business_id, "charge", amount, command)


def _own_payment(business_id: str, party: str, amount: int, invoice: Any) -> Write:
    command = {
        "command": "add_settlement",
        "kind": "payment",
        "external_id": f"P-{amount}",
        "settled_on": PAYMENT_DAY,
        "allocations": [{"charge": {"id": invoice["results"][0]["id"]}, "amount_minor": amount}],
    }
    return _own(business_id, "payment", amount, command)


DIALECTS: Final = (
    Dialect(_layer_invoice, _layer_payment),
    Dialect(_thredfi_invoice, _thredfi_payment),
    Dialect(_own_invoice, _own_payment),
)
