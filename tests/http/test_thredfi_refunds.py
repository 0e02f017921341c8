"""Refunds in Thredfi's dialect: to customers, and of vendors."""

from datetime import date
from typing import Any

import httpx
import pytest

from duebook.ledger.commands import AddCharge, AddSettlement, NewAllocation, NewParty
from duebook.ledger.facts import Kind, Side
from tests.http.thredfi_world import ELSEWHERE, Thredfi, new_thredfi
from tests.http.world import Platform, findings, new_business, write

WIDGET: dict[str, Any] = {
    "method": "BANK_TRANSFER",
    "external_id": "refund-1795775031213",
    "completed_at": "2025-04-10T10:23:47.669Z",
    "amount_cents": 1_500,
}
"""What the vendor's browser widget sends, beside the invoice."""


@pytest.fixture
def books(client: httpx.Client, platform: Platform) -> Thredfi:
    """A business with empty books."""
    return new_thredfi(client, platform)


def charged(books: Thredfi, database_url: str, side: Side, number: str = "1", party: str = "ann") -> str:
    """The id of a charge of 100.00 on the first of March, of which 60.00 are paid on the fifth."""
    charge = AddCharge(
        side=side,
        external_id=number,
        number=number,
        party=NewParty(party, party),
        issued_on=date(2025, 3, 1),
        currency="USD",
        amount_minor=10_000,
    )
    paid = AddSettlement(
        side=side,
        kind=Kind.PAYMENT,
        external_id=f"pay-{number}",
        settled_on=date(2025, 3, 5),
        currency="USD",
        amount_minor=6_000,
        allocations=(NewAllocation(charge=charge.id, amount_minor=6_000),),
    )
    made, _ = write(database_url, books.business_id, charge, paid)
    return str(made.id)


@pytest.fixture
def invoice(books: Thredfi, database_url: str) -> str:
    """The id of an invoice of 100.00, of which 60.00 are paid."""
    return charged(books, database_url, Side.RECEIVABLE)


def test_a_refund_is_paid_back_as_the_widget_asks(books: Thredfi, invoice: str, database_url: str) -> None:
    """Given 60.00 paid, when the widget refunds 15.00, then it is paid, found and shown, and nothing is owed again."""
    before = books.aging(as_of_date="2025-04-30")
    made = books.post("invoices/refunds/", WIDGET | {"invoice_id": invoice, "memo": "m"})
    assert (made["status"], made["refunded_amount"], made["currency"]) == ("paid", 1_500, "USD")
    assert (made["customer_name"], made["completed_at"], made["memo"]) == ("ann", WIDGET["completed_at"], "m")
    (part,) = made["allocations"]
    assert (part["allocation_type"], part["invoice_id"], part["invoice_number"]) == ("invoice", invoice, "1")
    assert (part["amount"], part["invoice_outstanding_balance_cents"]) == (1_500, 4_000)
    assert part["allocation_date"] == "2025-04-10T00:00:00Z"
    (paid,) = made["refund_payments"]
    assert (paid["refund_id"], paid["refunded_amount"], paid["method"]) == (made["id"], 1_500, "BANK_TRANSFER")
    assert made == books.post("invoices/refunds/", WIDGET | {"invoice_id": invoice, "memo": "m"}, status=200)
    assert made == books.get(f"invoices/refunds/{made['id']}/")
    assert books.get("invoices/refunds/")["results"] == [made]
    shown = books.get(f"invoices/{invoice}/")
    assert shown["outstanding_balance"] == 4_000
    assert [(one["refund_id"], one["amount_cents"]) for one in shown["refund_allocations"]] == [(made["id"], 1_500)]
    assert books.aging(as_of_date="2025-04-30") == before
    assert findings(database_url, books.business_id) == []


def test_without_an_amount_all_that_was_paid_is_refunded(books: Thredfi, invoice: str) -> None:
    """Given 60.00 paid and 15.00 refunded, when a refund names no amount, then it is of 45.00, and no other is left."""
    books.post("invoices/refunds/", WIDGET | {"invoice_id": invoice})
    made = books.post("invoices/refunds/", {"invoice_id": invoice, "completed_at": "2025-04-11"})
    assert made["refunded_amount"] == 4_500
    said = books.refused("POST", "invoices/refunds/", {"invoice_id": invoice, "completed_at": "2025-04-12"})
    assert list(said["detail"]["field_errors"]) == ["amount_cents"]


