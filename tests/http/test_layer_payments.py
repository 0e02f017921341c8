"""Payments for invoices and for bills: allocated to the last cent, never over what is open."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.http.layer_world import BILLS, INVOICES, Face, Layer, bill, invoice, new_layer
from tests.http.world import Platform

BOTH = pytest.mark.parametrize("face", [INVOICES, BILLS], ids=["invoices", "bills"])


@pytest.fixture
def books(client: httpx.Client, platform: Platform) -> Layer:
    """A business with empty books."""
    return new_layer(client, platform)


@BOTH
def test_a_payment_over_several_charges_lowers_each(books: Layer, face: Face) -> None:
    """Given two charges, when one payment pays parts of both, named by id and by external id, then both are lowered."""
    first = books.post(face.charges, face.charge("1"))
    second = books.post(face.charges, face.charge("2"))
    asked = face.payment(7_000, ("2", 3_000), external_id="p", fee=12, memo="m", reference_number="R")
    asked[face.parts].append({f"{face.word}_id": first["id"], "amount": 4_000, "memo": "part", "metadata": {"a": 1}})
    made = books.post(face.payments, asked)
    assert (
        made.items() >= {"external_id": "p", "amount": 7_000, "fee": 12, "memo": "m", "reference_number": "R"}.items()
    )
    parts = [(one[f"{face.word}_id"], one["amount"], one["memo"], one["metadata"]) for one in made["allocations"]]
    assert parts == [(second["id"], 3_000, None, {}), (first["id"], 4_000, "part", {"a": 1})]
    assert {one["payment_id"] for one in made["allocations"]} == {made["id"]}
    charges = books.get(face.charges)["data"]
    assert [one["outstanding_balance"] for one in charges] == [6_000, 7_000]
    assert [one["payment_allocations"] for one in charges] == [made["allocations"][1:], made["allocations"][:1]]
    assert books.get(f"{face.payments}/{made['id']}")["data"] == made
    assert books.get(face.payments)["data"] == [made]


@BOTH
def test_a_repeated_payment_is_the_one_that_is_there(books: Layer, face: Face) -> None:
    """Given a payment, when the very same comes again, even by the charge's other name, then 200 and nothing more."""
    charge = books.post(face.charges, face.charge("1"))
    asked = face.payment(4_000, ("1", 4_000), external_id="p")
    made = books.post(face.payments, asked)
    held = books.held()
    assert books.post(face.payments, asked, status=200) == made
    by_id = asked | {face.parts: [{f"{face.word}_id": charge["id"], "amount": 4_000}]}
    assert books.post(face.payments, by_id, status=200) == made
    assert books.held() == held
    assert books.get(f"{face.charges}/{charge['id']}")["data"]["outstanding_balance"] == 6_000


@BOTH
@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"paid_at": "2024-04-21"}, "paid_at"),
        ({"method": "CASH"}, "method"),
        ({"fee": 1}, "fee"),
        ({"memo": "other"}, "memo"),
        ({"reference_number": "other"}, "reference_number"),
    ],
)
def test_a_repeated_payment_with_other_content_is_a_conflict(
    books: Layer, face: Face, change: dict[str, Any], field: str
) -> None:
    """Given a payment, when its external id comes again with another value, then 409 names the field."""
    books.post(face.charges, face.charge("1"))
    asked = face.payment(4_000, ("1", 4_000), external_id="p")
    books.post(face.payments, asked)
    refused = books.refused(face.payments, asked | change, status=409)
    assert (refused["error_enum"], refused["meta"]["field"]) == ("ExternalIdConflict", field)


@BOTH
def test_a_repeated_payment_for_other_charges_is_a_conflict(books: Layer, face: Face) -> None:
    """Given a payment, when its external id comes again with another split or amount, then 409 says which."""
    for number in ("1", "2"):
        books.post(face.charges, face.charge(number))
    books.post(face.payments, face.payment(4_000, ("1", 4_000), external_id="p"))
    moved = books.refused(face.payments, face.payment(4_000, ("2", 4_000), external_id="p"), status=409)
    assert moved["meta"]["field"] == face.parts
    larger = books.refused(face.payments, face.payment(4_001, ("1", 4_001), external_id="p"), status=409)
    assert larger["meta"]["field"] == "amount"


