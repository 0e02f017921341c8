"""Write-offs of invoices in Thredfi's dialect."""

from datetime import date
from typing import Any
from uuid import UUID

import httpx
import pytest

from duebook.ledger.commands import AddCharge, AddRecovery, NewParty
from duebook.ledger.facts import DocumentId, Side
from tests.http.thredfi_world import ELSEWHERE, Thredfi, new_thredfi
from tests.http.world import Platform, findings, new_business, write

WIDGET: dict[str, Any] = {
    "external_id": "writeoff-INV-1-1795775020183",
    "amount_cents": 1_234,
    "write_off_at": "2025-03-10T00:00:00.000Z",
    "memo": "Invoice INV-1 written off - Bad debt",
    "destination_account": {"type": "AccountId", "id": ELSEWHERE},
    "tags": [{"key": "write_off_reason", "value": "Bad debt"}],
}
"""What the vendor's browser widget sends."""


@pytest.fixture
def books(client: httpx.Client, platform: Platform) -> Thredfi:
    """A business with empty books."""
    return new_thredfi(client, platform)


@pytest.fixture
def owed(books: Thredfi, database_url: str) -> str:
    """The id of an invoice of 100.00."""
    return invoice(books, database_url)


def invoice(books: Thredfi, database_url: str, number: str = "INV-1") -> str:
    """The id of a new invoice of 100.00, of the first of March."""
    charge = AddCharge(
        side=Side.RECEIVABLE,
        external_id=number,
        number=number,
        party=NewParty("ann", "Ann"),
        issued_on=date(2025, 3, 1),
        currency="USD",
        amount_minor=10_000,
    )
    (made,) = write(database_url, books.business_id, charge)
    return str(made.id)


def outstanding(books: Thredfi, as_of: str = "2025-03-31") -> int:
    """What customers owe on a day."""
    total: int = books.aging(as_of_date=as_of)["total_outstanding_cents"]
    return total


def test_a_part_is_written_off_as_the_widget_asks(books: Thredfi, owed: str) -> None:
    """Given 100.00 owed, when the widget writes 12.34 off, then 87.66 are owed from that day on, and it is found."""
    made = books.post(f"invoices/{owed}/write-offs/", WIDGET)
    assert (made["type"], made["invoice_id"], made["reason"]) == ("InvoiceWriteOff", owed, "bad_debt")
    assert (made["amount"], made["amount_cents"], made["currency"]) == (1_234, 1_234, "USD")
    for name in ("external_id", "write_off_at", "memo", "destination_account"):
        assert made[name] == WIDGET[name]
    assert made["transaction_tags"] == WIDGET["tags"]
    assert made == books.get(f"invoices/{owed}/write-offs/{made['id']}/")
    assert made == books.post(f"invoices/{owed}/write-offs/", WIDGET, status=200)
    assert (outstanding(books, "2025-03-09"), outstanding(books, "2025-03-10")) == (10_000, 8_766)
    shown = books.get(f"invoices/{owed}/")
    assert (shown["status"], shown["outstanding_balance"]) == ("PARTIALLY_WRITTEN_OFF", 8_766)
    assert [(one["id"], one["amount_cents"], one["reason"]) for one in shown["write_offs"]] == [
        (made["id"], 1_234, "bad_debt")
    ]


