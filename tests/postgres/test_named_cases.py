"""The cases on which books go wrong, each worked out by hand, with the figures of every day that matters.

`shown` lists, for each party with something open: current, 1-30, 31-60, 61-90, 91 and more, and unapplied money, in
cents.
"""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from duebook.aging.report import AgingQuery, Basis, Credits
from duebook.db.pool import Database
from duebook.ids import new_id
from duebook.ledger import errors
from duebook.ledger.commands import (
    AddRecovery,
    AddRefund,
    AddWriteOff,
    EditDocument,
    NewAllocation,
    PutRates,
    SetStatus,
    TakeBack,
    UndoDocument,
)
from duebook.ledger.facts import AllocationId, DocumentId, EntryKind, Kind, Rate, Reason, Side, State, Status
from duebook.ledger.verify import verify
from duebook.tenancy.facts import BusinessId
from tests.oracle.kept import Kept
from tests.postgres.worlds import Books, day, invoice, noon, payment

AR = Side.RECEIVABLE
NOTHING: dict[str, tuple[int, ...]] = {}


@pytest.fixture
def books(database: Database, business_id: BusinessId) -> Books:
    """Empty books in dollars."""
    return Books(database, business_id)


async def shown(books: Books, on: str, known_at: int | None = None, **asked: Any) -> dict[str, tuple[int, ...]]:
    """What a report says of a day."""
    said: dict[str, Any] = {"side": AR, "credits": Credits.COLUMN} | asked
    report = await books.report(AgingQuery(as_of=day(on), known_at=known_at, **said))
    return {row.name: (*row.bands, row.unapplied_minor) for row in report.rows}


async def refused(books: Books, *commands: Any) -> errors.LedgerError:
    """Why a write is refused, when the version does not move and verify finds nothing."""
    before = await books.read(_version)
    with pytest.raises(errors.LedgerError) as caught:
        await books.write(*commands)
    assert await books.read(_version) == before
    assert await findings(books) == []
    return caught.value


async def _version(tx: Any) -> int:
    version: int = tx.version
    return version


async def findings(books: Books) -> list[str]:
    """What verify finds wrong."""

    async def found(tx: Any) -> list[str]:
        return [str(finding) async for finding in verify(tx)]

    return await books.read(found)


async def open_items(books: Books) -> list[tuple[str, int, int]]:
    """All that is open in the end: due date, amount, base amount."""
    kept = Kept(books.database, books.business_id)
    rows = await kept.rows("SELECT due_on, amount_minor, base_minor FROM open_item WHERE business_id = %s ORDER BY 1")
    return [(row.due_on.isoformat(), row.amount_minor, row.base_minor) for row in rows]


def returned(number: str, on: str) -> SetStatus:
    """A payment that came back."""
    return SetStatus(side=AR, kind=Kind.PAYMENT, document=number, status=Status.RETURNED, returned_on=day(on))


async def test_the_due_date_of_a_part_paid_invoice_is_edited(books: Books) -> None:
    """Given an invoice of 1,000 with 400 paid, when its due date is edited, then 600 moves to the new one and no -400
    stays behind, on any day; what was known before stays as it was."""
    await books.write(invoice("A-1", 1000_00, "2025-01-10", due="2025-02-09"))
    paid = await books.write(payment("P-1", 400_00, "2025-02-01", paid={"A-1": 400_00}))
    await books.write(EditDocument(side=AR, kind=Kind.CHARGE, document="A-1", due_on=day("2025-03-11")))
    assert await shown(books, "2025-01-31") == {"Ann": (1000_00, 0, 0, 0, 0, 0)}
    assert await shown(books, "2025-02-20") == {"Ann": (600_00, 0, 0, 0, 0, 0)}
    assert await shown(books, "2025-02-20", known_at=paid) == {"Ann": (0, 600_00, 0, 0, 0, 0)}
    assert await shown(books, "2025-03-12") == {"Ann": (0, 600_00, 0, 0, 0, 0)}
    assert await open_items(books) == [("2025-03-11", 600_00, 600_00)]
    assert await findings(books) == []


