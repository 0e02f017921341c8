"""Invoices: recorded with their sums, customers and payments; found again; repeated; in batches."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from duebook.ledger.commands import AddCharge, AddSettlement, NewAllocation, NewParty
from duebook.ledger.facts import Kind, Side
from tests.http.layer_world import INVOICE, Layer, bill, invoice, new_layer, payment
from tests.http.world import Platform, write


@pytest.fixture
def books(client: httpx.Client, platform: Platform) -> Layer:
    """A business with empty books."""
    return new_layer(client, platform)


def test_the_worked_example_is_recorded_as_published(books: Layer) -> None:
    """Given the published example, when recorded, then its sums are as printed, and its payment leaves 100."""
    made = books.post("invoices", INVOICE)
    assert made["type"] == "Invoice"
    assert (made["subtotal"], made["additional_discount"], made["tips"]) == (27598, 250, 0)
    assert (made["total_amount"], made["outstanding_balance"], made["status"]) == (27566, 100, "PARTIALLY_PAID")
    first, second = made["line_items"]
    assert (first["total_amount"], first["quantity"], first["invoice_id"]) == (2816, 2, made["id"])
    assert first["sales_taxes"] == INVOICE["line_items"][0]["sales_taxes"]
    assert second["total_amount"] == 25000
    (paid,) = made["payment_allocations"]
    assert (paid["amount"], paid["invoice_id"]) == (27466, made["id"])
    (kept,) = books.get("invoices/payments")["data"]
    assert (kept["id"], kept["external_id"], kept["fee"]) == (paid["payment_id"], "payment-1", 825)
    assert (kept["amount"], kept["at"], kept["processor"]) == (27466, "2024-04-02T09:02:00Z", "STRIPE")
    assert books.aging(made["customer"]["id"])["total"] == 100


def test_without_payments_the_whole_example_is_open(books: Layer) -> None:
    """Given the example without its payment, when recorded, then all of it is open."""
    made = books.post("invoices", INVOICE | {"payments": None})
    assert (made["outstanding_balance"], made["status"], made["paid_at"]) == (27566, "SENT", None)


def test_what_is_said_of_an_invoice_is_given_back(books: Layer) -> None:
    """Given published fields that decide nothing, when recorded, then each is given back as it was given."""
    account = {"type": "StableName", "stable_name": "TIPS"}
    line = {
        "external_id": "l",
        "product": "Work",
        "description": "by the hour",
        "unit_price": 100,
        "quantity": 2.5,
        "discount_amount": 10,
        "account_identifier": {"type": "AccountId", "id": str(uuid4())},
        "prepayment_account_identifier": {"type": "StableName", "stable_name": "CURRENT_ASSETS"},
        "memo": "a line",
        "metadata": {"n": 1},
        "reference_number": "L-1",
    }
    said: dict[str, Any] = {
        "additional_sales_taxes": [{"amount": 7, "tax_account": {"type": "Tax_Name", "name": "X"}, "tax_rate": 0.5}],
        "recipient_name": "Jane",
        "dedicated_refunds": [{"external_id": "r", "refunded_amount": 1}],
        "tips": 3,
        "tips_account": account,
        "memo": "thanks",
        "metadata": {"any": ["json", None]},
        "reference_number": "R-1",
    }
    tags: dict[str, Any] = {"tags": [{"key": "region", "value": "west"}]}
    made = books.post("invoices", invoice("1", line_items=[line | tags], **said, **tags))
    assert made.items() >= said.items()
    assert made["line_items"][0].items() >= line.items()
    assert made["line_items"][0]["transaction_tags"] == made["transaction_tags"] != []
    assert (made["subtotal"], made["additional_sales_taxes_total"], made["total_amount"]) == (250, 7, 250)
    assert made["invoice_number"] == "R-1"
    assert books.get(f"invoices/{made['id']}")["data"] == made
    assert books.get("invoices")["data"] == [made]


@pytest.mark.parametrize(
    "stamp", ["2024-04-02", "2024-04-02T09:02:00Z", "2024-04-02T09:02:00.163005+02:00", "2024-04-02T00:00:00"]
)
def test_a_stamp_is_given_back_as_it_was_given(books: Layer, stamp: str) -> None:
    """Given dates and stamps, with an offset and without, when recorded, then they are given back unchanged."""
    made = books.post("invoices", invoice("1", sent_at=stamp, due_at=stamp))
    assert (made["sent_at"], made["due_at"]) == (stamp, stamp)


def test_a_stamp_is_a_day_where_the_business_is(client: httpx.Client, platform: Platform) -> None:
    """Given a due stamp in the evening of New York, when aged, then it is due on that day and not on London's."""
    books = new_layer(client, platform, time_zone="America/New_York")
    made = books.post("invoices", invoice("1", due_at="2024-05-02T02:00:00Z"))
    assert [
        books.aging(made["customer"]["id"], effective_date=on)["current"] for on in ("2024-05-01", "2024-05-02")
    ] == [10_000, 0]


