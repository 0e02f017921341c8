"""Bills: recorded with their sums, terms, vendors and payments; found again; repeated; in batches."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.http.layer_world import BILL, Layer, bill, new_layer
from tests.http.world import Platform, bearer, partner_token


@pytest.fixture
def books(client: httpx.Client, platform: Platform) -> Layer:
    """A business with empty books."""
    return new_layer(client, platform)


def test_a_bill_is_recorded_with_the_payment_that_came_along(books: Layer) -> None:
    """Given a bill with a payment that has no day, when recorded, then it was paid on the bill's day."""
    made = books.post("bills", BILL)
    said = {"status": "PARTIALLY_PAID", "terms": "NET_30", "received_at": "2024-06-01T00:00:00Z"}
    assert made.items() >= (said | {"total_amount": 10_000, "outstanding_balance": 6_000}).items()
    assert made["due_at"] == "2024-07-01T00:00:00Z"
    (paid,) = books.get("bills/bill-payments")["data"]
    assert (paid["external_id"], paid["at"], paid["method"]) == ("bill-payment-1", "2024-06-01T00:00:00Z", "ACH")
    assert paid["allocations"][0]["bill_id"] == made["id"]
    assert books.get(f"bills/{made['id']}")["data"] == made
    assert books.get("bills")["data"] == [made]


def test_what_is_said_of_a_bill_is_given_back(books: Layer) -> None:
    """Given published fields that decide nothing, when recorded, then each is given back as it was given."""
    line = {
        "product_name": "Paper",
        "description": "A4",
        "unit_price": 100,
        "quantity": 2,
        "discount_amount": 10,
        "sales_taxes": [{"amount": 19, "tax_rate": 0.1, "tax_rate_name": "VAT"}],
        "external_id": "l",
    }
    said: dict[str, Any] = {"memo": "m", "metadata": {"a": 1}, "reference_number": "R", "additional_discount": 9}
    made = books.post("bills", bill("1", line_items=[line], tags=[{"key": "k", "value": "v"}], **said))
    assert made.items() >= said.items()
    assert made["line_items"][0].items() >= line.items()
    assert (made["subtotal"], made["total_amount"], made["bill_number"]) == (200, 200, "R")
    assert [(tag["key"], tag["value"]) for tag in made["transaction_tags"]] == [("k", "v")]


@pytest.mark.parametrize(
    ("terms", "due"),
    [
        ("DUE_ON_RECEIPT", "2024-01-31"),
        ("NET_10", "2024-02-10"),
        ("NET_15", "2024-02-15"),
        ("NET_30", "2024-03-01"),
        ("NET_60", "2024-03-31"),
    ],
)
def test_terms_count_from_the_day_it_was_received(books: Layer, terms: str, due: str) -> None:
    """Given terms and no due date, when recorded, then it is due so many days after it was received."""
    made = books.post("bills", bill("1", received_at="2024-01-31", due_at=None, bill_terms=terms))
    assert (made["terms"], made["due_at"]) == (terms, f"{due}T00:00:00Z")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"due_at": None}, "due_at"),
        ({"bill_terms": "NET_30"}, "due_at"),
        ({"due_at": None, "bill_terms": "NET_45"}, "bill_terms"),
        ({"received_at": None}, "received_at"),
        ({"received_at": "2024-02-30"}, "received_at"),
        ({"vendor_external_id": None}, "vendor_id"),
        ({"vendor_id": str(uuid4())}, "vendor_id"),
        ({"vendor_id": str(uuid4()), "vendor_external_id": None}, "vendor_id"),
        ({"line_items": []}, "line_items"),
        ({"line_items": [{"unit_price": 1}]}, "line_items[0].product_name"),
        ({"payments": [{"amount": 10_001}]}, "payments"),
        ({"payments": [{"amount": 1, "paid_at": "x"}]}, "payments[0].paid_at"),
        ({"received_at": "9999-12-01", "due_at": None, "bill_terms": "NET_60"}, "due_at"),
    ],
)
def test_a_bad_bill_is_refused(books: Layer, change: dict[str, Any], field: str) -> None:
    """Given a value that breaks a rule, when recorded, then 400 names the field and nothing is written."""
    assert books.refused("bills", bill("1") | change)["meta"]["field"] == field


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"due_at": "2024-05-02"}, "due_at"),
        ({"due_at": None, "bill_terms": "NET_30"}, "due_at"),
        ({"received_at": "2024-04-02"}, "received_at"),
        ({"vendor_external_id": "other"}, "vendor_id"),
        ({"reference_number": "other"}, "reference_number"),
        ({"additional_discount": 1}, "total_amount"),
        ({"memo": "other"}, "memo"),
    ],
)
def test_a_repeated_external_id_with_other_content_is_a_conflict(
    books: Layer, change: dict[str, Any], field: str
) -> None:
    """Given a bill, when its external id comes again, then 200 with the same content, 409 with another value."""
    made = books.post("bills", bill("1"))
    assert books.post("bills", bill("1"), status=200) == made
    refused = books.refused("bills", bill("1") | change, status=409)
    assert (refused["error_enum"], refused["meta"]["field"]) == ("ExternalIdConflict", field)


def test_a_batch_of_bills_is_recorded_as_a_whole(books: Layer) -> None:
    """Given several bills, when sent together, then all are recorded in their order, or none."""
    made = books.post("bills/bulk", [bill("1"), bill("2", 5, vendor_external_id="other")], status=200)
    assert [one["external_id"] for one in made] == ["1", "2"]
    refused = books.refused("bills/bulk", [bill("3"), bill("4", payments=[{"amount": 10_001}])])
    assert refused["meta"]["field"] == "[1].payments"


def test_bills_age_in_the_other_dialect(client: httpx.Client, platform: Platform, books: Layer) -> None:
    """Given bills recorded here, when payables are aged there, then what is open is in its band."""
    made = books.post("bills", BILL)
    (report,) = client.get(
        f"/v1/platform/businesses/{books.business_id}/insights/ap-aging/",
        params={"as_of_date": "2024-07-31"},
        headers=bearer(partner_token(client, platform)),
    ).json()
    (row,) = report["vendors"]
    assert (row["vendor_id"], row["vendor_name"]) == (made["vendor"]["id"], "vendor-1")
    assert row["aging_buckets"] == {
        "current": 0,
        "days_1_30": 6_000,
        "days_31_60": 0,
        "days_61_90": 0,
        "over_90_days": 0,
    }