@BOTH
def test_a_payment_never_pays_more_than_is_open(books: Layer, face: Face) -> None:
    """Given a charge that is paid in part, when paid a cent too much, then 400 with what is open and what is there."""
    charge = books.post(face.charges, face.charge("1"))
    first = books.post(face.payments, face.payment(4_000, ("1", 4_000)))
    refused = books.refused(face.payments, face.payment(6_001, ("1", 6_001)))
    assert (refused["type"], refused["error_enum"]) == ("InvalidParameters", face.state_error)
    said = {"field": f"{face.parts}[0]", "document_id": charge["id"], "open_minor": 6_000, "offered_minor": 6_001}
    assert refused["meta"].items() >= (said | {"in_the_way": [first["id"]]}).items()
    assert f"does not fit {face.word}" in refused["description"]
    books.post(face.payments, face.payment(6_000, ("1", 6_000)))
    assert books.get(f"{face.charges}/{charge['id']}")["data"]["status"] == "PAID"


@BOTH
def test_two_parts_for_one_charge_count_together(books: Layer, face: Face) -> None:
    """Given one payment with two parts for the same charge, when they come to more than is open, then refused."""
    books.post(face.charges, face.charge("1"))
    books.refused(face.payments, face.payment(10_001, ("1", 5_000), ("1", 5_001)))
    made = books.post(face.payments, face.payment(10_000, ("1", 5_000), ("1", 5_000)))
    assert [one["amount"] for one in made["allocations"]] == [5_000, 5_000]


@BOTH
@pytest.mark.parametrize(("amount", "parts"), [(10, [9]), (10, [5, 6]), (10, [0]), (0, [1])])
def test_the_parts_add_up_to_the_payment(books: Layer, face: Face, amount: int, parts: list[int]) -> None:
    """Given parts that do not come to the amount, when recorded, then 400 that names both sums."""
    books.post(face.charges, face.charge("1"))
    refused = books.refused(face.payments, face.payment(amount, *(("1", part) for part in parts)))
    assert refused["meta"]["field"] == face.parts
    assert {str(sum(parts)), str(amount)} <= set(refused["description"].replace(",", "").replace(")", "").split())


@BOTH
def test_a_payment_belongs_to_one_party(books: Layer, face: Face) -> None:
    """Given charges of two parties, when one payment is for both, then 400 and nothing is written."""
    for whose in ("a", "b"):
        books.post(face.charges, face.charge(whose, **face.of(whose)))
    refused = books.refused(face.payments, face.payment(2, ("a", 1), ("b", 1)))
    assert refused["error_enum"] == "DoesNotMatchExistingEntity"
    assert refused["meta"]["field"] == f"{face.parts}[1]"


@BOTH
def test_a_part_names_one_charge_that_is_there(books: Layer, face: Face) -> None:
    """Given parts that name no charge, two, or one that is unknown or of the other side, then 400 names the field."""
    books.post(face.charges, face.charge("1"))
    other_side = BILLS if face is INVOICES else INVOICES
    foreign = books.post(other_side.charges, other_side.charge("theirs"))
    by_id, by_number = f"{face.word}_id", f"{face.word}_external_id"
    for named, field, enum in [
        ({}, f"{face.parts}[0].{by_id}", "InvalidPayload"),
        ({by_id: str(uuid4()), by_number: "1"}, f"{face.parts}[0].{by_id}", "InvalidPayload"),
        ({by_id: "x"}, f"{face.parts}[0].{by_id}", "InvalidPayload"),
        ({by_id: str(uuid4())}, f"{face.parts}[0]", "SpecifiedIdNotFound"),
        ({by_id: foreign["id"]}, f"{face.parts}[0]", "SpecifiedIdNotFound"),
        ({by_number: "theirs"}, f"{face.parts}[0]", "SpecifiedIdNotFound"),
        ({by_number: "nothing"}, f"{face.parts}[0]", "SpecifiedIdNotFound"),
    ]:
        refused = books.refused(face.payments, face.payment(1) | {face.parts: [{"amount": 1, **named}]})
        assert (refused["meta"]["field"], refused["error_enum"]) == (field, enum)
    assert books.refused(face.payments, face.payment(0))["meta"]["field"] == face.parts