def test_without_a_due_date_an_invoice_is_due_on_its_day(books: Layer) -> None:
    """Given no due date, when recorded, then none is shown, and it is late from the day after it was sent."""
    made = books.post("invoices", invoice("1", due_at=None))
    assert made["due_at"] is None
    days = [books.aging(made["customer"]["id"], effective_date=on) for on in ("2024-04-01", "2024-04-02")]
    assert [(one["current"], one["days_1_30"]) for one in days] == [(10_000, 0), (0, 10_000)]


def test_a_void_invoice_is_owed_by_nobody(books: Layer) -> None:
    """Given an invoice that was voided elsewhere, when recorded, then it is kept, shown as void and not counted."""
    made = books.post("invoices", invoice("1", voided_at="2024-04-05T00:00:00Z"))
    assert (made["status"], made["voided_at"], made["outstanding_balance"]) == ("VOIDED", "2024-04-05T00:00:00Z", 0)
    assert books.aging(made["customer"]["id"])["total"] == 0
    refused = books.refused("invoices/payments", payment(1, ("1", 1)), status=409)
    assert (refused["type"], refused["error_enum"]) == ("InvalidState", "InvoiceStateError")
    with_payment = invoice(
        "2", voided_at="2024-04-05", payments=[{"paid_at": "2024-04-05", "method": "ACH", "amount": 1}]
    )
    assert books.refused("invoices", with_payment)["meta"]["field"] == "payments"


def test_balances_are_as_of_today(books: Layer) -> None:
    """Given a payment dated tomorrow, when the invoice is found today, then it is open, as in the report."""
    tomorrow = (datetime.now(UTC) + timedelta(days=2)).date().isoformat()
    made = books.post("invoices", invoice("1"))
    books.post("invoices/payments", payment(10_000, ("1", 10_000), paid_at=tomorrow))
    shown = books.get(f"invoices/{made['id']}")["data"]
    assert (shown["status"], shown["outstanding_balance"], shown["payment_allocations"]) == ("SENT", 10_000, [])
    assert books.aging(made["customer"]["id"])["total"] == 10_000
    assert books.aging(made["customer"]["id"], effective_date=tomorrow)["total"] == 0


def test_the_state_of_an_invoice_follows_its_payments(books: Layer) -> None:
    """Given an invoice, when paid in parts, then its status, balance and day of payment follow."""
    made = books.post("invoices", invoice("1"))
    seen = [(made["status"], made["outstanding_balance"], made["paid_at"])]
    for amount, on in [(4_000, "2024-05-03T10:00:00Z"), (6_000, "2024-06-04")]:
        books.post("invoices/payments", payment(amount, ("1", amount), paid_at=on))
        shown = books.get(f"invoices/{made['id']}")["data"]
        seen.append((shown["status"], shown["outstanding_balance"], shown["paid_at"]))
    assert seen == [("SENT", 10_000, None), ("PARTIALLY_PAID", 6_000, None), ("PAID", 0, "2024-06-04T00:00:00Z")]


def test_a_total_of_zero_is_accepted(books: Layer) -> None:
    """Given lines that come to nothing, when recorded, then the invoice is there, and paid."""
    made = books.post("invoices", invoice("1", 0))
    assert (made["total_amount"], made["outstanding_balance"], made["status"]) == (0, 0, "PAID")


def test_an_invoice_that_is_repeated_is_the_one_that_is_there(books: Layer) -> None:
    """Given an invoice with payments, when the very same comes again, then 200 with it, and nothing is written."""
    first = books.post("invoices", INVOICE)
    held = books.held()
    assert books.post("invoices", INVOICE, status=200) == first
    assert books.held() == held


