"""Payments of customers and to vendors in Thredfi's dialect."""

from datetime import date
from typing import Any
from uuid import UUID

import httpx
import pytest

from duebook.ledger.commands import AddRefund
from duebook.ledger.facts import DocumentId, Kind, Side
from tests.http.thredfi_payment_world import Payable, new_payable
from tests.http.thredfi_world import ELSEWHERE
from tests.http.world import Platform, new_business, write


@pytest.fixture(params=list(Side))
def its(request: pytest.FixtureRequest, client: httpx.Client, platform: Platform, database_url: str) -> Payable:
    """Either side."""
    return new_payable(client, platform, database_url, request.param)


def test_a_payment_is_recorded_once_and_found_again(its: Payable) -> None:
    """Given a payment with all that may be said of it, when it is sent twice and found, then 201, 200, and the same."""
    asked = its.payment(
        (its.first, 9_000),
        external_id="pay-1",
        payment_reference="FPS-1",
        payment_processor="stripe",
        processing_fee_cents=30,
        notes="thanks",
        metadata={"batch": 1},
        references=["a", "b"],
    )
    made = its.books.post(its.path, asked)
    assert made == its.books.post(its.path, asked, status=200)
    payment = its.one(made)
    assert made == its.books.get(f"{its.path}{payment['id']}/")
    said = ("external_id", "payment_reference", "payment_processor", "processing_fee_cents", "notes", "metadata")
    assert {name: payment[name] for name in said} == {name: asked[name] for name in said}
    assert payment["references"] == ["a", "b"]
    assert (payment["status"], payment["payment_date"], payment["payment_method"], payment["currency"]) == (
        "completed",
        "2025-03-10",
        "bank_transfer",
        "USD",
    )
    assert (payment[its.amount], payment["allocated_amount_cents"], payment[its.left]) == (15_000, 9_000, 6_000)
    assert (payment["is_fully_allocated"], payment["idempotency_key"]) == (False, None)
    assert (payment[f"{its.party}_id"], payment[f"{its.party}_name"]) == (its.ann, "ann")
    (part,) = payment["allocations"]
    assert (part[f"{its.charge}_id"], part[f"{its.charge}_number"], part["amount_cents"]) == (its.first, "1", 9_000)
    assert part["applied_at"] == "2025-03-10T00:00:00Z"
    assert its.outstanding() == 16_000


def test_the_published_payment_is_answered_in_full(client: httpx.Client, platform: Platform, database_url: str) -> None:
    """Given an invoice, when it is paid as published, then all amounts and the invoice as it stands are told."""
    its = new_payable(client, platform, database_url, Side.RECEIVABLE)
    payment = its.paid((its.first, 10_000), total_amount_cents=10_000)
    amounts = {name: payment[name] for name in payment if "amount" in name}
    assert amounts == {
        "total_amount_cents": 10_000,
        "total_amount": 10_000,
        "applied_amount_cents": 10_000,
        "allocated_amount_cents": 10_000,
        "allocated_amount": 10_000,
        "unapplied_amount_cents": 0,
        "remaining_amount_cents": 0,
    }
    assert payment["is_fully_allocated"]
    assert payment["applied_invoices"] == [
        {
            "id": its.first,
            "invoice_number": "1",
            "applied_amount_cents": 10_000,
            "status": "paid",
            "outstanding_amount_cents": 0,
        }
    ]


def test_the_published_bill_payment_is_split(client: httpx.Client, platform: Platform, database_url: str) -> None:
    """Given two bills, when 100.00 are split 60 and 40, then each part keeps its description, and nothing is left."""
    its = new_payable(client, platform, database_url, Side.PAYABLE)
    parts = [its.part(its.first, 6_000, description="most"), its.part(its.second, 4_000)]
    payment = its.paid(amount_cents=10_000, allocations=parts)
    assert (payment["unallocated_amount_cents"], payment["is_fully_allocated"]) == (0, True)
    assert [(one["bill_id"], one["amount_cents"], one["description"]) for one in payment["allocations"]] == [
        (its.first, 6_000, "most"),
        (its.second, 4_000, None),
    ]


