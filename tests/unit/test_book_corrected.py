"""Corrections whose figures follow from what no longer counts, or did not count before (T5, T9, T10, T18)."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from duebook.ids import new_id
from duebook.ledger import errors
from duebook.ledger.commands import (
    AddCharge,
    AddSettlement,
    Allocate,
    CloseBooks,
    EditDocument,
    NewAllocation,
    NewParty,
    PutParty,
    SetStatus,
    StartBooks,
    TakeBack,
    UndoDocument,
)
from duebook.ledger.facts import AllocationId, Kind, Side, State, Status
from tests.oracle.shelf import Shelf

AR = Side.RECEIVABLE
ANN = NewParty("ann", "Ann")


def day(text: str) -> date:
    """A date of 2025, as in "03-31"."""
    return date.fromisoformat(f"2025-{text}")


def invoice(number: str = "A-1", amount_minor: int = 10_000, on: str = "03-01", **details: Any) -> AddCharge:
    """An invoice to Ann, due at once."""
    return AddCharge(
        side=AR,
        external_id=number,
        party=ANN,
        issued_on=day(on),
        currency="USD",
        amount_minor=amount_minor,
        **details,
    )


def payment(number: str = "P-1", on: str = "03-10", stated: str | None = None, **details: Any) -> AddSettlement:
    """100.00 of Ann's for A-1, on a day of its own if that is stated."""
    share = NewAllocation(charge="A-1", amount_minor=10_000, effective_on=day(stated) if stated else None)
    said: dict[str, Any] = {"allocations": (share,)} | details
    return AddSettlement(
        side=AR,
        kind=Kind.PAYMENT,
        external_id=number,
        party=ANN,
        settled_on=day(on),
        currency="USD",
        amount_minor=10_000,
        **said,
    )


def edited(document: str, kind: Kind = Kind.CHARGE, **said: Any) -> EditDocument:
    """A correction."""
    return EditDocument(side=AR, kind=kind, document=document, **said)


def became(status: Status, on: str | None = None) -> SetStatus:
    """How far P-1 has come."""
    returned_on = day(on) if on else None
    return SetStatus(side=AR, kind=Kind.PAYMENT, document="P-1", status=status, returned_on=returned_on)


def written(*commands: Any) -> Shelf:
    """Books after so many writes of one command each."""
    shelf = Shelf()
    for command in commands:
        shelf.write([command])
    return shelf


def shown(shelf: Shelf, on: str) -> tuple[int, int]:
    """What is open of charges on a day, and what is unapplied."""
    sums = [*shelf.aged("receivable", day(on), shelf.version, in_base=False).values()]
    return sum(sum(one.bands) for one in sums), sum(one.unapplied_minor for one in sums)


@pytest.mark.parametrize("stated", [None, "03-10"])
@pytest.mark.parametrize("status", [Status.FAILED, Status.CANCELLED])
def test_money_that_never_came_holds_no_date_back(status: Status, stated: str | None) -> None:
    """Given a payment of an invoice that failed or was cancelled, when the date of either is edited, then that is
    recorded, whatever the day of the allocation that never was."""
    shelf = written(invoice(), payment(stated=stated, status=Status.PENDING), became(status))
    shelf.write([edited("A-1", issued_on=day("03-15"))])
    shelf.write([edited("P-1", Kind.PAYMENT, issued_on=day("03-20"))])
    assert [shown(shelf, on) for on in ("03-14", "03-15", "03-20")] == [(0, 0), (10_000, 0), (10_000, 0)]


def test_an_invoice_is_dated_after_the_return_of_its_payment() -> None:
    """Given an invoice of 1 March paid on the 10th and returned on the 12th, when it turns out to be of the 15th, then
    the payment never met it, and was unapplied until it went back; dated the 1st again, all is as it was."""
    shelf = written(invoice(), payment(), became(Status.RETURNED, "03-12"))
    before = [shown(shelf, on) for on in ("03-09", "03-10", "03-12", "03-15")]
    shelf.write([edited("A-1", issued_on=day("03-15"))])
    assert [shown(shelf, on) for on in ("03-09", "03-10", "03-12", "03-15")] == [
        (0, 0),
        (0, -10_000),
        (0, 0),
        (10_000, 0),
    ]
    shelf.write([edited("A-1", issued_on=day("03-01"))])
    assert [shown(shelf, on) for on in ("03-09", "03-10", "03-12", "03-15")] == before


