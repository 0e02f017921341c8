"""The gate under pressure: waiting, giving up, being cancelled, failing; connections and turns always come back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from datetime import date
from random import Random
from uuid import uuid4

import psycopg
import pytest

from duebook.db.embedded import Urls
from duebook.db.lending import ConnectionLost
from duebook.db.pool import FOR_COMMANDS, Database, connected
from duebook.ledger.commands import AddCharge, AddSettlement, NewAllocation, NewParty
from duebook.ledger.errors import OverAllocated
from duebook.ledger.facts import Kind, Side
from duebook.ledger.store import record
from duebook.ledger.verify import verify
from duebook.tenancy.businesses import NewBusiness, create_business
from duebook.tenancy.errors import BusinessNotFound, Busy, KeyRevoked, NotYourBusiness, ReadOnly
from duebook.tenancy.facts import OPERATOR, BusinessId, Caller, KeyId, PartnerId, Scope, WireProfile
from duebook.tenancy.gate import WAITING, WRITES_AT_ONCE, read_tx, write_tx
from duebook.tenancy.keys import caller_of_secret, rotate_key
from duebook.tenancy.partners import create_partner
from tests.oracle.kept import Kept

DAY = date(2025, 3, 1)
HASTE = replace(FOR_COMMANDS, wait=1, lock=1, statement=1.5)


@pytest.fixture
async def hasty(database_url: str) -> AsyncIterator[Database]:
    """Pools whose users wait a second for a turn, a connection or a lock, not fifteen."""
    async with connected(database_url, readers=2, writers=3, patience=HASTE) as database:
        yield database


def invoice(external_id: str) -> AddCharge:
    """An invoice of a dollar."""
    return AddCharge(
        side=Side.RECEIVABLE,
        external_id=external_id,
        party=NewParty("ann", "Ann"),
        issued_on=DAY,
        currency="USD",
        amount_minor=100,
    )


async def write(database: Database, business_id: BusinessId, external_id: str) -> None:
    """One write of one invoice."""
    async with write_tx(database, OPERATOR, business_id, "test") as tx:
        await record(tx, [invoice(external_id)])


async def all_back(database: Database) -> None:
    """Wait until each pool has all its connections back, in health; a broken one is replaced in the background."""
    async with asyncio.timeout(30):
        for one in (database.readers, database.writers):
            while (stats := one.get_stats())["pool_available"] != stats["pool_size"]:  # noqa: ASYNC110 - there is no event
                await asyncio.sleep(0.01)


async def failing(database: Database, business_id: BusinessId) -> None:
    """A write that records an invoice and then fails."""
    async with write_tx(database, OPERATOR, business_id, "test") as tx:
        await record(tx, [invoice("A-1")])
        raise ZeroDivisionError


async def failing_together(database: Database, business_id: BusinessId, statement: str | None) -> None:
    """Statements sent in one go, one of which fails; or Python does between them."""
    async with write_tx(database, OPERATOR, business_id, "test") as tx, tx.connection.pipeline():
        await tx.connection.execute("SELECT 1")
        if statement is None:
            raise ZeroDivisionError
        await tx.connection.execute(statement)
        await tx.connection.execute("SELECT 2")


async def test_a_block_that_raises_leaves_nothing(database: Database, business_id: BusinessId) -> None:
    """Given a write that records and then fails, when the block raises, then nothing was recorded."""
    with pytest.raises(ZeroDivisionError):
        await failing(database, business_id)
    await write(database, business_id, "A-2")
    async with read_tx(database, OPERATOR, business_id) as reading:
        rows = await (await reading.connection.execute("SELECT external_id FROM document")).fetchall()
    assert ([row.external_id for row in rows], reading.version) == (["A-2"], 1)
    await all_back(database)


async def test_a_failure_amid_a_pipeline_gives_the_connection_back(database: Database, business_id: BusinessId) -> None:
    """Given statements sent together, when one fails in the database or Python fails between them, then the connection
    is whole again."""
    for statement in ("SELECT 1 / 0", None):
        with pytest.raises((psycopg.errors.DivisionByZero, ZeroDivisionError)):
            await failing_together(database, business_id, statement)
    await write(database, business_id, "A-1")
    await all_back(database)


async def test_a_reader_sees_one_moment_and_writes_nothing(database: Database, business_id: BusinessId) -> None:
    """Given an open read, when a write commits meanwhile, then the read goes on at its own version; it cannot write."""
    async with read_tx(database, OPERATOR, business_id) as tx:
        await write(database, business_id, "A-1")
        found = await (await tx.connection.execute("SELECT version FROM book")).fetchall()
        assert ([row.version for row in found], tx.version) == ([0], 0)
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            await tx.connection.execute("INSERT INTO signing_key (id, private_pem) VALUES ('x', 'x')")
    async with read_tx(database, OPERATOR, business_id) as tx:
        assert tx.version == 1


async def test_the_tenant_does_not_outlive_the_transaction(database_url: str, business_id: BusinessId) -> None:
    """Given one connection, when it served a business, committed or failed, then it shows no rows to the next."""
    async with connected(database_url, readers=1, writers=1) as database:
        await write(database, business_id, "A-1")
        with suppress(ZeroDivisionError):
            await failing(database, business_id)
        async with read_tx(database, OPERATOR, business_id):
            pass
        for one in (database.readers, database.writers):
            async with one.connection() as connection:
                rows = await (await connection.execute("SELECT count(*) AS n FROM document")).fetchall()
                assert [row.n for row in rows] == [0]


async def test_the_wait_for_a_turn_ends(hasty: Database, business_id: BusinessId) -> None:
    """Given a write that takes its time, when others come, then those that wait for the lock or for their turn are told
    to come again, and when it is done, writes go on."""
    async with write_tx(hasty, OPERATOR, business_id, "slow") as tx:
        waiting = [write(hasty, business_id, f"A-{number}") for number in range(WRITES_AT_ONCE + 2)]
        results = await asyncio.gather(*waiting, return_exceptions=True)
        assert [type(result) for result in results] == [Busy] * len(waiting)
        await record(tx, [invoice("B-1")])
    await asyncio.gather(*(write(hasty, business_id, f"C-{number}") for number in range(5)))
    await all_back(hasty)


async def test_a_pool_with_nothing_left_is_busy(hasty: Database, business_id: BusinessId) -> None:
    """Given a pool whose connections are all taken, when another is asked for, then the answer is to come again."""
    async with hasty.writers.connection(), hasty.writers.connection(), hasty.writers.connection():
        with pytest.raises(Busy):
            await write(hasty, business_id, "A-1")
    async with read_tx(hasty, OPERATOR, business_id), read_tx(hasty, OPERATOR, business_id):
        with pytest.raises(Busy):
            async with read_tx(hasty, OPERATOR, business_id):
                pass
    await write(hasty, business_id, "A-1")


async def sleeping(database: Database, business_id: BusinessId) -> None:
    """A write with a statement that takes half a minute."""
    async with write_tx(database, OPERATOR, business_id, "slow") as tx:
        await record(tx, [invoice("A-1")])
        await tx.connection.execute("SELECT pg_sleep(30)")


async def dawdling(database: Database, business_id: BusinessId) -> None:
    """A write that takes its time to commit."""
    async with write_tx(database, OPERATOR, business_id, "slow") as tx:
        await record(tx, [invoice("A-1")])
        await asyncio.sleep(0.5)


async def test_a_statement_without_end_is_ended(hasty: Database, business_id: BusinessId) -> None:
    """Given a statement that takes too long, when its time is up, then the answer is to come again; nothing is kept."""
    with pytest.raises(Busy):
        await sleeping(hasty, business_id)
    async with read_tx(hasty, OPERATOR, business_id) as reading:
        assert reading.version == 0
    await all_back(hasty)


async def test_a_transaction_without_end_is_cut(database_url: str, business_id: BusinessId) -> None:
    """Given a transaction that takes too long, when its time is up, then it fails as one that lost the database."""
    brief = replace(HASTE, held=0.2, statement=0)
    async with connected(database_url, readers=1, writers=1, patience=brief) as database:
        with pytest.raises(ConnectionLost):
            await sleeping(database, business_id)
        with pytest.raises(ConnectionLost):
            await dawdling(database, business_id)
        async with read_tx(database, OPERATOR, business_id) as reading:
            assert reading.version == 0


async def test_a_database_that_takes_no_writes_is_left(database_urls: Urls, business_id: BusinessId) -> None:
    """Given connections to a server that has become a standby, when one is to write, then it is lost and all are made
    anew, so that the next are to the server that takes writes."""
    async with connected(database_urls.serve, writers=2, patience=HASTE) as database:
        async with database.writers.connection() as one, database.writers.connection() as other:
            for connection in (one, other):
                await connection.execute("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")
        with pytest.raises(ConnectionLost):
            await write(database, business_id, "A-1")
        await write(database, business_id, "A-1")


async def test_one_busy_business_leaves_the_pool_to_others(database: Database, business_id: BusinessId) -> None:
    """Given a business with a write under way and many waiting, when another business writes, then it does not wait."""
    other = (await Kept.new(database)).business_id
    async with write_tx(database, OPERATOR, business_id, "slow"):
        waiting = [asyncio.create_task(write(database, business_id, f"A-{number}")) for number in range(WAITING)]
        await asyncio.sleep(0)
        await write(database, other, "B-1")
        assert not any(task.done() for task in waiting)
    await asyncio.gather(*waiting)


async def test_the_waiting_room_of_a_business_is_bounded(database: Database, business_id: BusinessId) -> None:
    """Given a business with as many writes waiting as may, when another comes, then it is told so at once."""
    async with write_tx(database, OPERATOR, business_id, "slow"):
        many = WRITES_AT_ONCE - 1 + WAITING
        waiting = [asyncio.create_task(write(database, business_id, f"A-{number}")) for number in range(many)]
        await asyncio.sleep(0)
        with pytest.raises(Busy):
            await write(database, business_id, "B-1")
        assert not any(task.done() for task in waiting)
    await asyncio.gather(*waiting)


async def test_a_write_cancelled_before_its_turn_does_not_begin(database: Database, business_id: BusinessId) -> None:
    """Given a write that is cancelled as it calculates, when it then asks for the books, it does not get them."""

    async def cancelled() -> None:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        await write(database, business_id, "A-1")

    with pytest.raises(asyncio.CancelledError):
        await asyncio.create_task(cancelled())
    async with read_tx(database, OPERATOR, business_id) as reading:
        assert reading.version == 0
    await all_back(database)


async def test_the_cancelled_leave_no_trace(database: Database, business_id: BusinessId) -> None:
    """Given two hundred writes that are cancelled at any moment (waiting for a turn, for the lock, amid their
    statements), when the rest is done, then each stands whole or not at all, and every connection and turn is back."""
    random = Random(5)
    charge = invoice("A-1")
    async with write_tx(database, OPERATOR, business_id, "test") as tx:
        await record(tx, [replace(charge, amount_minor=10_000)])

    async def pay(number: int) -> None:
        share = NewAllocation(charge=charge.id, amount_minor=75)
        paid = AddSettlement(
            side=Side.RECEIVABLE,
            kind=Kind.PAYMENT,
            external_id=f"P-{number}",
            settled_on=DAY,
            currency="USD",
            amount_minor=75,
            allocations=(share,),
        )
        async with write_tx(database, OPERATOR, business_id, "test") as tx:
            await record(tx, [paid])

    tasks = []
    for number in range(200):
        tasks.append(asyncio.create_task(pay(number)))
        await asyncio.sleep(random.choice([0, 0, 0.001, 0.004]))
        if random.random() < 0.6:
            random.choice(tasks).cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert {type(result) for result in results} <= {type(None), asyncio.CancelledError, OverAllocated, Busy}
    done = results.count(None)
    async with read_tx(database, OPERATOR, business_id) as reading:
        rows = await (await reading.connection.execute("SELECT count(*) AS n FROM allocation")).fetchall()
        assert rows[0].n == reading.version - 1
        # One that was cancelled as it committed may stand all the same; none that was answered may be missing.
        assert rows[0].n >= done
        assert [str(finding) async for finding in verify(reading)] == []
    await all_back(database)
    async with asyncio.timeout(10):
        await asyncio.gather(*(write(database, business_id, f"B-{number}") for number in range(10)))


# Who may come in.


async def test_a_caller_opens_the_books_of_its_partner_alone(database: Database, business_id: BusinessId) -> None:
    """Given a business of one partner, when another partner's key, a revoked or unknown one, or a token for another
    business is shown, then reads and writes are refused alike."""
    stranger, secret = await create_partner(database, "Stranger", WireProfile.LIVE)
    caller = await caller_of_secret(database, stranger.id, secret)
    assert caller is not None
    unknown = replace(caller, key_id=KeyId(uuid4()))
    elsewhere = replace(caller, business_id=BusinessId(uuid4()))
    cases: list[tuple[Caller, type[Exception]]] = [
        (caller, BusinessNotFound),
        (replace(caller, business_id=business_id), BusinessNotFound),
        (unknown, KeyRevoked),
        (elsewhere, NotYourBusiness),
    ]
    for who, error in cases:
        with pytest.raises(error):
            async with read_tx(database, who, business_id):
                pass
        with pytest.raises(error):
            async with write_tx(database, who, business_id, "test"):
                pass
    await rotate_key(database, stranger.id)
    with pytest.raises(KeyRevoked):
        async with write_tx(database, caller, business_id, "test"):
            pass
    await all_back(database)


async def test_a_caller_that_only_reads_writes_nothing(database: Database) -> None:
    """Given a caller that only reads, when it opens its own books, then to read it may, and to write it may not."""
    partner, secret = await create_partner(database, "Reader", WireProfile.PUBLISHED)
    caller = await caller_of_secret(database, partner.id, secret)
    assert caller is not None
    new = NewBusiness(external_id=None, name="Read", base_currency="USD")
    own = (await create_business(database, partner.id, new)).business.id
    async with read_tx(database, replace(caller, scope=Scope.READ), own) as tx:
        assert tx.business.id == own
    with pytest.raises(ReadOnly):
        async with write_tx(database, replace(caller, scope=Scope.READ), own, "test"):
            pass


async def test_a_caller_without_a_key_opens_its_partners_books_alone(
    database: Database, business_id: BusinessId
) -> None:
    """Given a caller that another issuer vouches for, when it opens books, then only those of a partner that is."""
    partner, _ = await create_partner(database, "Outsider", WireProfile.PUBLISHED)
    new = NewBusiness(external_id=None, name="Own", base_currency="USD")
    own = (await create_business(database, partner.id, new)).business.id
    caller = Caller(partner.id, None, None, WireProfile.PUBLISHED, Scope.FULL)
    async with write_tx(database, caller, own, "test") as tx:
        assert tx.business.id == own
    with pytest.raises(BusinessNotFound):
        async with read_tx(database, caller, business_id):
            pass
    with pytest.raises(KeyRevoked):
        async with read_tx(database, replace(caller, partner_id=PartnerId(uuid4())), own):
            pass
