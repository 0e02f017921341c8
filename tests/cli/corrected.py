"""Books in which things were corrected after the fact: five writes on known days, for commands that look back."""

import asyncio
from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

import psycopg

from duebook.days import Terms
from duebook.db.embedded import Urls
from duebook.db.pool import connected
from duebook.ledger.commands import (
    AddCharge,
    AddSettlement,
    AddWriteOff,
    Command,
    EditDocument,
    NewAllocation,
    NewParty,
    SetStatus,
)
from duebook.ledger.facts import Instalment, Kind, Reason, Side, Status, Tag
from duebook.ledger.store import record
from duebook.tenancy.facts import OPERATOR, BusinessId
from duebook.tenancy.gate import write_tx

ANN, BIRCH = NewParty("C-1", "Ann & Sons"), NewParty("C-2", "Birch Ltd")
US = Side.RECEIVABLE


def day(text: str) -> date:
    """A day of 2025."""
    return date.fromisoformat(f"2025-{text}")


def invoice(number: str, party: NewParty, issued: str, amount_minor: int, **more: object) -> AddCharge:
    """An invoice in dollars with its number as external id."""
    return AddCharge(
        side=US,
        external_id=number,
        number=number,
        party=party,
        issued_on=day(issued),
        currency="USD",
        amount_minor=amount_minor,
        **more,  # type: ignore[arg-type]  # fields of the command
    )


def payment(number: str, paid: str, amount_minor: int, charge: str, applied_minor: int) -> AddSettlement:
    """A payment in dollars, applied to one invoice in part."""
    return AddSettlement(
        side=US,
        kind=Kind.PAYMENT,
        external_id=number,
        number=number,
        settled_on=day(paid),
        currency="USD",
        amount_minor=amount_minor,
        allocations=(NewAllocation(charge=charge, amount_minor=applied_minor),),
    )


WRITES: Sequence[tuple[str, str, Sequence[Command]]] = (
    (
        "invoices",
        "2025-01-31T09:00:00",
        (
            invoice("A-1", ANN, "01-10", 100_000, terms=Terms(30)),
            invoice(
                "A-2",
                ANN,
                "01-20",
                30_000,
                instalments=tuple(Instalment(day(due), 10_000) for due in ("02-20", "03-20", "04-20")),
            ),
            invoice("B-1", BIRCH, "01-15", 50_000, due_on=day("02-14"), tags=(Tag("region", "west"),)),
        ),
    ),
    (
        "payments",
        "2025-02-28T17:30:00",
        (
            payment("P-1", "02-20", 40_000, "A-1", 40_000),
            payment("P-2", "02-25", 65_000, "B-1", 50_000),
            payment("P-3", "02-27", 12_000, "A-2", 12_000),
        ),
    ),
    (
        "returns",
        "2025-03-06T10:00:00",
        (
            SetStatus(side=US, kind=Kind.PAYMENT, document="P-2", status=Status.RETURNED, returned_on=day("03-05")),
            AddWriteOff(
                side=US,
                external_id="W-1",
                number="W-1",
                charge="A-1",
                written_off_on=day("03-15"),
                amount_minor=7_550,
                reason=Reason.DISCOUNT,
            ),
        ),
    ),
    (
        "edits",
        "2025-04-02T08:00:00",
        (
            EditDocument(side=US, kind=Kind.CHARGE, document="A-1", due_on=day("03-12")),
            invoice("B-2", BIRCH, "03-28", 12_345, due_on=day("03-28")),
        ),
    ),
)
"""What each write is called, when it is recorded, and what it says."""


def record_in(urls: Urls, business_id: str) -> None:
    """Record the writes in the new books of a business, at their times."""
    with psycopg.connect(urls.superuser) as connection:
        connection.execute("UPDATE book SET recorded_at = '2025-01-01Z' WHERE business_id = %s", [business_id])
    asyncio.run(_record_in(urls.serve, BusinessId(UUID(business_id))))


async def _record_in(url: str, business_id: BusinessId) -> None:
    clock = iter([datetime.fromisoformat(f"{at}Z") for _, at, _ in WRITES])
    async with connected(url, readers=1, writers=1, clock=clock.__next__) as database:
        for operation, _, commands in WRITES:
            async with write_tx(database, OPERATOR, business_id, operation) as tx:
                await record(tx, commands)