def test_unapplied_money_is_in_no_band(its: Payable) -> None:
    """Given a payment for nothing, when the report is read, then it is as before, until the money is allocated."""
    payment = its.paid()
    assert (payment[its.left], payment["allocations"], its.outstanding()) == (15_000, [], 25_000)
    address = f"{its.path}{payment['id']}/allocations/"
    body = {"allocations": [its.part(its.first, 10_000, description="late"), its.part(its.second, 1_000)]}
    changed = its.one(its.books.post(address, body))
    assert (changed[its.left], its.outstanding()) == (4_000, 14_000)
    assert [one["description"] for one in changed["allocations"]] == ["late", None]
    part = changed["allocations"][0]
    changed = its.one(its.books.send("DELETE", f"{address}{part['id']}/"))
    assert (changed[its.left], its.outstanding()) == (14_000, 24_000)
    for identity in (part["id"], ELSEWHERE):
        said = its.books.refused("DELETE", f"{address}{identity}/", None, 404)
        assert said["error_code"] == "allocation_not_found"


def test_an_allocation_of_another_payment_is_not_this_ones(its: Payable) -> None:
    """Given two payments, when an allocation of one is taken back through the other, then 404 and nothing changes."""
    payment, other = its.paid((its.first, 1_000)), its.paid()
    address = f"{its.path}{other['id']}/allocations/{payment['allocations'][0]['id']}/"
    assert its.books.refused("DELETE", address, None, 404)["error_code"] == "allocation_not_found"


def test_more_than_is_open_is_refused_with_the_figures(its: Payable) -> None:
    """Given 100.00 open, when 100.01 are paid, or more than the payment is allocated, then 400 with both figures."""
    said = its.books.refused("POST", its.path, its.payment((its.second, 1), (its.first, 10_001)))
    assert (said["error_code"], list(said["detail"]["field_errors"])) == ("validation_error", ["allocations[1]"])
    assert (said["detail"]["open_minor"], said["detail"]["offered_minor"]) == (10_000, 10_001)
    assert "100.00 is open" in said["message"]
    parts = [its.part(its.first, 10_000), its.part(its.second, 5_001)]
    said = its.books.refused("POST", its.path, its.payment(allocations=parts))
    assert (list(said["detail"]["field_errors"]), said["detail"]["open_minor"]) == (["allocations[1]"], 5_000)
    payment = its.paid((its.first, 6_000))
    address = f"{its.path}{payment['id']}/allocations/"
    said = its.books.refused("POST", address, {"allocations": [its.part(its.second, 9_001)]})
    assert (list(said["detail"]["field_errors"]), said["detail"]["open_minor"]) == (["allocations[0]"], 9_000)
    assert its.outstanding() == 19_000


def test_what_is_not_there_or_anothers_is_refused(its: Payable) -> None:
    """Given no such document or party, or another party's, when it is paid, then 400 names the field."""
    for charge_id in (ELSEWHERE, its.others):
        said = its.books.refused("POST", its.path, its.payment((charge_id, 100)))
        assert list(said["detail"]["field_errors"]) == ["allocations[0]"]
    said = its.books.refused("POST", its.path, its.payment(**{f"{its.party}_id": ELSEWHERE}))
    assert list(said["detail"]["field_errors"]) == [f"{its.party}_id"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("amount", 0),
        ("amount", -1),
        ("amount", 2**63),
        ("amount", "100"),
        ("currency", "EU"),
        ("currency", "XXX"),
        ("payment_method", "barter"),
        ("payment_date", "2025-02-30"),
        ("payment_date", None),
        ("status", "refunded"),
        ("returned_at", "2025-03-11"),
        ("note", "other than notes"),
        ("processing_fee_cents", -1),
        ("external_id", ""),
        ("metadata", {"deep": "x" * 11_000}),
        ("references", ["x" * 11_000]),
    ],
)
def test_a_bad_field_is_named(its: Payable, field: str, value: object) -> None:
    """Given a field that breaks a rule, when a payment is sent, then 400 names it, and nothing is written."""
    name = its.amount if field == "amount" else field
    said = its.books.refused("POST", its.path, its.payment(notes="n") | {name: value})
    assert said["error_code"] == "validation_error"
    assert [one.partition(".")[0] for one in said["detail"]["field_errors"]] == [name]


