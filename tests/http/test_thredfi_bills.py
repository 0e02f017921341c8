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


def bill(external_id: str, cents: int, **more: Any) -> dict[str, Any]:
    """A bill of one line from Bo."""
    lines = [{"quantity": 1, "unit_price": cents}]
    sent = {"external_id": external_id, "received_at": "2025-01-02", "vendor_external_id": "bo", "line_items": lines}
    return sent | more


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


def test_lists_are_filtered_as_published(books: Thredfi) -> None:
    """Given three bills of two vendors, when listed by each filter, then those that it lets through come."""
    bo = books.post("vendors/", {"external_id": "bo", "company_name": "Bo"})["id"]
    cy = books.post("vendors/", {"external_id": "cy", "company_name": "Cy Ltd"})["id"]
    books.post("bills/", bill("a", 1_000, due_at="2025-02-01", bill_number="N-1"))
    books.post("bills/", bill("b", 2_000, due_at="2999-01-01", bill_date="2025-01-01", received_at="2025-01-09"))
    books.post("bills/", bill("c", 3_000, vendor_external_id="cy"))
    books.post("bills/", bill("d", 4_000, voided_at="2025-01-03"))

    def found(**query: str) -> list[str]:
        return [one["external_id"] for one in books.get("bills/", **query)["results"]]

    assert ["d", "c", "b", "a"] == found() == found(vendor_id=f"{bo},{cy}")
    assert ["c"] == found(vendor_id=cy) == found(vendor_external_id="cy") == found(search="ltd")
    assert ["c", "b", "a"] == found(status="received") == found(status="UNPAID,partially_paid")
    assert found(status="received,partially_paid,voided") == ["d", "c", "b", "a"]
    assert found(status="overdue") == ["c", "a"]
    assert found(due_at_start="2025-02-01T00:00:00.000Z", due_at_end="2025-02-01T23:59:59.999Z") == ["a"]
    assert found(received_at_start="2025-01-09", received_at_end="2025-01-09") == ["b"]
    assert found(bill_date_end="2025-01-01") == ["b"]
    assert ["a"] == found(bill_number="N-1") == found(min_amount="1000", max_amount="1000")
    assert found(ordering="bill_date") == ["b", "a", "c", "d"]
    answer = books.ask("GET", "bills/", params={"status": "unheard"})
    assert (answer.status_code, list(answer.json()["detail"]["field_errors"])) == (400, ["status"])
