"""Bills in Thredfi's dialect."""

from typing import Any

import httpx
import pytest

from tests.http.thredfi_world import ELSEWHERE, Thredfi, new_thredfi
from tests.http.world import Platform

PAPER: dict[str, Any] = {
    "external_id": "bill-1",
    "bill_number": "B-1",
    "vendor_bill_number": "V-77",
    "purchase_order_number": "PO-9",
    "bill_date": "2025-01-08",
    "received_at": "2025-01-10T10:00:00Z",
    "terms": "net_30",
    "approved_at": "2025-01-11",
    "vendor_external_id": "bo",
    "line_items": [{"product": "paper", "unit_price": 500, "quantity": 3}],
    "reference_numbers": ["R-1"],
    "attachment_urls": ["https://example.com/1.pdf"],
    "memo": "for the office",
}


@pytest.fixture
def books(client: httpx.Client, platform: Platform) -> Thredfi:
    """A business with empty books."""
    return new_thredfi(client, platform)


def test_a_bill_is_recorded_once_and_found_again(books: Thredfi) -> None:
    """Given a bill, when it is sent twice and found by id, then 201, then 200; terms count from its date."""
    made = books.post("bills/", PAPER)
    assert made == books.post("bills/", PAPER, status=200) == books.get(f"bills/{made['id']}/")
    for name in PAPER.keys() - {"line_items", "vendor_external_id"}:
        assert PAPER[name] == made[name], name
    assert (made["type"], made["status"], made["is_overdue"], made["currency"]) == ("Bill", "RECEIVED", True, "USD")
    assert (made["issue_date"], made["due_at"]) == ("2025-01-08T00:00:00Z", "2025-02-07T00:00:00Z")
    assert (made["total_amount"], made["outstanding_balance"], made["vendor"]["external_id"]) == (1500, 1500, "bo")
    assert books.aging("ap")["total_outstanding_cents"] == 1500


def test_what_is_not_there_is_not_found(books: Thredfi) -> None:
    """Given an id of nothing, when it is found, then 404 in the words of the side."""
    answer = books.ask("GET", f"bills/{ELSEWHERE}/")
    assert (answer.status_code, answer.json()["error_code"]) == (404, "bill_not_found")