def test_what_says_no_more_is_the_same_content(books: Layer) -> None:
    """Given an invoice, when it comes again with its zeros and empty lists left out or put in, then it is the same."""
    said: dict[str, Any] = {"tips": 0, "additional_discount": 0, "payments": [], "tags": [], "metadata": {}}
    line: dict[str, Any] = {"discount_amount": 0, "sales_taxes": [], "tags": None, "quantity": 1}
    made = books.post("invoices", invoice("1"))
    (bare,) = invoice("1")["line_items"]
    assert books.post("invoices", invoice("1", **said, line_items=[bare | line]), status=200) == made
    full = books.post("invoices", invoice("2", **said, line_items=[bare | line]))
    assert books.post("invoices", invoice("2"), status=200) == full


@pytest.mark.parametrize(("there", "offered"), [(1, True), (1, 1.0), (0, False), ("1", 1), ([], {}), (None, 0)])
def test_other_free_json_is_other_content(books: Layer, there: object, offered: object) -> None:
    """Given a value in metadata, when it comes again as another kind of JSON, then 409: it would be given back so."""
    made = books.post("invoices", invoice("1", metadata={"a": there}))
    refused = books.refused("invoices", invoice("1", metadata={"a": offered}), status=409)
    assert refused["meta"]["field"] == "metadata"
    assert books.post("invoices", invoice("1", metadata={"a": there}), status=200) == made


def test_a_tag_is_on_an_object_once(books: Layer) -> None:
    """Given the same key and value twice, when recorded, then the tag is there once; another value is another tag."""
    tags = [{"key": "k", "value": "v"}, {"key": "k", "value": "w"}, {"key": "k", "value": "v"}]
    made = books.post("invoices", invoice("1", tags=tags))
    assert [(one["key"], one["value"]) for one in made["transaction_tags"]] == [("k", "v"), ("k", "w")]
    assert books.post("invoices", invoice("1", tags=tags[:2]), status=200) == made


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"due_at": "2024-05-03"}, "due_at"),
        ({"due_at": None}, "due_at"),
        ({"sent_at": "2024-04-03"}, "sent_at"),
        ({"customer_external_id": "somebody-else"}, "customer_id"),
        ({"invoice_number": "2"}, "reference_number"),
        ({"tips": 1}, "total_amount"),
        ({"voided_at": "2024-04-03"}, "voided_at"),
        ({"tags": [{"key": "a", "value": "b"}]}, "tags"),
        ({"memo": "other"}, "memo"),
        ({"metadata": {"a": 1}}, "metadata"),
        ({"payments": [INVOICE["payments"][0] | {"fee": 1}]}, "payments"),
        ({"sent_at": "2024-04-02T09:02:01Z"}, "sent_at"),
    ],
)
def test_a_repeated_external_id_with_other_content_is_a_conflict(
    books: Layer, change: dict[str, Any], field: str
) -> None:
    """Given an invoice, when its external id comes again with another value, then 409 names the field."""
    first = books.post("invoices", INVOICE)
    asked = INVOICE | change
    if "voided_at" in change:
        asked = asked | {"payments": None}
    refused = books.refused("invoices", asked, status=409)
    assert (refused["type"], refused["error_enum"]) == ("Conflict", "ExternalIdConflict")
    assert refused["meta"]["field"] == refused["meta"]["differing"] == field
    assert books.get(f"invoices/{first['id']}")["data"] == first


PAID: dict[str, Any] = {"external_id": "p", "amount": 1, "paid_at": "2024-04-05", "method": "ACH"}


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({}, "external_id", "already recorded for another invoice"),
        ({"amount": 2}, "amount", "already recorded with other amount"),
        ({"paid_at": "2024-04-06"}, "paid_at", "already recorded with other paid_at"),
        ({"memo": "other"}, "memo", "already recorded with other memo"),
    ],
)
def test_a_payment_that_comes_along_is_a_new_one(books: Layer, change: dict[str, Any], field: str, words: str) -> None:
    """Given a payment, when its external id comes along with another invoice, then 409 names the payment's field."""
    books.post("invoices", invoice("1", payments=[PAID]))
    first = PAID | {"external_id": "first"}
    batch = [invoice("2"), invoice("3", payments=[first, PAID | change])]
    refused = books.refused("invoices/bulk", batch, status=409)
    assert (refused["error_enum"], refused["meta"]["field"]) == ("ExternalIdConflict", f"[1].payments[1].{field}")
    assert words in refused["description"]
    alone = books.refused("invoices", invoice("2", payments=[PAID | change], customer_external_id="c-2"), status=409)
    assert alone["meta"]["field"] == "payments[0].external_id"