async def test_three_instalments_paid_by_two_payments_recorded_in_the_wrong_order(books: Books) -> None:
    """Given 900 in three instalments and a payment of 400 on 5 March, when one of 350 on 10 February is recorded after
    it, then the earlier day fills the oldest due date and the later one follows on; and when the first comes back on
    20 March, exactly what it had filled is open again."""
    instalments = {"2025-01-31": 300_00, "2025-02-28": 300_00, "2025-03-31": 300_00}
    await books.write(invoice("A-1", 900_00, "2025-01-01", due=instalments))
    first = await books.write(payment("P-2", 400_00, "2025-03-05", paid={"A-1": 400_00}))
    await books.write(payment("P-1", 350_00, "2025-02-10", paid={"A-1": 350_00}))
    assert await shown(books, "2025-02-10", known_at=first) == {"Ann": (600_00, 300_00, 0, 0, 0, 0)}
    assert await shown(books, "2025-03-05", known_at=first) == {"Ann": (300_00, 200_00, 0, 0, 0, 0)}
    assert await shown(books, "2025-02-09") == {"Ann": (600_00, 300_00, 0, 0, 0, 0)}
    assert await shown(books, "2025-02-10") == {"Ann": (550_00, 0, 0, 0, 0, 0)}
    assert await shown(books, "2025-03-01") == {"Ann": (300_00, 250_00, 0, 0, 0, 0)}
    assert await shown(books, "2025-03-05") == {"Ann": (150_00, 0, 0, 0, 0, 0)}
    await books.write(returned("P-1", "2025-03-20"))
    assert await shown(books, "2025-03-19") == {"Ann": (150_00, 0, 0, 0, 0, 0)}
    assert await shown(books, "2025-03-20") == {"Ann": (150_00, 50_00, 300_00, 0, 0, 0)}
    assert await open_items(books) == [
        ("2025-01-31", 300_00, 300_00),
        ("2025-02-28", 50_00, 50_00),
        ("2025-03-31", 150_00, 150_00),
    ]
    assert await findings(books) == []


async def test_a_void_after_a_payment_that_bounced_is_refused(books: Books) -> None:
    """Given an invoice whose payment bounced, when it is made void, then that is refused and the allocation named: it
    was paid for ten days. Once the allocation is taken back, nothing is in the way."""
    allocation = NewAllocation(charge="A-1", amount_minor=100_00)
    await books.write(
        invoice("A-1", 100_00, "2025-01-10", due="2025-02-09"),
        replace(payment("P-1", 100_00, "2025-01-20"), allocations=(allocation,)),
    )
    await books.write(returned("P-1", "2025-01-30"))
    assert await shown(books, "2025-01-29") == NOTHING
    assert await shown(books, "2025-01-30") == {"Ann": (100_00, 0, 0, 0, 0, 0)}
    void = UndoDocument(side=AR, kind=Kind.CHARGE, document="A-1", state=State.VOID)
    error = await refused(books, void)
    assert isinstance(error, errors.InTheWay)
    assert (error.allocations, error.documents) == ((allocation.id,), ())
    assert await shown(books, "2025-01-30") == {"Ann": (100_00, 0, 0, 0, 0, 0)}
    await books.write(TakeBack(side=AR, id=allocation.id), void)
    assert await shown(books, "2025-01-20") == {"Ann": (0, 0, 0, 0, 0, -100_00)}
    assert await shown(books, "2025-01-30") == NOTHING
    assert await findings(books) == []


