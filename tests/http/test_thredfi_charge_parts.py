"""What was paid, credited, paid back and written off of invoices and bills in Thredfi's dialect, as of today."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from duebook.ledger.commands import (
    AddRecovery,
    AddRefund,
    AddSettlement,
    AddWriteOff,
    Command,
    NewAllocation,
    SetStatus,
)
from duebook.ledger.facts import DocumentId, Kind, Reason, Side, Status
from tests.http.thredfi_world import Thredfi, new_thredfi
from tests.http.world import Platform, write

SIDES = {
    Side.RECEIVABLE: ("invoices/", {"customer_external_id": "ann", "sent_at": "2025-01-02"}),
    Side.PAYABLE: ("bills/", {"vendor_external_id": "bo", "received_at": "2025-01-02"}),
}
BOTH = pytest.mark.parametrize("side", list(Side))
PARTS = {
    Side.RECEIVABLE: {
        "payments": ("payment_allocations", "payment_id"),
        "credits": ("credit_allocations", "credit_note_id"),
        "refunds": ("refund_allocations", "refund_id"),
    },
    Side.PAYABLE: {
        "payments": ("bill_payment_allocations", "bill_payment_id"),
        "credits": ("vendor_credit_allocations", "vendor_credit_id"),
        "refunds": ("vendor_refund_allocations", "vendor_refund_id"),
    },
}
PAID_ON = date(2025, 1, 20)
TODAY = datetime.now(UTC).date()


@pytest.fixture
def books(client: httpx.Client, platform: Platform) -> Thredfi:
    """A business with empty books."""
    return new_thredfi(client, platform)


def charged(books: Thredfi, side: Side, cents: int = 1_000) -> Any:
    """A charge of one line, as it is answered."""
    path, whose = SIDES[side]
    line = {"quantity": 1, "unit_price": cents}
    return books.post(path, {"external_id": "x-1", "line_items": [line], **whose})


def found(books: Thredfi, side: Side, charge: Any) -> Any:
    """The charge as it stands now."""
    return books.get(f"{SIDES[side][0]}{charge['id']}/")


def settled(side: Side, charge: Any, cents: int, kind: Kind = Kind.PAYMENT, **more: Any) -> AddSettlement:
    """A payment or a credit of which all is for a charge."""
    part = NewAllocation(charge=DocumentId(UUID(charge["id"])), amount_minor=cents)
    said: dict[str, Any] = {"settled_on": PAID_ON, "body": {"method": "ACH", "memo": 5}} | more
    return AddSettlement(
        side=side, kind=kind, currency="USD", amount_minor=cents, allocations=(part,), number="REF", **said
    )


@BOTH
def test_each_part_is_listed_in_the_words_of_the_side(books: Thredfi, database_url: str, side: Side) -> None:
    """Given a charge that is paid, credited, paid back and written off in part, then each part is listed."""
    charge = charged(books, side)
    whole = DocumentId(UUID(charge["id"]))
    commands: list[Command] = [
        settled(side, charge, 300),
        settled(side, charge, 200, Kind.CREDIT, external_id="c-1"),
        AddWriteOff(
            side=side,
            charge=whole,
            external_id="w-1",
            written_off_on=date(2025, 2, 1),
            amount_minor=100,
            reason=Reason.BAD_DEBT,
            body={"memo": "gone"},
        ),
        AddRefund(
            side=side, of_kind=Kind.CHARGE, of=whole, refunded_on=date(2025, 2, 2), amount_minor=50, number="RF-1"
        ),
    ]
    payment, credit, write_off, refund = (one.id for one in write(database_url, books.business_id, *commands))
    now = found(books, side, charge)
    names = PARTS[side]

    def only(part: str) -> dict[str, Any]:
        array, name = names[part]
        ((found_part),) = now[array]
        assert found_part["id"]
        return {"of": found_part[name]} | {
            field: value for field, value in found_part.items() if field not in ("id", name)
        }

    assert only("payments") == {
        "of": str(payment),
        "amount_cents": 300,
        "payment_date": "2025-01-20T00:00:00Z",
        "payment_method": "ach",
        "payment_reference": "REF",
    }
    number = "credit_note_number" if side is Side.RECEIVABLE else "vendor_credit_number"
    assert only("credits") == {
        "of": str(credit),
        "amount_cents": 200,
        "applied_at": "2025-01-20T00:00:00Z",
        number: "c-1",
    }
    assert only("refunds") == {
        "of": str(refund),
        "amount_cents": 50,
        "allocated_at": "2025-02-02T00:00:00Z",
        "reference_number": "RF-1",
    }
    assert now["write_offs"] == [
        {
            "id": str(write_off),
            "external_id": "w-1",
            "amount_cents": 100,
            "write_off_at": "2025-02-01T00:00:00Z",
            "reason": "bad_debt",
            "memo": "gone",
        }
    ]
    assert (now["outstanding_balance"], now["paid_at"]) == (400, None)


@BOTH
def test_what_does_not_count_today_is_not_listed(books: Thredfi, database_url: str, side: Side) -> None:
    """Given money that failed, came back or comes tomorrow, when the charge is found, then nothing of it is paid."""
    charge = charged(books, side)
    write(
        database_url,
        books.business_id,
        settled(side, charge, 100, status=Status.PENDING, external_id="p-1"),
        SetStatus(side=side, kind=Kind.PAYMENT, document="p-1", status=Status.FAILED),
        settled(side, charge, 200, status=Status.RETURNED, returned_on=date(2025, 1, 25)),
        settled(side, charge, 300, settled_on=TODAY + timedelta(days=2)),
        settled(side, charge, 400, settled_on=TODAY),
    )
    now = found(books, side, charge)
    assert [one["amount_cents"] for one in now[PARTS[side]["payments"][0]]] == [400]
    assert (now["outstanding_balance"], now["status"]) == (600, "PARTIALLY_PAID")


def _written_off(charge: DocumentId, side: Side, cents: int) -> AddWriteOff:
    return AddWriteOff(
        side=side, charge=charge, written_off_on=PAID_ON, amount_minor=cents, reason=Reason.OTHER, external_id="w"
    )


@BOTH
@pytest.mark.parametrize(
    ("standing", "invoice", "bill"),
    [
        ("open", "SENT", "RECEIVED"),
        ("partly settled", "PARTIALLY_PAID", "PARTIALLY_PAID"),
        ("settled", "PAID", "PAID"),
        ("partly written off", "PARTIALLY_WRITTEN_OFF", "PARTIALLY_PAID"),
        ("written off", "WRITTEN_OFF", "PAID"),
        ("recovered", "SENT", "RECEIVED"),
        ("refunded", "REFUNDED", "PAID"),
    ],
)
def test_each_way_to_stand_has_its_status(
    books: Thredfi, database_url: str, side: Side, standing: str, invoice: str, bill: str
) -> None:
    """Given a charge that stands in some way, when found and listed by its status, then the words are as documented."""
    charge = charged(books, side)
    whole = DocumentId(UUID(charge["id"]))
    paid = settled(side, charge, 1_000)
    commands: dict[str, list[Command]] = {
        "open": [],
        "partly settled": [settled(side, charge, 400)],
        "settled": [paid],
        "partly written off": [_written_off(whole, side, 400)],
        "written off": [_written_off(whole, side, 1_000)],
        "recovered": [_written_off(whole, side, 400), AddRecovery(side=side, write_off="w", recovered_on=PAID_ON)],
        "refunded": [
            paid,
            AddRefund(side=side, of_kind=Kind.CHARGE, of=whole, refunded_on=PAID_ON, amount_minor=1_000),
        ],
    }
    if commands[standing]:
        write(database_url, books.business_id, *commands[standing])
    now = found(books, side, charge)
    status = invoice if side is Side.RECEIVABLE else bill
    assert (now["status"], now["is_overdue"]) == (status, now["outstanding_balance"] > 0)
    assert [one["id"] for one in books.get(SIDES[side][0], status=status)["results"]] == [charge["id"]]
    assert (now["paid_at"] is not None) == (standing in ("settled", "refunded"))
    aged = books.aging("ar" if side is Side.RECEIVABLE else "ap")
    assert aged["total_outstanding_cents"] == now["outstanding_balance"]


@BOTH
def test_payments_come_along(books: Thredfi, side: Side) -> None:
    """Given the worked example with a card payment, when recorded twice, then 100 is left: a fee lowers nothing."""
    path, whose = SIDES[side]
    lines = [
        {"unit_price": 1299, "quantity": 2, "sales_taxes": [{"amount": 218}]},
        {"unit_price_cents": 25_000, "quantity": 1},
    ]
    card = {"external_id": "p-1", "amount_cents": 27_466, "payment_method": "credit_card", "processing_fee_cents": 825}
    body = {"external_id": "x-1", "line_items": lines, "additional_discount": 250, "payments": [card], **whose}
    made = books.post(path, body)
    assert (made["subtotal"], made["total_amount"], made["outstanding_balance"]) == (27_598, 27_566, 100)
    assert (made["status"], made["line_items"][0]["total_amount"]) == ("PARTIALLY_PAID", 2_816)
    (part,) = made[PARTS[side]["payments"][0]]
    assert (part["amount_cents"], part["payment_method"], part["payment_date"]) == (
        27_466,
        "credit_card",
        "2025-01-02T00:00:00Z",
    )
    assert made == books.post(path, body, status=200)
    assert books.aging("ar" if side is Side.RECEIVABLE else "ap")["total_outstanding_cents"] == 100
    for method, tail in (("POST", "void/"), ("DELETE", "")):
        said = books.refused(method, f"{path}{made['id']}/{tail}", None, 409)
        assert (said["error_code"], said["detail"]["allocations"]) == ("invalid_state", [part["id"]])
    again = books.refused("POST", path, body | {"external_id": "x-2"}, 409)
    assert (again["error_code"], list(again["detail"]["field_errors"])) == (
        "duplicate_external_id",
        ["payments[0].external_id"],
    )


@BOTH
@pytest.mark.parametrize(
    ("more", "named"),
    [
        ({"payments": [{"amount_cents": 600}, {"total_amount_cents": 401}]}, "payments"),
        ({"payments": [{"amount_cents": 1}], "voided_at": "2025-01-03"}, "payments"),
        ({"payments": [{}]}, "payments[0].amount_cents"),
        ({"payments": [{"amount_cents": 1, "total_amount_cents": 2}]}, "payments[0].total_amount_cents"),
        ({"payments": [{"amount_cents": 0}]}, "payments[0].amount_cents"),
        ({"payments": [{"amount_cents": 1, "payment_date": "soon"}]}, "payments[0].payment_date"),
        ({"payments": [{"amount_cents": 1, "payment_method": "shells"}]}, "payments[0].payment_method"),
        ({"payments": [{"amount_cents": 1, "note": "a", "notes": "b"}]}, "payments[0].note"),
    ],
)
def test_a_bad_payment_along_is_named(books: Thredfi, side: Side, more: dict[str, Any], named: str) -> None:
    """Given a payment that does not fit, when it comes along, then 400 names it; nothing is written."""
    path, whose = SIDES[side]
    line = {"quantity": 1, "unit_price": 1_000}
    said = books.refused("POST", path, {"external_id": "x-1", "line_items": [line], **whose, **more})
    assert (said["error_code"], list(said["detail"]["field_errors"])) == ("validation_error", [named])
