"""Money to be matched, as Thredfi's browser widget asks for it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from duebook.ledger.facts import Side
from tests.http.thredfi_payment_world import Payable, new_payable
from tests.http.thredfi_world import ELSEWHERE
from tests.http.world import Platform, new_business

LIST = "bank-transactions/"


@pytest.fixture(params=list(Side))
def its(request: pytest.FixtureRequest, client: httpx.Client, platform: Platform, database_url: str) -> Payable:
    """Either side, as a client of the live profile has it."""
    return new_payable(client, platform, database_url, request.param, "live")


def asked(its: Payable) -> dict[str, Any]:
    """What the widget asks for when a payment is to be recorded."""
    return {
        "direction": "credit" if its.side is Side.RECEIVABLE else "debit",
        "currency": "USD",
        "is_reconciled": "false",
        "page_size": 100,
        "exclude_personal": "true",
    }


def match(its: Payable, doing: str, payment_id: str, charge_id: str) -> tuple[str, dict[str, Any]]:
    """The address and the body with which the widget matches a payment, or takes that back."""
    word = "" if its.side is Side.RECEIVABLE else "bill-"
    body: dict[str, Any] = {f"{its.charge}_id": charge_id}
    if doing == "match":
        body |= {"payment_method": "bank_transfer", "evidence": {"reference": "FPS-1"}, "created_by": "api"}
    return f"{LIST}{payment_id}/{doing}-{word}payment/", body


def transactions(its: Payable, **query: Any) -> list[dict[str, Any]]:
    """What there is to match."""
    found: list[dict[str, Any]] = its.books.get(LIST, **(asked(its) | query))["results"]
    return found


def test_what_is_left_of_payments_is_money_to_be_matched(its: Payable) -> None:
    """Given payments of all kinds, when money to be matched is asked for, then it is that of the completed ones."""
    its.paid((its.first, 10_000), **{its.amount: 10_000})
    left = its.paid((its.second, 4_000), payment_reference="FPS-1")
    whole = its.paid(notes="chairs", **{f"{its.party}_id": its.bob})
    its.paid(status="pending")
    its.paid(payment_date=str(datetime.now(UTC).date() + timedelta(days=3)))
    found = transactions(its)
    assert [(one["id"], one["amount"], one["counterparty_name"]) for one in found] == [
        (whole["id"], 15_000, "bob"),
        (left["id"], 11_000, "ann"),
    ]
    assert [(one["date"], one["description"], one["is_reconciled"]) for one in found] == [
        ("2025-03-10", "chairs", False),
        ("2025-03-10", "FPS-1", False),
    ]
    assert [one["id"] for one in transactions(its, search="fps")] == [left["id"]]
    assert [one["id"] for one in transactions(its, page_size=1, page=2)] == [left["id"]]
    assert transactions(its, currency="EUR") == []
    assert transactions(its, is_reconciled="true") == []
    other = "debit" if its.side is Side.RECEIVABLE else "credit"
    assert transactions(its, direction=other) == []


def test_there_is_no_bank_feed(its: Payable) -> None:
    """Given no direction, when bank transactions are asked for, then 404; a bad one is 400."""
    answer = its.books.ask("GET", LIST)
    assert (answer.status_code, answer.json()["error_code"]) == (404, "not_found")
    answer = its.books.ask("GET", LIST, params={"direction": "both"})
    assert (answer.status_code, list(answer.json()["detail"]["field_errors"])) == (400, ["direction"])


def test_what_is_matched_is_in_the_next_aging(its: Payable) -> None:
    """Given 150.00 to be matched, when they are to two documents of 100.00, then 100.00 and 50.00 are paid of them."""
    payment = its.paid()
    path, body = match(its, "match", payment["id"], its.first)
    matched = its.one(its.books.send("POST", path, body))
    assert (matched["allocated_amount_cents"], its.outstanding()) == (10_000, 15_000)
    assert [one["amount"] for one in transactions(its)] == [5_000]
    its.books.send("POST", *match(its, "match", payment["id"], its.second))
    assert (transactions(its), its.outstanding()) == ([], 10_000)
    charge = its.books.get(f"{its.charge}s/{its.second}/")
    assert (charge["status"], charge["outstanding_balance"]) == ("partially_paid", 5_000)
    path, body = match(its, "unmatch", payment["id"], its.first)
    its.books.send("POST", path, body)
    assert (its.outstanding(), [one["amount"] for one in transactions(its)]) == (20_000, [10_000])
    said = its.books.refused("POST", path, body)
    assert list(said["detail"]["field_errors"]) == [f"{its.charge}_id"]


def test_the_widget_finds_what_it_may_unlink(its: Payable) -> None:
    """Given a matched payment, when the payments of its document are listed, then they tell the transaction's id."""
    payment = its.paid((its.second, 1_000), payment_reference="FPS-1")
    its.books.send("POST", *match(its, "match", payment["id"], its.first))
    (row,) = its.books.get(its.path, **{f"{its.charge}_id": its.first})["results"]
    assert row["id"] == payment["id"]
    assert row["reconciled_bank_transactions"][0]["bank_transaction_id"] == payment["id"]
    assert its.first in [one[f"{its.charge}_id"] for one in row["allocations"]]
    if its.side is Side.PAYABLE:
        assert row["payment_reference"] == f"RECON-{payment['id']}-{its.first}"
        assert row["vendor_name"] == "ann"
        (part,) = its.books.get(f"bills/{its.first}/")["bill_payment_allocations"]
        assert part["bill_payment_id"] == payment["id"]
    else:
        assert (row["payment_reference"], row["customer_name"], row["total_amount"]) == ("FPS-1", "ann", 15_000)
        (part,) = its.books.get(f"invoices/{its.first}/")["payment_allocations"]
        assert part["payment_id"] == payment["id"]


