"""Checkpoints that cannot be kept: the books go on without them."""

from datetime import date, timedelta

import pytest

from duebook.aging.report import AgingQuery, aging
from duebook.db.pool import Database
from duebook.ledger import store
from duebook.ledger.commands import AddCharge, AddSettlement, NewAllocation, NewParty
from duebook.ledger.errors import SumTooLarge
from duebook.ledger.facts import Kind, Side
from duebook.ledger.store import record
from duebook.ledger.verify import verify
from duebook.money import MAX_MINOR
from duebook.tenancy.facts import OPERATOR, BusinessId
from duebook.tenancy.gate import read_tx, write_tx

DAY = date(2025, 3, 1)


def invoice(amount_minor: int, on: date = DAY) -> AddCharge:
    """An invoice that is due at once."""
    return AddCharge(
        side=Side.RECEIVABLE, party=NewParty("ann", "Ann"), issued_on=on, currency="USD", amount_minor=amount_minor
    )


async def total(database: Database, business_id: BusinessId, as_of: date) -> int | None:
    """What is open on a day, or None if it is too large to say."""
    try:
        async with read_tx(database, OPERATOR, business_id) as tx:
            return (await aging(tx, AgingQuery(side=Side.RECEIVABLE, as_of=as_of))).totals[0].total_minor
    except SumTooLarge:
        return None


async def test_a_sum_too_large_for_a_checkpoint_stops_no_write(
    database: Database, business_id: BusinessId, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given writes that refresh checkpoints each time, when two amounts of one day do not fit 64 bits together, then
    writes go on, the report says so, and once one is paid it is right again."""
    monkeypatch.setattr(store, "DUE_AFTER_ENTRIES", 1)
    largest = invoice(MAX_MINOR)
    share = NewAllocation(charge=largest.id, amount_minor=MAX_MINOR)
    paid = AddSettlement(
        side=Side.RECEIVABLE,
        kind=Kind.PAYMENT,
        settled_on=DAY,
        currency="USD",
        amount_minor=MAX_MINOR,
        allocations=(share,),
    )
    totals = []
    for command in (invoice(5, DAY - timedelta(days=60)), largest, invoice(7), invoice(8), paid, invoice(9)):
        async with write_tx(database, OPERATOR, business_id, "test") as tx:
            await record(tx, [command])
        totals.append(await total(database, business_id, DAY + timedelta(days=40)))
        async with read_tx(database, OPERATOR, business_id) as reading:
            assert [str(finding) async for finding in verify(reading)] == []
    assert totals == [5, None, None, None, 20, 29]
    async with read_tx(database, OPERATOR, business_id) as reading:
        rows = await (await reading.connection.execute("SELECT DISTINCT version FROM checkpoint")).fetchall()
    assert [row.version for row in rows] == [6]
