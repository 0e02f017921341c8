"""Payments that are recorded: changed and deleted; and those that go straight to a ledger account."""

from datetime import date
from typing import Any
from uuid import uuid4

import httpx
import pytest

from duebook.ledger.commands import AddRefund, AddSettlement, CloseBooks, NewParty
from duebook.ledger.facts import Kind, Side
from tests.http.layer_world import BILLS, INVOICES, Face, Layer, invoice, new_layer, payment
from tests.http.world import Platform, write

BOTH = pytest.mark.parametrize("face", [INVOICES, BILLS], ids=["invoices", "bills"])
DEPOSITS = {"type": "StableName", "stable_name": "DEPOSITS"}


@pytest.fixture
def books(client: httpx.Client, platform: Platform) -> Layer:
    """A business with empty books."""
    return new_layer(client, platform)


def _put(books: Layer, face: Face, payment_id: str, said: dict[str, Any], status: int = 200) -> Any:
    answer = books.ask("PUT", f"{face.payments}/{payment_id}", json=said)
    assert answer.status_code == status, answer.text
    return answer.json()["data"] if status == 200 else answer.json()


def _open(books: Layer, face: Face) -> dict[str, int]:
    """What is open of each charge."""
    return {one["external_id"]: one["outstanding_balance"] for one in books.get(face.charges)["data"]}


@BOTH
def test_what_is_said_of_a_payment_replaces_what_was_said(books: Layer, face: Face) -> None:
    """Given a payment, when changed, then what is said is new, null takes away, and the rest and its parts stay."""
    books.post(face.charges, face.charge("1"))
    made = books.post(
        face.payments,
        face.payment(4_000, ("1", 4_000), external_id="p", fee=12, memo="m", reference_number="R", metadata={"a": 1}),
    )
    said = {"paid_at": "2024-04-22", "method": "CASH", "memo": None, "reference_number": "S", "processor": "STRIPE"}
    changed = _put(books, face, made["id"], said)
    assert changed == made | {"at": "2024-04-22", "method": "CASH", "memo": None, "processor": "STRIPE"} | {
        "reference_number": "S"
    }
    assert _put(books, face, made["id"], {"fee": None, "tags": [{"key": "k", "value": "v"}]})["fee"] == 0
    assert books.get(f"{face.payments}/{made['id']}")["data"]["transaction_tags"][0]["key"] == "k"
    assert _open(books, face) == {"1": 6_000}


@BOTH
def test_parts_that_are_said_replace_all_there_are(books: Layer, face: Face) -> None:
    """Given a payment of one charge, when its amount and parts are said anew, then only those are paid."""
    for number in ("1", "2"):
        books.post(face.charges, face.charge(number))
    made = books.post(face.payments, face.payment(4_000, ("1", 4_000)))
    parts = [{f"{face.word}_external_id": name, "amount": 2_500, "memo": name} for name in ("2", "1")]
    changed = _put(books, face, made["id"], {"amount": 5_000, face.parts: parts})
    assert (changed["id"], changed["amount"]) == (made["id"], 5_000)
    assert [(one["amount"], one["memo"]) for one in changed["allocations"]] == [(2_500, "2"), (2_500, "1")]
    assert _open(books, face) == {"1": 7_500, "2": 7_500}
    same = [{f"{face.word}_id": one[f"{face.word}_id"], "amount": 2_500} for one in changed["allocations"]]
    kept = _put(books, face, made["id"], {face.parts: same})
    assert [one["id"] for one in kept["allocations"]] == [one["id"] for one in changed["allocations"]]
    assert [one["memo"] for one in kept["allocations"]] == [None, None]


@BOTH
def test_a_bad_change_of_a_payment_is_refused(books: Layer, face: Face) -> None:
    """Given values that break a rule, when a payment is changed, then the field is named, and it stays as it was."""
    books.post(face.charges, face.charge("1"))
    books.post(face.charges, face.charge("other", **face.of("other")))
    made = books.post(face.payments, face.payment(4_000, ("1", 4_000)))
    before = books.get(face.charges)["data"]

    def part(amount: int, name: str = "1") -> dict[str, Any]:
        return {f"{face.word}_external_id": name, "amount": amount}

    cases: list[tuple[dict[str, Any], str]] = [
        ({"method": "GOLD"}, "method"),
        ({"method": None}, "method"),
        ({"paid_at": "2024-02-30"}, "paid_at"),
        ({"amount": 3_000}, face.parts),
        ({face.parts: [part(3_999)]}, face.parts),
        ({face.parts: []}, face.parts),
        ({"amount": 10_001, face.parts: [part(10_001)]}, f"{face.parts}[0]"),
        ({"amount": 5, face.parts: [{"amount": 3, "account": DEPOSITS}, part(2, "none")]}, f"{face.parts}[1]"),
        ({"amount": 5, face.parts: [part(1), part(4, "other")]}, f"{face.parts}[1]"),
        ({"metadata": {"a": "x" * 11_000}}, "metadata"),
    ]
    for said, field in cases:
        assert _put(books, face, made["id"], said, status=400)["meta"]["field"] == field
    assert books.get(face.payments)["data"] == [made]
    assert books.get(face.charges)["data"] == before