def test_without_an_amount_and_a_day_all_is_written_off_today(books: Thredfi, owed: str) -> None:
    """Given 100.00 owed, when a write-off says nothing, then nothing is owed today; the same again is 200."""
    made = books.post(f"invoices/{owed}/write-offs/", {"external_id": "w"})
    assert (made["amount_cents"], made["reason"]) == (10_000, "bad_debt")
    assert made == books.post(f"invoices/{owed}/write-offs/", {"external_id": "w"}, status=200)
    assert outstanding(books) == 10_000
    assert books.aging()["total_outstanding_cents"] == 0
    assert books.get(f"invoices/{owed}/")["status"] == "WRITTEN_OFF"


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"reason": "discount"}, "discount"),
        ({"reason": "Bank charge", "tags": [{"key": "write_off_reason", "value": "rounding"}]}, "bank_charge"),
        ({"tags": [{"key": "write_off_reason", "value": "withholding"}]}, "withholding"),
        ({"tags": [{"key": "write_off_reason", "value": "moved away"}, {"key": "why", "value": "other"}]}, "bad_debt"),
    ],
)
def test_a_reason_is_told_by_a_word(books: Thredfi, owed: str, said: dict[str, Any], reason: str) -> None:
    """Given words for a reason, when something is written off, then it has that reason, else it is a bad debt."""
    assert books.post(f"invoices/{owed}/write-offs/", {"amount": 100} | said)["reason"] == reason


def test_a_reason_is_told_by_an_account(books: Thredfi, owed: str) -> None:
    """Given the accounts that are listed, when one is chosen, then its reason counts, whatever else is said."""
    for account in books.get("general-ledger/chart-of-accounts/")["results"]:
        to = {"type": "AccountId", "id": account["id"]}
        made = books.post(
            f"invoices/{owed}/write-offs/", {"amount": 100, "destination_account": to, "reason": "discount"}
        )
        assert (made["reason"], made["destination_account"]) == (account["sub_type"], to)
    odd: list[Any] = [7, None, "6100", []]
    for one in odd:
        body = {"amount": 1, "destination_account": {"id": one}}
        assert books.post(f"invoices/{owed}/write-offs/", body)["reason"] == "bad_debt"


def test_more_than_is_outstanding_is_refused_with_the_figures(books: Thredfi, owed: str) -> None:
    """Given 87.66 outstanding, when 87.67 are written off, then 400 says what is open and what was written off."""
    made = books.post(f"invoices/{owed}/write-offs/", WIDGET)
    body = {"amount_cents": 8_767, "write_off_at": "2025-03-20"}
    said = books.refused("POST", f"invoices/{owed}/write-offs/", body)
    assert (said["error_code"], list(said["detail"]["field_errors"])) == ("validation_error", ["amount_cents"])
    detail = said["detail"]
    assert (detail["open_minor"], detail["offered_minor"], detail["in_the_way"]) == (8_766, 8_767, [made["id"]])
    assert "87.66 is open" in said["message"]


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"amount_cents": 0}, "amount_cents"),
        ({"amount_cents": -1}, "amount_cents"),
        ({"amount_cents": "100"}, "amount_cents"),
        ({"amount_cents": 100, "amount": 200}, "amount"),
        ({"write_off_at": "2025-02-30"}, "write_off_at"),
        ({"external_id": ""}, "external_id"),
        ({"tags": [{"key": "write_off_reason"}]}, "tags[0].value"),
        ({"memo": "\0"}, "body"),
    ],
)
def test_a_bad_field_is_named(books: Thredfi, owed: str, said: dict[str, Any], field: str) -> None:
    """Given a field that breaks a rule, when a write-off is sent, then 400 names it."""
    found = books.refused("POST", f"invoices/{owed}/write-offs/", said)
    assert (found["error_code"], list(found["detail"]["field_errors"])) == ("validation_error", [field])


@pytest.mark.parametrize(
    ("said", "field"),
    [({"amount_cents": 1}, "amount_cents"), ({"write_off_at": "2025-03-11"}, "write_off_at"), ({"memo": "x"}, "body")],
)
def test_other_content_under_an_external_id_is_a_conflict(
    books: Thredfi, owed: str, said: dict[str, Any], field: str
) -> None:
    """Given a write-off, when its external id comes with other content, then 409 names what differs."""
    books.post(f"invoices/{owed}/write-offs/", WIDGET)
    found = books.refused("POST", f"invoices/{owed}/write-offs/", WIDGET | said, 409)
    assert (found["error_code"], found["detail"]["differing"]) == ("duplicate_external_id", field)