@pytest.mark.parametrize("field", ["party", "amount", "currency", "payment_method", "payment_date"])
def test_what_is_required_is_named(its: Payable, field: str) -> None:
    """Given a payment without something that is required, when it is sent, then 400 names that."""
    name = {"party": f"{its.party}_id", "amount": its.amount}.get(field, field)
    body = its.payment()
    del body[name]
    assert its.books.refused("POST", its.path, body)["detail"]["field_errors"] == {name: ["is required"]}


@pytest.mark.parametrize("amount", [0, -1, 2**63, 1.5])
def test_a_bad_part_is_named(its: Payable, amount: float) -> None:
    """Given a part of nothing, or of less, when a payment is sent or allocated, then 400 names the part."""
    payment, parts = its.paid(), [its.part(its.first, 1), its.part(its.first, 1) | {"amount_cents": amount}]
    for path, body in (
        (its.path, its.payment(allocations=parts)),
        (f"{its.path}{payment['id']}/allocations/", {"allocations": parts}),
    ):
        said = its.books.refused("POST", path, body)
        assert list(said["detail"]["field_errors"]) == ["allocations[1].amount_cents"]
    said = its.books.refused("POST", f"{its.path}{payment['id']}/allocations/", {"allocations": []})
    assert list(said["detail"]["field_errors"]) == ["allocations"]


def test_the_currency_of_invoices_payments_is_the_businesss(its: Payable) -> None:
    """Given books in dollars, when euros are paid, then 400: another currency, or one without a rate."""
    said = its.books.refused("POST", its.path, its.payment(currency="EUR"))
    assert list(said["detail"]["field_errors"]) == ["currency"]


def test_other_content_under_an_external_id_is_a_conflict(its: Payable) -> None:
    """Given a payment, when its external id comes with another amount, method or part, then 409."""
    its.paid((its.first, 100), external_id="p")
    for other in (
        its.payment((its.first, 100), **{its.amount: 15_001}),
        its.payment((its.first, 100), payment_method="cash"),
        its.payment((its.first, 101)),
    ):
        said = its.books.refused("POST", its.path, other | {"external_id": "p"}, 409)
        assert said["error_code"] == "duplicate_external_id"


def test_a_payment_is_as_good_as_any_until_it_fails(its: Payable) -> None:
    """Given a pending payment, when it fails, then it never happened; and then it can be cancelled, not completed."""
    payment = its.paid((its.first, 10_000), status="pending")
    assert (payment["status"], its.outstanding()) == ("pending", 15_000)
    address = f"{its.path}{payment['id']}/"
    changed = its.one(its.books.send("PATCH", address, {"status": "processing"}))
    assert (changed["status"], changed["allocated_amount_cents"]) == ("processing", 10_000)
    changed = its.one(its.books.send("PATCH", address, {"status": "failed"}))
    assert (changed["status"], changed["allocated_amount_cents"], changed[its.left]) == ("failed", 0, 0)
    assert (changed["allocations"], its.outstanding()) == ([], 25_000)
    said = its.books.refused("PATCH", address, {"status": "completed"}, 409)
    assert (said["error_code"], list(said["detail"]["field_errors"])) == ("invalid_state", ["status"])
    assert its.one(its.books.post(f"{address}cancel/", status=200))["status"] == "cancelled"


