"""Invoices in Thredfi's dialect."""

import json
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


def credit(invoice: dict[str, Any], cents: int) -> dict[str, Any]:
    """A credit note of which all is applied to an invoice."""
    part = {"invoice_id": invoice["id"], "amount": cents}
    return {
        "external_id": "cn-1",
        "customer_id": invoice["customer"]["id"],
        "sent_at": "2025-02-01",
        "line_items": [{"amount": cents}],
        "allocations": [part],
    }


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


def test_other_content_under_an_external_id_is_a_conflict(books: Thredfi) -> None:
    """Given an invoice, when its external id comes with other content, then 409 names the field; what says the same is.

    Another spelling, a null and a zero say nothing else.
    """
    made = books.post("invoices/", CHAIRS)
    lines = [
        {**CHAIRS["line_items"][0], "unit_price": None, "unit_price_cents": 1299, "discount_amount": 0},
        {**CHAIRS["line_items"][1], "unit_price": 25_000, "quantity": 1},
    ]
    same = CHAIRS | {"line_items": lines, "tips": 0, "document": {"file": "x"}, "additional_sales_taxes": [], "x": 1}
    assert made == books.post("invoices/", same, status=200)
    for field, value in (
        ("memo", "no thanks"),
        ("invoice_number", "2025-002"),
        ("due_at", "2025-02-10"),
        ("sent_at", "2025-01-11"),
        ("customer_external_id", "bob"),
        ("transaction_tags", []),
        ("voided_at", "2025-01-11"),
        ("line_items", [{"quantity": 1, "unit_price": 27_816}]),
    ):
        said = books.refused("POST", "invoices/", CHAIRS | {field: value}, 409)
        named = "customer_id" if field == "customer_external_id" else field
        assert (said["error_code"], list(said["detail"]["field_errors"])) == ("duplicate_external_id", [named])


@pytest.mark.parametrize(
    ("field", "value", "named", "rule"),
    [
        ("external_id", None, "external_id", "expected str, got null"),
        ("sent_at", "2025-02-30", "sent_at", "is a date that exists"),
        ("due_at", "soon", "due_at", "is a date that exists"),
        ("line_items", [], "line_items", "expected array of length >= 1"),
        ("line_items", [{"quantity": 1}], "line_items[0].unit_price", "or unit_price_cents is required"),
        ("line_items", [{"unit_price": 1}], "line_items[0].quantity", "is required"),
        ("line_items", [{"unit_price": 1, "quantity": "two"}], "line_items[0].quantity", "is a number, or a decimal"),
        ("line_items", [{"unit_price": 12.5, "quantity": 1}], "line_items[0].unit_price", "expected int | null"),
        (
            "line_items",
            [{"unit_price": 1, "unit_price_cents": 2, "quantity": 1}],
            "line_items[0].unit_price_cents",
            "is the same as unit_price",
        ),
        ("line_items", [{"unit_price": -1, "quantity": 1}], "line_items", "come to a total of zero or more"),
        ("additional_discount", 30_000, "line_items", "come to a total of zero or more"),
        ("additional_sales_taxes_total", 2**63, "additional_sales_taxes_total", "expected int <= 9223372036854775807"),
        ("customer_external_id", None, "customer_id", "or customer_external_id is required"),
        ("customer_id", ELSEWHERE, "customer_id", "no customer"),
        ("currency", "XXX", "currency", "is the code of a currency"),
        ("currency", "EUR", "currency", "there is no rate from EUR to USD on 2025-01-10"),
        ("metadata", {"x": "y" * 11_000}, "metadata", "is at most 10240 bytes of JSON"),
    ],
)
def test_a_bad_field_is_named(books: Thredfi, field: str, value: object, named: str, rule: str) -> None:
    """Given a field that breaks a rule, when an invoice is sent, then 400 names it and the rule; nothing is written."""
    said = books.refused("POST", "invoices/", CHAIRS | {field: value})
    ((found, (text,)),) = said["detail"]["field_errors"].items()
    assert (said["error_code"], found, text[: len(rule)]) == ("validation_error", named, rule)


def test_taxes_may_be_given_in_all(books: Thredfi) -> None:
    """Given additional taxes one by one or in all, when recorded, then they count once, and both must agree."""
    one_by_one = books.post("invoices/", invoice("a", 100, additional_sales_taxes=[{"amount": 4}, {"amount": 6}]))
    in_all = books.post("invoices/", invoice("b", 100, additional_sales_taxes_total=10, tips=5))
    assert (one_by_one["total_amount"], one_by_one["additional_sales_taxes_total"]) == (110, 10)
    assert (in_all["total_amount"], in_all["additional_sales_taxes"], in_all["tips"]) == (115, [], 5)
    both = invoice("c", 100, additional_sales_taxes=[{"amount": 4}], additional_sales_taxes_total=5)
    said = books.refused("POST", "invoices/", both)
    assert list(said["detail"]["field_errors"]) == ["additional_sales_taxes_total"]