async def test_a_payment_returned_before_one_of_its_allocations(books: Books) -> None:
    """Given a payment of 100 of which 60 was applied at once and 40 on 5 February, when it comes back on 31 January,
    then that day opens the 60 again and takes the unapplied 40 away, and 5 February changes nothing."""
    both = (
        NewAllocation(charge="A-1", amount_minor=60_00),
        NewAllocation(charge="A-2", amount_minor=40_00, effective_on=day("2025-02-05")),
    )
    known = await books.write(
        invoice("A-1", 60_00, "2025-01-10", due="2025-02-09"),
        invoice("A-2", 40_00, "2025-01-15", due="2025-02-14"),
        replace(payment("P-1", 100_00, "2025-01-20"), allocations=both),
    )
    await books.write(returned("P-1", "2025-01-31"))
    assert await shown(books, "2025-01-20") == {"Ann": (40_00, 0, 0, 0, 0, -40_00)}
    assert await shown(books, "2025-01-30") == {"Ann": (40_00, 0, 0, 0, 0, -40_00)}
    assert await shown(books, "2025-01-31") == {"Ann": (100_00, 0, 0, 0, 0, 0)}
    assert await shown(books, "2025-02-05") == {"Ann": (100_00, 0, 0, 0, 0, 0)}
    assert await shown(books, "2025-02-05", known_at=known) == NOTHING
    assert await shown(books, "2025-02-20") == {"Ann": (0, 100_00, 0, 0, 0, 0)}
    assert await findings(books) == []


async def test_a_replacement_dated_before_the_bounce_that_it_replaces(books: Books) -> None:
    """Given a payment that bounced on 10 February, when another dated 5 February takes its place, then it is unapplied
    until the bounce and settles the invoice from that day; stated for 5 February, it does not fit."""
    await books.write(invoice("A-1", 100_00, "2025-01-10", due="2025-02-09"))
    await books.write(payment("P-1", 100_00, "2025-01-20", paid={"A-1": 100_00}))
    replacement = payment("P-2", 100_00, "2025-02-05", paid={"A-1": 100_00})
    assert isinstance(await refused(books, replacement), errors.OverAllocated)
    await books.write(returned("P-1", "2025-02-10"))
    assert await shown(books, "2025-02-10") == {"Ann": (0, 100_00, 0, 0, 0, 0)}
    stated = NewAllocation(charge="A-1", amount_minor=100_00, effective_on=day("2025-02-05"))
    error = await refused(books, replace(replacement, allocations=(stated,)))
    assert isinstance(error, errors.OverAllocated)
    assert (error.open_minor, error.on, error.offered_minor) == (0, day("2025-02-05"), 100_00)
    await books.write(replacement)
    assert await shown(books, "2025-02-04") == NOTHING
    assert await shown(books, "2025-02-05") == {"Ann": (0, 0, 0, 0, 0, -100_00)}
    assert await shown(books, "2025-02-09") == {"Ann": (0, 0, 0, 0, 0, -100_00)}
    assert await shown(books, "2025-02-10") == NOTHING
    assert await open_items(books) == []
    assert await findings(books) == []


async def test_a_write_off_that_is_recovered_and_one_that_is_deleted(books: Books) -> None:
    """Given two invoices of 100 written off on 1 March, when 30 of Ann's is recovered on 1 April and Bob's write-off is
    deleted, then Ann's March stays empty and April shows 30, and Bob's invoice was open all along."""
    await books.write(
        invoice("A-1", 100_00, "2025-01-10", due="2025-02-09"),
        invoice("B-1", 100_00, "2025-01-10", "Bob", due="2025-02-09"),
    )
    written_off = await books.write(write_off("W-1", "A-1"), write_off("W-2", "B-1"))
    await books.write(
        AddRecovery(side=AR, external_id="R-1", write_off="W-1", recovered_on=day("2025-04-01"), amount_minor=30_00),
        deleted(Kind.WRITE_OFF, "W-2"),
    )
    assert await shown(books, "2025-03-01", known_at=written_off) == NOTHING
    assert await shown(books, "2025-02-28") == {"Ann": (0, 100_00, 0, 0, 0, 0), "Bob": (0, 100_00, 0, 0, 0, 0)}
    assert await shown(books, "2025-03-01") == {"Bob": (0, 100_00, 0, 0, 0, 0)}
    assert await shown(books, "2025-03-31") == {"Bob": (0, 0, 100_00, 0, 0, 0)}
    assert await shown(books, "2025-04-01") == {"Ann": (0, 0, 30_00, 0, 0, 0), "Bob": (0, 0, 100_00, 0, 0, 0)}
    error = await refused(books, deleted(Kind.WRITE_OFF, "W-1"))
    assert isinstance(error, errors.InTheWay)
    await books.write(deleted(Kind.RECOVERY, "R-1"))
    assert await shown(books, "2025-04-01") == {"Bob": (0, 0, 100_00, 0, 0, 0)}
    assert await findings(books) == []