def test_a_payment_for_one_invoice_pays_that_one(books: Layer) -> None:
    """Given an invoice, when paid by the shortcut, then all of it is for this invoice, and a repeat is the same."""
    made = books.post("invoices", invoice("1"))
    path = f"invoices/{made['id']}/payment"
    asked = {"amount": 2_500, "method": "CASH", "paid_at": "2024-05-01", "external_id": "p", "fee": 3}
    paid = books.post(path, asked)
    assert [(one["invoice_id"], one["amount"]) for one in paid["allocations"]] == [(made["id"], 2_500)]
    assert books.post(path, asked, status=200) == paid
    assert books.get(f"invoices/{made['id']}")["data"]["outstanding_balance"] == 7_500
    refused = books.refused(path, asked | {"external_id": "q", "amount": 7_501})
    assert (refused["error_enum"], refused["meta"]["field"]) == ("InvoiceStateError", "amount")


def test_a_payment_for_one_void_invoice_is_refused(books: Layer) -> None:
    """Given a void invoice, when paid by the shortcut, then 409 names what the path names."""
    void = books.post("invoices", invoice("1", voided_at="2024-04-02"))
    asked = {"amount": 1, "method": "CASH", "paid_at": "2024-05-01"}
    refused = books.refused(f"invoices/{void['id']}/payment", asked, status=409)
    assert (refused["error_enum"], refused["meta"]["field"]) == ("InvoiceStateError", "invoiceId")


def test_a_payment_for_an_unknown_invoice_is_not_found(books: Layer) -> None:
    """Given an id of nothing or of a bill, when paid by the shortcut, then 404."""
    theirs = books.post("bills", bill("1"))["id"]
    for unknown in (uuid4(), theirs):
        asked = {"amount": 1, "method": "CASH", "paid_at": "2024-05-01"}
        assert books.refused(f"invoices/{unknown}/payment", asked, status=404)["type"] == "ResourceNotFound"


@BOTH
def test_a_payment_before_its_charge_counts_from_the_charge_on(books: Layer, face: Face) -> None:
    """Given a payment of an earlier day than its charge, when recorded, then the charge is never below zero."""
    books.post(face.charges, face.charge("1"))
    made = books.post(face.payments, face.payment(10_000, ("1", 10_000), paid_at="2024-01-01"))
    assert made["at"] == "2024-01-01"
    assert books.get(face.charges)["data"][0]["paid_at"] == "2024-04-01T00:00:00Z"


@BOTH
@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"method": "GOLD"}, "method"),
        ({"method": None}, "method"),
        ({"paid_at": "2023-02-29"}, "paid_at"),
        ({"amount": -1}, "amount"),
        ({"amount": 10.0}, "amount"),
        ({"amount": "10"}, "amount"),
        ({"amount": 2**63}, "amount"),
        ({"fee": -1}, "fee"),
        ({"external_id": ""}, "external_id"),
        ({"additional_fees": [{"description": "x"}]}, "additional_fees[0].fee_amount"),
        ({"metadata": {"a": "x" * 11_000}}, "metadata"),
    ],
)
def test_a_bad_payment_is_refused(books: Layer, face: Face, change: dict[str, Any], field: str) -> None:
    """Given a value that breaks a rule, when recorded, then 400 names the field."""
    books.post(face.charges, face.charge("1"))
    refused = books.refused(face.payments, face.payment(10, ("1", 10)) | change)
    assert refused["meta"]["field"] == field