def test_a_change_keeps_what_it_does_not_mention(books: Thredfi) -> None:
    """Given an invoice, when parts of it are changed, then the rest stays, and the report is as if it had been so."""
    made = books.post("invoices/", CHAIRS)
    address = f"invoices/{made['id']}/"
    changed = books.send("PUT", address, {"memo": "new", "due_at": "2025-06-30", "invoice_number": "N-9"})
    assert changed == made | {
        "memo": "new",
        "due_at": "2025-06-30",
        "invoice_number": "N-9",
        "updated_at": changed["updated_at"],
    }
    assert books.aging(as_of_date="2025-06-30")["total_aging_buckets"]["current"] == 27_566
    cheaper = books.send("PUT", address, {"additional_discount": 0, "tips": 100})
    assert (cheaper["total_amount"], cheaper["additional_discount"], cheaper["subtotal"]) == (27_916, 0, 27_598)
    anew = books.send("PUT", address, {"line_items": [{"quantity": 3, "unit_price": 50}], "sent_at": "2025-01-05"})
    assert (anew["total_amount"], anew["subtotal"], anew["sent_at"], anew["memo"]) == (250, 150, "2025-01-05", "new")
    assert (books.aging()["total_outstanding_cents"], books.get(address)) == (250, anew)
    other = books.send("PUT", address, {"customer_external_id": "bob", "transaction_tags": []})
    assert (other["customer"]["external_id"], other["transaction_tags"]) == ("bob", [])
    before = books.version()
    assert books.send("PUT", address, {"external_id": "inv-1", "memo": None}) == other
    assert before == books.version()


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"external_id": "inv-2"}, "external_id"),
        ({"customer_id": ELSEWHERE}, "customer_id"),
        ({"additional_discount": 50_000}, "line_items"),
        ({"line_items": [{"quantity": 1, "unit_price": 20_000}]}, "total_amount"),
        ({"due_at": "2025-02-30"}, "due_at"),
        ({"line_items": []}, "line_items"),
    ],
)
def test_a_bad_change_is_named(books: Thredfi, body: dict[str, Any], named: str) -> None:
    """Given an invoice that is credited in part, when a change breaks a rule, then 400 names it; nothing is written."""
    made = books.post("invoices/", CHAIRS)
    books.post("customer-credits/", credit(made, 20_000))
    said = books.refused("PUT", f"invoices/{made['id']}/", body)
    assert (said["error_code"], list(said["detail"]["field_errors"])) == ("validation_error", [named])


def test_a_void_invoice_is_owed_by_nobody(books: Thredfi) -> None:
    """Given an invoice, when it is voided, once and again, then it is kept, owes nothing and cannot be changed."""
    made = books.post("invoices/", CHAIRS)
    void = books.post(f"invoices/{made['id']}/void/", status=200)
    assert (void["status"], void["outstanding_balance"], void["is_overdue"]) == ("VOIDED", 0, False)
    assert void["voided_at"] == void["updated_at"] > made["updated_at"]
    assert books.post(f"invoices/{made['id']}/void/", status=200) == void == books.get(f"invoices/{made['id']}/")
    assert books.aging()["customers"] == []
    said = books.refused("PUT", f"invoices/{made['id']}/", {"memo": "x"}, 409)
    assert said["error_code"] == "invalid_state"


def test_an_import_may_be_void_from_the_start(books: Thredfi) -> None:
    """Given an invoice with the day on which it was voided, when recorded, then it is void, and is again."""
    made = books.post("invoices/", CHAIRS | {"voided_at": "2025-01-15T10:00:00Z"})
    assert (made["status"], made["voided_at"], made["outstanding_balance"]) == ("VOIDED", "2025-01-15T10:00:00Z", 0)
    assert made == books.post("invoices/", CHAIRS | {"voided_at": "2025-01-15T10:00:00Z"}, status=200)


def test_a_deleted_invoice_is_not_found(books: Thredfi) -> None:
    """Given an invoice, when it is deleted, then nobody finds it, and its external id stays taken."""
    made = books.post("invoices/", CHAIRS)
    answer = books.ask("DELETE", f"invoices/{made['id']}/")
    assert (answer.status_code, answer.content) == (204, b"")
    for method in ("GET", "PUT", "DELETE"):
        said = books.ask(method, f"invoices/{made['id']}/", json={})
        assert (said.status_code, said.json()["error_code"]) == (404, "invoice_not_found")
    assert (books.get("invoices/")["count"], books.aging()["total_outstanding_cents"]) == (0, 0)
    assert books.refused("POST", "invoices/", CHAIRS, 409)["error_code"] == "duplicate_external_id"


def test_what_is_settled_stands_in_the_way(books: Thredfi) -> None:
    """Given an invoice to which a credit is applied, when voided or deleted, then 409 lists what is in the way."""
    made = books.post("invoices/", CHAIRS)
    note = books.post("customer-credits/", credit(made, 7_566))
    found = books.get(f"invoices/{made['id']}/")
    assert (found["status"], found["outstanding_balance"]) == ("PARTIALLY_PAID", 20_000)
    (part,) = found["credit_allocations"]
    assert (part["credit_note_id"], part["amount_cents"], part["credit_note_number"]) == (note["id"], 7_566, "cn-1")
    for method, tail in (("POST", "void/"), ("DELETE", "")):
        said = books.refused(method, f"invoices/{made['id']}/{tail}", None, 409)
        assert (said["error_code"], said["detail"]["allocations"]) == ("invalid_state", [part["id"]])


