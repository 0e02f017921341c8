"""The books prove themselves, and whoever changes them behind the ledger's back is found."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from duebook.db.embedded import Urls
from duebook.db.pool import Database, connected
from duebook.ledger.checkpoints import refresh
from duebook.ledger.commands import (
    AddCharge,
    AddSettlement,
    AddWriteOff,
    ArchiveParty,
    CloseBooks,
    EditDocument,
    NewAllocation,
    NewParty,
    PutParty,
    PutRates,
)
from duebook.ledger.facts import Instalment, Kind, PartyId, Rate, Reason, Side, Tag
from duebook.ledger.store import record
from duebook.tenancy.businesses import NewBusiness, create_business
from duebook.tenancy.facts import OPERATOR, Business, BusinessId, WireProfile
from duebook.tenancy.gate import write_tx
from duebook.tenancy.partners import create_partner
from tests.postgres.tampering import found_in_books, meddling

DAY = date(2025, 1, 10)


async def write(database: Database, business_id: BusinessId) -> None:
    """Three versions: a party renamed, charges and payments in two currencies, one of them late, and checkpoints."""
    charges = [
        AddCharge(
            side=Side.RECEIVABLE,
            external_id=f"A-{number}",
            party=NewParty("ann", "Ann"),
            issued_on=DAY + timedelta(days=number),
            currency="USD" if number % 2 else "EUR",
            amount_minor=3000,
            base_minor=3334,
            body={"memo": "größer", "quantity": 1.5},
        )
        for number in range(12)
    ]
    async with write_tx(database, OPERATOR, business_id, "import") as tx:
        await record(tx, charges)
    async with write_tx(database, OPERATOR, business_id, "payment") as tx:
        [party, *_] = await record(
            tx,
            [
                PutParty(side=Side.RECEIVABLE, external_id="ann", name="Ann & Co", tags=(Tag("region", "north"),)),
                AddSettlement(
                    side=Side.RECEIVABLE,
                    kind=Kind.PAYMENT,
                    settled_on=DAY + timedelta(days=40),
                    currency="EUR",
                    amount_minor=2000,
                    base_minor=2222,
                    allocations=(NewAllocation(charge="A-0", amount_minor=1000),),
                ),
            ],
        )
        assert party
        await refresh(tx, tx.version + 1)
    async with write_tx(database, OPERATOR, business_id, "late credit") as tx:
        await record(
            tx,
            [
                AddSettlement(
                    side=Side.RECEIVABLE,
                    kind=Kind.CREDIT,
                    settled_on=DAY,
                    currency="EUR",
                    amount_minor=1900,
                    base_minor=2111,
                    allocations=(NewAllocation(charge="A-0", amount_minor=1900),),
                ),
                ArchiveParty(Side.RECEIVABLE, PartyId(party.id)),
            ],
        )
    async with write_tx(database, OPERATOR, business_id, "corrections") as tx:
        await record(
            tx,
            [
                PutRates((Rate("EUR", DAY, Decimal("1.1")),)),
                EditDocument(
                    side=Side.RECEIVABLE,
                    kind=Kind.CHARGE,
                    document="A-2",
                    instalments=(
                        Instalment(DAY + timedelta(days=30), 1000),
                        Instalment(DAY + timedelta(days=60), 2000),
                    ),
                ),
                AddWriteOff(
                    side=Side.RECEIVABLE, charge="A-1", written_off_on=DAY + timedelta(days=90), reason=Reason.BAD_DEBT
                ),
                CloseBooks(DAY - timedelta(days=1)),
            ],
        )


@pytest.fixture(scope="module")
async def kept(database_url: str) -> Business:
    """The business whose books are written once, and changed behind the ledger's back in every test."""
    async with connected(database_url, readers=1, writers=1) as database:
        partner, _ = await create_partner(database, "Example Platform", WireProfile.PUBLISHED)
        new = NewBusiness(external_id=None, name="Example Business", base_currency="USD")
        business = (await create_business(database, partner.id, new)).business
        await write(database, business.id)
        return business


