"""Refunds in Thredfi's dialect: to customers, and of vendors."""

from datetime import date
from typing import Any
from uuid import UUID

import httpx
import pytest

from duebook.ledger.commands import AddCharge, AddRefund, AddSettlement, NewAllocation, NewParty
from duebook.ledger.facts import DocumentId, Kind, Side, Status
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
    answer = books.ask("GET", "invoices/refunds/", params={"invoice_id": f"{other},{invoice}"})
    assert (answer.status_code, list(answer.json()["detail"]["field_errors"])) == (400, ["invoice_id"])
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


@pytest.fixture
def bill(books: Thredfi, database_url: str) -> str:
    """The id of a bill of 100.00, of which 60.00 are paid."""
    return charged(books, database_url, Side.PAYABLE)


def overpaid(books: Thredfi, database_url: str, bill_id: str, amount: int = 10_000) -> str:
    """The id of a payment of 100.00 on the tenth of March, of which 40.00 are for the bill."""
    payment = AddSettlement(
        side=Side.PAYABLE,
        kind=Kind.PAYMENT,
        external_id="over",
        settled_on=date(2025, 3, 10),
        currency="USD",
        amount_minor=amount,
        allocations=(NewAllocation(charge=DocumentId(UUID(bill_id)), amount_minor=4_000),),
    )
    (made,) = write(database_url, books.business_id, payment)
    return str(made.id)


def unapplied(books: Thredfi, **query: str) -> int:
    """What vendors hold of the business's money."""
    address = f"/api/v1/businesses/{books.business_id}/reports/aging"
    report = books.client.get(address, headers=books.headers, params={"side": "payable", **query})
    assert report.status_code == 200, report.text
    return sum(one["unapplied_minor"] for one in report.json()["totals"])


def vendor_of(books: Thredfi, bill_id: str) -> str:
    """The id of the vendor of a bill."""
    vendor_id: str = books.get(f"bills/{bill_id}/")["vendor"]["id"]
    return vendor_id


def test_a_vendor_pays_back_as_the_widget_asks(books: Thredfi, bill: str, database_url: str) -> None:
    """Given 60.00 paid of a bill, when the widget records that 12.34 came back, then it is complete, and shown."""
    body = {
        "vendor_id": vendor_of(books, bill),
        "external_id": "vrefund-1795775127496",
        "total_refunded_amount_cents": 1_234,
        "currency": "USD",
        "refund_type": "other",
        "refund_date": "2025-04-10",
        "reference_number": "R-1",
        "allocations": [{"allocation_type": "bill", "bill_id": bill, "amount_cents": 1_234}],
        "payments": [{"refunded_amount_cents": 1_234, "payment_method": "bank_transfer", "payment_date": "2025-04-10"}],
    }
    made = books.post("vendor-refunds/", body)
    assert made == books.post("vendor-refunds/", body, status=200) == books.get(f"vendor-refunds/{made['id']}")
    assert (made["status"], made["refund_type"], made["refund_date"]) == ("completed", "other", "2025-04-10")
    assert (made["total_refunded_amount"], made["allocated_amount"], made["unallocated_amount"]) == (1_234, 1_234, 0)
    assert (made["vendor_name"], made["currency"], made["reference_number"]) == ("ann", "USD", "R-1")
    (part,) = made["allocations"]
    assert (part["allocation_type"], part["bill_id"], part["bill_number"], part["amount"]) == ("bill", bill, "1", 1_234)
    assert part["bill_outstanding_balance_cents"] == 4_000
    (paid,) = made["vendor_refund_payments"]
    assert (paid["refunded_amount"], paid["payment_method"], paid["net_amount"]) == (1_234, "bank_transfer", 1_234)
    shown = books.get(f"bills/{bill}/")
    assert shown["outstanding_balance"] == 4_000
    assert [
        (one["vendor_refund_id"], one["amount_cents"], one["reference_number"])
        for one in shown["vendor_refund_allocations"]
    ] == [(made["id"], 1_234, "R-1")]
    assert findings(database_url, books.business_id) == []


