"""Invoices and bills that are recorded: changed, void and deleted, and never while something is in the way."""

from datetime import date
from typing import Any
from uuid import uuid4

import httpx
import pytest

from duebook.ledger.commands import AddCharge, AddWriteOff, CloseBooks, NewParty
from duebook.ledger.facts import Reason, Side
from tests.http.layer_world import BILLS, INVOICES, Face, Layer, invoice, layer_token, new_layer
from tests.http.thredfi_world import new_thredfi
from tests.http.world import Platform, bearer, write

DAY = date(2024, 5, 1)
BOTH = pytest.mark.parametrize("face", [INVOICES, BILLS], ids=["invoices", "bills"])


@pytest.fixture
def books(client: httpx.Client, platform: Platform) -> Layer:
    """A business with empty books."""
    return new_layer(client, platform)


def _change(books: Layer, face: Face, charge_id: str, said: dict[str, Any]) -> httpx.Response:
    if face is INVOICES:
        return books.ask("PUT", f"invoices/{charge_id}", json=said)
    return books.ask("POST", f"bills/{charge_id}/update", json=said)


def _changed(books: Layer, face: Face, charge_id: str, **said: Any) -> Any:
    answer = _change(books, face, charge_id, said)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


def _own(face: Face) -> str:
    return "sent_at" if face is INVOICES else "received_at"


def _line(face: Face, amount: int) -> dict[str, Any]:
    found: dict[str, Any] = face.charge("", amount)["line_items"][0]
    return found


@BOTH
def test_what_is_said_replaces_what_was_said(books: Layer, face: Face) -> None:
    """Given a charge, when changed, then what is said is new, null takes away, and what is left out stays."""
    made = books.post(
        face.charges,
        face.charge("1", memo="old", metadata={"a": 1}, tags=[{"key": "k", "value": "v"}], reference_number="R-1"),
    )
    changed = _changed(
        books, face, made["id"], memo=None, reference_number="R-2", due_at="2024-06-01", **{_own(face): "2024-04-02"}
    )
    expected = {"memo": None, "reference_number": "R-2", "due_at": "2024-06-01", _own(face): "2024-04-02"}
    moving = {"updated_at", f"{face.word}_number"}
    assert {name: value for name, value in changed.items() if name not in moving} == {
        name: value for name, value in (made | expected).items() if name not in moving
    }
    assert changed["updated_at"] > made["updated_at"]
    assert books.get(f"{face.charges}/{made['id']}")["data"] == changed
    assert _changed(books, face, made["id"]) == changed


@BOTH
def test_a_total_is_worked_out_again(books: Layer, face: Face) -> None:
    """Given a charge with a discount, when its lines change, then the total follows, less the same discount."""
    made = books.post(face.charges, face.charge("1", additional_discount=100))
    line = _line(face, 0) | {"unit_price": 333, "quantity": "1.5", "sales_taxes": [{"amount": 7}]}
    changed = _changed(books, face, made["id"], line_items=[line, _line(face, 1_000)])
    assert (changed["subtotal"], changed["total_amount"], changed["outstanding_balance"]) == (1_500, 1_407, 1_407)
    assert [one["total_amount"] for one in changed["line_items"]] == [507, 1_000]
    fewer = _changed(books, face, made["id"], additional_discount=None, additional_sales_taxes=[{"amount": 3}])
    assert (fewer["additional_discount"], fewer["total_amount"]) == (0, 1_510)
    assert fewer["line_items"] == changed["line_items"]


@BOTH
def test_a_charge_is_given_to_another_party(books: Layer, face: Face) -> None:
    """Given a charge, when changed to another party, by an unseen external id, then it is that one's."""
    made = books.post(face.charges, face.charge("1"))
    changed = _changed(books, face, made["id"], **face.of("new"))
    assert changed[face.whose]["external_id"] == "new"
    assert (
        _changed(books, face, made["id"], **{f"{face.whose}_id": made[face.whose]["id"]})[face.whose]
        == (made[face.whose])
    )