def write_off(number: str, charge: str) -> AddWriteOff:
    """All of an invoice, given up on 1 March."""
    return AddWriteOff(
        side=AR, external_id=number, charge=charge, written_off_on=day("2025-03-01"), reason=Reason.BAD_DEBT
    )


def deleted(kind: Kind, number: str) -> UndoDocument:
    """A document that is deleted."""
    return UndoDocument(side=AR, kind=kind, document=number, state=State.DELETED)


async def test_a_credit_note_that_is_refunded(books: Books) -> None:
    """Given a credit note of 400, when it is paid out on 20 January, then from that day on nothing is open, and not
    -400; while the refund was pending, nothing had changed."""
    await books.write(payment("C-1", 400_00, "2025-01-10", kind=Kind.CREDIT))
    refund = AddRefund(
        side=AR,
        external_id="R-1",
        of_kind=Kind.CREDIT,
        of="C-1",
        refunded_on=day("2025-01-20"),
        amount_minor=400_00,
        status=Status.PENDING,
    )
    pending = await books.write(refund)
    await books.write(SetStatus(side=AR, kind=Kind.REFUND, document="R-1", status=Status.COMPLETED))
    assert await shown(books, "2025-01-19") == {"Ann": (0, 0, 0, 0, 0, -400_00)}
    assert await shown(books, "2025-01-20", known_at=pending) == {"Ann": (0, 0, 0, 0, 0, -400_00)}
    assert await shown(books, "2025-01-20") == NOTHING
    assert await shown(books, "2025-01-20", credits=Credits.NET) == NOTHING
    again = replace(refund, id=DocumentId(new_id()), external_id="R-2", amount_minor=1, status=Status.COMPLETED)
    assert isinstance(await refused(books, again), errors.OverAllocated)
    assert await open_items(books) == []
    assert await findings(books) == []


async def test_a_hundred_euros_never_leave_a_cent_behind(books: Books) -> None:
    """Given EUR 100.00 booked at USD 100.02, when it is paid in three parts recorded out of order, one of which comes
    back and is paid again by money that arrived before, then its base balance is that fraction of 100.02 on every day,
    and nothing once it is settled."""
    euros: dict[str, Any] = {"currency": "EUR"}
    await books.write(invoice("A-1", 100_00, "2025-01-10", due="2025-02-09", base_minor=100_02, **euros))
    await books.write(payment("P-3", 33_34, "2025-03-01", paid={"A-1": 33_34}, base_minor=33_35, **euros))
    await books.write(payment("P-1", 33_33, "2025-02-01", paid={"A-1": 33_33}, base_minor=33_34, **euros))
    await books.write(payment("P-2", 33_33, "2025-02-15", paid={"A-1": 33_33}, base_minor=33_30, **euros))
    await books.write(returned("P-1", "2025-03-10"))
    await books.write(payment("P-4", 33_33, "2025-03-05", paid={"A-1": 33_33}, base_minor=33_33, **euros))
    assert await shown(books, "2025-01-31") == {"Ann": (100_02, 0, 0, 0, 0, 0)}
    assert await shown(books, "2025-02-01") == {"Ann": (66_68, 0, 0, 0, 0, 0)}  # 100.02 x 0.6667 = 66.683334
    assert await shown(books, "2025-02-15") == {"Ann": (0, 33_35, 0, 0, 0, 0)}  # 100.02 x 0.3334 = 33.346668
    assert await shown(books, "2025-03-01") == NOTHING
    assert await shown(books, "2025-03-05") == {"Ann": (0, 0, 0, 0, 0, -33_33)}
    assert await shown(books, "2025-03-09") == {"Ann": (0, 0, 0, 0, 0, -33_33)}
    for later in range(60):
        on = (day("2025-03-10") + timedelta(days=later)).isoformat()
        assert await shown(books, on) == await shown(books, on, basis=Basis.DOCUMENT) == NOTHING
    assert await open_items(books) == []
    await books.write(TakeBack(side=AR, id=(await allocations(books, "P-4"))[0]))
    assert await shown(books, "2025-03-10") == {"Ann": (0, 33_34, 0, 0, 0, -33_33)}  # 100.02 x 0.3333 = 33.336666
    assert await findings(books) == []


