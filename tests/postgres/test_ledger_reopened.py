"""Books that are opened again: every document reads as its facts say, those nearby as well (T0, T16)."""

from dataclasses import replace

import pytest

from duebook.aging.report import AgingQuery, Credits
from duebook.db.pool import Database
from duebook.ids import new_id
from duebook.ledger.commands import Allocate, CloseBooks, NewAllocation, TakeBack
from duebook.ledger.facts import AllocationId, Kind, Late, Side
from duebook.ledger.verify import verify
from duebook.tenancy.facts import BusinessId
from duebook.tenancy.gate import ReadTx
from tests.postgres.worlds import Books, day, invoice, payment

AR = Side.RECEIVABLE


@pytest.fixture
def books(database: Database, business_id: BusinessId) -> Books:
    """Empty books in dollars."""
    return Books(database, business_id)


async def findings(books: Books) -> list[str]:
    """What verify finds wrong."""

    async def found(tx: ReadTx) -> list[str]:
        return [str(finding) async for finding in verify(tx)]

    return await books.read(found)


async def unapplied(books: Books, on: str) -> int:
    """What is unapplied on a day."""
    report = await books.report(AgingQuery(side=AR, as_of=day(on), credits=Credits.COLUMN))
    return report.totals[0].unapplied_minor


def allocated(source: str, charge: str, amount_minor: int, on: str | None = None) -> Allocate:
    """More of a payment, on a day if that is stated."""
    share = NewAllocation(charge=charge, amount_minor=amount_minor, effective_on=day(on) if on else None)
    return Allocate(side=AR, kind=Kind.PAYMENT, source=source, allocations=(share,))


@pytest.mark.parametrize("late", list(Late))
async def test_what_is_near_a_document_recorded_since_stays_as_it_is(books: Books, late: Late) -> None:
    """Given two payments of one invoice, the other of which settles a third document too, when money of the first is
    applied after a closing and the books are opened again, then all three read as before."""
    await books.write(invoice("A-1", 100, "2025-01-01"), invoice("A-2", 100, "2025-01-01"))
    await books.write(payment("P-1", 100, "2025-01-03", paid={"A-1": 40, "A-2": 60}))
    await books.write(payment("P-2", 100, "2025-01-03", paid={"A-1": 40}))
    await books.write(CloseBooks(day("2025-01-31"), late))
    await books.write(invoice("A-3", 50, "2025-02-01"), allocated("P-2", "A-3", 50))
    await books.write(CloseBooks(None))
    assert [await unapplied(books, on) for on in ("2025-01-31", "2025-02-28")] == [-60, -10]
    assert await findings(books) == []


async def test_what_moved_within_a_closed_period_moves_when_it_is_opened(books: Books) -> None:
    """Given an allocation of 5 January that is made anew as of the 8th while January is closed, so that not one entry
    is added, when January is opened again, then the money is unapplied until the 8th."""
    share = AllocationId(new_id())
    stated = NewAllocation(charge="A-1", amount_minor=100, effective_on=day("2025-01-05"), id=share)
    paid = replace(payment("P-1", 100, "2025-01-03"), allocations=(stated,))
    await books.write(invoice("A-1", 100, "2025-01-01"), paid)
    await books.write(CloseBooks(day("2025-01-31"), Late.SHIFT))
    await books.write(TakeBack(side=AR, id=share), allocated("P-1", "A-1", 100, "2025-01-08"))
    assert [await unapplied(books, on) for on in ("2025-01-04", "2025-01-05", "2025-01-08")] == [-100, 0, 0]
    await books.write(CloseBooks(day("2024-12-31"), Late.SHIFT))
    assert [await unapplied(books, on) for on in ("2025-01-04", "2025-01-05", "2025-01-08")] == [-100, -100, 0]
    assert await findings(books) == []