@BOTH
def test_an_older_name_of_the_number_is_heard(books: Layer, face: Face) -> None:
    """Given a reference number, when changed under its older name, then both names show the new one."""
    made = books.post(face.charges, face.charge("1", reference_number="R-1"))
    changed = _changed(books, face, made["id"], **{f"{face.word}_number": "R-2"})
    assert (changed["reference_number"], changed[f"{face.word}_number"]) == ("R-2", "R-2")
    again = _changed(books, face, made["id"], reference_number="R-3")
    assert (again["reference_number"], again[f"{face.word}_number"]) == ("R-3", "R-3")


def test_an_invoice_loses_its_due_date(books: Layer) -> None:
    """Given an invoice with a due date, when that is null, then it is due on the day it was sent and shows none."""
    made = books.post("invoices", invoice("1"))
    assert _changed(books, INVOICES, made["id"], due_at=None)["due_at"] is None
    assert _changed(books, INVOICES, made["id"], tips=5, recipient_name="R")["total_amount"] == 10_005


def test_a_bill_gets_other_terms(books: Layer) -> None:
    """Given a bill with a due date, when it gets terms, then they count; then a date again, then they do not."""
    made = books.post("bills", BILLS.charge("1"))
    by_terms = _changed(books, BILLS, made["id"], bill_terms="NET_10")
    assert (by_terms["terms"], by_terms["due_at"]) == ("NET_10", "2024-04-11T00:00:00Z")
    later = _changed(books, BILLS, made["id"], received_at="2024-04-05")
    assert (later["terms"], later["due_at"]) == ("NET_10", "2024-04-15T00:00:00Z")
    dated = _changed(books, BILLS, made["id"], due_at="2024-05-05")
    assert (dated["terms"], dated["due_at"]) == (None, "2024-05-05")


@BOTH
def test_a_charge_without_lines_is_changed_too(
    client: httpx.Client, platform: Platform, database_url: str, face: Face
) -> None:
    """Given a charge that came another way, when its memo changes, then nothing else does; a tax adds to its amount."""
    books = new_layer(client, platform)
    side = Side.RECEIVABLE if face is INVOICES else Side.PAYABLE
    write(
        database_url,
        books.business_id,
        AddCharge(
            side=side,
            external_id="1",
            party=NewParty("z", "Z"),
            issued_on=DAY,
            currency="USD",
            amount_minor=500,
            body={"own": [1]},
        ),
    )
    (made,) = books.get(face.charges)["data"]
    changed = _changed(books, face, made["id"], memo="m")
    assert changed == made | {"memo": "m", "updated_at": changed["updated_at"]}
    assert _changed(books, face, made["id"], additional_sales_taxes=[{"amount": 5}])["total_amount"] == 505
    assert _changed(books, face, made["id"], additional_discount=6)["total_amount"] == 499


@BOTH
def test_a_bad_change_is_refused(books: Layer, face: Face) -> None:
    """Given values that break a rule, when a charge is changed, then 400 names the field, and it stays as it was."""
    made = books.post(face.charges, face.charge("1"))
    line = _line(face, 1)
    cases: list[tuple[dict[str, Any], str, str]] = [
        ({_own(face): None}, _own(face), "InvalidPayload"),
        ({_own(face): "2024-02-30"}, _own(face), "InvalidPayload"),
        ({"due_at": "soon"}, "due_at", "InvalidPayload"),
        ({"line_items": []}, "line_items", "InvalidPayload"),
        ({"line_items": [line | {"unit_price": -1}]}, "line_items", "InvalidPayload"),
        ({"line_items": [line | {"unit_price": 1.5}]}, "line_items[0].unit_price", "InvalidPayload"),
        ({"line_items": [line | {"quantity": "x"}]}, "line_items[0].quantity", "InvalidPayload"),
        ({"additional_discount": 10_001}, "line_items", "InvalidPayload"),
        ({"metadata": {"a": "x" * 11_000}}, "metadata", "InvalidPayload"),
        ({f"{face.whose}_id": str(uuid4())}, f"{face.whose}_id", "SpecifiedIdNotFound"),
        ({f"{face.whose}_id": str(uuid4()), **face.of("1")}, f"{face.whose}_id", "InvalidPayload"),
    ]
    for said, field, enum in cases:
        answer = _change(books, face, made["id"], said)
        assert (answer.status_code, answer.json()["error_enum"]) == (400, enum), answer.text
        assert answer.json()["meta"]["field"] == field
    assert books.get(face.charges)["data"] == [made]