@pytest.mark.parametrize("change", [{}, {"amount": 2}])
def test_a_payment_comes_along_once(books: Layer, change: dict[str, Any]) -> None:
    """Given one external id for two payments of an invoice, when recorded, then 400 names both places."""
    batch = [invoice("1"), invoice("2", payments=[PAID, PAID | change])]
    assert books.refused("invoices/bulk", batch)["meta"] == {
        "field": "[1].payments[1].external_id",
        "value": '"p"',
        "rule": "is that of [1].payments[0] too",
    }


@pytest.mark.parametrize("path", ["invoices/batch", "invoices/bulk", "bills/bulk"])
@pytest.mark.parametrize("change", [{}, {"memo": "other"}])
def test_a_batch_names_everything_once(books: Layer, path: str, change: dict[str, Any]) -> None:
    """Given one external id twice in a batch, with the same content or other, when sent, then 400 names both places."""
    made = invoice if "invoices" in path else bill
    assert books.refused(path, [made("1"), made("2"), made("1") | change])["meta"] == {
        "field": "[2].external_id",
        "value": '"1"',
        "rule": "is that of [0] too",
    }


def test_an_external_id_belongs_to_one_business_and_kind(
    client: httpx.Client, platform: Platform, books: Layer
) -> None:
    """Given an invoice's external id, when a payment or another business uses it, then it is theirs too."""
    books.post("invoices", invoice("same"))
    books.post("invoices/payments", payment(1, ("same", 1), external_id="same"))
    new_layer(client, platform).post("invoices", invoice("same", 5))


@pytest.mark.parametrize("path", ["invoices/batch", "invoices/bulk"])
def test_a_batch_is_recorded_in_its_order(books: Layer, path: str) -> None:
    """Given 25 invoices of which one is there, when sent as a batch, then all are answered in their order."""
    there = books.post("invoices", invoice("7"))
    batch = [invoice(str(number), customer_external_id=f"c{number % 3}") for number in range(25)]
    batch[7] = invoice("7")
    data = books.post(path, batch, status=200)
    made = data["successful_invoices"] if path.endswith("batch") else data
    assert [one["external_id"] for one in made] == [str(number) for number in range(25)]
    assert made[7] == there
    if path.endswith("batch"):
        assert data["failed_invoices"] == {}
    assert books.held()["invoices"] == 25
    assert books.post(path, batch, status=200) == data


@pytest.mark.parametrize("path", ["invoices/batch", "invoices/bulk"])
@pytest.mark.parametrize(
    ("bad", "status", "field"),
    [
        ({"customer_external_id": None}, 400, "[1].customer_id"),
        ({"customer_id": str(uuid4()), "customer_external_id": None}, 400, "[1].customer_id"),
        ({"sent_at": "2024-02-30"}, 400, "[1].sent_at"),
        ({"line_items": [{"unit_price": 1.5}]}, 400, "[1].line_items[0].unit_price"),
        ({"line_items": [{"unit_price": -1}]}, 400, "[1].line_items"),
        ({"external_id": "there", "memo": "other"}, 409, "[1].memo"),
        ({"payments": [{"amount": 10_001, "paid_at": "2024-04-05", "method": "ACH"}]}, 400, "[1].payments"),
    ],
)
def test_a_batch_with_a_bad_invoice_writes_nothing(
    books: Layer, path: str, bad: dict[str, Any], status: int, field: str
) -> None:
    """Given a batch of good invoices and a bad one, when sent, then the bad one is named and none is written."""
    books.post("invoices", invoice("there"))
    refused = books.refused(path, [invoice("a"), invoice("b") | bad, invoice("c")], status=status)
    assert refused["meta"]["field"] == field


@pytest.mark.parametrize("path", ["invoices/batch", "invoices/bulk", "bills/bulk"])
def test_a_batch_has_its_bounds(books: Layer, path: str) -> None:
    """Given a batch of none or of 26, when sent, then 400."""
    empty = books.refused(path, [])
    assert (empty["type"], empty["error_enum"]) == ("BadRequest", "EmptyBatchRequest")
    one = (
        invoice("1")
        if "invoices" in path
        else {
            "received_at": "2024-01-01",
            "bill_terms": "NET_10",
            "vendor_external_id": "v",
            "line_items": [{"product_name": "x", "unit_price": 1}],
        }
    )
    assert books.refused(path, [one] * 26) == {
        "type": "BadRequest",
        "description": "a batch holds at most 25 (given: 26 objects)",
        "error_enum": "InvalidPayload",
        "meta": {"field": "", "value": "26 objects", "rule": "a batch holds at most 25"},
    }