def test_only_what_is_pending_or_failed_is_cancelled(its: Payable) -> None:
    """Given payments of each status, when cancelled, then a pending one frees its document, others are refused."""
    payment = its.paid((its.first, 10_000), status="pending")
    changed = its.one(its.books.post(f"{its.path}{payment['id']}/cancel/", status=200))
    assert (changed["status"], changed["allocations"], its.outstanding()) == ("cancelled", [], 25_000)
    for status in ("processing", "completed"):
        other = its.paid((its.first, 100), status=status)
        said = its.books.refused("POST", f"{its.path}{other['id']}/cancel/", None, 409)
        assert said["error_code"] == "invalid_state"
    said = its.books.refused("POST", f"{its.path}{payment['id']}/cancel/", None, 409)
    assert said["error_code"] == "invalid_state"
    said = its.books.refused("POST", f"{its.path}{ELSEWHERE}/cancel/", None, 404)
    assert said["error_code"] == "payment_not_found"
    body = {"allocations": [its.part(its.first, 1)]}
    said = its.books.refused("POST", f"{its.path}{payment['id']}/allocations/", body, 409)
    assert said["error_code"] == "invalid_state"


def test_what_goes_back_is_owed_again_from_that_day_on(its: Payable) -> None:
    """Given a payment, when it is returned on a day, then that day's report has it open again, earlier ones do not."""
    payment = its.paid((its.first, 10_000))
    address = f"{its.path}{payment['id']}/"
    said = its.books.refused("PATCH", address, {"returned_at": "2025-03-20"})
    assert list(said["detail"]["field_errors"]) == ["returned_at"]
    said = its.books.refused("PATCH", address, {"status": "returned", "returned_at": "2025-03-09"})
    assert list(said["detail"]["field_errors"]) == ["returned_at"]
    changed = its.one(its.books.send("PATCH", address, {"status": "returned", "returned_at": "2025-03-20"}))
    assert (changed["status"], changed["returned_at"], changed["allocated_amount_cents"]) == (
        "returned",
        "2025-03-20",
        0,
    )
    assert [its.outstanding(day) for day in ("2025-03-19", "2025-03-20")] == [15_000, 25_000]
    again = its.one(its.books.send("PATCH", address, {"status": "returned"}))
    assert again["returned_at"] == "2025-03-20"
    moved = its.one(its.books.send("PATCH", address, {"returned_at": "2025-03-25"}))
    assert (moved["returned_at"], its.outstanding("2025-03-20")) == ("2025-03-25", 15_000)


def test_a_return_without_a_day_is_of_today(its: Payable) -> None:
    """Given a payment, when it is returned and no day is said, then yesterday's report still has it."""
    payment = its.paid((its.first, 10_000))
    changed = its.one(its.books.send("PATCH", f"{its.path}{payment['id']}/", {"status": "returned"}))
    today = date.fromisoformat(changed["returned_at"])
    before = date.fromordinal(today.toordinal() - 1)
    assert [its.outstanding(str(day)) for day in (before, today)] == [15_000, 25_000]


def test_a_change_keeps_what_it_does_not_mention(its: Payable) -> None:
    """Given a payment, when its note and date are changed, then the rest stays, and the report follows the date."""
    payment = its.paid((its.first, 10_000), notes="a", payment_reference="R", metadata={"a": 1})
    body = {"notes": "b", "payment_date": "2025-03-15", "payment_method": "check"}
    changed = its.one(its.books.send("PATCH", f"{its.path}{payment['id']}/", body))
    assert {name: changed[name] for name in body} == body
    assert (changed["payment_reference"], changed["metadata"]) == ("R", {"a": 1})
    assert [its.outstanding(day) for day in ("2025-03-14", "2025-03-15")] == [25_000, 15_000]