def test_unapplied_money_comes_back_in_parts(books: Thredfi, bill: str, database_url: str) -> None:
    """Given 60.00 unapplied, when 50.00 come back on two days, then each lowers it on its own day."""
    payment_id = overpaid(books, database_url, bill)
    assert unapplied(books, as_of="2025-03-31") == -6_000
    body = {
        "vendor_id": vendor_of(books, bill),
        "total_refunded_amount_cents": 5_000,
        "refund_type": "overpayment",
        "refund_date": "2025-04-01",
        "allocations": [{"allocation_type": "payment", "bill_payment_id": payment_id, "amount_cents": 5_000}],
    }
    made = books.post("vendor-refunds/", body)
    address = f"vendor-refunds/{made['id']}/"
    assert (made["status"], unapplied(books, as_of="2025-12-31")) == ("pending", -6_000)
    first = books.post(f"{address}payments/", {"refunded_amount_cents": 2_000, "payment_date": "2025-04-05"})
    assert books.get(address)["status"] == "allocated"
    second = books.post(f"{address}payments/", {"refunded_amount_cents": 3_000, "payment_date": "2025-04-20"})
    assert books.get(address)["status"] == "completed"
    assert [unapplied(books, as_of=f"2025-04-{day}") for day in ("04", "05", "19", "20")] == [
        -6_000,
        -4_000,
        -4_000,
        -1_000,
    ]
    (part,) = books.get(address)["allocations"]
    assert (part["allocation_type"], part["bill_payment_id"], part["amount"]) == ("payment", payment_id, 5_000)
    assert books.get(f"{address}payments/")["results"] == [first, second]
    assert books.get(f"{address}payments/{first['id']}/") == first
    assert books.ask("DELETE", f"{address}payments/{first['id']}/").status_code == 204
    assert [unapplied(books, as_of=f"2025-04-{day}") for day in ("19", "20")] == [-6_000, -3_000]
    said = books.refused("POST", f"{address}payments/", {"refunded_amount_cents": 2_001})
    assert list(said["detail"]["field_errors"]) == ["refunded_amount_cents"]
    assert books.ask("DELETE", address).status_code == 204
    assert unapplied(books, as_of="2025-12-31") == -6_000
    assert findings(database_url, books.business_id) == []


def test_what_is_not_allocated_comes_out_of_unapplied_money(books: Thredfi, bill: str, database_url: str) -> None:
    """Given 60.00 unapplied, when a refund of 61.00 names no target, then 400; with 10.00 of a bill, it fits."""
    overpaid(books, database_url, bill)
    body = {"vendor_id": vendor_of(books, bill), "total_refunded_amount_cents": 6_100}
    said = books.refused("POST", "vendor-refunds/", body)
    assert list(said["detail"]["field_errors"]) == ["total_refunded_amount_cents"]
    assert "6000" in said["message"]
    body |= {
        "total_refunded_amount_cents": 6_000,
        "allocations": [{"bill_id": bill, "amount_cents": 1_000, "description": "broken"}],
    }
    made = books.post("vendor-refunds/", body)
    assert [(one["allocation_type"], one["amount"], one["description"]) for one in made["allocations"]] == [
        ("bill", 1_000, "broken"),
        ("payment", 5_000, None),
    ]
    books.post(f"vendor-refunds/{made['id']}/payments/", {"refunded_amount_cents": 6_000})
    assert unapplied(books) == -1_000
    assert findings(database_url, books.business_id) == []


