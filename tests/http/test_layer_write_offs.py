"""Write-offs: they lower what is outstanding, and give it back when deleted."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from duebook.ledger.commands import AddRecovery
from duebook.ledger.facts import DocumentId, Side
from tests.http.layer_world import Layer, invoice, new_layer, payment
from tests.http.native_world import Books
from tests.http.world import Platform, write


@pytest.fixture
def books(client: httpx.Client, platform: Platform) -> Layer:
    """A business with empty books."""
    return new_layer(client, platform)


@pytest.fixture
def owed(books: Layer) -> dict[str, Any]:
    """An invoice of 10000, of which 4000 are paid."""
    books.post("invoices", invoice("1"))
    books.post("invoices/payments", payment(4_000, ("1", 4_000)))
    made: dict[str, Any] = books.get("invoices")["data"][0]
    return made


def _invoice(books: Layer, owed: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = books.get(f"invoices/{owed['id']}")["data"]
    return found


@pytest.mark.parametrize("word", ["write-off", "write-offs"])
def test_a_part_is_written_off(books: Layer, owed: dict[str, Any], word: str) -> None:
    """Given 6000 outstanding, when 1500 are written off, then 4500 are, and all that was said is given back."""
    account = {"type": "StableName", "stable_name": "CHARITY"}
    asked = {"external_id": "w", "amount": 1_500, "memo": "m", "write_off_at": "2024-05-01T10:00:00Z"}
    asked |= {"destination_account_identifier": account, "tags": [{"key": "k", "value": "v"}]}
    made = books.post(f"invoices/{owed['id']}/{word}", asked)
    assert made["type"] == "Api_Invoice_Write_Off"
    assert (made["invoice_id"], made["external_id"], made["amount"]) == (owed["id"], "w", 1_500)
    assert (made["memo"], made["write_off_at"]) == ("m", "2024-05-01T10:00:00Z")
    assert made["destination_ledger_account"] == account
    assert [tag["key"] for tag in made["transaction_tags"]] == ["k"]
    shown = _invoice(books, owed)
    assert (shown["outstanding_balance"], shown["status"]) == (4_500, "PARTIALLY_WRITTEN_OFF")
    assert shown["write_offs"] == [made]
    assert books.aging(owed["customer"]["id"])["total"] == 4_500
    assert books.get(f"invoices/{owed['id']}/write-offs/{made['id']}")["data"] == made
    assert books.get(f"invoices/{owed['id']}/write-offs")["data"] == [made]


def test_all_that_is_outstanding_is_written_off_today(books: Layer, owed: dict[str, Any]) -> None:
    """Given 6000 outstanding, when a write-off names neither amount nor day, then nothing is left; sent again: 200."""
    made = books.post(f"invoices/{owed['id']}/write-off", {"external_id": "w"})
    assert made["amount"] == 6_000
    assert made["destination_ledger_account"] == {"type": "StableName", "stable_name": "BAD_DEBT_EXPENSE"}
    shown = _invoice(books, owed)
    assert (shown["outstanding_balance"], shown["status"]) == (0, "WRITTEN_OFF")
    assert books.post(f"invoices/{owed['id']}/write-off", {"external_id": "w"}, status=200) == made


@pytest.mark.parametrize(
    ("change", "field"),
    [({"amount": 2}, "amount"), ({"memo": "n"}, "body"), ({"write_off_at": "2024-05-02"}, "write_off_at")],
)
def test_another_write_off_under_the_same_external_id_is_a_conflict(
    books: Layer, owed: dict[str, Any], change: dict[str, Any], field: str
) -> None:
    """Given a write-off, when its external id comes with other content, then 409 says what differs."""
    asked = {"external_id": "w", "amount": 1, "write_off_at": "2024-05-01"}
    books.post(f"invoices/{owed['id']}/write-off", asked)
    refused = books.refused(f"invoices/{owed['id']}/write-off", asked | change, status=409)
    assert (refused["error_enum"], refused["meta"]["differing"]) == ("ExternalIdConflict", field)


@pytest.mark.parametrize("way", [("DELETE", ""), ("POST", "/delete")])
def test_a_deleted_write_off_gives_back_what_was_owed(books: Layer, owed: dict[str, Any], way: tuple[str, str]) -> None:
    """Given a write-off, when deleted, then it is answered as it was, the balance is back, and it is gone."""
    made = books.post(f"invoices/{owed['id']}/write-off", {})
    answer = books.ask(way[0], f"invoices/{owed['id']}/write-offs/{made['id']}{way[1]}")
    assert (answer.status_code, answer.json()["data"]) == (200, made)
    shown = _invoice(books, owed)
    assert (shown["outstanding_balance"], shown["status"], shown["write_offs"]) == (6_000, "PARTIALLY_PAID", [])
    again = books.ask(way[0], f"invoices/{owed['id']}/write-offs/{made['id']}{way[1]}")
    assert again.status_code == 404
    assert books.get(f"invoices/{owed['id']}/write-offs")["data"] == []


@pytest.mark.parametrize(
    ("body", "field", "enum"),
    [
        ({"amount": 6_001}, "amount", "InvoiceStateError"),
        ({"amount": 0}, "amount", "InvalidPayload"),
        ({"amount": -1}, "amount", "InvalidPayload"),
        ({"amount": 1.5}, "amount", "InvalidPayload"),
        ({"write_off_at": "2024-02-30"}, "write_off_at", "InvalidPayload"),
        ({"external_id": ""}, "external_id", "InvalidPayload"),
        ({"metadata": {"a": "x" * 11_000}}, "metadata", "InvalidPayload"),
    ],
)
def test_a_bad_write_off_is_refused(
    books: Layer, owed: dict[str, Any], body: dict[str, Any], field: str, enum: str
) -> None:
    """Given a value that breaks a rule, when written off, then 400 names the field, and nothing is written."""
    refused = books.refused(f"invoices/{owed['id']}/write-off", body)
    assert (refused["meta"]["field"], refused["error_enum"]) == (field, enum)
    assert _invoice(books, owed)["outstanding_balance"] == 6_000


def test_what_is_not_open_is_not_written_off(books: Layer) -> None:
    """Given a void invoice, when written off, then 409; given a paid one, then 400, for nothing is left."""
    void = books.post("invoices", invoice("void", voided_at="2024-04-02"))
    assert books.refused(f"invoices/{void['id']}/write-off", {}, status=409)["error_enum"] == "InvoiceStateError"
    paid = books.post("invoices", invoice("paid"))
    books.post("invoices/payments", payment(10_000, ("paid", 10_000)))
    assert books.refused(f"invoices/{paid['id']}/write-off", {})["meta"]["field"] == "amount"


def test_a_write_off_that_was_recovered_is_not_deleted(books: Layer, owed: dict[str, Any], database_url: str) -> None:
    """Given a write-off of which a part was recovered, when deleted, then 409 says what stands in the way."""
    made = books.post(f"invoices/{owed['id']}/write-off", {"amount": 500, "write_off_at": "2024-05-01"})
    recovery = AddRecovery(
        side=Side.RECEIVABLE,
        write_off=DocumentId(UUID(made["id"])),
        recovered_on=date(2024, 6, 1),
        amount_minor=100,
    )
    write(database_url, books.business_id, recovery)
    answer = books.ask("DELETE", f"invoices/{owed['id']}/write-offs/{made['id']}")
    assert (answer.status_code, answer.json()["type"]) == (409, "InvalidState")
    assert answer.json()["meta"]["documents"] == [str(recovery.id)]


@pytest.mark.parametrize(
    ("account", "tags", "reason"),
    [
        (None, [], "bad_debt"),
        ({"type": "AccountId", "id": str(uuid4())}, [], "bad_debt"),
        ({"type": "StableName", "stable_name": "SALES_DISCOUNTS"}, [], "discount"),
        ({"type": "StableName", "stable_name": "BANK_CHARGES"}, [], "bank_charge"),
        ({"type": "StableName", "stable_name": "CHARITY"}, [], "other"),
        (None, [{"key": "write_off_reason", "value": "ROUNDING"}], "rounding"),
        (None, [{"key": "write_off_reason", "value": "whim"}], "bad_debt"),
    ],
)
def test_the_reason_is_that_of_a_tag_or_of_the_account(
    books: Layer, platform: Platform, owed: dict[str, Any], account: Any, tags: list[Any], reason: str
) -> None:
    """Given an account or a tag, when written off, then the books hold the reason that it names, else a bad debt."""
    asked = {"external_id": "w", "amount": 1, "destination_account_identifier": account, "tags": tags}
    books.post(f"invoices/{owed['id']}/write-off", asked)
    assert Books(books.client, platform, books.business_id).document("w")["reason"] == reason


def test_write_offs_of_others_are_not_there(
    books: Layer, owed: dict[str, Any], client: httpx.Client, other_platform: Platform
) -> None:
    """Given a write-off, when asked for under another invoice, business or partner, then one and the same 404."""
    made = books.post(f"invoices/{owed['id']}/write-off", {"amount": 1})
    other = books.post("invoices", invoice("other"))
    stranger = new_layer(client, other_platform)
    asked = f"write-offs/{made['id']}"
    answers = [
        books.ask("GET", f"invoices/{other['id']}/{asked}"),
        books.ask("DELETE", f"invoices/{other['id']}/{asked}"),
        books.ask("GET", f"invoices/{owed['id']}/write-offs/{uuid4()}"),
        books.ask("GET", f"invoices/{uuid4()}/write-offs"),
        books.ask("POST", f"invoices/{uuid4()}/write-off", json={}),
        stranger.ask("GET", f"invoices/{owed['id']}/{asked}"),
        stranger.ask("POST", f"invoices/{owed['id']}/write-off", json={}),
        Layer(client, stranger.headers, books.business_id).ask("DELETE", f"invoices/{owed['id']}/{asked}"),
    ]
    assert {(one.status_code, one.text) for one in answers} == {(404, answers[0].text)}