def test_what_is_paid_is_not_undone(its: Payable) -> None:
    """Given a payment of a document, when that is voided or deleted, then 409 until the part is taken back."""
    payment = its.paid((its.first, 10_000))
    part = payment["allocations"][0]["id"]
    address = f"{its.charge}s/{its.first}/"
    for method, path in (("POST", f"{address}void/"), ("DELETE", address)):
        said = its.books.refused(method, path, None, 409)
        assert (said["error_code"], said["detail"]["allocations"]) == ("invalid_state", [part])
    its.books.send("DELETE", f"{its.path}{payment['id']}/allocations/{part}/")
    its.books.send("POST", f"{address}void/")
    body = {"allocations": [its.part(its.first, 1)]}
    said = its.books.refused("POST", f"{its.path}{payment['id']}/allocations/", body, 409)
    assert said["error_code"] == "invalid_state"


def test_lists_are_filtered(its: Payable) -> None:
    """Given payments of many kinds, when listed by each filter, then those come, the latest first."""
    its.paid((its.first, 10_000), external_id="a", payment_reference="FPS-77", **{its.amount: 10_000})
    its.paid((its.second, 1_000), external_id="b", payment_method="cash", payment_date="2025-03-12")
    its.paid(external_id="c", status="pending", payment_processor="stripe", **{f"{its.party}_id": its.bob})
    its.paid(external_id="d", notes="for the chairs", **{its.amount: 20_000})

    assert its.found() == ["d", "c", "b", "a"]
    assert its.found(**{f"{its.party}_id": its.bob}) == ["c"]
    assert its.found(**{f"{its.party}_id": f"{its.bob},{its.ann}"}) == ["d", "c", "b", "a"]
    assert its.found(**{f"{its.charge}_id": its.second}) == ["b"]
    assert its.found(date_from="2025-03-11") == ["b"]
    assert its.found(date_to="2025-03-11T00:00:00Z", status="completed,FAILED") == ["d", "a"]
    assert its.found(min_amount=10_000, max_amount=15_000) == ["c", "b", "a"]
    assert its.found(payment_method="Cash") == ["b"]
    assert its.found(payment_processor="stripe") == ["c"]
    assert its.found(is_fully_allocated=True) == ["a"]
    assert its.found(is_fully_allocated=False) == ["d", "c", "b"]
    assert its.found(search="fps-7") == ["a"]
    assert its.found(search="CHAIRS") == ["d"]
    assert its.found(external_id="b") == ["b"]
    assert its.found(page=2, page_size=3) == ["a"]
    assert its.found(page=3, page_size=3) == []
    page = its.books.get(its.path, page_size=3)
    assert page["page_info"] == {"total_count": 4, "current_page": 1, "total_pages": 2, "page_size": 3}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"status": "gone"}, "status"),
        ({"payment_method": "barter"}, "payment_method"),
        ({"date_from": "soon"}, "date_from"),
        ({"min_amount": "-1"}, "min_amount"),
        ({"date_from": "2025-03-02", "date_to": "2025-03-01"}, "date_to"),
        ({"min_amount": "2", "max_amount": "1"}, "max_amount"),
        ({"party": "ann"}, "party"),
        ({"charge": f"{ELSEWHERE},{ELSEWHERE}"}, "charge"),
        ({"is_fully_allocated": "perhaps"}, "is_fully_allocated"),
        ({"page": "0"}, "page"),
        ({"page_size": "10000"}, "page_size"),
    ],
)
def test_a_bad_filter_is_named(its: Payable, query: dict[str, str], field: str) -> None:
    """Given a filter that cannot be read, or two that disagree, when payments are listed, then 400 names it."""
    names = {"party": f"{its.party}_id", "charge": f"{its.charge}_id"}
    answer = its.books.ask("GET", its.path, params={names.get(one, one): said for one, said in query.items()})
    assert answer.status_code == 400
    assert list(answer.json()["detail"]["field_errors"]) == [names.get(field, field)]


