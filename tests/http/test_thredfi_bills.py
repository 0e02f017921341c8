"""Bills in Thredfi's dialect."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from duebook.http.stamps import midnight
from duebook.ledger.commands import EditDocument, PutRates
from duebook.ledger.facts import Kind, Rate, Side
from tests.http.thredfi_world import ELSEWHERE, Thredfi, new_thredfi
from tests.http.world import Platform, write

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


def test_a_bill_without_a_day_is_of_today_and_stays_the_same(books: Thredfi, database_url: str) -> None:
    """Given a bill that names no day, sent yesterday, when it is sent again, then it is the same bill."""
    body = bill("b-1", 1_000) | {"received_at": None}
    made = books.post("bills/", body)
    today = made["issue_date"]
    assert (made["received_at"], made["bill_date"], made["due_at"]) == (today, today, None)
    yesterday = midnight(date.fromisoformat(today[:10]) - timedelta(days=1))
    moved = write(
        database_url,
        books.business_id,
        EditDocument(
            side=Side.PAYABLE,
            kind=Kind.CHARGE,
            document="b-1",
            issued_on=date.fromisoformat(yesterday[:10]),
            received_on=date.fromisoformat(yesterday[:10]),
        ),
    )
    assert len(moved) == 1
    again = books.post("bills/", body, status=200)
    assert (again["id"], again["issue_date"]) == (made["id"], yesterday)
    said = books.refused("POST", "bills/", body | {"received_at": today}, 409)
    assert list(said["detail"]["field_errors"]) == ["bill_date"]


@pytest.mark.parametrize(
    ("more", "due_at"),
    [
        ({"due_at": "2025-03-01", "terms": "net_30"}, "2025-03-01"),
        ({"terms": "NET_10"}, "2025-01-12T00:00:00Z"),
        ({"terms": "due_on_receipt"}, "2025-01-02T00:00:00Z"),
        ({"terms": "net_10", "bill_date": "2025-01-01"}, "2025-01-11T00:00:00Z"),
        ({}, "2025-01-16T00:00:00Z"),
    ],
)
def test_a_due_date_is_given_or_follows_from_terms(books: Thredfi, more: dict[str, str], due_at: str) -> None:
    """Given a vendor with terms of 14 days, when a bill names a due date, terms or neither, then it is due so."""
    books.post("vendors/", {"external_id": "bo", "company_name": "Bo", "payment_terms_days": 14})
    made = books.post("bills/", bill("b-1", 1_000, **more))
    assert (made["due_at"], made["terms"]) == (due_at, more.get("terms", "net_14"))
    assert made == books.post("bills/", bill("b-1", 1_000, **more), status=200)


def test_a_foreign_bill_needs_a_rate(books: Thredfi, database_url: str) -> None:
    """Given a bill in euros, when there is no rate, then 400 names the currency; with one, it is recorded."""
    foreign = bill("b-1", 1_000, currency="EUR")
    said = books.refused("POST", "bills/", foreign)
    assert said["detail"]["field_errors"] == {
        "currency": ["there is no rate from EUR to USD on 2025-01-02, and no second amount is given"]
    }
    write(database_url, books.business_id, PutRates((Rate("EUR", date(2025, 1, 1), Decimal("1.5")),)))
    made = books.post("bills/", foreign)
    assert (made["currency"], made["total_amount"], made["outstanding_balance"]) == ("EUR", 1_000, 1_000)
    assert made == books.post("bills/", foreign, status=200)
    assert books.aging("ap")["total_outstanding_cents"] == 1_500


@pytest.mark.parametrize(
    ("field", "value", "named", "rule"),
    [
        ("external_id", None, "external_id", "expected str, got null"),
        ("received_at", "2025-02-30", "received_at", "is a date that exists"),
        ("approved_at", "soon", "approved_at", "is a date that exists"),
        ("terms", "net_x", "terms", "is due_on_receipt, or net_ and a number of days"),
        ("terms", "net_9999", "due_at", "9999 days after"),
        ("vendor_external_id", None, "vendor_id", "or vendor_external_id is required"),
        ("vendor_id", ELSEWHERE, "vendor_id", "no vendor"),
        ("line_items", [{"quantity": 1, "unit_price": -5}], "line_items", "come to a total of zero or more"),
        ("reference_numbers", [5], "reference_numbers[0]", "expected str, got int"),
    ],
)
def test_a_bad_field_is_named(books: Thredfi, field: str, value: object, named: str, rule: str) -> None:
    """Given a field that breaks a rule, when a bill is sent, then 400 names it and the rule; nothing is written."""
    dated = {"bill_date": "9990-01-01"} if value == "net_9999" else {}
    said = books.refused("POST", "bills/", PAPER | dated | {field: value})
    ((found, (text,)),) = said["detail"]["field_errors"].items()
    assert (said["error_code"], found, text[: len(rule)]) == ("validation_error", named, rule)


def test_a_change_keeps_what_it_does_not_mention(books: Thredfi) -> None:
    """Given a bill, when parts of it are changed, then the rest stays; terms count from the day that it then has."""
    made = books.post("bills/", PAPER)
    address = f"bills/{made['id']}/"
    changed = books.send("PUT", address, {"memo": "new", "approved_at": "2025-01-12"})
    assert changed == made | {"memo": "new", "approved_at": "2025-01-12", "updated_at": changed["updated_at"]}
    moved = books.send("PUT", address, {"bill_date": "2025-01-10"})
    assert (moved["due_at"], moved["received_at"]) == ("2025-02-09T00:00:00Z", "2025-01-10T10:00:00Z")
    named = books.send("PUT", address, {"due_at": "2025-03-01", "received_at": "2025-01-11"})
    assert (named["due_at"], named["bill_date"], named["received_at"]) == ("2025-03-01", "2025-01-10", "2025-01-11")
    again = books.send("PUT", address, {"terms": "net_60"})
    assert (again["due_at"], again["terms"]) == ("2025-03-11T00:00:00Z", "net_60")
    anew = books.send("PUT", address, {"line_items": [{"unit_price_cents": 100, "quantity": 2.5}]})
    assert (anew["total_amount"], anew["line_items"][0]["quantity"], len(anew["line_items"])) == (250, 2.5, 1)
    assert books.get(address) == anew
    assert list(books.refused("PUT", address, {"terms": "soon"})["detail"]["field_errors"]) == ["terms"]


def test_a_bill_is_voided_and_deleted_while_nothing_touches_it(books: Thredfi) -> None:
    """Given two bills, when one is voided and one deleted, then nothing is owed; a credit on one stands in the way."""
    paper, desk = books.post("bills/", PAPER), books.post("bills/", bill("b-2", 500))
    part = {"bill_id": paper["id"], "amount": 500}
    credit = {
        "external_id": "vc-1",
        "vendor_external_id": "bo",
        "received_at": "2025-02-01",
        "line_items": [{"amount": 500}],
    }
    note = books.post("vendor-credits/", credit | {"allocations": [part]})
    (applied,) = books.get(f"bills/{paper['id']}/")["vendor_credit_allocations"]
    assert (applied["vendor_credit_id"], applied["amount_cents"]) == (note["id"], 500)
    for method, tail in (("POST", "void/"), ("DELETE", "")):
        said = books.refused(method, f"bills/{paper['id']}/{tail}", None, 409)
        assert (said["error_code"], said["detail"]["allocations"]) == ("invalid_state", [applied["id"]])
    books.send("PUT", f"vendor-credits/{note['id']}/", {"allocations": []})
    void = books.post(f"bills/{paper['id']}/void/", status=200)
    assert (void["status"], void["outstanding_balance"], void["voided_at"]) == ("VOIDED", 0, void["updated_at"])
    assert books.ask("DELETE", f"bills/{desk['id']}/").status_code == 204
    assert books.aging("ap")["total_outstanding_cents"] == 0
    assert [one["id"] for one in books.get("bills/")["results"]] == [paper["id"]]