def test_a_deleted_write_off_has_never_been(books: Thredfi, owed: str, database_url: str) -> None:
    """Given a write-off, when it is deleted, then all is owed again on every day, and it is not found any more."""
    made = books.post(f"invoices/{owed}/write-offs/", WIDGET)
    address = f"invoices/{owed}/write-offs/{made['id']}/"
    answer = books.ask("DELETE", address)
    assert (answer.status_code, answer.content) == (204, b"")
    assert outstanding(books) == 10_000
    assert books.ask("GET", address).status_code == 404
    assert books.refused("DELETE", address, None, 404)["error_code"] == "write_off_not_found"
    assert books.get(f"invoices/{owed}/write-offs/")["results"] == []
    assert books.get(f"invoices/{owed}/")["status"] == "SENT"
    assert findings(database_url, books.business_id) == []


def test_a_write_off_that_was_recovered_is_not_deleted(books: Thredfi, owed: str, database_url: str) -> None:
    """Given a write-off of which something came in after all, when it is deleted, then 409 lists what came in."""
    made = books.post(f"invoices/{owed}/write-offs/", WIDGET)
    recovery = AddRecovery(
        side=Side.RECEIVABLE,
        write_off=DocumentId(UUID(made["id"])),
        recovered_on=date(2025, 3, 20),
        amount_minor=234,
    )
    (came_in,) = write(database_url, books.business_id, recovery)
    said = books.refused("DELETE", f"invoices/{owed}/write-offs/{made['id']}/", None, 409)
    assert (said["error_code"], said["detail"]["documents"]) == ("invalid_state", [str(came_in.id)])


def test_write_offs_are_listed_by_page(books: Thredfi, owed: str, database_url: str) -> None:
    """Given three write-offs of one invoice and one of another, when listed, then three come, the latest first."""
    other = invoice(books, database_url, "INV-2")
    for number in ("1", "2", "3"):
        books.post(f"invoices/{owed}/write-offs/", {"external_id": number, "amount_cents": 100})
    books.post(f"invoices/{other}/write-offs/", {"external_id": "4"})
    found = books.get(f"invoices/{owed}/write-offs/", page_size=2)
    assert (found["count"], found["page_info"]["total_pages"]) == (3, 2)
    assert [one["external_id"] for one in found["results"]] == ["3", "2"]
    assert [
        one["external_id"] for one in books.get(f"invoices/{owed}/write-offs/", page=2, page_size=2)["results"]
    ] == ["1"]


def test_what_is_not_there_is_not_found(
    books: Thredfi, owed: str, client: httpx.Client, platform: Platform, database_url: str
) -> None:
    """Given a write-off, when it is asked for below another invoice or business, or is of nothing, then 404."""
    made = books.post(f"invoices/{owed}/write-offs/", WIDGET)
    other = invoice(books, database_url, "INV-2")
    said = books.refused("POST", f"invoices/{ELSEWHERE}/write-offs/", WIDGET, 404)
    assert said["error_code"] == "invoice_not_found"
    assert books.ask("GET", f"invoices/{ELSEWHERE}/write-offs/").status_code == 404
    for method in ("GET", "DELETE"):
        for invoice_id, write_off_id in ((other, made["id"]), (owed, ELSEWHERE), (owed, owed)):
            answer = books.ask(method, f"invoices/{invoice_id}/write-offs/{write_off_id}/")
            assert (answer.status_code, answer.json()["error_code"]) == (404, "write_off_not_found")
        elsewhere = f"/v1/platform/businesses/{new_business(client, platform)}/invoices/{owed}/write-offs/{made['id']}/"
        answer = client.request(method, elsewhere, auth=platform.basic)
        assert (answer.status_code, answer.json()["error_code"]) == (404, "write_off_not_found")