def test_what_is_not_there_is_not_found(its: Payable) -> None:
    """Given an id of nothing, of the other side or of another business, when asked for, then the same 404."""
    payment = its.paid()
    other = "bills/payments/" if its.side is Side.RECEIVABLE else "invoices/payments/"
    for method, path in (
        ("GET", f"{its.path}{ELSEWHERE}/"),
        ("GET", f"{other}{payment['id']}/"),
        ("PATCH", f"{other}{payment['id']}/"),
        ("POST", f"{other}{payment['id']}/cancel/"),
    ):
        answer = its.books.ask(method, path, json={"notes": "x"})
        assert (answer.status_code, answer.json()["error_code"]) == (404, "payment_not_found")


def test_other_businesses_see_nothing(its: Payable, client: httpx.Client, platform: Platform) -> None:
    """Given a payment, when another business of the partner asks for it, then it is not there."""
    payment, elsewhere = its.paid(), new_business(client, platform)
    body: dict[str, Any] = {"notes": "x", "allocations": [its.part(its.first, 1)]}
    for method, tail in (("GET", ""), ("PATCH", ""), ("POST", "cancel/"), ("POST", "allocations/")):
        url = f"/v1/platform/businesses/{elsewhere}/{its.path}{payment['id']}/{tail}"
        answer = client.request(method, url, auth=platform.basic, json=body)
        assert (answer.status_code, answer.json()["error_code"]) == (404, "payment_not_found")


def test_what_refunds_need_stays_paid(its: Payable, database_url: str) -> None:
    """Given a payment whose document is refunded, when it goes back, moves or pays it no more, then 409 names it."""
    payment = its.paid(allocations=[its.part(its.first, 10_000)])
    refund = AddRefund(
        side=its.side,
        of_kind=Kind.CHARGE,
        of=DocumentId(UUID(its.first)),
        refunded_on=date(2025, 3, 12),
        amount_minor=4_000,
    )
    (paid_back,) = write(database_url, its.books.business_id, refund)
    address = f"{its.path}{payment['id']}/"
    for said in (
        its.books.refused("DELETE", f"{address}allocations/{payment['allocations'][0]['id']}/", None, 409),
        its.books.refused("PATCH", address, {"status": "returned", "returned_at": "2025-03-11"}, 409),
        its.books.refused("PATCH", address, {"payment_date": "2025-03-13"}, 409),
    ):
        assert (said["error_code"], list(said["detail"]["field_errors"])) == ("invalid_state", ["payment_id"])
        assert said["detail"]["in_the_way"] == [str(paid_back.id)]


def test_what_was_paid_back_is_refunded(its: Payable, database_url: str) -> None:
    """Given a payment whose money was all paid out again, when found, then a customer's is refunded, and listed so."""
    payment = its.paid(external_id="back")
    its.paid(external_id="kept")
    refund = AddRefund(
        side=its.side,
        of_kind=Kind.PAYMENT,
        of=DocumentId(UUID(payment["id"])),
        refunded_on=date(2025, 3, 12),
        amount_minor=15_000,
    )
    write(database_url, its.books.business_id, refund)
    found = its.one(its.books.get(f"{its.path}{payment['id']}/"))
    assert found[its.left] == 0
    if its.side is Side.PAYABLE:
        assert found["status"] == "completed"
    else:
        assert found["status"] == "refunded"
        assert (its.found(status="refunded"), its.found(status="completed")) == (["back"], ["kept"])
        answer = its.books.ask("GET", its.path, params={"status": "refunded,completed"})
        assert answer.status_code == 400


def test_forms_say_the_same_as_json(its: Payable) -> None:
    """Given the same payment as JSON and as a form, when sent, then both are one."""
    asked = its.payment((its.first, 100), external_id="f")
    made = its.one(its.books.post(its.path, asked))
    fields = {
        name: value if isinstance(value, str) else httpx.Request("POST", "/", json=value).content.decode()
        for name, value in asked.items()
    }
    answer = its.books.ask("POST", its.path, data=fields)
    assert (answer.status_code, its.one(answer.json())["id"]) == (200, made["id"])