def test_another_business_has_none_of_it(books: Thredfi, client: httpx.Client, platform: Platform) -> None:
    """Given an invoice, when it is asked for under another business, then it is one that never was."""
    made = books.post("invoices/", CHAIRS)
    other = new_thredfi(client, platform)
    for method, tail in (("GET", ""), ("PUT", ""), ("DELETE", ""), ("POST", "void/")):
        said = other.ask(method, f"invoices/{made['id']}/{tail}", json={})
        assert (said.status_code, said.json()["error_code"]) == (404, "invoice_not_found")
    said = other.refused("POST", "invoices/", invoice("x", 1, customer_id=made["customer"]["id"]))
    assert list(said["detail"]["field_errors"]) == ["customer_id"]


def test_what_another_interface_keeps_is_shown_as_far_as_it_goes(books: Thredfi) -> None:
    """Given an invoice made natively with a body of other types, when read and changed here, then it is answered."""
    body = {
        "memo": 5,
        "line_items": [{"x": 1}],
        "sent_at": 7,
        "metadata": {"a": 1},
        "status": "x",
        "tips": "y",
        "terms": 3,
    }
    command = {
        "command": "add_charge",
        "side": "receivable",
        "party": {"external_id": "ann", "name": "Ann"},
        "external_id": "n-1",
        "issued_on": "2025-01-02",
        "currency": "USD",
        "amount_minor": 500,
        "body": body,
    }
    path = f"/api/v1/businesses/{books.business_id}/commands"
    answer = books.client.post(path, headers=books.headers, json={"commands": [command]})
    assert answer.status_code == 201, answer.text
    (found,) = books.get("invoices/")["results"]
    assert (found["memo"], found["line_items"], found["metadata"], found["sent_at"], found["status"]) == (
        None,
        [],
        {"a": 1},
        "2025-01-02T00:00:00Z",
        "SENT",
    )
    assert (found["total_amount"], found["subtotal"], found["due_at"]) == (500, 500, None)
    address = f"invoices/{found['id']}/"
    assert books.send("PUT", address, {"due_at": "2025-03-01", "sent_at": "2025-01-03"})["due_at"] == "2025-03-01"
    assert list(books.refused("PUT", address, {"tips": 5})["detail"]["field_errors"]) == ["line_items"]
    assert books.send("PUT", address, {"line_items": [{"quantity": 1, "unit_price": 5}]})["total_amount"] == 5


def test_forms_say_the_same_as_json(books: Thredfi) -> None:
    """Given the same invoice as JSON, as a form and as one with a file, when sent, then all three are one."""
    made = books.post("invoices/", CHAIRS)
    fields = {name: value if isinstance(value, str) else json.dumps(value) for name, value in CHAIRS.items()}
    url_encoded = books.ask("POST", "invoices/", data=fields)
    with_file = books.ask("POST", "invoices/", data=fields, files={"document": ("a.pdf", b"%PDF", "application/pdf")})
    assert [(one.status_code, one.json()["id"]) for one in (url_encoded, with_file)] == [(200, made["id"])] * 2


@pytest.mark.parametrize(("path", "party"), [("invoices/", "customer"), ("bills/", "vendor")])
def test_a_party_never_owes_more_than_64_bits_hold(books: Thredfi, path: str, party: str) -> None:
    """Given a cent that is owed, when the largest amount comes to it, then 422, and nothing is written."""
    named = {f"{party}_external_id": "ann", "customer_external_id": "ann"}
    made = books.post(path, invoice("1", 1, **named))
    said = books.refused("POST", path, invoice("2", 2**63 - 1, **named), 422)
    assert said["error_code"] == "sum_too_large"
    books.post(path, invoice("2", 2**63 - 2, **named))
    books.refused("PUT", f"{path}{made['id']}/", {"line_items": [{"quantity": 1, "unit_price": 2}]}, 422)
    assert books.get(f"{party}s/")["results"][0]["outstanding_balance"] == 2**63 - 1


@pytest.mark.parametrize(
    ("path", "noun"),
    [
        ("invoices", "invoice"),
        ("bills", "bill"),
        ("customer-credits", "customer credit"),
        ("vendor-refunds", "vendor refund"),
        (f"invoices/{ELSEWHERE}/write-offs", "write off"),
    ],
)
def test_what_is_not_there_is_called_as_everywhere_else(books: Thredfi, path: str, noun: str) -> None:
    """Given an id of nothing, when it is looked for, then 404 says in the vendor's words what is not there."""
    answer = books.ask("GET", f"{path}/{ELSEWHERE}/")
    said = (answer.status_code, answer.json()["error_code"], answer.json()["message"])
    assert said == (404, f"{noun.replace(' ', '_')}_not_found", f"no {noun} {ELSEWHERE}")