async def allocations(books: Books, number: str) -> list[AllocationId]:
    """The allocations of a payment."""
    kept = Kept(books.database, books.business_id)
    rows = await kept.rows(
        "SELECT allocation.id, external_id FROM allocation JOIN document ON document.id = source_id"
        " AND document.business_id = allocation.business_id WHERE allocation.business_id = %s"
    )
    return [AllocationId(row.id) for row in rows if row.external_id == number]


@pytest.mark.parametrize("given", ["both amounts", "the rate of the day"])
async def test_a_bill_in_euros_paid_in_dollars(books: Books, given: str) -> None:
    """Given a bill of EUR 100.00 booked at USD 110.00, when USD 112.00 pay it, the amount said or found by the rate of
    the day, then both are settled in both currencies, and the 2.00 are an exchange difference on the bill."""
    await books.write(
        PutRates((Rate("EUR", day("2025-01-01"), Decimal("1.10")), Rate("EUR", day("2025-02-10"), Decimal("1.12")))),
        replace(invoice("B-1", 100_00, "2025-01-10", "Vera", due="2025-02-09", currency="EUR"), side=Side.PAYABLE),
    )
    source_minor = 112_00 if given == "both amounts" else None
    paid = NewAllocation(charge="B-1", amount_minor=100_00, source_minor=source_minor)
    await books.write(replace(payment("P-1", 112_00, "2025-02-10", "Vera"), side=Side.PAYABLE, allocations=(paid,)))
    assert await shown(books, "2025-02-09", side=Side.PAYABLE) == {"Vera": (110_00, 0, 0, 0, 0, 0)}
    euros = await shown(books, "2025-02-09", side=Side.PAYABLE, basis=Basis.DOCUMENT)
    assert euros == {"Vera": (100_00, 0, 0, 0, 0, 0)}
    assert await shown(books, "2025-02-10", side=Side.PAYABLE) == NOTHING
    assert await shown(books, "2025-02-10", side=Side.PAYABLE, basis=Basis.DOCUMENT) == NOTHING
    entries = [entry for _, entry in await Kept(books.database, books.business_id).entries()]
    assert sorted((entry.kind, entry.amount_minor, entry.base_minor) for entry in entries) == [
        (EntryKind.ALLOCATION, -100_00, -112_00),
        (EntryKind.ALLOCATION, 112_00, 112_00),
        (EntryKind.CHARGE, 100_00, 110_00),
        (EntryKind.EXCHANGE, 0, 2_00),
        (EntryKind.PAYMENT, -112_00, -112_00),
    ]
    assert {entry.effective_on for entry in entries if entry.kind is EntryKind.EXCHANGE} == {day("2025-02-10")}
    assert await open_items(books) == []
    assert await findings(books) == []


async def test_a_post_dated_payment_leaves_the_invoice_open_today(books: Books) -> None:
    """Given 1 March, an invoice, and a payment dated 15 March, when today is asked for, then the invoice is open and
    no money is unapplied; on 15 March it is paid."""
    await books.write(invoice("A-1", 100_00, "2025-02-01", due="2025-03-03"), at=noon("2025-03-01"))
    await books.write(payment("P-1", 100_00, "2025-03-15", paid={"A-1": 100_00}), at=noon("2025-03-01"))
    today = await books.report(AgingQuery(side=AR, credits=Credits.COLUMN))
    assert today.as_of == day("2025-03-01")
    assert [(row.bands, row.unapplied_minor) for row in today.rows] == [((100_00, 0, 0, 0, 0), 0)]
    assert await shown(books, "2025-03-14") == {"Ann": (0, 100_00, 0, 0, 0, 0)}
    assert await shown(books, "2025-03-15") == NOTHING
    assert await findings(books) == []
