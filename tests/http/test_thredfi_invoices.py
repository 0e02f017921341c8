"""Invoices in Thredfi's dialect."""

from typing import Any

import httpx
import pytest

from tests.http.thredfi_world import ELSEWHERE, Thredfi, new_thredfi
from tests.http.world import Platform

CHAIRS: dict[str, Any] = {
    "external_id": "inv-1",
    "invoice_number": "2025-001",
    "sent_at": "2025-01-10",
    "due_at": "2025-02-09T09:30:00Z",
    "customer_external_id": "ann",
    "line_items": [
        {"product": "chairs", "unit_price": 1299, "quantity": 2, "sales_taxes": [{"amount": 218}]},
        {"description": "a table", "unit_price_cents": 25_000, "quantity": "1.00", "account_code": "4000"},
    ],
    "additional_discount": 250,
    "memo": "thanks",
    "metadata": {"order": 7},
    "transaction_tags": [{"key": "region", "value": "north"}],
}
"""The vendor's worked example."""


@pytest.fixture
def books(client: httpx.Client, platform: Platform) -> Thredfi:
    """A business with empty books."""
    return new_thredfi(client, platform)


def test_an_invoice_is_recorded_once_and_found_again(books: Thredfi) -> None:
    """Given the worked example, when it is sent twice and found by id, then 201, then 200, with the published sums."""
    made = books.post("invoices/", CHAIRS)
    assert made == books.post("invoices/", CHAIRS, status=200) == books.get(f"invoices/{made['id']}/")
    sums = {name: made[name] for name in ("subtotal", "additional_discount", "total_amount", "outstanding_balance")}
    assert sums == {
        "subtotal": 27_598,
        "additional_discount": 250,
        "total_amount": 27_566,
        "outstanding_balance": 27_566,
    }
    assert [(one["unit_price"], one["quantity"], one["total_amount"]) for one in made["line_items"]] == [
        (1299, 2, 2_816),
        (25_000, 1, 25_000),
    ]
    assert (made["type"], made["status"], made["is_overdue"], made["currency"]) == ("Invoice", "SENT", True, "USD")
    assert (made["sent_at"], made["due_at"], made["paid_at"], made["voided_at"]) == (
        "2025-01-10",
        "2025-02-09T09:30:00Z",
        None,
        None,
    )
    for name in ("external_id", "invoice_number", "memo", "metadata", "transaction_tags"):
        assert CHAIRS[name] == made[name]
    assert made["customer"] == books.get(f"customers/{made['customer']['id']}/")
    assert (made["customer"]["external_id"], made["customer"]["outstanding_balance"]) == ("ann", 27_566)
    assert books.aging()["total_outstanding_cents"] == 27_566


def test_what_is_not_there_is_not_found(books: Thredfi) -> None:
    """Given an id of nothing, when it is found, then 404 in the words of the side."""
    answer = books.ask("GET", f"invoices/{ELSEWHERE}/")
    assert (answer.status_code, answer.json()["error_code"]) == (404, "invoice_not_found")