def test_an_invoice_is_dated_after_its_allocation_was_taken_back() -> None:
    """Given an allocation of 10 March that was taken back on the 12th, and its money applied elsewhere, when its
    invoice turns out to be of the 15th, then it never met it, and the money is still applied elsewhere."""
    share = AllocationId(new_id())
    allocation = NewAllocation(charge="A-1", amount_minor=10_000, id=share)
    shelf = written(
        invoice(),
        invoice("A-2"),
        payment(allocations=(allocation,)),
        TakeBack(side=AR, id=share, on=day("03-12")),
        Allocate(
            side=AR,
            kind=Kind.PAYMENT,
            source="P-1",
            allocations=(NewAllocation(charge="A-2", amount_minor=10_000),),
        ),
        edited("A-1", issued_on=day("03-15")),
    )
    assert [shown(shelf, on) for on in ("03-09", "03-11", "03-12", "03-15")] == [
        (10_000, 0),
        (10_000, -10_000),
        (0, 0),
        (10_000, 0),
    ]


@pytest.mark.parametrize(
    ("there", "begins"),
    [
        (replace(invoice(on="01-10"), state=State.DRAFT), edited("A-1", state=State.ISSUED)),
        (invoice(on="01-10", amount_minor=0), edited("A-1", amount_minor=500)),
    ],
)
def test_nothing_begins_to_count_before_the_books_start(there: AddCharge, begins: EditDocument) -> None:
    """Given a draft, or an invoice over nothing, from before the day on which the books were said to start, when it is
    issued or given an amount, then it is refused as any other document from before that day; dated later it is not."""
    shelf = written(there, StartBooks(day("02-01")))
    with pytest.raises(errors.BooksStartLater) as refused:
        shelf.write([begins])
    assert (refused.value.counts_on, refused.value.starts_on) == (day("01-10"), day("02-01"))
    shelf.write([edited("A-1", number="17")])
    shelf.write([replace(begins, issued_on=day("02-01"))])
    assert shown(shelf, "01-31") == (0, 0)


def test_an_opening_draft_counts_from_where_the_books_start_when_it_is_issued() -> None:
    """Given an opening draft in books that were said to start on 1 February and then on 1 March, when it is issued,
    then it counts from 1 March."""
    opening = replace(invoice(on="01-10", opening=True), state=State.DRAFT)
    shelf = written(StartBooks(day("02-01")), opening, StartBooks(day("03-01")), edited("A-1", state=State.ISSUED))
    assert [shown(shelf, on) for on in ("02-28", "03-01")] == [(0, 0), (10_000, 0)]


def test_what_is_void_is_edited_no_more_and_keeps_its_external_id() -> None:
    """Given a void invoice, when it is edited or another is recorded under its external id, then both are refused."""
    shelf = written(invoice(), UndoDocument(side=AR, kind=Kind.CHARGE, document="A-1", state=State.VOID))
    with pytest.raises(errors.IsUndone):
        shelf.write([edited("A-1", amount_minor=1)])
    with pytest.raises(errors.ExternalIdConflict):
        shelf.write([invoice()])


@pytest.mark.parametrize("external_id", ["bob", "new"])
def test_a_party_keeps_the_external_id_that_it_was_made_with(external_id: str) -> None:
    """Given Ann, when she is put by her id under another external id, taken or not, then it is refused; under her own
    or none it is not."""
    shelf = written(PutParty(side=AR, external_id="ann", name="Ann"), PutParty(side=AR, external_id="bob", name="Bob"))
    ann = shelf.party_ids()["receivable", "ann"]
    with pytest.raises(errors.ExternalIdStays) as refused:
        shelf.write([PutParty(side=AR, id=ann, external_id=external_id, name="Ann")])
    assert (refused.value.party_id, refused.value.there, refused.value.given) == (ann, "ann", external_id)
    version = shelf.version
    shelf.write([PutParty(side=AR, id=ann, external_id="ann", name="Ann"), PutParty(side=AR, id=ann, name="Ann")])
    assert shelf.version == version


def test_a_due_date_that_never_stood_may_change_in_a_closed_period() -> None:
    """Given an invoice that was paid on its own day, when its due date is edited after a closing, then it changes:
    no report of a closed day shows it. Of one that stood open on such a day it is refused (T16)."""
    closed = CloseBooks(day("03-31"))
    settled = written(invoice(), payment(on="02-10"), closed, edited("A-1", due_on=day("02-15")))
    assert [one.due_on for one in settled.documents.values() if one.kind is Kind.CHARGE] == [day("02-15")]
    assert shown(settled, "03-15") == (0, 0)
    standing = written(invoice(), payment(on="03-10"), closed)
    with pytest.raises(errors.PeriodIsClosed, match="2025-03-01"):
        standing.write([edited("A-1", due_on=day("02-15"))])