def test_a_refund_is_paid_in_parts(books: Thredfi, invoice: str, database_url: str) -> None:
    """Given a refund that names no day, when it is paid in parts, then it is pending, processing, paid, and no more."""
    made = books.post("invoices/refunds/", {"invoice_id": invoice, "amount_cents": 5_000, "external_id": "r"})
    assert (made["status"], made["refund_payments"], made["completed_at"]) == ("pending", [], None)
    assert books.get(f"invoices/{invoice}/")["refund_allocations"] == []
    address = f"invoices/refunds/{made['id']}/"
    first = books.post(f"{address}payments/", {"amount_cents": 2_000, "external_id": "p", "completed_at": "2025-04-02"})
    assert first == books.post(f"{address}payments/", {"amount_cents": 2_000, "external_id": "p"}, status=200)
    now = books.get(address)
    assert (now["status"], now["refunded_amount"], [one["amount"] for one in now["allocations"]]) == (
        "processing",
        5_000,
        [5_000],
    )
    shown = books.get(f"invoices/{invoice}/")["refund_allocations"]
    assert [(one["refund_id"], one["amount_cents"]) for one in shown] == [(made["id"], 2_000)]
    said = books.refused("POST", f"{address}payments/", {"amount_cents": 3_001})
    assert list(said["detail"]["field_errors"]) == ["amount_cents"]
    second = books.post(f"{address}payments/", {"amount_cents": 3_000, "method": "CASH"})
    assert books.get(address)["status"] == "paid"
    assert books.get(f"{address}payments/")["results"] == [first, second]
    assert books.get(f"{address}payments/{second['id']}/") == second
    assert books.ask("DELETE", f"{address}payments/{first['id']}/").status_code == 204
    assert (books.get(address)["status"], books.get(f"{address}payments/")["count"]) == ("processing", 1)
    said = books.refused("DELETE", f"{address}payments/{second['id']}/", None, 409)
    assert said["error_code"] == "invalid_state"
    again = {"invoice_id": invoice, "amount_cents": 5_000, "external_id": "r"}
    assert books.post("invoices/refunds/", again, status=200)["status"] == "processing"
    assert findings(database_url, books.business_id) == []


def test_more_than_was_paid_is_refused_with_the_figures(books: Thredfi, invoice: str) -> None:
    """Given 60.00 paid and refunds of 15.00 paid and 20.00 to come, when 25.01 are, then 400 tells of 25.00."""
    books.post("invoices/refunds/", WIDGET | {"invoice_id": invoice})
    books.post("invoices/refunds/", {"invoice_id": invoice, "amount_cents": 2_000})
    for body in ({}, {"completed_at": "2025-04-12"}):
        said = books.refused("POST", "invoices/refunds/", {"invoice_id": invoice, "amount_cents": 2_501} | body)
        assert (said["error_code"], list(said["detail"]["field_errors"])) == ("validation_error", ["amount_cents"])
        assert (said["detail"]["open_minor"], said["detail"]["offered_minor"]) == (2_500, 2_501)
    early = {"invoice_id": invoice, "amount_cents": 100, "completed_at": "2025-03-04"}
    assert books.refused("POST", "invoices/refunds/", early)["detail"]["open_minor"] == 0


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"invoice_id": ELSEWHERE}, "invoice_id"),
        ({"invoice_id": "1"}, "invoice_id"),
        ({"amount_cents": 0}, "amount_cents"),
        ({"amount_cents": "1"}, "amount_cents"),
        ({"method": "BARTER"}, "method"),
        ({"completed_at": "soon"}, "completed_at"),
        ({"external_id": ""}, "external_id"),
        ({"refund_processing_fee_cents": -1}, "refund_processing_fee_cents"),
        ({"metadata": {"x": "y" * 11_000}}, "metadata"),
    ],
)
def test_a_bad_field_is_named(books: Thredfi, invoice: str, said: dict[str, Any], field: str) -> None:
    """Given a field that breaks a rule, when a refund is sent, then 400 names it."""
    found = books.refused("POST", "invoices/refunds/", WIDGET | {"invoice_id": invoice} | said)
    assert (found["error_code"], list(found["detail"]["field_errors"])) == ("validation_error", [field])


def test_other_content_under_an_external_id_is_a_conflict(books: Thredfi, invoice: str) -> None:
    """Given a refund, when its external id comes with other content, then 409 names what differs."""
    books.post("invoices/refunds/", WIDGET | {"invoice_id": invoice})
    for name, value in (("amount_cents", 1), ("memo", "x"), ("completed_at", "2025-04-11")):
        said = books.refused("POST", "invoices/refunds/", WIDGET | {"invoice_id": invoice, name: value}, 409)
        assert (said["error_code"], said["detail"]["differing"]) == ("duplicate_external_id", name)