@BOTH
def test_a_total_never_falls_below_what_is_paid(books: Layer, face: Face) -> None:
    """Given a charge that is paid in part, when its total would be less, then 400 with what is in the way."""
    made = books.post(face.charges, face.charge("1"))
    paid = books.post(face.payments, face.payment(4_000, ("1", 4_000)))
    answer = _change(books, face, made["id"], {"line_items": [_line(face, 3_999)]})
    assert (answer.status_code, answer.json()["error_enum"]) == (400, face.state_error)
    assert answer.json()["meta"].items() >= {"field": "total_amount", "in_the_way": [paid["id"]]}.items()
    assert _changed(books, face, made["id"], line_items=[_line(face, 4_000)])["status"] == "PAID"


@BOTH
def test_a_paid_charge_stays_its_partys(books: Layer, face: Face) -> None:
    """Given a charge that is paid in part, when given to another party, then 409 lists what is in the way."""
    made = books.post(face.charges, face.charge("1"))
    part = books.post(face.payments, face.payment(1, ("1", 1)))["allocations"][0]["id"]
    answer = _change(books, face, made["id"], face.of("other"))
    assert (answer.status_code, answer.json()["error_enum"]) == (409, face.state_error)
    assert answer.json()["meta"]["allocations"] == [part]


@BOTH
def test_a_void_charge_is_owed_by_nobody(books: Layer, face: Face) -> None:
    """Given a charge, when void, then it is kept without a balance, twice is once, and it changes no more."""
    made = books.post(face.charges, face.charge("1"))
    void = books.post(f"{face.charges}/{made['id']}/void", None, status=200)
    assert (void["status"], void["outstanding_balance"], void["total_amount"]) == ("VOIDED", 0, 10_000)
    assert void["voided_at"] == void["updated_at"] > made["updated_at"]
    assert books.post(f"{face.charges}/{made['id']}/void", None, status=200) == void
    assert books.get(face.charges, status="VOIDED")["data"] == [void]
    answer = _change(books, face, made["id"], {"memo": "m"})
    assert (answer.status_code, answer.json()["error_enum"]) == (409, face.state_error)
    assert answer.json()["meta"]["field"] == f"{face.word}Id"


@BOTH
def test_a_deleted_charge_is_gone(books: Layer, face: Face) -> None:
    """Given a charge, when deleted, then the answer is what it was, and it is in no list and not found."""
    made = books.post(face.charges, face.charge("1"))
    path = f"{face.charges}/{made['id']}"
    assert books.post(f"{path}/delete", None, status=200) == made
    assert books.get(face.charges)["data"] == []
    for method, asked in [("GET", path), ("POST", f"{path}/delete"), ("POST", f"{path}/void")]:
        assert books.ask(method, asked).status_code == 404
    void = books.post(face.charges, face.charge("2"))
    books.post(f"{face.charges}/{void['id']}/void", None, status=200)
    assert books.post(f"{face.charges}/{void['id']}/delete", None, status=200)["status"] == "VOIDED"


def test_a_bill_is_deleted_by_method(books: Layer) -> None:
    """Given a bill, when deleted with DELETE, then it is the same as with POST."""
    made = books.post("bills", BILLS.charge("1"))
    answer = books.ask("DELETE", f"bills/{made['id']}")
    assert (answer.status_code, answer.json()["data"]) == (200, made)
    assert books.get("bills")["data"] == []