def test_a_refund_is_cancelled_only_before_a_part_has_come(books: Thredfi, bill: str) -> None:
    """Given pending refunds, when one is cancelled, then nothing comes of it; once a part has come, 409."""
    body = {
        "vendor_id": vendor_of(books, bill),
        "total_refunded_amount_cents": 4_000,
        "allocations": [{"bill_id": bill, "amount_cents": 4_000}],
    }
    first = books.post("vendor-refunds/", body)
    assert books.refused("POST", "vendor-refunds/", body)["detail"]["open_minor"] == 2_000
    cancelled = books.post(f"vendor-refunds/{first['id']}/cancel/", status=200)
    assert cancelled["status"] == "cancelled"
    assert books.post(f"vendor-refunds/{first['id']}/cancel/", status=200) == cancelled
    pay = {"refunded_amount_cents": 1_000}
    said = books.refused("POST", f"vendor-refunds/{first['id']}/payments/", pay, 409)
    assert said["error_code"] == "invalid_state"
    second = books.post("vendor-refunds/", body)
    books.post(f"vendor-refunds/{second['id']}/payments/", pay)
    said = books.refused("POST", f"vendor-refunds/{second['id']}/cancel/", None, 409)
    assert said["error_code"] == "invalid_state"
    assert books.get(f"vendor-refunds/{second['id']}/")["status"] == "allocated"


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"vendor_id": ELSEWHERE}, "vendor_id"),
        ({"total_refunded_amount_cents": 0}, "total_refunded_amount_cents"),
        ({"total_refunded_amount_cents": 999}, "total_refunded_amount_cents"),
        ({"currency": "EUR"}, "currency"),
        ({"refund_type": "gift"}, "refund_type"),
        ({"refund_date": "2025-02-30"}, "refund_date"),
        ({"payments": [{"refunded_amount_cents": 1_001}]}, "payments"),
        ({"payments": [{"refunded_amount_cents": 1, "payment_date": "x"}]}, "payments[0].payment_date"),
        ({"allocations": [{"bill_id": ELSEWHERE, "amount_cents": 1_000}]}, "allocations[0].bill_id"),
        ({"allocations": [{"bill_payment_id": ELSEWHERE, "amount_cents": 1_000}]}, "allocations[0].bill_payment_id"),
        ({"allocations": [{"amount_cents": 1_000}]}, "allocations[0].bill_id"),
        ({"allocations": [{"allocation_type": "payment", "amount_cents": 1_000}]}, "allocations[0].bill_payment_id"),
        ({"allocations": [{"allocation_type": "credit", "amount_cents": 1_000}]}, "allocations[0].allocation_type"),
    ],
)
def test_a_bad_field_of_a_vendors_refund_is_named(books: Thredfi, bill: str, said: dict[str, Any], field: str) -> None:
    """Given a field that breaks a rule, when a refund of a vendor is sent, then 400 names it."""
    body: dict[str, Any] = {
        "vendor_id": vendor_of(books, bill),
        "total_refunded_amount_cents": 1_000,
        "allocations": [{"bill_id": bill, "amount_cents": 1_000}],
    }
    found = books.refused("POST", "vendor-refunds/", body | said)
    assert (found["error_code"], list(found["detail"]["field_errors"])) == ("validation_error", [field])


def test_a_refund_is_of_one_vendor_and_of_what_was_paid(books: Thredfi, bill: str, database_url: str) -> None:
    """Given paid bills of two vendors, when a refund is of the other's, or of more than was paid, then 400."""
    other = charged(books, database_url, Side.PAYABLE, "2", "bob")
    body: dict[str, Any] = {"vendor_id": vendor_of(books, bill), "total_refunded_amount_cents": 2_000}
    for parts, place in (([other], 0), ([bill, other], 1)):
        amount = 2_000 // len(parts)
        allocations = [{"bill_id": one, "amount_cents": amount} for one in parts]
        said = books.refused("POST", "vendor-refunds/", body | {"allocations": allocations})
        assert next(iter(said["detail"]["field_errors"])).startswith(f"allocations[{place}]")
    twice = [{"bill_id": bill, "amount_cents": 3_001}] * 2
    said = books.refused("POST", "vendor-refunds/", body | {"total_refunded_amount_cents": 6_002, "allocations": twice})
    assert list(said["detail"]["field_errors"]) == ["allocations[1].amount_cents"]
    assert said["detail"]["open_minor"] == 2_999
    overpaid(books, database_url, bill)
    said = books.refused("POST", "vendor-refunds/", body | {"allocations": [{"bill_id": other, "amount_cents": 1_000}]})
    assert list(said["detail"]["field_errors"]) == ["allocations[0].bill_id"]