async def test_untouched_books_prove_themselves(database_urls: Urls, kept: Business) -> None:
    """Given books with late facts, two currencies and checkpoints, when verified, then nothing is found."""
    async with meddling(database_urls) as connection:
        assert await found_in_books(connection, database_urls, kept) == []


@pytest.mark.parametrize(
    ("tampering", "found"),
    [
        ("UPDATE entry SET amount_minor = amount_minor + 1 WHERE kind = 'charge' AND sequence = 0", "hash"),
        ("UPDATE entry SET amount_minor = amount_minor + 1 WHERE kind = 'charge' AND sequence = 0", "other entries"),
        ("UPDATE entry SET effective_on = effective_on - 1 WHERE kind = 'payment'", "other entries"),
        ("DELETE FROM entry WHERE kind = 'allocation'", "its entries add up to"),
        ("UPDATE document_fact SET body = '{}' WHERE number IS NULL", "hash"),
        ("UPDATE party_fact SET name = 'Bob' WHERE version = 2", "version 2: does not have the hash"),
        ("UPDATE allocation SET amount_minor = 3001 WHERE version = 3", "over-allocated by"),
        ("UPDATE ledger_version SET operation = 'nothing' WHERE version = 1", "version 1: does not have the hash"),
        ("UPDATE book SET version = 5", "the head: is version 5"),
        ("DELETE FROM open_item WHERE unapplied", "is kept as open by 0"),
        ("UPDATE open_item SET base_minor = base_minor + 1 WHERE unapplied", "is kept as open with other days"),
        ("UPDATE open_item SET currency = 'JPY' WHERE unapplied", "is kept as open with other days"),
        ("UPDATE checkpoint SET version = 9", "is of version 9, which is to come"),
        ("UPDATE checkpoint_sum SET amount_minor = amount_minor + 1", "does not hold the sums"),
        ("DELETE FROM checkpoint_sum", "does not hold the sums"),
        ("UPDATE rate SET rate = rate * 2", "version 4: does not have the hash"),
        ("UPDATE book_fact SET closed_through = closed_through - 1", "version 4: does not have the hash"),
        ("UPDATE document_fact SET instalments = '[]' WHERE version = 4", "has other entries than its facts give"),
        ("UPDATE document_fact SET state = 'void' WHERE reason IS NOT NULL", "has other entries than its facts give"),
        ("UPDATE ledger_version SET form = 1 WHERE version = 4", "version 4: does not have the hash"),
        ("UPDATE ledger_version SET form = 7 WHERE version = 4", "version 4: is hashed in form 7"),
        ("UPDATE ledger_version SET form = 1 WHERE version = 2", "version 2: does not have the hash"),
        ("DELETE FROM ledger_version WHERE version = 2", "there is a gap"),
        ("DELETE FROM ledger_version WHERE version = 2", "version 2: was never recorded, and there are rows of it in"),
        ("UPDATE party_fact SET version = 99 WHERE version = 2", "version 99: was never recorded"),
        ("UPDATE tag_fact SET version = -1", "version -1: was never recorded"),
        ("UPDATE book SET recorded_at = recorded_at - interval '1 day'", "the head: has another time"),
        ("UPDATE entry SET due_on = 'infinity' WHERE version = 1", "nothing can be worked out from: DataError"),
        ("DELETE FROM document_fact WHERE number IS NULL", "nothing can be worked out from: KeyError"),
        ("UPDATE ledger_version SET recorded_at = recorded_at - interval '1 year' WHERE version = 3", "before the"),
    ],
)
async def test_a_change_behind_the_ledgers_back_is_found(
    database_urls: Urls, kept: Business, tampering: str, found: str
) -> None:
    """Given books, when a row is changed by whoever may do all, then verifying says so."""
    async with meddling(database_urls) as connection:
        where = " AND " if " WHERE " in tampering else " WHERE "
        await connection.execute(f"{tampering}{where}business_id = %s", [kept.id])
        assert found in "\n".join(await found_in_books(connection, database_urls, kept))