@BOTH
@pytest.mark.parametrize("doing", ["void", "delete"])
@pytest.mark.parametrize("by", ["payment", "write-off"])
def test_nothing_is_undone_that_something_touches(
    client: httpx.Client, platform: Platform, database_url: str, face: Face, doing: str, by: str
) -> None:
    """Given a charge that is paid or written off in part, when undone, then 409 lists what is in the way; it stays."""
    books = new_layer(client, platform)
    made = books.post(face.charges, face.charge("1"))
    if by == "payment":
        expected = {"allocations": [books.post(face.payments, face.payment(1, ("1", 1)))["allocations"][0]["id"]]}
    else:
        side = Side.RECEIVABLE if face is INVOICES else Side.PAYABLE
        given_up = AddWriteOff(side=side, charge="1", written_off_on=DAY, amount_minor=1, reason=Reason.BAD_DEBT)
        write(database_url, books.business_id, given_up)
        expected = {"documents": [str(given_up.id)]}
    before = books.get(face.charges)["data"]
    refused = books.refused(f"{face.charges}/{made['id']}/{doing}", None, status=409)
    assert (refused["type"], refused["error_enum"]) == ("InvalidState", face.state_error)
    assert refused["meta"].items() >= ({"field": f"{face.word}Id"} | expected).items()
    assert books.get(face.charges)["data"] == before


@BOTH
def test_a_closed_period_stays_as_it_is(
    client: httpx.Client, platform: Platform, database_url: str, face: Face
) -> None:
    """Given closed books, when a charge of a closed day is undone or its total changes, then 409 PeriodIsClosed."""
    books = new_layer(client, platform)
    made = books.post(face.charges, face.charge("1"))
    write(database_url, books.business_id, CloseBooks(date(2024, 12, 31)))
    for answer in [
        books.ask("POST", f"{face.charges}/{made['id']}/void"),
        _change(books, face, made["id"], {"line_items": [_line(face, 1)]}),
    ]:
        assert (answer.status_code, answer.json()["type"]) == (409, "InvalidState")
        assert answer.json()["error_enum"] == "PeriodIsClosed"
    assert _changed(books, face, made["id"], memo="m")["memo"] == "m"


@BOTH
@pytest.mark.parametrize("doing", ["change", "void", "delete"])
def test_an_unknown_charge_is_not_found(
    books: Layer, client: httpx.Client, other_platform: Platform, face: Face, doing: str
) -> None:
    """Given an id of nothing, of the other side or of another partner's, when something is done to it, then 404."""
    other = BILLS if face is INVOICES else INVOICES
    theirs = new_layer(client, other_platform)
    for unknown in (
        str(uuid4()),
        books.post(other.charges, other.charge("1"))["id"],
        theirs.post(face.charges, face.charge("1"))["id"],
    ):
        if doing == "change":
            answer = _change(books, face, unknown, {"memo": "m"})
        else:
            answer = books.ask("POST", f"{face.charges}/{unknown}/{doing}")
        assert (answer.status_code, answer.json()["type"]) == (404, "ResourceNotFound")


def test_what_another_dialect_recorded_is_shown_and_changed(client: httpx.Client, platform: Platform) -> None:
    """Given an invoice recorded in Thredfi's words, when shown and changed here, then its lines are as it says."""
    theirs = new_thredfi(client, platform)
    customer = theirs.post("customers/", {"company_name": "Ann", "external_id": "ann"})["id"]
    line = {"product": "p", "description": "Work", "quantity": "2", "unit_price": 500, "account_code": "4000"}
    said = {"external_id": "1", "customer_id": customer, "sent_at": "2025-01-10", "line_items": [line]}
    theirs.post("invoices/", said)
    books = Layer(client, bearer(layer_token(client, platform)), theirs.business_id)
    (made,) = books.get("invoices")["data"]
    assert [(one["product"], one["total_amount"]) for one in made["line_items"]] == [("p", 1_000)]
    changed = _changed(books, INVOICES, made["id"], tips=5)
    assert (changed["total_amount"], changed["line_items"]) == (1_005, made["line_items"])
    there = theirs.get(f"invoices/{made['id']}/")
    assert (there["total_amount"], there["line_items"][0]["account_code"]) == (1_005, "4000")