def test_refunds_of_vendors_are_filtered_and_ordered(books: Thredfi, bill: str, database_url: str) -> None:
    """Given refunds of two vendors on three days, when listed, then by status, vendor, day, text and in any order."""
    other = charged(books, database_url, Side.PAYABLE, "2", "bob")
    for number, bill_id, day in (("a", bill, "2025-04-03"), ("b", other, "2025-04-01"), ("c", bill, "2025-04-02")):
        body = {
            "vendor_id": vendor_of(books, bill_id),
            "external_id": number,
            "total_refunded_amount_cents": 1_000,
            "refund_date": day,
            "allocations": [{"bill_id": bill_id, "amount_cents": 1_000}],
            "payments": [{"refunded_amount_cents": {"a": 1_000, "b": 100, "c": 0}[number]}] if number != "c" else [],
        }
        books.post("vendor-refunds/", body)

    def found(**query: str) -> list[str]:
        return [one["external_id"] for one in books.get("vendor-refunds/", **query)["results"]]

    assert found() == ["c", "b", "a"]
    assert (found(ordering="refund_date"), found(ordering="-refund_date")) == (["b", "c", "a"], ["a", "c", "b"])
    assert found(ordering="vendor__company_name")[-1] == "b"
    statuses = ("pending", "allocated", "completed", "partially_allocated", "cancelled")
    assert [found(status=one) for one in statuses] == [["c"], ["b"], ["a"], [], []]
    assert found(vendor_id=vendor_of(books, other)) == found(search="bob") == ["b"]
    assert found(refund_date_start="2025-04-02", refund_date_end="2025-04-02") == ["c"]
    assert (found(currency="USD"), found(currency="EUR")) == (["c", "b", "a"], [])
    for name, value in (("ordering", "size"), ("status", "done"), ("vendor_id", "ann")):
        answer = books.ask("GET", "vendor-refunds/", params={name: value})
        assert (answer.status_code, list(answer.json()["detail"]["field_errors"])) == (400, [name])


def test_another_businesss_refund_of_a_vendor_is_not_found(
    books: Thredfi, bill: str, client: httpx.Client, platform: Platform
) -> None:
    """Given a refund of a vendor, when another business asks for it, or one is not there, then 404."""
    body = {
        "vendor_id": vendor_of(books, bill),
        "total_refunded_amount_cents": 1_000,
        "allocations": [{"bill_id": bill, "amount_cents": 1_000}],
    }
    made = books.post("vendor-refunds/", body)
    elsewhere = new_business(client, platform)
    for method, tail in (("GET", ""), ("DELETE", ""), ("POST", "cancel/"), ("GET", "payments/"), ("POST", "payments/")):
        for business_id, refund_id in ((elsewhere, made["id"]), (books.business_id, ELSEWHERE)):
            url = f"/v1/platform/businesses/{business_id}/vendor-refunds/{refund_id}/{tail}"
            answer = client.request(method, url, auth=platform.basic, json={"refunded_amount_cents": 1})
            assert (answer.status_code, answer.json()["error_code"]) == (404, "vendor_refund_not_found")
    assert books.ask("GET", f"invoices/refunds/{made['id']}/").status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"memo": "by hand", "metadata": {"a": 1}},
        {"parts": [1], "payments": "x", "on": 7, "said": 3, "allocation": {"a": 1}, "memo": 5, "metadata": []},
        {"parts": [], "payments": [{}], "said": [], "on": "2025-04-01", "allocation": 0, "payment_id": 3},
    ],
)
def test_a_refund_that_came_another_way_is_shown_and_paid(
    books: Thredfi, invoice: str, database_url: str, body: dict[str, Any]
) -> None:
    """Given a refund of another interface with any body, when found, listed and paid, then it is as any other."""
    refund = AddRefund(
        side=Side.RECEIVABLE,
        of_kind=Kind.CHARGE,
        of=DocumentId(UUID(invoice)),
        refunded_on=date(2025, 4, 1),
        amount_minor=1_000,
        status=Status.PENDING,
        body=body,
    )
    (made,) = write(database_url, books.business_id, refund)
    address = f"invoices/refunds/{made.id}/"
    shown = books.get(address)
    assert (shown["status"], shown["refunded_amount"], shown["refund_payments"]) == ("pending", 1_000, [])
    assert shown["memo"] == (body["memo"] if isinstance(body.get("memo"), str) else None)
    assert books.get("invoices/refunds/", status="pending")["results"] == [shown]
    books.post(f"{address}payments/", {"amount_cents": 400})
    books.post(f"{address}payments/", {"amount_cents": 600})
    assert (books.get(address)["status"], books.get(f"{address}payments/")["count"]) == ("paid", 2)
    assert books.ask("DELETE", address).status_code == 204
    assert findings(database_url, books.business_id) == []