def test_a_key_has_a_refund_paid_once(books: Thredfi, invoice: str) -> None:
    """Given requests with an idempotency key, when sent twice, then done once; with another body, 409."""
    body = {"invoice_id": invoice, "amount_cents": 1_000}
    key = {"Idempotency-Key": "one"}
    made = books.send("POST", "invoices/refunds/", body, 201, **key)
    assert made == books.send("POST", "invoices/refunds/", body, 200, **key)
    books.refused("POST", "invoices/refunds/", body | {"amount_cents": 1}, 409, **key)
    address, key = f"invoices/refunds/{made['id']}/payments/", {"Idempotency-Key": "two"}
    paid = books.send("POST", address, {"amount_cents": 400}, 201, **key)
    assert paid == books.send("POST", address, {"amount_cents": 400}, 200, **key)
    assert books.get(address)["count"] == 1


def test_a_deleted_refund_has_never_been(books: Thredfi, invoice: str, database_url: str) -> None:
    """Given a refund paid in parts, when it is deleted, then it is not found, and all can be refunded again."""
    made = books.post("invoices/refunds/", {"invoice_id": invoice})
    address = f"invoices/refunds/{made['id']}/"
    for day in ("2025-04-02", "2025-04-03"):
        books.post(f"{address}payments/", {"amount_cents": 2_000, "completed_at": day})
    assert books.ask("DELETE", address).status_code == 204
    assert books.refused("DELETE", address, None, 404)["error_code"] == "refund_not_found"
    assert books.get("invoices/refunds/")["results"] == []
    assert books.post("invoices/refunds/", {"invoice_id": invoice})["refunded_amount"] == 6_000
    assert findings(database_url, books.business_id) == []


def test_refunds_are_filtered(books: Thredfi, invoice: str, database_url: str) -> None:
    """Given refunds of each status and of two customers, when listed by one of them, then the latest comes first."""
    other = charged(books, database_url, Side.RECEIVABLE, "2", "bob")
    for number, invoice_id in (("a", invoice), ("b", invoice), ("c", other)):
        made = books.post("invoices/refunds/", {"invoice_id": invoice_id, "amount_cents": 1_000, "external_id": number})
        if number != "a":
            body = {"amount_cents": 400 if number == "b" else 1_000}
            books.post(f"invoices/refunds/{made['id']}/payments/", body)

    def found(**query: str) -> list[str]:
        return [one["external_id"] for one in books.get("invoices/refunds/", **query)["results"]]

    assert found() == ["c", "b", "a"]
    assert [found(status=one) for one in ("pending", "processing", "PAID", "cancelled")] == [["a"], ["b"], ["c"], []]
    assert (found(search="BOB"), found(external_id="b"), found(invoice_id=other)) == (["c"], ["b"], ["c"])
    assert found(page="2", page_size="2") == ["a"]
    answer = books.ask("GET", "invoices/refunds/", params={"status": "done"})
    assert (answer.status_code, list(answer.json()["detail"]["field_errors"])) == (400, ["status"])


def test_what_is_not_there_is_not_found(books: Thredfi, invoice: str, client: httpx.Client, platform: Platform) -> None:
    """Given a refund, when it is asked for in another business, or one that is not there, then 404."""
    made = books.post("invoices/refunds/", WIDGET | {"invoice_id": invoice})
    paid = made["refund_payments"][0]["id"]
    elsewhere = new_business(client, platform)
    for method, tail in (
        ("GET", ""),
        ("DELETE", ""),
        ("GET", "payments/"),
        ("POST", "payments/"),
        ("GET", f"payments/{paid}/"),
    ):
        for business_id, refund_id in ((elsewhere, made["id"]), (books.business_id, ELSEWHERE)):
            url = f"/v1/platform/businesses/{business_id}/invoices/refunds/{refund_id}/{tail}"
            answer = client.request(method, url, auth=platform.basic, json={"amount_cents": 1})
            assert (answer.status_code, answer.json()["error_code"]) == (404, "refund_not_found")
    for method in ("GET", "DELETE"):
        answer = books.ask(method, f"invoices/refunds/{made['id']}/payments/{ELSEWHERE}/")
        assert (answer.status_code, answer.json()["error_code"]) == (404, "refund_payment_not_found")
