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


def invoice(external_id: str, cents: int, **more: Any) -> dict[str, Any]:
    """An invoice of one line for Ann."""
    lines = [{"quantity": 1, "unit_price": cents}]
    sent = {"external_id": external_id, "sent_at": "2025-01-02", "customer_external_id": "ann", "line_items": lines}
    return sent | more


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


def test_lists_are_filtered_as_published(books: Thredfi) -> None:
    """Given three invoices of two customers, when listed by each filter, then those that it lets through come."""
    ann = books.post("customers/", {"external_id": "ann", "company_name": "Ann & Sons"})["id"]
    bob = books.post("customers/", {"external_id": "bob", "company_name": "Bob"})["id"]
    books.post("invoices/", invoice("a", 1_000, due_at="2025-02-01", invoice_number="N-1"))
    books.post("invoices/", invoice("b", 2_000, due_at="2999-01-01", memo="tables"))
    books.post("invoices/", invoice("c", 3_000, sent_at="2025-03-01", customer_external_id="bob"))
    books.post("invoices/", invoice("d", 4_000, voided_at="2025-01-03"))

    def found(**query: str) -> list[str]:
        page = books.get("invoices/", **query)
        assert page["count"] == page["page_info"]["total_count"] == len(page["results"])
        return [one["external_id"] for one in page["results"]]

    assert ["d", "c", "b", "a"] == found() == found(status="") == found(unknown="x") == found(params="status=paid")
    assert found(customer_id=ann) == ["d", "b", "a"]
    assert found(customer_id=f"{ann},{bob}", status="sent,overdue") == ["c", "b", "a"]
    assert ["c"] == found(customer_external_id="bob") == found(customer_external_id="bob", customer_id=bob)
    assert found(customer_external_id="nobody") == []
    assert ["c", "b", "a"] == found(status="SENT") == found(status="issued")
    assert found(status="overdue") == ["c", "a"]
    assert ["d"] == found(status="voided") == found(status="paid,void")
    assert found(status="draft,partially_paid,paid,refunded,written_off,partially_written_off") == []
    assert found(due_at_start="2025-02-01", due_at_end="2025-02-01T23:59:59.999Z") == ["a"]
    assert ["c"] == found(sent_at_start="2025-02-01") == found(sent_at_start="2025-03-01", sent_at_end="2025-03-01")
    assert found(min_amount="2000", max_amount="3000") == ["c", "b"]
    assert ["a"] == found(invoice_number="N-1") == found(external_id="a") == found(search=" n-1 ")
    assert found(search="TABLES") == ["b"]
    assert found(search="bob") == ["c"]
    assert ["a", "b", "c", "d"] == found(ordering="created_at") == found(ordering="total_amount")
    assert ["d", "c", "b", "a"] == found(sort="total_amount", order="desc") == found(ordering="-total_amount")
    assert found(ordering="-due_at") == ["b", "c", "a", "d"]


def test_lists_are_paged(books: Thredfi) -> None:
    """Given five invoices, when listed by twos, then each comes once, the latest first, and nothing past the end."""
    for number in range(5):
        books.post("invoices/", invoice(f"i-{number}", 100))
    pages = [books.get("invoices/", page=page, page_size=2) for page in range(1, 5)]
    assert [[one["external_id"] for one in page["results"]] for page in pages] == [
        ["i-4", "i-3"],
        ["i-2", "i-1"],
        ["i-0"],
        [],
    ]
    assert pages[1]["page_info"] == {"total_count": 5, "current_page": 2, "total_pages": 3, "page_size": 2}


@pytest.mark.parametrize(
    ("query", "field", "rule"),
    [
        ({"status": "unheard"}, "status", "is one of sent, partially_paid, paid, voided"),
        ({"customer_id": "x"}, "customer_id", "is a UUID, or several joined by commas"),
        ({"customer_id": ELSEWHERE, "customer_external_id": "ann"}, "customer_external_id", "is of one that"),
        ({"due_at_start": "2025-02-30"}, "due_at_start", "is a date that exists"),
        ({"sent_at_start": "2025-02-02", "sent_at_end": "2025-02-01"}, "sent_at_end", "is not before sent_at_start"),
        ({"min_amount": "ten"}, "min_amount", "is whole cents, zero or more"),
        ({"min_amount": "2", "max_amount": "1"}, "max_amount", "is not before min_amount"),
        ({"ordering": "-colour"}, "ordering", "is one of created_at, updated_at"),
        ({"sort": "due_at", "order": "up"}, "order", "is asc or desc"),
        ({"page": "0"}, "page", "expected int >= 1"),
        ({"page_size": "0"}, "page_size", "expected int >= 1"),
        ({"page_size": "10000"}, "page_size", "expected int <= 100"),
    ],
)
def test_a_bad_filter_is_named(books: Thredfi, query: dict[str, str], field: str, rule: str) -> None:
    """Given a filter that breaks a rule, when invoices are listed, then 400 names it and the rule."""
    books.post("invoices/", invoice("a", 1_000))
    answer = books.ask("GET", "invoices/", params=query)
    assert (answer.status_code, answer.json()["error_code"]) == (400, "validation_error")
    ((named, (said,)),) = answer.json()["detail"]["field_errors"].items()
    assert (named, said[: len(rule)]) == (field, rule)


def test_a_live_client_reads_invoices_as_the_widget_does(client: httpx.Client, platform: Platform) -> None:
    """Given a token of the live profile, when invoices are read, then words are small and a due date is there."""
    books = new_thredfi(client, platform, wire_profile="live")
    made = books.post("invoices/", invoice("a", 1_000))
    assert (made["status"], made["due_at"], made["is_overdue"]) == ("sent", "2025-01-02T00:00:00Z", True)
    books.post("invoices/", invoice("b", 1_000, customer_external_id="bob"))
    folded = f"customer_id={made['customer']['id']}&status=sent%2Cpartially_paid&page_size=100&search=å"
    assert books.get("invoices/", params=folded)["results"] == []
    page = books.get("invoices/", params=folded.replace("å", "ANN"))
    assert (page["results"], page["page_info"]["page_size"]) == ([made], 100)
    assert books.ask("GET", "invoices/", params={"params": "search=%00"}).status_code == 400
    assert books.ask("GET", "invoices/", params={"params": "page_size=0"}).status_code == 400