@BOTH
@pytest.mark.parametrize(("method", "path"), [("DELETE", ""), ("POST", "/delete")])
def test_what_a_deleted_payment_paid_is_open_again(books: Layer, face: Face, method: str, path: str) -> None:
    """Given a paid charge, when its payment is deleted, then it is open, may be void, and the payment is gone."""
    charge = books.post(face.charges, face.charge("1"))
    made = books.post(face.payments, face.payment(10_000, ("1", 10_000)))
    answer = books.ask(method, f"{face.payments}/{made['id']}{path}")
    assert (answer.status_code, answer.json()["data"]) == (200, made)
    (shown,) = books.get(face.charges)["data"]
    assert shown | {"updated_at": ""} == charge | {"updated_at": ""}
    assert books.get(face.payments)["data"] == []
    gone = f"{face.payments}/{made['id']}"
    for again in (books.ask(method, gone + path), books.ask("PUT", gone, json={})):
        assert again.status_code == 404
    books.post(f"{face.charges}/{charge['id']}/void", None, status=200)


@BOTH
def test_a_refunded_payment_stays(client: httpx.Client, platform: Platform, database_url: str, face: Face) -> None:
    """Given a payment whose charge is refunded, when it would pay less or be deleted, then it is refused and stays."""
    books = new_layer(client, platform)
    side = Side.RECEIVABLE if face is INVOICES else Side.PAYABLE
    books.post(face.charges, face.charge("1"))
    made = books.post(face.payments, face.payment(4_000, ("1", 4_000), external_id="p"))
    refund = AddRefund(side=side, of_kind=Kind.CHARGE, of="1", refunded_on=date(2024, 6, 1), amount_minor=4_000)
    write(database_url, books.business_id, refund)
    answer = books.ask("DELETE", f"{face.payments}/{made['id']}")
    assert (answer.status_code, answer.json()["error_enum"]) == (409, face.state_error)
    (by,) = books.get(f"{face.charges}/refunds")["data"]
    assert (answer.json()["meta"]["field"], answer.json()["meta"]["documents"]) == ("paymentId", [by["id"]])
    less = {"amount": 3_999, face.parts: [{f"{face.word}_external_id": "1", "amount": 3_999}]}
    assert _put(books, face, made["id"], less, status=400)["error_enum"] == face.state_error
    later = _put(books, face, made["id"], {"paid_at": "2024-06-02"}, status=400)
    assert (later["error_enum"], later["meta"]["field"]) == (face.state_error, "paid_at")
    assert books.get(face.payments)["data"] == [made]


@BOTH
def test_a_payment_of_a_closed_day_stays(
    client: httpx.Client, platform: Platform, database_url: str, face: Face
) -> None:
    """Given closed books, when a payment of a closed day is deleted or dated anew, then 409 PeriodIsClosed."""
    books = new_layer(client, platform)
    books.post(face.charges, face.charge("1"))
    made = books.post(face.payments, face.payment(4_000, ("1", 4_000)))
    write(database_url, books.business_id, CloseBooks(date(2024, 12, 31)))
    assert _put(books, face, made["id"], {"paid_at": "2024-04-21"}, status=409)["error_enum"] == "PeriodIsClosed"
    answer = books.ask("DELETE", f"{face.payments}/{made['id']}")
    assert (answer.status_code, answer.json()["error_enum"]) == (409, "PeriodIsClosed")
    assert _put(books, face, made["id"], {"memo": "m"})["memo"] == "m"


@BOTH
@pytest.mark.parametrize(("method", "path"), [("PUT", ""), ("DELETE", ""), ("POST", "/delete")])
def test_an_unknown_payment_is_not_found(
    books: Layer, client: httpx.Client, other_platform: Platform, face: Face, method: str, path: str
) -> None:
    """Given an id of nothing, of a charge or of another partner's, when something is done to it, then 404."""
    theirs = new_layer(client, other_platform)
    theirs.post(face.charges, face.charge("1"))
    foreign = theirs.post(face.payments, face.payment(1, ("1", 1)))["id"]
    for unknown in (str(uuid4()), books.post(face.charges, face.charge("2"))["id"], foreign):
        answer = books.ask(method, f"{face.payments}/{unknown}{path}", json={"memo": "m"})
        assert (answer.status_code, answer.json()["type"]) == (404, "ResourceNotFound")


