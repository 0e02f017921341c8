"""Writes to PostgreSQL: what is kept, what is found again, and that what fails leaves nothing (T0, T7)."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from duebook.days import Terms
from duebook.db.bulk import FEW
from duebook.db.pool import Database, connected
from duebook.ledger import errors
from duebook.ledger.commands import (
    AddCharge,
    AddSettlement,
    Command,
    EditDocument,
    NewAllocation,
    NewParty,
    PutParty,
)
from duebook.ledger.facts import DocumentId, Kind, PartyId, Side, State, Tag
from duebook.ledger.loading import known
from duebook.ledger.store import record
from duebook.ledger.verify import verify
from duebook.ledger.working import Recorded
from duebook.money import MAX_MINOR
from duebook.tenancy.facts import OPERATOR, BusinessId
from duebook.tenancy.gate import read_tx, write_tx
from tests.oracle.kept import Kept

DAY = date(2025, 3, 1)
AWKWARD = "tab\t newline\n \\N \\. \\ quote' \" {a,b} %s %(x)s größer \u2028 🙂 \x7f"
"""What quoting for SQL, for COPY or for JSON could get wrong."""


@pytest.fixture
async def alone(database_url: str) -> AsyncIterator[Database]:
    """Pools of one connection each, so that whatever a test leaves on it meets the next statement."""
    async with connected(database_url, readers=1, writers=1) as database:
        yield database


def invoice(external_id: str, amount_minor: int = 100, party: str = "ann", **details: Any) -> AddCharge:
    """An invoice in dollars."""
    said: dict[str, Any] = {"currency": "USD", "party": NewParty(party, party)} | details
    return AddCharge(side=Side.RECEIVABLE, external_id=external_id, issued_on=DAY, amount_minor=amount_minor, **said)


def payment(amount_minor: int, charge: str | DocumentId, **details: Any) -> AddSettlement:
    """A payment of one invoice."""
    said: dict[str, Any] = {"allocations": (NewAllocation(charge=charge, amount_minor=amount_minor),)} | details
    return AddSettlement(
        side=Side.RECEIVABLE, kind=Kind.PAYMENT, settled_on=DAY, currency="USD", amount_minor=amount_minor, **said
    )


async def write(database: Database, business_id: BusinessId, commands: Sequence[Command]) -> list[Recorded]:
    """One write."""
    async with write_tx(database, OPERATOR, business_id, "test") as tx:
        return [one for one in await record(tx, commands) if one]


async def refused(database: Database, business_id: BusinessId, *commands: Command) -> errors.LedgerError:
    """Why a write is refused, when it leaves nothing behind."""
    before = await everything(database, business_id)
    with pytest.raises(errors.LedgerError) as caught:
        await write(database, business_id, commands)
    assert await everything(database, business_id) == before
    return caught.value


async def everything(database: Database, business_id: BusinessId) -> dict[str, int]:
    """How many rows each table has."""
    tables = "book ledger_version party party_fact document document_fact allocation entry open_item".split()
    async with read_tx(database, OPERATOR, business_id) as tx:
        found = [
            await (await tx.connection.execute(f"SELECT count(*) AS n FROM {table}")).fetchall() for table in tables
        ]
    return {table: row.n for table, (row,) in zip(tables, found, strict=True)}


async def findings(database: Database, business_id: BusinessId) -> list[str]:
    """What verify finds wrong."""
    async with read_tx(database, OPERATOR, business_id) as tx:
        return [str(finding) async for finding in verify(tx)]


# What is kept is found again.


async def test_facts_come_back_as_they_were_said(database: Database, business_id: BusinessId) -> None:
    """Given facts with every field filled and awkward texts, when they are written one by one or copied in bulk, then
    they are read as they were said."""
    party = PutParty(
        side=Side.RECEIVABLE,
        external_id=AWKWARD,
        name=AWKWARD,
        terms=Terms(-3, end_of_month=True),
        tags=(Tag(AWKWARD, "", key_name=AWKWARD), Tag("", AWKWARD, value_name="")),
        profile={AWKWARD: [1, 2.5, None, True, {"deep": AWKWARD}], "": "", "big": 2**80},
    )
    several = [
        invoice(
            f"{number}{AWKWARD}",
            MAX_MINOR - number,
            AWKWARD,
            state=State.DRAFT,
            number=AWKWARD,
            received_on=date.max,
            due_on=date.min,
            currency="EUR",
            base_minor=MAX_MINOR,
            tags=party.tags,
            body=party.profile,
        )
        for number in range(FEW + 1)
    ]
    writes: list[list[Command]] = [[party, several[0]], [*several]]
    for commands in writes:
        await write(database, business_id, commands)
        async with write_tx(database, OPERATOR, business_id, "test") as tx:
            found = await known(tx, commands)
        (kept,) = found.parties
        assert (kept.external_id, kept.name, kept.terms, kept.tags, kept.profile) == (
            AWKWARD,
            party.name,
            party.terms,
            party.tags,
            party.profile,
        )
        charges = [one for one in commands if isinstance(one, AddCharge)]
        documents = {document.external_id: document for document in found.documents}
        for said in charges:
            document = documents[said.external_id]
            for name in ("state", "number", "issued_on", "received_on", "due_on", "currency", "tags", "body"):
                assert getattr(document, name) == getattr(said, name)
            assert (document.amount_minor, document.base_minor) == (said.amount_minor, said.base_minor)
        assert (await write(database, business_id, commands))[-1].created is False
    assert await findings(database, business_id) == []


async def test_large_and_small_writes_follow_each_other(alone: Database, business_id: BusinessId) -> None:
    """Given one connection, when large writes, small ones and a large one that is refused take turns on it, then each
    stands or falls whole."""
    many = [invoice(f"A-{number}") for number in range(FEW * 2)]
    await write(alone, business_id, many)
    await write(alone, business_id, [invoice("B-1")])
    paid = [payment(60, one.id) for one in many]
    await write(alone, business_id, paid)
    error = await refused(
        alone, business_id, *[payment(40, one.id) for one in many], payment(41, "B-1"), payment(60, "B-1")
    )
    assert isinstance(error, errors.OverAllocated)
    assert error.at == 2 * FEW + 1
    await write(alone, business_id, [payment(40, one.id) for one in many])
    assert await everything(alone, business_id) == {
        "book": 1,
        "ledger_version": 4,
        "party": 1,
        "party_fact": 1,
        "document": FEW * 6 + 1,
        "document_fact": FEW * 6 + 1,
        "allocation": FEW * 4,
        "entry": FEW * 2 + 1 + FEW * 12,
        "open_item": 1,
    }
    assert await findings(alone, business_id) == []


@pytest.mark.parametrize("many", [FEW - 1, FEW, FEW + 1])
async def test_the_number_of_rows_decides_nothing(database: Database, business_id: BusinessId, many: int) -> None:
    """Given writes just below and above the size from which rows are copied, when recorded, then all rows are there."""
    await write(database, business_id, [invoice(f"A-{number}", party=f"c{number}") for number in range(many)])
    rows = await everything(database, business_id)
    assert [rows[name] for name in ("party", "party_fact", "document", "entry", "open_item")] == [many] * 5
    assert await findings(database, business_id) == []


async def test_a_small_write_may_touch_many_open_items(database: Database, business_id: BusinessId) -> None:
    """Given a payment of a part of more invoices than are inserted one by one, when no more than its number is edited,
    then that is recorded, and they are as open as before."""
    many = [invoice(f"A-{number}") for number in range(FEW + 1)]
    await write(database, business_id, many)
    shares = tuple(NewAllocation(charge=one.id, amount_minor=60) for one in many)
    paid = payment(60 * len(many), many[0].id, external_id="P-1", allocations=shares)
    await write(database, business_id, [paid])
    renamed = EditDocument(side=Side.RECEIVABLE, kind=Kind.PAYMENT, document="P-1", number="17")
    await write(database, business_id, [renamed])
    rows = await everything(database, business_id)
    assert (rows["ledger_version"], rows["open_item"]) == (3, len(many))
    assert await findings(database, business_id) == []


async def test_later_writes_know_what_stands(database: Database, business_id: BusinessId) -> None:
    """Given an invoice paid over many writes, late ones too, when each names it by id or external id, then its open
    item is what is left."""
    (charge,) = await write(database, business_id, [invoice("A-1", 1000)])
    for number in range(10):
        by = DocumentId(charge.id) if number % 2 else "A-1"
        late = replace(payment(100, by), settled_on=DAY + timedelta(days=number % 3))
        await write(database, business_id, [late])
        async with read_tx(database, OPERATOR, business_id) as tx:
            rows = await (await tx.connection.execute("SELECT amount_minor FROM open_item")).fetchall()
        assert [row.amount_minor for row in rows] == [900 - 100 * number][: 9 - number]
    assert isinstance(await refused(database, business_id, payment(1, "A-1")), errors.OverAllocated)
    assert await findings(database, business_id) == []


# What fails leaves nothing.


@pytest.mark.parametrize(
    ("commands", "error"),
    [
        ([payment(1, "A-2")], errors.DocumentNotFound),
        ([payment(1, DocumentId(UUID(int=5)))], errors.DocumentNotFound),
        ([payment(101, "A-1")], errors.OverAllocated),
        ([payment(60, "A-1"), payment(60, "A-1")], errors.OverAllocated),
        ([payment(1, "A-1", party=NewParty("bob", "Bob"))], errors.OtherParty),
        ([invoice("A-1", 101)], errors.ExternalIdConflict),
        ([invoice("A-2"), invoice("A-3", -1)], errors.NegativeAmount),
        ([invoice("A-2", MAX_MINOR + 1)], errors.TooLarge),
        ([invoice("A-2", currency="EUR", base_minor=-1)], errors.NegativeAmount),
        ([invoice("A-2", party="new"), invoice("A-3", currency="EUR")], errors.NoRate),
        ([PutParty(side=Side.RECEIVABLE, id=PartyId(UUID(int=5)), name="Nobody")], errors.PartyNotFound),
    ],
)
async def test_a_refused_write_leaves_nothing(
    database: Database, business_id: BusinessId, commands: Sequence[Command], error: type[errors.LedgerError]
) -> None:
    """Given an invoice of 1.00, when a write is refused, be it for its last command, then no row stays."""
    await write(database, business_id, [invoice("A-1")])
    assert type(await refused(database, business_id, *commands)) is error


async def test_another_business_is_another_world(database: Database, business_id: BusinessId) -> None:
    """Given an invoice of one business, when another one's payment names its id, then there is no such invoice; the
    external id is free there."""
    (charge,) = await write(database, business_id, [invoice("A-1")])
    other = (await Kept.new(database)).business_id
    assert isinstance(await refused(database, other, payment(1, DocumentId(charge.id))), errors.DocumentNotFound)
    assert (await write(database, other, [invoice("A-1", 7)]))[0].created


async def test_a_repeat_makes_no_version(database: Database, business_id: BusinessId) -> None:
    """Given a write, when it comes again with other ids, then it answers the ids that stand and adds nothing."""
    commands: list[Command] = [
        PutParty(side=Side.RECEIVABLE, external_id="ann", name="ann"),
        invoice("A-1"),
        payment(40, "A-1", external_id="P-1"),
        invoice(""),
    ]
    first = await write(database, business_id, commands)
    before = await everything(database, business_id)
    other = DocumentId(UUID(int=7))
    again = [replace(one, id=other) if isinstance(one, AddCharge | AddSettlement) else one for one in commands]
    assert await write(database, business_id, again) == [Recorded(one.id, created=False) for one in first]
    assert await everything(database, business_id) == before


@pytest.mark.parametrize("commands", [[invoice("A-1", body={"memo": "\ud800"})], [invoice("A-1", number="\0")]])
@pytest.mark.parametrize("more", [0, FEW + 1])
async def test_what_the_database_cannot_keep_leaves_nothing(
    alone: Database, business_id: BusinessId, commands: Sequence[Command], more: int
) -> None:
    """Given a text that is no UTF-8 or has a NUL, when it is written, alone or among many, then it fails as a whole and
    the connection serves on."""
    among = [invoice(f"B-{number}") for number in range(more)]
    with pytest.raises((psycopg.DataError, UnicodeEncodeError)):
        await write(alone, business_id, [*among, *commands])
    assert (await everything(alone, business_id))["document"] == 0
    await write(alone, business_id, [invoice("A-1")])
    assert await findings(alone, business_id) == []