def test_a_published_client_reads_its_reference(client: httpx.Client, platform: Platform, database_url: str) -> None:
    """Given a bill payment with a reference, when a client of the published profile finds it, then it has that."""
    its = new_payable(client, platform, database_url, Side.PAYABLE)
    payment = its.paid((its.first, 100), payment_reference="FPS-1")
    assert payment["payment_reference"] == "FPS-1"


def test_what_does_not_match_is_refused(its: Payable) -> None:
    """Given another party's document, none, one that is paid or money that is used up, then 400 names the document."""
    payment = its.paid((its.first, 10_000))
    for charge_id in (its.others, ELSEWHERE, its.first):
        said = its.books.refused("POST", *match(its, "match", payment["id"], charge_id))
        assert list(said["detail"]["field_errors"]) == [f"{its.charge}_id"]
    used = its.paid((its.second, 100), **{its.amount: 100})
    said = its.books.refused("POST", *match(its, "match", used["id"], its.second))
    assert list(said["detail"]["field_errors"]) == [f"{its.charge}_id"]
    said = its.books.refused("POST", *match(its, "unmatch", payment["id"], its.second))
    assert list(said["detail"]["field_errors"]) == [f"{its.charge}_id"]


def test_what_is_no_such_transaction_is_not_found(its: Payable, client: httpx.Client, platform: Platform) -> None:
    """Given an id of nothing, of a pending payment or of another business, when it is matched, then 404."""
    pending, payment = its.paid(status="pending"), its.paid()
    for identity in (ELSEWHERE, pending["id"]):
        said = its.books.refused("POST", *match(its, "match", identity, its.first), 404)
        assert said["error_code"] == "payment_not_found"
    elsewhere = new_business(client, platform)
    for doing in ("match", "unmatch"):
        path, body = match(its, doing, payment["id"], its.first)
        url = f"/v1/platform/businesses/{elsewhere}/{path}"
        answer = client.request("POST", url, auth=platform.basic, json=body)
        assert (answer.status_code, answer.json()["error_code"]) == (404, "payment_not_found")