def test_a_batch_is_never_recorded_in_part(books: Layer) -> None:
    """Given the published switch for part of a batch, when it is on, then 400: a batch is a whole."""
    answer = books.ask("POST", "invoices/batch", json=[invoice("1")], params={"allow_partial_success": "true"})
    assert (answer.status_code, answer.json()["error_enum"]) == (400, "QueryParamFormat")
    assert books.held()["invoices"] == 0
    answer = books.ask("POST", "invoices/batch", json=[invoice("1")], params={"allow_partial_success": "false"})
    assert answer.status_code == 200


def test_invoices_are_listed_by_customer(books: Layer) -> None:
    """Given invoices of two customers, when listed for one, by either id, then its own; ids must agree."""
    first = books.post("invoices", invoice("1", customer_external_id="a"))
    second = books.post("invoices", invoice("2", customer_external_id="b"))
    a, b = first["customer"]["id"], second["customer"]["id"]
    assert books.get("invoices", customer_id=a)["data"] == [first]
    assert books.get("invoices", customer_external_id="b")["data"] == [second]
    assert books.get("invoices", customer_id=b, customer_external_id="b")["data"] == [second]
    assert books.get("invoices", customer_external_id="nobody")["data"] == []
    assert books.get("invoices", customer_id=str(uuid4()))["data"] == []
    for filters, enum in [
        ({"customer_id": a, "customer_external_id": "b"}, "ConflictingQueryParams"),
        ({"customer_id": "null"}, "QueryParamFormat"),
        ({"vendor_id": a}, "UnexpectedQueryParam"),
    ]:
        answer = books.ask("GET", "invoices", params=filters)
        assert (answer.status_code, answer.json()["error_enum"]) == (400, enum)


def test_what_came_another_way_is_shown(books: Layer, database_url: str) -> None:
    """Given an invoice, a credit and a payment that were imported, when found, then what is known is shown."""
    charge = AddCharge(
        side=Side.RECEIVABLE,
        number="A-1",
        party=NewParty("acme", "Acme, Inc."),
        issued_on=date(2024, 4, 1),
        due_on=date(2024, 5, 1),
        currency="EUR",
        amount_minor=1_000,
        base_minor=1_100,
    )
    parts = [
        AddSettlement(
            side=Side.RECEIVABLE,
            kind=kind,
            settled_on=date(2024, 4, 20),
            currency="EUR",
            amount_minor=100,
            base_minor=110,
            allocations=(NewAllocation(charge=charge.id, amount_minor=60),),
        )
        for kind in (Kind.PAYMENT, Kind.CREDIT)
    ]
    write(database_url, books.business_id, charge, *parts)
    (shown,) = books.get("invoices")["data"]
    said: dict[str, Any] = {
        "external_id": None,
        "sent_at": "2024-04-01T00:00:00Z",
        "due_at": "2024-05-01T00:00:00Z",
        "line_items": [],
    }
    assert shown.items() >= (said | {"subtotal": 1_000, "total_amount": 1_000, "outstanding_balance": 880}).items()
    assert (shown["invoice_number"], shown["reference_number"], shown["status"]) == ("A-1", "A-1", "PARTIALLY_PAID")
    assert (shown["customer"]["external_id"], shown["customer"]["company_name"]) == ("acme", "Acme, Inc.")
    (paid,) = books.get("invoices/payments")["data"]
    assert (paid["amount"], paid["method"], paid["at"]) == (100, None, "2024-04-20T00:00:00Z")
    assert [one["payment_id"] for one in shown["payment_allocations"]] == [paid["id"]]
    other = books.refused(f"invoices/{shown['id']}/payment", {"amount": 1, "paid_at": "2024-04-21", "method": "ACH"})
    assert other["error_enum"] == "DoesNotMatchExistingEntity"
    assert books.aging(shown["customer"]["id"])["total"] == 968


@pytest.mark.parametrize("path", ["invoices/{}", "invoices/payments/{}", "bills/{}", "bills/bill-payments/{}"])
def test_an_unknown_document_is_not_found(books: Layer, path: str) -> None:
    """Given an id of nothing or of a document of another kind, when found, then 404."""
    other = books.post("customers", {"company_name": "A"})["id"]
    paid = books.post("invoices", INVOICE)["payment_allocations"][0]["payment_id"]
    for unknown in (uuid4(), other, "x", *([paid] if path != "invoices/payments/{}" else [])):
        answer = books.ask("GET", path.format(unknown))
        assert (answer.status_code, answer.json()["type"]) == (404, "ResourceNotFound")