@BOTH
def test_a_part_goes_straight_to_a_ledger_account(books: Layer, face: Face) -> None:
    """Given an overpayment, when the rest goes to an account, then only the charge's part lowers what is owed."""
    charge = books.post(face.charges, face.charge("1"))
    asked = face.payment(12_000, ("1", 10_000), external_id="p")
    asked[face.parts].insert(0, {"amount": 2_000, "account": DEPOSITS, "memo": "too much"})
    made = books.post(face.payments, asked)
    assert made["amount"] == 12_000
    shown = [(one["amount"], one[f"{face.word}_id"], one["account"], one["memo"]) for one in made["allocations"]]
    assert shown == [(10_000, charge["id"], None, None), (2_000, None, DEPOSITS, "too much")]
    assert books.post(face.payments, asked, status=200) == made
    assert books.get(face.payments)["data"] == [made]
    (paid,) = books.get(face.charges)["data"]
    assert (paid["status"], paid["outstanding_balance"]) == ("PAID", 0)
    assert paid["payment_allocations"] == made["allocations"][:1]
    assert _put(books, face, made["id"], {"memo": "m"}) == made | {"memo": "m"}
    other = asked | {face.parts: [asked[face.parts][0] | {"account": {"type": "AccountId"}}, asked[face.parts][1]]}
    refused = books.refused(face.payments, other, status=409)
    assert (refused["error_enum"], refused["meta"]["field"]) == ("ExternalIdConflict", face.parts)


@BOTH
def test_a_payment_wholly_for_accounts_says_whose_it_is(books: Layer, face: Face) -> None:
    """Given no part for a charge, when whose it is is said, then it is kept and lowers nothing; else 400."""
    books.post(face.charges, face.charge("1"))
    asked = face.payment(700) | {face.parts: [{"amount": 700, "account_identifier": DEPOSITS}]}
    assert books.refused(face.payments, asked)["meta"]["field"] == f"{face.whose}_id"
    made = books.post(face.payments, asked | face.of("new"))
    assert (made["amount"], [one["account"] for one in made["allocations"]]) == (700, [DEPOSITS])
    assert books.get(face.payments, **{f"{face.whose}_external_id": "new"})["data"] == [made]
    assert _open(books, face) == {"1": 10_000}
    paid = _put(books, face, made["id"], {face.parts: [{"amount": 700, "account": DEPOSITS}]})
    assert paid["amount"] == 700
    assert books.ask("DELETE", f"{face.payments}/{made['id']}").json()["data"] == paid


@BOTH
def test_a_part_is_for_a_charge_or_for_an_account(books: Layer, face: Face) -> None:
    """Given a part that names both, and one after an account that does not fit, when recorded, then it is named."""
    books.post(face.charges, face.charge("1"))
    both = {"amount": 1, "account": DEPOSITS, f"{face.word}_external_id": "1"}
    refused = books.refused(face.payments, face.payment(1) | {face.parts: [both]})
    assert refused["meta"]["field"] == f"{face.parts}[0].account"
    after = [{"amount": 1, "account": DEPOSITS}, {"amount": 10_001, f"{face.word}_external_id": "1"}]
    refused = books.refused(face.payments, face.payment(10_002) | {face.parts: after})
    assert refused["meta"]["field"] == f"{face.parts}[1]"
    assert refused["description"].startswith(f"{face.parts}[1]: ")


def test_a_customers_aging_leaves_money_for_accounts_out(books: Layer) -> None:
    """Given an overpayment that goes to an account, when aged, then the customer owes nothing, and is owed nothing."""
    customer = books.post("invoices", invoice("1"))["customer"]["id"]
    asked = payment(12_000, ("1", 10_000))
    asked["invoice_payments"].append({"amount": 2_000, "account": DEPOSITS})
    books.post("invoices/payments", asked)
    assert books.aging(customer)["total"] == 0


@BOTH
def test_money_for_accounts_is_listed_beside_a_tie_out(books: Layer, platform: Platform, face: Face) -> None:
    """Given an overpayment that goes to an account, when the side is tied out, then it is beside, and counted not."""
    books.post(face.charges, face.charge("1"))
    asked = face.payment(12_000, ("1", 10_000))
    asked[face.parts].append({"amount": 2_000, "account": DEPOSITS})
    books.post(face.payments, asked)
    answer = books.client.post(
        f"/api/v1/businesses/{books.business_id}/reports/tie-out",
        auth=platform.basic,
        json={
            "side": "receivable" if face is INVOICES else "payable",
            "balances": [{"on": "2024-04-19", "balance_minor": 10_000}, {"on": "2024-04-20", "balance_minor": 0}],
        },
    )
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert found["ties_out"]
    assert [one["beside_minor"] for one in found["days"]] == [0, 2_000]


def test_a_method_of_another_interface_is_another(client: httpx.Client, platform: Platform, database_url: str) -> None:
    """Given payments that came another way, when shown, then a method of no published word is OTHER."""
    books = new_layer(client, platform)
    said: dict[str, Any] = {"side": Side.RECEIVABLE, "kind": Kind.PAYMENT, "party": NewParty("z", "Z")}
    said |= {"settled_on": date(2024, 5, 1), "currency": "USD", "amount_minor": 5}
    write(
        database_url,
        books.business_id,
        AddSettlement(**said, body={"method": "bank_transfer"}),
        AddSettlement(**said),
    )
    shown = books.get("invoices/payments")["data"]
    assert [(one["method"], one["amount"], one["allocations"]) for one in shown] == [("OTHER", 5, []), (None, 5, [])]
    assert _put(books, INVOICES, shown[0]["id"], {"memo": "m"}) == shown[0] | {"memo": "m"}
